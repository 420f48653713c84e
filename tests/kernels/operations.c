/* SPDX-License-Identifier: GPL-2.0-only */
/* The place that all operations work in. */
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"

void operations_write(const char *directory, const char *name, const char *text, mode_t mode)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
	chmod(path, mode);
}

int operations_low_memory(void **ret_memory)
{
	int result;

	*ret_memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (*ret_memory == MAP_FAILED)
		return -errno;
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory"); /* getpid */
	return result > 0 ? 0 : -ENOSYS;
}

/* "nothing" lies beside the suite: static, so that starting it opens no library. */
static int open_nothing(void)
{
	char path[4096];
	ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 16);

	if (size < 0)
		return -errno;
	path[size] = '\0';
	strcpy(strrchr(path, '/'), "/nothing");
	return open(path, O_RDONLY | O_CLOEXEC);
}

static void copy_nothing(const char *directory, const char *name)
{
	char path[128], buffer[65536];
	int in = open_nothing(), out;
	ssize_t size;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	while ((size = read(in, buffer, sizeof(buffer))) > 0)
		if (write(out, buffer, size) != size)
			perror(path);
	close(in);
	close(out);
}

int operations_prepare(struct operations_place *place)
{
	char path[128];

	snprintf(place->directory, sizeof(place->directory), "/tmp/picket-suite.XXXXXX");
	if (!mkdtemp(place->directory))
		return -errno;
	snprintf(place->secret, sizeof(place->secret), "%s/secret", place->directory);
	operations_write(place->directory, "secret", "hash\n", 0644);
	operations_write(place->directory, "plain", "text\n", 0644);
	copy_nothing(place->directory, "program");
	snprintf(path, sizeof(path), "#!%s/program\n", place->directory);
	operations_write(place->directory, "script", path, 0755);
	snprintf(path, sizeof(path), "%s/link", place->directory);
	if (symlink(place->secret, path))
		return -errno;
	snprintf(path, sizeof(path), "%s/hard", place->directory);
	if (link(place->secret, path))
		return -errno;
	snprintf(path, sizeof(path), "%s/sub", place->directory);
	mkdir(path, 0755);
	return 0;
}

void operations_remove(const struct operations_place *place)
{
	static const char *const names[] = { "secret",	    "plain",	     "program",	    "script", "link",
					     "hard",	    "made",	     "sub",	    "denied", "denied_link",
					     "denied_hard", "denied_script", "bin/program", "bin",    "moved/plain",
					     "moved",	    "other",	     "rules.yaml" };
	char path[128];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", place->directory, names[i]);
		remove(path);
	}
	rmdir(place->directory);
}
