/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's half of picket, seen from the daemon: sensors, counters, the
 * map of cgroups, the policy, the events.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include "event_loop.h"
#include "kernel/event_source.h"
#include "kernel/sensors.h"
#include "state/counter_table.h"
#include "state/policy_compile.h"
#include "state/self_metrics.h"

struct kernel;

struct kernel_options {
	struct sensors_options sensors;
	const char *procfs_path; /* where pid 1 is the host's */
	event_source_record *on_record;
	void *context;
};

/**
 * kernel_open() - load all, attach nothing.
 * @metrics: sensors[] and lost[] are kept up to date.
 * @reason: a sentence when it fails.
 */
int kernel_open(struct event_loop *loop, const struct kernel_options *options, struct self_metrics *metrics,
		struct kernel **ret_kernel, char *reason, size_t reason_size);

/** kernel_attach() - start the sensors. Slots, policy and cgroups should be there before. See sensors_attach(). */
int kernel_attach(struct kernel *kernel);

/** kernel_inherits() - whether the counters of an earlier daemon go on; @whole: its programs as well. */
bool kernel_inherits(const struct kernel *kernel, bool whole);

/** kernel_left_behind() - whether an earlier daemon's counters are of no use, and gone. */
bool kernel_left_behind(const struct kernel *kernel);

/** kernel_waiting_slots() - the slots that wait in the kernel's queue, up to @max; they stay there. Return: how many. */
size_t kernel_waiting_slots(struct kernel *kernel, uint32_t *ret_slots, size_t max);

/** kernel_each_cgroup() - all cgroups that the kernel has a slot for. @each may change or forget them. */
void kernel_each_cgroup(struct kernel *kernel, void (*each)(void *context, uint64_t cgroup_id, uint32_t slot),
			void *context);

/** kernel_set_device() - see sensors_set_device(). Return: 0, -errno. */
int kernel_set_device(struct kernel *kernel, uint32_t node, enum picket_device device);

/** kernel_drain() - judge what the kernel has already sent. */
void kernel_drain(struct kernel *kernel);
void kernel_close(struct kernel *kernel);

/** kernel_counters() - the mapped array; borrowed until kernel_close(). */
struct counter_table kernel_counters(struct kernel *kernel);

/** kernel_offer_slot() - let cgroup_mkdir hand out @slot. Return: 0, -E2BIG when enough are on offer. */
int kernel_offer_slot(struct kernel *kernel, uint32_t slot);

/** kernel_find_cgroup() - the slot that the kernel knows for a cgroup; 0: none. */
uint32_t kernel_find_cgroup(const struct kernel *kernel, uint64_t cgroup_id);

/** kernel_set_cgroup() - count a cgroup on @slot; PICKET_SLOT_HOST forgets it. Return: 0, -errno. */
int kernel_set_cgroup(struct kernel *kernel, uint64_t cgroup_id, uint32_t slot);

/** kernel_set_isolated() - whether those on @slot are a sandbox, a VM or a module, in which no program should start. */
void kernel_set_isolated(struct kernel *kernel, uint32_t slot, bool isolated);

/** kernel_set_class() - PICKET_CGROUP_* of all cgroups counted on @slot. */
void kernel_set_class(struct kernel *kernel, uint32_t slot, uint32_t class);

/** kernel_give_namespaces() - those on @slot may be in any namespace of the host. */
void kernel_give_namespaces(struct kernel *kernel, uint32_t slot);

/** kernel_end_setup() - process @pid was born outside of its cgroup's workload, but is the workload itself. */
void kernel_end_setup(struct kernel *kernel, uint32_t pid);

/** kernel_carry_setup() - what was noticed of the runtime on slot @from, processes and what it gave, holds on @to. */
void kernel_carry_setup(struct kernel *kernel, uint32_t from, uint32_t to);

/** kernel_clear_slot() - all zero, for its next owner. */
void kernel_clear_slot(struct kernel *kernel, uint32_t slot);

/** kernel_denies_files() - whether the file sensor can refuse opens and starts of programs here. */
bool kernel_denies_files(const struct kernel *kernel);

/**
 * kernel_install_policy() - put the rules' kernel part in force, all at once.
 * Return: 0; -errno and the old policy stays in force.
 */
int kernel_install_policy(struct kernel *kernel, const struct compiled_policy *policy);

/** kernel_policy_generation() - what events carry that were asked for by the policy in force. */
uint32_t kernel_policy_generation(const struct kernel *kernel);

/** kernel_tick() - every second: forget what an old policy left, read the losses. */
void kernel_tick(struct kernel *kernel);

/** kernel_set_self() - which cgroup the daemon itself runs in: where its canaries are counted. */
void kernel_set_self(struct kernel *kernel, uint64_t cgroup_id);

/** kernel_check_canaries() - do one harmless thing through each sensor; those that miss it are down. */
void kernel_check_canaries(struct kernel *kernel);

/** kernel_flush_perf() - count the time of those, too, who have run without a break since they came. Return: 0, -errno. */
int kernel_flush_perf(void *kernel);

/** kernel_for_each_program() - run time of each program, where the kernel measures it (kernel.bpf_stats_enabled). */
void kernel_for_each_program(void *kernel, void (*each)(void *context, const char *name, double seconds, uint64_t runs),
			     void *context);

/** kernel_for_each_map() - the kernel memory of each map. */
void kernel_for_each_map(void *kernel, void (*each)(void *context, const char *name, uint64_t bytes), void *context);

#endif
