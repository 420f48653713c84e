/* SPDX-License-Identifier: GPL-2.0-only */
/* How an operation ended: evt.failed, evt.res, evt.rawres. */
#include <string.h>

#include "import/falco_fields.h"

static bool is_result(const struct falco_node *check)
{
	return strcmp(check->name, "evt.res") == 0;
}

static enum falco_truth when_successful(const struct falco_node *check)
{
	if (is_result(check))
		return falco_compare(check, "SUCCESS");
	return falco_compare(check, strcmp(check->name, "evt.failed") == 0 ? "false" : FALCO_NOT_NEGATIVE);
}

/* Names of errors are left to the tests that name them; that they begin with "E" is all that is known here. */
static enum falco_truth when_failed(const struct falco_node *check)
{
	if (!is_result(check))
		return falco_compare(check, strcmp(check->name, "evt.failed") == 0 ? "true" : FALCO_NEGATIVE);
	if (check->op == FALCO_EXISTS)
		return FALCO_YES;
	return check->op == FALCO_STARTSWITH && strcmp(check->values[0], "E") == 0 ? FALCO_YES : FALCO_UNDECIDED;
}

static const struct formula *failed(const struct falco_subject *subject)
{
	return falco_test_one(subject, subject->event->error_field, OPERATOR_GLOB, "*");
}

const struct formula *falco_map_not_failed(const struct falco_subject *subject)
{
	return formula_not(subject->arena, failed(subject));
}

/* One of the named errors, or success where that is named. */
static const struct formula *map_names(const struct falco_subject *subject, const struct falco_node *check)
{
	const char **names = arena_take(subject->arena, check->value_count, sizeof(*names));
	const struct formula *parts[2] = { formula_constant(false), formula_constant(false) }, *equal;
	bool success = false, under_way = false;
	size_t count = 0;

	if (!names)
		return NULL;
	for (size_t i = 0; i < check->value_count; i++) {
		if (strcmp(check->values[i], "SUCCESS") == 0)
			success = true;
		else if (strcmp(check->values[i], "EINPROGRESS") == 0)
			under_way = true;
		else
			names[count++] = check->values[i];
	}
	if (subject->event->outcome == FALCO_UNKNOWN_OUTCOME && success != under_way)
		return falco_unsaid(subject, check,
				    "picket tells only what failed from what succeeded or is under way: write "
				    "(evt.rawres >= 0 or evt.res = EINPROGRESS)");
	if (success && subject->event->outcome != FALCO_FAILURE)
		parts[0] = falco_map_not_failed(subject);
	if (under_way && subject->event->outcome != FALCO_UNKNOWN_OUTCOME)
		names[count++] = "EINPROGRESS";
	if (count)
		parts[1] = falco_test(subject, subject->event->error_field, OPERATOR_EQUALS, names, count);
	equal = formula_join(subject->arena, FORMULA_OR, parts, 2);
	return check->op == FALCO_NE ? formula_not(subject->arena, equal) : equal;
}

static const struct formula *map_any(const struct falco_subject *subject, const struct falco_node *check)
{
	enum falco_truth success = when_successful(check), failure = when_failed(check);

	if (success == FALCO_UNDECIDED || failure == FALCO_UNDECIDED)
		return falco_unsaid(subject, check, "only success, failure and names of errors can be said");
	if (success == failure)
		return formula_constant(success == FALCO_YES);
	if (subject->event->outcome == FALCO_UNKNOWN_OUTCOME)
		return falco_unsaid(subject, check,
				    "picket tells only what failed from what succeeded or is under way: write "
				    "(evt.rawres >= 0 or evt.res = EINPROGRESS)");
	return success == FALCO_YES ? falco_map_not_failed(subject) : failed(subject);
}

const struct formula *falco_map_outcome(const struct falco_subject *subject, const struct falco_node *check)
{
	enum falco_outcome outcome = subject->event->outcome;
	enum falco_truth known = FALCO_UNDECIDED;

	if (outcome == FALCO_SUCCESS)
		known = when_successful(check);
	else if (outcome == FALCO_FAILURE)
		known = when_failed(check);
	if (known != FALCO_UNDECIDED)
		return formula_constant(known == FALCO_YES);
	if (outcome == FALCO_SUCCESS)
		return falco_unsaid(subject, check, "only success and failure can be said");
	if (is_result(check) && falco_is_set(check->op))
		return map_names(subject, check);
	return map_any(subject, check);
}
