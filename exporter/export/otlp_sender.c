/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/otlp_sender.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "cleanup.h"
#include "clock.h"
#include "export/otlp_config.h"
#include "export/otlp_encode.h"
#include "export/otlp_http.h"

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MAX_MS 30000
#define BATCH_MAX_BYTES (4 << 20) /* before compression; collectors and proxies commonly take no more */
#define SENDING_PART 20		  /* of the delay, kept for sending */
#define LARGE_BYTES (64 << 10)	  /* a record of more is a snapshot */
#define LARGE_MAX_BYTES (8 << 20) /* that may wait */

struct otlp_sender {
	struct event_loop *loop;
	struct http_client *http;
	const struct config *config;
	struct self_metrics *metrics;
	struct otlp_resource resource;
	char *url;
	char **own_headers;
	const char *headers[OTLP_HEADERS_MAX];
	struct otlp_bytes *queue; /* ring of capacity elements */
	size_t first, count, capacity;
	size_t large_bytes; /* of the large ones that wait */
	size_t in_flight;   /* records at the front that a request carries now */
	bool waiting;	    /* the timer runs */
	uint32_t backoff_ms;
	int timer, drain_timer;
	bool draining;
	bool closed; /* drained: what comes now is lost */
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

static size_t large_size(const struct otlp_bytes *record)
{
	return record->size > LARGE_BYTES ? record->size : 0;
}

static void drop_front(struct otlp_sender *sender, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		sender->large_bytes -= large_size(queue_at(sender, i));
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

/* The delay is what a record waits at most until the collector has it: encoding and the way there are part of it. */
static void arm_batch(struct otlp_sender *sender)
{
	arm(sender, sender->config->otlp_schedule_delay_ms - sender->config->otlp_schedule_delay_ms / SENDING_PART);
}

static void on_timer(void *context)
{
	struct otlp_sender *sender = context;

	sender->waiting = false;
	send_batch(sender);
}

/* Keep what is wrong for `status`, and log it when it is news. @text: "" when all is well. */
static void report(struct otlp_sender *sender, const char *text)
{
	if (strcmp(sender->last_error, text) == 0)
		return;
	snprintf(sender->last_error, sizeof(sender->last_error), "%s", text);
	if (*text)
		log_warn("otlp", "the collector: %s", text);
	else
		log_info("otlp", "the collector takes findings again");
}

static void end_drain(struct otlp_sender *sender)
{
	sender->draining = false;
	sender->closed = true;
	event_loop_set_timer(sender->loop, sender->timer, 0, 0);
	event_loop_set_timer(sender->loop, sender->drain_timer, 0, 0);
	sender->metrics->lost[LOST_OTLP_EXPORT] += sender->count;
	drop_front(sender, sender->count);
	if (sender->drained)
		sender->drained(sender->drained_context);
}

static void on_drain_timeout(void *context)
{
	struct otlp_sender *sender = context;

	if (sender->draining)
		end_drain(sender);
}

/* Go on with what is left: at once when a batch is full or the end is near, else after the usual delay. */
static void continue_sending(struct otlp_sender *sender)
{
	if (sender->count == 0) {
		if (sender->draining)
			end_drain(sender);
		return;
	}
	if (sender->draining || sender->count >= sender->config->otlp_max_export_batch_size)
		arm(sender, 0);
	else
		arm_batch(sender);
}

/* Chance that differs between nodes, which random(3) without a seed would not. */
static uint32_t random_below(uint32_t limit)
{
	struct timespec now;
	uint32_t number;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number)) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		number = now.tv_nsec;
	}
	return number % limit;
}

/* Never less than the collector asks for; always with some chance, so that many nodes do not return at one time. */
static void retry_later(struct otlp_sender *sender, const char *retry_after)
{
	int64_t asked_ms = retry_after ? otlp_retry_after_ms(retry_after, time(NULL)) : -EINVAL;

	sender->backoff_ms = sender->backoff_ms ? sender->backoff_ms * 2 : BACKOFF_FIRST_MS;
	if (sender->backoff_ms > BACKOFF_MAX_MS)
		sender->backoff_ms = BACKOFF_MAX_MS;
	if (asked_ms >= BACKOFF_FIRST_MS)
		arm(sender, asked_ms + random_below(BACKOFF_FIRST_MS));
	else
		arm(sender, sender->backoff_ms / 2 + random_below(sender->backoff_ms / 2 + 1));
}

static void report_failure(struct otlp_sender *sender, const struct http_response *response)
{
	char words[128] = "", text[sizeof(sender->last_error)];

	if (!response->status) {
		report(sender, response->error_text);
		return;
	}
	if (response->body_size)
		otlp_decode_status(response->body, response->body_size, words, sizeof(words));
	snprintf(text, sizeof(text), "HTTP status %ld%s%s", response->status, *words ? ": " : "", words);
	report(sender, text);
}

/* A success is one even when its answer cannot be read: the collector has said so by its status. */
static void take_success(struct otlp_sender *sender, size_t sent, const struct http_response *response)
{
	uint64_t rejected = 0;
	char words[128] = "", text[sizeof(sender->last_error)] = "";

	if (response->error || (response->body_size && otlp_decode_response(response->body, response->body_size,
									    &rejected, words, sizeof(words))))
		snprintf(text, sizeof(text), "it answers success with something that is not OTLP");
	if (rejected > sent)
		rejected = sent;
	if (rejected || *words)
		snprintf(text, sizeof(text), "took not all: %s", *words ? words : "without a reason");
	sender->metrics->otlp_exported += sent - rejected;
	sender->metrics->lost[LOST_OTLP_EXPORT] += rejected;
	report(sender, text);
}

