/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/glob.h"

#include <string.h>

/* The "]" that ends the set which starts at @set, or NULL. A "]" right after "[" or "[!" is a member. */
static const char *set_end(const char *set)
{
	const char *end = set + 1;

	if (*end == '!' || *end == '^')
		end++;
	if (*end == ']')
		end++;
	while (*end && *end != ']')
		end += (*end == '\\' && end[1]) ? 2 : 1;
	return *end ? end : NULL;
}

const char *glob_check(const char *pattern)
{
	if (strlen(pattern) > GLOB_MAX_SIZE)
		return "it is longer than 1024 bytes";
	for (; *pattern; pattern++) {
		if (*pattern == '\\') {
			if (!*++pattern)
				return "the \"\\\" at its end stands before nothing";
		} else if (*pattern == '[') {
			pattern = set_end(pattern);
			if (!pattern)
				return "a \"[\" has no \"]\"";
		}
	}
	return NULL;
}

static unsigned char set_member(const char **position)
{
	if (**position == '\\')
		++*position;
	return *(*position)++;
}

static bool set_match(const char *set, const char *end, unsigned char byte)
{
	bool inverted = set[1] == '!' || set[1] == '^', found = false;
	const char *position = set + 1 + inverted;

	while (position < end) {
		unsigned char first = set_member(&position), last = first;

		if (*position == '-' && position + 1 < end) {
			position++;
			last = set_member(&position);
		}
		found |= first <= byte && byte <= last;
	}
	return found != inverted;
}

/* One pattern element that stands for one byte. Return: what follows it, or NULL when @byte is another. */
static const char *match_one(const char *pattern, unsigned char byte, bool path)
{
	if (*pattern == '?')
		return path && byte == '/' ? NULL : pattern + 1;
	if (*pattern == '[') {
		const char *end = set_end(pattern);

		return !(path && byte == '/') && set_match(pattern, end, byte) ? end + 1 : NULL;
	}
	if (*pattern == '\\')
		pattern++;
	return *pattern && (unsigned char)*pattern == byte ? pattern + 1 : NULL;
}

/* Where to go on when what was tried fails: a star takes one byte more. */
struct retry {
	const char *pattern; /* after the star; NULL: no star yet */
	size_t at;	     /* of the text: what the star has not taken */
};

/* Only the last star of each sort needs another try: an earlier one can gain nothing that it cannot. */
bool glob_match(const char *pattern, const char *text, size_t size, bool path)
{
	struct retry star = { NULL, 0 }, any = { NULL, 0 };
	const char *next;
	size_t at = 0;

	for (;;) {
		if (*pattern == '*') {
			struct retry *retry = !path || pattern[1] == '*' ? &any : &star;

			pattern += strspn(pattern, "*");
			if (retry == &any)
				star.pattern = NULL;
			retry->pattern = pattern;
			retry->at = at;
			continue;
		}
		if (at == size && !*pattern)
			return true;
		next = at < size ? match_one(pattern, text[at], path) : NULL;
		if (next) {
			pattern = next;
			at++;
		} else if (star.pattern && star.at < size && text[star.at] != '/') {
			pattern = star.pattern;
			at = ++star.at;
		} else if (any.pattern && any.at < size) {
			star.pattern = NULL;
			pattern = any.pattern;
			at = ++any.at;
		} else {
			return false;
		}
	}
}

bool glob_literal(const char *pattern, char *buffer, size_t *ret_size)
{
	size_t size = 0;

	while (*pattern && !strchr("*?[", *pattern)) {
		if (*pattern == '\\')
			pattern++;
		buffer[size++] = *pattern++;
	}
	buffer[size] = '\0';
	*ret_size = size;
	return !*pattern;
}

const char *glob_last_component(const char *pattern)
{
	const char *last = NULL;

	for (; *pattern; pattern++) {
		if (*pattern == '[')
			pattern = set_end(pattern);
		else if (*pattern == '\\' && pattern[1] != '/')
			pattern++;
		else if (*pattern == '*' && pattern[1] == '*')
			last = NULL;
		else if (*pattern == '/')
			last = pattern + 1;
	}
	return last;
}
