// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load whose extent is known: workers do operations as fast as they can and
 * report how many of each they did.
 *
 *	load spawn		start a worker for each line "TOKEN CGROUP HOW MS FOLDER" of standard input
 *	load work TOKEN MS FOLDER
 *	load nothing
 *
 * HOW is "attach" (the worker is born outside and moved) or "clone" (born inside the cgroup). MS 0: one round; -N: N reads and nothing else. Standard
 * output gets "TOKEN operation=count ..." from each worker, and "TOKEN ended STATUS" when it is gone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS_MAX 256
#define FOLDERS 64 /* "0" to "63" */

/* OPERATION(id, name in the report, times in each round) */
#define OPERATIONS(OPERATION) \
	OPERATION(READ, "read", 40) \
	OPERATION(MISSING, "missing", 40) \
	OPERATION(SETNS, "setns", 20) \
	OPERATION(DATAGRAM, "datagram", 8) \
	OPERATION(MKDIR, "mkdir", 1) \
	OPERATION(RMDIR, "rmdir", 1) \
	OPERATION(WATCHED, "watched", 0) \
	OPERATION(PROGRAM, "program", 0)

#define OPERATION_ENUM(id, name, times) OP_##id,
enum operation { OPERATIONS(OPERATION_ENUM) OP_COUNT };
#undef OPERATION_ENUM

#define WATCHED_EACH 16	 /* rounds */
#define PROGRAM_EACH 128 /* rounds */

struct worker {
	char directory[64];
	int socket;
	struct sockaddr_in discard;
	uint64_t done[OP_COUNT];
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static bool open_and_close(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool run_nothing(void)
{
	pid_t child = vfork();
	int status;

	if (child == 0) {
		execl("/proc/self/exe", "load", "nothing", NULL);
		_exit(1);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/* Return: whether it went as it should; anything else would make the report wrong. */
static bool operate(struct worker *worker, enum operation operation)
{
	switch (operation) {
	case OP_READ:
		return open_and_close("ordinary");
	case OP_WATCHED:
		return open_and_close("watched");
	case OP_MISSING:
		return open("missing", O_RDONLY) < 0 && errno == ENOENT;
	case OP_SETNS:
		return setns(-1, 0) < 0 && errno == EBADF;
	case OP_DATAGRAM:
		return sendto(worker->socket, "", 1, 0, (struct sockaddr *)&worker->discard, sizeof(worker->discard)) ==
		       1;
	case OP_MKDIR:
		return mkdir(worker->directory, 0700) == 0;
	case OP_RMDIR:
		return rmdir(worker->directory) == 0;
	case OP_PROGRAM:
		return run_nothing();
	case OP_COUNT:
		break;
	}
	return false;
}

static void repeat(struct worker *worker, enum operation operation, unsigned int times)
{
	for (; times; times--) {
		if (!operate(worker, operation))
			die("an operation did not go as it should");
		worker->done[operation]++;
	}
}

static void work_round(struct worker *worker, uint64_t round)
{
#define OPERATION_TIMES(id, name, times) [OP_##id] = times,
	static const unsigned int times[] = { OPERATIONS(OPERATION_TIMES) };

	for (enum operation operation = 0; operation < OP_COUNT; operation++)
		repeat(worker, operation, times[operation]);
	repeat(worker, OP_WATCHED, round % WATCHED_EACH == 0);
	repeat(worker, OP_PROGRAM, round % PROGRAM_EACH == 0);
}

static void report(const char *token, const struct worker *worker)
{
#define OPERATION_NAME(id, name, times) [OP_##id] = name,
	static const char *const names[] = { OPERATIONS(OPERATION_NAME) };
	char line[1024];
	int size = snprintf(line, sizeof(line), "%s", token);

	for (int i = 0; i < OP_COUNT; i++)
		size += snprintf(line + size, sizeof(line) - size, " %s=%llu", names[i],
				 (unsigned long long)worker->done[i]);
	line[size++] = '\n';
	if (write(STDOUT_FILENO, line, size) != size) /* in one piece */
		die("cannot report");
}

static int work(const char *token, int64_t ms, const char *folder)
{
	struct worker worker = { .discard = { .sin_family = AF_INET, .sin_port = htons(9) } };
	int64_t end = now_ms() + ms;

	worker.discard.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	worker.socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (worker.socket < 0 || chdir(folder))
		die(folder);
	/* not all in one folder: they would wait for each other */
	snprintf(worker.directory, sizeof(worker.directory), "%d/%s", atoi(token + 1) % FOLDERS, token);
	if (ms < 0)
		repeat(&worker, OP_READ, -ms);
	for (uint64_t round = 0; ms >= 0 && (round == 0 || now_ms() < end); round++)
		work_round(&worker, round);
	report(token, &worker);
	return 0;
}

struct task {
	pid_t pid;
	char token[32];
};

static struct task tasks[WORKERS_MAX];

static struct task *find_task(pid_t pid)
{
	for (size_t i = 0; i < WORKERS_MAX; i++)
		if (tasks[i].pid == pid)
			return &tasks[i];
	return NULL;
}

static void reap(void)
{
	struct task *task;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		task = find_task(pid);
		if (!task)
			continue;
		dprintf(STDOUT_FILENO, "%s ended %d\n", task->token, status);
		task->pid = 0;
	}
}

static pid_t clone_into(const char *cgroup)
{
	int fd = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct clone_args arguments = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = fd };
	pid_t pid = fd < 0 ? -1 : syscall(SYS_clone3, &arguments, sizeof(arguments));

	if (pid != 0)
		close(fd);
	return pid;
}

static void enter(const char *cgroup)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		die(path);
	close(fd);
}

static void spawn(const char *token, const char *cgroup, const char *how, const char *ms, const char *folder)
{
	bool clone = strcmp(how, "clone") == 0;
	struct task *task = find_task(0);
	sigset_t none;
	pid_t pid;

	if (!task)
		die("too many workers");
	pid = clone ? clone_into(cgroup) : fork();
	if (pid < 0)
		die(cgroup);
	if (pid == 0) {
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!clone)
			enter(cgroup);
		execl("/proc/self/exe", "load", "work", token, ms, folder, NULL);
		die("exec");
	}
	task->pid = pid;
	snprintf(task->token, sizeof(task->token), "%s", token);
}

