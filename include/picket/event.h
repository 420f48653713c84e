/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The record that a BPF program sends for each event that a loaded rule, or
 * the registry, asked for. One layout for ring buffer and perf buffer.
 *
 * A record is a struct picket_event followed by its texts; text[i] says where
 * each one lies. The reader must check a record with picket_event_valid()
 * before it trusts any of them.
 */
#ifndef PICKET_EVENT_H
#define PICKET_EVENT_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#include "operations.h"

#define PICKET_COMM_SIZE 16
#define PICKET_ANCESTORS 6
#define PICKET_PATH_SIZE 512 /* one path text, with its NUL; longer paths keep their end */
#define PICKET_ARGS_SIZE 512
#define PICKET_DATA_SIZE 4096 /* all texts of one record */

/* KIND(id, name in rules, sensor, what happened) */
#define PICKET_KINDS(KIND) \
	KIND(CGROUP_CREATE, "cgroup_create", LIFECYCLE, "A cgroup was made.") \
	KIND(CGROUP_REMOVE, "cgroup_remove", LIFECYCLE, "A cgroup was removed.") \
	KIND(PROCESS_EXEC, "process_exec", PROCESS, "A program was started.") \
	KIND(PROCESS_EXIT, "process_exit", PROCESS, "A process ended.") \
	KIND(FILE_OPEN, "file_open", FILE, "A file was opened, or an open was refused.") \
	KIND(NETWORK_CONNECT, "network_connect", NETWORK, "A connection was attempted.") \
	KIND(FILE_MODIFY, "file_modify", MODIFICATION, \
	     "A file was removed, renamed, linked, made as other than a regular file, or its mode, owner, size, extended " \
	     "attributes or times were set; or that was refused.") \
	KIND(NETWORK_BIND, "network_bind", NETWORK, "A socket was bound to an address of its own.") \
	KIND(NETWORK_LISTEN, "network_listen", NETWORK, "A socket began to listen.") \
	KIND(NETWORK_ACCEPT, "network_accept", NETWORK, "A connection was accepted.") \
	KIND(NETWORK_SEND, "network_send", NETWORK, \
	     "A datagram was sent to an address given with it, for the first time by this socket to this address.") \
	KIND(NETWORK_SOCKET, "network_socket", NETWORK, "A raw, packet or vsock socket was made.") \
	KIND(DNS_QUERY, "dns_query", NETWORK, "A name was asked for by UDP on port 53 (off by default).") \
	KIND(PRIVILEGED_OPERATION, "privileged_operation", PRIVILEGE, \
	     "A system call that ordinary workloads have no use for, or an attempt at it.") \
	KIND(CREDENTIAL_CHANGE, "credential_change", PRIVILEGE, "A process gained rights.") \
	KIND(STDIO_SOCKET, "stdio_socket", PROCESS, \
	     "A network socket became standard input, output or error of a process.") \
	KIND(ISOLATION_BREAK, "isolation_break", ESCAPE, \
	     "A process of a container is in a namespace of the host that it was not given, or left the container's cgroup.") \
	KIND(UNIX_CONNECT, "unix_connect", NETWORK, "A local socket was connected to, or that was refused.") \
	KIND(TEE_REQUEST, "tee_request", DEVICE, \
	     "A trusted execution environment was asked for a report, a quote or a key.")

#define PICKET_KIND_ENUM(id, name, sensor, help) PICKET_KIND_##id,
enum picket_kind { PICKET_KINDS(PICKET_KIND_ENUM) PICKET_KIND_COUNT };
#undef PICKET_KIND_ENUM

