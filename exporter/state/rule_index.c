/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which rules an event may match, found without looking at each: of one
 * condition of a rule, every value has a piece that matching texts must have.
 * Of several pieces the one that fewest rules share is taken.
 */
#include "state/rules_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/rule_compile.h"

#define KEYED_RULES_MIN 4  /* fewer are judged as fast one by one */
#define COUNTERS (1 << 14) /* of pieces; two that share one only choose worse */
#define NO_LOOKUP SIZE_MAX

/* The index of one kind while it is built. */
struct builder {
	struct rule_index *index;
	uint32_t *counters;
	const struct condition **chosen; /* of each part; NULL: none leads to it */
	char *texts;
	size_t texts_size, texts_room;
	struct rule_piece_key *keys;
	size_t key_count, key_room;
	char buffers[RULE_PIECES_MAX][RULE_PIECE_BUFFER_SIZE];
};

static uint32_t *counter_of(struct builder *builder, const struct rule_piece *piece)
{
	uint64_t hash = condition_hash(piece->text, piece->size);

	hash = (hash ^ (uint64_t)(uintptr_t)piece->field ^ piece->piece) * 0x9e3779b97f4a7c15ULL;
	return &builder->counters[hash >> 50];
}
_Static_assert(COUNTERS == 1 << (64 - 50), "a hash leads to a counter");

static void count_pieces(struct builder *builder, const struct condition *condition)
{
	struct rule_piece pieces[RULE_PIECES_MAX];

	for (size_t i = 0; i < condition->value_count; i++)
		for (size_t j = rule_pieces_find(condition, i, builder->buffers, pieces); j--;)
			++*counter_of(builder, &pieces[j]);
}

/* The piece of a value that leads to fewest rules. Return: to how many, roughly; UINT32_MAX: there is none. */
static uint32_t best_piece(struct builder *builder, const struct condition *condition, size_t value,
			   struct rule_piece *ret_piece)
{
	struct rule_piece pieces[RULE_PIECES_MAX];
	size_t count = rule_pieces_find(condition, value, builder->buffers, pieces);
	uint32_t fewest = UINT32_MAX;

	for (size_t i = 0; i < count; i++) {
		uint32_t rules = *counter_of(builder, &pieces[i]);

		if (rules >= fewest)
			continue;
		fewest = rules;
		*ret_piece = pieces[i];
	}
	return fewest;
}

/* A condition is as good as the worst of its values. */
static uint32_t condition_quality(struct builder *builder, const struct condition *condition)
{
	struct rule_piece piece;
	uint32_t worst = 0;

	for (size_t i = 0; i < condition->value_count && worst != UINT32_MAX; i++) {
		uint32_t rules = best_piece(builder, condition, i, &piece);

		worst = rules > worst ? rules : worst;
	}
	return condition->value_count ? worst : UINT32_MAX;
}

static const struct condition *choose(struct builder *builder, const struct rule *rule)
{
	const struct condition *best = NULL;
	uint32_t fewest = UINT32_MAX;

	for (size_t i = 0; i < rule->where_count; i++) {
		uint32_t rules = condition_quality(builder, &rule->where[i]);

		if (rules >= fewest)
			continue;
		fewest = rules;
		best = &rule->where[i];
	}
	return best;
}

static size_t find_lookup(const struct rule_index *index, const struct rule_piece *piece)
{
	for (size_t i = 0; i < index->lookup_count; i++)
		if (index->lookups[i].field == piece->field && index->lookups[i].piece == piece->piece)
			return i;
	return NO_LOOKUP;
}

/* How many rules each lookup would lead to. */
static void count_lookups(struct builder *builder)
{
	struct rule_index *index = builder->index;

	for (size_t part = 0; part < index->part_count; part++) {
		const struct condition *condition = builder->chosen[part];
		uint64_t seen = 0;

		for (size_t i = 0; condition && i < condition->value_count; i++) {
			struct rule_piece piece;
			size_t at;

			best_piece(builder, condition, i, &piece);
			at = find_lookup(index, &piece);
			if (at == NO_LOOKUP && index->lookup_count < RULE_LOOKUPS_MAX) {
				at = index->lookup_count++;
				index->lookups[at].field = piece.field;
				index->lookups[at].piece = piece.piece;
			}
			if (at != NO_LOOKUP && !(seen & 1ULL << at))
				index->lookups[at].rule_count++;
			seen |= at != NO_LOOKUP ? 1ULL << at : 0;
		}
	}
}

/* What leads to a few rules only costs more than it saves. */
static void drop_small_lookups(struct rule_index *index)
{
	size_t kept = 0;

	for (size_t i = 0; i < index->lookup_count; i++)
		if (index->lookups[i].rule_count >= KEYED_RULES_MIN)
			index->lookups[kept++] = index->lookups[i];
	memset(&index->lookups[kept], 0, (index->lookup_count - kept) * sizeof(index->lookups[0]));
	index->lookup_count = kept;
}

