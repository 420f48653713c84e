/* SPDX-License-Identifier: GPL-2.0-only */
/* Where each field of the catalogue finds its value; see struct field. For catalogue_fields.c and the field_get_*.c. */
#ifndef FIELD_GET_H
#define FIELD_GET_H

#include <string.h>

#include "state/catalogue.h"

/* clang-format off: one per line */
#define FIELD_GETTERS(GETTER) \
	GETTER(field_get_pid) \
	GETTER(field_get_parent_pid) \
	GETTER(field_get_executable_path) \
	GETTER(field_get_executable_name) \
	GETTER(field_get_comm) \
	GETTER(field_get_command_line) \
	GETTER(field_get_arguments) \
	GETTER(field_get_name_and_arguments) \
	GETTER(field_get_requested_path) \
	GETTER(field_get_parent_name) \
	GETTER(field_get_ancestors) \
	GETTER(field_get_uid) \
	GETTER(field_get_gid) \
	GETTER(field_get_start_time) \
	GETTER(field_get_age) \
	GETTER(field_get_exit_code) \
	GETTER(field_get_exit_signal) \
	GETTER(field_get_oom_killed) \
	GETTER(field_get_memfd) \
	GETTER(field_get_deleted) \
	GETTER(field_get_upper) \
	GETTER(field_get_runtime_program) \
	GETTER(field_get_container_id) \
	GETTER(field_get_container_name) \
	GETTER(field_get_image_name) \
	GETTER(field_get_image) \
	GETTER(field_get_runtime) \
	GETTER(field_get_isolation) \
	GETTER(field_get_isolation_evidence) \
	GETTER(field_get_engine) \
	GETTER(field_get_handler) \
	GETTER(field_get_device_given) \
	GETTER(field_get_pod) \
	GETTER(field_get_pod_uid) \
	GETTER(field_get_namespace) \
	GETTER(field_get_file_path) \
	GETTER(field_get_file_name) \
	GETTER(field_get_file_directory) \
	GETTER(field_get_file_access) \
	GETTER(field_get_file_flags) \
	GETTER(field_get_file_type) \
	GETTER(field_get_file_mode) \
	GETTER(field_get_file_inode) \
	GETTER(field_get_device_node) \
	GETTER(field_get_error) \
	GETTER(field_get_via_proc) \
	GETTER(field_get_foreign_mount) \
	GETTER(field_get_outside_container) \
	GETTER(field_get_path_cut) \
	GETTER(field_get_address) \
	GETTER(field_get_port) \
	GETTER(field_get_network_type) \
	GETTER(field_get_transport) \
	GETTER(field_get_cgroup_path) \
	GETTER(field_get_io_uring) \
	GETTER(field_get_compat) \
	GETTER(field_get_modification) \
	GETTER(field_get_setuid) \
	GETTER(field_get_attribute) \
	GETTER(field_get_operation) \
	GETTER(field_get_syscall) \
	GETTER(field_get_argument) \
	GETTER(field_get_operation_source) \
	GETTER(field_get_mount_type) \
	GETTER(field_get_namespaces) \
	GETTER(field_get_host_namespaces) \
	GETTER(field_get_socket_descriptors) \
	GETTER(field_get_credential_change) \
	GETTER(field_get_old_uid) \
	GETTER(field_get_new_uid) \
	GETTER(field_get_capabilities) \
	GETTER(field_get_boundary) \
	GETTER(field_get_tee) \
	GETTER(field_get_tee_device) \
	GETTER(field_get_tee_request) \
	GETTER(field_get_source_path) \
	GETTER(field_get_vpid) \
	GETTER(field_get_interactive) \
	GETTER(field_get_local_address) \
	GETTER(field_get_question_name) \
	GETTER(field_get_local_port) \
	GETTER(field_get_source_address) \
	GETTER(field_get_source_port) \
	GETTER(field_get_socket_kind) \
	GETTER(field_get_device_kind) \
	GETTER(field_get_other_process) \
	GETTER(field_get_programs)
/* clang-format on */

#define FIELD_GETTER(getter) \
	bool getter(const struct event_context *context, char buffer[FIELD_BUFFER_SIZE] __attribute__((unused)), \
		    struct field_value *ret_value)

#define FIELD_GETTER_DECLARE(getter) FIELD_GETTER(getter);
FIELD_GETTERS(FIELD_GETTER_DECLARE)
#undef FIELD_GETTER_DECLARE

#define FIELD_GETTER_ALL(getter) \
	size_t getter(const struct event_context *context, struct field_value ret_values[FIELD_VALUES_MAX])

FIELD_GETTER_ALL(field_get_all_ancestors);
FIELD_GETTER_ALL(field_get_all_programs);
FIELD_GETTER_ALL(field_get_all_file_access);
FIELD_GETTER_ALL(field_get_all_file_flags);
FIELD_GETTER_ALL(field_get_all_namespaces);
FIELD_GETTER_ALL(field_get_all_host_namespaces);
FIELD_GETTER_ALL(field_get_all_socket_descriptors);
FIELD_GETTER_ALL(field_get_all_capabilities);

static inline bool field_set_text(struct field_value *ret_value, const char *text, size_t size)
{
	if (!size)
		return false;
	ret_value->type = FIELD_STRING;
	ret_value->string.text = text;
	ret_value->string.size = size;
	return true;
}

/* NULL and "" are absent. */
static inline bool field_set_string(struct field_value *ret_value, const char *text)
{
	return text && field_set_text(ret_value, text, strlen(text));
}

static inline bool field_set_integer(struct field_value *ret_value, int64_t integer)
{
	ret_value->type = FIELD_INTEGER;
	ret_value->integer = integer;
	return true;
}

static inline bool field_set_boolean(struct field_value *ret_value, bool boolean)
{
	ret_value->type = FIELD_BOOLEAN;
	ret_value->boolean = boolean;
	return true;
}

/* All of @values, @between them; what @buffer cannot hold is left out. */
static inline bool field_join(char buffer[FIELD_BUFFER_SIZE], const struct field_value *values, size_t count,
			      const char *between, struct field_value *ret_value)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		const char *gap = i ? between : "";

		if (used + strlen(gap) + values[i].string.size >= FIELD_BUFFER_SIZE)
			break;
		used = stpcpy(stpcpy(buffer + used, gap), values[i].string.text) - buffer;
	}
	return field_set_text(ret_value, buffer, used);
}

#endif
