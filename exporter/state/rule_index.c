/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/rules_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/rule_compile.h"

#define KEYED_RULES_MIN 4 /* fewer are judged as fast one by one */

/* One value of one keyed rule. */
struct key_pair {
	const char *value;
	size_t size;
	uint64_t hash;
	const struct rule *rule;
};

/* The condition that lets a rule be found by the value of @field, or NULL. */
static const struct condition *key_condition(const struct rule *rule, const struct field *field)
{
	for (size_t i = 0; i < rule->where_count; i++) {
		const struct condition *condition = &rule->where[i];

		if (condition->field == field && condition->op == OPERATOR_EQUALS && !condition->negate)
			return condition;
	}
	return NULL;
}

/* The field by whose value most rules of a kind can be found; NULL: not worth it. */
static const struct field *best_key(const struct rule_set *set, enum picket_kind kind)
{
	const struct field *best = NULL;
	size_t most = KEYED_RULES_MIN - 1;

	for (size_t f = 0; f < catalogue_field_count; f++) {
		const struct field *field = &catalogue_fields[f];
		size_t count = 0;

		if (field->type != FIELD_STRING || field->get_all || field->values || !(field->kinds & 1ULL << kind))
			continue;
		for (size_t i = 0; i < set->part_count; i++)
			count += set->parts[i]->kind == kind && key_condition(set->parts[i], field);
		if (count > most) {
			most = count;
			best = field;
		}
	}
	return best;
}

static int compare_pairs(const void *left, const void *right)
{
	const struct key_pair *a = left, *b = right;
	int order = (a->hash > b->hash) - (a->hash < b->hash);

	if (!order)
		order = (a->size > b->size) - (a->size < b->size);
	if (!order)
		order = memcmp(a->value, b->value, a->size);
	if (!order)
		order = (a->rule->position > b->rule->position) - (a->rule->position < b->rule->position);
	return order;
}

static size_t count_pairs(const struct rule_set *set, enum picket_kind kind, const struct field *key)
{
	size_t count = 0;

	for (size_t i = 0; i < set->part_count; i++) {
		const struct condition *condition = key ? key_condition(set->parts[i], key) : NULL;

		count += set->parts[i]->kind == kind && condition ? condition->value_count : 0;
	}
	return count;
}

static void add_pairs(const struct rule *rule, const struct condition *condition, struct key_pair *pairs,
		      size_t *pair_count)
{
	for (size_t i = 0; i < condition->value_count; i++) {
		size_t size = condition_matcher(condition)->sizes[i];

		pairs[(*pair_count)++] = (struct key_pair){
			.value = condition->values[i],
			.size = size,
			.hash = condition_hash(condition->values[i], size),
			.rule = rule,
		};
	}
}

static bool same_value(const struct key_pair *a, const struct key_pair *b)
{
	return a->hash == b->hash && a->size == b->size && memcmp(a->value, b->value, a->size) == 0;
}

/* Sorted pairs become buckets of rules, each rule once. */
static void fill_buckets(struct rule_index *index, const struct key_pair *pairs, size_t pair_count)
{
	size_t buckets = 0, keyed = 0;

	for (size_t i = 0; i < pair_count; i++) {
		struct rule_bucket *bucket;

		if (!i || !same_value(&pairs[i], &pairs[i - 1])) {
			size_t slot = pairs[i].hash & index->slot_mask;

			while (index->slots[slot])
				slot = (slot + 1) & index->slot_mask;
			index->buckets[buckets] =
				(struct rule_bucket){ pairs[i].value, pairs[i].size, pairs[i].hash, keyed, 0 };
			index->slots[slot] = ++buckets;
		}
		bucket = &index->buckets[buckets - 1];
		if (bucket->count && index->keyed[keyed - 1] == pairs[i].rule)
			continue;
		index->keyed[keyed++] = pairs[i].rule;
		bucket->count++;
	}
}

static int build_keyed(struct rule_index *index, struct key_pair *pairs, size_t pair_count)
{
	size_t slots = 1;

	while (slots < 2 * pair_count)
		slots *= 2;
	index->slot_mask = slots - 1;
	index->slots = calloc(slots, sizeof(*index->slots));
	index->buckets = calloc(pair_count, sizeof(*index->buckets));
	index->keyed = calloc(pair_count, sizeof(*index->keyed));
	if (!index->slots || !index->buckets || !index->keyed)
		return -ENOMEM;
	qsort(pairs, pair_count, sizeof(*pairs), compare_pairs);
	fill_buckets(index, pairs, pair_count);
	return 0;
}

static int build_kind(struct rule_set *set, enum picket_kind kind)
{
	struct rule_index *index = &set->kinds[kind];
	const struct field *key = best_key(set, kind);
	size_t pair_count = count_pairs(set, kind, key), used = 0;
	struct key_pair *pairs = calloc(pair_count + 1, sizeof(*pairs));
	int error = 0;

	index->others = calloc(set->part_count + 1, sizeof(*index->others));
	if (!pairs || !index->others) {
		free(pairs);
		return -ENOMEM;
	}
	for (size_t i = 0; i < set->part_count; i++) {
		const struct rule *rule = set->parts[i];
		const struct condition *condition = key ? key_condition(rule, key) : NULL;

		if (rule->kind != kind)
			continue;
		if (condition)
			add_pairs(rule, condition, pairs, &used);
		else
			index->others[index->other_count++] = rule;
	}
	index->key = key;
	if (key)
		error = build_keyed(index, pairs, used);
	free(pairs);
	return error;
}

int rule_index_build(struct rule_set *set)
{
	int error = 0;

	for (unsigned int kind = 0; kind < PICKET_KIND_COUNT && !error; kind++)
		error = build_kind(set, kind);
	return error;
}

void rule_index_clear(struct rule_set *set)
{
	for (unsigned int kind = 0; kind < PICKET_KIND_COUNT; kind++) {
		struct rule_index *index = &set->kinds[kind];

		free(index->others);
		free(index->keyed);
		free(index->buckets);
		free(index->slots);
	}
}

const struct rule_bucket *rule_index_find(const struct rule_index *index, const char *value, size_t size)
{
	uint64_t hash = condition_hash(value, size);

	for (size_t slot = hash & index->slot_mask; index->slots[slot]; slot = (slot + 1) & index->slot_mask) {
		const struct rule_bucket *bucket = &index->buckets[index->slots[slot] - 1];

		if (bucket->hash == hash && bucket->size == size && memcmp(bucket->value, value, size) == 0)
			return bucket;
	}
	return NULL;
}
