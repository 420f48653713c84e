/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the end of a connect tells: how it went, where a local socket leads,
 * and all that is known of protocols for which the kernel has no cgroup hook.
 */
#ifndef NETWORK_CONNECT_H
#define NETWORK_CONNECT_H

#include "network_outcome.h"
#include "network_unix.h"

#define IPPROTO_DCCP 33
#define IPPROTO_SCTP 132

/* An attempt by a protocol without a hook: its peer is in the socket as the kernel took it over. */
static __noinline int unhooked_attempt(void *ctx, struct sock *socket, int result, int flags)
{
	struct subject subject = subject_current();
	struct event_scratch *record;

	if (!socket)
		return 0;
	subject_count_phase(&subject, PICKET_COUNTER_NETWORK_CONNECTS_OTHER, PICKET_COUNTER_SETUP_CONNECTS);
	if (subject.setup)
		return 0;
	record = record_begin_wanted(PICKET_KIND_NETWORK_CONNECT, &subject);
	if (!record)
		return 0;
	record->event.flags |= flags;
	record->event.result = result;
	record_set_socket(record, socket);
	record_set_peer(record, socket);
	record_send(ctx, record);
	return 0;
}

/* @address: of connect(2); NULL: not known. @flags: PICKET_EVENT_* of the way it was asked for. */
static __always_inline void connect_finished(void *ctx, struct file *file, const char *address, long result,
					     __u32 flags)
{
	struct sock *socket;
	__u16 protocol;

	if (unix_connect_ended(ctx, file, address, result))
		return;
	socket = inet_socket_of_file(file);
	if (!socket)
		return;
	protocol = BPF_CORE_READ(socket, sk_protocol);
	if ((protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP) &&
	    (result >= 0 || result == -EINPROGRESS || connect_failed(result)))
		unhooked_attempt(ctx, socket, result, flags);
	if (connect_failed(result))
		connect_ended(file, result);
}

#endif
