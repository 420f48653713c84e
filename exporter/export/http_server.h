/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The HTTP side of the daemon: /metrics, /, /-/healthy, /-/ready, /-/reload.
 * libmicrohttpd without a thread of its own, driven by the event loop.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "config.h"
#include "event_loop.h"
#include "export/prometheus.h"

struct http_server;

struct http_server_options {
	const struct config *config;
	struct exposition_source source;
	/* POST /-/reload; Return: 0, or -errno with a sentence in @text */
	int (*reload)(void *context, char *text, size_t text_size);
	/* something is wrong with --web.config.file */
	void (*problem)(void *context, const char *message);
	void *context;
};

/**
 * http_server_open() - listen on every address of the configuration.
 * @ret_error: one line for people when it fails, e.g. "cannot listen on :10077: Address already in use"; free(3).
 * Return: 0, -EADDRINUSE, -EACCES, -EINVAL, -ENOTSUP, -ENOMEM.
 */
int http_server_open(struct event_loop *loop, const struct http_server_options *options,
		     struct http_server **ret_server, char **ret_error);
/** http_server_port() - the port of a listen address, in their order; for ":0". Return: port, -ENOENT. */
int http_server_port(const struct http_server *server, size_t listener);
void http_server_close(struct http_server *server);

#endif
