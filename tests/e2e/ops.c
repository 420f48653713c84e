/* SPDX-License-Identifier: GPL-2.0-only */
/* What the containers of the end-to-end tests run: one static program that does exactly what it is told. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ops_open.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static int fail(const char *what)
{
	fprintf(stderr, "ops: %s: %s\n", what, strerror(errno));
	return 1;
}

static int open_many(char **arguments)
{
	for (long left = atol(arguments[1]); left > 0; left--) {
		int fd = open(arguments[0], O_RDONLY);

		if (fd < 0)
			return fail(arguments[0]);
		close(fd);
	}
	return 0;
}

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* Path, opens per second, seconds. Prints how many there were, and how many seconds it took. */
static int open_rate(char **arguments)
{
	double rate = atof(arguments[1]), start = now_seconds();
	long wanted = rate * atof(arguments[2]), every = 1 + rate / 1000;

	for (long done = 0; done < wanted; done++) {
		int fd = open(arguments[0], O_RDONLY);

		if (fd < 0)
			return fail(arguments[0]);
		close(fd);
		while (done % every == 0 && start + done / rate > now_seconds() + 1e-3)
			usleep(200);
	}
	printf("%ld %f\n", wanted, now_seconds() - start);
	return 0;
}

/* Return: the child's status, or -1. */
static int spawn_and_wait(void)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		execl("/ops", "ops", "nothing", NULL);
		_exit(127);
	}
	return child > 0 && waitpid(child, &status, 0) == child ? status : -1;
}

static int exec_many(char **arguments)
{
	for (long left = atol(arguments[0]); left > 0; left--)
		if (spawn_and_wait())
			return fail("exec of /ops");
	return 0;
}

static int nothing(char **arguments)
{
	(void)arguments;
	return 0;
}

static int read_by(char **arguments)
{
	char buffer[16];

	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		int fd;

		if (strcmp(methods[i].name, arguments[0]) != 0)
			continue;
		fd = methods[i].open(arguments[1]);
		if (fd < 0 || read(fd, buffer, sizeof(buffer)) <= 0)
			return fail(arguments[1]);
		return 0;
	}
	return fail(arguments[0]);
}

/* The output file exists first, so that its absence never passes for safety. */
static int canary(char **arguments)
{
	int out = open(arguments[1], O_WRONLY | O_CREAT | O_TRUNC, 0600), secret;
	char buffer[16];

	if (out < 0 || write(out, "STARTED\n", 8) != 8)
		return fail(arguments[1]);
	secret = open(arguments[0], O_RDONLY);
	if (secret < 0 || read(secret, buffer, sizeof(buffer)) <= 0)
		return fail(arguments[0]);
	return write(out, "LEAKED\n", 7) == 7 ? 0 : 1;
}

struct race {
	int out, secret; /* secret: the descriptor that the open will get */
};

static void *read_early(void *context)
{
	const struct race *race = context;
	char buffer[16];

	while (pread(race->secret, buffer, sizeof(buffer), 0) <= 0)
		;
	if (write(race->out, "LEAKED\n", 7) != 7)
		fail("canary");
	return NULL;
}

/* As canary, but a second thread reads while the open is still in its system call. */
static int canary_race(char **arguments)
{
	struct race race = { .out = open(arguments[1], O_WRONLY | O_CREAT | O_TRUNC, 0600) };
	pthread_t reader;

	race.secret = race.out + 1;
	if (race.out < 0 || write(race.out, "STARTED\n", 8) != 8)
		return fail(arguments[1]);
	if (pthread_create(&reader, NULL, read_early, &race))
		return fail("pthread_create");
	usleep(50000);
	if (open(arguments[0], O_RDONLY) != race.secret)
		return fail(arguments[0]);
	return pthread_join(reader, NULL);
}

/* A raw system call: its number, then up to six arguments, numbers or, behind "s:", texts. Its result is no failure. */
static int raw_call(char **arguments)
{
	long values[7] = { 0 };

	for (int i = 0; i < 7 && arguments[i]; i++)
		values[i] = strncmp(arguments[i], "s:", 2) ? strtol(arguments[i], NULL, 0) : (long)(arguments[i] + 2);
	printf("%ld\n", syscall(values[0], values[1], values[2], values[3], values[4], values[5], values[6]));
	return 0;
}

/* Run this program's "nothing" from anonymous memory. */
static int run_from_memory(char **arguments)
{
	char *const argv[] = { "ops", "nothing", NULL };
	int in = open("/ops", O_RDONLY), out = syscall(SYS_memfd_create, "payload", 0);
	char buffer[65536];
	ssize_t size;

	(void)arguments;
	while ((size = read(in, buffer, sizeof(buffer))) > 0)
		if (write(out, buffer, size) != size)
			return fail("write");
	syscall(SYS_execveat, out, "", argv, NULL, AT_EMPTY_PATH);
	return fail("execveat");
}

/* A shell for whoever listens at the port of the loopback: here, this program itself. */
static int reverse_shell(char **arguments)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(atoi(arguments[0])),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), out = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 1) ||
	    connect(out, (struct sockaddr *)&address, sizeof(address)))
		return fail("connect");
	for (int fd = 0; fd < 3; fd++)
		dup2(out, fd);
	execl("/bin/sh", "sh", "-c", "true", NULL);
	return fail("/bin/sh");
}