static int grow(void *array, size_t *room, size_t wanted, size_t element_size)
{
	size_t larger_room = *room ? *room : 64;
	void *larger;

	if (wanted <= *room)
		return 0;
	while (larger_room < wanted)
		larger_room *= 2;
	larger = reallocarray(*(void **)array, larger_room, element_size);
	if (!larger)
		return -ENOMEM;
	*(void **)array = larger;
	*room = larger_room;
	return 0;
}

static int add_key(struct builder *builder, size_t part, size_t lookup, const struct rule_piece *piece)
{
	if (grow(&builder->texts, &builder->texts_room, builder->texts_size + piece->size, 1) ||
	    grow(&builder->keys, &builder->key_room, builder->key_count + 1, sizeof(*builder->keys)))
		return -ENOMEM;
	memcpy(builder->texts + builder->texts_size, piece->text, piece->size);
	builder->keys[builder->key_count++] = (struct rule_piece_key){
		.part = part,
		.lookup = lookup,
		.text = builder->texts_size,
		.size = piece->size,
		.hash = condition_hash(piece->text, piece->size),
	};
	builder->texts_size += piece->size;
	return 0;
}

/* Return: 1 when each value has its key; 0, and none is left, when there is no lookup for some; -ENOMEM. */
static int add_keys(struct builder *builder, size_t part)
{
	const struct condition *condition = builder->chosen[part];
	size_t first = builder->key_count;

	for (size_t i = 0; i < condition->value_count; i++) {
		struct rule_piece piece;
		size_t lookup;

		best_piece(builder, condition, i, &piece);
		lookup = find_lookup(builder->index, &piece);
		if (lookup == NO_LOOKUP) {
			builder->key_count = first;
			return 0;
		}
		if (add_key(builder, part, lookup, &piece))
			return -ENOMEM;
	}
	return 1;
}

static int compare_lookups(const void *left, const void *right)
{
	const struct rule_piece_key *a = left, *b = right;

	return (a->lookup > b->lookup) - (a->lookup < b->lookup);
}

static int build_lookups(struct builder *builder)
{
	struct rule_index *index = builder->index;
	size_t first = 0;
	int error = 0;

	for (size_t part = 0; part < index->part_count; part++) {
		int keyed = builder->chosen[part] ? add_keys(builder, part) : 0;

		if (keyed < 0)
			return keyed;
		if (!keyed)
			index->others[part / 64] |= 1ULL << part % 64;
	}
	index->texts = builder->texts;
	builder->texts = NULL;
	if (builder->key_count)
		qsort(builder->keys, builder->key_count, sizeof(*builder->keys), compare_lookups);
	for (size_t i = 0; i < index->lookup_count && !error; i++) {
		size_t end = first;

		while (end < builder->key_count && builder->keys[end].lookup == i)
			end++;
		error = rule_lookup_build(&index->lookups[i], builder->keys + first, end - first, index->texts);
		first = end;
	}
	return error;
}

static int list_parts(struct builder *builder, const struct rule_set *set, enum picket_kind kind)
{
	struct rule_index *index = builder->index;

	for (size_t i = 0; i < set->part_count; i++)
		index->part_count += set->parts[i]->kind == kind;
	index->parts = calloc(index->part_count + 1, sizeof(*index->parts));
	index->others = calloc(index->part_count / 64 + 1, sizeof(*index->others));
	builder->chosen = calloc(index->part_count + 1, sizeof(*builder->chosen));
	builder->counters = calloc(COUNTERS, sizeof(*builder->counters));
	if (!index->parts || !index->others || !builder->chosen || !builder->counters)
		return -ENOMEM;
	index->part_count = 0;
	for (size_t i = 0; i < set->part_count; i++)
		if (set->parts[i]->kind == kind)
			index->parts[index->part_count++] = set->parts[i];
	return 0;
}

static int build_kind(struct rule_set *set, enum picket_kind kind)
{
	struct builder *builder = calloc(1, sizeof(*builder));
	struct rule_index *index = &set->kinds[kind];
	int error;

	if (!builder)
		return -ENOMEM;
	builder->index = index;
	error = list_parts(builder, set, kind);
	for (size_t i = 0; !error && i < index->part_count; i++)
		for (size_t j = 0; j < index->parts[i]->where_count; j++)
			count_pieces(builder, &index->parts[i]->where[j]);
	for (size_t i = 0; !error && i < index->part_count; i++)
		builder->chosen[i] = choose(builder, index->parts[i]);
	if (!error) {
		count_lookups(builder);
		drop_small_lookups(index);
		error = build_lookups(builder);
	}
	free(builder->texts);
	free(builder->keys);
	free(builder->chosen);
	free(builder->counters);
	free(builder);
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

		for (size_t i = 0; i < index->lookup_count; i++)
			rule_lookup_clear(&index->lookups[i]);
		free(index->parts);
		free(index->others);
		free(index->texts);
	}
}
