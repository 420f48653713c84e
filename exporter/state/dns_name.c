/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/dns_name.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define HEADER_SIZE 12
#define FLAGS_AT 2
#define QUESTIONS_AT 4
#define ANSWER 0x80  /* of the first byte of the flags */
#define POINTER 0xc0 /* of a label's length: it goes on elsewhere */
#define NAME_MAX_WIRE 255

static size_t append_byte(char *text, uint8_t byte)
{
	if (byte == '.' || byte == '\\') {
		text[0] = '\\';
		text[1] = byte;
		return 2;
	}
	if (byte < '!' || byte > '~')
		return sprintf(text, "\\%03u", byte);
	text[0] = byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte;
	return 1;
}

/* Return: where the label at @at is, behind pointers, each of which leads towards the front; -EINVAL. */
static int follow(const uint8_t *message, size_t size, size_t at)
{
	while (at < size && (message[at] & POINTER) == POINTER) {
		size_t next;

		if (at + 1 >= size)
			return -EINVAL;
		next = (message[at] & ~POINTER) << 8 | message[at + 1];
		if (next >= at)
			return -EINVAL;
		at = next;
	}
	if (at < HEADER_SIZE || at >= size || message[at] & POINTER)
		return -EINVAL;
	return (int)at;
}

int dns_name_read(const void *bytes, size_t size, char ret_name[DNS_NAME_SIZE])
{
	const uint8_t *message = bytes;
	char text[DNS_NAME_SIZE + 4];
	size_t length = 0, wire = 0;
	int at = HEADER_SIZE;

	if (size <= HEADER_SIZE || message[FLAGS_AT] & ANSWER || !(message[QUESTIONS_AT] | message[QUESTIONS_AT + 1]))
		return -EINVAL;
	for (;;) {
		size_t label;

		at = follow(message, size, at);
		if (at < 0)
			return at;
		label = message[at++];
		wire += label + 1;
		if (!label)
			break;
		if (wire >= NAME_MAX_WIRE || at + label > size)
			return -EINVAL;
		if (length)
			text[length++] = '.';
		for (size_t i = 0; i < label; i++)
			length += append_byte(&text[length], message[at + i]);
		at += label;
	}
	if (!length)
		text[length++] = '.';
	memcpy(ret_name, text, length);
	ret_name[length] = '\0';
	return (int)length;
}
