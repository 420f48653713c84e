/* SPDX-License-Identifier: GPL-2.0-only */
/* `picket events`. */
#include <stdio.h>

#include "cleanup.h"
#include "cli/arguments.h"
#include "cli/client.h"
#include "cli/commands.h"

static bool print_line(void *context, const json_t *finding)
{
	const json_t *lost = json_object_get(finding, "lost");
	char summary[CLIENT_TEXT_SIZE];

	(void)context;
	if (lost) {
		printf("... %lld findings were not shown: this reader was too slow\n",
		       (long long)json_integer_value(lost));
		return fflush(stdout) == 0;
	}
	client_column(finding, "time", 30);
	client_column(finding, "severity", 8);
	client_column(finding, "rule", 24);
	puts(client_text(finding, "summary", summary));
	return fflush(stdout) == 0;
}

int command_events(int argc, char *const *argv)
{
	const char *rule = NULL, *container = NULL, *lines = "20";
	bool follow = false, json = false;
	const struct argument_option options[] = {
		{ "-f", "--follow", &follow, NULL },	   { NULL, "--json", &json, NULL },
		{ "-n", "--lines", NULL, &lines },	   { NULL, "--rule", NULL, &rule },
		{ NULL, "--container", NULL, &container },
	};
	json_t *request;
	long count;

	if (arguments_parse(argc, argv, options, ARRAY_SIZE(options), 0) < 0 ||
	    arguments_number("--lines", lines, 1000000, &count))
		return 2;
	request = json_pack("{s:s, s:b, s:I, s:s*, s:s*}", "command", "events", "follow", follow, "lines",
			    (json_int_t)count, "rule", rule, "container", container);
	if (!request) {
		fprintf(stderr, "picket: names must be UTF-8\n");
		return 2;
	}
	return client_ask(request, json ? client_print_json : print_line, NULL);
}
