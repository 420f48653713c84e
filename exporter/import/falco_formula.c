/* SPDX-License-Identifier: GPL-2.0-only */
#include "import/falco_formula.h"

#include <string.h>

#include "cleanup.h"

#define MERGE_LOOK_VALUES 256

const struct formula *formula_constant(bool value)
{
	static const struct formula constants[] = { { .type = FORMULA_FALSE }, { .type = FORMULA_TRUE } };

	return &constants[value];
}

const struct formula *formula_unknown(struct arena *arena, const char *reason)
{
	struct formula *formula = reason ? arena_take(arena, 1, sizeof(*formula)) : NULL;

	if (formula)
		*formula = (struct formula){ .type = FORMULA_UNKNOWN, .reason = reason };
	return formula;
}

const struct formula *formula_term(struct arena *arena, const struct formula_term *term)
{
	struct formula *formula = arena_take(arena, 1, sizeof(*formula));

	if (formula)
		*formula = (struct formula){ .type = FORMULA_TERM, .term = *term };
	return formula;
}

/*
 * Whether two tests are one with the values of both: any value is enough where one of the tests is, and where none may
 * match. "<" and ">" take a single number.
 */
static bool can_merge(enum formula_type type, const struct formula_term *a, const struct formula_term *b)
{
	bool any = !a->inverted && !a->negative;

	if (!a->field || a->field != b->field || a->op != b->op || a->inverted != b->inverted ||
	    a->negative != b->negative || a->op == OPERATOR_LESS || a->op == OPERATOR_GREATER)
		return false;
	if (a->inverted && a->negative)
		return false;
	return any == (type == FORMULA_OR);
}

static bool has_value(const struct formula_term *term, size_t count, const char *value)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(term->values[i], value) == 0)
			return true;
	return false;
}

/* Long lists are taken as they are: to look for each value in each would take for ever. */
static bool merge(struct arena *arena, struct formula *into, const struct formula_term *term)
{
	size_t count = into->term.value_count, added = 0;
	bool look = count <= MERGE_LOOK_VALUES && term->value_count <= MERGE_LOOK_VALUES;
	const char **values = arena_take(arena, count + term->value_count, sizeof(*values));

	if (!values)
		return false;
	memcpy(values, into->term.values, count * sizeof(*values));
	for (size_t i = 0; i < term->value_count; i++)
		if (!look || !has_value(&into->term, count, term->values[i]))
			values[count + added++] = term->values[i];
	into->term.values = values;
	into->term.value_count = count + added;
	into->term.note = into->term.note ? into->term.note : term->note;
	return true;
}

/* Into a term that is there already. Return: 1: done; 0: there is none; -1: no memory. */
static int merge_part(struct arena *arena, struct formula *joined, const struct formula *part)
{
	struct formula *copy;

	if (part->type != FORMULA_TERM)
		return 0;
	for (size_t i = 0; i < joined->count; i++) {
		if (joined->parts[i]->type != FORMULA_TERM ||
		    !can_merge(joined->type, &joined->parts[i]->term, &part->term))
			continue;
		copy = (struct formula *)formula_term(arena, &joined->parts[i]->term);
		if (!copy || !merge(arena, copy, &part->term))
			return -1;
		joined->parts[i] = copy;
		return 1;
	}
	return 0;
}

static bool add_part(struct arena *arena, struct formula *joined, const struct formula *part)
{
	int merged = merge_part(arena, joined, part);
	const struct formula **larger;

	if (merged)
		return merged > 0;
	for (size_t i = 0; i < joined->count; i++)
		if (formula_equal(joined->parts[i], part))
			return true;
	larger = arena_grow(arena, joined->parts, joined->count, sizeof(*larger));
	if (!larger)
		return false;
	joined->parts = larger;
	larger[joined->count++] = part;
	return true;
}

const struct formula *formula_join(struct arena *arena, enum formula_type type, const struct formula **parts,
				   size_t count)
{
	enum formula_type decides = type == FORMULA_AND ? FORMULA_FALSE : FORMULA_TRUE;
	struct formula *joined = arena_take(arena, 1, sizeof(*joined));

	if (!joined)
		return NULL;
	joined->type = type;
	for (size_t i = 0; i < count; i++)
		if (!parts[i])
			return NULL;
	for (size_t i = 0; i < count; i++)
		if (parts[i]->type == decides)
			return parts[i];
	for (size_t i = 0; i < count; i++) {
		bool same = parts[i]->type == type;
		size_t inner = same ? parts[i]->count : 1;

		if (parts[i]->type == FORMULA_TRUE || parts[i]->type == FORMULA_FALSE)
			continue;
		for (size_t j = 0; j < inner; j++)
			if (!add_part(arena, joined, same ? parts[i]->parts[j] : parts[i]))
				return NULL;
	}
	if (!joined->count)
		return formula_constant(type == FORMULA_AND);
	return joined->count == 1 ? joined->parts[0] : joined;
}

static bool terms_equal(const struct formula_term *a, const struct formula_term *b)
{
	if (a->field != b->field || a->op != b->op || a->inverted != b->inverted || a->negative != b->negative ||
	    a->value_count != b->value_count)
		return false;
	for (size_t i = 0; i < a->value_count; i++)
		if (strcmp(a->values[i], b->values[i]) != 0)
			return false;
	return true;
}

bool formula_equal(const struct formula *a, const struct formula *b)
{
	if (a == b)
		return true;
	if (a->type != b->type || a->count != b->count)
		return false;
	if (a->type == FORMULA_TERM)
		return terms_equal(&a->term, &b->term);
	if (a->type == FORMULA_UNKNOWN)
		return strcmp(a->reason, b->reason) == 0;
	for (size_t i = 0; i < a->count; i++)
		if (!formula_equal(a->parts[i], b->parts[i]))
			return false;
	return true;
}

const char *formula_first_unknown(const struct formula *formula)
{
	const char *reason = formula->type == FORMULA_UNKNOWN ? formula->reason : NULL;

	for (size_t i = 0; i < formula->count && !reason; i++)
		reason = formula_first_unknown(formula->parts[i]);
	return reason;
}

const struct formula *formula_assume(struct arena *arena, const struct formula *formula)
{
	const struct formula **parts;

	if (formula->type == FORMULA_UNKNOWN)
		return formula_constant(true);
	if (!formula->count)
		return formula;
	parts = arena_take(arena, formula->count, sizeof(*parts));
	if (!parts)
		return NULL;
	for (size_t i = 0; i < formula->count; i++)
		parts[i] = formula_assume(arena, formula->parts[i]);
	return formula_join(arena, formula->type, parts, formula->count);
}

const struct formula *formula_not(struct arena *arena, const struct formula *formula)
{
	const struct formula **parts;
	struct formula_term term;

	if (!formula || formula->type == FORMULA_UNKNOWN)
		return formula;
	if (formula->type == FORMULA_TERM) {
		term = formula->term;
		term.negative = !term.negative;
		return formula_term(arena, &term);
	}
	if (!formula->count)
		return formula_constant(formula->type == FORMULA_FALSE);
	parts = arena_take(arena, formula->count, sizeof(*parts));
	if (!parts)
		return NULL;
	for (size_t i = 0; i < formula->count; i++)
		parts[i] = formula_not(arena, formula->parts[i]);
	return formula_join(arena, formula->type == FORMULA_AND ? FORMULA_OR : FORMULA_AND, parts, formula->count);
}