enum picket_text_id {
	PICKET_TEXT_EXECUTABLE, /* path of the process's executable, as the kernel resolves it */
	PICKET_TEXT_PATH,	/* object of the operation: file, or cgroup path; of dns_query: the message, not text */
	PICKET_TEXT_REQUESTED,	/* what the program wrote as path; advisory, it can change it meanwhile */
	PICKET_TEXT_BASE,	/* directory that a relative REQUESTED starts from, where PATH is not known */
	PICKET_TEXT_ARGS,	/* argv, NUL-separated, cut at PICKET_ARGS_SIZE; of a mount: its type */
	PICKET_TEXT_SOURCE,	/* the other path as written: old name, link's target, what is mounted */
	PICKET_TEXT_SOURCE_BASE, /* directory that a relative SOURCE starts from */
	PICKET_TEXT_COUNT
};

/* picket_event.flags */
#define PICKET_EVENT_KILLED (1U << 0)	       /* the kernel part has sent SIGKILL */
#define PICKET_EVENT_COMPAT (1U << 1)	       /* 32-bit system call */
#define PICKET_EVENT_IO_URING (1U << 2)	       /* came through a ring, not a system call */
#define PICKET_EVENT_PATH_CUT (1U << 3)	       /* PICKET_TEXT_PATH lost its first components */
#define PICKET_EVENT_VIA_PROC (1U << 4)	       /* reached through /proc/<pid>/root or cwd */
#define PICKET_EVENT_FOREIGN_MNT (1U << 5)     /* object lies in another mount namespace than the task's */
#define PICKET_EVENT_MEMFD (1U << 6)	       /* executable is anonymous memory */
#define PICKET_EVENT_DELETED (1U << 7)	       /* object has no name any more */
#define PICKET_EVENT_UPPER (1U << 8)	       /* executable lies in the container's writable layer */
#define PICKET_EVENT_HOST (1U << 9)	       /* task belongs to no container */
#define PICKET_EVENT_TERMINAL (1U << 10)       /* standard input is a terminal */
#define PICKET_EVENT_DENIED (1U << 11)	       /* the kernel part has refused the operation */
#define PICKET_EVENT_STOPPED (1U << 12)	       /* the kernel part has sent SIGSTOP */
#define PICKET_EVENT_IN_BASE (1U << 13)	       /* BASE is the directory that the last name of REQUESTED lies in */
#define PICKET_EVENT_IN_SOURCE_BASE (1U << 14) /* the same of SOURCE_BASE and SOURCE */
#define PICKET_EVENT_ISOLATED (1U << 15)       /* a program started where a sandbox, a VM or a module should be */

/* picket_event.file.access: what the descriptor allows */
#define PICKET_ACCESS_READ (1U << 0)
#define PICKET_ACCESS_WRITE (1U << 1)
#define PICKET_ACCESS_CREATE (1U << 2) /* the open made the file */
#define PICKET_ACCESS_PATH (1U << 3)   /* O_PATH */

/* picket_event.credential.change */
#define PICKET_CREDENTIAL_ROOT 0	 /* became root by a call or a program that may do so */
#define PICKET_CREDENTIAL_CAPABILITIES 1 /* gained capabilities so */
#define PICKET_CREDENTIAL_UNEXPLAINED 2	 /* gained rights without any: what an exploit of the kernel does */

struct picket_ancestor {
	__u32 pid;
	__u32 start_ms; /* process start, CLOCK_BOOTTIME, low 32 bits: with pid, tells it from later ones of this pid */
	char comm[PICKET_COMM_SIZE];
};

struct picket_text {
	__u16 offset; /* from the start of picket_event.data */
	__u16 size;   /* bytes without the NUL that follows them; 0: absent */
};

