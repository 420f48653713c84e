/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The texts of procfs, line by line. Pure: bytes in, numbers and texts out.
 * Workloads choose names in them, so nothing of their shape is trusted.
 */
#ifndef PROC_TEXT_H
#define PROC_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROC_TEXT_NAME_SIZE 64
#define PROC_TEXT_GROUPS_MAX 32
#define PROC_TEXT_MOUNT_SIZE 1024
#define PROC_TEXT_ADDRESS_SIZE 64

enum proc_capability_set {
	PROC_CAPABILITIES_INHERITABLE,
	PROC_CAPABILITIES_PERMITTED,
	PROC_CAPABILITIES_EFFECTIVE,
	PROC_CAPABILITIES_BOUNDING,
	PROC_CAPABILITIES_AMBIENT,
	PROC_CAPABILITIES_COUNT
};

/* Of /proc/<pid>/status; what is missing there is 0. */
struct proc_status {
	char name[PROC_TEXT_NAME_SIZE]; /* as procfs escapes it */
	char state;
	uint32_t parent_pid, tracer_pid, threads;
	uint32_t namespace_pid;	   /* in its own pid namespace; 0: unknown */
	uint32_t uids[4], gids[4]; /* real, effective, saved, file system */
	uint32_t groups[PROC_TEXT_GROUPS_MAX];
	size_t group_count;
	uint64_t capabilities[PROC_CAPABILITIES_COUNT];
	bool no_new_privileges;
	uint32_t seccomp; /* 0 disabled, 1 strict, 2 filter */
	uint64_t resident_kib;
};

/** proc_text_status() - @text: the file, NUL-terminated. Return: 0; -EBADMSG when it has no state. */
int proc_text_status(const char *text, struct proc_status *ret_status);

/* A line of /proc/<pid>/mountinfo, unescaped; texts are cut at their sizes. */
struct proc_mount {
	uint32_t major, minor;
	char root[PROC_TEXT_MOUNT_SIZE], point[PROC_TEXT_MOUNT_SIZE], source[PROC_TEXT_MOUNT_SIZE];
	char options[256], type[PROC_TEXT_NAME_SIZE];
};

/** proc_text_mount() - @line: without newline. Return: 0, -EBADMSG. */
int proc_text_mount(const char *line, struct proc_mount *ret_mount);

/* A line of /proc/<pid>/net/{tcp,tcp6,udp,udp6,raw,raw6}. */
struct proc_socket {
	uint64_t inode;
	unsigned int state;
	char local[PROC_TEXT_ADDRESS_SIZE], remote[PROC_TEXT_ADDRESS_SIZE]; /* "192.0.2.1:80", "[2001:db8::1]:80" */
};

/** proc_text_socket() - Return: 0; -EBADMSG, also for the title line. */
int proc_text_socket(const char *line, struct proc_socket *ret_socket);

/** proc_text_socket_state() - static: "established", "listen", ...; "unknown". */
const char *proc_text_socket_state(unsigned int state);

/** proc_text_unix_socket() - a line of /proc/<pid>/net/unix. @path: borrowed from @line; "" when unnamed. */
int proc_text_unix_socket(const char *line, uint64_t *ret_inode, const char **ret_path);

#endif
