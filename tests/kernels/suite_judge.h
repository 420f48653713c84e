/* SPDX-License-Identifier: GPL-2.0-only */
/* The rules that the suite has put in force: each event is judged by them as the daemon does, and matches are counted. */
#ifndef SUITE_JUDGE_H
#define SUITE_JUDGE_H

#include "picket/event.h"
#include "state/policy_compile.h"

/**
 * suite_judge_load() - read rules and keep them for suite_judge_event().
 * @ret_policy: what of them the kernel decides; for policy_free().
 * Return: 0, -errno; what is wrong with them has been printed.
 */
int suite_judge_load(const char *path, struct compiled_policy **ret_policy);

/** suite_judge_forget() - judge nothing any more. */
void suite_judge_forget(void);

/** suite_judge_reset() - all counts are 0. */
void suite_judge_reset(void);

/** suite_judge_event() - count the rules that @event, a valid record, matches. */
void suite_judge_event(const struct picket_event *event);

/** suite_judge_matches() - of one rule; of @rule NULL: of all. */
unsigned int suite_judge_matches(const char *rule);

#endif
