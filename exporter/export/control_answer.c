/* SPDX-License-Identifier: GPL-2.0-only */
/* What the control socket answers: one function per command. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "export/control_client.h"
#include "state/container_text.h"
#include "state/utf8.h"
#include "state/sensor_limits.h"
#include "version.h"

/* Any bytes as a JSON string. */
static json_t *json_text(const char *text)
{
	size_t size;
	AUTO_FREE char *repaired = utf8_repair(text, strlen(text), &size);

	return repaired ? json_string(repaired) : NULL;
}

/* "name_total" or "name_total{label=value,...}". */
static json_t *container_counters(const struct control_server *server, const struct container *container)
{
	const struct control_server_options *options = &server->options;
	json_t *counters = json_object();
	char name[256];

	for (int i = 0; i < PICKET_COUNTER_COUNT; i++) {
		const struct counter_info *info = &counter_infos[i];
		bool is_time = strcmp(counter_families[info->family].unit, "seconds") == 0;
		uint64_t value;

		if (!counter_is_kept(i, self_counts_perf(options->metrics), options->metrics->perf_events))
			continue;
		value = counter_table_read(options->counters, options->registry, container, i);
		snprintf(name, sizeof(name), "%s_total%s%s%s", counter_families[info->family].name,
			 *info->labels ? "{" : "", info->labels, *info->labels ? "}" : "");
		json_object_set_new(counters, name, is_time ? json_real(value / 1e9) : json_integer((json_int_t)value));
	}
	return counters;
}

static void add_text(void *object, const char *key, const char *text)
{
	json_object_set_new(object, key, json_text(text));
}

static json_t *container_modules(const struct container *container)
{
	const struct module_list *modules = &container->modules;
	json_t *names = json_array();

	for (size_t i = 0; i < modules->name_count; i++)
		json_array_append_new(names, json_text(modules->names[i]));
	return json_pack("{s:i, s:o}", "count", (int)modules->count, "names", names);
}

static json_t *container_json(const struct control_server *server, const struct container *container)
{
	json_t *object = json_object();

	container_each_text(container, add_text, object);
	if (container->modules.count)
		json_object_set_new(object, "modules", container_modules(container));
	json_object_set_new(object, "counters", container_counters(server, container));
	return object;
}

static bool more_containers(struct control_client *client)
{
	struct container_set *set = &client->set;

	if (container_set_refresh(set)) {
		control_client_refuse(client, "no memory for the list");
		return false;
	}
	while (client->set_at < set->count) {
		const struct container *container = set->entries[client->set_at].container;

		if (container && !container->removed_unix_ns) {
			bool sent = control_client_send(client, container_json(client->server, container));

			client->set_at += sent;
			return sent;
		}
		client->set_at++;
	}
	control_client_end(client);
	return false;
}

static void answer_containers(struct control_client *client, const json_t *request)
{
	(void)request;
	if (container_set_open(client->server->options.registry, &client->set))
		control_client_refuse(client, "no memory for the list");
	else
		client->more = more_containers;
}

static void answer_sensors(struct control_client *client, const json_t *request)
{
	(void)request;
	for (int i = 0; i < PICKET_SENSOR_COUNT; i++) {
		const struct sensor_status *status = &client->server->options.metrics->sensors[i];

		control_client_send(client, json_pack("{s:s, s:s, s:b, s:o, s:o}", "sensor", picket_sensor_name(i),
						      "backend", picket_backend_name(status->backend), "up", status->up,
						      "reason", json_text(status->reason), "limits",
						      sensor_limits_list(i, status->backend)));
	}
	control_client_end(client);
}

#define STATUS_NUMBER(field, kind, name, help) \
	json_object_set_new(status, name, json_integer((json_int_t)metrics->field));
