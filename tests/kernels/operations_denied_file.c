/* SPDX-License-Identifier: GPL-2.0-only */
/* Opens and starts of programs that rules deny: every way leads to EPERM, and the file beside it stays open to all. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "operations.h"
#include "operations_ring.h"

void operations_write_rules(const struct operations_place *place, char *path, size_t size, bool deny)
{
	char text[1024] = "rules: []\n";

	if (deny)
		snprintf(text, sizeof(text),
			 "rules:\n"
			 "- {name: file, description: d, severity: error, event: file_open, response: [deny],\n"
			 "   where: {file.path: \"%s/denied\", file.access: read}}\n"
			 "- {name: program, description: d, severity: error, event: process_exec, response: [deny],\n"
			 "   where: {process.executable.path: {prefix: \"%s/bin/\"}}}\n",
			 place->directory, place->directory);
	operations_write(place->directory, "rules.yaml", text, 0600);
	snprintf(path, size, "%s/rules.yaml", place->directory);
}

static int in_directory(const struct operations_place *place)
{
	return chdir(place->directory) ? -errno : 0;
}

static int with_file(const struct operations_place *place)
{
	operations_write(place->directory, "denied", "hash\n", 0644);
	if (in_directory(place))
		return -errno;
	unlink("denied_link");
	unlink("denied_hard");
	if (symlink("denied", "denied_link") || link("denied", "denied_hard"))
		return -errno;
	return ring_open(0);
}

/* @result: of a system call; errno tells why it failed. */
static void expect_refused(const char *what, int result)
{
	if (result >= 0 || errno != EPERM)
		printf("FAIL denied/%s ended with %d, %s, not with EPERM\n", what, result, strerror(errno));
	if (result >= 0)
		close(result);
}

static void open_plain(const struct operations_place *place)
{
	(void)place;
	expect_refused("open", open("denied", O_RDONLY));
}

static void open_link(const struct operations_place *place)
{
	(void)place;
	expect_refused("open_symlink", open("denied_link", O_RDONLY));
}

static void open_hard_link(const struct operations_place *place)
{
	(void)place;
	expect_refused("open_hard_link", open("denied_hard", O_RDWR));
}

static void open_ring(const struct operations_place *place)
{
	struct io_uring_sqe entry = { .opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = (uintptr_t) "denied" };
	int result = ring_do(&entry);

	(void)place;
	errno = -result;
	expect_refused("open_io_uring", result);
}

/* The rule is about reading. */
static void open_to_write(const struct operations_place *place)
{
	int fd = open("denied", O_WRONLY);

	(void)place;
	if (fd < 0)
		printf("FAIL denied/write %s\n", strerror(errno));
	close(fd);
}

static int with_program(const struct operations_place *place)
{
	char text[128];

	if (in_directory(place))
		return -errno;
	mkdir("bin", 0755);
	if (link("program", "bin/program") && errno != EEXIST)
		return -errno;
	snprintf(text, sizeof(text), "#!%s/bin/program\n", place->directory);
	operations_write(place->directory, "denied_script", text, 0755);
	return 0;
}

static void start(const char *what, const char *path)
{
	char *const arguments[] = { (char *)path, NULL };

	expect_refused(what, execv(path, arguments));
}

static void start_program(const struct operations_place *place)
{
	(void)place;
	start("program", "bin/program");
}

static void start_script(const struct operations_place *place)
{
	(void)place;
	start("script", "./denied_script");
}

static void start_descriptor(const struct operations_place *place)
{
	int fd = open("bin/program", O_PATH | O_CLOEXEC);

	(void)place;
	expect_refused("descriptor", syscall(SYS_execveat, fd, "", (char *[]){ "p", NULL }, NULL, AT_EMPTY_PATH));
	close(fd);
}

#define EPERM_ONCE \
	{ \
		PICKET_COUNTER_SYSCALL_DENIALS_EPERM, 1 \
	}
/* One event of the denial, one of the refused open that it became. */
#define DENIED_OPEN \
	.adds = { { PICKET_COUNTER_FILE_OPEN_FAILURES_EPERM, 1 }, EPERM_ONCE }, .add_count = 2, \
	.event = PICKET_KIND_FILE_OPEN, .event_count = 2
#define DENIED_START .adds = { EPERM_ONCE }, .add_count = 1, .event = PICKET_KIND_PROCESS_EXEC, .text = "/bin/program"

static const struct operation operations[] = {
	{ "denied/open", with_file, open_plain, 10, DENIED_OPEN, .text = "/denied" },
	{ "denied/open_symlink", with_file, open_link, 10, DENIED_OPEN },
	{ "denied/open_hard_link", with_file, open_hard_link, 10, DENIED_OPEN },
	{ "denied/open_io_uring", with_file, open_ring, 10, .adds = { { PICKET_COUNTER_FILE_OPEN_FAILURES_EPERM, 1 } },
	  .add_count = 1, .event = PICKET_KIND_FILE_OPEN, .event_count = 2, .text = "/denied" },
	{ "denied/not_to_write", with_file, open_to_write, 10, .adds = { { PICKET_COUNTER_FILE_OPENS_WRITE, 1 } },
	  .add_count = 1, .event = PICKET_KIND_FILE_OPEN, .text = "/denied" },
	{ "denied/program", with_program, start_program, 10, DENIED_START },
	{ "denied/script", with_program, start_script, 10, DENIED_START },
	{ "denied/program_by_descriptor", with_program, start_descriptor, 10,
	  .adds = { { PICKET_COUNTER_FILE_OPENS_PATH, 1 }, EPERM_ONCE }, .add_count = 2,
	  .event = PICKET_KIND_PROCESS_EXEC, .text = "/bin/program" },
};
const struct operation_set denied_file_operations = { operations, ARRAY_SIZE(operations) };
