/* SPDX-License-Identifier: GPL-2.0-only */
/* What a condition says of paths in terms of the kernel's tries. Private to policy_compile.c. */
#ifndef POLICY_NARROW_H
#define POLICY_NARROW_H

#include "rules.h"

#define NARROW_BUFFER_SIZE 4104 /* the longest value and a "/" */

/* The fields that the compiler knows by heart. */
struct policy_fields {
	const struct field *device, *device_node, *programs;
	const struct field *path, *name, *directory, *access, *error;
	const struct field *executable_path, *executable_name;
	const struct field *command_line, *arguments, *name_and_arguments;
	const struct field *via_proc, *foreign_mount, *outside_container;
	const struct field *memfd, *program_deleted, *upper_layer, *socket_descriptors, *isolation;
};

void policy_fields_find(struct policy_fields *ret_fields);

/* How few events pass, best first. */
enum narrowing { NARROW_PATH, NARROW_PREFIX, NARROW_NAME, NARROW_NAME_PREFIX, NARROW_NOTHING };

/* A key that every match of one value falls under. */
struct target {
	enum narrowing narrowing;
	const char *text;
	size_t size;
};

/** policy_narrow_value() - @buffer may hold the text. NARROW_NOTHING when any path may match. */
struct target policy_narrow_value(const struct policy_fields *fields, enum picket_kind kind,
				  const struct condition *condition, size_t i, char buffer[NARROW_BUFFER_SIZE]);

/** policy_narrow_rule() - the condition of where: that lets pass fewest, or NULL when none narrows. */
const struct condition *policy_narrow_rule(const struct policy_fields *fields, const struct rule *rule);

/** policy_only_detours() - the rule matches only events that carry a detour flag; the kernel sends all of those. */
bool policy_only_detours(const struct policy_fields *fields, const struct rule *rule);

/** policy_only_devices() - the rule matches only opens of devices that few need; the kernel sends all of those. */
bool policy_only_devices(const struct policy_fields *fields, const struct rule *rule);

/** policy_only_programs() - PICKET_EVENT_* of which every match carries one; 0: none is needed. */
uint32_t policy_only_programs(const struct policy_fields *fields, const struct rule *rule);

/** policy_only_sockets() - descriptors, a bit each, of which one is a socket in every match; 0: none needs to be. */
uint32_t policy_only_sockets(const struct policy_fields *fields, const struct rule *rule);

/** policy_mentions() - whether some condition of the rule, where or unless, tests @field. */
bool policy_mentions(const struct rule *rule, const struct field *field);

/** policy_mentions_arguments() - whether the rule needs what a program was started with. */
bool policy_mentions_arguments(const struct policy_fields *fields, const struct rule *rule);

#endif
