/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asynchronous HTTP requests on the event loop (libcurl's multi interface).
 * Used by the OTLP sender and by the Docker API.
 */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event_loop.h"

struct http_client;

struct http_request {
	const char *method; /* "GET", "POST" */
	const char *url;
	const char *unix_socket;    /* connect here instead; NULL: by the URL */
	bool http2;		    /* without asking first, as gRPC does */
	const char *const *headers; /* "Name: value", NULL-terminated; NULL: none */
	const void *body;	    /* copied */
	size_t body_size;
	uint32_t timeout_ms;			    /* whole request */
	size_t max_response_bytes;		    /* a longer answer fails with -EMSGSIZE */
	const char *ca_file, *cert_file, *key_file; /* NULL: libcurl's defaults */
};

struct http_response {
	/*
	 * 0: an answer came. -ECONNREFUSED (no such host too), -ECONNRESET, -ETIMEDOUT, -EKEYREJECTED (TLS): there was
	 * none. -EBADMSG: what came is no HTTP; -EMSGSIZE: it is too long; -ECANCELED: http_client_free(). -EIO, -ENOMEM.
	 */
	int error;
	const char *error_text; /* for people; "" when none */
	long status;		/* HTTP status; with -EMSGSIZE too, unless even the headers were too long; else 0 */
	const void *body;	/* NUL-terminated as well */
	size_t body_size;
	const char *retry_after; /* header value or NULL */
};

/* Called exactly once for each accepted request; @response is borrowed for the call. */
typedef void http_done(void *context, const struct http_response *response);

int http_client_new(struct event_loop *loop, struct http_client **ret_client);

/** http_client_free() - cancels what is under way; their callbacks get -ECANCELED. NULL is fine. */
void http_client_free(struct http_client *client);

/**
 * http_client_send() - no proxy, no redirect, whatever the environment says.
 * Return: 0 (@done will be called, never from within this call), -ENOMEM, -EINVAL (no http:// or https:// URL, or this
 * libcurl has no HTTP/2).
 */
int http_client_send(struct http_client *client, const struct http_request *request, http_done *done, void *context);

#endif
