/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/perf_events.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "picket/perf.h"

#define EVENT_CONFIG(id, config, name, help, X) config,
static const uint64_t configs[] = { PICKET_PERF_EVENTS(EVENT_CONFIG, ) };

struct perf_events {
	int cpus;
	uint32_t mask;
	int fds[]; /* -1: none; a processor that is off has none */
};

static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit); /* what does not fit is told when it is opened */
}

/* Whether there is no such counter, rather than that it cannot be had. */
static bool is_missing(int error)
{
	return error == ENOENT || error == EOPNOTSUPP || error == ENOSYS || error == EINVAL;
}

static int open_one(enum picket_perf_event event, int cpu)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attributes),
		.config = configs[event],
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
	};

	return (int)syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

static void close_event(struct perf_events *events, enum picket_perf_event event)
{
	for (int cpu = 0; cpu < events->cpus; cpu++) {
		int *fd = &events->fds[cpu * PICKET_PERF_EVENT_COUNT + event];

		if (*fd >= 0)
			close(*fd);
		*fd = -1;
	}
}

/* On all processors that are on, or on none. Return: 0, errno. */
static int open_event(struct perf_events *events, enum picket_perf_event event)
{
	int opened = 0;

	for (int cpu = 0; cpu < events->cpus; cpu++) {
		int fd = open_one(event, cpu), error = errno;

		events->fds[cpu * PICKET_PERF_EVENT_COUNT + event] = fd;
		opened += fd >= 0;
		if (fd < 0 && error != ENODEV) {
			close_event(events, event);
			return error;
		}
	}
	return opened ? 0 : ENOENT;
}

int perf_events_open(struct perf_events **ret_events, uint64_t *ret_failures, char *reason, size_t reason_size)
{
	int cpus = libbpf_num_possible_cpus();
	struct perf_events *events;

	if (cpus < 1)
		cpus = 1;
	events = malloc(sizeof(*events) + sizeof(events->fds[0]) * cpus * PICKET_PERF_EVENT_COUNT);
	if (!events)
		return -ENOMEM;
	events->cpus = cpus;
	events->mask = 0;
	for (int i = 0; i < cpus * PICKET_PERF_EVENT_COUNT; i++)
		events->fds[i] = -1;
	raise_file_limit();
	reason[0] = '\0';
	for (int event = 0; event < PICKET_PERF_EVENT_COUNT; event++) {
		int error = open_event(events, event);

		if (!error)
			events->mask |= 1U << event;
		else
			snprintf(reason, reason_size, "the processors' counters are %s: %s",
				 is_missing(error) ? "not to be had here" : "not all open", strerror(error));
		*ret_failures += error && !is_missing(error);
	}
	*ret_events = events;
	return 0;
}

void perf_events_close(struct perf_events *events)
{
	for (int event = 0; events && event < PICKET_PERF_EVENT_COUNT; event++)
		close_event(events, event);
	free(events);
}

uint32_t perf_events_mask(const struct perf_events *events)
{
	return events ? events->mask : 0;
}

int perf_events_install(const struct perf_events *events, int map_fd)
{
	for (uint32_t i = 0; i < (uint32_t)events->cpus * PICKET_PERF_EVENT_COUNT; i++)
		if (events->fds[i] >= 0 && bpf_map_update_elem(map_fd, &i, &events->fds[i], BPF_ANY))
			return -errno;
	return 0;
}

int perf_events_flush(int program_fd)
{
	int cpus = libbpf_num_possible_cpus();

	for (int cpu = 0; cpu < cpus; cpu++) {
		LIBBPF_OPTS(bpf_test_run_opts, options, .flags = BPF_F_TEST_RUN_ON_CPU, .cpu = cpu);

		if (bpf_prog_test_run_opts(program_fd, &options) && errno != ENXIO) /* it is off */
			return -errno;
	}
	return 0;
}
