/* SPDX-License-Identifier: GPL-2.0-only */
/* What every text that a condition's value matches must begin with, end with, or be. */
#include <string.h>

#include "state/glob.h"
#include "state/rule_compile.h"
#include "state/rules_internal.h"

#define LENGTH_EXACT 16 /* longer pieces are cut to multiples of 4, so that there are few lengths */
#define LENGTH_MAX 64

_Static_assert(RULE_PIECE_BUFFER_SIZE > GLOB_MAX_SIZE, "a glob's literal fits");
_Static_assert(RULE_LENGTHS_MAX >= LENGTH_EXACT + (LENGTH_MAX - LENGTH_EXACT) / 4, "all lengths fit");

static size_t cut_length(size_t size)
{
	if (size > LENGTH_MAX)
		return LENGTH_MAX;
	return size > LENGTH_EXACT ? size / 4 * 4 : size;
}

static void add_piece(const struct condition *condition, enum lookup_piece piece, const char *text, size_t size,
		      struct rule_piece *pieces, size_t *count)
{
	size_t cut = piece == LOOKUP_WHOLE || piece == LOOKUP_NAME ? size : cut_length(size);

	if (!size)
		return;
	pieces[(*count)++] = (struct rule_piece){
		.field = condition->field,
		.piece = piece,
		.text = piece == LOOKUP_END ? text + size - cut : text,
		.size = cut,
	};
}

static void add_glob(const struct condition *condition, const char *pattern, char buffers[][RULE_PIECE_BUFFER_SIZE],
		     struct rule_piece *pieces, size_t *count)
{
	const char *last = condition->field->syntax == SYNTAX_PATH ? glob_last_component(pattern) : NULL, *tail;
	size_t size;

	if (glob_literal(pattern, buffers[0], &size)) {
		add_piece(condition, LOOKUP_WHOLE, buffers[0], size, pieces, count);
		return;
	}
	add_piece(condition, LOOKUP_START, buffers[0], size, pieces, count);
	if (last) {
		bool whole = glob_literal(last, buffers[1], &size);

		add_piece(condition, whole ? LOOKUP_NAME : LOOKUP_NAME_START, buffers[1], size, pieces, count);
	}
	if (strpbrk(pattern, "\\[]"))
		return; /* what is literal there is not so easily told from the end */
	tail = pattern + strlen(pattern);
	while (tail > pattern && tail[-1] != '*' && tail[-1] != '?')
		tail--;
	add_piece(condition, LOOKUP_END, tail, strlen(tail), pieces, count);
}

size_t rule_pieces_find(const struct condition *condition, size_t value, char buffers[][RULE_PIECE_BUFFER_SIZE],
			struct rule_piece *ret_pieces)
{
	const char *text = condition->values[value], *slash;
	const struct field *field = condition->field;
	size_t count = 0;

	if (condition->negate || field->type != FIELD_STRING || field->get_all || field->values)
		return 0;
	switch (condition->op) {
	case OPERATOR_EQUALS:
		add_piece(condition, LOOKUP_WHOLE, text, strlen(text), ret_pieces, &count);
		break;
	case OPERATOR_PREFIX:
		add_piece(condition, LOOKUP_START, text, strlen(text), ret_pieces, &count);
		break;
	case OPERATOR_SUFFIX:
		slash = strrchr(text, '/');
		if (slash)
			add_piece(condition, LOOKUP_NAME, slash + 1, strlen(slash + 1), ret_pieces, &count);
		add_piece(condition, LOOKUP_END, text, strlen(text), ret_pieces, &count);
		break;
	case OPERATOR_GLOB:
		add_glob(condition, text, buffers, ret_pieces, &count);
		break;
	default:
		break;
	}
	return count;
}
