/* SPDX-License-Identifier: GPL-2.0-only */
/* What a collector answers: bodies of success and of refusal, and the Retry-After header. */
#include <stdlib.h>
#include <string.h>

#include "export/otlp_config.h"
#include "export/otlp_encode.h"
#include "state/utf8.h"

static void check_message(const char *message, size_t size)
{
	size_t length = strnlen(message, size);

	if (length == size || utf8_valid_size(message, length) != length)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char message[48], header[256];
	uint64_t rejected = 0;
	int64_t wait_ms;

	if (!otlp_decode_response(data, size, &rejected, message, sizeof(message))) {
		check_message(message, sizeof(message));
		if (rejected > INT64_MAX)
			abort();
	}
	if (!otlp_decode_status(data, size, message, sizeof(message)))
		check_message(message, sizeof(message));
	if (size >= sizeof(header))
		size = sizeof(header) - 1;
	memcpy(header, data, size);
	header[size] = '\0';
	wait_ms = otlp_retry_after_ms(header, 1700000000);
	if (wait_ms < -4095 || wait_ms > 3600000)
		abort();
	return 0;
}
