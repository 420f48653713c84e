/* SPDX-License-Identifier: GPL-2.0-only */
/* Paths and arguments are bytes; what leaves picket is UTF-8. */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>

#define UTF8_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/** utf8_character() - bytes of the valid character that @text begins with, 1 to 4; 0: it begins with none. */
size_t utf8_character(const char *text, size_t size);

/** utf8_valid_size() - how many bytes at the start of @text are valid UTF-8. */
size_t utf8_valid_size(const char *text, size_t size);

/**
 * utf8_repair() - a copy with U+FFFD for each byte that is part of no character; free(3) it.
 * Return: NULL: no memory.
 */
char *utf8_repair(const char *text, size_t size, size_t *ret_size);

/**
 * utf8_append_printable() - add text for a person's eyes: U+FFFD for bad bytes and for control characters, which a
 * terminal would obey. Cut between characters so that @buffer, NUL-terminated, never overflows.
 * Return: bytes in @buffer now.
 */
size_t utf8_append_printable(char *buffer, size_t buffer_size, size_t used, const char *text, size_t size);

#endif
