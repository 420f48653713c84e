/* SPDX-License-Identifier: GPL-2.0-only */
#include "http_client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>

#include "cleanup.h"

#define CONNECT_TIMEOUT_MS 5000L
#define RESPONSE_HEADERS_MAX_BYTES 65536 /* libcurl keeps them all, however many come */

/* One request under way. */
struct transfer {
	struct http_client *client;
	CURL *easy;
	struct curl_slist *headers;
	char *body, *response;
	size_t response_size, max_response_bytes, header_bytes;
	char *retry_after;
	char error_text[CURL_ERROR_SIZE];
	bool too_large;
	http_done *done;
	void *context;
	struct transfer *previous, *next;
};

struct http_client {
	struct event_loop *loop;
	CURLM *multi;
	int timer;
	struct transfer *transfers;
};

static const struct {
	CURLcode code;
	int error;
} errors[] = {
	{ CURLE_COULDNT_CONNECT, -ECONNREFUSED },
	{ CURLE_COULDNT_RESOLVE_HOST, -ECONNREFUSED },
	{ CURLE_OPERATION_TIMEDOUT, -ETIMEDOUT },
	{ CURLE_GOT_NOTHING, -ECONNRESET },
	{ CURLE_SEND_ERROR, -ECONNRESET },
	{ CURLE_RECV_ERROR, -ECONNRESET },
	{ CURLE_PARTIAL_FILE, -ECONNRESET },
	{ CURLE_OUT_OF_MEMORY, -ENOMEM },
	{ CURLE_PEER_FAILED_VERIFICATION, -EKEYREJECTED },
	{ CURLE_SSL_CERTPROBLEM, -EKEYREJECTED },
	{ CURLE_SSL_CACERT_BADFILE, -EKEYREJECTED },
	{ CURLE_URL_MALFORMAT, -EINVAL },
	{ CURLE_UNSUPPORTED_PROTOCOL, -EBADMSG }, /* what came was no HTTP; the URL's own scheme is checked before */
	{ CURLE_WEIRD_SERVER_REPLY, -EBADMSG },
	{ CURLE_BAD_CONTENT_ENCODING, -EBADMSG },
};

static int errno_of(CURLcode code)
{
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i].code == code)
			return errors[i].error;
	return -EIO;
}

static void transfer_free(struct transfer *transfer)
{
	if (transfer->easy) {
		curl_multi_remove_handle(transfer->client->multi, transfer->easy);
		curl_easy_cleanup(transfer->easy);
	}
	curl_slist_free_all(transfer->headers);
	free(transfer->body);
	free(transfer->response);
	free(transfer->retry_after);
	free(transfer);
}

static void unlink_transfer(struct transfer *transfer)
{
	if (transfer->previous)
		transfer->previous->next = transfer->next;
	else
		transfer->client->transfers = transfer->next;
	if (transfer->next)
		transfer->next->previous = transfer->previous;
}

static void finish(struct transfer *transfer, CURLcode code)
{
	struct http_response response = {
		.error_text = *transfer->error_text ? transfer->error_text : curl_easy_strerror(code),
		.body = transfer->response ? transfer->response : "",
		.body_size = transfer->response_size,
		.retry_after = transfer->retry_after,
	};

	if (transfer->too_large) {
		response.error = -EMSGSIZE;
		response.error_text = "the answer is too long";
		if (transfer->header_bytes <= RESPONSE_HEADERS_MAX_BYTES)
			curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &response.status);
	} else if (code != CURLE_OK) {
		response.error = errno_of(code);
	} else {
		response.error_text = "";
		curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &response.status);
	}
	unlink_transfer(transfer);
	transfer->done(transfer->context, &response);
	transfer_free(transfer);
}

static void finish_done(struct http_client *client)
{
	struct transfer *transfer;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(client->multi, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		finish(transfer, message->data.result);
	}
}

static void on_socket(void *context, int fd, uint32_t events)
{
	struct http_client *client = context;
	int flags = 0, running;

	if (events & EPOLLIN)
		flags |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		flags |= CURL_CSELECT_OUT;
	if (events & (EPOLLERR | EPOLLHUP))
		flags |= CURL_CSELECT_ERR;
	curl_multi_socket_action(client->multi, fd, flags, &running);
	finish_done(client);
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
	struct http_client *client = context;
	uint32_t events = 0;

	(void)easy;
	(void)socket_context;
	if (what == CURL_POLL_REMOVE) {
		event_loop_unwatch(client->loop, fd);
		return 0;
	}
	if (what & CURL_POLL_IN)
		events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		events |= EPOLLOUT;
	return event_loop_watch(client->loop, fd, events, on_socket, client) ? -1 : 0;
}

static void on_timer(void *context)
{
	struct http_client *client = context;
	int running;

	curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	finish_done(client);
}

static int set_timer(CURLM *multi, long timeout_ms, void *context)
{
	struct http_client *client = context;

	(void)multi;
	/* 0 means at once, but never from within this call */
	event_loop_set_timer(client->loop, client->timer, timeout_ms < 0 ? 0 : (timeout_ms ? timeout_ms : 1), 0);
	return 0;
}

