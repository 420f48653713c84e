/* SPDX-License-Identifier: GPL-2.0-only */
#include "import/falco_expr.h"

#include <ctype.h>
#include <string.h>

#include "cleanup.h"
#include "state/rule_yaml.h"

struct operator_name {
	const char *name;
	enum falco_operator op;
};

/* "<=" before "<" */
static const struct operator_name operators[] = {
	{ "<=", FALCO_LE },
	{ "<", FALCO_LT },
	{ ">=", FALCO_GE },
	{ ">", FALCO_GT },
	{ "=", FALCO_EQ },
	{ "==", FALCO_EQ },
	{ "!=", FALCO_NE },
	{ "exists", FALCO_EXISTS },
	{ "contains", FALCO_CONTAINS },
	{ "icontains", FALCO_ICONTAINS },
	{ "startswith", FALCO_STARTSWITH },
	{ "endswith", FALCO_ENDSWITH },
	{ "glob", FALCO_GLOB },
	{ "iglob", FALCO_IGLOB },
	{ "in", FALCO_IN },
	{ "intersects", FALCO_INTERSECTS },
	{ "pmatch", FALCO_PMATCH },
	{ "regex", FALCO_REGEX },
	{ "bcontains", FALCO_BCONTAINS },
	{ "bstartswith", FALCO_BSTARTSWITH },
};

struct parser {
	struct arena *arena;
	const char *at;
	const char *error; /* the first one */
	unsigned int depth;
	size_t nodes;
};

const char *falco_operator_name(enum falco_operator op)
{
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++)
		if (operators[i].op == op)
			return operators[i].name;
	return "?";
}

enum falco_operator falco_operator_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++)
		if (strcmp(operators[i].name, name) == 0)
			return operators[i].op;
	return FALCO_OPERATOR_COUNT;
}

bool falco_operator_takes_list(enum falco_operator op)
{
	return op == FALCO_IN || op == FALCO_INTERSECTS || op == FALCO_PMATCH;
}

struct falco_node *falco_node_new(struct arena *arena, enum falco_node_type type, size_t children)
{
	struct falco_node *node = arena_take(arena, 1, sizeof(*node));

	if (!node)
		return NULL;
	node->type = type;
	node->child_count = children;
	if (!children)
		return node;
	node->children = arena_take(arena, children, sizeof(struct falco_node *));
	return node->children ? node : NULL;
}

/* Always NULL, for the parsers to return. */
static struct falco_node *fail(struct parser *parser, const char *what)
{
	if (!parser->error && !parser->arena->exhausted)
		parser->error =
			*parser->at ? arena_print(parser->arena, "%s before \"%s\"", what, rule_quote(parser->at).text)
				    : arena_print(parser->arena, "%s at its end", what);
	return NULL;
}

static bool is_blank(char byte)
{
	return byte && strchr(" \t\b\r\n", byte);
}

static void skip_blank(struct parser *parser)
{
	while (is_blank(*parser->at))
		parser->at++;
}

static bool is_word(char byte)
{
	return isalnum((unsigned char)byte) || byte == '_';
}

static bool take_char(struct parser *parser, char wanted)
{
	skip_blank(parser);
	if (*parser->at != wanted)
		return false;
	parser->at++;
	return true;
}

/* A whole word, not the begin of a longer one or of a field's name. */
static bool take_keyword(struct parser *parser, const char *word)
{
	size_t size = strlen(word);

	skip_blank(parser);
	if (strncmp(parser->at, word, size) != 0 || is_word(parser->at[size]) || parser->at[size] == '.')
		return false;
	parser->at += size;
	return true;
}

static struct falco_node *new_node(struct parser *parser, enum falco_node_type type, size_t children)
{
	if (++parser->nodes > FALCO_MAX_NODES)
		return fail(parser, "the condition is too long");
	return falco_node_new(parser->arena, type, children);
}

