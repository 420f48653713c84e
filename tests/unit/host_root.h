/* SPDX-License-Identifier: GPL-2.0-only */
/* A host's root in a temporary directory, for tests of what reads runtimes' files. */
#ifndef HOST_ROOT_H
#define HOST_ROOT_H

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char host_root[64];

static inline int host_root_make(void **state)
{
	(void)state;
	strcpy(host_root, "/tmp/picket-test-XXXXXX");
	return mkdtemp(host_root) ? 0 : -1;
}

static inline int host_root_unlink(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static inline int host_root_remove(void **state)
{
	(void)state;
	return nftw(host_root, host_root_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

/* The directories above the last component of @path. */
static inline void host_root_make_directories(char *path)
{
	for (char *slash = strchr(path + strlen(host_root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

static inline void host_root_path(char path[PATH_MAX], const char *name)
{
	if (snprintf(path, PATH_MAX, "%s/%s", host_root, name) >= PATH_MAX)
		abort();
	host_root_make_directories(path);
}

static inline void host_root_write_bytes(const char *name, const char *bytes, size_t size)
{
	char path[PATH_MAX];
	FILE *file;

	host_root_path(path, name);
	file = fopen(path, "we");
	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file))
		abort();
}

static inline void host_root_write(const char *name, const char *text)
{
	host_root_write_bytes(name, text, strlen(text));
}

static inline void host_root_mkdir(const char *name)
{
	char path[PATH_MAX];

	host_root_path(path, name);
	if (mkdir(path, 0755))
		abort();
}

static inline void host_root_link(const char *target, const char *name)
{
	char path[PATH_MAX];

	host_root_path(path, name);
	if (symlink(target, path))
		abort();
}

#endif
