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

#include "operations.h"
#include "perf.h"

/* FAMILY(id, metric name without _total, unit ("" = none), help) */
#define PICKET_FAMILIES(FAMILY) \
	FAMILY(PROCESS_EXECS, "picket_process_execs", "", "Programs started (execve).") \
	FAMILY(PROCESS_FORKS, "picket_process_forks", "", "Processes created; threads are not counted.") \
	FAMILY(PROCESS_EXITS, "picket_process_exits", "", "Processes ended, by how they ended.") \
	FAMILY(FILE_OPENS, "picket_file_opens", "", "Files opened, by what the descriptor allows.") \
	FAMILY(FILE_OPEN_FAILURES, "picket_file_open_failures", "", "Opens refused by the kernel, by error.") \
	FAMILY(FILE_MODIFICATIONS, "picket_file_modifications", "", \
	       "Files changed by name or descriptor other than by writing, by what was done.") \
	FAMILY(NETWORK_CONNECTS, "picket_network_connects", "", \
	       "Connections attempted, by network type and transport.") \
	FAMILY(NETWORK_CONNECT_FAILURES, "picket_network_connect_failures", "", "Connections that failed, by error.") \
	FAMILY(UNIX_CONNECTS, "picket_unix_connects", "", "Connections to local sockets attempted.") \
	FAMILY(NETWORK_BINDS, "picket_network_binds", "", "Sockets bound to an address of their own.") \
	FAMILY(NETWORK_LISTENS, "picket_network_listens", "", "Sockets that began to listen.") \
	FAMILY(NETWORK_ACCEPTS, "picket_network_accepts", "", "Connections accepted.") \
	FAMILY(NETWORK_DATAGRAMS, "picket_network_datagrams", "", \
	       "Datagrams sent to an address that was given with each (unconnected UDP).") \
	FAMILY(NETWORK_SOCKETS, "picket_network_sockets", "", \
	       "Sockets made that few workloads need, by kind: raw, packet, vsock.") \
	FAMILY(NETWORK_TRANSMIT_BYTES, "picket_network_transmit_bytes", "bytes", \
	       "Bytes sent, with the headers of the network layer; loopback included.") \
	FAMILY(NETWORK_RECEIVE_BYTES, "picket_network_receive_bytes", "bytes", \
	       "Bytes received, with the headers of the network layer; loopback included.") \
	FAMILY(NETWORK_TRANSMIT_PACKETS, "picket_network_transmit_packets", "", "Packets sent.") \
	FAMILY(NETWORK_RECEIVE_PACKETS, "picket_network_receive_packets", "", "Packets received.") \
	FAMILY(PRIVILEGED_OPERATIONS, "picket_privileged_operations", "", \
	       "System calls that ordinary workloads have no use for, attempts included, by operation.") \
	FAMILY(CREDENTIAL_CHANGES, "picket_credential_changes", "", \
	       "Processes that gained rights: by a setuid program or call, or without any (unexplained).") \
	FAMILY(ISOLATION_BREAKS, "picket_isolation_breaks", "", \
	       "Processes of a container found outside what should hold them, by boundary.") \
	FAMILY(SYSCALL_DENIALS, "picket_syscall_denials", "", "System calls refused for lack of rights, by error.") \
	FAMILY(SIGNALS, "picket_signals", "", "Deadly signals received, by signal.") \
	FAMILY(DEVICE_OPENS, "picket_device_opens", "", "Devices opened, by kind of device.") \
	FAMILY(TEE_ATTESTATIONS, "picket_tee_attestations", "", \
	       "Requests for a report, quote or key of a trusted execution environment.") \
	FAMILY(TEE_ATTESTATION_FAILURES, "picket_tee_attestation_failures", "", "Those requests that failed.") \
	FAMILY(SETUP_OPERATIONS, "picket_setup_operations", "", \
	       "Operations of the container runtime inside a container's cgroup before the workload's own first " \
	       "instruction. They raise no rule.") \
	PICKET_PERF_FAMILIES(FAMILY)

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
	PICKET_MODIFICATIONS(PICKET_MODIFICATION_COUNTER, COUNTER) \
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
	COUNTER(UNIX_CONNECTS, UNIX_CONNECTS, "") \
	COUNTER(NETWORK_BINDS, NETWORK_BINDS, "") \
	COUNTER(NETWORK_LISTENS, NETWORK_LISTENS, "") \
	COUNTER(NETWORK_ACCEPTS, NETWORK_ACCEPTS, "") \
	COUNTER(NETWORK_DATAGRAMS, NETWORK_DATAGRAMS, "") \
	COUNTER(NETWORK_SOCKETS_RAW, NETWORK_SOCKETS, "kind=raw") \
	COUNTER(NETWORK_SOCKETS_PACKET, NETWORK_SOCKETS, "kind=packet") \
	COUNTER(NETWORK_SOCKETS_VSOCK, NETWORK_SOCKETS, "kind=vsock") \
	COUNTER(NETWORK_TRANSMIT_BYTES, NETWORK_TRANSMIT_BYTES, "") \
	COUNTER(NETWORK_RECEIVE_BYTES, NETWORK_RECEIVE_BYTES, "") \
	COUNTER(NETWORK_TRANSMIT_PACKETS, NETWORK_TRANSMIT_PACKETS, "") \
	COUNTER(NETWORK_RECEIVE_PACKETS, NETWORK_RECEIVE_PACKETS, "") \
	PICKET_OPERATIONS(PICKET_OPERATION_COUNTER, COUNTER) \
	COUNTER(CREDENTIAL_CHANGES_ROOT, CREDENTIAL_CHANGES, "change=root") \
	COUNTER(CREDENTIAL_CHANGES_CAPABILITIES, CREDENTIAL_CHANGES, "change=capabilities") \
	COUNTER(CREDENTIAL_CHANGES_UNEXPLAINED, CREDENTIAL_CHANGES, "change=unexplained") \
	PICKET_BOUNDARIES(PICKET_BOUNDARY_COUNTER, COUNTER) \
	COUNTER(SYSCALL_DENIALS_EPERM, SYSCALL_DENIALS, "error=EPERM") \
	COUNTER(SYSCALL_DENIALS_EACCES, SYSCALL_DENIALS, "error=EACCES") \
	COUNTER(SIGNALS_KILL, SIGNALS, "signal=SIGKILL") \
	COUNTER(SIGNALS_SEGV, SIGNALS, "signal=SIGSEGV") \
	COUNTER(SIGNALS_SYS, SIGNALS, "signal=SIGSYS") \
	PICKET_DEVICES(PICKET_DEVICE_COUNTER, COUNTER) \
	PICKET_TEES(PICKET_TEE_COUNTER, COUNTER) \
	PICKET_TEES(PICKET_TEE_FAILURE_COUNTER, COUNTER) \
	COUNTER(SETUP_EXECS, SETUP_OPERATIONS, "operation=exec") \
	COUNTER(SETUP_OPENS, SETUP_OPERATIONS, "operation=open") \
	COUNTER(SETUP_CONNECTS, SETUP_OPERATIONS, "operation=connect") \
	COUNTER(SETUP_MODIFICATIONS, SETUP_OPERATIONS, "operation=modify") \
	COUNTER(SETUP_PRIVILEGED, SETUP_OPERATIONS, "operation=privileged") \
	PICKET_PERF_COUNTERS(COUNTER)

