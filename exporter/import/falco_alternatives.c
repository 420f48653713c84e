/* SPDX-License-Identifier: GPL-2.0-only */
/* Or of ands. */
#include <errno.h>
#include <string.h>

#include "import/falco_formula.h"

struct alternatives {
	struct formula_alternative *items;
	size_t count, room;
};

static struct alternatives *alternatives_new(struct arena *arena, size_t room)
{
	struct alternatives *alternatives = arena_take(arena, 1, sizeof(*alternatives));

	if (!alternatives)
		return NULL;
	alternatives->room = room;
	alternatives->items = arena_take(arena, room, sizeof(*alternatives->items));
	return alternatives->items ? alternatives : NULL;
}

static bool same_term(const struct formula_term *a, const struct formula_term *b)
{
	struct formula first = { .type = FORMULA_TERM, .term = *a }, second = { .type = FORMULA_TERM, .term = *b };

	return formula_equal(&first, &second);
}

static bool has_term(const struct formula_alternative *alternative, const struct formula_term *term)
{
	for (size_t i = 0; i < alternative->count; i++)
		if (same_term(alternative->terms[i], term))
			return true;
	return false;
}

/* Whether all that @a asks for @b asks for as well: then @b adds nothing to it. */
static bool covers(const struct formula_alternative *a, const struct formula_alternative *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (!has_term(b, a->terms[i]))
			return false;
	return true;
}

/* The host's and a container's, or a test and its opposite. */
static bool contradicts(const struct formula_alternative *alternative, const struct formula_term *term)
{
	struct formula_term opposite = *term;

	opposite.negative = !term->negative;
	return has_term(alternative, &opposite);
}

static int add_alternative(struct alternatives *alternatives, const struct formula_alternative *alternative)
{
	size_t kept = 0;

	for (size_t i = 0; i < alternatives->count; i++)
		if (covers(&alternatives->items[i], alternative))
			return 0;
	for (size_t i = 0; i < alternatives->count; i++)
		if (!covers(alternative, &alternatives->items[i]))
			alternatives->items[kept++] = alternatives->items[i];
	alternatives->count = kept;
	if (kept == alternatives->room)
		return -E2BIG;
	alternatives->items[alternatives->count++] = *alternative;
	return 0;
}

/* Both together. Return: 1: they never hold together; 0; -E2BIG. */
static int both(const struct formula_alternative *a, const struct formula_alternative *b,
		struct formula_alternative *ret_both)
{
	*ret_both = *a;
	for (size_t i = 0; i < b->count; i++) {
		if (contradicts(ret_both, b->terms[i]))
			return 1;
		if (has_term(ret_both, b->terms[i]))
			continue;
		if (ret_both->count == FORMULA_MAX_TERMS)
			return -E2BIG;
		ret_both->terms[ret_both->count++] = b->terms[i];
	}
	return 0;
}

static int multiply(struct arena *arena, struct alternatives **product, const struct alternatives *factor)
{
	struct alternatives *next = alternatives_new(arena, FORMULA_MAX_ALTERNATIVES);
	struct formula_alternative together;
	int error = next ? 0 : -ENOMEM;

	for (size_t i = 0; !error && i < (*product)->count; i++) {
		for (size_t j = 0; !error && j < factor->count; j++) {
			int never = both(&(*product)->items[i], &factor->items[j], &together);

			error = never < 0 ? never : never ? 0 : add_alternative(next, &together);
		}
	}
	*product = next;
	return error;
}

static int expand(struct arena *arena, const struct formula *formula, struct alternatives **ret_alternatives);

static int expand_or(struct arena *arena, const struct formula *formula, struct alternatives *alternatives)
{
	struct alternatives *part;
	int error = 0;

	for (size_t i = 0; i < formula->count && !error; i++) {
		error = expand(arena, formula->parts[i], &part);
		for (size_t j = 0; !error && j < part->count; j++)
			error = add_alternative(alternatives, &part->items[j]);
	}
	return error;
}

static int expand_and(struct arena *arena, const struct formula *formula, struct alternatives **alternatives)
{
	struct alternatives *part;
	int error = 0;

	(*alternatives)->count = 1;
	for (size_t i = 0; i < formula->count && !error; i++) {
		error = expand(arena, formula->parts[i], &part);
		if (!error)
			error = multiply(arena, alternatives, part);
	}
	return error;
}

static int expand(struct arena *arena, const struct formula *formula, struct alternatives **ret_alternatives)
{
	size_t room = formula->count ? FORMULA_MAX_ALTERNATIVES : 1;
	struct alternatives *alternatives = alternatives_new(arena, room);
	int error = 0;

	if (!alternatives)
		return -ENOMEM;
	switch (formula->type) {
	case FORMULA_TRUE:
		alternatives->count = 1;
		break;
	case FORMULA_TERM:
		alternatives->count = 1;
		alternatives->items[0].terms[0] = &formula->term;
		alternatives->items[0].count = 1;
		break;
	case FORMULA_OR:
		error = expand_or(arena, formula, alternatives);
		break;
	case FORMULA_AND:
		error = expand_and(arena, formula, &alternatives);
		break;
	default:
		break;
	}
	*ret_alternatives = alternatives;
	return error;
}

int formula_alternatives(struct arena *arena, const struct formula *formula,
			 struct formula_alternative **ret_alternatives)
{
	struct alternatives *alternatives;
	int error = expand(arena, formula, &alternatives);

	if (error)
		return error;
	*ret_alternatives = alternatives->items;
	return (int)alternatives->count;
}
