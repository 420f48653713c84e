/* SPDX-License-Identifier: GPL-2.0-only */
/* Which of Falco's events are which of ours, and what is known of each before it happens. */
#ifndef IMPORT_FALCO_EVENTS_H
#define IMPORT_FALCO_EVENTS_H

#include "import/falco_expr.h"
#include "state/rules.h"

/* A field whose value all events of a sort have in common. NULL: they have no such field. */
struct falco_known {
	const char *field, *value;
};
/* known values that are no single ones */
extern const char FALCO_NOT_NEGATIVE[], FALCO_NEGATIVE[];

/* What our rule must ask for besides the event. */
struct falco_fixed {
	const char *field;
	enum condition_operator op;
	const char *value;
};

/* How calls end. */
enum falco_outcome {
	FALCO_ANY_OUTCOME,     /* ours tells by error_field */
	FALCO_SUCCESS,	       /* only those that succeeded */
	FALCO_FAILURE,	       /* only those that were refused */
	FALCO_UNKNOWN_OUTCOME, /* ours does not tell success from what is under way */
};

#define FALCO_EVENT_TYPES 8
#define FALCO_EVENT_KNOWN 8

struct falco_event {
	enum picket_kind kind;
	const char *suffix;			/* of the rule's name, where a rule becomes several */
	const char *types[FALCO_EVENT_TYPES];	/* ours is all of these: who asks for some only cannot be served */
	const char *further[FALCO_EVENT_TYPES]; /* ours holds these as well, which need not be asked for */
	const char *further_note;		/* told where they were not asked for */
	struct falco_fixed fixed[2];
	struct falco_known known[FALCO_EVENT_KNOWN];
	enum falco_outcome outcome;
	const char *error_field; /* ours, with the name of the error */
	const char *note;	 /* always told */
	const char *unseen;	 /* why picket does not see these at all; NULL: it does */
};

extern const struct falco_event falco_events[];
extern const size_t falco_event_count;

/** falco_event_of_type() - whether some event is about a system call of this name. */
bool falco_event_of_type(const char *type);

enum falco_truth { FALCO_NO, FALCO_YES, FALCO_UNDECIDED };

/** falco_compare() - a check of a field whose value is @value; NULL: the field is absent. */
enum falco_truth falco_compare(const struct falco_node *check, const char *value);

/** falco_known_check() - a check as far as what is known of @event decides it. @type: the system call. */
enum falco_truth falco_known_check(const struct falco_event *event, const char *type, const struct falco_node *check);

#endif
