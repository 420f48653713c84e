/* SPDX-License-Identifier: GPL-2.0-only */
/* Folders that look like procfs and cgroupfs, and children to act upon. */
#ifndef FAKE_PROC_H
#define FAKE_PROC_H

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A new folder; remove_folder() takes it away with all below. */
static inline char *make_folder(char path[32])
{
	strcpy(path, "/tmp/picket-test-XXXXXX");
	if (!mkdtemp(path))
		abort();
	return path;
}

static inline void remove_folder(const char *path)
{
	char command[128];

	assert(strncmp(path, "/tmp/picket-test-", 17) == 0);
	snprintf(command, sizeof(command), "chmod -R u+rwx %s && rm -r %s", path, path);
	if (system(command))
		abort();
}

/* "<folder>/<name>", the folders between made. */
static inline char *make_path(char buffer[512], const char *folder, const char *name)
{
	if (snprintf(buffer, 512, "%s/%s", folder, name) >= 512)
		abort();
	for (char *slash = strchr(buffer + strlen(folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(buffer, 0700);
		*slash = '/';
	}
	return buffer;
}

static inline void put_bytes(const char *folder, const char *name, const char *bytes, size_t size)
{
	char path[512];
	FILE *file = fopen(make_path(path, folder, name), "w");

	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file))
		abort();
}

static inline void put_text(const char *folder, const char *name, const char *text)
{
	put_bytes(folder, name, text, strlen(text));
}

static inline void get_text(const char *folder, const char *name, char *buffer, size_t size)
{
	char path[512];
	FILE *file = fopen(make_path(path, folder, name), "r");
	size_t used = file ? fread(buffer, 1, size - 1, file) : 0;

	buffer[used] = '\0';
	if (file)
		fclose(file);
}

/* A process that sleeps until it is killed, by its maker's death at the latest. */
static inline pid_t start_child(void)
{
	pid_t child = fork();

	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	if (child < 0)
		abort();
	return child;
}

/* Start of a process as an event tells it: CLOCK_BOOTTIME, somewhere within the tick that procfs shows. */
static inline uint64_t start_time_of(pid_t pid)
{
	char folder[32], text[1024], *field;
	unsigned long long ticks;

	snprintf(folder, sizeof(folder), "/proc/%d", pid);
	get_text(folder, "stat", text, sizeof(text));
	field = strrchr(text, ')') + 2;
	for (int i = 3; i < 22; i++)
		field = strchr(field, ' ') + 1;
	ticks = strtoull(field, NULL, 10);
	return ticks * (1000000000ULL / sysconf(_SC_CLK_TCK)) + 4321;
}

static inline bool is_alive(pid_t child)
{
	return waitpid(child, NULL, WNOHANG) == 0;
}

/* Return: the signal that ended it. */
static inline int reap(pid_t child)
{
	int status = 0;

	if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status))
		return 0;
	return WTERMSIG(status);
}

static inline void end_child(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

#endif
