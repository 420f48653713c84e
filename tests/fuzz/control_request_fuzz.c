/* SPDX-License-Identifier: GPL-2.0-only */
/* What a client may send to the control socket, in pieces; no client stays behind. */
#include <assert.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "export/control_client.h"

#define SLOTS 8

static void no_release(void *context, struct container *container,
		       void (*done)(void *done_context, int error, const char *text), void *done_context)
{
	(void)context;
	(void)container;
	done(done_context, -1, "not here");
}

static struct control_server *make_server(void)
{
	static struct picket_counters slots[SLOTS];
	static const struct counter_table counters = { slots, SLOTS };
	static struct self_metrics metrics;
	static struct control_server server;
	struct registry_options options = { .root_path = "/nonexistent", .max_slots = SLOTS };
	struct registry_verdict verdict;

	server.options.metrics = &metrics;
	server.options.counters = &counters;
	server.options.release = no_release;
	if (event_loop_new(&server.loop) || registry_new(&options, &server.options.registry) ||
	    registry_add(server.options.registry, 7, 0,
			 "/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 3, &verdict))
		abort();
	return &server;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct control_server *server;
	char answer[65536];
	size_t at = 0;
	int fds[2];

	if (!server)
		server = make_server();
	if (size > 4096 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds))
		return -1;
	if (control_client_open(server, fds[0]))
		abort();
	while (at < size) {
		size_t piece = 1 + data[at] % 64;

		piece = piece < size - at ? piece : size - at;
		if (send(fds[1], data + at, piece, MSG_NOSIGNAL) < 0)
			break;
		at += piece;
		event_loop_run_once(server->loop, 0);
	}
	for (int i = 0; i < 4 && recv(fds[1], answer, sizeof(answer), 0) != 0; i++)
		event_loop_run_once(server->loop, 0);
	close(fds[1]);
	for (int i = 0; i < 4 && server->clients; i++)
		event_loop_run_once(server->loop, 0);
	assert(!server->clients);
	return 0;
}
