/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Operations of io_uring that the cgroup hooks do not see: seen when they
 * complete, in the process that asked or in a thread of its ring, which has
 * the same descriptors. What a completion tells differs by kernel.
 */
#ifndef NETWORK_RING_H
#define NETWORK_RING_H

#include "network_connect.h"
#include "ring.h"

#define IORING_OP_ACCEPT 13
#define IORING_OP_CONNECT 16
#define IORING_OP_SOCKET 45

/* Where a completion does not tell its request: those under way, by ring and by the mark the program gave them. */
struct ring_mark {
	__u64 ring;
	__u64 user_data;
};

struct ring_request {
	__u32 operation;
	__u32 pad;
	struct file *file; /* of a connect; NULL: not known */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct ring_mark);
	__type(value, struct ring_request);
} ring_requests SEC(".maps");

static __always_inline void ring_remember(void *ring, __u64 user_data, __u32 operation, struct file *file)
{
	struct ring_mark mark = { (__u64)ring, user_data };
	struct ring_request request = { .operation = operation, .file = file };

	if (operation == IORING_OP_ACCEPT || operation == IORING_OP_CONNECT)
		bpf_map_update_elem(&ring_requests, &mark, &request, BPF_ANY);
}

/* @goes_on: more may come of it. */
static __always_inline void ring_remembered(void *ctx, void *ring, __u64 user_data, int result, bool goes_on)
{
	struct ring_mark mark = { (__u64)ring, user_data };
	struct ring_request *found = bpf_map_lookup_elem(&ring_requests, &mark), request;

	if (!found)
		return;
	request = *found;
	if (!goes_on)
		bpf_map_delete_elem(&ring_requests, &mark);
	if (request.operation == IORING_OP_CONNECT)
		connect_finished(ctx, request.file, NULL, result, PICKET_EVENT_IO_URING);
	else if (result >= 0)
		accepted(ctx, inet_socket_of_file(file_of_descriptor(result)), false, PICKET_EVENT_IO_URING);
}

/* A descriptor of the ring's own (file_slot) is none of the task's. */
static __always_inline void ring_accepted(void *ctx, struct io_kiocb *request, int result)
{
	struct ring_mark mark = { (__u64)BPF_CORE_READ(request, ctx), BPF_CORE_READ(request, cqe.user_data) };
	struct io_accept *accept = (struct io_accept *)request;

	bpf_map_delete_elem(&ring_requests, &mark);
	if (result < 0)
		return;
	if (BPF_CORE_READ(accept, file_slot))
		accepted(ctx, inet_socket_of_file(BPF_CORE_READ(request, file)), true, PICKET_EVENT_IO_URING);
	else
		accepted(ctx, inet_socket_of_file(file_of_descriptor(result)), false, PICKET_EVENT_IO_URING);
}

static __always_inline void ring_socket_made(void *ctx, struct io_kiocb *request, int result)
{
	struct io_socket *asked = (struct io_socket *)request;
	int family = BPF_CORE_READ(asked, domain);

	if (family == AF_INET && BPF_CORE_READ(asked, type) == SOCK_PACKET)
		family = AF_PACKET;
	if (result >= 0 && BPF_CORE_READ(asked, file_slot))
		socket_made(ctx, NULL, family, PICKET_EVENT_IO_URING);
	else if (result >= 0)
		descriptor_made(ctx, result, PICKET_EVENT_IO_URING);
}

static __noinline int ring_submitted(void *ctx, struct io_kiocb *request)
{
	if (ring_completion_has_request() && request && BPF_CORE_READ(request, opcode) == IORING_OP_ACCEPT)
		ring_remember(BPF_CORE_READ(request, ctx), BPF_CORE_READ(request, cqe.user_data), IORING_OP_ACCEPT,
			      NULL);
	return 0;
}

static __noinline int ring_completed(void *ctx, struct io_kiocb *request, int result)
{
	switch (BPF_CORE_READ(request, opcode)) {
	case IORING_OP_ACCEPT:
		ring_accepted(ctx, request, result);
		break;
	case IORING_OP_CONNECT:
		connect_finished(ctx, BPF_CORE_READ(request, file), NULL, result, PICKET_EVENT_IO_URING);
		break;
	case IORING_OP_SOCKET:
		ring_socket_made(ctx, request, result);
		break;
	}
	return 0;
}

RING_PROGRAMS(network)
RING_MARK_PROGRAMS(network)

#endif
