/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT_SIZE 3

/* Bytes that a lead byte announces; 0 for what is no lead byte. */
static size_t announced_size(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead < 0xe0)
		return 2;
	if (lead >= 0xe0 && lead < 0xf0)
		return 3;
	return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

/* Neither a surrogate, nor beyond Unicode, nor written longer than needed. */
static bool code_point_valid(uint32_t code_point, size_t size)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	return code_point >= least[size] && code_point <= 0x10ffff && (code_point < 0xd800 || code_point > 0xdfff);
}

size_t utf8_character(const char *text, size_t size)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t announced = size ? announced_size(bytes[0]) : 0;
	uint32_t code_point;

	if (announced <= 1 || announced > size)
		return announced > size ? 0 : announced;
	code_point = bytes[0] & (0x7f >> announced);
	for (size_t i = 1; i < announced; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		code_point = code_point << 6 | (bytes[i] & 0x3f);
	}
	return code_point_valid(code_point, announced) ? announced : 0;
}

size_t utf8_valid_size(const char *text, size_t size)
{
	size_t used = 0, character;

	while (used < size && (character = utf8_character(text + used, size - used)))
		used += character;
	return used;
}

char *utf8_repair(const char *text, size_t size, size_t *ret_size)
{
	char *copy = malloc(size * REPLACEMENT_SIZE + 1), *end = copy;

	if (!copy)
		return NULL;
	while (size) {
		size_t valid = utf8_valid_size(text, size);

		end = mempcpy(end, text, valid);
		text += valid;
		size -= valid;
		if (!size)
			break;
		end = mempcpy(end, UTF8_REPLACEMENT, REPLACEMENT_SIZE);
		text++;
		size--;
	}
	*end = '\0';
	*ret_size = end - copy;
	return copy;
}

/* C0, DEL and C1. */
static bool is_control(const char *character, size_t size)
{
	unsigned char first = character[0];

	if (size == 1)
		return first < 0x20 || first == 0x7f;
	return size == 2 && first == 0xc2 && (unsigned char)character[1] < 0xa0;
}

size_t utf8_append_printable(char *buffer, size_t buffer_size, size_t used, const char *text, size_t size)
{
	while (size) {
		size_t character = utf8_character(text, size), taken = character ? character : 1;
		bool replace = !character || is_control(text, character);
		size_t added = replace ? REPLACEMENT_SIZE : character;

		if (used + added >= buffer_size)
			break;
		memcpy(buffer + used, replace ? UTF8_REPLACEMENT : text, added);
		used += added;
		text += taken;
		size -= taken;
	}
	if (used < buffer_size)
		buffer[used] = '\0';
	return used;
}
