/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names of what can be done to files, to the system and to devices: one list
 * each, behind the counters, the events, the fields of rules and the labels.
 *
 * Each list is a macro of two arguments, so that another table can take it in:
 * ENTRY(id, name, C) expands to whatever it wants; C is handed through.
 */
#ifndef PICKET_OPERATIONS_H
#define PICKET_OPERATIONS_H

/* Changes of files other than by writing into them. */
#define PICKET_MODIFICATIONS(ENTRY, C) \
	ENTRY(DELETE, "delete", C) \
	ENTRY(RENAME, "rename", C) \
	ENTRY(LINK, "link", C) \
	ENTRY(SYMLINK, "symlink", C) \
	ENTRY(MKDIR, "mkdir", C) \
	ENTRY(MKNOD, "mknod", C) \
	ENTRY(MODE, "mode", C) \
	ENTRY(OWNER, "owner", C) \
	ENTRY(TRUNCATE, "truncate", C) \
	ENTRY(XATTR, "xattr", C) \
	ENTRY(TIMES, "times", C)

/* Privileged operations. */
#define PICKET_OPERATIONS(ENTRY, C) \
	ENTRY(MOUNT, "mount", C) \
	ENTRY(PIVOT_ROOT, "pivot_root", C) \
	ENTRY(CHROOT, "chroot", C) \
	ENTRY(SETNS, "setns", C) \
	ENTRY(UNSHARE, "unshare", C) \
	ENTRY(CLONE_NAMESPACE, "clone_namespace", C) \
	ENTRY(PTRACE, "ptrace", C) \
	ENTRY(PROCESS_MEMORY, "process_memory", C) \
	ENTRY(FILE_HANDLE, "file_handle", C) \
	ENTRY(MODULE, "module", C) \
	ENTRY(BPF, "bpf", C) \
	ENTRY(PERF_EVENT, "perf_event", C) \
	ENTRY(KEXEC, "kexec", C) \
	ENTRY(KEYRING, "keyring", C) \
	ENTRY(USERFAULTFD, "userfaultfd", C) \
	ENTRY(MEMFD, "memfd", C) \
	ENTRY(IO_URING, "io_uring", C) \
	ENTRY(PORT_IO, "port_io", C) \
	ENTRY(CLOCK, "clock", C) \
	ENTRY(SYSTEM, "system", C)

/* Kinds of devices; null, zero, random and terminals are not counted. */
#define PICKET_DEVICES(ENTRY, C) \
	ENTRY(BLOCK, "block", C) \
	ENTRY(MEMORY, "memory", C) \
	ENTRY(KMSG, "kmsg", C) \
	ENTRY(KVM, "kvm", C) \
	ENTRY(FUSE, "fuse", C) \
	ENTRY(TUN, "tun", C) \
	ENTRY(SGX_ENCLAVE, "sgx_enclave", C) \
	ENTRY(SGX_PROVISION, "sgx_provision", C) \
	ENTRY(SEV, "sev", C) \
	ENTRY(SEV_GUEST, "sev_guest", C) \
	ENTRY(TDX_GUEST, "tdx_guest", C) \
	ENTRY(TEE, "tee", C) \
	ENTRY(UV, "uv", C) \
	ENTRY(OTHER, "other", C)

/* Trusted execution environments that can be asked for a proof. tsm: the common configfs interface. */
#define PICKET_TEES(ENTRY, C) \
	ENTRY(SGX, "sgx", C) \
	ENTRY(SEV, "sev", C) \
	ENTRY(TDX, "tdx", C) \
	ENTRY(TEE, "tee", C) \
	ENTRY(TSM, "tsm", C) \
	ENTRY(UV, "uv", C)

/* What holds a container's processes: namespaces in the order of PICKET_NAMESPACE_*, but for the cgroup in between. */
#define PICKET_BOUNDARIES(ENTRY, C) \
	ENTRY(MOUNT_NAMESPACE, "mount_namespace", C) \
	ENTRY(CGROUP, "cgroup", C) \
	ENTRY(PID_NAMESPACE, "pid_namespace", C) \
	ENTRY(USER_NAMESPACE, "user_namespace", C) \
	ENTRY(NETWORK_NAMESPACE, "network_namespace", C) \
	ENTRY(IPC_NAMESPACE, "ipc_namespace", C) \
	ENTRY(UTS_NAMESPACE, "uts_namespace", C) \
	ENTRY(CGROUP_NAMESPACE, "cgroup_namespace", C)

#define PICKET_MODIFICATION_ENUM(id, name, C) PICKET_MODIFICATION_##id,
enum picket_modification { PICKET_MODIFICATIONS(PICKET_MODIFICATION_ENUM, ) PICKET_MODIFICATION_COUNT };

#define PICKET_OPERATION_ENUM(id, name, C) PICKET_OPERATION_##id,
enum picket_operation { PICKET_OPERATIONS(PICKET_OPERATION_ENUM, ) PICKET_OPERATION_COUNT };

#define PICKET_DEVICE_ENUM(id, name, C) PICKET_DEVICE_##id,
enum picket_device { PICKET_DEVICES(PICKET_DEVICE_ENUM, ) PICKET_DEVICE_COUNT };

#define PICKET_TEE_ENUM(id, name, C) PICKET_TEE_##id,
enum picket_tee { PICKET_TEES(PICKET_TEE_ENUM, ) PICKET_TEE_COUNT };

#define PICKET_BOUNDARY_ENUM(id, name, C) PICKET_BOUNDARY_##id,
enum picket_boundary { PICKET_BOUNDARIES(PICKET_BOUNDARY_ENUM, ) PICKET_BOUNDARY_COUNT };

/* Counters of these lists begin at the first entry's and follow in order. */
#define PICKET_MODIFICATION_COUNTER(id, name, C) C(FILE_MODIFICATIONS_##id, FILE_MODIFICATIONS, "operation=" name)
#define PICKET_OPERATION_COUNTER(id, name, C) C(PRIVILEGED_OPERATIONS_##id, PRIVILEGED_OPERATIONS, "operation=" name)
#define PICKET_DEVICE_COUNTER(id, name, C) C(DEVICE_OPENS_##id, DEVICE_OPENS, "device=" name)
#define PICKET_BOUNDARY_COUNTER(id, name, C) C(ISOLATION_BREAKS_##id, ISOLATION_BREAKS, "boundary=" name)
#define PICKET_TEE_COUNTER(id, name, C) C(TEE_ATTESTATIONS_##id, TEE_ATTESTATIONS, "tee=" name)
#define PICKET_TEE_FAILURE_COUNTER(id, name, C) C(TEE_ATTESTATION_FAILURES_##id, TEE_ATTESTATION_FAILURES, "tee=" name)

/* Namespaces of a task; bits. */
#define PICKET_NAMESPACE_MOUNT (1U << 0)
#define PICKET_NAMESPACE_PID (1U << 1)
#define PICKET_NAMESPACE_USER (1U << 2)
#define PICKET_NAMESPACE_NETWORK (1U << 3)
#define PICKET_NAMESPACE_IPC (1U << 4)
#define PICKET_NAMESPACE_UTS (1U << 5)
#define PICKET_NAMESPACE_CGROUP (1U << 6)
#define PICKET_NAMESPACE_TIME (1U << 7)
#define PICKET_NAMESPACES_KNOWN (1U << 30) /* the bits say something */
#define PICKET_NAMESPACES_SETUP (1U << 31) /* they were taken when the container's set-up ended */

#endif
