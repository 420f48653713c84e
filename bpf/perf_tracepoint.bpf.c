// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What processors did for a container.
 *
 * One program for all containers instead of perf events for each of them: those
 * are descriptors, containers x processors x events. The kernel keeps a thread's
 * time and faults in its task_struct anyway: what was added since it was looked
 * at last is its container's. The processor counts whoever runs, so there it is
 * what was added between two switches. Page faults themselves cost nothing more.
 */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "subject.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Set by the loader: bit per enum picket_perf_event that this machine's processors count. */
const volatile __u32 perf_events_open SEC(".rodata.picket_perf") = 0;

struct perf_reading {
	__u64 counter, enabled, running; /* of bpf_perf_event_read_value() */
};

/* What a processor had counted when its task came, or was last accounted for. */
struct perf_mark {
	struct perf_reading events[PICKET_PERF_EVENT_COUNT];
	__u32 pid;   /* of the task */
	__u32 valid; /* bit per event that could be read */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct perf_mark);
} perf_marks SEC(".maps");

/* What the kernel had noted of a thread of a container when it was looked at last. */
struct perf_task {
	__u64 started_ns; /* numbers of threads are used again */
	__u64 run_ns, minor_faults, major_faults;
};

/* By thread id. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, __u32);
	__type(value, struct perf_task);
} perf_tasks SEC(".maps");

/* processor * PICKET_PERF_EVENT_COUNT + event -> perf event */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(max_entries, 1024); /* loader */
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} perf_events SEC(".maps");

static __always_inline void add(const struct subject *subject, enum picket_counter counter, __u64 amount)
{
	if (amount)
		__sync_fetch_and_add(&subject->counters->value[counter], amount);
}

/*
 * Of a thread that is seen for the first time, only what is surely the container's counts: all, if it is new; else what
 * it ran since it was put on the processor last.
 */
static __always_inline void first_sight(struct perf_task *before, const struct perf_task *now, struct task_struct *task)
{
	bool is_new = BPF_CORE_READ(task, nvcsw) + BPF_CORE_READ(task, nivcsw) <= 1;

	*before = *now;
	before->run_ns = is_new ? 0 : BPF_CORE_READ(task, se.prev_sum_exec_runtime);
	if (before->run_ns > now->run_ns)
		before->run_ns = now->run_ns;
	if (is_new)
		before->minor_faults = before->major_faults = 0;
}

static __always_inline void account_task(const struct subject *subject, struct task_struct *task, __u32 pid)
{
	struct perf_task now = {
		.started_ns = BPF_CORE_READ(task, start_boottime),
		.run_ns = BPF_CORE_READ(task, se.sum_exec_runtime),
		.minor_faults = BPF_CORE_READ(task, min_flt),
		.major_faults = BPF_CORE_READ(task, maj_flt),
	};
	struct perf_task *known = bpf_map_lookup_elem(&perf_tasks, &pid), before;

	if (known && known->started_ns == now.started_ns)
		before = *known;
	else
		first_sight(&before, &now, task);
	add(subject, PICKET_COUNTER_PERF_TASK_CLOCK, now.run_ns - before.run_ns);
	add(subject, PICKET_COUNTER_PERF_PAGE_FAULTS_MINOR, now.minor_faults - before.minor_faults);
	add(subject, PICKET_COUNTER_PERF_PAGE_FAULTS_MAJOR, now.major_faults - before.major_faults);
	if (known)
		*known = now;
	else
		bpf_map_update_elem(&perf_tasks, &pid, &now, BPF_ANY);
}

static __always_inline void read_events(struct perf_mark *mark)
{
	__u32 first = bpf_get_smp_processor_id() * PICKET_PERF_EVENT_COUNT;
	int i;

	mark->valid = 0;
#pragma unroll
	for (i = 0; i < PICKET_PERF_EVENT_COUNT; i++)
		if (perf_events_open & 1U << i &&
		    !bpf_perf_event_read_value(&perf_events, first + i, (void *)&mark->events[i],
					       sizeof(mark->events[i])))
			mark->valid |= 1U << i;
}

/* Events share the processor's few counters in turn: what was not watched is taken to have been like the rest. */
static __always_inline __u64 event_amount(const struct perf_reading *from, const struct perf_reading *to)
{
	__u64 counter = to->counter - from->counter, enabled = to->enabled - from->enabled;
	__u64 running = to->running - from->running;

	if (to->counter < from->counter || to->enabled < from->enabled || !running)
		return 0; /* opened anew meanwhile, or not watched at all */
	return running < enabled ? counter * enabled / running : counter;
}

static __always_inline void add_events(const struct subject *subject, const struct perf_mark *from,
				       const struct perf_mark *to)
{
	int i;

#pragma unroll
	for (i = 0; i < PICKET_PERF_EVENT_COUNT; i++)
		if (from->valid & to->valid & 1U << i)
			add(subject, PICKET_COUNTER_PERF_CPU_CYCLES + i,
			    event_amount(&from->events[i], &to->events[i]));
}

/* What the processor counted since the mark was the task's that runs; the next one's from now on. */
static __always_inline void account_events(const struct subject *subject, __u32 pid, __u32 next_pid)
{
	struct perf_mark *mark, before;
	__u32 zero = 0;

	mark = bpf_map_lookup_elem(&perf_marks, &zero);
	if (!mark)
		return;
	before = *mark;
	read_events(mark);
	mark->pid = next_pid;
	if (before.pid == pid && subject->counters && subject->class != PICKET_CGROUP_HOST)
		add_events(subject, &before, mark);
}

/* @task runs here, and is followed by thread @next_pid. */
static __always_inline void account(struct task_struct *task, __u32 pid, __u32 next_pid, __u32 switches)
{
	struct subject subject = subject_of_cgroup(bpf_get_current_cgroup_id());

	if (perf_events_open)
		account_events(&subject, pid, next_pid);
	if (!pid || !subject.counters || subject.class == PICKET_CGROUP_HOST)
		return;
	add(&subject, PICKET_COUNTER_PERF_CONTEXT_SWITCHES, switches);
	account_task(&subject, task, pid);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(perf_switch, bool preempt, struct task_struct *previous, struct task_struct *next)
{
	account(previous, BPF_CORE_READ(previous, pid), BPF_CORE_READ(next, pid), 1);
	return 0;
}

/* Run on each processor before a scrape: a task that is never interrupted counts, too. */
SEC("raw_tp")
int perf_flush(void *context)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	__u32 pid = bpf_get_current_pid_tgid();

	account(task, pid, pid, 0);
	return 0;
}
