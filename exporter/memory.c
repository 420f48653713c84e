/* SPDX-License-Identifier: GPL-2.0-only */
#include "memory.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cleanup.h"

#define LARGE_BYTES (128 << 10)
#define LOADING_BYTES (32 << 20) /* the most that glibc takes */

/* "start-end perms offset device inode path": a private one of a file that is not written to. */
static bool is_of_file(const char *line, unsigned long *ret_start, unsigned long *ret_end)
{
	char permissions[8];
	unsigned long inode;

	if (sscanf(line, "%lx-%lx %7s %*s %*s %lu", ret_start, ret_end, permissions, &inode) != 4)
		return false;
	return inode && permissions[0] == 'r' && permissions[1] == '-' && permissions[3] == 'p';
}

void memory_each_clean_mapping(FILE *smaps, void (*each)(void *context, uintptr_t start, uintptr_t end), void *context)
{
	unsigned long start, end, found_start, found_end, changed;
	AUTO_FREE char *line = NULL;
	bool of_file = false;
	size_t room = 0;

	while (getline(&line, &room, smaps) > 0) {
		if (sscanf(line, "%lx-%lx ", &found_start, &found_end) == 2 && strchr(line, '-')) {
			of_file = is_of_file(line, &start, &end);
			continue;
		}
		/* pages that relocation changed would be lost: such a mapping stays as it is */
		if (of_file && sscanf(line, "Anonymous: %lu", &changed) == 1 && changed == 0)
			each(context, start, end);
	}
}

static void drop(void *context, uintptr_t start, uintptr_t end)
{
	(void)context;
	madvise((void *)start, end - start, MADV_DONTNEED);
}

/* Loading takes 10 MB, and gives it back, for each object: it is the same memory as long as that goes on. */
void memory_start(void)
{
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, LOADING_BYTES);
	mallopt(M_TRIM_THRESHOLD, LOADING_BYTES);
}

/*
 * Without a threshold of our own glibc goes by the largest block ever freed, the kernel's type information, and puts
 * large tables, which fill by use, into memory that it clears, so that all of it is resident.
 */
void memory_loaded(void)
{
	mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
	mallopt(M_TRIM_THRESHOLD, LARGE_BYTES);
	malloc_trim(0);
}

void memory_trim(void)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");

	malloc_trim(0);
	if (!smaps)
		return;
	memory_each_clean_mapping(smaps, drop, NULL);
	fclose(smaps);
}
