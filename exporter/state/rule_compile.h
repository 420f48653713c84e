/* SPDX-License-Identifier: GPL-2.0-only */
/* Values of conditions, compiled for comparison without allocation. Private to the rules' modules. */
#ifndef RULE_COMPILE_H
#define RULE_COMPILE_H

#include <regex.h>

#include "address_range.h"
#include "rules.h"

#define CONDITION_ERROR_SIZE 384
#define CONDITION_HASHED_VALUES 5 /* sets of at least so many texts are looked up by hash */

/* condition.compiled; arrays run parallel to condition.values, and only those that the operator needs are there. */
struct condition_matcher {
	size_t room; /* elements that fit into the arrays */
	size_t *sizes;
	regex_t *regexes;
	struct address_range *ranges;
	uint32_t *slots; /* hash table: index of the value + 1; NULL: few values */
	size_t slot_mask;
};

static inline const struct condition_matcher *condition_matcher(const struct condition *condition)
{
	return condition->compiled;
}

/** condition_start() - an empty condition. Return: 0, -ENOMEM. */
int condition_start(struct condition *condition, const struct field *field, enum condition_operator op, bool negate);

/** condition_add() - one more value. Return: 0; -EINVAL with a sentence in @error; -ENOMEM. */
int condition_add(struct condition *condition, const char *value, char error[CONDITION_ERROR_SIZE]);

/** condition_finish() - after the last value, and again after more. Return: 0, -ENOMEM. */
int condition_finish(struct condition *condition);

/** condition_clear() - frees what it holds, half-built too. */
void condition_clear(struct condition *condition);

/** condition_operator_takes() - whether fields of this type can be compared so. */
bool condition_operator_takes(enum condition_operator op, enum field_type type);

uint64_t condition_hash(const char *text, size_t size);

#endif
