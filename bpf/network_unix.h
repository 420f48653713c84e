/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Connections to local sockets: the peer knows the file that it was bound to,
 * so neither a symlink nor a bind mount, a relative path or a descriptor hides
 * which socket it is. It has the path that its owner sees: of a runtime's
 * socket, the host's.
 */
#ifndef NETWORK_UNIX_H
#define NETWORK_UNIX_H

#include "network_outcome.h"
#include "policy_match.h"

#define UNIX_PATH_SIZE 108
#define UNIX_PATH_OFFSET 2 /* of sun_path in struct sockaddr_un */

/*
 * Whether the path at the beginning of @path is put together by user space only: it is relative, or has dots. The state
 * stays in map memory, see program_names_match_text().
 */
static __noinline int unix_written_leads_on(struct path_buffer *path)
{
	volatile struct name_scan *scan = &path->name_scan;
	int i;

	if (!path)
		return 0;
	if (path->text[0] != '/')
		return path->text[0] != 0;
	scan->start = 0; /* the character before */
#pragma clang loop unroll(disable)
	for (i = 0; i < UNIX_PATH_SIZE; i++) {
		char byte = path->text[bounded(i, PICKET_PATH_SIZE)];

		if (!byte)
			return 0;
		if (scan->start == '/' && (byte == '.' || byte == '/'))
			return 1;
		scan->start = byte;
	}
	return 0;
}

/*
 * Of a refused connect only what was written is known: whether a rule asks for that. What is not a whole path goes to
 * user space, which knows how to read it.
 */
static __noinline __u64 unix_written_watches(struct path_buffer *path, const char *written)
{
	struct picket_policy *rules = policy_get();
	long size;

	if (!path || !rules || !written)
		return 0;
	size = bpf_probe_read_user_str(path->text, UNIX_PATH_SIZE, written);
	if (size <= 1 || size > UNIX_PATH_SIZE)
		return 0;
	if (unix_written_leads_on(path))
		return PICKET_WATCH_SOCKET;
	size--;
	return policy_watches(bpf_map_lookup_elem(&paths, policy_key_of(path, path->text, size, rules->generation)),
			      size);
}

/* The file that the peer of @socket was bound to: its path is left in @path. Return: what rules ask of it. */
static __noinline __u64 unix_peer_watches(struct path_buffer *path, struct sock *socket)
{
	struct unix_sock *own = (struct unix_sock *)socket, *peer;
	struct picket_policy *rules = policy_get();
	struct dentry *dentry;
	struct qstr name;
	__u64 watches;

	if (!path || !rules)
		return 0;
	path_reset(path);
	peer = (struct unix_sock *)BPF_CORE_READ(own, peer);
	dentry = peer ? BPF_CORE_READ(peer, path.dentry) : NULL;
	if (!dentry)
		return 0; /* a name without a file */
	path_walk(path, dentry, mount_of(BPF_CORE_READ(peer, path.mnt)));
	watches = policy_watches(policy_find_path(path, rules->generation), path_size(path));
	bpf_core_read(&name, sizeof(name), &dentry->d_name);
	return watches | policy_match_text(path, name.name, name.len, rules);
}

/* A connect of the local @socket has ended. @written: the path in the program's memory; NULL: not known. */
static __noinline int unix_connected(void *ctx, struct sock *socket, const char *written, int result)
{
	struct subject subject = subject_current();
	struct picket_policy *rules = policy_get();
	struct path_buffer *path = path_buffer_get();
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct event_scratch *record;
	__u64 watches;

	if (!rules || !path || !socket || subject.setup)
		return 0;
	subject_count(&subject, PICKET_COUNTER_UNIX_CONNECTS);
	if (!subject_watched(&subject, rules, PICKET_KIND_UNIX_CONNECT))
		return 0;
	watches = result < 0 ? unix_written_watches(path, written) : unix_peer_watches(path, socket);
	if (!((watches | rules->any_path) & PICKET_WATCH_SOCKET))
		return 0;
	record = record_begin_wanted(PICKET_KIND_UNIX_CONNECT, &subject);
	if (!record)
		return 0;
	record->event.result = result;
	if (result >= 0)
		record_add_path(record, PICKET_TEXT_PATH, path);
	if (written)
		record_add_string(record, PICKET_TEXT_REQUESTED, written, true);
	if (result < 0) {
		path_reset(path);
		path_walk(path, BPF_CORE_READ(task, fs, pwd.dentry), mount_of(BPF_CORE_READ(task, fs, pwd.mnt)));
		record_add_path(record, PICKET_TEXT_BASE, path);
	}
	record_send(ctx, record);
	return 0;
}

/* @address: of connect(2); NULL: not known. Return: whether the file is a local socket. */
static __always_inline bool unix_connect_ended(void *ctx, struct file *file, const char *address, long result)
{
	struct sock *socket = file ? socket_of_file(file) : NULL;

	if (!socket || KERNEL_READ(kernel_cast(socket), __sk_common.skc_family) != AF_UNIX)
		return false;
	if (result >= 0 || connect_failed(result))
		unix_connected(ctx, socket, address ? address + UNIX_PATH_OFFSET : NULL, result);
	return true;
}

#endif
