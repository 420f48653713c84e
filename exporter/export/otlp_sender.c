/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/otlp_sender.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "export/otlp_config.h"
#include "export/otlp_encode.h"
#include "version.h"

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MAX_MS 30000
#define RESPONSE_MAX_BYTES (4 << 20)
#define HEADERS_MAX 72
#define HTTP_OK 200
#define HTTP_TOO_MANY 429

struct otlp_sender {
	struct event_loop *loop;
	struct http_client *http;
	const struct config *config;
	struct self_metrics *metrics;
	struct otlp_resource resource;
	char *url;
	char **own_headers;
	const char *headers[HEADERS_MAX];
	struct otlp_bytes *queue; /* ring of capacity elements */
	size_t first, count, capacity;
	size_t in_flight; /* records at the front that a request carries now */
	bool waiting;	  /* the timer runs */
	uint32_t backoff_ms;
	int timer, drain_timer;
	void (*drained)(void *context);
	void *drained_context;
	char last_error[256];
};

static void send_batch(struct otlp_sender *sender);

static struct otlp_bytes *queue_at(struct otlp_sender *sender, size_t index)
{
	return &sender->queue[(sender->first + index) % sender->capacity];
}

static void set_count(struct otlp_sender *sender, size_t count)
{
	sender->count = count;
	sender->metrics->otlp_queue_size = count;
}

static void drop_front(struct otlp_sender *sender, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(queue_at(sender, i)->bytes);
		queue_at(sender, i)->bytes = NULL;
	}
	sender->first = (sender->first + count) % sender->capacity;
	set_count(sender, sender->count - count);
}

static void arm(struct otlp_sender *sender, uint32_t delay_ms)
{
	event_loop_set_timer(sender->loop, sender->timer, delay_ms ? delay_ms : 1, 0);
	sender->waiting = true;
}

static void on_timer(void *context)
{
	struct otlp_sender *sender = context;

	sender->waiting = false;
	send_batch(sender);
}

static void end_drain(struct otlp_sender *sender)
{
	void (*done)(void *context) = sender->drained;

	sender->drained = NULL;
	event_loop_set_timer(sender->loop, sender->drain_timer, 0, 0);
	sender->metrics->lost[LOST_OTLP_EXPORT] += sender->count;
	if (done)
		done(sender->drained_context);
}

static void on_drain_timeout(void *context)
{
	struct otlp_sender *sender = context;

	if (sender->drained)
		end_drain(sender);
}

/* Go on with what is left: at once when a batch is full or the end is near, else after the usual delay. */
static void continue_sending(struct otlp_sender *sender)
{
	if (sender->count == 0) {
		if (sender->drained)
			end_drain(sender);
		return;
	}
	if (sender->drained || sender->count >= sender->config->otlp_max_export_batch_size)
		arm(sender, 0);
	else
		arm(sender, sender->config->otlp_schedule_delay_ms);
}

/* Half of the wait is fixed, half is chance, so that many nodes do not return at one time. */
static void retry_later(struct otlp_sender *sender, const char *retry_after)
{
	int64_t wait_ms = retry_after ? otlp_retry_after_ms(retry_after, time(NULL)) : -1;

	sender->metrics->otlp_request_failures++;
	sender->backoff_ms = sender->backoff_ms ? sender->backoff_ms * 2 : BACKOFF_FIRST_MS;
	if (sender->backoff_ms > BACKOFF_MAX_MS)
		sender->backoff_ms = BACKOFF_MAX_MS;
	if (wait_ms < 0)
		wait_ms = sender->backoff_ms / 2 + random() % (sender->backoff_ms / 2 + 1);
	arm(sender, wait_ms);
}

static bool is_retryable(long status)
{
	return status == HTTP_TOO_MANY || status == 502 || status == 503 || status == 504;
}

