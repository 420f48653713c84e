/* SPDX-License-Identifier: GPL-2.0-only */
/* Every way to start a program, and to end. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "operations.h"

extern char **environ;

/* State that prepare() leaves for run(). */
static int program_fd = -1;

static void start(const char *path, char *const arguments[])
{
	pid_t child = fork();

	if (child == 0) {
		execve(path, arguments, environ);
		_exit(127);
	}
	waitpid(child, NULL, 0);
}

static void exec_program(const struct operations_place *place)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/program", place->directory);
	start(path, (char *[]){ "innocent", NULL });
}

static void exec_script(const struct operations_place *place)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/script", place->directory);
	start(path, (char *[]){ "script", NULL });
}

static int with_program_descriptor(const struct operations_place *place)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/program", place->directory);
	program_fd = open(path, O_PATH | O_CLOEXEC);
	return program_fd < 0 ? -errno : 0;
}

/* Also from memory: the descriptor of a memfd. */
static void exec_descriptor(const struct operations_place *place)
{
	pid_t child = fork();

	(void)place;
	if (child == 0) {
		syscall(SYS_execveat, program_fd, "", (char *[]){ "x", NULL }, environ, AT_EMPTY_PATH);
		_exit(127);
	}
	waitpid(child, NULL, 0);
}

static int with_memory_program(const struct operations_place *place)
{
	char path[128], buffer[65536];
	ssize_t size;
	int in;

	snprintf(path, sizeof(path), "%s/program", place->directory);
	in = open(path, O_RDONLY | O_CLOEXEC);
	program_fd = syscall(SYS_memfd_create, "evil", 0);
	if (program_fd < 0)
		return -errno;
	while ((size = read(in, buffer, sizeof(buffer))) > 0)
		if (write(program_fd, buffer, size) != size)
			return -EIO;
	close(in);
	return 0;
}

static void fork_only(const struct operations_place *place)
{
	pid_t child = fork();

	(void)place;
	if (child == 0)
		_exit(0);
	waitpid(child, NULL, 0);
}

static void fork_killed(const struct operations_place *place)
{
	pid_t child = fork();

	(void)place;
	if (child == 0) {
		kill(getpid(), SIGKILL);
		pause();
	}
	waitpid(child, NULL, 0);
}

#define EXECS \
	.adds = { { PICKET_COUNTER_PROCESS_EXECS, 1 }, \
		  { PICKET_COUNTER_PROCESS_FORKS, 1 }, \
		  { PICKET_COUNTER_PROCESS_EXITS_EXITED, 1 } }, \
	.add_count = 3, .event = PICKET_KIND_PROCESS_EXEC
static const struct operation operations[] = {
	{ "exec/absolute_path", NULL, exec_program, 20, EXECS, .text = "/program", .rule = "program" },
	{ "exec/script", NULL, exec_script, 10, EXECS, .text = "/program", .rule = "script program" },
	{ "exec/execveat_descriptor", with_program_descriptor, exec_descriptor, 10, EXECS, .text = "/program",
	  .rule = "program" },
	{ "exec/memfd", with_memory_program, exec_descriptor, 10, EXECS, .text = "memfd:evil", .rule = "memory" },
	{ "process/fork_exit", NULL, fork_only, 100,
	  .adds = { { PICKET_COUNTER_PROCESS_FORKS, 1 }, { PICKET_COUNTER_PROCESS_EXITS_EXITED, 1 } }, .add_count = 2,
	  .event = PICKET_KIND_PROCESS_EXIT },
	{ "process/fork_killed", NULL, fork_killed, 10,
	  .adds = { { PICKET_COUNTER_PROCESS_FORKS, 1 },
		    { PICKET_COUNTER_PROCESS_EXITS_SIGNAL, 1 },
		    { PICKET_COUNTER_SIGNALS_KILL, 1 } },
	  .add_count = 3, .event = PICKET_KIND_PROCESS_EXIT },
};
const struct operation_set process_operations = { operations, ARRAY_SIZE(operations) };
