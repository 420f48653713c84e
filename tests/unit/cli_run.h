/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs commands and keeps what they print. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "cleanup.h"
#include "cli/commands.h"

/* What a command printed. */
struct run {
	int status;
	char out[262144], err[8192];
};

static inline int capture(int fd, const char *name)
{
	int memory = memfd_create(name, MFD_CLOEXEC), saved = dup(fd);

	assert_true(memory >= 0 && saved >= 0);
	dup2(memory, fd);
	close(memory);
	return saved;
}

static inline void restore(int fd, int saved, char *text, size_t size)
{
	ssize_t used = pread(fd, text, size - 1, 0);

	dup2(saved, fd);
	close(saved);
	assert_true(used >= 0);
	text[used] = '\0';
}

static inline void run_vector(struct run *run, int argc, char *const *argv)
{
	int out = capture(STDOUT_FILENO, "out"), err = capture(STDERR_FILENO, "err");

	run->status = command_run(argc, argv);
	fflush(stdout);
	fflush(stderr);
	restore(STDOUT_FILENO, out, run->out, sizeof(run->out));
	restore(STDERR_FILENO, err, run->err, sizeof(run->err));
}

/* One word after the other, up to NULL. */
#define RUN(run, ...) \
	do { \
		char *const words[] = { __VA_ARGS__, NULL }; \
		run_vector(run, (int)ARRAY_SIZE(words) - 1, words); \
	} while (0)

static struct run run;

static inline void assert_says(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("\"%s\" does not say \"%s\"", text, what);
}

static inline void assert_one_line(const char *text)
{
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static char directory[] = "/tmp/picket-cli-XXXXXX", path[64];

static inline int make_directory(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/picket-cli-XXXXXX");
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/control.sock", directory);
	return setenv("PICKET_SOCKET", path, 1);
}

static inline int remove_directory(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

#define WITH_DIRECTORY(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

#endif
