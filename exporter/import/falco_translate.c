/* SPDX-License-Identifier: GPL-2.0-only */
#include "import/falco_translate.h"

#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "import/falco_fields.h"
#include "state/rule_yaml.h"

#define VISITS_MAX 200000 /* of nodes, for one rule: macros within macros multiply */
#define TYPES_MAX 200	  /* system calls that a rule names */

struct translator {
	struct falco_translation *translation;
	const struct falco_node *condition;
	size_t visits;
	const char *types[TYPES_MAX]; /* named, and no event of ours */
	size_t type_count;
};

static void add_reason(struct translator *translator, const char *reason)
{
	struct falco_translation *translation = translator->translation;

	for (size_t i = 0; i < translation->reason_count; i++)
		if (strcmp(translation->reasons[i], reason) == 0)
			return;
	if (translation->reason_count < FALCO_MAX_REASONS)
		translation->reasons[translation->reason_count++] = reason;
}

static bool is_check(const struct falco_node *node, const char *field, enum falco_operator op, const char *value)
{
	return node->type == FALCO_CHECK && strcmp(node->name, field) == 0 && !node->transformed && node->op == op &&
	       node->value_count == 1 && strcmp(node->values[0], value) == 0;
}

/* "evt.rawres >= 0 or evt.res = EINPROGRESS": neither can be said alone, both together can. */
static bool is_not_failed(const struct falco_subject *subject, const struct falco_node *node)
{
	if (subject->event->outcome != FALCO_UNKNOWN_OUTCOME || node->type != FALCO_OR || node->child_count != 2)
		return false;
	for (size_t i = 0; i < 2; i++)
		if (is_check(node->children[i], "evt.rawres", FALCO_GE, "0") &&
		    is_check(node->children[1 - i], "evt.res", FALCO_EQ, "EINPROGRESS"))
			return true;
	return false;
}

static const struct formula *specialise(struct translator *translator, const struct falco_subject *subject,
					const struct falco_node *node, bool negative);

static const struct formula *specialise_children(struct translator *translator, const struct falco_subject *subject,
						 const struct falco_node *node, bool negative)
{
	bool all = (node->type == FALCO_AND) != negative;
	const struct formula **parts = arena_take(subject->arena, node->child_count, sizeof(*parts));

	if (!parts)
		return NULL;
	for (size_t i = 0; i < node->child_count; i++)
		parts[i] = specialise(translator, subject, node->children[i], negative);
	return formula_join(subject->arena, all ? FORMULA_AND : FORMULA_OR, parts, node->child_count);
}

/* The condition as far as it concerns one event. */
static const struct formula *specialise(struct translator *translator, const struct falco_subject *subject,
					const struct falco_node *node, bool negative)
{
	const struct formula *formula;

	if (++translator->visits > VISITS_MAX)
		return formula_unknown(subject->arena, "its condition is too long");
	if (node->type == FALCO_NOT)
		return specialise(translator, subject, node->children[0], !negative);
	if (node->type != FALCO_CHECK && !is_not_failed(subject, node))
		return specialise_children(translator, subject, node, negative);
	formula = node->type == FALCO_CHECK ? falco_map_check(subject, node, negative) : falco_map_not_failed(subject);
	return negative ? formula_not(subject->arena, formula) : formula;
}

static const struct formula *specialise_for(struct translator *translator, const struct falco_event *event,
					    const char *type)
{
	struct falco_subject subject = { translator->translation->arena, event, type };

	return specialise(translator, &subject, translator->condition, false);
}

/* All that an event of ours holds must be asked for alike. Return: NULL: no memory, or a reason was added. */
static const struct formula *specialise_core(struct translator *translator, const struct falco_event *event)
{
	const struct formula *first = specialise_for(translator, event, event->types[0]), *other;

	for (size_t i = 1; first && i < FALCO_EVENT_TYPES && event->types[i]; i++) {
		other = specialise_for(translator, event, event->types[i]);
		if (!other)
			return NULL;
		if (formula_equal(first, other))
			continue;
		if (event->unseen)
			return first->type == FORMULA_FALSE ? other : first;
		add_reason(translator, arena_print(translator->translation->arena,
						   "picket does not tell %s from %s: ask for both alike",
						   event->types[0], event->types[i]));
		if (!translator->translation->approximate)
			return formula_constant(false);
		first = first->type == FORMULA_FALSE ? other : first;
	}
	return first;
}

