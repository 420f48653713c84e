/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tells when files of rules have changed: by inotify, once for all changes
 * that come close together. Editors that rename, and Kubernetes' ConfigMaps
 * (a symlink "..data" that is swapped), are seen like writing in place.
 */
#ifndef RULES_WATCH_H
#define RULES_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include "event_loop.h"

struct rules_watch;

/**
 * rules_watch_new() - watch from now on.
 * @paths: files or folders, borrowed for the call; what is not there is passed over.
 * @quiet_ms: @changed is called when nothing has changed for so long.
 * Return: 0; -ENOMEM, -errno of inotify_init1(2).
 */
int rules_watch_new(struct event_loop *loop, const char *const *paths, size_t count, uint64_t quiet_ms,
		    event_loop_tick *changed, void *context, struct rules_watch **ret_watch);
void rules_watch_free(struct rules_watch *watch); /* NULL is fine */

#endif
