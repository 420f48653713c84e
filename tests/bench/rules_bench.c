/* SPDX-License-Identifier: GPL-2.0-only */
/* Time to judge one event against sets of 10, 100 and 1000 rules. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../unit/event_builder.h"
#include "../unit/rules_text.h"

#define EVENTS 200000
#define RULE_SIZE 256

struct shape {
	const char *name;
	const char *rule; /* behind its name; %d: number of the rule */
};

static const struct shape shapes[] = {
	{ "file.path equals", "event: file_open, where: {file.path: /srv/app/file-%d, file.access: read}" },
	{ "file.path prefix", "event: file_open, where: {file.path: {prefix: /srv/other-%d/}, file.access: read}" },
	{ "file.path glob", "event: file_open, where: {file.path: {glob: '/srv/*/other-%d*'}}" },
	{ "file.path suffix", "event: file_open, where: {file.path: {suffix: other-%d.so}}" },
	{ "file.path glob, one start", "event: file_open, where: {file.path: {glob: '/srv/app/**/x-%d.so'}}" },
	{ "sequence",
	  "within: 9s, sequence: [{event: file_open, where: {file.path: /srv/app/file-%d}, same: file.path}, "
	  "{event: process_exec, same: process.executable.path}]" },
	{ "count", "event: file_open, where: {file.path: {prefix: /srv/other-%d/}}, count: {over: 9, within: 9s}" },
	{ "process.executable.path equals", "event: file_open, where: {process.executable.path: /usr/bin/p%d}" },
};

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

static struct rule_set *make_rules(const struct shape *shape, int count)
{
	size_t size = 16 + count * RULE_SIZE, used;
	static struct reports reports;
	struct rule_set *set = NULL;
	char *text = malloc(size);

	if (!text)
		abort();
	used = sprintf(text, "rules:\n");
	for (int i = 0; i < count; i++) {
		used += sprintf(text + used, "- {name: r%d, ", i);
		used += sprintf(text + used, shape->rule, i);
		used += sprintf(text + used, "}\n");
	}
	if (load_text(text, &reports, &set)) {
		fputs(reports.text, stderr);
		exit(1);
	}
	free(text);
	return set;
}

static double measure(const struct shape *shape, int count)
{
	struct rule_set *set = make_rules(shape, count);
	struct container container = builder_container();
	struct event_builder builder;
	struct event_context context = { .event = &builder.event, .container = &container };
	const struct rule *matches[8];
	size_t matched = 0;
	double start, ns;

	builder_open(&builder, "/usr/bin/p7", "/srv/app/file-7", PICKET_ACCESS_READ);
	start = now_ns();
	for (int i = 0; i < EVENTS; i++)
		matched += rules_judge(set, &context, matches, 8);
	ns = (now_ns() - start) / EVENTS;
	if (matched != EVENTS && matched != 0)
		exit(1);
	rules_free(set);
	return ns;
}

int main(void)
{
	static const int counts[] = { 10, 100, 1000 };

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		for (size_t j = 0; j < sizeof(counts) / sizeof(counts[0]); j++)
			printf("rules_judge %-31s %5d rules %9.1f ns/event\n", shapes[i].name, counts[j],
			       measure(&shapes[i], counts[j]));
	return 0;
}
