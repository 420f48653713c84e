/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What picket counts for each cgroup: the one table behind the BPF programs,
 * the metrics, their documentation and the tests.
 *
 * Each container owns one slot: a struct picket_counters in an mmapable
 * array. BPF programs add to it atomically, the daemon reads it in place.
 */
#ifndef PICKET_COUNTERS_H
#define PICKET_COUNTERS_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

/* FAMILY(id, metric name without _total, unit ("" = none), help) */
#define PICKET_FAMILIES(FAMILY) \
	FAMILY(PROCESS_EXECS, "picket_process_execs", "", "Programs started (execve).") \
	FAMILY(PROCESS_FORKS, "picket_process_forks", "", "Processes created; threads are not counted.") \
	FAMILY(PROCESS_EXITS, "picket_process_exits", "", "Processes ended, by how they ended.") \
	FAMILY(FILE_OPENS, "picket_file_opens", "", "Files opened, by what the descriptor allows.") \
	FAMILY(FILE_OPEN_FAILURES, "picket_file_open_failures", "", "Opens refused by the kernel, by error.") \
	FAMILY(NETWORK_CONNECTS, "picket_network_connects", "", \
	       "Connections attempted, by network type and transport.") \
	FAMILY(NETWORK_CONNECT_FAILURES, "picket_network_connect_failures", "", "Connections that failed, by error.") \
	FAMILY(SETUP_OPERATIONS, "picket_setup_operations", "", \
	       "Operations of the container runtime inside a container's cgroup before the workload's own first " \
	       "instruction. They raise no rule.")

/* COUNTER(id, family, labels: "name=value,name=value" or "") */
#define PICKET_COUNTERS(COUNTER) \
	COUNTER(PROCESS_EXECS, PROCESS_EXECS, "") \
	COUNTER(PROCESS_FORKS, PROCESS_FORKS, "") \
	COUNTER(PROCESS_EXITS_EXITED, PROCESS_EXITS, "reason=exited") \
	COUNTER(PROCESS_EXITS_SIGNAL, PROCESS_EXITS, "reason=signal") \
	COUNTER(PROCESS_EXITS_OOM, PROCESS_EXITS, "reason=oom_kill") \
	COUNTER(FILE_OPENS_READ, FILE_OPENS, "access=read") \
	COUNTER(FILE_OPENS_WRITE, FILE_OPENS, "access=write") \
	COUNTER(FILE_OPENS_CREATE, FILE_OPENS, "access=create") \
	COUNTER(FILE_OPENS_PATH, FILE_OPENS, "access=path") \
	COUNTER(FILE_OPEN_FAILURES_ENOENT, FILE_OPEN_FAILURES, "error=ENOENT") \
	COUNTER(FILE_OPEN_FAILURES_EACCES, FILE_OPEN_FAILURES, "error=EACCES") \
	COUNTER(FILE_OPEN_FAILURES_EPERM, FILE_OPEN_FAILURES, "error=EPERM") \
	COUNTER(FILE_OPEN_FAILURES_OTHER, FILE_OPEN_FAILURES, "error=other") \
	COUNTER(NETWORK_CONNECTS_TCP4, NETWORK_CONNECTS, "type=ipv4,transport=tcp") \
	COUNTER(NETWORK_CONNECTS_TCP6, NETWORK_CONNECTS, "type=ipv6,transport=tcp") \
	COUNTER(NETWORK_CONNECTS_UDP4, NETWORK_CONNECTS, "type=ipv4,transport=udp") \
	COUNTER(NETWORK_CONNECTS_UDP6, NETWORK_CONNECTS, "type=ipv6,transport=udp") \
	COUNTER(NETWORK_CONNECTS_OTHER, NETWORK_CONNECTS, "type=other,transport=other") \
	COUNTER(NETWORK_CONNECT_FAILURES_REFUSED, NETWORK_CONNECT_FAILURES, "error=ECONNREFUSED") \
	COUNTER(NETWORK_CONNECT_FAILURES_TIMEOUT, NETWORK_CONNECT_FAILURES, "error=ETIMEDOUT") \
	COUNTER(NETWORK_CONNECT_FAILURES_UNREACHABLE, NETWORK_CONNECT_FAILURES, "error=unreachable") \
	COUNTER(NETWORK_CONNECT_FAILURES_DENIED, NETWORK_CONNECT_FAILURES, "error=denied") \
	COUNTER(NETWORK_CONNECT_FAILURES_OTHER, NETWORK_CONNECT_FAILURES, "error=other") \
	COUNTER(SETUP_EXECS, SETUP_OPERATIONS, "operation=exec") \
	COUNTER(SETUP_OPENS, SETUP_OPERATIONS, "operation=open") \
	COUNTER(SETUP_CONNECTS, SETUP_OPERATIONS, "operation=connect")

#define PICKET_FAMILY_ENUM(id, name, unit, help) PICKET_FAMILY_##id,
enum picket_family { PICKET_FAMILIES(PICKET_FAMILY_ENUM) PICKET_FAMILY_COUNT };
#undef PICKET_FAMILY_ENUM

#define PICKET_COUNTER_ENUM(id, family, labels) PICKET_COUNTER_##id,
enum picket_counter { PICKET_COUNTERS(PICKET_COUNTER_ENUM) PICKET_COUNTER_COUNT };
#undef PICKET_COUNTER_ENUM

/*
 * One slot. class is written by the daemon, setup and value[] by BPF programs
 * (and by the daemon when it folds a nested cgroup's slot into its container's).
 */
struct picket_counters {
	__u32 class; /* PICKET_CGROUP_* */
	__u32 setup; /* > 0: the runtime has, or had, processes of its own in the cgroup */
	__u64 value[PICKET_COUNTER_COUNT];
};

/* Slots that no container owns. */
#define PICKET_SLOT_HOST 0     /* every task outside a workload's cgroup */
#define PICKET_SLOT_OVERFLOW 1 /* cgroups made while no slot was free */
#define PICKET_SLOT_FIRST 2

/* How the kernel treats the tasks of a cgroup. */
#define PICKET_CGROUP_UNKNOWN 0	  /* made, not classified yet: rules see it as a container */
#define PICKET_CGROUP_CONTAINER 1 /* a container, or below one: descendants inherit the slot */
#define PICKET_CGROUP_HOST 2	  /* the host's: counted on PICKET_SLOT_HOST */

/* Value of the map cgroup id -> slot. */
struct picket_cgroup {
	__u32 slot;
	__u32 pad;
};

#endif
