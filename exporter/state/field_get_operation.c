/* SPDX-License-Identifier: GPL-2.0-only */
/* Fields of changes to files, of privileged operations, of rights gained, of boundaries crossed, of TEE requests. */
#include <stdio.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "state/field_get.h"
#include "state/syscall_name.h"

#define MODIFICATION_NAME(id, list_name, C) [PICKET_MODIFICATION_##id] = (list_name),
#define OPERATION_NAME(id, list_name, C) [PICKET_OPERATION_##id] = (list_name),
#define DEVICE_NAME(id, list_name, C) [PICKET_DEVICE_##id] = (list_name),
#define TEE_NAME(id, list_name, C) [PICKET_TEE_##id] = (list_name),
#define BOUNDARY_NAME(id, list_name, C) [PICKET_BOUNDARY_##id] = (list_name),

static const char *const modifications[] = { PICKET_MODIFICATIONS(MODIFICATION_NAME, ) };
static const char *const operations[] = { PICKET_OPERATIONS(OPERATION_NAME, ) };
static const char *const devices[] = { PICKET_DEVICES(DEVICE_NAME, ) };
static const char *const tees[] = { PICKET_TEES(TEE_NAME, ) };
/* by bit of PICKET_NAMESPACE_* */
static const char *const namespaces[] = { "mount", "pid", "user", "network", "ipc", "uts", "cgroup", "time" };
static const char *const descriptors[] = { "stdin", "stdout", "stderr" };
static const char *const changes[] = {
	[PICKET_CREDENTIAL_ROOT] = "root",
	[PICKET_CREDENTIAL_CAPABILITIES] = "capabilities",
	[PICKET_CREDENTIAL_UNEXPLAINED] = "unexplained",
};
static const char *const boundaries[] = { PICKET_BOUNDARIES(BOUNDARY_NAME, ) };
/* by number, capabilities(7) */
static const char *const capabilities[] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
};
_Static_assert(ARRAY_SIZE(capabilities) <= FIELD_VALUES_MAX, "no room for all capabilities");

/* Numbers come from the kernel, of perhaps another version: one without a name is absent. */
static bool set_name(struct field_value *ret_value, const char *const names[], size_t count, uint32_t number)
{
	return number < count && field_set_string(ret_value, names[number]);
}

static size_t names_of_bits(const char *const names[], size_t count, uint64_t bits, struct field_value *ret_values)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		if ((bits & 1ULL << i) && field_set_string(&ret_values[found], names[i]))
			found++;
	return found;
}

FIELD_GETTER(field_get_modification)
{
	return set_name(ret_value, modifications, ARRAY_SIZE(modifications), context->event->modify.operation);
}

/* Set by this change, not by earlier ones. */
FIELD_GETTER(field_get_setuid)
{
	uint32_t operation = context->event->modify.operation;

	if (operation != PICKET_MODIFICATION_MODE && operation != PICKET_MODIFICATION_MKNOD)
		return false;
	return field_set_boolean(ret_value, context->event->modify.mode & (S_ISUID | S_ISGID));
}

FIELD_GETTER(field_get_attribute)
{
	return context->event->modify.operation == PICKET_MODIFICATION_XATTR &&
	       field_set_string(ret_value, event_text(context->event, PICKET_TEXT_SOURCE));
}

FIELD_GETTER(field_get_operation)
{
	return set_name(ret_value, operations, ARRAY_SIZE(operations), context->event->privileged.operation);
}

FIELD_GETTER(field_get_syscall)
{
	bool compat = context->event->flags & PICKET_EVENT_COMPAT;

	return field_set_string(ret_value, syscall_name(context->event->privileged.syscall, compat));
}

FIELD_GETTER(field_get_argument)
{
	return field_set_integer(ret_value, context->event->privileged.arguments[0]);
}

FIELD_GETTER(field_get_operation_source)
{
	return field_set_string(ret_value, event_text(context->event, PICKET_TEXT_SOURCE));
}

FIELD_GETTER(field_get_mount_type)
{
	return field_set_string(ret_value, event_text(context->event, PICKET_TEXT_ARGS));
}

FIELD_GETTER_ALL(field_get_all_namespaces)
{
	return names_of_bits(namespaces, ARRAY_SIZE(namespaces), context->event->privileged.namespaces, ret_values);
}

FIELD_GETTER(field_get_namespaces)
{
	struct field_value values[FIELD_VALUES_MAX];

	return field_join(buffer, values, field_get_all_namespaces(context, values), ",", ret_value);
}

FIELD_GETTER_ALL(field_get_all_host_namespaces)
{
	const struct picket_event *event = context->event;
	uint32_t bits = event->kind == PICKET_KIND_PROCESS_EXEC	     ? event->exec.host_namespaces
			: event->kind == PICKET_KIND_ISOLATION_BREAK ? event->isolation.host_namespaces
								     : event->privileged.host_namespaces;

	return names_of_bits(namespaces, ARRAY_SIZE(namespaces), bits, ret_values);
}

FIELD_GETTER(field_get_host_namespaces)
{
	struct field_value values[FIELD_VALUES_MAX];

	return field_join(buffer, values, field_get_all_host_namespaces(context, values), ",", ret_value);
}

FIELD_GETTER_ALL(field_get_all_socket_descriptors)
{
	const struct picket_event *event = context->event;
	uint32_t bits = event->kind == PICKET_KIND_PROCESS_EXEC ? event->exec.sockets
			: event->stdio.descriptor < 3		? 1U << event->stdio.descriptor
								: 0;

	return names_of_bits(descriptors, ARRAY_SIZE(descriptors), bits, ret_values);
}

FIELD_GETTER(field_get_socket_descriptors)
{
	struct field_value values[FIELD_VALUES_MAX];

	return field_join(buffer, values, field_get_all_socket_descriptors(context, values), ",", ret_value);
}

FIELD_GETTER(field_get_credential_change)
{
	return set_name(ret_value, changes, ARRAY_SIZE(changes), context->event->credential.change);
}

FIELD_GETTER(field_get_old_uid)
{
	return field_set_integer(ret_value, context->event->credential.old_uid);
}

FIELD_GETTER(field_get_new_uid)
{
	return field_set_integer(ret_value, context->event->credential.new_uid);
}

FIELD_GETTER_ALL(field_get_all_capabilities)
{
	const struct picket_event *event = context->event;
	uint64_t bits = event->kind == PICKET_KIND_PROCESS_EXEC ? event->exec.capabilities
								: event->credential.capabilities;

	return names_of_bits(capabilities, ARRAY_SIZE(capabilities), bits, ret_values);
}

FIELD_GETTER(field_get_capabilities)
{
	struct field_value values[FIELD_VALUES_MAX];

	return field_join(buffer, values, field_get_all_capabilities(context, values), ",", ret_value);
}

FIELD_GETTER(field_get_boundary)
{
	return set_name(ret_value, boundaries, ARRAY_SIZE(boundaries), context->event->isolation.boundary);
}

FIELD_GETTER(field_get_tee)
{
	return set_name(ret_value, tees, ARRAY_SIZE(tees), context->event->tee.tee);
}

FIELD_GETTER(field_get_device_kind)
{
	return context->event->file.kind &&
	       set_name(ret_value, devices, ARRAY_SIZE(devices), context->event->file.kind - 1);
}

FIELD_GETTER(field_get_tee_device)
{
	return set_name(ret_value, devices, ARRAY_SIZE(devices), context->event->tee.device);
}

FIELD_GETTER(field_get_tee_request)
{
	return context->event->tee.request && field_set_integer(ret_value, context->event->tee.request);
}
