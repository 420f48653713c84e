/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/exposition_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LABELS_LIMIT (1 << 20)
#define WHOLE_DIGITS_MAX 19 /* fit into 64 bits for certain */

void exposition_lines_init(struct exposition_lines *lines, const struct exposition_sink *sink)
{
	memset(lines, 0, sizeof(*lines));
	lines->sink = *sink;
	text_init(&lines->labels, LABELS_LIMIT);
}

void exposition_lines_clear(struct exposition_lines *lines)
{
	text_free(&lines->labels);
}

static bool copy_words(char *to, size_t to_size, const char *from, const char *end)
{
	size_t size = (size_t)(end - from);

	if (!size || size >= to_size)
		return false;
	memcpy(to, from, size);
	to[size] = '\0';
	return true;
}

/* "# TYPE name counter", then "# HELP name text"; "#@ nanoseconds". */
static int take_comment(struct exposition_lines *lines, const char *at, const char *end)
{
	const size_t mark = strlen(EXPOSITION_CREATED_MARK), key = strlen("# TYPE ");
	struct exposition_family *family = &lines->family;
	const char *space;

	if ((size_t)(end - at) > mark && memcmp(at, EXPOSITION_CREATED_MARK, mark) == 0) {
		lines->created_ns = strtoll(at + mark, NULL, 10);
		return 0;
	}
	space = (size_t)(end - at) > key ? memchr(at + key, ' ', (size_t)(end - at) - key) : NULL;
	if (!space)
		return -EBADMSG;
	if (memcmp(at, "# TYPE ", key) == 0) {
		lines->created_ns = 0;
		family->is_counter = space[1] == 'c';
		return copy_words(family->name, sizeof(family->name), at + key, space) ? 0 : -EBADMSG;
	}
	if (memcmp(at, "# HELP ", key) != 0 || !copy_words(family->help, sizeof(family->help), space + 1, end))
		return -EBADMSG;
	return lines->sink.family(lines->sink.context, family);
}

/* A value between its quotes, without the backslashes. Return: behind the closing quote; NULL: there is none. */
static const char *take_value(struct text *labels, const char *at, const char *end)
{
	while (at < end && *at != '"') {
		const char *plain = at;

		while (at < end && *at != '"' && *at != '\\')
			at++;
		text_add_bytes(labels, plain, (size_t)(at - plain));
		if (at >= end || *at != '\\')
			continue;
		if (at + 1 >= end)
			return NULL;
		text_add_bytes(labels, at[1] == 'n' ? "\n" : at + 1, 1);
		at += 2;
	}
	text_add_bytes(labels, "", 1);
	return at < end ? at + 1 : NULL;
}

/* name="value",... up to the closing brace. Return: behind the brace; NULL: it is none. */
static const char *take_labels(struct text *labels, const char *at, const char *end, size_t *ret_count)
{
	size_t count = 0;

	labels->size = 0;
	while (at && at < end && *at != '}') {
		const char *equals = memchr(at, '=', (size_t)(end - at));

		if (!equals || equals + 1 >= end || equals[1] != '"' || count == EXPOSITION_LABELS_MAX)
			return NULL;
		text_add_bytes(labels, at, (size_t)(equals - at));
		text_add_bytes(labels, "", 1);
		at = take_value(labels, equals + 2, end);
		count++;
		if (at && at < end && *at == ',')
			at++;
	}
	*ret_count = count;
	return at && at < end ? at + 1 : NULL;
}

static bool take_number(const char *at, const char *end, struct exposition_sample *sample)
{
	const char *digit = at;
	char *number_end;
	uint64_t whole = 0;

	while (digit < end && *digit >= '0' && *digit <= '9')
		whole = whole * 10 + (uint64_t)(*digit++ - '0');
	if (digit == end && end > at && end - at <= WHOLE_DIGITS_MAX) {
		sample->is_whole = true;
		sample->whole = whole;
		sample->value = (double)whole;
		return true;
	}
	sample->value = strtod(at, &number_end); /* the line's end ends it */
	return number_end == end && end > at;
}

/* "name{labels} value" or "name value". */
static int take_sample(struct exposition_lines *lines, const char *at, const char *end)
{
	struct exposition_sample sample = { .created_ns = lines->created_ns };
	size_t name_size = strlen(lines->family.name);
	char *label;

	if (!name_size || (size_t)(end - at) <= name_size || memcmp(at, lines->family.name, name_size) != 0)
		return -EBADMSG; /* of another family than was begun */
	at += name_size;
	if (*at == '{')
		at = take_labels(&lines->labels, at + 1, end, &sample.label_count);
	if (lines->labels.error)
		return -ENOMEM;
	if (!at || at >= end || *at != ' ' || !take_number(at + 1, end, &sample))
		return -EBADMSG;
	label = lines->labels.data;
	for (size_t i = 0; i < sample.label_count; i++) {
		sample.labels[i].name = label;
		sample.labels[i].value = label + strlen(label) + 1;
		label = sample.labels[i].value + strlen(sample.labels[i].value) + 1;
	}
	return lines->sink.sample(lines->sink.context, &lines->family, &sample);
}

int exposition_lines_take(struct exposition_lines *lines, const char *text, size_t size)
{
	const char *end = text + size;
	int error = 0;

	while (text < end && !error) {
		const char *line_end = memchr(text, '\n', (size_t)(end - text));

		if (!line_end)
			return -EBADMSG;
		error = *text == '#' ? take_comment(lines, text, line_end) : take_sample(lines, text, line_end);
		text = line_end + 1;
	}
	return error;
}
