/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One connection to the control socket: a request in, lines of JSON out.
 * Private to control_server.c, control_client.c and control_answer.c.
 *
 * Long answers are made piece by piece, as the client reads, so that neither a
 * slow client nor a long list costs memory.
 */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

#include "export/container_set.h"
#include "export/control_server.h"
#include "export/finding_history.h"
#include "text.h"

#define CONTROL_REQUEST_MAX_BYTES 65536
#define CONTROL_UNREAD_MAX_BYTES (1 << 20)
#define CONTROL_PIECE_BYTES 65536 /* made at one go */

struct control_server {
	struct event_loop *loop;
	struct control_server_options options;
	char *path;
	int fd, spare_fd;
	struct control_client *clients;
	unsigned int client_count;
	struct finding_history history;
};

/* A release under way; outlives a client that goes away meanwhile. */
struct control_release {
	struct control_client *client; /* NULL: gone */
};

struct control_client {
	struct control_server *server;
	struct control_client *next;
	int fd;
	struct text request;
	struct text unread; /* what the client has not taken yet */
	bool answered;	    /* one request per connection */
	bool ended;	    /* nothing follows but what is unread */
	bool closed_input;  /* the client sends no more */
	/* Makes one more line of the answer. Return: false when it cannot now. NULL: all is made. */
	bool (*more)(struct control_client *client);
	bool idle; /* more() had nothing, or found no room */
	struct control_release *release;
	/* containers */
	struct container_set set;
	size_t set_at;
	/* events */
	char *rule, *container;
	uint64_t number; /* of the finding to look at next */
	bool follow;
	uint64_t lost; /* findings that it was too slow for, not told yet */
};

/** control_client_open() - takes @fd when it succeeds. Return: 0, -errno. */
int control_client_open(struct control_server *server, int fd);
void control_client_close(struct control_client *client);

/** control_client_update() - make and send what fits, later what does not; closes the client when it is through. */
void control_client_update(struct control_client *client);

/** control_client_wake() - what was written from outside the client's own callbacks is sent soon. */
void control_client_wake(struct control_client *client);

/** control_client_make() - lines until @unread_bytes wait to be sent. */
void control_client_make(struct control_client *client, size_t unread_bytes);

/** control_client_write() - a line. Return: false when it finds no room now. */
bool control_client_write(struct control_client *client, const char *line);

/** control_client_send() - takes @object; no memory ends the answer. Return: as control_client_write(). */
bool control_client_send(struct control_client *client, json_t *object);

/** control_client_end(), control_client_refuse() - the last line of an answer. @why: a short sentence. */
void control_client_end(struct control_client *client);
void control_client_refuse(struct control_client *client, const char *why);

/** control_answer() - to a line of JSON; begins, and for short answers makes, the answer. */
void control_answer(struct control_client *client, const char *line, size_t size);

/** control_answer_skip() - the oldest finding is about to be forgotten: a client that has not got it loses it. */
void control_answer_skip(struct control_client *client);

#endif
