/* SPDX-License-Identifier: GPL-2.0-only */
/* Falco's fields in terms of ours. */
#ifndef IMPORT_FALCO_FIELDS_H
#define IMPORT_FALCO_FIELDS_H

#include "import/falco_events.h"
#include "import/falco_formula.h"

/* What a check is asked of. */
struct falco_subject {
	struct arena *arena;
	const struct falco_event *event;
	const char *type; /* the system call */
};

/**
 * falco_map_check() - a check in terms of our fields.
 * @negative: it stands under "not"; the answer is that of the check itself.
 * Return: NULL: no memory.
 */
const struct formula *falco_map_check(const struct falco_subject *subject, const struct falco_node *check,
				      bool negative);

/** falco_map_not_failed() - the operation succeeded, or is under way. NULL: no memory. */
const struct formula *falco_map_not_failed(const struct falco_subject *subject);

/*
 * Shared by the falco_map*.c and falco_fields.c.
 */

#define FIELD_ALWAYS (1U << 0)	/* Falco's is never absent: != is not = */
#define FIELD_SEVERAL (1U << 1) /* has several values at once, of which any may match; != would mean another thing */

struct falco_field {
	const char *name;
	const char *argument; /* between "[" and "]"; NULL: none */
	uint64_t kinds;
	const char *field; /* ours; NULL: none, and note says why */
	unsigned int flags;
	const char *note; /* what differs; NULL: nothing */
};

extern const struct falco_field falco_fields[];
extern const size_t falco_field_count;

/** falco_map_field() - a check of a field that is one of ours. */
const struct formula *falco_map_field(const struct falco_subject *subject, const struct falco_field *row,
				      const struct falco_node *check);

/** falco_map_outcome() - a check of evt.failed, evt.res or evt.rawres. */
const struct formula *falco_map_outcome(const struct falco_subject *subject, const struct falco_node *check);

/** falco_unsaid() - the formula that cannot be said, for a reason that begins with the check's field. */
const struct formula *falco_unsaid(const struct falco_subject *subject, const struct falco_node *check,
				   const char *reason);

/** falco_test() - @op of some values, of a field of ours that this event must have. */
const struct formula *falco_test(const struct falco_subject *subject, const char *field, enum condition_operator op,
				 const char *const *values, size_t count);

/** falco_test_one() - the same of a single value. */
const struct formula *falco_test_one(const struct falco_subject *subject, const char *field, enum condition_operator op,
				     const char *value);

/** falco_is_set() - "=", "!=", in or intersects. */
bool falco_is_set(enum falco_operator op);

#endif