#define PICKET_FAMILY_ENUM(id, name, unit, help) PICKET_FAMILY_##id,
enum picket_family { PICKET_FAMILIES(PICKET_FAMILY_ENUM) PICKET_FAMILY_COUNT };
#undef PICKET_FAMILY_ENUM

#define PICKET_COUNTER_ENUM(id, family, labels) PICKET_COUNTER_##id,
enum picket_counter { PICKET_COUNTERS(PICKET_COUNTER_ENUM) PICKET_COUNTER_COUNT };
#undef PICKET_COUNTER_ENUM

/* From here on, only --collector.perf counts. */
#define PICKET_FAMILY_PERF_FIRST PICKET_FAMILY_PERF_TASK_CLOCK
#define PICKET_COUNTER_PERF_FIRST PICKET_COUNTER_PERF_TASK_CLOCK

/*
 * One slot. class is written by the daemon, setup, namespaces and value[] by BPF programs
 * (and by the daemon when it folds a nested cgroup's slot into its container's).
 */
struct picket_counters {
	__u32 class;	  /* PICKET_CGROUP_* */
	__u32 setup;	  /* > 0: the runtime has, or had, processes of its own in the cgroup */
	__u32 isolated;	  /* 1: a sandbox, a VM or a module; its programs are worth a look */
	__u32 namespaces; /* PICKET_NAMESPACE_*: those of the host that its runtime gave it; see bpf/boundary.h */
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
#define PICKET_CGROUP_SPARED 3	  /* a container that is never killed, denied anything or stopped */

/* Value of the map cgroup id -> slot. */
struct picket_cgroup {
	__u32 slot;
	__u32 pad;
};

/* Value of the map of the runtime's processes inside a container's cgroup: what they are until the workload begins. */
struct picket_setup_task {
	__u32 runtime_namespace; /* the mount namespace of who put it there */
	__u32 starting;		 /* it entered in the midst of execve(2): that program is the runtime's still */
};

#endif