static void take_success(struct otlp_sender *sender, size_t sent, const struct http_response *response)
{
	uint64_t rejected = 0;

	sender->last_error[0] = '\0';
	if (response->body_size && otlp_decode_response(response->body, response->body_size, &rejected,
							 sender->last_error, sizeof(sender->last_error)))
		snprintf(sender->last_error, sizeof(sender->last_error), "the collector's answer cannot be read");
	if (rejected > sent)
		rejected = sent;
	sender->metrics->otlp_exported += sent - rejected;
	sender->metrics->lost[LOST_OTLP_EXPORT] += rejected;
}

static void on_response(void *context, const struct http_response *response)
{
	struct otlp_sender *sender = context;
	size_t sent = sender->in_flight;

	sender->in_flight = 0;
	if (response->error == -ECANCELED)
		return;
	if (response->error || is_retryable(response->status)) {
		if (response->error)
			snprintf(sender->last_error, sizeof(sender->last_error), "%s", response->error_text);
		else
			snprintf(sender->last_error, sizeof(sender->last_error), "HTTP status %ld", response->status);
		retry_later(sender, response->retry_after);
		return;
	}
	sender->backoff_ms = 0;
	if (response->status == HTTP_OK) {
		take_success(sender, sent, response);
	} else {
		snprintf(sender->last_error, sizeof(sender->last_error), "HTTP status %ld", response->status);
		sender->metrics->otlp_request_failures++;
		sender->metrics->lost[LOST_OTLP_EXPORT] += sent;
	}
	drop_front(sender, sent);
	continue_sending(sender);
}

/* The first @count records as the body of a request, compressed if asked for. */
static int make_body(struct otlp_sender *sender, size_t count, struct otlp_bytes *ret_body)
{
	AUTO_FREE struct otlp_bytes *records = calloc(count, sizeof(*records));
	struct otlp_bytes plain;
	int error;

	if (!records)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		records[i] = *queue_at(sender, i);
	error = otlp_encode_request(&sender->resource, records, count, &plain);
	if (error || !sender->config->otlp_gzip) {
		*ret_body = plain;
		return error;
	}
	error = otlp_compress(&plain, ret_body);
	free(plain.bytes);
	return error;
}

static void send_batch(struct otlp_sender *sender)
{
	size_t count = sender->count;
	struct otlp_bytes body = { NULL, 0 };
	struct http_request request = {
		.method = "POST",
		.url = sender->url,
		.headers = sender->headers,
		.timeout_ms = sender->config->otlp_timeout_ms,
		.max_response_bytes = RESPONSE_MAX_BYTES,
		.ca_file = sender->config->otlp_ca_file,
		.cert_file = sender->config->otlp_cert_file,
		.key_file = sender->config->otlp_key_file,
	};

	if (!count || sender->in_flight)
		return;
	if (count > sender->config->otlp_max_export_batch_size)
		count = sender->config->otlp_max_export_batch_size;
	if (make_body(sender, count, &body)) {
		retry_later(sender, NULL); /* no memory: nothing is lost by waiting */
		return;
	}
	request.body = body.bytes;
	request.body_size = body.size;
	sender->metrics->otlp_requests++;
	sender->in_flight = count;
	if (http_client_send(sender->http, &request, on_response, sender)) {
		sender->in_flight = 0;
		retry_later(sender, NULL);
	}
	free(body.bytes);
}

static int set_headers(struct otlp_sender *sender, char **ret_error)
{
	size_t count = 0;

	if (otlp_headers(sender->config->otlp_headers, &sender->own_headers)) {
		if (asprintf(ret_error, "OTEL_EXPORTER_OTLP_HEADERS is not of the form key=value,key=value") < 0)
			*ret_error = NULL;
		return -EINVAL;
	}
	sender->headers[count++] = "Content-Type: application/x-protobuf";
	sender->headers[count++] = "User-Agent: picket/" PICKET_VERSION " OTel-OTLP-Exporter-C/" PICKET_VERSION;
	if (sender->config->otlp_gzip)
		sender->headers[count++] = "Content-Encoding: gzip";
	for (char **header = sender->own_headers; *header && count < HEADERS_MAX - 1; header++)
		sender->headers[count++] = *header;
	return 0;
}

