/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by http_server.c and http_answers.c. */
#ifndef HTTP_SERVER_INTERNAL_H
#define HTTP_SERVER_INTERNAL_H

#include <microhttpd.h>

#include "export/http_server.h"
#include "export/scrape.h"
#include "export/web_guard.h"

struct http_server {
	struct event_loop *loop;
	struct web_guard *guard;
	struct http_server_options options;
	struct {
		struct MHD_Daemon *daemon;
		int epoll_fd, port;
	} listeners[CONFIG_MAX_LIST];
	size_t listener_count;
	unsigned int scrapes; /* under way */
	int timer;
};

/* One request; lives until both the request has ended and its answer is no longer needed. */
struct request {
	struct http_server *server;
	struct scrape *scrape;
	size_t body_size;
	bool delivered;
	struct MHD_Connection *connection;
	bool checked, allowed; /* by its password, after it had waited for that */
	unsigned int references;
};

/** http_request_unref() - its end, and the end of its answer, are each one. */
void http_request_unref(struct request *request);

/** http_answer() - by path and method. */
enum MHD_Result http_answer(struct request *request, struct MHD_Connection *connection, const char *path,
			    const char *method);

/** http_refuse() - what the guard does not let in. */
enum MHD_Result http_refuse(struct request *request, struct MHD_Connection *connection, enum web_guard_verdict verdict);

#endif
