/* SPDX-License-Identifier: GPL-2.0-only */
/* What requests of both signals have in common: their headers, and what an answer means. */
#ifndef OTLP_HTTP_H
#define OTLP_HTTP_H

#include <stdbool.h>

#include "config.h"
#include "http_client.h"

#define OTLP_HEADERS_MAX 72

enum otlp_verdict { OTLP_ACCEPTED, OTLP_RETRY, OTLP_REFUSED };

enum otlp_verdict otlp_verdict_of(const struct http_response *response);

/** otlp_http_request() - all but its body. Borrows all three. */
struct http_request otlp_http_request(const struct config *config, const char *url, const char *const *headers);

/**
 * otlp_http_headers() - picket's own, but for those that the user gives, and the user's.
 * @text: as otlp_headers() takes it. @ret_own: what @headers borrow from; for otlp_headers_free().
 * Return: 0, -EINVAL, -ENOMEM.
 */
int otlp_http_headers(const char *text, bool gzip, const char *headers[OTLP_HEADERS_MAX], char ***ret_own);

#endif
