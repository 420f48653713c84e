/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a response is about, and how its processes are killed, stopped and let
 * go on. A copy of what the finding said: some responses end later.
 */
#ifndef RESPONSE_TARGET_H
#define RESPONSE_TARGET_H

#include "respond/responder.h"

struct response_target {
	struct container *container; /* NULL: the host's */
	uint32_t pid;
	uint64_t start_time_ns;
	enum kill_scope scope;
};

/** target_kill() - @detail: how, or why not. */
enum response_outcome target_kill(const struct responder_options *options, const struct response_target *target,
				  char *detail, size_t size);

/**
 * target_stop() - let what is to be killed stand still meanwhile.
 * Return: 0; -EALREADY: somebody else has frozen the container; -errno: it runs on.
 */
int target_stop(const struct responder_options *options, const struct response_target *target);

/** target_continue() - let it run again, what the kernel part has stopped as well. */
void target_continue(const struct responder_options *options, const struct response_target *target);

#endif
