/* SPDX-License-Identifier: GPL-2.0-only */
/* Rule files: whatever they hold, they load or are refused with a report; what loads judges and compiles. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../unit/event_builder.h"
#include "state/policy_compile.h"
#include "state/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count_report(void *context, const char *message)
{
	if (!strchr(message, ':') && strncmp(message, "and ", 4) != 0)
		abort();
	++*(size_t *)context;
}

static void judge(const struct rule_set *set, const struct event_builder *builder)
{
	struct container container = builder_container();
	struct event_context context = { .event = &builder->event, .container = &container };
	size_t count = rules_part_count(set);
	const struct rule **matches = calloc(count + 1, sizeof(*matches));

	if (!matches)
		abort();
	if (rules_judge(set, &context, matches, count) > count)
		abort();
	context.container = NULL;
	rules_judge(set, &context, matches, count);
	free(matches);
}

static void use(const struct rule_set *set)
{
	static const uint8_t address[4] = { 10, 0, 0, 1 };
	struct compiled_policy *policy = NULL;
	struct event_builder builder;

	builder_open(&builder, "/usr/bin/cat", "/etc/shadow", PICKET_ACCESS_READ);
	judge(set, &builder);
	builder.event.result = -13;
	judge(set, &builder);
	builder_start(&builder, PICKET_KIND_PROCESS_EXEC, "/bin/sh");
	builder_add_bytes(&builder, PICKET_TEXT_ARGS, "sh\0-c\0id", 8);
	judge(set, &builder);
	builder_connect(&builder, 2, address, 80);
	judge(set, &builder);
	if (policy_compile(set, true, &policy) == 0)
		policy_free(policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("rules", MFD_CLOEXEC), error;
	struct rule_set *set = NULL;
	const char *path;
	char name[64];
	size_t reported = 0;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	path = name;
	error = rules_load(&path, 1, false, count_report, &reported, &set);
	close(fd);
	if ((error == 0) != (reported == 0) || (error == 0) != (set != NULL))
		abort();
	if (set)
		use(set);
	rules_free(set);
	return 0;
}
