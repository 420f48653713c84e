/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An HTTP server for tests, in a thread of its own: answers each request with
 * the next of some prepared bytes, whatever they are, and keeps what was asked.
 */
#ifndef HTTP_PEER_H
#define HTTP_PEER_H

#include <arpa/inet.h>
#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "event_loop.h"

#define PEER_CONNECTIONS 64
#define PEER_REQUESTS 256
#define PEER_WAIT_S 100

#define PEER_OK "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define PEER_STATUS(status) "HTTP/1.1 " status " Some Words\r\nContent-Length: 0\r\n\r\n"

struct peer_answer {
	const char *bytes; /* NULL: none at all; the connection stays open */
	size_t size;	   /* 0: strlen */
	bool close;	   /* afterwards */
};

struct peer_request {
	char *head; /* NUL-terminated, with the empty line */
	char *body;
	size_t body_size;
};

struct peer_connection {
	int fd;
	char *bytes;
	size_t size, room;
};

struct http_peer {
	struct peer_answer *answers; /* copies: a test's own are gone before its fixture; the last one is repeated */
	size_t answer_count;
	int listener, wake[2];
	uint16_t port;
	char url[64];
	pthread_t thread;
	bool running;
	struct peer_connection connections[PEER_CONNECTIONS];
	size_t connection_count;
	/* below: under the mutex */
	pthread_mutex_t mutex;
	struct peer_request requests[PEER_REQUESTS];
	size_t request_count, accepted;
};

static inline size_t peer_count(struct http_peer *peer)
{
	size_t count;

	pthread_mutex_lock(&peer->mutex);
	count = peer->request_count;
	pthread_mutex_unlock(&peer->mutex);
	return count;
}

/* Borrowed until peer_free(). */
static inline struct peer_request peer_request_at(struct http_peer *peer, size_t index)
{
	struct peer_request request;

	pthread_mutex_lock(&peer->mutex);
	assert(index < peer->request_count);
	request = peer->requests[index];
	pthread_mutex_unlock(&peer->mutex);
	return request;
}

static inline void peer_send(int fd, const struct peer_answer *answer)
{
	size_t sent = 0;

	while (sent < answer->size) {
		ssize_t some = send(fd, answer->bytes + sent, answer->size - sent, MSG_NOSIGNAL);

		if (some <= 0)
			break;
		sent += some;
	}
}

/* Return: bytes of the first whole request, 0: not whole yet. */
static inline size_t peer_request_size(const struct peer_connection *connection, size_t *ret_head)
{
	const char *end = connection->size ? memmem(connection->bytes, connection->size, "\r\n\r\n", 4) : NULL;
	const char *length;
	size_t head, body;

	if (!end)
		return 0;
	head = end + 4 - connection->bytes;
	length = strcasestr(connection->bytes, "\r\nContent-Length:");
	body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
	*ret_head = head;
	return connection->size >= head + body ? head + body : 0;
}

static inline const struct peer_answer *peer_keep(struct http_peer *peer, const struct peer_connection *connection,
						  size_t head, size_t size)
{
	struct peer_request request = {
		.head = strndup(connection->bytes, head),
		.body = malloc(size - head + 1),
		.body_size = size - head,
	};
	size_t index;

	assert(request.head && request.body);
	memcpy(request.body, connection->bytes + head, size - head);
	request.body[size - head] = '\0';
	pthread_mutex_lock(&peer->mutex);
	assert(peer->request_count < PEER_REQUESTS);
	index = peer->request_count++;
	peer->requests[index] = request;
	pthread_mutex_unlock(&peer->mutex);
	return &peer->answers[index < peer->answer_count ? index : peer->answer_count - 1];
}

/* Return: false when the connection is over. */
static inline bool peer_serve(struct http_peer *peer, struct peer_connection *connection)
{
	const struct peer_answer *answer;
	size_t size, head;
	ssize_t some;

	if (connection->room < connection->size + 65537) {
		connection->room = connection->size * 2 + 65537;
		connection->bytes = realloc(connection->bytes, connection->room);
		assert(connection->bytes);
	}
	some = recv(connection->fd, connection->bytes + connection->size, 65536, 0);
	if (some <= 0)
		return false;
	connection->size += some;
	connection->bytes[connection->size] = '\0';
	while ((size = peer_request_size(connection, &head))) {
		answer = peer_keep(peer, connection, head, size);
		connection->size -= size;
		memmove(connection->bytes, connection->bytes + size, connection->size + 1);
		if (answer->bytes)
			peer_send(connection->fd, answer);
		if (answer->close)
			return false;
	}
	return true;
}

