/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How connections ended that were attempted, and which were accepted. */
#ifndef NETWORK_OUTCOME_H
#define NETWORK_OUTCOME_H

#include "network.h"

#define EPERM 1
#define EINTR 4
#define EACCES 13
#define ENETUNREACH 101
#define ECONNRESET 104
#define EISCONN 106
#define ETIMEDOUT 110
#define ECONNREFUSED 111
#define EHOSTUNREACH 113
#define EALREADY 114
#define EINPROGRESS 115
#define ERESTARTSYS 512
#define O_NONBLOCK 04000

static __always_inline enum picket_counter failure_counter(long error)
{
	switch (error) {
	case ECONNREFUSED:
		return PICKET_COUNTER_NETWORK_CONNECT_FAILURES_REFUSED;
	case ETIMEDOUT:
		return PICKET_COUNTER_NETWORK_CONNECT_FAILURES_TIMEOUT;
	case ENETUNREACH:
	case EHOSTUNREACH:
		return PICKET_COUNTER_NETWORK_CONNECT_FAILURES_UNREACHABLE;
	case EPERM:
	case EACCES:
		return PICKET_COUNTER_NETWORK_CONNECT_FAILURES_DENIED;
	default:
		return PICKET_COUNTER_NETWORK_CONNECT_FAILURES_OTHER;
	}
}

/* Whether a connect that ended so has failed: not under way, not done before, not to be called again. */
static __always_inline bool connect_failed(long result)
{
	return result < 0 && result != -EINPROGRESS && result != -EALREADY && result != -EISCONN && result != -EINTR &&
	       result > -ERESTARTSYS;
}

/* What a peer or the clock says ends a TCP connect by a change of state; the rest never gets that far. */
static __always_inline bool told_by_state(struct file *file, struct sock *socket, long error)
{
	return (KERNEL_READ(kernel_cast(file), f_flags) & O_NONBLOCK) &&
	       KERNEL_READ(kernel_cast(socket), sk_protocol) == IPPROTO_TCP &&
	       (error == ECONNREFUSED || error == ECONNRESET || error == ETIMEDOUT);
}

/* The end of a connect on @file. */
static __always_inline void connect_ended(struct file *file, long result)
{
	struct sock *socket = inet_socket_of_file(file);
	struct subject subject;

	if (!socket || !connect_failed(result) || told_by_state(file, socket, -result))
		return;
	subject = subject_of_socket(socket);
	if (!subject.setup)
		subject_count(&subject, failure_counter(-result));
}

/* @socket: the new connection; or, when @listener, where it came from: then the peer is not known. */
static __noinline int accepted(void *ctx, struct sock *socket, int listener, int flags)
{
	struct event_scratch *record;
	struct subject subject;

	if (!socket)
		return 0;
	subject = subject_of_socket(socket);
	if (subject.setup)
		return 0;
	subject_count(&subject, PICKET_COUNTER_NETWORK_ACCEPTS);
	record = record_begin_wanted(PICKET_KIND_NETWORK_ACCEPT, &subject);
	if (!record)
		return 0;
	record->event.flags |= flags;
	record_set_socket(record, socket);
	if (!listener)
		record_set_peer(record, socket);
	record_send(ctx, record);
	return 0;
}

/* The kind of a socket that few workloads need; PICKET_COUNTER_COUNT: it is none, or the cgroup hooks see it. */
static __always_inline enum picket_counter odd_socket_counter(__u16 family)
{
	if (family == AF_PACKET)
		return PICKET_COUNTER_NETWORK_SOCKETS_PACKET;
	return family == AF_VSOCK ? PICKET_COUNTER_NETWORK_SOCKETS_VSOCK : PICKET_COUNTER_COUNT;
}

/* A socket of @family was made. @socket: NULL when it cannot be found. */
static __noinline int socket_made(void *ctx, struct sock *socket, int family, int flags)
{
	enum picket_counter counter = odd_socket_counter(family);
	struct subject subject = subject_current();
	struct event_scratch *record;

	if (counter == PICKET_COUNTER_COUNT || subject.setup)
		return 0;
	subject_count(&subject, counter);
	record = record_begin_wanted(PICKET_KIND_NETWORK_SOCKET, &subject);
	if (!record)
		return 0;
	record->event.flags |= flags;
	if (socket)
		record_set_socket(record, socket);
	record->event.network.family = family;
	record->event.network.local_port = 0; /* another thing in these families */
	record_send(ctx, record);
	return 0;
}

static __always_inline void descriptor_made(void *ctx, __u32 descriptor, int flags)
{
	struct file *file = file_of_descriptor(descriptor);
	struct sock *socket = file ? socket_of_file(file) : NULL;

	if (socket)
		socket_made(ctx, socket, BPF_CORE_READ(socket, __sk_common.skc_family), flags);
}

#endif
