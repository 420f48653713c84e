/* SPDX-License-Identifier: GPL-2.0-only */
/* How a rule set is kept, and how the rules are found that an event may match. Private to the rules' modules. */
#ifndef RULES_INTERNAL_H
#define RULES_INTERNAL_H

#include "rules.h"

/* Rules that ask for one value of the kind's key field. */
struct rule_bucket {
	const char *value;
	size_t size;
	uint64_t hash;
	size_t first, count; /* in rule_index.keyed */
};

/* Rules of one kind of event. Those that want one of some exact values of the key field are found by hash. */
struct rule_index {
	const struct rule **others; /* by index; judged for each event */
	size_t other_count;
	const struct field *key; /* NULL: no rule is keyed */
	const struct rule **keyed;
	struct rule_bucket *buckets;
	uint32_t *slots; /* index of the bucket + 1 */
	size_t slot_mask;
};

struct rule_set {
	struct rule *rules;
	size_t count;
	const struct rule **parts; /* rules and steps, by position */
	size_t part_count;
	struct rule_index kinds[PICKET_KIND_COUNT];
};

/** rule_index_build() - all kinds. Return: 0; -ENOMEM, rule_index_clear() frees what is there. */
int rule_index_build(struct rule_set *set);
void rule_index_clear(struct rule_set *set);

/** rule_index_find() - the rules keyed by a value; NULL: none. */
const struct rule_bucket *rule_index_find(const struct rule_index *index, const char *value, size_t size);

#endif
