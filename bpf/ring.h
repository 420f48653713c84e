/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Requests of io_uring, which no system call's end tells of: seen when they
 * are handed in and when they complete, in the process that asked or in a
 * thread of its ring, which has the same descriptors and cgroup. What the
 * kernel tells differs by version.
 */
#ifndef RING_H
#define RING_H

#include "ring_types.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/* Since Linux 5.18 a completion tells its request. */
static __always_inline bool ring_completion_has_request(void)
{
	return bpf_core_field_exists(struct trace_event_raw_io_uring_complete, req);
}

/*
 * The programs of a sensor, named @sensor_ring_*; the number at the end says how many arguments the tracepoint has in
 * the kernels that a program is for, and the loader compares. They call what the sensor defines:
 *
 * ring_remember(ring, user_data, operation, file): handed in, where little is told of it
 * ring_submitted(ctx, request): handed in
 * ring_remembered(ctx, ring, user_data, result, goes_on): completed, known by its mark alone
 * ring_completed(ctx, request, result): completed
 *
 * submit_7: 5.15. submit_2: 6.0. submit_1: 6.4. complete_7: 5.18 to 6.14; one request that completes again and again
 * (multishot) comes without itself. complete_3: 5.10 (ring, user data, result), and since 6.15 (ring, request,
 * completion).
 */
#define RING_PROGRAMS(sensor) \
	SEC("?tp_btf/io_uring_submit_sqe") \
	int BPF_PROG(sensor##_ring_submit_7, void *ring, struct io_kiocb *request, __u8 operation, __u64 user_data) \
	{ \
		if (!ring_completion_has_request()) \
			ring_remember(ring, user_data, operation, BPF_CORE_READ(request, file)); \
		return ring_submitted(ctx, request); \
	} \
\
	SEC("?tp_btf/io_uring_submit_sqe") \
	int BPF_PROG(sensor##_ring_submit_2, struct io_kiocb *request) \
	{ \
		return ring_submitted(ctx, request); \
	} \
\
	SEC("?tp_btf/io_uring_submit_req") \
	int BPF_PROG(sensor##_ring_submit_1, struct io_kiocb *request) \
	{ \
		return ring_submitted(ctx, request); \
	} \
\
	SEC("?tp_btf/io_uring_complete") \
	int BPF_PROG(sensor##_ring_complete_7, void *ring, struct io_kiocb *request, __u64 user_data, int result) \
	{ \
		if (request) \
			return ring_completed(ctx, request, result); \
		ring_remembered(ctx, ring, user_data, result, true); \
		return 0; \
	} \
\
	SEC("?tp_btf/io_uring_complete") \
	int BPF_PROG(sensor##_ring_complete_3, void *ring, __u64 second, __u64 third) \
	{ \
		struct io_uring_cqe *completion = (struct io_uring_cqe *)third; \
		struct io_kiocb *request = (struct io_kiocb *)second; \
\
		if (!ring_completion_has_request()) \
			ring_remembered(ctx, ring, second, third, false); \
		else if (request) \
			ring_completed(ctx, request, BPF_CORE_READ(request, cqe.res)); \
		else \
			ring_remembered(ctx, ring, BPF_CORE_READ(completion, user_data), \
					BPF_CORE_READ(completion, res), true); \
		return 0; \
	}

/*
 * The same where nothing but marks is told, for sensors that make something of those. submit_5: Linux 5.10, before it
 * took over io_uring of 5.15: the outcome of a connect stays unknown. complete_4: 5.15.
 */
#define RING_MARK_PROGRAMS(sensor) \
	SEC("?tp_btf/io_uring_submit_sqe") \
	int BPF_PROG(sensor##_ring_submit_5, void *ring, __u8 operation, __u64 user_data) \
	{ \
		ring_remember(ring, user_data, operation, NULL); \
		return 0; \
	} \
\
	SEC("?tp_btf/io_uring_complete") \
	int BPF_PROG(sensor##_ring_complete_4, void *ring, __u64 user_data, int result) \
	{ \
		ring_remembered(ctx, ring, user_data, result, false); \
		return 0; \
	}

#endif
