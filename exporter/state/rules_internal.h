/* SPDX-License-Identifier: GPL-2.0-only */
/* How a rule set is kept, and how the rules are found that an event may match. Private to the rules' modules. */
#ifndef RULES_INTERNAL_H
#define RULES_INTERNAL_H

#include "rules.h"

#define RULE_MAX_COUNT 10000
#define RULE_LOOKUPS_MAX 16 /* per kind of event */
#define RULE_LENGTHS_MAX 32 /* of the keys of one lookup */
#define RULE_PART_WORDS (RULE_MAX_COUNT * RULE_STEPS_MAX / 64 + 1)

/* Which piece of a field's value leads to a rule. The piece is necessary, never sufficient: rules are judged after. */
enum lookup_piece {
	LOOKUP_WHOLE,
	LOOKUP_NAME, /* the last component of a path */
	LOOKUP_START,
	LOOKUP_END,
	LOOKUP_NAME_START,
	LOOKUP_PIECES
};

/* Rules that ask for one piece. */
struct rule_bucket {
	const char *text;
	size_t size;
	uint64_t hash;
	size_t first, count; /* in rule_lookup.keyed */
};

/* A hash table of pieces of one field. */
struct rule_lookup {
	const struct field *field;
	enum lookup_piece piece;
	size_t rule_count;
	size_t lengths[RULE_LENGTHS_MAX], length_count; /* of the pieces; of whole ones none */
	uint32_t *keyed;				/* places in rule_index.parts */
	struct rule_bucket *buckets;
	uint32_t *slots; /* index of the bucket + 1 */
	size_t slot_mask;
};

/* All that is matched against one kind of event. */
struct rule_index {
	const struct rule **parts; /* by position */
	size_t part_count;
	uint64_t *others; /* bit per part: no lookup leads to it, so it is judged for each event */
	struct rule_lookup lookups[RULE_LOOKUPS_MAX];
	size_t lookup_count;
	char *texts; /* of the pieces */
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

/** rule_lookup_mark() - set the bits of the parts that a value of the lookup's field leads to. */
void rule_lookup_mark(const struct rule_lookup *lookup, const char *text, size_t size, uint64_t *parts);

/*
 * Shared by the rule_index*.c.
 */

/* A piece that every match of one value of a condition has. */
struct rule_piece {
	const struct field *field;
	enum lookup_piece piece;
	const char *text; /* of the rule, or of the buffer */
	size_t size;
};

#define RULE_PIECES_MAX 3	    /* to choose from, of one value */
#define RULE_PIECE_BUFFER_SIZE 1025 /* of each of them; GLOB_MAX_SIZE and a NUL */

/**
 * rule_pieces_find() - the pieces of one value to choose from, best first where they lead to equally many rules.
 * @buffers: for the texts. Return: how many; 0: the condition leads to no rule.
 */
size_t rule_pieces_find(const struct condition *condition, size_t value, char buffers[][RULE_PIECE_BUFFER_SIZE],
			struct rule_piece *ret_pieces);

/* One piece of one part. */
struct rule_piece_key {
	uint32_t part;
	size_t lookup;
	size_t text, size; /* in the texts */
	uint64_t hash;
};

/** rule_lookup_build() - the keys of one lookup, whose texts they share. Return: 0, -ENOMEM. */
int rule_lookup_build(struct rule_lookup *lookup, struct rule_piece_key *keys, size_t count, const char *texts);
void rule_lookup_clear(struct rule_lookup *lookup);

#endif
