/* SPDX-License-Identifier: GPL-2.0-only */
/* Scope-exit cleanup, so that no error path has to remember. */
#ifndef CLEANUP_H
#define CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void cleanup_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

#define AUTO_CLOSE __attribute__((cleanup(cleanup_fd)))
#define AUTO_FREE __attribute__((cleanup(cleanup_free)))
#define AUTO_FCLOSE __attribute__((cleanup(cleanup_file)))
#define AUTO_CLOSEDIR __attribute__((cleanup(cleanup_dir)))

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
