/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Operations of io_uring that the cgroup hooks do not see: seen when they
 * complete, in the process that asked or in a thread of its ring, which has
 * the same descriptors. What a completion tells differs by kernel.
 */
#ifndef NETWORK_RING_H
#define NETWORK_RING_H

#include "network_outcome.h"

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
		connect_ended(request.file, result);
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

static __noinline int ring_submitted(struct io_kiocb *request)
{
	if (request && BPF_CORE_READ(request, opcode) == IORING_OP_ACCEPT)
		ring_remember(BPF_CORE_READ(request, ctx), BPF_CORE_READ(request, cqe.user_data), IORING_OP_ACCEPT,
			      NULL);
	return 0;
}

/* @request is finished. */
static __noinline int ring_completed(void *ctx, struct io_kiocb *request)
{
	int result = BPF_CORE_READ(request, cqe.res);

	switch (BPF_CORE_READ(request, opcode)) {
	case IORING_OP_ACCEPT:
		ring_accepted(ctx, request, result);
		break;
	case IORING_OP_CONNECT:
		connect_ended(BPF_CORE_READ(request, file), result);
		break;
	case IORING_OP_SOCKET:
		ring_socket_made(ctx, request, result);
		break;
	}
	return 0;
}

/*
 * The number at the end of a program's name says how many arguments the
 * tracepoint has in the kernels that it is for; the loader compares.
 */

/* Linux 5.10, before it took over io_uring of 5.15: the outcome of a connect stays unknown. */
SEC("?tp_btf/io_uring_submit_sqe")
int BPF_PROG(network_ring_submit_5, void *ring, __u8 operation, __u64 user_data)
{
	ring_remember(ring, user_data, operation, NULL);
	return 0;
}

/* 5.15 */
SEC("?tp_btf/io_uring_submit_sqe")
int BPF_PROG(network_ring_submit_7, void *ring, struct io_kiocb *request, __u8 operation, __u64 user_data)
{
	ring_remember(ring, user_data, operation, BPF_CORE_READ(request, file));
	return 0;
}

/* 6.0 */
SEC("?tp_btf/io_uring_submit_sqe")
int BPF_PROG(network_ring_submit_2, struct io_kiocb *request)
{
	return ring_submitted(request);
}

/* 6.4 */
SEC("?tp_btf/io_uring_submit_req")
int BPF_PROG(network_ring_submit_1, struct io_kiocb *request)
{
	return ring_submitted(request);
}

/* 5.18 to 6.14. One request that completes again and again (multishot) comes without itself. */
SEC("?tp_btf/io_uring_complete")
int BPF_PROG(network_ring_complete_7, void *ring, struct io_kiocb *request, __u64 user_data, int result)
{
	if (request)
		return ring_completed(ctx, request);
	ring_remembered(ctx, ring, user_data, result, true);
	return 0;
}

/* 5.15 */
SEC("?tp_btf/io_uring_complete")
int BPF_PROG(network_ring_complete_4, void *ring, __u64 user_data, int result)
{
	ring_remembered(ctx, ring, user_data, result, false);
	return 0;
}

/* 5.10: ring, user data, result. Since 6.15: ring, request, completion. */
SEC("?tp_btf/io_uring_complete")
int BPF_PROG(network_ring_complete_3, void *ring, __u64 second, __u64 third)
{
	struct io_uring_cqe *completion = (struct io_uring_cqe *)third;

	if (!bpf_core_field_exists(struct trace_event_raw_io_uring_complete, req))
		ring_remembered(ctx, ring, second, third, false);
	else if (second)
		ring_completed(ctx, (struct io_kiocb *)second);
	else
		ring_remembered(ctx, ring, BPF_CORE_READ(completion, user_data), BPF_CORE_READ(completion, res), true);
	return 0;
}

#endif