/* Starts a shell, as a service would that was broken into. */
static int start_shell(char **arguments)
{
	pid_t child = fork();
	int status;

	(void)arguments;
	if (child == 0) {
		execl("/bin/sh", "sh", "-c", "true", NULL);
		_exit(127);
	}
	return waitpid(child, &status, 0) != child;
}

/* A shell on a local socket, as sshd gives one. */
static int local_shell(char **arguments)
{
	int ends[2];

	(void)arguments;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		return fail("socketpair");
	for (int fd = 0; fd < 3; fd++)
		dup2(ends[0], fd);
	execl("/bin/sh", "sh", "-c", "true", NULL);
	return fail("/bin/sh");
}

/* A datagram, or an attempt to connect. Whether anybody is there does not matter. */
static int reach(char **arguments)
{
	bool datagram = strcmp(arguments[0], "udp") == 0, six = strchr(arguments[1], ':');
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(atoi(arguments[2])) };
	struct sockaddr_in6 long_one = { .sin6_family = AF_INET6, .sin6_port = four.sin_port };
	struct sockaddr *address = six ? (struct sockaddr *)&long_one : (struct sockaddr *)&four;
	socklen_t size = six ? sizeof(long_one) : sizeof(four);
	int fd = socket(address->sa_family, datagram ? SOCK_DGRAM : SOCK_STREAM | SOCK_NONBLOCK, 0);

	inet_pton(address->sa_family, arguments[1], six ? (void *)&long_one.sin6_addr : &four.sin_addr);
	if (datagram)
		sendto(fd, "x", 1, 0, address, size);
	else
		connect(fd, address, size);
	return close(fd);
}

/* Connect to a local socket; "self": to one of its own. */
static int reach_socket(char **arguments)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), own = socket(AF_UNIX, SOCK_STREAM, 0);
	bool self = strcmp(arguments[0], "self") == 0;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", self ? "/tmp/own.sock" : arguments[0]);
	if (self && (bind(own, (struct sockaddr *)&address, sizeof(address)) || listen(own, 1)))
		return fail(address.sun_path);
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) ? fail(address.sun_path) : 0;
}

static struct sockaddr_in loopback(const char *port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(atoi(port)),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* A service of the plain kind: takes a connection, reads a request, answers with a page. */
static int serve(char **arguments)
{
	struct sockaddr_in address = loopback(arguments[0]);
	int fd = socket(AF_INET, SOCK_STREAM, 0), reuse = 1;
	static char page[4096];

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 16))
		return 1;
	for (;;) {
		int peer = accept(fd, NULL, NULL);
		char request[64];

		if (read(peer, request, sizeof(request)) > 0 && write(peer, page, sizeof(page)) < 0)
			return 1;
		close(peer);
	}
}

static int fetch(char **arguments)
{
	struct sockaddr_in address = loopback(arguments[0]);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char page[4096];

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) || write(fd, "x", 1) != 1)
		return 1;
	while (read(fd, page, sizeof(page)) > 0)
		;
	return close(fd);
}

/* A debugger of its own child. */
static int attach_to_child(char **arguments)
{
	pid_t child = fork();
	int status;

	(void)arguments;
	if (child == 0) {
		pause();
		_exit(0);
	}
	ptrace(PTRACE_ATTACH, child, NULL, NULL);
	waitpid(child, &status, __WALL);
	kill(child, SIGKILL);
	return 0;
}

/* A program that another user owns and that is setuid gives its rights to nobody in particular. */
static int become_root(char **arguments)
{
	if (setresuid(1000, 1000, 1000))
		return fail("setresuid");
	execl(arguments[0], "ops", "nothing", NULL);
	return fail(arguments[0]);
}

/* Moves itself into a cgroup. */
static int join_cgroup(char **arguments)
{
	int fd = open(arguments[0], O_WRONLY);

	return fd >= 0 && write(fd, "0", 1) == 1 ? 0 : fail(arguments[0]);
}

static int sleep_long(char **arguments)
{
	sleep(atoi(arguments[0]));
	return 0;
}

static const struct {
	const char *name;
	int (*run)(char **arguments);
	int count;
} commands[] = {
	{ "open-many", open_many, 2 },
	{ "open-rate", open_rate, 3 },
	{ "exec-many", exec_many, 1 },
	{ "read", read_by, 2 },
	{ "canary", canary, 2 },
	{ "canary-race", canary_race, 2 },
	{ "sleep", sleep_long, 1 },
	{ "nothing", nothing, 0 },
	{ "memory", run_from_memory, 0 },
	{ "reverse-shell", reverse_shell, 1 },
	{ "shell", start_shell, 0 },
	{ "local-shell", local_shell, 0 },
	{ "reach", reach, 3 },
	{ "reach-socket", reach_socket, 1 },
	{ "serve", serve, 1 },
	{ "fetch", fetch, 1 },
	{ "attach", attach_to_child, 0 },
	{ "become-root", become_root, 1 },
	{ "join-cgroup", join_cgroup, 1 },
};

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "call") == 0)
		return raw_call(argv + 2);
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0 && argc == commands[i].count + 2)
			return commands[i].run(argv + 2);
	fprintf(stderr, "ops: unknown command or wrong number of arguments\n");
	return 2;
}
