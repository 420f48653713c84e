/* SPDX-License-Identifier: GPL-2.0-only */
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 4096

void text_init(struct text *text, size_t limit)
{
	*text = (struct text){ .limit = limit };
}

void text_free(struct text *text)
{
	free(text->data);
	text_init(text, text->limit);
}

static char *text_grow(struct text *text, size_t size)
{
	size_t capacity = text->capacity ? text->capacity : FIRST_CAPACITY;
	char *data;

	if (size > text->limit - text->size) {
		text->error = -EMSGSIZE;
		return NULL;
	}
	while (capacity - text->size < size)
		capacity *= 2;
	data = realloc(text->data, capacity);
	if (!data) {
		text->error = -ENOMEM;
		return NULL;
	}
	text->data = data;
	text->capacity = capacity;
	return data + text->size;
}

char *text_reserve(struct text *text, size_t size)
{
	if (text->error)
		return NULL;
	if (text->capacity && text->capacity - text->size >= size && text->limit - text->size >= size)
		return text->data + text->size;
	return text_grow(text, size);
}

void text_add_bytes(struct text *text, const char *bytes, size_t size)
{
	char *at = text_reserve(text, size);

	if (!at)
		return;
	memcpy(at, bytes, size);
	text->size += size;
}

void text_add(struct text *text, const char *string)
{
	text_add_bytes(text, string, strlen(string));
}

static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
				  "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
				  "8081828384858687888990919293949596979899";

char *text_put_u64(char *at, uint64_t number)
{
	char digits[TEXT_U64_SIZE];
	char *first = digits + sizeof(digits);
	size_t size;

	for (; number >= 100; number /= 100) {
		first -= 2;
		memcpy(first, &digit_pairs[number % 100 * 2], 2);
	}
	if (number >= 10) {
		first -= 2;
		memcpy(first, &digit_pairs[number * 2], 2);
	} else {
		*--first = (char)('0' + number);
	}
	size = (size_t)(digits + sizeof(digits) - first);
	memcpy(at, first, size);
	return at + size;
}

void text_add_u64(struct text *text, uint64_t number)
{
	char *at = text_reserve(text, TEXT_U64_SIZE);

	if (at)
		text->size = (size_t)(text_put_u64(at, number) - text->data);
}

void text_add_format(struct text *text, const char *format, ...)
{
	va_list arguments;
	char *at;
	int size;

	va_start(arguments, format);
	size = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	at = size < 0 ? NULL : text_reserve(text, (size_t)size + 1);
	if (!at)
		return;
	va_start(arguments, format);
	vsnprintf(at, (size_t)size + 1, format, arguments);
	va_end(arguments);
	text->size += (size_t)size;
}

/* What stands for one byte, or NULL: the byte itself. */
static const char *html_entity(char byte)
{
	switch (byte) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return (unsigned char)byte < ' ' || byte == 0x7f ? "\xef\xbf\xbd" : NULL;
	}
}

void text_add_html(struct text *text, const char *string)
{
	for (; *string; string++) {
		const char *entity = html_entity(*string);

		if (entity)
			text_add(text, entity);
		else
			text_add_bytes(text, string, 1);
	}
}

/* Length of the UTF-8 character at @at, NUL-terminated; 0 when it is none (overlong, surrogate, cut, too large). */
static size_t utf8_length(const unsigned char *at)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t length;

	if (at[0] < 0x80)
		return 1;
	if (at[0] < 0xc2 || at[0] > 0xf4)
		return 0;
	length = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
	if (at[0] == 0xe0)
		low = 0xa0;
	else if (at[0] == 0xed)
		high = 0x9f;
	else if (at[0] == 0xf0)
		low = 0x90;
	else if (at[0] == 0xf4)
		high = 0x8f;
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

void text_add_label_value(struct text *text, const char *string)
{
	while (*string) {
		size_t length = utf8_length((const unsigned char *)string);

		if (!length)
			text_add(text, "\xef\xbf\xbd");
		else if (*string == '\\')
			text_add(text, "\\\\");
		else if (*string == '"')
			text_add(text, "\\\"");
		else if (*string == '\n')
			text_add(text, "\\n");
		else
			text_add_bytes(text, string, length);
		string += length ? length : 1;
	}
}
