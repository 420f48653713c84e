/* SPDX-License-Identifier: GPL-2.0-only */
/* What OpenTelemetry's settings mean: the URL, the headers, the resource. Pure text, but for the host's name. */
#ifndef OTLP_CONFIG_H
#define OTLP_CONFIG_H

#include <stdbool.h>

#include "export/otlp_encode.h"

/**
 * otlp_url() - @endpoint, with v1/logs added to its path when it is a base.
 * Return: 0 and *ret_url to free(3); -EINVAL when it is no http:// or https:// URL; -ENOMEM.
 */
int otlp_url(const char *endpoint, bool is_base, char **ret_url);

/** otlp_metrics_url() - the same with v1/metrics. */
int otlp_metrics_url(const char *endpoint, bool is_base, char **ret_url);

/**
 * otlp_headers() - "k=v,k=v" with percent-encoded values as lines for struct http_request.
 * @text: NULL or "": none. Return: 0 and a NULL-terminated list for otlp_headers_free(); -EINVAL for anything that
 * is no header, or would be more than one (a line break); -ENOMEM.
 */
int otlp_headers(const char *text, char ***ret_headers);
void otlp_headers_free(char **headers);

/**
 * otlp_resource_make() - service, host and node (NODE_NAME), then OTEL_RESOURCE_ATTRIBUTES over them, then the
 * service's name.
 * @attributes: "k=v,k=v" percent-encoded, NULL: none. Any error in it (bytes that are no UTF-8 too) discards it
 * whole: -EINVAL, and the resource is made without it all the same. @service_name: NULL: not given.
 * @root_path: the host's root; host.id is its /etc/machine-id.
 * Return: 0, -EINVAL (made, but @attributes were bad), -ENOMEM.
 */
int otlp_resource_make(const char *attributes, const char *service_name, const char *root_path,
		       struct otlp_resource *ret_resource);
void otlp_resource_free(struct otlp_resource *resource);

/**
 * otlp_retry_after_ms() - the header's value, seconds or an HTTP date.
 * @now_s: CLOCK_REALTIME. Return: milliseconds to wait, at most an hour; -EINVAL when it is neither.
 */
int64_t otlp_retry_after_ms(const char *value, int64_t now_s);

#endif
