/* SPDX-License-Identifier: GPL-2.0-only */
/* Conditions in our fields: and, or of terms, as far as they can be said; then alternatives, of which each is a rule. */
#ifndef IMPORT_FALCO_FORMULA_H
#define IMPORT_FALCO_FORMULA_H

#include "import/arena.h"
#include "state/rules.h"

#define FORMULA_MAX_ALTERNATIVES 64
#define FORMULA_MAX_TERMS 64 /* of one alternative */

/* One test of one field, or of the scope. */
struct formula_term {
	const struct field *field; /* NULL: whether the event is the host's */
	enum condition_operator op;
	bool inverted; /* {not: ...}: the field is there, and no value matches */
	bool negative; /* stands under unless: */
	const char **values;
	size_t value_count;
	const char *note; /* what differs from Falco's; NULL: nothing */
};

enum formula_type { FORMULA_FALSE, FORMULA_TRUE, FORMULA_TERM, FORMULA_UNKNOWN, FORMULA_AND, FORMULA_OR };

struct formula {
	enum formula_type type;
	struct formula_term term;
	const char *reason; /* of unknown: why it cannot be said */
	const struct formula **parts;
	size_t count;
};

/** formula_constant() - static. */
const struct formula *formula_constant(bool value);

/** formula_unknown() - NULL: no memory. */
const struct formula *formula_unknown(struct arena *arena, const char *reason);

/** formula_term() - its values are borrowed. NULL: no memory. */
const struct formula *formula_term(struct arena *arena, const struct formula_term *term);

/**
 * formula_join() - all or any of @parts, simplified: what is decided goes, tests of one field become one of several
 * values. NULL: no memory, or one of @parts is NULL.
 */
const struct formula *formula_join(struct arena *arena, enum formula_type type, const struct formula **parts,
				   size_t count);

/** formula_not() - what cannot be said stays so. NULL: no memory, or @formula is NULL. */
const struct formula *formula_not(struct arena *arena, const struct formula *formula);

bool formula_equal(const struct formula *a, const struct formula *b);

/** formula_first_unknown() - the reason of one that is left; NULL: all of it can be said. */
const char *formula_first_unknown(const struct formula *formula);

/** formula_assume() - with all that cannot be said taken as true. NULL: no memory. */
const struct formula *formula_assume(struct arena *arena, const struct formula *formula);

/* All terms must hold. */
struct formula_alternative {
	const struct formula_term *terms[FORMULA_MAX_TERMS];
	size_t count;
};

/**
 * formula_alternatives() - of which one must hold.
 * Return: how many; -E2BIG; -ENOMEM.
 */
int formula_alternatives(struct arena *arena, const struct formula *formula,
			 struct formula_alternative **ret_alternatives);

#endif