int otlp_sender_new(struct event_loop *loop, struct http_client *http, const struct config *config,
		    struct self_metrics *metrics, struct otlp_sender **ret_sender, char **ret_error)
{
	struct otlp_sender *sender = calloc(1, sizeof(*sender));
	int error = -ENOMEM;

	if (!sender)
		return -ENOMEM;
	sender->loop = loop;
	sender->http = http;
	sender->config = config;
	sender->metrics = metrics;
	sender->timer = sender->drain_timer = -1;
	sender->capacity = metrics->otlp_queue_capacity = config->otlp_max_queue_size;
	sender->queue = calloc(sender->capacity, sizeof(*sender->queue));
	if (!sender->queue)
		goto fail;
	error = otlp_url(config->otlp_endpoint, config->otlp_endpoint_is_base, &sender->url);
	if (error) {
		if (asprintf(ret_error, "the endpoint \"%s\" is no http:// or https:// URL", config->otlp_endpoint) < 0)
			*ret_error = NULL;
		goto fail;
	}
	error = set_headers(sender, ret_error);
	if (error)
		goto fail;
	error = otlp_resource_make(config->otel_resource_attributes, config->otel_service_name, &sender->resource);
	if (error == -EINVAL) {
		log_warn("otlp", "OTEL_RESOURCE_ATTRIBUTES is not of the form key=value,key=value; ignored");
		error = 0;
	}
	if (error)
		goto fail;
	error = -ENOMEM;
	sender->timer = event_loop_add_timer(loop, 1000, on_timer, sender);
	sender->drain_timer = event_loop_add_timer(loop, 1000, on_drain_timeout, sender);
	if (sender->timer < 0 || sender->drain_timer < 0)
		goto fail;
	event_loop_set_timer(loop, sender->timer, 0, 0);
	event_loop_set_timer(loop, sender->drain_timer, 0, 0);
	*ret_sender = sender;
	return 0;
fail:
	otlp_sender_free(sender);
	return error;
}

void otlp_sender_free(struct otlp_sender *sender)
{
	if (!sender)
		return;
	if (sender->timer >= 0)
		event_loop_remove_timer(sender->loop, sender->timer);
	if (sender->drain_timer >= 0)
		event_loop_remove_timer(sender->loop, sender->drain_timer);
	if (sender->queue)
		drop_front(sender, sender->count);
	free(sender->queue);
	otlp_resource_free(&sender->resource);
	otlp_headers_free(sender->own_headers);
	free(sender->url);
	free(sender);
}

void otlp_sender_push(struct otlp_sender *sender, const struct finding *finding)
{
	struct timespec now;

	if (!sender)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	if (sender->count == sender->capacity ||
	    otlp_encode_finding(finding, now.tv_sec * 1000000000LL + now.tv_nsec, queue_at(sender, sender->count))) {
		sender->metrics->lost[LOST_OTLP_QUEUE]++;
		return;
	}
	set_count(sender, sender->count + 1);
	if (sender->in_flight || sender->backoff_ms)
		return; /* the answer, or the end of the wait, goes on */
	if (sender->count >= sender->config->otlp_max_export_batch_size)
		arm(sender, 0);
	else if (!sender->waiting)
		arm(sender, sender->config->otlp_schedule_delay_ms);
}

void otlp_sender_drain(struct otlp_sender *sender, uint32_t timeout_ms, void (*done)(void *context), void *context)
{
	sender->drained = done;
	sender->drained_context = context;
	if (!sender->count) {
		end_drain(sender);
		return;
	}
	event_loop_set_timer(sender->loop, sender->drain_timer, timeout_ms ? timeout_ms : 1, 0);
	if (!sender->in_flight)
		send_batch(sender);
}

const char *otlp_sender_last_error(const struct otlp_sender *sender)
{
	return sender->last_error;
}