static char unescape(char byte)
{
	static const char from[] = "bfnrt \\/\"'", to[] = "\b\f\n\r\t \\/\"'";
	const char *found = byte ? strchr(from, byte) : NULL;

	return found ? to[found - from] : '\0';
}

static const char *take_quoted(struct parser *parser)
{
	char quote = *parser->at++, *text = arena_take(parser->arena, strlen(parser->at) + 1, 1);
	size_t size = 0;

	if (!text)
		return NULL;
	for (; *parser->at && *parser->at != quote; parser->at++) {
		char byte = *parser->at;

		if (byte == '\\') {
			byte = unescape(*++parser->at);
			if (!byte) {
				fail(parser, "an unknown escape");
				return NULL;
			}
		}
		text[size++] = byte;
	}
	if (*parser->at) {
		parser->at++;
		return text;
	}
	fail(parser, "a quote has no end");
	return NULL;
}

/* NULL after fail() */
static const char *take_value(struct parser *parser)
{
	size_t size;

	skip_blank(parser);
	if (*parser->at == '"' || *parser->at == '\'')
		return take_quoted(parser);
	size = strcspn(parser->at, "()\"' \t\b\r\n=,");
	if (!size) {
		fail(parser, "a value is missing");
		return NULL;
	}
	parser->at += size;
	return arena_copy(parser->arena, parser->at - size, size);
}

static bool add_value(struct parser *parser, struct falco_node *node, const char *value)
{
	const char **larger;

	if (!value)
		return false;
	larger = arena_grow(parser->arena, node->values, node->value_count, sizeof(*larger));
	if (!larger)
		return false;
	node->values = larger;
	larger[node->value_count++] = value;
	return true;
}

/* Behind "(": up to the ")" that ends it. */
static bool skip_parentheses(struct parser *parser)
{
	unsigned int open = 1;

	for (; *parser->at; parser->at++) {
		open += *parser->at == '(';
		open -= *parser->at == ')';
		if (!open) {
			parser->at++;
			return true;
		}
	}
	fail(parser, "a \"(\" has no \")\"");
	return false;
}

static struct falco_node *parse_list(struct parser *parser, struct falco_node *node)
{
	if (!take_char(parser, '('))
		return add_value(parser, node, take_value(parser)) ? node : NULL;
	if (take_char(parser, ')'))
		return node;
	do {
		if (!add_value(parser, node, take_value(parser)))
			return NULL;
	} while (take_char(parser, ','));
	return take_char(parser, ')') ? node : fail(parser, "a \",\" or \")\" is missing");
}

/* What stands behind the operator. */
static struct falco_node *parse_values(struct parser *parser, struct falco_node *node)
{
	if (node->op == FALCO_EXISTS)
		return node;
	if (falco_operator_takes_list(node->op))
		node = parse_list(parser, node);
	else if (!add_value(parser, node, take_value(parser)))
		return NULL;
	if (node && *parser->at == '(') { /* val(field), tolower(field) */
		parser->at++;
		node->transformed = true;
		return skip_parentheses(parser) ? node : NULL;
	}
	return node;
}

static bool take_operator(struct parser *parser, enum falco_operator *ret_op)
{
	skip_blank(parser);
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		const char *name = operators[i].name;
		size_t size = strlen(name);

		if (strncmp(parser->at, name, size) != 0 || (is_word(*name) && is_word(parser->at[size])))
			continue;
		parser->at += size;
		parser->at += strcmp(name, "=") == 0 && *parser->at == '=';
		*ret_op = operators[i].op;
		return true;
	}
	return false;
}

static bool take_argument(struct parser *parser, struct falco_node *node)
{
	size_t size;

	if (*parser->at != '[')
		return true;
	parser->at++;
	if (*parser->at == '"' || *parser->at == '\'') {
		node->argument = take_quoted(parser);
	} else {
		size = strcspn(parser->at, "[]\"' \t\b\r\n");
		node->argument = arena_copy(parser->arena, parser->at, size);
		parser->at += size;
	}
	if (!node->argument)
		return false;
	if (*parser->at++ == ']')
		return true;
	parser->at--;
	fail(parser, "a \"]\" is missing");
	return false;
}

