/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Maps of all sensors. Each object declares them; the loader makes every map
 * once and hands the same one to all objects, by name. Sizes marked "loader"
 * are set there.
 */
#ifndef MAPS_H
#define MAPS_H

#include "picket/counters.h"
#include "picket/policy.h"
#include "picket/syscalls.h"

/* cgroup v2 id -> counter slot; of hosts' cgroups too, once they are classified. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384); /* loader */
	__type(key, __u64);
	__type(value, struct picket_cgroup);
} cgroups SEC(".maps");

/* slot -> counters; mapped into the daemon. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 4096); /* loader */
	__type(key, __u32);
	__type(value, struct picket_counters);
} counters SEC(".maps");

/* Slots that cgroup_mkdir may hand out; the daemon fills it up. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 512); /* loader */
	__type(value, __u32);
} free_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct picket_policy_head);
} policy_head SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct picket_policy);
} policy SEC(".maps");

/* Whole paths, and last components, that rules ask for. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct picket_policy_key);
	__type(value, struct picket_path_policy);
} paths SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct picket_policy_key);
	__type(value, struct picket_path_policy);
} names SEC(".maps");

/* The host's own namespaces: numbers by bit of PICKET_NAMESPACE_*; 0: not known. Filled in by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);
} host_namespaces SEC(".maps");

/* What is remembered of a thread of a container, see process_record.h. */
struct process_record {
	__u64 capabilities; /* effective */
	__u64 permitted;    /* those that it may make effective */
	__u64 cgroup_id;
	__u32 uid, gid; /* effective, initial user namespace */
	__u32 user_namespace;
	__u32 slot;
	__u32 given;   /* namespaces of the host that its runtime gave it, see boundary.h; 0: not known */
	__u32 outside; /* those that it has besides, as was told */
};

/* By thread id. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, __u32);
	__type(value, struct process_record);
} processes SEC(".maps");

/* Where containers must not connect or send to, and where rules ask about it. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct picket_address_key);
	__type(value, __u32);
} addresses SEC(".maps");

/* Processes of the runtime inside a container's cgroup, before the workload, by pid. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct picket_setup_task);
} setup_tasks SEC(".maps");

/* Processes that were born outside of containers, by pid, until they enter one. Forgets the oldest. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u8);
} outsiders SEC(".maps");

#define INSIDERS 64 /* per CPU */

/* A thread of a process that is no outsider, nor can become one: that is decided at birth. */
struct insider {
	__u64 start_ns;
	__u32 process;
};

/* Those seen lately, by process, so that threads that call often are looked up once. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, INSIDERS);
	__type(key, __u32);
	__type(value, struct insider);
} insiders SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20); /* loader */
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} events_perf SEC(".maps");

/* Records that found the buffer full, per CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} lost SEC(".maps");

/* Where a record is built. */
struct event_scratch {
	struct picket_event event;
	char data[PICKET_DATA_SIZE + PICKET_PATH_SIZE];
	__u32 used; /* bytes of data */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct event_scratch);
} scratch SEC(".maps");

/* Where the scan of a written path stands, see via_proc.h. */
struct via_proc_scan {
	__u64 component; /* its last 8 bytes */
	__u32 in_proc;	 /* a component "proc" was seen, or the path starts in procfs */
	__u32 found;
};

/* The last component of a text, found so far, see program_names.h. */
struct name_scan {
	__u32 start, end;
};

#define NAME_INSIDE 32 /* bytes of a name that lies in the dentry itself, with its NUL, on every kernel */

/* Memory of a dentry from d_parent on. */
struct dentry_words {
	__u64 parent;
	__u64 name_hash; /* and length; salted with the parent */
	__u64 name;	 /* where it lies */
	__u64 inode;
	__u64 text[NAME_INSIDE / 8];
};

/* Of the directory that the file lies in. */
struct parent_words {
	__u64 parent;
	__u64 name_hash;
	__u64 name;
};

struct file_identity {
	__u64 mount; /* struct vfsmount */
	__u64 dentry;
	struct dentry_words own;
	struct parent_words above;
	__u32 tree_epoch;
	__u32 generation; /* of the rules */
};

/* How a program asked for a file, see open.h. */
struct open_request {
	const char *written;  /* the path as the program wrote it; NULL: by handle */
	__u32 in_user_memory; /* where it lies: the program can change it, the kernel's copy cannot be */
	__s32 directory;      /* descriptor that a relative path starts from, or AT_FDCWD */
	__u32 flags;	      /* PICKET_EVENT_*: how it came, and what was found out about it */
	__u32 access;	      /* PICKET_ACCESS_* of the file */
	__u32 device;	      /* enum picket_device + 1; 0: none, or one that everybody uses */
	__u32 plain;	      /* see file_is_plain() */
	__u32 pad;
	struct file_identity identity;
	__u64 classes;	      /* PICKET_WATCH_* that the open is one of */
	struct qstr name;     /* its last component; empty: the root */
	__u64 watches;	      /* that hold for it, or for alias */
	struct dentry *alias; /* another name of it that a rule asks for; NULL: none */
	struct mount *mount;  /* that it lies in */
};

/* Where a path is built, from its end towards the front. */
struct path_buffer {
	__u32 offset; /* first byte of the path in text */
	__u32 flags;  /* PICKET_EVENT_PATH_CUT */
	struct dentry *dentry;
	struct mount *mount;
	char text[PICKET_PATH_SIZE + 256];
	struct picket_policy_key key;
	struct via_proc_scan scan;
	struct name_scan name_scan;
	struct open_request request;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct path_buffer);
} path_buffers SEC(".maps");

#define DIRECTORY_CACHE_SIZE 128 /* per CPU */
#define DIRECTORY_PATH_SIZE 256

/* What was found out about a directory: valid while all of identity holds. */
struct directory_identity {
	__u64 dentry;
	__u64 mount;
	__u64 parent;
	__u64 name; /* length and hash of its name, salted with the parent */
	__u32 tree_epoch;
	__u32 generation;
};

struct directory {
	struct directory_identity identity;
	__u64 mount_namespace; /* that its mount belongs to; NULL, or an error value, for the kernel's own mounts */
	__u64 watches;	       /* that hold for every file in it */
	__u64 other_mount;     /* that shows it at another place, about which rules ask; 0: none */
	__u32 inside;	       /* some exact path lies in it */
	__u32 flags;	       /* PICKET_EVENT_PATH_CUT */
	__u32 size;	       /* of path; 0: too long to keep */
	char path[DIRECTORY_PATH_SIZE]; /* ends in "/" */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DIRECTORY_CACHE_SIZE);
	__type(key, __u32);
	__type(value, struct directory);
} directories SEC(".maps");

/* Tracepoint backend: number -> what to do, and the programs that do it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PICKET_SYSCALL_NUMBERS);
	__type(key, __u32);
	__type(value, struct picket_syscall_entry);
} syscalls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, PICKET_HANDLER_COUNT);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} handlers SEC(".maps");

#endif
