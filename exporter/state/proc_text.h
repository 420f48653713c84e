/* SPDX-License-Identifier: GPL-2.0-only */
/* Whole files of procfs. */
#ifndef PROC_TEXT_H
#define PROC_TEXT_H

#include <stddef.h>

/**
 * proc_text_read() - a file, which has no size while it lies in procfs.
 * @max: bytes; more of it are not read.
 * Return: its text, with a NUL behind it, to free(3); NULL: gone, or no memory.
 */
char *proc_text_read(const char *path, size_t max, size_t *ret_size);

#endif
