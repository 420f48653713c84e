/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When a pause or an isolation ends by itself.
 *
 * Kept in a file, so that a daemon that starts anew goes on with them; what
 * became due meanwhile ends then. The file is of one boot of the machine.
 */
#ifndef RESPONSE_HOLDS_H
#define RESPONSE_HOLDS_H

#include "event_loop.h"
#include "state/rules.h"

struct response_holds;

/*
 * The time is over; the entry is gone already. Return: whether it was ended, or there is nothing to end; false: try
 * again in ten seconds.
 */
typedef bool response_hold_over(void *context, uint64_t cgroup_id, enum response_action action);

/**
 * response_holds_new() - @path: of the file; NULL: none. It is not read before response_holds_read().
 * Return: 0, -ENOMEM, -errno.
 */
int response_holds_new(struct event_loop *loop, const char *path, response_hold_over *over, void *context,
		       struct response_holds **ret_holds);
void response_holds_free(struct response_holds *holds);

/** response_holds_read() - go on with what an earlier daemon noted down. Return: how many, -errno. */
int response_holds_read(struct response_holds *holds);

/**
 * response_holds_set() - @timeout_ns from now on; 0: until somebody releases it. Of several the longest is in force.
 * @held: it was in force before; without an entry that means for ever, and stays so.
 * Return: 0; -errno of the file: it is in force, but would not outlive the daemon; -ENOMEM: it is not.
 */
int response_holds_set(struct response_holds *holds, uint64_t cgroup_id, enum response_action action,
		       uint64_t timeout_ns, bool held);

/** response_holds_forget() - released by other means, or the cgroup is gone. */
void response_holds_forget(struct response_holds *holds, uint64_t cgroup_id, unsigned int actions);

#endif