static void obey(char *line)
{
	char *words[5], *save = NULL;
	size_t count = 0;

	for (char *word = strtok_r(line, " ", &save); word && count < 5; word = strtok_r(NULL, " ", &save))
		words[count++] = word;
	if (count == 5)
		spawn(words[0], words[1], words[2], words[3], words[4]);
}

/* Take whole lines out of @buffer. Return: bytes that are left. */
static size_t take_lines(char *buffer, size_t size)
{
	char *start = buffer, *end;

	while ((end = memchr(start, '\n', size - (start - buffer)))) {
		*end = '\0';
		obey(start);
		start = end + 1;
	}
	size -= start - buffer;
	memmove(buffer, start, size);
	return size;
}

static int spawn_all(void)
{
	struct signalfd_siginfo info[WORKERS_MAX];
	static char buffer[65536];
	struct pollfd ready[2] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .events = POLLIN } };
	sigset_t children;
	size_t used = 0;
	ssize_t got = 1;

	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_BLOCK, &children, NULL);
	ready[1].fd = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
	while (got > 0) {
		if (poll(ready, 2, -1) < 0 && errno != EINTR)
			die("poll");
		if (ready[1].revents && read(ready[1].fd, info, sizeof(info)) > 0)
			reap();
		if (!ready[0].revents)
			continue;
		got = read(STDIN_FILENO, buffer + used, sizeof(buffer) - used);
		if (got > 0)
			used = take_lines(buffer, used + got);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "nothing") == 0)
		return 0;
	if (argc == 2 && strcmp(argv[1], "spawn") == 0)
		return spawn_all();
	if (argc == 5 && strcmp(argv[1], "work") == 0)
		return work(argv[2], atoll(argv[3]), argv[4]);
	fprintf(stderr, "usage: load spawn | work TOKEN MS FOLDER | nothing\n");
	return 2;
}
