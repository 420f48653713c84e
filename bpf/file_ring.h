/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Files opened through io_uring. Where a completion tells its request, the
 * descriptor leads to the file as after a system call. Where it does not
 * (before Linux 5.18), and for a descriptor of the ring's own, there is only
 * the path as the kernel took it over: counted when handed in, or done.
 */
#ifndef FILE_RING_H
#define FILE_RING_H

#include "open.h"
#include "ring.h"

#define IORING_OP_OPENAT 18
#define IORING_OP_OPENAT2 28
#define RING_PATH_SIZE 256

/* What a request asks for. */
struct ring_open {
	__s32 directory;
	__u32 own_descriptor; /* of the ring, not of the task */
	__u64 flags;	      /* of open(2) */
	char path[RING_PATH_SIZE];
};

/* Under way, by request. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, __u64);
	__type(value, struct ring_open);
} ring_opens SEC(".maps");

/* Of the request that is looked at now: too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ring_open);
} ring_open_now SEC(".maps");

static __always_inline bool ring_is_open(struct io_kiocb *request)
{
	__u8 operation = BPF_CORE_READ(request, opcode);

	return operation == IORING_OP_OPENAT || operation == IORING_OP_OPENAT2;
}

static __always_inline struct ring_open *ring_open_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&ring_open_now, &zero);
}

/* Make @asked the open that runs now. */
static __always_inline struct open_request *ring_open_request(struct ring_open *asked)
{
	struct open_request *request = open_request_get();

	if (!request)
		return NULL;
	request->written = asked->path;
	request->in_user_memory = false;
	request->directory = asked->directory;
	request->flags = PICKET_EVENT_IO_URING;
	return request;
}

static __noinline int ring_submitted(void *ctx, struct io_kiocb *request)
{
	struct ring_open *asked = ring_open_get();
	struct io_open *open = (struct io_open *)request;
	__u64 key = (__u64)request;

	if (!asked || !request || !ring_is_open(request))
		return 0;
	asked->directory = BPF_CORE_READ(open, dfd);
	asked->own_descriptor = bpf_core_field_exists(open->file_slot) ? BPF_CORE_READ(open, file_slot) : 0;
	asked->flags = BPF_CORE_READ(open, how.flags);
	asked->path[0] = 0;
	bpf_probe_read_kernel_str(asked->path, sizeof(asked->path), BPF_CORE_READ(open, filename, name));
	if (ring_completion_has_request())
		bpf_map_update_elem(&ring_opens, &key, asked, BPF_ANY);
	else if (ring_open_request(asked))
		open_unresolved(ctx, asked->flags);
	return 0;
}

/* Return: the request is an open; what it asked for is the one that is looked at now. */
static __always_inline bool ring_open_take(struct io_kiocb *request, struct ring_open *asked)
{
	__u64 key = (__u64)request;
	struct ring_open *found;

	if (!ring_is_open(request))
		return false;
	found = bpf_map_lookup_elem(&ring_opens, &key);
	asked->path[0] = 0;
	asked->own_descriptor = 0;
	asked->directory = AT_FDCWD;
	if (found)
		bpf_probe_read_kernel(asked, sizeof(*asked), found);
	bpf_map_delete_elem(&ring_opens, &key);
	return true;
}

static __noinline int ring_completed(void *ctx, struct io_kiocb *request, int result)
{
	struct ring_open *asked = ring_open_get();

	if (!asked || !request || !ring_open_take(request, asked) || !ring_open_request(asked))
		return 0;
	if (result < 0)
		return open_refused(ctx, result);
	if (asked->own_descriptor)
		return open_unresolved(ctx, asked->flags);
	return open_succeeded(ctx, task_current(), file_of_descriptor(result), result);
}

/* Nothing is known of them. */
static __always_inline void ring_remember(void *ring, __u64 user_data, __u32 operation, struct file *file)
{
}

static __always_inline void ring_remembered(void *ctx, void *ring, __u64 user_data, int result, bool goes_on)
{
}

RING_PROGRAMS(file)

#endif