struct picket_event {
	__u64 time_ns;	     /* CLOCK_BOOTTIME */
	__u64 cgroup_id;     /* inode of the task's (or the object's) cgroup v2 directory */
	__u64 start_time_ns; /* process start, CLOCK_BOOTTIME: with pid, a process for ever */
	__u32 pid;	     /* thread group, initial pid namespace */
	__u32 tid;
	__u32 parent_pid;
	__u32 uid; /* initial user namespace */
	__u32 gid;
	__u32 flags;  /* PICKET_EVENT_* */
	__s32 result; /* of the operation: >= 0, or -errno */
	__u32 slot;   /* counters of the cgroup */
	__u16 kind;   /* enum picket_kind */
	__u16 size;   /* whole record, bytes */
	__u32 policy; /* generation of the rules that asked for it */
	char comm[PICKET_COMM_SIZE];
	struct picket_ancestor ancestors[PICKET_ANCESTORS]; /* parent first; pid 0 ends it */
	struct picket_text text[PICKET_TEXT_COUNT];
	__u32 vpid; /* thread group in its own pid namespace: 1 is a container's entrypoint */
	union {
		struct {
			__u64 parent_id; /* cgroup id of the parent directory */
			__u32 hierarchy; /* 0: cgroup v2 */
		} cgroup;
		struct {
			__u32 code;   /* exit status, when no signal ended it */
			__u32 signal; /* 0: ended by itself */
			__u32 oom;    /* 1: chosen by the OOM killer */
		} exit;
		struct {
			__u64 inode;
			__u32 device; /* kernel encoding: major << 20 | minor */
			__u32 mode;   /* inode mode */
			__u32 flags;  /* open(2) flags */
			__u32 access; /* PICKET_ACCESS_* */
			__u32 node;   /* device number of a device node, same encoding */
			__u32 kind;   /* of device, enum picket_device + 1; 0: none, or one that everybody uses */
		} file;
		struct {
			__u8 address[16]; /* network order; IPv4 in the first 4 bytes */
			__u16 port;	  /* host order */
			__u16 family;	  /* AF_* */
			__u16 protocol;	  /* IPPROTO_* */
			__u16 local_port; /* host order; 0: none */
			__u16 type;	  /* SOCK_* */
			__u16 pad[3];
		} network; /* the peer's address; of bind and listen: the socket's own */
		struct {
			__u32 host_namespaces; /* PICKET_NAMESPACE_*: those that are the host's */
			__u32 sockets;	       /* bit per descriptor 0 to 2 that is a socket */
			__u64 capabilities;    /* effective ones, bit per CAP_* */
			__u64 inode;	       /* the program's file */
			__u32 device;	       /* of its file system, kernel encoding */
		} exec;
		struct {
			__u32 operation; /* enum picket_modification */
			__u32 mode;	 /* asked for by mode, mkdir and mknod */
			__u32 node;	 /* device number asked for by mknod, as the program passed it */
			__u32 uid;	 /* asked for by owner */
			__u32 gid;
		} modify;
		struct {
			__u64 arguments[2];    /* what makes the call what it is, per operation */
			__u32 operation;       /* enum picket_operation */
			__u32 namespaces;      /* PICKET_NAMESPACE_* that the call is about */
			__u32 host_namespaces; /* those that are the host's after it */
			__u32 syscall;	       /* number, of the ABI that was used */
		} privileged;
		struct {
			__u64 capabilities; /* effective ones gained */
			__u32 old_uid;	    /* effective, initial user namespace */
			__u32 new_uid;
			__u32 old_gid;
			__u32 new_gid;
			__u32 change; /* PICKET_CREDENTIAL_* */
		} credential;
		struct {
			__u32 descriptor; /* 0, 1 or 2 */
			__u32 family;	  /* AF_* of the socket */
		} stdio;
		struct {
			__u64 cgroup_id;       /* the cgroup that the task is in now */
			__u32 boundary;	       /* enum picket_boundary */
			__u32 host_namespaces; /* PICKET_NAMESPACE_* that are the host's */
		} isolation;
		struct {
			__u32 device;  /* enum picket_device */
			__u32 tee;     /* enum picket_tee */
			__u32 request; /* ioctl(2) command; 0: configfs */
			__u32 node;    /* device number, kernel encoding */
		} tee;
	};
#ifndef __VMLINUX_H__ /* BPF programs build the texts in memory of their own that follows */
	char data[];
#endif
};

#ifndef __VMLINUX_H__
_Static_assert(sizeof(struct picket_event) == 64 + 16 + 144 + 28 + 4 + 32, "ring layout changed");
#endif

#endif
