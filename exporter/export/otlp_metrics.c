/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/otlp_metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "clock.h"
#include "export/collectors.h"
#include "export/container_set.h"
#include "export/otlp_config.h"
#include "export/otlp_http.h"
#include "export/otlp_metrics_encode.h"

#define BATCH_BYTES (1 << 20)  /* a request is sent when it has so much */
#define LIMIT_BYTES (64 << 20) /* of one container's metrics and those before it */
#define TRIES_MAX 4
#define BACKOFF_FIRST_MS 1000

struct otlp_metrics {
	struct event_loop *loop;
	struct http_client *http;
	const struct config *config;
	struct exposition_source source;
	struct self_metrics *metrics;
	struct otlp_resource resource;
	char *url, **own_headers;
	const char *headers[OTLP_HEADERS_MAX];
	struct otlp_metrics_encoder encoder;
	struct container_set set; /* of this round */
	size_t index;		  /* of the next container in it; its count: the node is next; beyond: nothing is */
	struct text request;
	size_t points; /* in it */
	unsigned int tries;
	bool running; /* a round is under way */
	int interval_timer, retry_timer;
};

static void add_text(struct otlp_metrics_resource *resource, const char *key, const char *value)
{
	if (!value || !*value || resource->count == OTLP_RESOURCE_MAX)
		return;
	resource->attributes[resource->count].key = key;
	resource->attributes[resource->count++].value = value;
}

/* @image: a buffer for its name without the tag. */
static void describe(const struct otlp_metrics *exporter, const struct container *container,
		     struct otlp_metrics_resource *resource, char image[FIELD_BUFFER_SIZE])
{
	struct event_context context = { .container = (struct container *)container };
	const struct field *field = catalogue_find_field("container.image.name");
	struct field_value value;

	memset(resource, 0, sizeof(*resource));
	for (size_t i = 0; i < exporter->resource.count; i++)
		add_text(resource, exporter->resource.attributes[i].key, exporter->resource.attributes[i].value);
	if (!container)
		return;
	resource->is_container = true;
	add_text(resource, "container.id", container->id);
	add_text(resource, "container.name", container->name);
	add_text(resource, "container.runtime.name", container->runtime);
	add_text(resource, "picket.container.image", container->image);
	if (field && field->get(&context, image, &value))
		add_text(resource, "container.image.name", image);
	if (!*container->pod && !*container->pod_uid)
		return;
	add_text(resource, "k8s.container.name", container->name);
	add_text(resource, "k8s.pod.name", container->pod);
	add_text(resource, "k8s.pod.uid", container->pod_uid);
	add_text(resource, "k8s.namespace.name", container->namespace);
}

/* One container, or without one the node, into the request. */
static int add_resource(struct otlp_metrics *exporter, const struct container *container, size_t index)
{
	struct otlp_metrics_resource resource;
	char image[FIELD_BUFFER_SIZE];
	struct exposition *exposition;
	const char *lines;
	ssize_t size = 0;
	int error = exposition_new_group(&exporter->source, &exporter->set, container ? index : SIZE_MAX, &exposition);

	if (error)
		return error;
	describe(exporter, container, &resource, image);
	otlp_metrics_begin(&exporter->encoder, &resource, clock_ns(CLOCK_REALTIME));
	while (!error && (size = exposition_next_lines(exposition, &lines)) > 0)
		error = otlp_metrics_take(&exporter->encoder, lines, (size_t)size);
	exposition_free(exposition, false);
	if (!error && size < 0)
		error = (int)size;
	return error ? error : otlp_metrics_end(&exporter->encoder, &exporter->request, &exporter->points);
}

static void end_round(struct otlp_metrics *exporter)
{
	exporter->running = false;
	exporter->request.size = 0;
	exporter->points = 0;
	container_set_close(&exporter->set);
}

static void on_response(void *context, const struct http_response *response);

static int send_request(struct otlp_metrics *exporter)
{
	struct otlp_bytes plain = { (uint8_t *)exporter->request.data, exporter->request.size }, gzip = { NULL, 0 };
	struct http_request request = otlp_http_request(exporter->config, exporter->url, exporter->headers);
	int error = exporter->config->otlp_gzip ? otlp_compress(&plain, &gzip) : 0;

	request.body = gzip.bytes ? gzip.bytes : plain.bytes;
	request.body_size = gzip.bytes ? gzip.size : plain.size;
	exporter->metrics->otlp_metric_requests++;
	if (!error)
		error = http_client_send(exporter->http, &request, on_response, exporter);
	if (error)
		exporter->metrics->otlp_metric_request_failures++;
	free(gzip.bytes);
	return error;
}

/* Fill the request from where the last one ended, and send it; the round ends when there is nothing more. */
static void go_on(struct otlp_metrics *exporter)
{
	int error = container_set_refresh(&exporter->set);

	exporter->request.size = 0;
	exporter->points = 0;
	exporter->tries = 0;
	while (!error && exporter->index <= exporter->set.count && exporter->request.size < BATCH_BYTES) {
		const size_t index = exporter->index++;
		const struct container *container =
			index < exporter->set.count ? container_set_group(&exporter->set, index) : NULL;

		if (container || index == exporter->set.count)
			error = add_resource(exporter, container, index);
	}
	if (!error && exporter->request.size)
		error = send_request(exporter);
	if (error)
		log_warn("otlp", "metrics are not sent: %s", strerror(-error));
	if (error || !exporter->request.size)
		end_round(exporter);
}