int http_client_new(struct event_loop *loop, struct http_client **ret_client)
{
	struct http_client *client = calloc(1, sizeof(*client));

	if (!client)
		return -ENOMEM;
	client->loop = loop;
	client->timer = -1;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) || !(client->multi = curl_multi_init())) {
		free(client);
		return -ENOMEM;
	}
	client->timer = event_loop_add_timer(loop, 1000, on_timer, client);
	if (client->timer < 0) {
		http_client_free(client);
		return -ENOMEM;
	}
	event_loop_set_timer(loop, client->timer, 0, 0);
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
	*ret_client = client;
	return 0;
}

void http_client_free(struct http_client *client)
{
	static const struct http_response canceled = { .error = -ECANCELED, .error_text = "canceled", .body = "" };

	if (!client)
		return;
	while (client->transfers) {
		struct transfer *transfer = client->transfers;

		unlink_transfer(transfer);
		transfer->done(transfer->context, &canceled);
		transfer_free(transfer);
	}
	curl_multi_cleanup(client->multi);
	if (client->timer >= 0)
		event_loop_remove_timer(client->loop, client->timer);
	free(client);
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	char *larger;

	size *= count;
	if (transfer->response_size + size > transfer->max_response_bytes) {
		transfer->too_large = true;
		return 0;
	}
	larger = realloc(transfer->response, transfer->response_size + size + 1);
	if (!larger)
		return 0;
	memcpy(larger + transfer->response_size, bytes, size);
	transfer->response = larger;
	transfer->response_size += size;
	larger[transfer->response_size] = '\0';
	return size;
}

static size_t take_header(char *line, size_t size, size_t count, void *context)
{
	static const char name[] = "retry-after:";
	struct transfer *transfer = context;
	size_t skip = sizeof(name) - 1, end = size *= count;

	transfer->header_bytes += size;
	if (transfer->header_bytes > RESPONSE_HEADERS_MAX_BYTES) {
		transfer->too_large = true;
		return 0;
	}
	if (size <= skip || strncasecmp(line, name, skip) != 0)
		return size;
	while (skip < end && (line[skip] == ' ' || line[skip] == '\t'))
		skip++;
	while (end > skip && memchr(" \t\r\n", line[end - 1], 4))
		end--;
	free(transfer->retry_after);
	transfer->retry_after = strndup(line + skip, end - skip);
	return size;
}

static int add_headers(struct transfer *transfer, const char *const *headers)
{
	for (; headers && *headers; headers++) {
		struct curl_slist *longer = curl_slist_append(transfer->headers, *headers);

		if (!longer)
			return -ENOMEM;
		transfer->headers = longer;
	}
	return 0;
}

/* Only http and https, no proxy, no redirect. Return: 0, -ENOMEM, -EINVAL. */
static int set_options(struct transfer *transfer, const struct http_request *request)
{
	CURL *easy = transfer->easy;

	if (curl_easy_setopt(easy, CURLOPT_URL, request->url) ||
	    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") || curl_easy_setopt(easy, CURLOPT_NOPROXY, "*"))
		return -ENOMEM;
	if (request->http2 && curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE))
		return -EINVAL;
	/* what a server of HTTP/2 says on a connection that waits would be read with the next answer, and fail it */
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, (long)request->http2);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error_text);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a name server that hangs must not hold the loop */
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	if (request->unix_socket)
		curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request->unix_socket);
	if (strcmp(request->method, "GET") != 0) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->body);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
	}
	if (request->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file);
	if (request->cert_file)
		curl_easy_setopt(easy, CURLOPT_SSLCERT, request->cert_file);
	if (request->key_file)
		curl_easy_setopt(easy, CURLOPT_SSLKEY, request->key_file);
	return 0;
}

int http_client_send(struct http_client *client, const struct http_request *request, http_done *done, void *context)
{
	static const char *const no_expect[] = { "Expect:", NULL }; /* do not wait for "100 Continue" */
	struct transfer *transfer = calloc(1, sizeof(*transfer));

	if (!transfer)
		return -ENOMEM;
	if (strncasecmp(request->url, "http://", 7) != 0 && strncasecmp(request->url, "https://", 8) != 0) {
		free(transfer);
		return -EINVAL;
	}
	transfer->client = client;
	transfer->done = done;
	transfer->context = context;
	transfer->max_response_bytes = request->max_response_bytes;
	transfer->body = malloc(request->body_size + 1);
	transfer->easy = curl_easy_init();
	if (!transfer->body || !transfer->easy || add_headers(transfer, request->headers) ||
	    add_headers(transfer, no_expect))
		goto fail;
	if (request->body_size)
		memcpy(transfer->body, request->body, request->body_size);
	if (set_options(transfer, request) || curl_multi_add_handle(client->multi, transfer->easy))
		goto fail;
	transfer->next = client->transfers;
	if (transfer->next)
		transfer->next->previous = transfer;
	client->transfers = transfer;
	return 0;
fail:
	transfer_free(transfer);
	return -ENOMEM;
}
