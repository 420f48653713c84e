/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The part of the rules that the kernel decides by itself.
 *
 * Rules are compiled to masks over "watches". A watch says: an operation of
 * one class on one of these paths is wanted. Watch bits 0 to 7 are the
 * classes in general (send the event, user space judges); bits 8 to 63 are
 * one rule each that the kernel may carry out alone (kill).
 *
 * All keys carry the generation of the rule set, so a reload becomes visible
 * at once, when picket_policy_head.generation changes, and never by half.
 */
#ifndef PICKET_POLICY_H
#define PICKET_POLICY_H

#include "event.h"

/* Classes of operations on paths: watch bits 0 to 7. */
#define PICKET_WATCH_READ (1ULL << 0)	 /* opened with read access */
#define PICKET_WATCH_WRITE (1ULL << 1)	 /* opened with write access, or created */
#define PICKET_WATCH_PATH (1ULL << 2)	 /* opened with O_PATH */
#define PICKET_WATCH_FAILED (1ULL << 3)	 /* an open that was refused */
#define PICKET_WATCH_EXEC (1ULL << 4)	 /* started as a program */
#define PICKET_WATCH_DEVICE (1ULL << 5)	 /* an open of a device that few workloads need */
#define PICKET_WATCH_NETWORK (1ULL << 6) /* a program that connects or sends datagrams; names only */
#define PICKET_WATCH_SOCKET (1ULL << 7)	 /* connected to as a local socket */
#define PICKET_WATCH_RULE_FIRST 8	 /* bits 8..63: kernel rules */
#define PICKET_KERNEL_RULES (64 - PICKET_WATCH_RULE_FIRST)

#define PICKET_POLICY_KEY_SIZE 252 /* bytes of a path that can be matched */

/* Key of the tries: bits = 8 * (4 + length of text). */
struct picket_policy_key {
	__u32 bits;
	__u32 generation;
	char text[PICKET_POLICY_KEY_SIZE];
};

/*
 * Value of the tries "paths" (whole paths) and "names" (last components).
 * The compiler has folded in what shorter keys say, since a trie answers with
 * the longest key only.
 */
struct picket_path_policy {
	__u64 exact;   /* watches when the text ends exactly here */
	__u64 prefix;  /* watches for everything that begins so */
	__u64 subject; /* exact: kernel rules that spare a process with this executable */
	__u32 size;    /* length of the key's text, bytes */
	__u32 inside;  /* 1: some key continues this one (paths that end in "/" only) */
};

/* A rule that the kernel carries out alone. */
struct picket_kernel_rule {
	__u64 kinds;  /* bit per enum picket_kind */
	__u32 access; /* PICKET_ACCESS_*, any of */
	__u32 action; /* PICKET_KERNEL_* */
};
#define PICKET_KERNEL_NONE 0
#define PICKET_KERNEL_KILL 1
#define PICKET_KERNEL_DENY 2
#define PICKET_KERNEL_STOP 3 /* SIGSTOP: the daemon looks at the process, then kills it */

/* picket_policy.flags */
#define PICKET_POLICY_VIA_PROC (1U << 0)   /* some rule asks how a path was reached */
#define PICKET_POLICY_ARGS (1U << 1)	   /* some rule asks for argv */
#define PICKET_POLICY_NAMES (1U << 2)	   /* the trie "names" is not empty */
#define PICKET_POLICY_DENY (1U << 16)	   /* some key of "addresses" denies */
#define PICKET_POLICY_ADDRESSES (1U << 17) /* the trie "addresses" is not empty */
#define PICKET_POLICY_NETWORK (1U << 18)   /* some rule asks what certain programs connect or send to */
#define PICKET_POLICY_FAILED (1U << 3)	   /* some rule asks for refused opens */
#define PICKET_POLICY_PROGRAMS (1U << 19)  /* some rule asks for the names that programs are started by */
#define PICKET_POLICY_DENY_FILES (1U << 4) /* some kernel rule denies opens or starts of programs */
#define PICKET_POLICY_STOP (1U << 5)	   /* some kernel rule stops processes */

/*
 * Key of the trie "addresses": where containers must not connect or send to, and where rules ask about it. IPv4 as
 * ::ffff:a.b.c.d. A port that has keys of its own is looked up under it alone,
 * all others under 0; the compiler has folded in what one key hides of others.
 */
struct picket_address_key {
	__u32 bits; /* PICKET_ADDRESS_KEY_BITS and more */
	__u32 generation;
	__u32 port;
	__u32 address[4]; /* network order */
};
#define PICKET_ADDRESS_KEY_BITS 64 /* of generation and port */

/* Value. */
#define PICKET_ADDRESS_DENY_CONNECT (1U << 0)
#define PICKET_ADDRESS_DENY_SEND (1U << 1)    /* datagrams with an address of their own */
#define PICKET_ADDRESS_WANT_CONNECT (1U << 2) /* some rule may match */
#define PICKET_ADDRESS_WANT_SEND (1U << 3)

/* picket_policy.ports: the bit of a port. */
#define PICKET_PORT_BIT(port) (1ULL << ((port)&63))

/*
 * What an event of a kind is about, as a number below 64: of process_exit the signal (0: none), of privileged_operation
 * and file_modify the operation. The last number stands for all that have none, and is always wanted.
 */
#define PICKET_SELECTOR_OTHER 63
#define PICKET_SELECTOR_OOM 62 /* process_exit: by the OOM killer */

/* Element generation % 2 of the array "policy". */
struct picket_policy {
	__u32 generation;
	__u32 flags;			 /* PICKET_POLICY_* */
	__u64 container_kinds;		 /* kinds that some rule wants from containers; bit per enum picket_kind */
	__u64 host_kinds;		 /* the same for the host */
	__u64 any_path;			 /* watches that hold for every path, and every program */
	__u64 ports;			 /* PICKET_PORT_BIT of those that have keys of their own in "addresses" */
	__u64 wanted[PICKET_KIND_COUNT]; /* bit per selector of the kind that some rule may match */
	__u32 self;			 /* the daemon's pid: never a target; 0: unknown */
	__u32 program_sockets;		 /* bit per descriptor 0 to 2: a program started with a socket there is sent */
	__u32 program_flags;		 /* PICKET_EVENT_*: a started program that has one of them is sent */
	struct picket_kernel_rule rules[PICKET_KERNEL_RULES];
};

/* The one element of the array "policy_head", mapped into the daemon. */
struct picket_policy_head {
	__u32 generation; /* of the rules in force; a program reads it once */
	__u32 tree_epoch; /* directories moved or mounts changed: cached paths are void */
};

#endif
