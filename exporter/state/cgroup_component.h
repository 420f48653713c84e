/* SPDX-License-Identifier: GPL-2.0-only */
/* The pieces of a cgroup path, and what ids look like. For cgroup_path.c. */
#ifndef CGROUP_COMPONENT_H
#define CGROUP_COMPONENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cgroup_path.h"

#define COMPONENTS_MAX 64 /* deeper ones are inside a container, or of nobody that is known */

/* Borrowed from the path; not NUL-terminated. */
struct component {
	const char *text;
	size_t size;
};

struct components {
	struct component at[COMPONENTS_MAX];
	size_t count;
	bool cut; /* the path has more */
};

/** components_split() - empty ones are left out. */
void components_split(const char *path, struct components *ret_components);

bool component_equals(struct component component, const char *text);
bool component_starts(struct component component, const char *prefix);
bool component_ends(struct component component, const char *suffix);

/** component_strip() - what lies between @prefix and @suffix; false unless both are there and something is between. */
bool component_strip(struct component component, const char *prefix, const char *suffix, struct component *ret_inner);

/** component_is_hash() - 64 lower-case hex digits, as Docker, containerd's CRI, CRI-O and Podman make ids. */
bool component_is_hash(struct component component);

/** component_is_uuid() - 8-4-4-4-12 lower-case hex digits with @dash between. */
bool component_is_uuid(struct component component, char dash);

/** component_pod_uid() - the uid in "pod<uid>", "kubepods-burstable-pod<uid_>.slice[:...]"; "_" become "-". */
bool component_pod_uid(struct component component, char ret_uid[CGROUP_POD_SIZE]);

/** component_user() - the uid of "user@<uid>.service". */
bool component_user(struct component component, uint32_t *ret_user);

/** component_copy() - false when it does not fit. */
bool component_copy(struct component component, char *target, size_t target_size);

/** component_unescape() - "\x2d" becomes "-", as systemd escapes names; never makes a "/" or NUL. In place. */
void component_unescape(char *text);

#endif
