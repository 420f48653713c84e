/* SPDX-License-Identifier: GPL-2.0-only */
/* What OpenTelemetry's settings mean: the URL, the headers, the resource. Pure text, but for the host's name. */
#ifndef OTLP_CONFIG_H
#define OTLP_CONFIG_H

#include <stdbool.h>

#include "export/otlp_encode.h"

/** otlp_url() - @endpoint, with v1/logs added when it is a base. Return: 0 and *ret_url to free(3); -EINVAL, -ENOMEM. */
int otlp_url(const char *endpoint, bool is_base, char **ret_url);

/**
 * otlp_headers() - "k=v,k=v" with percent-encoded values as "k: v" lines.
 * Return: 0 and a NULL-terminated list for otlp_headers_free(); -EINVAL for anything else; -ENOMEM.
 */
int otlp_headers(const char *text, char ***ret_headers);
void otlp_headers_free(char **headers);

/**
 * otlp_resource_make() - service, host and node, then OTEL_RESOURCE_ATTRIBUTES over them, then the service's name.
 * @attributes: "k=v,k=v" percent-encoded, NULL: none. Any error in it discards it whole: -EINVAL, and the resource
 * is made without it all the same. @service_name: NULL: "picket".
 * Return: 0, -EINVAL (made, but @attributes were bad), -ENOMEM.
 */
int otlp_resource_make(const char *attributes, const char *service_name, struct otlp_resource *ret_resource);
void otlp_resource_free(struct otlp_resource *resource);

/**
 * otlp_retry_after_ms() - the header's value, seconds or an HTTP date.
 * @now_s: CLOCK_REALTIME. Return: milliseconds to wait, at most an hour; -EINVAL when it is neither.
 */
int64_t otlp_retry_after_ms(const char *value, int64_t now_s);

#endif
