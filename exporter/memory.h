/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon's own memory. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdint.h>
#include <stdio.h>

/** memory_start() - before the first thread: one heap for all of them, which memory_trim() can give back. */
void memory_start(void);

/** memory_loaded() - after what needs much memory for a short time, and before large tables that fill by use. */
void memory_loaded(void);

/** memory_trim() - give back what only the start needed: free heap, and pages of programs and libraries. */
void memory_trim(void);

/**
 * memory_each_clean_mapping() - mappings of files that cannot be written to and of which nothing was changed: what is
 * dropped of them comes back from the file. @smaps: /proc/self/smaps.
 */
void memory_each_clean_mapping(FILE *smaps, void (*each)(void *context, uintptr_t start, uintptr_t end), void *context);

#endif
