/* SPDX-License-Identifier: GPL-2.0-only */
/* Conditions of Falco's rules: from text to a tree. */
#ifndef IMPORT_FALCO_EXPR_H
#define IMPORT_FALCO_EXPR_H

#include <stdbool.h>
#include <stddef.h>

#include "import/arena.h"

#define FALCO_MAX_DEPTH 64
#define FALCO_MAX_NODES 20000 /* of one condition */

enum falco_operator {
	FALCO_EXISTS,
	FALCO_EQ,
	FALCO_NE,
	FALCO_LT,
	FALCO_LE,
	FALCO_GT,
	FALCO_GE,
	FALCO_CONTAINS,
	FALCO_ICONTAINS,
	FALCO_STARTSWITH,
	FALCO_ENDSWITH,
	FALCO_GLOB,
	FALCO_IGLOB,
	FALCO_IN,
	FALCO_INTERSECTS,
	FALCO_PMATCH,
	FALCO_REGEX,
	FALCO_BCONTAINS,
	FALCO_BSTARTSWITH,
	FALCO_OPERATOR_COUNT
};

/** falco_operator_name() - as it is written. */
const char *falco_operator_name(enum falco_operator op);

/** falco_operator_find() - "==" is FALCO_EQ. Return: FALCO_OPERATOR_COUNT when there is none of this name. */
enum falco_operator falco_operator_find(const char *name);

/** falco_operator_takes_list() - in, intersects and pmatch, whose values may be names of lists. */
bool falco_operator_takes_list(enum falco_operator op);

enum falco_node_type { FALCO_AND, FALCO_OR, FALCO_NOT, FALCO_CHECK, FALCO_MACRO };

/* All of it lives in the parser's arena. */
struct falco_node {
	enum falco_node_type type;
	const struct falco_node **children; /* and, or: at least two; not: one */
	size_t child_count;
	const char *name;     /* field or macro */
	const char *argument; /* of a field, between "[" and "]"; NULL: none */
	bool transformed;     /* tolower(), val() and so on stand around a field, which is not kept */
	enum falco_operator op;
	const char **values;
	size_t value_count;
};

/** falco_node_new() - with room for @children. Return: NULL: no memory. */
struct falco_node *falco_node_new(struct arena *arena, enum falco_node_type type, size_t children);

/**
 * falco_parse() - a condition.
 * Return: its tree; NULL and a sentence in @ret_error (static or in the arena), or NULL there: no memory.
 */
const struct falco_node *falco_parse(struct arena *arena, const char *text, const char **ret_error);

#endif
