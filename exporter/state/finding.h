/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A finding: an event that a rule matched, with what was done about it.
 * Made by the daemon, handed to every sink (log, OTLP, `picket events`).
 */
#ifndef FINDING_H
#define FINDING_H

#include "catalogue.h"
#include "progress.h"
#include "rules.h"

/* What became of one response. */
enum response_outcome {
	OUTCOME_NONE,	 /* the rule does not ask for it */
	OUTCOME_DRY_RUN, /* would have been done with --enforce */
	OUTCOME_DONE,
	OUTCOME_PENDING, /* asked of the runtime, answer not there yet */
	OUTCOME_FAILED,
	OUTCOME_SPARED,	 /* a target that picket never touches */
	OUTCOME_GONE,	 /* the target had ended already */
	OUTCOME_LIMITED, /* more than the rule's limit, or all rules', allows */
	OUTCOME_COUNT
};
const char *outcome_name(enum response_outcome outcome);

/* A summary: how often a finding has come again. */
struct finding_repeats {
	uint64_t count;
	uint64_t first_ns, last_ns; /* CLOCK_BOOTTIME */
	bool throttled;		    /* they are of one rule and container, and need not be the same */
	char of[33];		    /* id of the finding that they repeat; "" when throttled */
};

struct finding {
	struct event_context context; /* borrowed for the call */
	const struct rule *rule;
	int64_t time_unix_ns; /* of the event, CLOCK_REALTIME */
	enum response_outcome outcomes[RESPONSE_COUNT];
	const struct progress_match
		*progress; /* of a rule that asks for several events: which; borrowed. NULL: of others */
	const struct finding_repeats *repeats; /* of a summary, else NULL; borrowed */
	int64_t unix_offset_ns;		       /* CLOCK_REALTIME - CLOCK_BOOTTIME, for the times in progress */
	char id[33];			       /* 32 hex digits, unique; for logs and incidents */
};

/**
 * finding_visit() - every attribute of a finding, in a fixed order: rule first, then what was done, then the
 * fields of the event. Used by JSON, log and OTLP alike. Texts may hold any byte but NUL; values are borrowed for
 * the call. A truth value that is false is left out.
 */
typedef void finding_visitor(void *context, const char *name, const struct field_value *value);
void finding_visit(const struct finding *finding, finding_visitor *visit, void *context);

/** finding_summary() - one sentence for people, cut at @size: valid UTF-8, without control characters. */
void finding_summary(const struct finding *finding, char *buffer, size_t size);

/** finding_event_summary() - who did what, for people; where it was is not said. As finding_summary() otherwise. */
void finding_event_summary(const struct event_context *context, char *buffer, size_t size);

/**
 * finding_to_json() - one line of JSON without newline; free(3) it. NULL: no memory. First keys: time (RFC 3339),
 * severity, rule, summary. Bytes that are no UTF-8 become U+FFFD.
 */
char *finding_to_json(const struct finding *finding);

#endif
