/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records per second that user space takes without loss, ring buffer and perf buffer: sent by a program on one
 * processor; read and checked on another by the code that the daemon uses, and then judged by the built-in rules, too.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "event_loop.h"
#include "kernel/event_source.h"
#include "state/rules.h"
#include "transport.skel.h"

#define BURST 16
#define BACKLOG 256.0
#define TRIES 3
#define BUDGET 300000
#define BUFFER_BYTES (2 << 20) /* the daemon's default */
#define STEP_SECONDS 0.7

static struct bench {
	struct transport *transport;
	struct rule_set *rules;
	bool judges;
	struct container container;
	struct event_loop *loop;
	atomic_ulong received;
	atomic_bool ended;
	double rate; /* records per second: asked for, and then reached */
	unsigned long sent;
} bench;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* One processor, before all others that want it. */
static void pin_to(int processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	sched_setaffinity(0, sizeof(set), &set);
	setpriority(PRIO_PROCESS, gettid(), -20);
}

static void on_record(void *context, const void *record, size_t size)
{
	struct event_context event = { .event = record, .container = &bench.container };
	const struct rule *matches[8];

	(void)context;
	if (!event_valid(record, size))
		abort();
	if (bench.judges)
		rules_judge(bench.rules, &event, matches, ARRAY_SIZE(matches));
	bench.received++;
}

static void *send_records(void *unused)
{
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, options);
	int program = bpf_program__fd(bench.transport->progs.send_burst);
	double start, due;

	(void)unused;
	pin_to(sysconf(_SC_NPROCESSORS_ONLN) - 1);
	start = due = now();
	for (double time = start; time < start + STEP_SECONDS; time = now()) {
		if (time < due)
			continue;
		if (bpf_prog_test_run_opts(program, &options))
			abort();
		bench.sent += BURST;
		due += BURST / bench.rate;
		if (due < time - BACKLOG / bench.rate) /* it was held up: that is not made good by a flood */
			due = time - BACKLOG / bench.rate;
	}
	bench.rate = bench.sent / (now() - start);
	bench.ended = true;
	return NULL;
}

static unsigned long lost(void)
{
	unsigned long sum = 0, values[256] = {};
	unsigned int zero = 0;

	bpf_map_lookup_elem(bpf_map__fd(bench.transport->maps.lost), &zero, values);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		sum += values[i];
	return sum;
}

static void on_tick(void *context)
{
	(void)context;
	if (bench.ended)
		event_loop_stop(bench.loop);
}

/* Return: records per second that came without loss, when this rate is asked for; 0: some were lost. */
static double reach(double rate, struct event_source *source)
{
	unsigned long lost_before = lost();
	pthread_t thread;

	bench.rate = rate;
	bench.sent = 0;
	bench.received = 0;
	bench.ended = false;
	if (pthread_create(&thread, NULL, send_records, NULL))
		abort();
	event_loop_run(bench.loop);
	pthread_join(thread, NULL);
	event_source_drain(source);
	return lost() == lost_before ? bench.rate : 0;
}

static void measure(bool perf_buffer, bool judges)
{
	struct object_maps maps = {};
	struct event_source *source;
	double best = 0;

	bench.judges = judges;
	bench.transport = transport__open();
	bpf_map__set_max_entries(bench.transport->maps.events, BUFFER_BYTES);
	bench.transport->rodata_picket->use_perf_buffer = perf_buffer;
	if (transport__load(bench.transport) || event_loop_new(&bench.loop))
		exit(1);
	object_maps_take(&maps, "events", dup(bpf_map__fd(bench.transport->maps.events)));
	object_maps_take(&maps, "events_perf", dup(bpf_map__fd(bench.transport->maps.events_perf)));
	if (event_source_open(bench.loop, &maps, perf_buffer, BUFFER_BYTES, on_record, NULL, &source) ||
	    event_loop_add_timer(bench.loop, 10, on_tick, NULL) < 0)
		exit(1);
	for (double rate = 100e3, reached = 1; rate <= 4e6 && reached; rate *= 1.3) {
		reached = 0;
		for (int i = 0; i < TRIES && !reached; i++) /* the machine may have been busy */
			reached = reach(rate, source);
		best = reached > best ? reached : best;
	}
	printf("%s buffer, %-33s %10.0f /s   %s\n", perf_buffer ? "perf" : "ring",
	       judges ? "judged by the default rules" : "read and checked", best,
	       judges ? "" : (best >= BUDGET ? "budget 300000 /s ok" : "budget 300000 /s OVER"));
	fflush(stdout);
	event_source_close(source);
	object_maps_close(&maps);
	event_loop_free(bench.loop);
	transport__destroy(bench.transport);
}

static void no_report(void *context, const char *message)
{
	(void)context;
	fprintf(stderr, "%s\n", message);
}

int main(void)
{
	if (rules_load(NULL, 0, true, no_report, NULL, &bench.rules))
		return 1;
	bench.container = (struct container){ .cgroup_id = 1,
					      .id = "0123",
					      .name = "bench",
					      .image = "",
					      .pod = "",
					      .namespace = "",
					      .pod_uid = "",
					      .runtime = "docker",
					      .cgroup_path = "/" };
	pin_to(0);
	measure(false, false);
	measure(true, false);
	measure(false, true);
	measure(true, true);
	rules_free(bench.rules);
	return 0;
}
