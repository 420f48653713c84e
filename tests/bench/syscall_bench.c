/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one operation costs: syscall_bench CGROUP_PROCS OPERATION COUNT
 *
 * Enters the cgroup ("-": stays), runs the operation COUNT times on one
 * processor, in 40 parts, and prints nanoseconds per operation: of the best
 * part, which nothing else on the machine disturbed, and of the median one. Operations: getppid,
 * open_close, open_many (of 4,096 files that bench.py makes), chmod and write (of the first of them), connect, unix (a local
 * socket that is connected to), exec, datagram (one of 100 bytes there and read), stream (64 KiB through a connection and
 * read).
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void do_getppid(void)
{
	syscall(SYS_getppid);
}

static void do_open_close(void)
{
	close(syscall(SYS_openat, AT_FDCWD, "/usr/lib/os-release", O_RDONLY, 0));
}

#define DIRECTORY "/tmp/picket-bench-files"
#define FILES 4096 /* more than any table of the kernel part remembers */

/* One of many files, each opened again after all others. */
static void do_open_many(void)
{
	static unsigned int next;
	static char paths[FILES][48];
	int fd;

	if (!paths[0][0])
		for (unsigned int i = 0; i < FILES; i++) {
			snprintf(paths[i], sizeof(paths[i]), DIRECTORY "/%u/%u", i / 64, i);
			fd = open(paths[i], O_RDONLY);
			if (fd < 0)
				abort();
			close(fd);
		}
	close(syscall(SYS_openat, AT_FDCWD, paths[next++ % FILES], O_RDONLY, 0));
}

static void do_chmod(void)
{
	static unsigned int last;

	if (chmod(DIRECTORY "/0/0", 0600 | (last++ & 1)))
		abort();
}

static void do_write(void)
{
	static int fd;

	if (!fd)
		fd = open(DIRECTORY "/0/0", O_WRONLY | O_CLOEXEC);
	if (pwrite(fd, "x", 1, 0) != 1)
		abort();
}

/* To a local socket that takes datagrams, so that nobody has to accept. */
static void do_unix(void)
{
	static struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = DIRECTORY "/socket" };
	static int peer;
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (!peer) {
		unlink(address.sun_path);
		peer = socket(AF_UNIX, SOCK_DGRAM, 0);
		if (bind(peer, (struct sockaddr *)&address, sizeof(address)))
			abort();
	}
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		abort();
	close(fd);
}

/* To a port of this machine where nobody listens. */
static void do_connect(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(1) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		abort();
	close(fd);
}

static void do_exec(void)
{
	pid_t child = vfork();

	if (child == 0) {
		execl("/bin/true", "true", NULL);
		_exit(127);
	}
	waitpid(child, NULL, 0);
}

/* Two sockets of @type, connected over the loopback interface: [0] sends, [1] receives. */
static void make_pair(int type, int ret_fds[2])
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int listener = socket(AF_INET, type, 0);
	socklen_t size = sizeof(address);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ret_fds[0] = socket(AF_INET, type, 0);
	if (bind(listener, (struct sockaddr *)&address, size) || (type == SOCK_STREAM && listen(listener, 1)) ||
	    getsockname(listener, (struct sockaddr *)&address, &size) ||
	    connect(ret_fds[0], (struct sockaddr *)&address, size))
		abort();
	ret_fds[1] = type == SOCK_STREAM ? accept(listener, NULL, NULL) : listener;
}

static void pass(const int fds[2], size_t size)
{
	static char bytes[65536];

	if (send(fds[0], bytes, size, 0) != (ssize_t)size)
		abort();
	for (ssize_t got; size; size -= got) {
		got = recv(fds[1], bytes, size, 0);
		if (got <= 0)
			abort();
	}
}

static void do_datagram(void)
{
	static int fds[2];

	if (!fds[0])
		make_pair(SOCK_DGRAM, fds);
	pass(fds, 100);
}

static void do_stream(void)
{
	static int fds[2];

	if (!fds[0])
		make_pair(SOCK_STREAM, fds);
	pass(fds, 65536);
}

static const struct {
	const char *name;
	void (*run)(void);
} operations[] = {
	{ "getppid", do_getppid },     { "open_close", do_open_close },
	{ "open_many", do_open_many }, { "connect", do_connect },
	{ "exec", do_exec },	       { "datagram", do_datagram },
	{ "stream", do_stream },       { "chmod", do_chmod },
	{ "write", do_write },	       { "unix", do_unix },
};

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

#define PARTS 40

static int compare(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static void measure(void (*run)(void), long count)
{
	double parts[PARTS];
	long each = count / PARTS ? count / PARTS : 1;

	run(); /* what it prepares once */
	for (size_t i = 0; i < PARTS; i++) {
		double start = now_ns();

		for (long j = 0; j < each; j++)
			run();
		parts[i] = (now_ns() - start) / each;
	}
	qsort(parts, PARTS, sizeof(parts[0]), compare);
	printf("%.1f %.1f\n", parts[0], parts[PARTS / 2]);
}

static void enter(const char *cgroup_procs)
{
	int fd;

	if (strcmp(cgroup_procs, "-") == 0)
		return;
	fd = open(cgroup_procs, O_WRONLY);
	if (fd < 0 || write(fd, "0", 1) != 1) {
		perror(cgroup_procs);
		exit(1);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	cpu_set_t one;

	if (argc != 4) {
		fprintf(stderr, "usage: syscall_bench CGROUP_PROCS|- OPERATION COUNT\n");
		return 2;
	}
	CPU_ZERO(&one);
	CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &one);
	sched_setaffinity(0, sizeof(one), &one);
	setpriority(PRIO_PROCESS, 0, -20); /* before whatever else runs on this machine */
	enter(argv[1]);
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		if (strcmp(operations[i].name, argv[2]) != 0)
			continue;
		measure(operations[i].run, strtol(argv[3], NULL, 10));
		return 0;
	}
	fprintf(stderr, "syscall_bench: no operation %s\n", argv[2]);
	return 2;
}
