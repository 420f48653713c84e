/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/otlp_http.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "cleanup.h"
#include "export/otlp_config.h"
#include "version.h"

#define RESPONSE_MAX_BYTES (1 << 20)

struct http_request otlp_http_request(const struct config *config, const char *url, const char *const *headers)
{
	return (struct http_request){
		.method = "POST",
		.url = url,
		.headers = headers,
		.timeout_ms = config->otlp_timeout_ms,
		.max_response_bytes = RESPONSE_MAX_BYTES,
		.ca_file = config->otlp_ca_file,
		.cert_file = config->otlp_cert_file,
		.key_file = config->otlp_key_file,
	};
}

enum otlp_verdict otlp_verdict_of(const struct http_response *response)
{
	switch (response->status) {
	case 0: /* no answer: worth another try, unless what answers there does not speak HTTP */
		return response->error == -EBADMSG || response->error == -EMSGSIZE ? OTLP_REFUSED : OTLP_RETRY;
	case 200 ... 299:
		return OTLP_ACCEPTED;
	case 429:
	case 502:
	case 503:
	case 504:
		return OTLP_RETRY;
	default:
		return OTLP_REFUSED;
	}
}

static bool has_header(char **headers, const char *line)
{
	size_t size = strcspn(line, ":");

	for (; *headers; headers++)
		if (strncasecmp(*headers, line, size) == 0 && strcspn(*headers, ":;") == size)
			return true;
	return false;
}

int otlp_http_headers(const char *text, bool gzip, const char *headers[OTLP_HEADERS_MAX], char ***ret_own)
{
	const char *const ours[] = {
		"Content-Type: application/x-protobuf",
		"User-Agent: picket/" PICKET_VERSION " OTel-OTLP-Exporter-C/" PICKET_VERSION,
		gzip ? "Content-Encoding: gzip" : NULL,
	};
	size_t count = 0;
	char **own;
	int error = otlp_headers(text, &own);

	if (error)
		return error;
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (ours[i] && !has_header(own, ours[i]))
			headers[count++] = ours[i];
	for (char **header = own; *header && count < OTLP_HEADERS_MAX - 1; header++)
		headers[count++] = *header;
	headers[count] = NULL;
	*ret_own = own;
	return 0;
}
