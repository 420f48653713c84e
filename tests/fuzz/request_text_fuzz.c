/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Texts of requests, answers and the environment: what a client accepts, where a collector is and what it is told,
 * when it wants to be asked again, networks. The first byte chooses.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "export/negotiate.h"
#include "export/otlp_config.h"
#include "state/address_range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void accept(const char *text)
{
	negotiate_format(text);
	negotiate_gzip(text);
}

/* No value may become a header of its own. "name;" is how libcurl is told of an empty one. */
static void headers(const char *text)
{
	char **lines = NULL;

	if (otlp_headers(text, &lines) || !lines)
		return;
	for (size_t i = 0; lines[i]; i++)
		if (strpbrk(lines[i], "\r\n") || !strpbrk(lines[i], ":;"))
			abort();
	otlp_headers_free(lines);
}

static void resource(const char *text)
{
	struct otlp_resource resource;

	memset(&resource, 0, sizeof(resource));
	otlp_resource_make(text, text, "/nonexistent", &resource);
	otlp_resource_free(&resource);
}

static void endpoint(const char *text)
{
	for (int base = 0; base < 2; base++) {
		char *url = NULL;

		if (otlp_url(text, base, &url) == 0 && strncmp(url, "http", 4) != 0)
			abort();
		free(url);
	}
}

static void retry(const char *text)
{
	int64_t wait = otlp_retry_after_ms(text, 1700000000);

	if (wait > 3600000)
		abort();
}

static void network(const char *text)
{
	struct address_range range;
	uint8_t bytes[16];

	if (address_range_parse(text, &range))
		return;
	address_range_has_host_bits(&range);
	address_range_unmap(&range);
	if (!address_range_contains(&range, &range) || address_range_map(&range, bytes) > 128)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(const char *) = { accept, headers, resource, endpoint, retry, network };
	char *text;

	if (!size)
		return 0;
	text = malloc(size);
	if (!text)
		abort();
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	readers[data[0] % (sizeof(readers) / sizeof(readers[0]))](text);
	free(text);
	return 0;
}
