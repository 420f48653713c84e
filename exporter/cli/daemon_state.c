/* SPDX-License-Identifier: GPL-2.0-only */
/* `picket sensors`, `picket status`, `picket release`. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "cli/arguments.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "kernel/probe.h"

/* What gets past the sensor. */
static void print_limits(const json_t *status)
{
	char text[CLIENT_TEXT_SIZE];
	json_t *limit;
	size_t i;

	json_array_foreach (json_object_get(status, "limits"), i, limit)
		printf("%-12s limit: %s\n", "", client_string(limit, text));
}

static bool print_sensor(void *context, const json_t *sensor)
{
	char reason[CLIENT_TEXT_SIZE];

	(void)context;
	client_column(sensor, "sensor", 11);
	client_column(sensor, "backend", 11);
	printf("%-6s %s\n", json_is_true(json_object_get(sensor, "up")) ? "up" : "DOWN",
	       client_text(sensor, "reason", reason));
	print_limits(sensor);
	return true;
}

int command_sensors(int argc, char *const *argv)
{
	bool json = false;
	const struct argument_option options[] = { { NULL, "--json", &json, NULL } };

	if (arguments_parse(argc, argv, options, ARRAY_SIZE(options), 0) < 0)
		return 2;
	if (!client_running()) {
		if (probe_print(stdout, json) == -EPERM) {
			fprintf(stderr, "picket: only root can try what the kernel allows; try sudo\n");
			return 1;
		}
		return 0;
	}
	if (!json)
		printf("%-12s %-12s %-6s %s\n", "SENSOR", "BACKEND", "STATE", "REASON");
	return client_ask(json_pack("{s:s}", "command", "sensors"), json ? client_print_json : print_sensor, NULL);
}

static bool print_status(void *context, const json_t *status)
{
	char text[CLIENT_TEXT_SIZE];
	const char *name;
	json_t *value;

	(void)context;
	json_object_foreach ((json_t *)status, name, value) {
		if (json_is_integer(value))
			printf("%-52s %lld\n", name, (long long)json_integer_value(value));
		else if (json_is_string(value))
			printf("%-52s %s\n", name, client_text(status, name, text));
		else if (json_is_boolean(value))
			printf("%-52s %s\n", name, json_is_true(value) ? "yes" : "no");
	}
	return true;
}

/* @context: bool. */
static bool take_ready(void *context, const json_t *status)
{
	*(bool *)context = json_is_true(json_object_get(status, "ready"));
	return true;
}

static int ask_whether_ready(void)
{
	bool ready = false;
	int status = client_ask(json_pack("{s:s}", "command", "status"), take_ready, &ready);

	if (status)
		return status;
	puts(ready ? "ready" : "not ready; see 'picket sensors'");
	return ready ? 0 : 1;
}

int command_status(int argc, char *const *argv)
{
	bool json = false, ready = false;
	const struct argument_option options[] = { { NULL, "--json", &json, NULL }, { NULL, "--ready", &ready, NULL } };

	if (arguments_parse(argc, argv, options, ARRAY_SIZE(options), 0) < 0)
		return 2;
	if (ready)
		return ask_whether_ready();
	return client_ask(json_pack("{s:s}", "command", "status"), json ? client_print_json : print_status, NULL);
}

static bool print_release(void *context, const json_t *answer)
{
	char text[CLIENT_TEXT_SIZE];

	(void)context;
	puts(client_text(answer, "text", text));
	return true;
}

int command_release(int argc, char *const *argv)
{
	int first = arguments_parse(argc, argv, NULL, 0, 1);
	json_t *request;

	if (first < 0)
		return 2;
	if (first == argc) {
		fprintf(stderr, "picket: which container? see 'picket release --help'\n");
		return 2;
	}
	request = json_pack("{s:s, s:s}", "command", "release", "container", argv[first]);
	if (!request) {
		fprintf(stderr, "picket: names must be UTF-8\n");
		return 2;
	}
	return client_ask(request, print_release, NULL);
}
