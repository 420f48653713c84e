/* SPDX-License-Identifier: GPL-2.0-only */
/* --web.config.file and the header Authorization: the first line of the input is the header, the rest the file. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "export/web_guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t reported;

static void count_report(void *context, const char *message)
{
	(void)context;
	if (!strchr(message, ':') && strncmp(message, "and ", 4) != 0)
		abort();
	reported++;
}

static void ignore_done(void *context, bool allowed)
{
	(void)context;
	(void)allowed;
}

/* No user of a random file has a hash that a random password fits. */
static void admit(const char *path, const char *header)
{
	struct web_guard_options options = { .path = path, .problem = count_report };
	struct web_guard *guard = NULL;
	struct event_loop *loop;

	if (event_loop_new(&loop))
		abort();
	if (web_guard_new(loop, &options, &guard) == 0) {
		web_guard_admit(guard, header, ignore_done, NULL);
		web_guard_free(guard);
	}
	event_loop_free(loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	size_t header_size = end ? (size_t)(end - data) : size;
	char *header = strndup((const char *)data, header_size), name[64];
	int fd = memfd_create("web", MFD_CLOEXEC), error;
	struct web_config config;

	if (!header || fd < 0 || (end && write(fd, end + 1, size - header_size - 1) < 0))
		abort();
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	reported = 0;
	error = web_config_load(name, count_report, NULL, &config);
	if ((error == 0) != (reported == 0))
		abort();
	web_config_clear(&config);
	if (!error)
		admit(name, header);
	close(fd);
	free(header);
	return 0;
}
