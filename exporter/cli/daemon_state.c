/* SPDX-License-Identifier: GPL-2.0-only */
/* `picket sensors`, `picket status`, `picket release`. */
#include <errno.h>
#include <stdio.h>

#include "cleanup.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "kernel/probe.h"

static bool print_answer_json(void *context, const json_t *answer)
{
	(void)context;
	json_dumpf(answer, stdout, JSON_COMPACT);
	putchar('\n');
	return true;
}

static bool print_sensor(void *context, const json_t *sensor)
{
	(void)context;
	printf("%-12s %-12s %-5s %s\n", client_text(sensor, "sensor"), client_text(sensor, "backend"),
	       json_is_true(json_object_get(sensor, "up")) ? "up" : "DOWN", client_text(sensor, "reason"));
	return true;
}

int command_sensors(int argc, char *const *argv)
{
	bool json = false;
	const struct client_option options[] = { { NULL, "--json", &json, NULL } };

	if (client_parse(argc, argv, options, ARRAY_SIZE(options), 0) < 0)
		return 2;
	if (!client_running()) {
		if (probe_print(stdout, json) == -EPERM) {
			fprintf(stderr, "picket: only root can try what the kernel allows; try sudo\n");
			return 1;
		}
		return 0;
	}
	if (!json)
		printf("%-12s %-12s %-5s %s\n", "SENSOR", "BACKEND", "STATE", "REASON");
	return client_ask(json_pack("{s:s}", "command", "sensors"), json ? print_answer_json : print_sensor, NULL);
}

static bool print_status(void *context, const json_t *status)
{
	const char *name;
	json_t *value;

	(void)context;
	json_object_foreach((json_t *)status, name, value) {
		if (json_is_integer(value))
			printf("%-44s %lld\n", name, (long long)json_integer_value(value));
		else if (json_is_string(value))
			printf("%-44s %s\n", name, client_text(status, name));
		else if (json_is_boolean(value))
			printf("%-44s %s\n", name, json_is_true(value) ? "yes" : "no");
	}
	return true;
}

int command_status(int argc, char *const *argv)
{
	bool json = false;
	const struct client_option options[] = { { NULL, "--json", &json, NULL } };

	if (client_parse(argc, argv, options, ARRAY_SIZE(options), 0) < 0)
		return 2;
	return client_ask(json_pack("{s:s}", "command", "status"), json ? print_answer_json : print_status, NULL);
}

static bool print_release(void *context, const json_t *answer)
{
	(void)context;
	printf("%s\n", client_text(answer, "text"));
	return true;
}

int command_release(int argc, char *const *argv)
{
	int first = client_parse(argc, argv, NULL, 0, 1);

	if (first < 0)
		return 2;
	if (first == argc) {
		fprintf(stderr, "picket: which container? see 'picket release --help'\n");
		return 2;
	}
	return client_ask(json_pack("{s:s, s:s}", "command", "release", "container", argv[first]), print_release,
			  NULL);
}
