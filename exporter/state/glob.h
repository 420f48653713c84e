/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Globs: "?" one byte, "*" any number, "[a-z]" and "[!a-z]" one byte of a set,
 * "\" takes the next byte literally. In a path none of these matches "/";
 * "**" matches every text. Unlike fnmatch(3), time is bounded by pattern times
 * text squared whatever the text, for texts are an attacker's choice.
 */
#ifndef GLOB_H
#define GLOB_H

#include <stdbool.h>
#include <stddef.h>

#define GLOB_MAX_SIZE 1024

/** glob_check() - what is wrong with @pattern (static text), or NULL. */
const char *glob_check(const char *pattern);

/** glob_match() - @pattern passed glob_check(). @path: "/" is special. */
bool glob_match(const char *pattern, const char *text, size_t size, bool path);

/**
 * glob_literal() - the text that every match begins with.
 * @buffer: room for strlen(pattern) + 1. @ret_size: its length.
 * Return: whether the pattern is nothing but this text.
 */
bool glob_literal(const char *pattern, char *buffer, size_t *ret_size);

/**
 * glob_last_component() - the part of a path's pattern that its last component alone must match, or NULL when
 * "**" makes it unknown.
 */
const char *glob_last_component(const char *pattern);

#endif