static inline void peer_forget(struct http_peer *peer, size_t index)
{
	close(peer->connections[index].fd);
	free(peer->connections[index].bytes);
	peer->connections[index] = peer->connections[--peer->connection_count];
}

static inline void peer_accept(struct http_peer *peer)
{
	struct timeval limit = { .tv_sec = PEER_WAIT_S };
	int fd = accept(peer->listener, NULL, NULL);

	if (fd < 0)
		return;
	assert(peer->connection_count < PEER_CONNECTIONS);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	peer->connections[peer->connection_count++] = (struct peer_connection){ .fd = fd };
	pthread_mutex_lock(&peer->mutex);
	peer->accepted++;
	pthread_mutex_unlock(&peer->mutex);
}

static inline void *peer_run(void *context)
{
	struct http_peer *peer = context;

	for (;;) {
		struct pollfd fds[PEER_CONNECTIONS + 2] = { { .fd = peer->listener, .events = POLLIN },
							    { .fd = peer->wake[0], .events = POLLIN } };
		size_t count = peer->connection_count;

		for (size_t i = 0; i < count; i++)
			fds[i + 2] = (struct pollfd){ .fd = peer->connections[i].fd, .events = POLLIN };
		poll(fds, count + 2, -1);
		if (fds[1].revents)
			return NULL;
		for (size_t i = count; i-- > 0;)
			if (fds[i + 2].revents && !peer_serve(peer, &peer->connections[i]))
				peer_forget(peer, i);
		if (fds[0].revents)
			peer_accept(peer);
	}
}

static inline void peer_run_at(struct http_peer *peer, const struct sockaddr *address, socklen_t size)
{
	int yes = 1, error;

	peer->listener = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(peer->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	error = bind(peer->listener, address, size) || listen(peer->listener, 64) || pipe(peer->wake);
	assert(!error);
	peer->running = true;
	error = pthread_create(&peer->thread, NULL, peer_run, peer);
	assert(!error);
	(void)error;
}

static inline struct peer_answer peer_copy_of(const struct peer_answer *answer)
{
	struct peer_answer copy = *answer;
	char *bytes;

	if (!answer->bytes)
		return copy;
	copy.size = answer->size ? answer->size : strlen(answer->bytes);
	bytes = malloc(copy.size + 1);
	assert(bytes);
	copy.bytes = memcpy(bytes, answer->bytes, copy.size);
	return copy;
}

static inline void peer_init(struct http_peer *peer, const struct peer_answer *answers, size_t count)
{
	memset(peer, 0, sizeof(*peer));
	pthread_mutex_init(&peer->mutex, NULL);
	peer->answers = calloc(count, sizeof(*answers));
	assert(peer->answers || !count);
	for (; peer->answer_count < count; peer->answer_count++)
		peer->answers[peer->answer_count] = peer_copy_of(&answers[peer->answer_count]);
}

/* Listen on loopback; again after peer_stop(): on the same port. */
static inline void peer_start(struct http_peer *peer)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(peer->port) };
	socklen_t size = sizeof(address);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	peer_run_at(peer, (struct sockaddr *)&address, sizeof(address));
	getsockname(peer->listener, (struct sockaddr *)&address, &size);
	peer->port = ntohs(address.sin_port);
	snprintf(peer->url, sizeof(peer->url), "http://127.0.0.1:%u", peer->port);
}

static inline void peer_start_unix(struct http_peer *peer, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	assert(strlen(path) < sizeof(address.sun_path));
	strcpy(address.sun_path, path);
	peer_run_at(peer, (struct sockaddr *)&address, sizeof(address));
}

static inline void peer_stop(struct http_peer *peer)
{
	if (!peer->running)
		return;
	close(peer->wake[1]);
	pthread_join(peer->thread, NULL);
	while (peer->connection_count)
		peer_forget(peer, 0);
	close(peer->listener);
	close(peer->wake[0]);
	peer->running = false;
}

static inline void peer_free(struct http_peer *peer)
{
	peer_stop(peer);
	for (size_t i = 0; i < peer->request_count; i++) {
		free(peer->requests[i].head);
		free(peer->requests[i].body);
	}
	for (size_t i = 0; i < peer->answer_count; i++)
		free((char *)peer->answers[i].bytes);
	free(peer->answers);
	pthread_mutex_destroy(&peer->mutex);
}

/* Run @loop until @condition holds; a test that waits for too long fails. */
#define LOOP_UNTIL(loop, condition) \
	do { \
		time_t loop_until_end = time(NULL) + PEER_WAIT_S; \
\
		while (!(condition)) { \
			assert_true(time(NULL) < loop_until_end); \
			assert_int_equal(event_loop_run_once(loop, 5), 0); \
		} \
	} while (0)

#endif