/* A macro's name, or a field with what it is compared to. */
static struct falco_node *parse_check(struct parser *parser)
{
	size_t size = 0;
	struct falco_node *node;

	skip_blank(parser);
	while (is_word(parser->at[size]) || (size && parser->at[size] == '.'))
		size++;
	if (!size || !isalpha((unsigned char)*parser->at))
		return fail(parser, "a field or a macro is missing");
	node = new_node(parser, FALCO_CHECK, 0);
	if (!node)
		return NULL;
	node->name = arena_copy(parser->arena, parser->at, size);
	if (!node->name)
		return NULL;
	parser->at += size;
	if (*parser->at == '(') {
		parser->at++;
		node->transformed = true;
		if (!skip_parentheses(parser))
			return NULL;
	} else if (!strchr(node->name, '.')) {
		node->type = FALCO_MACRO;
		return node;
	} else if (!take_argument(parser, node)) {
		return NULL;
	}
	if (!take_operator(parser, &node->op))
		return fail(parser, "an operator is missing");
	return parse_values(parser, node);
}

static const struct falco_node *parse_or(struct parser *parser);

static const struct falco_node *parse_primary(struct parser *parser)
{
	const struct falco_node *node;

	if (!take_char(parser, '('))
		return parse_check(parser);
	if (parser->depth == FALCO_MAX_DEPTH)
		return fail(parser, "it is nested too deeply");
	parser->depth++;
	node = parse_or(parser);
	parser->depth--;
	if (!node)
		return NULL;
	return take_char(parser, ')') ? node : fail(parser, "\"and\", \"or\" or \")\" is missing");
}

static const struct falco_node *parse_not(struct parser *parser)
{
	const struct falco_node *child;
	struct falco_node *node;
	bool inverted = false;

	while (take_keyword(parser, "not"))
		inverted = !inverted;
	child = parse_primary(parser);
	if (!child || !inverted)
		return child;
	node = new_node(parser, FALCO_NOT, 1);
	if (node)
		node->children[0] = child;
	return node;
}

/* One level: what @parse_operand reads, with @word between. */
static const struct falco_node *parse_level(struct parser *parser, enum falco_node_type type, const char *word,
					    const struct falco_node *(*parse_operand)(struct parser *))
{
	const struct falco_node *first = parse_operand(parser), **children;
	struct falco_node *node = NULL;

	while (first && take_keyword(parser, word)) {
		if (!node) {
			node = new_node(parser, type, 0);
			children = node ? arena_grow(parser->arena, NULL, 0, sizeof(*children)) : NULL;
			if (!children)
				return NULL;
			node->children = children;
			children[node->child_count++] = first;
		}
		children = arena_grow(parser->arena, node->children, node->child_count, sizeof(*children));
		if (!children)
			return NULL;
		node->children = children;
		children[node->child_count] = parse_operand(parser);
		if (!children[node->child_count++])
			return NULL;
	}
	return node ? node : first;
}

static const struct falco_node *parse_and(struct parser *parser)
{
	return parse_level(parser, FALCO_AND, "and", parse_not);
}

static const struct falco_node *parse_or(struct parser *parser)
{
	return parse_level(parser, FALCO_OR, "or", parse_and);
}

const struct falco_node *falco_parse(struct arena *arena, const char *text, const char **ret_error)
{
	struct parser parser = { .arena = arena, .at = text };
	const struct falco_node *node = parse_or(&parser);

	skip_blank(&parser);
	if (node && *parser.at)
		node = fail(&parser, "\"and\" or \"or\" is missing");
	*ret_error = parser.error;
	return node;
}
