/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/http_server.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "cleanup.h"
#include "export/collectors.h"
#include "export/listen_address.h"
#include "export/negotiate.h"
#include "export/scrape.h"
#include "export/web_page.h"

#define CONNECTIONS_MAX 128
#define CONNECTION_TIMEOUT_S 30
#define CONNECTION_MEMORY_BYTES 131072 /* headers of one request and one block of its answer */
#define BLOCK_BYTES 65536
#define RUNS_AT_ONCE 4 /* blocks of an answer, before others have their turn */
#define PAGE_MAX_BYTES (4 << 20)

struct http_server {
	struct event_loop *loop;
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
	bool delivered;
	unsigned int references;
};

static void request_unref(struct request *request)
{
	if (--request->references)
		return;
	if (request->scrape) {
		scrape_free(request->scrape, request->delivered);
		request->server->scrapes--;
	}
	free(request);
}

static enum MHD_Result send_text(struct MHD_Connection *connection, unsigned int status, const char *text)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; charset=utf-8");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static ssize_t read_scrape(void *context, uint64_t position, char *buffer, size_t size)
{
	struct request *request = context;
	ssize_t result = scrape_read(request->scrape, buffer, size);

	(void)position;
	if (result > 0)
		return result;
	return result == 0 ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void end_scrape(void *context)
{
	request_unref(context);
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result take_argument(void *context, enum MHD_ValueKind kind, const char *key, const char *value)
{
	(void)kind;
	collector_filter_add(context, key, value ? value : "");
	return MHD_YES;
}

static enum MHD_Result answer_metrics(struct request *request, struct MHD_Connection *connection)
{
	const struct http_server_options *options = &request->server->options;
	unsigned int limit = options->config->web_max_requests, collectors;
	enum exposition_format format = negotiate_format(header(connection, MHD_HTTP_HEADER_ACCEPT));
	bool gzip = negotiate_gzip(header(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING));
	struct collector_filter filter = { 0 };
	struct MHD_Response *response;
	enum MHD_Result result;
	char error[256];

	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, take_argument, &filter);
	if (collector_filter_apply(&filter, &collectors, error, sizeof(error)))
		return send_text(connection, MHD_HTTP_BAD_REQUEST, error);
	if (limit && request->server->scrapes >= limit)
		return send_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "too many scrapes at one time; see --web.max-requests\n");
	if (scrape_new(&options->source, format, collectors, gzip, &request->scrape))
		return send_text(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "no memory\n");
	request->server->scrapes++;
	response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_scrape, request, end_scrape);
	if (!response)
		return MHD_NO;
	request->references++;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, exposition_content_type(format));
	MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding");
	if (gzip)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_page(struct request *request, struct MHD_Connection *connection)
{
	const struct http_server_options *options = &request->server->options;
	struct MHD_Response *response;
	enum MHD_Result result;
	struct text page;

	text_init(&page, PAGE_MAX_BYTES);
	web_page_write(&page, &options->source, options->config->web_telemetry_path);
	if (page.error) {
		text_free(&page);
		return send_text(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
				 "the page is too large; read the metrics\n");
	}
	response = MHD_create_response_from_buffer(page.size, page.data, MHD_RESPMEM_MUST_COPY);
	text_free(&page);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/html; charset=utf-8");
	MHD_add_response_header(response, "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_healthy(struct request *request, struct MHD_Connection *connection)
{
	(void)request;
	return send_text(connection, MHD_HTTP_OK, "picket is healthy\n");
}

static enum MHD_Result answer_ready(struct request *request, struct MHD_Connection *connection)
{
	const struct self_metrics *metrics = request->server->options.source.metrics;
	char text[1024] = "picket is not ready; down:";
	size_t used = strlen(text);

	if (metrics->ready)
		return send_text(connection, MHD_HTTP_OK, "picket is ready\n");
	for (int i = 0; i < PICKET_SENSOR_COUNT && used < sizeof(text); i++)
		if (!metrics->sensors[i].up)
			used += snprintf(text + used, sizeof(text) - used, " %s (%s)", picket_sensor_name(i),
					 metrics->sensors[i].reason);
	if (used < sizeof(text) - 1)
		strcpy(text + used, "\n");
	return send_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE, text);
}

static enum MHD_Result answer_reload(struct request *request, struct MHD_Connection *connection)
{
	const struct http_server_options *options = &request->server->options;
	char text[512] = "";
	int error;

	if (!options->config->web_enable_lifecycle)
		return send_text(connection, MHD_HTTP_FORBIDDEN, "switched off; start with --web.enable-lifecycle\n");
	error = options->reload(options->context, text, sizeof(text) - 1);
	strcat(text, "\n");
	return send_text(connection, error ? MHD_HTTP_INTERNAL_SERVER_ERROR : MHD_HTTP_OK, text);
}

static const struct {
	const char *path;
	bool changes; /* POST or PUT, else GET or HEAD */
	enum MHD_Result (*answer)(struct request *request, struct MHD_Connection *connection);
} routes[] = {
	{ "/", false, answer_page },
	{ "/-/healthy", false, answer_healthy },
	{ "/-/ready", false, answer_ready },
	{ "/-/reload", true, answer_reload },
};

static bool method_fits(const char *method, bool changes)
{
	return changes ? strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0
		       : strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static enum MHD_Result route(struct request *request, struct MHD_Connection *connection, const char *path,
			     const char *method)
{
	if (strcmp(path, request->server->options.config->web_telemetry_path) == 0)
		return method_fits(method, false) ? answer_metrics(request, connection)
						  : send_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "use GET\n");
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		if (strcmp(path, routes[i].path) == 0)
			return method_fits(method, routes[i].changes)
				       ? routes[i].answer(request, connection)
				       : send_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
						   routes[i].changes ? "use POST\n" : "use GET\n");
	return send_text(connection, MHD_HTTP_NOT_FOUND, "nothing is here; see /\n");
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *path,
				  const char *method, const char *version, const char *upload, size_t *upload_size,
				  void **request_context)
{
	struct request *request = *request_context;

	(void)version;
	(void)upload;
	if (!request) {
		request = calloc(1, sizeof(*request));
		if (!request)
			return MHD_NO;
		request->server = context;
		request->references = 1;
		*request_context = request;
		return MHD_YES; /* again when the headers are complete */
	}
	if (*upload_size) {
		*upload_size = 0; /* bodies are of no interest */
		return MHD_YES;
	}
	return route(request, connection, path, method);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request_context,
			 enum MHD_RequestTerminationCode how)
{
	struct request *request = *request_context;