static void on_response(void *context, const struct http_response *response)
{
	struct otlp_sender *sender = context;
	enum otlp_verdict verdict = otlp_verdict_of(response);
	size_t sent = sender->in_flight;

	sender->in_flight = 0;
	if (response->error == -ECANCELED || sender->closed)
		return;
	if (verdict != OTLP_ACCEPTED) {
		sender->metrics->otlp_request_failures++;
		report_failure(sender, response);
	}
	if (verdict == OTLP_RETRY) {
		retry_later(sender, response->retry_after);
		return;
	}
	sender->backoff_ms = 0;
	if (verdict == OTLP_ACCEPTED)
		take_success(sender, sent, response);
	else
		sender->metrics->lost[LOST_OTLP_EXPORT] += sent;
	drop_front(sender, sent);
	continue_sending(sender);
}

/* How many records the next request takes. */
static size_t batch_size(struct otlp_sender *sender)
{
	size_t count = 0, bytes = 0;

	while (count < sender->count && count < sender->config->otlp_max_export_batch_size) {
		bytes += queue_at(sender, count)->size;
		if (count && bytes > BATCH_MAX_BYTES)
			break;
		count++;
	}
	return count;
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
	size_t count = batch_size(sender);
	struct otlp_bytes body = { NULL, 0 };
	struct http_request request = otlp_http_request(sender->config, sender->url, sender->headers);

	if (!count || sender->in_flight)
		return;
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
		sender->metrics->otlp_request_failures++;
		retry_later(sender, NULL);
	}
	free(body.bytes);
}

static int set_headers(struct otlp_sender *sender, char **ret_error)
{
	const struct config *config = sender->config;
	int error = otlp_http_headers(config->otlp_headers, config->otlp_gzip, sender->headers, &sender->own_headers);

	if (error == -EINVAL &&
	    asprintf(ret_error, "OTEL_EXPORTER_OTLP_HEADERS is not of the form key=value,key=value") < 0)
		*ret_error = NULL;
	return error;
}

static int set_resource(struct otlp_sender *sender)
{
	const struct config *config = sender->config;
	const char *root_path = config->rootfs_path ? config->rootfs_path : "/";
	int error = otlp_resource_make(config->otel_resource_attributes, config->otel_service_name, root_path,
				       &sender->resource);

	if (error != -EINVAL)
		return error;
	log_warn("otlp", "OTEL_RESOURCE_ATTRIBUTES is not of the form key=value,key=value; ignored");
	return 0;
}

static int add_timers(struct otlp_sender *sender)
{
	sender->timer = event_loop_add_timer(sender->loop, 1000, on_timer, sender);
	if (sender->timer < 0)
		return sender->timer;
	sender->drain_timer = event_loop_add_timer(sender->loop, 1000, on_drain_timeout, sender);
	if (sender->drain_timer < 0)
		return sender->drain_timer;
	event_loop_set_timer(sender->loop, sender->timer, 0, 0);
	return event_loop_set_timer(sender->loop, sender->drain_timer, 0, 0);
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
		if (error == -EINVAL &&
		    asprintf(ret_error, "the endpoint \"%s\" is no http:// or https:// URL", config->otlp_endpoint) < 0)
			*ret_error = NULL;
		goto fail;
	}
	error = set_headers(sender, ret_error);
	if (!error)
		error = set_resource(sender);
	if (!error)
		error = add_timers(sender);
	if (error)
		goto fail;
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

static bool has_room(const struct otlp_sender *sender)
{
	return !sender->closed && sender->count < sender->capacity;
}

/* A record was put behind the last one. */
static void on_pushed(struct otlp_sender *sender)
{
	sender->large_bytes += large_size(queue_at(sender, sender->count));
	set_count(sender, sender->count + 1);
	if (sender->in_flight || sender->backoff_ms)
		return; /* the answer, or the end of the wait, goes on */
	if (sender->draining || sender->count >= sender->config->otlp_max_export_batch_size)
		arm(sender, 0);
	else if (!sender->waiting)
		arm_batch(sender);
}

void otlp_sender_push(struct otlp_sender *sender, const struct finding *finding)
{
	if (!sender)
		return;
	if (has_room(sender) &&
	    !otlp_encode_finding(finding, clock_ns(CLOCK_REALTIME), queue_at(sender, sender->count)))
		on_pushed(sender);
	else
		sender->metrics->lost[LOST_OTLP_QUEUE]++;
}

void otlp_sender_push_record(struct otlp_sender *sender, const struct otlp_record *record)
{
	bool fits;

	if (!sender)
		return;
	fits = record->body_size <= LARGE_BYTES || sender->large_bytes + record->body_size <= LARGE_MAX_BYTES;
	if (fits && has_room(sender) &&
	    !otlp_encode_record(record, clock_ns(CLOCK_REALTIME), queue_at(sender, sender->count)))
		on_pushed(sender);
	else
		sender->metrics->lost[LOST_OTLP_QUEUE]++;
}

void otlp_sender_drain(struct otlp_sender *sender, uint32_t timeout_ms, void (*done)(void *context), void *context)
{
	sender->draining = true;
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
