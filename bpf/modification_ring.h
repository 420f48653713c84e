/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Changes of files through io_uring: told of when they complete, with the
 * kernel's own copy of the path as it was written. Before Linux 5.18 a
 * completion does not tell its request: then when they are handed in.
 */
#ifndef MODIFICATION_RING_H
#define MODIFICATION_RING_H

#include "modification.h"
#include "ring.h"

#define IORING_OP_RENAMEAT 35
#define IORING_OP_UNLINKAT 36
#define IORING_OP_MKDIRAT 37
#define IORING_OP_SYMLINKAT 38
#define IORING_OP_LINKAT 39
#define IORING_OP_FSETXATTR 41
#define IORING_OP_SETXATTR 42
#define IORING_OP_FTRUNCATE 55
#define RING_PATH_SIZE 256

/* What a request asks for. */
struct ring_change {
	__u32 operation; /* enum picket_modification */
	__s32 directory, source_directory;
	__u32 pad;
	char path[RING_PATH_SIZE];
	char source[RING_PATH_SIZE];
};

/* Under way, by request. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct ring_change);
} ring_changes SEC(".maps");

/* Of the request that is looked at now: too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ring_change);
} ring_change_now SEC(".maps");

/* Return: enum picket_modification; PICKET_MODIFICATION_COUNT: it changes no file so. */
static __always_inline __u32 ring_operation(struct io_kiocb *request)
{
	switch (BPF_CORE_READ(request, opcode)) {
	case IORING_OP_RENAMEAT:
		return PICKET_MODIFICATION_RENAME;
	case IORING_OP_UNLINKAT:
		return PICKET_MODIFICATION_DELETE;
	case IORING_OP_MKDIRAT:
		return PICKET_MODIFICATION_MKDIR;
	case IORING_OP_SYMLINKAT:
		return PICKET_MODIFICATION_SYMLINK;
	case IORING_OP_LINKAT:
		return PICKET_MODIFICATION_LINK;
	case IORING_OP_FSETXATTR:
	case IORING_OP_SETXATTR:
		return PICKET_MODIFICATION_XATTR;
	case IORING_OP_FTRUNCATE:
		return PICKET_MODIFICATION_TRUNCATE;
	}
	return PICKET_MODIFICATION_COUNT;
}

static __always_inline void ring_take_name(char *text, struct filename *name)
{
	bpf_probe_read_kernel_str(text, RING_PATH_SIZE, BPF_CORE_READ(name, name));
}

/* The paths of a request; each kind of it has a structure of its own. */
static __noinline int ring_take_names(struct ring_change *change, struct io_kiocb *request)
{
	struct io_rename *rename = (struct io_rename *)request;
	struct io_unlink *unlink = (struct io_unlink *)request;
	struct io_mkdir *mkdir = (struct io_mkdir *)request;
	struct io_link *link = (struct io_link *)request;
	struct io_xattr *xattr = (struct io_xattr *)request;

	if (!change || !request)
		return 0;
	switch (BPF_CORE_READ(request, opcode)) {
	case IORING_OP_RENAMEAT:
		if (!bpf_core_type_exists(struct io_rename))
			break;
		change->directory = BPF_CORE_READ(rename, new_dfd);
		change->source_directory = BPF_CORE_READ(rename, old_dfd);
		ring_take_name(change->path, BPF_CORE_READ(rename, newpath));
		ring_take_name(change->source, BPF_CORE_READ(rename, oldpath));
		break;
	case IORING_OP_UNLINKAT:
		if (!bpf_core_type_exists(struct io_unlink))
			break;
		change->directory = BPF_CORE_READ(unlink, dfd);
		ring_take_name(change->path, BPF_CORE_READ(unlink, filename));
		break;
	case IORING_OP_MKDIRAT:
		if (!bpf_core_type_exists(struct io_mkdir))
			break;
		change->directory = BPF_CORE_READ(mkdir, dfd);
		ring_take_name(change->path, BPF_CORE_READ(mkdir, filename));
		break;
	case IORING_OP_SYMLINKAT:
	case IORING_OP_LINKAT:
		if (!bpf_core_type_exists(struct io_link))
			break;
		change->directory = BPF_CORE_READ(link, new_dfd);
		change->source_directory = BPF_CORE_READ(link, old_dfd);
		ring_take_name(change->path, BPF_CORE_READ(link, newpath));
		ring_take_name(change->source, BPF_CORE_READ(link, oldpath));
		break;
	case IORING_OP_SETXATTR:
		if (bpf_core_type_exists(struct io_xattr))
			ring_take_name(change->path, BPF_CORE_READ(xattr, filename));
		break;
	}
	return 0;
}

