/* SPDX-License-Identifier: GPL-2.0-only */
/* Loads rules from texts, as if they were files, and keeps what is reported. */
#ifndef RULES_TEXT_H
#define RULES_TEXT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "state/rules.h"

#define RULES_TEXT_MAX 4

struct reports {
	char text[65536];
	size_t used, count;
};

static inline void keep_report(void *context, const char *message)
{
	struct reports *reports = context;
	int size = snprintf(reports->text + reports->used, sizeof(reports->text) - reports->used, "%s\n", message);

	reports->count++;
	if (reports->used + size < sizeof(reports->text))
		reports->used += size;
}

static inline int memory_file(const void *bytes, size_t size)
{
	int fd = memfd_create("rules", MFD_CLOEXEC);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		abort();
	return fd;
}

/* Several texts are several files, in this order. */
static inline int load_texts(const char *const *texts, size_t count, bool with_defaults, struct reports *reports,
			     struct rule_set **ret_set)
{
	char names[RULES_TEXT_MAX][32];
	const char *paths[RULES_TEXT_MAX] = { NULL };
	int fds[RULES_TEXT_MAX], error;

	memset(reports, 0, sizeof(*reports));
	for (size_t i = 0; i < count; i++) {
		fds[i] = memory_file(texts[i], strlen(texts[i]));
		snprintf(names[i], sizeof(names[i]), "/proc/self/fd/%d", fds[i]);
		paths[i] = names[i];
	}
	error = rules_load(paths, count, with_defaults, keep_report, reports, ret_set);
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
	return error;
}

static inline int load_text(const char *text, struct reports *reports, struct rule_set **ret_set)
{
	return load_texts(&text, 1, false, reports, ret_set);
}

#endif
