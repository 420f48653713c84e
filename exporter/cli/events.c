/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>

#include "cleanup.h"
#include "cli/client.h"
#include "cli/commands.h"

static bool print_json(void *context, const json_t *finding)
{
	(void)context;
	json_dumpf(finding, stdout, JSON_COMPACT);
	putchar('\n');
	return fflush(stdout) == 0;
}

static bool print_line(void *context, const json_t *finding)
{
	const json_t *lost = json_object_get(finding, "lost");

	(void)context;
	if (lost) {
		printf("... %lld findings were not shown: this reader was too slow\n",
		       (long long)json_integer_value(lost));
		return fflush(stdout) == 0;
	}
	printf("%s  %-8s  %-24s  %s\n", client_text(finding, "time"), client_text(finding, "severity"),
	       client_text(finding, "rule"), client_text(finding, "summary"));
	return fflush(stdout) == 0;
}

int command_events(int argc, char *const *argv)
{
	const char *rule = NULL, *container = NULL, *lines = "20";
	bool follow = false, json = false;
	const struct client_option options[] = {
		{ "-f", "--follow", &follow, NULL },	  { NULL, "--json", &json, NULL },
		{ "-n", "--lines", NULL, &lines },	  { NULL, "--rule", NULL, &rule },
		{ NULL, "--container", NULL, &container },
	};
	json_t *request;
	char *end;
	long count;

	if (client_parse(argc, argv, options, ARRAY_SIZE(options), 0) < 0)
		return 2;
	count = strtol(lines, &end, 10);
	if (*end || end == lines || count < 0) {
		fprintf(stderr, "picket: -n needs a number, not '%s'\n", lines);
		return 2;
	}
	request = json_pack("{s:s, s:b, s:I}", "command", "events", "follow", follow, "lines", (json_int_t)count);
	if (rule)
		json_object_set_new(request, "rule", json_string(rule));
	if (container)
		json_object_set_new(request, "container", json_string(container));
	return client_ask(request, json ? print_json : print_line, NULL);
}