#define STATUS_LOST(id, stage) \
	json_object_set_new(status, "picket_events_lost{stage=" stage "}", \
			    json_integer((json_int_t)metrics->lost[LOST_##id]));

static void answer_status(struct control_client *client, const json_t *request)
{
	const struct control_server_options *options = &client->server->options;
	const struct self_metrics *metrics = options->metrics;
	json_t *status = json_pack("{s:s, s:b}", "version", PICKET_VERSION, "ready", metrics->ready);

	(void)request;
	SELF_NUMBERS(STATUS_NUMBER)
	SELF_LOST_STAGES(STATUS_LOST)
	control_client_send(client, status);
	control_client_end(client);
}

static void answer_incidents(struct control_client *client, const json_t *request)
{
	const char *path = client->server->options.incidents_path;

	(void)request;
	if (path) {
		control_client_send(client, json_pack("{s:o}", "path", json_text(path)));
		control_client_end(client);
	} else {
		control_client_refuse(client, "no incidents are kept");
	}
}

static void on_released(void *context, int error, const char *text)
{
	struct control_release *release = context;
	struct control_client *client = release->client;

	free(release);
	if (!client)
		return;
	client->release = NULL;
	if (error) {
		control_client_refuse(client, text);
	} else {
		control_client_send(client, json_pack("{s:s}", "text", "released"));
		control_client_end(client);
	}
	control_client_wake(client);
}

static void answer_release(struct control_client *client, const json_t *request)
{
	const struct control_server_options *options = &client->server->options;
	const char *name = json_string_value(json_object_get(request, "container"));
	struct container *container = name ? registry_find_by_name(options->registry, name) : NULL;

	if (!name) {
		control_client_refuse(client, "the request names no container");
		return;
	}
	if (!container || container->removed_unix_ns) {
		control_client_refuse(client, "no container, or more than one, has this name");
		return;
	}
	client->release = malloc(sizeof(*client->release));
	if (!client->release) {
		control_client_refuse(client, "no memory");
		return;
	}
	client->release->client = client;
	options->release(options->context, container, on_released, client->release);
}

/* Tell what was lost before what comes after it. */
static bool send_lost(struct control_client *client)
{
	if (client->lost && !control_client_send(client, json_pack("{s:I}", "lost", (json_int_t)client->lost)))
		return false;
	client->lost = 0;
	return true;
}

static bool more_findings(struct control_client *client)
{
	const struct finding_history *history = &client->server->history;

	if (!send_lost(client))
		return false;
	while (client->number < history->end) {
		const struct history_entry *entry = finding_history_at(history, client->number);

		if (history_entry_matches(entry, client->rule, client->container)) {
			bool written = control_client_write(client, entry->line);

			client->number += written;
			return written;
		}
		client->number++;
	}
	if (!client->follow)
		control_client_end(client);
	return false;
}

void control_answer_skip(struct control_client *client)
{
	const struct finding_history *history = &client->server->history;

	if (client->more != more_findings || client->number != history->first)
		return;
	control_client_make(client, CONTROL_UNREAD_MAX_BYTES);
	if (client->more != more_findings || client->number != history->first)
		return;
	client->number++;
	if (!history_entry_matches(finding_history_at(history, history->first), client->rule, client->container))
		return;
	client->lost++;
	client->server->options.metrics->lost[LOST_STREAM]++;
}

/* The number of the first of the last @lines findings that the client wants. */
static uint64_t last_findings(const struct control_client *client, json_int_t lines)
{
	const struct finding_history *history = &client->server->history;
	uint64_t number = history->end;

	while (number > history->first && lines > 0) {
		number--;
		lines -= history_entry_matches(finding_history_at(history, number), client->rule, client->container);
	}
	return number;
}

static void answer_events(struct control_client *client, const json_t *request)
{
	const char *rule = json_string_value(json_object_get(request, "rule"));
	const char *container = json_string_value(json_object_get(request, "container"));

	client->rule = rule ? strdup(rule) : NULL;
	client->container = container ? strdup(container) : NULL;
	if ((rule && !client->rule) || (container && !client->container)) {
		control_client_refuse(client, "no memory");
		return;
	}
	client->number = last_findings(client, json_integer_value(json_object_get(request, "lines")));
	client->follow = json_is_true(json_object_get(request, "follow"));
	client->more = more_findings;
}

enum parameter { RULE = 1, CONTAINER = 2, LINES = 4, FOLLOW = 8 };

static const struct {
	enum parameter bit;
	const char *name, *type;
} parameters[] = {
	{ RULE, "rule", "string" },
	{ CONTAINER, "container", "string" },
	{ LINES, "lines", "integer" },
	{ FOLLOW, "follow", "boolean" },
};

static const struct {
	const char *name;
	unsigned int parameters;
	void (*answer)(struct control_client *client, const json_t *request);
} commands[] = {
	{ "events", RULE | CONTAINER | LINES | FOLLOW, answer_events },
	{ "containers", 0, answer_containers },
	{ "sensors", 0, answer_sensors },
	{ "status", 0, answer_status },
	{ "incidents", 0, answer_incidents },
	{ "release", CONTAINER, answer_release },
};

static const char *type_name(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		return "string";
	case JSON_INTEGER:
		return "integer";
	case JSON_TRUE:
	case JSON_FALSE:
		return "boolean";
	default:
		return "something else";
	}
}

static bool parameter_allowed(unsigned int allowed, const char *name, const json_t *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(parameters); i++)
		if (strcmp(parameters[i].name, name) == 0)
			return (allowed & parameters[i].bit) && strcmp(parameters[i].type, type_name(value)) == 0;
	return strcmp(name, "command") == 0;
}

/* A misspelt filter must not show everything. */
static bool parameters_allowed(unsigned int allowed, json_t *request)
{
	const char *name;
	json_t *value;

	json_object_foreach (request, name, value)
		if (!parameter_allowed(allowed, name, value))
			return false;
	return true;
}

static void answer_request(struct control_client *client, json_t *request)
{
	const char *command = json_string_value(json_object_get(request, "command"));

	for (size_t i = 0; command && i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, command) != 0)
			continue;
		if (parameters_allowed(commands[i].parameters, request))
			commands[i].answer(client, request);
		else
			control_client_refuse(client, "the request has a parameter that this command does not take");
		return;
	}
	control_client_refuse(client, command ? "unknown command" : "the request names no command");
}

void control_answer(struct control_client *client, const char *line, size_t size)
{
	json_t *request = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);

	if (request)
		answer_request(client, request);
	else
		control_client_refuse(client, "the request is not one line of JSON");
	json_decref(request);
}
