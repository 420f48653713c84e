/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Containers that nothing is ever done to, whatever a rule says: by patterns
 * of what a workload cannot choose for itself. They are still watched.
 */
#ifndef NEVER_TOUCH_H
#define NEVER_TOUCH_H

#include <stddef.h>

#include "state/container.h"

struct never_touch;

/**
 * never_touch_new() - @patterns: "image=GLOB", "namespace=GLOB", "container=GLOB" or "cgroup=GLOB"; in the last one only
 * "**" crosses "/". Borrowed.
 * Return: 0; -EINVAL and *ret_why (free(3)) for a pattern that is none; -ENOMEM.
 */
int never_touch_new(const char *const *patterns, size_t count, struct never_touch **ret_list, char **ret_why);
void never_touch_free(struct never_touch *list);

/**
 * never_touch_reason() - why nothing may be done to @container: the pattern that it matches. A container whose
 * names are not known yet is spared while some pattern asks for names.
 * Return: text that lives as long as @list; NULL: it is on no list. A NULL list spares nobody.
 */
const char *never_touch_reason(const struct never_touch *list, const struct container *container);

#endif