	(void)context;
	(void)connection;
	if (!request)
		return;
	request->delivered = how == MHD_REQUEST_TERMINATED_COMPLETED_OK;
	*request_context = NULL;
	request_unref(request);
}

/* libmicrohttpd says when it wants to be called next, whatever its descriptors do. Return: ms; -1: never. */
static int64_t next_run_ms(const struct http_server *server)
{
	MHD_UNSIGNED_LONG_LONG timeout;
	int64_t soonest = -1;

	for (size_t i = 0; i < server->listener_count; i++)
		if (MHD_get_timeout(server->listeners[i].daemon, &timeout) == MHD_YES &&
		    (soonest < 0 || (int64_t)timeout < soonest))
			soonest = (int64_t)timeout;
	return soonest;
}

static void set_timer(struct http_server *server)
{
	int64_t next = next_run_ms(server);

	event_loop_set_timer(server->loop, server->timer, next < 0 ? 0 : next ? (uint64_t)next : 1, 0);
}

static void run(struct http_server *server)
{
	int runs = 0;

	do
		for (size_t i = 0; i < server->listener_count; i++)
			MHD_run(server->listeners[i].daemon);
	while (++runs < RUNS_AT_ONCE && next_run_ms(server) == 0);
	set_timer(server);
}

static void on_ready(void *context, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	run(context);
}

static void on_timer(void *context)
{
	run(context);
}

/* Takes @fd. */
static int start_daemon(struct http_server *server, int fd)
{
	const union MHD_DaemonInfo *info;
	struct MHD_Daemon *daemon;
	size_t at = server->listener_count;

	daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, fd,
				  MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTIONS_MAX,
				  MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)CONNECTION_TIMEOUT_S,
				  MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES,
				  MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
	if (!daemon) {
		close(fd);
		return -ENOMEM;
	}
	info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
	server->listeners[at].daemon = daemon;
	server->listeners[at].port = listen_address_port(fd);
	server->listeners[at].epoll_fd = info ? info->epoll_fd : -1;
	server->listener_count++;
	return event_loop_watch(server->loop, server->listeners[at].epoll_fd, EPOLLIN, on_ready, server);
}

static int open_listener(struct http_server *server, const char *address, char **ret_error)
{
	int fd = listen_address_open(address), error = fd;

	if (fd >= 0)
		error = start_daemon(server, fd);
	if (error < 0 && asprintf(ret_error, "cannot listen on %s: %s; choose another --web.listen-address", address,
				  error == -EINVAL ? "it is no HOST:PORT" : strerror(-error)) < 0)
		*ret_error = NULL;
	return error < 0 ? error : 0;
}

int http_server_open(struct event_loop *loop, const struct http_server_options *options,
		     struct http_server **ret_server, char **ret_error)
{
	const struct config_list *addresses = &options->config->web_listen_addresses;
	struct http_server *server = calloc(1, sizeof(*server));
	int error = 0;

	if (!server)
		return -ENOMEM;
	server->loop = loop;
	server->options = *options;
	server->timer = event_loop_add_timer(loop, 1000, on_timer, server);
	if (server->timer < 0)
		error = server->timer;
	for (size_t i = 0; i < addresses->count && !error; i++)
		error = open_listener(server, addresses->items[i], ret_error);
	if (error) {
		http_server_close(server);
		return error;
	}
	set_timer(server);
	*ret_server = server;
	return 0;
}

int http_server_port(const struct http_server *server, size_t listener)
{
	return listener < server->listener_count ? server->listeners[listener].port : -ENOENT;
}

void http_server_close(struct http_server *server)
{
	if (!server)
		return;
	for (size_t i = 0; i < server->listener_count; i++) {
		event_loop_unwatch(server->loop, server->listeners[i].epoll_fd);
		MHD_stop_daemon(server->listeners[i].daemon);
	}
	if (server->timer >= 0)
		event_loop_remove_timer(server->loop, server->timer);
	free(server);
}
