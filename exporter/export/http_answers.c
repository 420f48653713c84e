/* SPDX-License-Identifier: GPL-2.0-only */
/* What each path answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "export/collectors.h"
#include "export/http_server_internal.h"
#include "export/negotiate.h"
#include "export/web_page.h"

#define BLOCK_BYTES 65536
#define PAGE_MAX_BYTES (4 << 20)

/* Takes @response. */
static enum MHD_Result queue(struct request *request, struct MHD_Connection *connection, unsigned int status,
			     struct MHD_Response *response)
{
	enum MHD_Result result;
	size_t count;
	const struct web_header *headers = web_guard_headers(request->server->guard, &count);

	for (size_t i = 0; i < count; i++) {
		const char *own = MHD_get_response_header(response, headers[i].name);

		if (own)
			MHD_del_response_header(response, headers[i].name, own);
		MHD_add_response_header(response, headers[i].name, headers[i].value);
	}
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

/* @name: a header of this status' own, with its @value; NULL: none. */
static enum MHD_Result send_with(struct request *request, struct MHD_Connection *connection, unsigned int status,
				 const char *text, const char *name, const char *value)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; charset=utf-8");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (name)
		MHD_add_response_header(response, name, value);
	return queue(request, connection, status, response);
}

static enum MHD_Result send_text(struct request *request, struct MHD_Connection *connection, unsigned int status,
				 const char *text)
{
	return send_with(request, connection, status, text, NULL, NULL);
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
	http_request_unref(context);
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
	struct collector_filter filter = {
		.unwanted = options->config->web_disable_exporter_metrics
				    ? COLLECTOR_BIT(COLLECTOR_PROCESS) | COLLECTOR_BIT(COLLECTOR_BPF)
				    : 0,
	};
	struct MHD_Response *response;
	char error[256];

	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, take_argument, &filter);
	if (collector_filter_apply(&filter, &collectors, error, sizeof(error)))
		return send_text(request, connection, MHD_HTTP_BAD_REQUEST, error);
	if (limit && request->server->scrapes >= limit)
		return send_text(request, connection, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "too many scrapes at one time; see --web.max-requests\n");
	if (scrape_new(&options->source, format, collectors, gzip, &request->scrape))
		return send_text(request, connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "no memory\n");
	request->server->scrapes++;
	response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_scrape, request, end_scrape);
	if (!response)
		return MHD_NO;
	request->references++;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, negotiate_content_type(format));
	MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding");
	if (gzip)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	return queue(request, connection, MHD_HTTP_OK, response);
}

static enum MHD_Result answer_page(struct request *request, struct MHD_Connection *connection)
{
	const struct http_server_options *options = &request->server->options;
	struct MHD_Response *response;
	struct text page;

	text_init(&page, PAGE_MAX_BYTES);
	web_page_write(&page, &options->source, options->config->web_telemetry_path);
	if (page.error) {
		text_free(&page);
		return send_text(request, connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
				 "the page is too large; read the metrics\n");
	}
	response = MHD_create_response_from_buffer(page.size, page.data, MHD_RESPMEM_MUST_COPY);
	text_free(&page);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/html; charset=utf-8");
	MHD_add_response_header(response, "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	return queue(request, connection, MHD_HTTP_OK, response);
}

static enum MHD_Result answer_healthy(struct request *request, struct MHD_Connection *connection)
{
	(void)request;
	return send_text(request, connection, MHD_HTTP_OK, "picket is healthy\n");
}

static enum MHD_Result answer_ready(struct request *request, struct MHD_Connection *connection)
{
	const struct self_metrics *metrics = request->server->options.source.metrics;
	char text[1024] = "picket is not ready; down:";
	size_t used = strlen(text);

	if (metrics->ready)
		return send_text(request, connection, MHD_HTTP_OK, "picket is ready\n");
	for (int i = 0; i < PICKET_SENSOR_COUNT && used < sizeof(text); i++)
		if (!metrics->sensors[i].up)
			used += snprintf(text + used, sizeof(text) - used, " %s (%s)", picket_sensor_name(i),
					 metrics->sensors[i].reason);
	if (used < sizeof(text) - 1)
		strcpy(text + used, "\n");
	return send_text(request, connection, MHD_HTTP_SERVICE_UNAVAILABLE, text);
}

static enum MHD_Result answer_reload(struct request *request, struct MHD_Connection *connection)
{
	const struct http_server_options *options = &request->server->options;
	char text[512] = "";
	int error;

	if (!options->config->web_enable_lifecycle)
		return send_text(request, connection, MHD_HTTP_FORBIDDEN,
				 "switched off; start with --web.enable-lifecycle\n");
	error = options->reload(options->context, text, sizeof(text) - 1);
	strcat(text, "\n");
	return send_text(request, connection, error ? MHD_HTTP_INTERNAL_SERVER_ERROR : MHD_HTTP_OK, text);
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

static enum MHD_Result refuse_method(struct request *request, struct MHD_Connection *connection, bool changes)
{
	return send_with(request, connection, MHD_HTTP_METHOD_NOT_ALLOWED, changes ? "use POST\n" : "use GET\n",
			 MHD_HTTP_HEADER_ALLOW, changes ? "POST, PUT" : "GET, HEAD");
}

enum MHD_Result http_answer(struct request *request, struct MHD_Connection *connection, const char *path,
			    const char *method)
{
	if (strcmp(path, request->server->options.config->web_telemetry_path) == 0)
		return method_fits(method, false) ? answer_metrics(request, connection)
						  : refuse_method(request, connection, false);
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		if (strcmp(path, routes[i].path) == 0)
			return method_fits(method, routes[i].changes)
				       ? routes[i].answer(request, connection)
				       : refuse_method(request, connection, routes[i].changes);
	return send_text(request, connection, MHD_HTTP_NOT_FOUND, "nothing is here; see /\n");
}

enum MHD_Result http_refuse(struct request *request, struct MHD_Connection *connection, enum web_guard_verdict verdict)
{
	switch (verdict) {
	case WEB_GUARD_UNAUTHORIZED:
		return send_with(request, connection, MHD_HTTP_UNAUTHORIZED, "Unauthorized\n",
				 MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Basic");
	case WEB_GUARD_LIMITED:
		return send_text(request, connection, MHD_HTTP_TOO_MANY_REQUESTS,
				 "too many requests; see rate_limit\n");
	case WEB_GUARD_BUSY:
		return send_with(request, connection, MHD_HTTP_SERVICE_UNAVAILABLE,
				 "too many passwords wait to be checked\n", MHD_HTTP_HEADER_RETRY_AFTER, "5");
	default:
		return send_text(request, connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
				 "--web.config.file cannot be read; see the log\n");
	}
}
