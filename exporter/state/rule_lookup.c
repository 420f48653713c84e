/* SPDX-License-Identifier: GPL-2.0-only */
/* A hash table of pieces of texts, each with the parts of rules that it leads to. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/rule_compile.h"
#include "state/rules_internal.h"

static int compare_keys(const void *left, const void *right, void *texts_pointer)
{
	const struct rule_piece_key *a = left, *b = right;
	const char *texts = texts_pointer;
	int order = (a->hash > b->hash) - (a->hash < b->hash);

	if (!order)
		order = (a->size > b->size) - (a->size < b->size);
	if (!order)
		order = memcmp(texts + a->text, texts + b->text, a->size);
	if (!order)
		order = (a->part > b->part) - (a->part < b->part);
	return order;
}

static bool same_piece(const struct rule_piece_key *a, const struct rule_piece_key *b, const char *texts)
{
	return a->hash == b->hash && a->size == b->size && memcmp(texts + a->text, texts + b->text, a->size) == 0;
}

static void add_length(struct rule_lookup *lookup, size_t size)
{
	if (lookup->piece == LOOKUP_WHOLE || lookup->piece == LOOKUP_NAME)
		return;
	for (size_t i = 0; i < lookup->length_count; i++)
		if (lookup->lengths[i] == size)
			return;
	lookup->lengths[lookup->length_count++] = size;
}

static struct rule_bucket *add_bucket(struct rule_lookup *lookup, size_t number, const struct rule_piece_key *key,
				      const char *texts)
{
	size_t slot = key->hash & lookup->slot_mask;

	while (lookup->slots[slot])
		slot = (slot + 1) & lookup->slot_mask;
	lookup->slots[slot] = number + 1;
	lookup->buckets[number] =
		(struct rule_bucket){ .text = texts + key->text, .size = key->size, .hash = key->hash };
	add_length(lookup, key->size);
	return &lookup->buckets[number];
}

/* Sorted keys become buckets of parts, each part once. */
static void fill_buckets(struct rule_lookup *lookup, const struct rule_piece_key *keys, size_t count, const char *texts)
{
	struct rule_bucket *bucket = NULL;
	size_t buckets = 0, keyed = 0;

	for (size_t i = 0; i < count; i++) {
		if (!i || !same_piece(&keys[i], &keys[i - 1], texts)) {
			bucket = add_bucket(lookup, buckets++, &keys[i], texts);
			bucket->first = keyed;
		}
		if (bucket->count && lookup->keyed[keyed - 1] == keys[i].part)
			continue;
		lookup->keyed[keyed++] = keys[i].part;
		bucket->count++;
	}
}

int rule_lookup_build(struct rule_lookup *lookup, struct rule_piece_key *keys, size_t count, const char *texts)
{
	size_t slots = 1;

	while (slots < 2 * count)
		slots *= 2;
	lookup->slot_mask = slots - 1;
	lookup->slots = calloc(slots, sizeof(*lookup->slots));
	lookup->buckets = calloc(count + 1, sizeof(*lookup->buckets));
	lookup->keyed = calloc(count + 1, sizeof(*lookup->keyed));
	if (!lookup->slots || !lookup->buckets || !lookup->keyed)
		return -ENOMEM;
	qsort_r(keys, count, sizeof(*keys), compare_keys, (void *)texts);
	fill_buckets(lookup, keys, count, texts);
	return 0;
}

void rule_lookup_clear(struct rule_lookup *lookup)
{
	free(lookup->keyed);
	free(lookup->buckets);
	free(lookup->slots);
}

static void mark(const struct rule_lookup *lookup, const char *text, size_t size, uint64_t *parts)
{
	uint64_t hash = condition_hash(text, size);

	for (size_t slot = hash & lookup->slot_mask; lookup->slots[slot]; slot = (slot + 1) & lookup->slot_mask) {
		const struct rule_bucket *bucket = &lookup->buckets[lookup->slots[slot] - 1];

		if (bucket->hash != hash || bucket->size != size || memcmp(bucket->text, text, size) != 0)
			continue;
		for (size_t i = bucket->first; i < bucket->first + bucket->count; i++)
			parts[lookup->keyed[i] / 64] |= 1ULL << lookup->keyed[i] % 64;
		return;
	}
}

void rule_lookup_mark(const struct rule_lookup *lookup, const char *text, size_t size, uint64_t *parts)
{
	if (lookup->piece == LOOKUP_NAME || lookup->piece == LOOKUP_NAME_START) {
		const char *slash = memrchr(text, '/', size);

		size -= slash ? slash + 1 - text : 0;
		text = slash ? slash + 1 : text;
	}
	if (!lookup->length_count)
		mark(lookup, text, size, parts);
	for (size_t i = 0; i < lookup->length_count; i++) {
		size_t length = lookup->lengths[i];

		if (length <= size)
			mark(lookup, lookup->piece == LOOKUP_END ? text + size - length : text, length, parts);
	}
}
