/* SPDX-License-Identifier: GPL-2.0-only */
/* An event becomes findings: matched, answered, counted, throttled, handed to every sink. */
#ifndef JUDGE_H
#define JUDGE_H

#include "export/control_server.h"
#include "export/otlp_sender.h"
#include "respond/responder.h"
#include "state/registry.h"
#include "state/rules.h"
#include "state/self_metrics.h"

struct judge;

/* All borrowed; control and otlp may be NULL. */
struct judge_options {
	struct rule_set *const *rules;
	struct self_metrics *metrics;
	struct responder *responder;
	struct otlp_sender *otlp;
	struct control_server *control;
	struct registry *registry;
	const char *procfs_path, *root_path; /* of the host; root_path NULL: "/" */
	bool keep_secrets;		     /* in findings, among the arguments of programs */
	uint32_t group_seconds;		     /* 0: findings that say the same are all sent */
};

/* Rules of before a reload: events that they asked for are still in the buffer, and are theirs to judge. Borrowed. */
struct judge_old_rules {
	const struct rule_set *rules; /* NULL: none */
	uint32_t generation;	      /* picket_event.policy */
	const int *places;	      /* of each by its index: in the new set, -1 when it is gone */
};

int judge_new(const struct judge_options *options, struct judge **ret_judge);
void judge_free(struct judge *judge);

/** judge_prepare() - make room for @rules, which will be in force next. Return: 0, -ENOMEM. */
int judge_prepare(struct judge *judge, const struct rule_set *rules);

/**
 * judge_rules_changed() - *options.rules points to another set now, and the old one is still there; sequences and
 * counts begin anew.
 * Return: 0; -ENOMEM: sequences and counts are not judged.
 */
int judge_rules_changed(struct judge *judge, const struct judge_old_rules *old);

/** judge_forget_old_rules() - before they are freed; events that they still have in the buffer are judged by the new. */
void judge_forget_old_rules(struct judge *judge);

/** judge_tick() - each second: summaries that are due. */
void judge_tick(struct judge *judge);

/** judge_flush() - all summaries, before the end. */
void judge_flush(struct judge *judge);

/** judge_event() - @event is valid; @container NULL for the host's. What this process did itself is no finding. */
void judge_event(struct judge *judge, const struct picket_event *event, struct container *container);

#endif