/* Return: whether the request is tried again later. */
static bool try_again(struct otlp_metrics *exporter)
{
	if (++exporter->tries >= TRIES_MAX)
		return false;
	event_loop_set_timer(exporter->loop, exporter->retry_timer, BACKOFF_FIRST_MS << (exporter->tries - 1), 0);
	return true;
}

static void take_success(struct otlp_metrics *exporter, const struct http_response *response)
{
	uint64_t rejected = 0;
	char words[128] = "";

	if (!response->error && response->body_size)
		otlp_decode_response(response->body, response->body_size, &rejected, words, sizeof(words));
	if (rejected > exporter->points)
		rejected = exporter->points;
	if (rejected || *words)
		log_warn("otlp", "the collector did not take all metrics: %s", *words ? words : "without a reason");
	exporter->metrics->otlp_exported_points += exporter->points - rejected;
	exporter->metrics->otlp_rejected_points += rejected;
}

static void on_response(void *context, const struct http_response *response)
{
	struct otlp_metrics *exporter = context;
	enum otlp_verdict verdict = otlp_verdict_of(response);

	if (response->error == -ECANCELED)
		return;
	if (verdict == OTLP_ACCEPTED) {
		take_success(exporter, response);
		go_on(exporter);
		return;
	}
	exporter->metrics->otlp_metric_request_failures++;
	if (verdict == OTLP_RETRY && try_again(exporter))
		return;
	log_warn("otlp", "the collector did not take metrics: %s; the next are sent in %u s",
		 response->status ? "it refused them" : response->error_text,
		 exporter->config->otlp_metric_interval_ms / 1000);
	end_round(exporter);
}

static void on_retry(void *context)
{
	struct otlp_metrics *exporter = context;

	if (exporter->running && send_request(exporter))
		end_round(exporter);
}

static void on_interval(void *context)
{
	struct otlp_metrics *exporter = context;

	if (exporter->running)
		return; /* a slow collector: this round is the next one's */
	if (exporter->source.flush_perf)
		exporter->source.flush_perf(exporter->source.kernel);
	if (container_set_open(exporter->source.registry, &exporter->set))
		return;
	exporter->running = true;
	exporter->index = 0;
	go_on(exporter);
}

static int set_up(struct otlp_metrics *exporter, char **ret_error)
{
	const struct config *config = exporter->config;
	int error =
		otlp_metrics_url(config->otlp_metrics_endpoint, config->otlp_metrics_endpoint_is_base, &exporter->url);

	if (error == -EINVAL &&
	    asprintf(ret_error, "the endpoint \"%s\" is no http:// or https:// URL", config->otlp_metrics_endpoint) < 0)
		*ret_error = NULL;
	if (!error)
		error = otlp_http_headers(config->otlp_headers, config->otlp_gzip, exporter->headers,
					  &exporter->own_headers);
	if (!error)
		error = otlp_resource_make(config->otel_resource_attributes, config->otel_service_name,
					   config->rootfs_path, &exporter->resource);
	if (error == -EINVAL && exporter->resource.attributes)
		error = 0; /* without them; the log has said so */
	if (!error)
		error = exporter->interval_timer =
			event_loop_add_timer(exporter->loop, config->otlp_metric_interval_ms, on_interval, exporter);
	if (error >= 0)
		error = exporter->retry_timer =
			event_loop_add_timer(exporter->loop, BACKOFF_FIRST_MS, on_retry, exporter);
	return error < 0 ? error : event_loop_set_timer(exporter->loop, exporter->retry_timer, 0, 0);
}

int otlp_metrics_new(struct event_loop *loop, struct http_client *http, const struct config *config,
		     const struct exposition_source *source, struct self_metrics *metrics,
		     struct otlp_metrics **ret_metrics, char **ret_error)
{
	struct otlp_metrics *exporter = calloc(1, sizeof(*exporter));
	int error;

	if (!exporter)
		return -ENOMEM;
	exporter->loop = loop;
	exporter->http = http;
	exporter->config = config;
	exporter->source = *source;
	exporter->metrics = metrics;
	exporter->interval_timer = exporter->retry_timer = -1;
	text_init(&exporter->request, LIMIT_BYTES);
	otlp_metrics_encoder_init(&exporter->encoder, LIMIT_BYTES);
	error = set_up(exporter, ret_error);
	if (error) {
		otlp_metrics_free(exporter);
		return error;
	}
	*ret_metrics = exporter;
	return 0;
}

void otlp_metrics_free(struct otlp_metrics *exporter)
{
	if (!exporter)
		return;
	if (exporter->interval_timer >= 0)
		event_loop_remove_timer(exporter->loop, exporter->interval_timer);
	if (exporter->retry_timer >= 0)
		event_loop_remove_timer(exporter->loop, exporter->retry_timer);
	container_set_close(&exporter->set);
	otlp_metrics_encoder_clear(&exporter->encoder);
	text_free(&exporter->request);
	otlp_resource_free(&exporter->resource);
	otlp_headers_free(exporter->own_headers);
	free(exporter->url);
	free(exporter);
}
