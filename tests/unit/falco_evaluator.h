/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Evaluates conditions of Falco's rules as they are read, on values of fields by name. It shares nothing with the
 * translation: tests compare the two.
 */
#ifndef FALCO_EVALUATOR_H
#define FALCO_EVALUATOR_H

#include <arpa/inet.h>
#include <ctype.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FALCO_VALUES 32

/* A field has several values only where any of them may match (proc.aname). */
struct falco_values {
	const char *names[FALCO_VALUES], *values[FALCO_VALUES];
	size_t count;
};

struct evaluator {
	const char *at;
	const struct falco_values *values;
};

static inline void falco_set(struct falco_values *values, const char *name, const char *value)
{
	values->names[values->count] = name;
	values->values[values->count++] = value;
}

static inline void evaluator_blank(struct evaluator *evaluator)
{
	while (isspace((unsigned char)*evaluator->at))
		evaluator->at++;
}

static inline bool evaluator_word(struct evaluator *evaluator, const char *word)
{
	size_t size = strlen(word);

	evaluator_blank(evaluator);
	if (strncmp(evaluator->at, word, size) != 0 ||
	    (isalpha((unsigned char)*word) &&
	     (isalnum((unsigned char)evaluator->at[size]) || evaluator->at[size] == '_')))
		return false;
	evaluator->at += size;
	return true;
}

static inline void evaluator_value(struct evaluator *evaluator, char *buffer)
{
	evaluator_blank(evaluator);
	if (*evaluator->at == '"') {
		const char *end = strchr(evaluator->at + 1, '"');

		strncpy(buffer, evaluator->at + 1, end - evaluator->at - 1);
		buffer[end - evaluator->at - 1] = '\0';
		evaluator->at = end + 1;
		return;
	}
	while (*evaluator->at && !strchr("(), \t\n=", *evaluator->at))
		*buffer++ = *evaluator->at++;
	*buffer = '\0';
}

static inline bool evaluator_in_network(const char *address, const char *network)
{
	char text[64];
	unsigned int bits = 32;
	struct in_addr a, n;

	strcpy(text, network);
	if (strchr(text, '/')) {
		bits = atoi(strchr(text, '/') + 1);
		*strchr(text, '/') = '\0';
	}
	return inet_pton(AF_INET, address, &a) == 1 && inet_pton(AF_INET, text, &n) == 1 &&
	       (!bits || (ntohl(a.s_addr) ^ ntohl(n.s_addr)) >> (32 - bits) == 0);
}

static inline bool evaluator_is_address(const char *field)
{
	return strcmp(field, "fd.sip") == 0 || strcmp(field, "fd.snet") == 0 || strcmp(field, "fd.rip") == 0;
}

static inline bool evaluator_same(const char *field, const char *value, const char *wanted)
{
	return evaluator_is_address(field) ? evaluator_in_network(value, wanted) : strcmp(value, wanted) == 0;
}

static inline bool evaluator_holds(const char *field, const char *op, const char *value, const char *wanted)
{
	size_t size = strlen(wanted), length = strlen(value);
	long long number = strtoll(value, NULL, 10), limit = strtoll(wanted, NULL, 10);

	if (strcmp(op, "!=") == 0)
		return !evaluator_same(field, value, wanted);
	if (strcmp(op, "<=") == 0)
		return number <= limit;
	if (strcmp(op, ">=") == 0)
		return number >= limit;
	if (strcmp(op, "<") == 0)
		return number < limit;
	if (strcmp(op, ">") == 0)
		return number > limit;
	if (strcmp(op, "contains") == 0)
		return strstr(value, wanted);
	if (strcmp(op, "icontains") == 0)
		return strcasestr(value, wanted);
	if (strcmp(op, "startswith") == 0)
		return strncmp(value, wanted, size) == 0;
	if (strcmp(op, "endswith") == 0)
		return size <= length && strcmp(value + length - size, wanted) == 0;
	if (strcmp(op, "glob") == 0)
		return fnmatch(wanted, value, 0) == 0;
	if (strcmp(op, "iglob") == 0)
		return fnmatch(wanted, value, FNM_CASEFOLD) == 0;
	if (strcmp(op, "pmatch") == 0)
		return strncmp(value, wanted, size) == 0 && (!value[size] || value[size] == '/');
	return evaluator_same(field, value, wanted);
}

/* Whether any value of the field compares so with any value that is written. */
static inline bool evaluator_check(struct evaluator *evaluator)
{
	static const char *const ops[] = { "<=",     ">=",	   "!=",	"<",	      ">",	  "=",
					   "exists", "contains",   "icontains", "startswith", "endswith", "glob",
					   "iglob",  "intersects", "in",	"pmatch" };
	char field[64], wanted[256];
	const char *op = NULL;
	bool list, result = false;
	size_t size = strspn(evaluator->at, "abcdefghijklmnopqrstuvwxyz_0123456789.[]");

	memcpy(field, evaluator->at, size);
	field[size] = '\0';
	evaluator->at += size;
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]) && !op; i++)
		op = evaluator_word(evaluator, ops[i]) ? ops[i] : NULL;
	if (!op)
		abort();
	list = strcmp(op, "in") == 0 || strcmp(op, "pmatch") == 0 || strcmp(op, "intersects") == 0;
	if (list && !evaluator_word(evaluator, "("))
		abort();
	do {
		if (strcmp(op, "exists") != 0)
			evaluator_value(evaluator, wanted);
		for (size_t i = 0; i < evaluator->values->count; i++)
			if (strcmp(evaluator->values->names[i], field) == 0)
				result |= strcmp(op, "exists") == 0 ||
					  evaluator_holds(field, op, evaluator->values->values[i], wanted);
	} while (list && evaluator_word(evaluator, ","));
	if (list && !evaluator_word(evaluator, ")"))
		abort();
	return result;
}

static inline bool evaluator_or(struct evaluator *evaluator);

static inline bool evaluator_not(struct evaluator *evaluator)
{
	bool result;

	if (evaluator_word(evaluator, "not"))
		return !evaluator_not(evaluator);
	if (!evaluator_word(evaluator, "("))
		return evaluator_check(evaluator);
	result = evaluator_or(evaluator);
	if (!evaluator_word(evaluator, ")"))
		abort();
	return result;
}

static inline bool evaluator_and(struct evaluator *evaluator)
{
	bool result = evaluator_not(evaluator);

	while (evaluator_word(evaluator, "and"))
		result &= evaluator_not(evaluator);
	return result;
}

static inline bool evaluator_or(struct evaluator *evaluator)
{
	bool result = evaluator_and(evaluator);

	while (evaluator_word(evaluator, "or"))
		result |= evaluator_and(evaluator);
	return result;
}

static inline bool falco_evaluate(const char *condition, const struct falco_values *values)
{
	struct evaluator evaluator = { condition, values };
	bool result = evaluator_or(&evaluator);

	evaluator_blank(&evaluator);
	if (*evaluator.at)
		abort();
	return result;
}

#endif