static int check_further(struct translator *translator, const struct falco_event *event, const struct formula *formula,
			 const char **ret_note)
{
	for (size_t i = 0; i < FALCO_EVENT_TYPES && event->further[i]; i++) {
		const struct formula *other = specialise_for(translator, event, event->further[i]);

		if (!other)
			return -ENOMEM;
		if (formula_equal(formula, other))
			continue;
		if (other->type != FORMULA_FALSE && !translator->translation->reason_count)
			add_reason(translator, arena_print(translator->translation->arena,
							   "picket does not tell %s from %s: ask for both alike",
							   event->further[i], event->types[0]));
		*ret_note = event->further_note;
	}
	return 0;
}

static int keep_event(struct translator *translator, const struct falco_event *event, const struct formula *formula,
		      const char *note)
{
	struct falco_translation *translation = translator->translation;
	struct formula_alternative *items = NULL;
	struct falco_alternatives *larger;
	int count;

	formula = formula_assume(translation->arena, formula);
	count = formula ? formula_alternatives(translation->arena, formula, &items) : -ENOMEM;
	if (count == -E2BIG) {
		add_reason(translator, "its condition has too many alternatives");
		return 0;
	}
	if (count <= 0)
		return count;
	larger = arena_grow(translation->arena, translation->events, translation->count, sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	translation->events = larger;
	larger[translation->count++] =
		(struct falco_alternatives){ .event = event, .items = items, .count = count, .note = note };
	return 0;
}

static int translate_event(struct translator *translator, const struct falco_event *event)
{
	const struct formula *formula = specialise_core(translator, event);
	const char *note = NULL, *unknown;
	int error;

	if (!formula)
		return -ENOMEM;
	error = event->unseen ? 0 : check_further(translator, event, formula, &note);
	if (error || formula->type == FORMULA_FALSE)
		return error;
	unknown = event->unseen ? event->unseen : formula_first_unknown(formula);
	if (unknown)
		add_reason(translator, unknown);
	return event->unseen ? 0 : keep_event(translator, event, formula, note);
}

/* What picket sees nothing of: the call's name, or NULL for all that is not named. */
static int check_unseen(struct translator *translator, const char *type)
{
	struct arena *arena = translator->translation->arena;
	struct falco_event event = { .types = { type ? type : "(any other)" } };

	event.unseen = type ? arena_print(arena, "picket has no event for evt.type %s", rule_quote(type).text)
			    : "it holds for every sort of event: an evt.type is missing";
	return event.unseen ? translate_event(translator, &event) : -ENOMEM;
}

/* Names of system calls that have no event of ours. */
static void collect_types(struct translator *translator, const struct falco_node *node)
{
	if (++translator->visits > VISITS_MAX)
		return;
	for (size_t i = 0; i < node->child_count; i++)
		collect_types(translator, node->children[i]);
	if (node->type != FALCO_CHECK ||
	    (strcmp(node->name, "evt.type") != 0 && strcmp(node->name, "syscall.type") != 0))
		return;
	for (size_t i = 0; i < node->value_count; i++) {
		const char *type = node->values[i];
		bool there = falco_event_of_type(type);

		for (size_t j = 0; j < translator->type_count; j++)
			there |= strcmp(translator->types[j], type) == 0;
		if (there)
			continue;
		if (translator->type_count == TYPES_MAX)
			add_reason(translator, "it names too many system calls");
		else
			translator->types[translator->type_count++] = type;
	}
}

int falco_translate(const struct falco_node *condition, struct falco_translation *translation)
{
	struct translator translator = { .translation = translation, .condition = condition };
	int error;

	collect_types(&translator, condition);
	translator.visits = 0;
	error = check_unseen(&translator, NULL);
	for (size_t i = 0; i < translator.type_count && !error; i++)
		error = check_unseen(&translator, translator.types[i]);
	for (size_t i = 0; i < falco_event_count && !error; i++) {
		translator.visits = 0;
		error = translate_event(&translator, &falco_events[i]);
	}
	if (!error && !translation->count && !translation->reason_count)
		add_reason(&translator, "no event that picket sees can match it");
	return error;
}
