/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/control_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"

#define READ_BYTES 4096
#define LAST_LINE_BYTES 1024

void control_client_close(struct control_client *client)
{
	struct control_client **link = &client->server->clients;

	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
	client->server->client_count--;
	if (client->release)
		client->release->client = NULL;
	event_loop_unwatch(client->server->loop, client->fd);
	close(client->fd);
	container_set_close(&client->set);
	text_free(&client->request);
	text_free(&client->unread);
	free(client->rule);
	free(client->container);
	free(client);
}

bool control_client_write(struct control_client *client, const char *line)
{
	size_t size = strlen(line);

	if (client->unread.size + size + 1 > CONTROL_UNREAD_MAX_BYTES)
		return false;
	text_add_bytes(&client->unread, line, size);
	text_add_bytes(&client->unread, "\n", 1);
	return !client->unread.error;
}

bool control_client_send(struct control_client *client, json_t *object)
{
	AUTO_FREE char *line = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	if (!line)
		client->unread.error = -ENOMEM;
	return line && control_client_write(client, line);
}

/* There is always room for the last line. */
static void finish(struct control_client *client, json_t *last)
{
	AUTO_FREE char *line = last ? json_dumps(last, JSON_COMPACT) : NULL;

	json_decref(last);
	if (line) {
		text_add(&client->unread, line);
		text_add(&client->unread, "\n");
	}
	client->ended = true;
	client->more = NULL;
}

void control_client_end(struct control_client *client)
{
	finish(client, json_pack("{s:b}", "end", 1));
}

void control_client_refuse(struct control_client *client, const char *why)
{
	finish(client, json_pack("{s:s}", "error", why));
}

void control_client_make(struct control_client *client, size_t unread_bytes)
{
	client->idle = false;
	while (client->more && !client->idle && !client->unread.error && client->unread.size < unread_bytes)
		client->idle = !client->more(client);
}

/* Return: 0; -errno when the client is gone. */
static int flush(struct control_client *client)
{
	struct text *unread = &client->unread;
	size_t done = 0;

	while (done < unread->size) {
		ssize_t sent = send(client->fd, unread->data + done, unread->size - done, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (sent < 0)
			return -errno;
		done += sent;
	}
	unread->size -= done;
	if (unread->size)
		memmove(unread->data, unread->data + done, unread->size);
	else
		text_free(unread);
	return 0;
}

static void on_ready(void *context, int fd, uint32_t events);

/* Wake up for what the client sends, and for room when something waits or a list goes on. */
static int watch(struct control_client *client)
{
	bool waits = client->unread.size || (client->more && !client->idle);

	return event_loop_watch(client->server->loop, client->fd,
				(client->closed_input ? 0 : EPOLLIN) | (waits ? EPOLLOUT : 0), on_ready, client);
}

void control_client_wake(struct control_client *client)
{
	watch(client);
}

void control_client_update(struct control_client *client)
{
	int error;

	control_client_make(client, CONTROL_PIECE_BYTES);
	error = client->unread.error ? client->unread.error : flush(client);
	if (!error && !(client->ended && !client->unread.size))
		error = watch(client);
	if (error || (client->ended && !client->unread.size))
		control_client_close(client);
}

/* Take what the client sends; the first line is its request. */
static void take(struct control_client *client, const char *bytes, size_t size)
{
	struct text *request = &client->request;
	const char *end;

	if (client->answered)
		return; /* whatever it says more */
	text_add_bytes(request, bytes, size);
	end = request->size ? memchr(request->data, '\n', request->size) : NULL;
	if (end)
		control_answer(client, request->data, end - request->data);
	else if (request->error)
		control_client_refuse(client, "the request is too long");
	client->answered = end || request->error;
	if (client->answered)
		text_free(request);
}

/* Return: false when the client is gone. */
static bool receive(struct control_client *client)
{
	char bytes[READ_BYTES];
	ssize_t size = recv(client->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (size < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
	if (size > 0)
		take(client, bytes, size);
	else
		client->closed_input = true; /* it may still read */
	return size > 0 || client->answered;
}

static void on_ready(void *context, int fd, uint32_t events)
{
	struct control_client *client = context;

	(void)fd;
	if ((events & (EPOLLHUP | EPOLLERR)) || ((events & EPOLLIN) && !receive(client)))
		control_client_close(client);
	else
		control_client_update(client);
}

int control_client_open(struct control_server *server, int fd)
{
	struct control_client *client = calloc(1, sizeof(*client));
	int error;

	if (!client)
		return -ENOMEM;
	error = event_loop_watch(server->loop, fd, EPOLLIN, on_ready, client);
	if (error) {
		free(client);
		return error;
	}
	client->server = server;
	client->fd = fd;
	text_init(&client->request, CONTROL_REQUEST_MAX_BYTES);
	text_init(&client->unread, CONTROL_UNREAD_MAX_BYTES + LAST_LINE_BYTES);
	client->next = server->clients;
	server->clients = client;
	server->client_count++;
	return 0;
}