/* Where a path of the request starts, and the path. */
static __noinline int ring_add_written(struct event_scratch *record, const char *written, int directory, int source)
{
	struct path_buffer *path = path_buffer_get();
	struct path *base;
	char first = 0;

	if (!record || !path || !written)
		return 0;
	bpf_probe_read_kernel(&first, 1, written);
	if (!first)
		return 0;
	base = written_base(directory, first);
	record_add_string(record, source ? PICKET_TEXT_SOURCE : PICKET_TEXT_REQUESTED, written, false);
	if (!base)
		return 0;
	written_walk(path, base);
	record_add_path(record, source ? PICKET_TEXT_SOURCE_BASE : PICKET_TEXT_BASE, path);
	return 0;
}

/* @file: that a request by descriptor is about; NULL: by path. */
static __noinline int ring_changed(void *ctx, struct ring_change *change, struct file *file, int result)
{
	struct subject subject = subject_current();
	struct path_buffer *path = path_buffer_get();
	struct event_scratch *record;

	if (!change || !path)
		return 0;
	if (result >= 0)
		count_modification(&subject, change->operation);
	else if (!refused_for_rights(result))
		return 0;
	record = record_begin_selected(PICKET_KIND_FILE_MODIFY, change->operation, &subject);
	if (!record)
		return 0;
	record->event.result = result;
	record->event.flags |= PICKET_EVENT_IO_URING;
	record->event.modify.operation = change->operation;
	if (file && !change->path[0]) {
		path_of_file(path, file);
		record_add_path(record, PICKET_TEXT_PATH, path);
	}
	ring_add_written(record, change->path, change->directory, 0);
	if (change->operation == PICKET_MODIFICATION_SYMLINK)
		record_add_string(record, PICKET_TEXT_SOURCE, change->source, false);
	else
		ring_add_written(record, change->source, change->source_directory, 1);
	record_send(ctx, record);
	return 0;
}

static __noinline int ring_submitted(void *ctx, struct io_kiocb *request)
{
	__u32 zero = 0, operation;
	__u64 key = (__u64)request;
	struct ring_change *change;

	if (!request)
		return 0;
	operation = ring_operation(request);
	change = bpf_map_lookup_elem(&ring_change_now, &zero);
	if (!change || operation == PICKET_MODIFICATION_COUNT)
		return 0;
	change->operation = operation;
	change->directory = AT_FDCWD;
	change->source_directory = AT_FDCWD;
	change->path[0] = 0;
	change->source[0] = 0;
	ring_take_names(change, request);
	if (ring_completion_has_request())
		bpf_map_update_elem(&ring_changes, &key, change, BPF_ANY);
	else
		ring_changed(ctx, change, NULL, 0);
	return 0;
}

static __noinline int ring_completed(void *ctx, struct io_kiocb *request, int result)
{
	__u64 key = (__u64)request;
	struct ring_change *change;

	if (!request || ring_operation(request) == PICKET_MODIFICATION_COUNT)
		return 0;
	change = bpf_map_lookup_elem(&ring_changes, &key);
	if (!change)
		return 0;
	ring_changed(ctx, change, BPF_CORE_READ(request, file), result);
	bpf_map_delete_elem(&ring_changes, &key);
	return 0;
}

/* Nothing is known of them. */
static __always_inline void ring_remember(void *ring, __u64 user_data, __u32 operation, struct file *file)
{
}

static __always_inline void ring_remembered(void *ctx, void *ring, __u64 user_data, int result, bool goes_on)
{
}

RING_PROGRAMS(modification)

#endif
