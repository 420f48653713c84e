/* SPDX-License-Identifier: GPL-2.0-only */
/* More events than there is room for: each is read, or counted as lost on the processor that it happened on. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "suite_internal.h"

#define PROCESSES 2
#define OPENS 15000 /* by each: several times the buffer */
#define ATTEMPTS 3

static int use_processor(unsigned int wanted)
{
	cpu_set_t allowed, one;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return -errno;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed) || wanted--)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		return sched_setaffinity(0, sizeof(one), &one) ? -errno : cpu;
	}
	return -ENOENT;
}

/* Enter the cgroup, open as often as can be, and stay until all is counted. */
static void flood(unsigned int number, int go_fd)
{
	char path[300], byte;
	int fd;

	if (use_processor(number) < 0)
		use_processor(0);
	snprintf(path, sizeof(path), "%s/cgroup.procs", suite.cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		_exit(1);
	close(fd);
	for (int i = 0; i < OPENS; i++)
		close(syscall(SYS_openat, AT_FDCWD, suite.place.secret, O_RDONLY));
	raise(SIGSTOP);
	(void)!read(go_fd, &byte, 1);
	_exit(0);
}

static uint64_t lost_on_all(const struct self_metrics *metrics)
{
	uint64_t sum = 0;

	for (int i = 0; i < SELF_CPUS; i++)
		sum += metrics->lost_by_cpu[i];
	return sum;
}

/* Return: how many events of them were read. */
static size_t flood_all(void)
{
	pid_t children[PROCESSES];
	int go[2];

	if (pipe(go))
		return 0;
	kernel_drain(suite.kernel);
	suite.flood_count = 0;
	suite.foreign = 0;
	for (unsigned int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			close(go[1]);
			flood(i, go[0]);
		}
	}
	for (unsigned int i = 0; i < PROCESSES; i++)
		waitpid(children[i], NULL, WUNTRACED);
	kernel_drain(suite.kernel);
	kernel_tick(suite.kernel);
	close(go[1]);
	close(go[0]);
	for (unsigned int i = 0; i < PROCESSES; i++) {
		kill(children[i], SIGCONT);
		waitpid(children[i], NULL, 0);
	}
	return suite.flood_count;
}

void suite_flood(void)
{
	uint64_t before = 0, lost = 0, by_cpu = 0;
	bool exact = false;
	size_t read = 0;

	for (int i = 0; i < ATTEMPTS; i++) {
		kernel_tick(suite.kernel);
		before = suite.metrics.lost[LOST_TRANSPORT];
		read = flood_all();
		lost = suite.metrics.lost[LOST_TRANSPORT] - before;
		by_cpu = lost_on_all(&suite.metrics);
		/* of what others do on this machine some may have been lost as well */
		exact = read + lost == PROCESSES * OPENS || (suite.foreign && read + lost > PROCESSES * OPENS);
		if (read + lost == PROCESSES * OPENS)
			break;
	}
	suite_report(lost && exact && by_cpu == suite.metrics.lost[LOST_TRANSPORT] ? "PASS" : "FAIL", "transport/flood",
		     "%u opens, %zu read, %llu lost; %llu by processor, of all", PROCESSES * OPENS, read,
		     (unsigned long long)lost, (unsigned long long)by_cpu);
}
