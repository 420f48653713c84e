/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as a process' arguments: what comes out fits, and the value behind --password= is never in it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "state/redact.h"

#define ROOM 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_fits(const uint8_t *data, size_t size, size_t room)
{
	char *copy = malloc(size + 1), *buffer = malloc(room + 1);

	if (copy && buffer) {
		memcpy(copy, data, size);
		if (redact_arguments(copy, size, buffer, room) > room)
			abort();
	}
	free(copy);
	free(buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char option[] = "\0--password=!canary!";
	char given[ROOM], got[2 * ROOM];
	size_t used = size < ROOM - sizeof(option) ? size : ROOM - sizeof(option);

	check_fits(data, size, ROOM);
	check_fits(data, size, size / 2);
	memcpy(given, data, used);
	memcpy(given + used, option, sizeof(option));
	used = redact_arguments(given, used + sizeof(option), got, sizeof(got));
	if (memmem(got, used, "!canary!", 8) && !memmem(data, size, "!canary!", 8))
		abort();
	return 0;
}
