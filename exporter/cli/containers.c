/* SPDX-License-Identifier: GPL-2.0-only */
/* `picket containers`. */
#include <stdio.h>

#include "cleanup.h"
#include "cli/arguments.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "state/utf8.h"

static const struct {
	const char *title, *key;
	int width;
} columns[] = {
	{ "ID", "id", 12 },	      { "NAME", "name", 24 },		{ "IMAGE", "image", 28 },
	{ "RUNTIME", "runtime", 12 }, { "ISOLATION", "isolation", 12 }, { "QUARANTINE", "quarantine", 10 },
};

static const struct {
	const char *title, *key;
} isolation_texts[] = {
	{ "handler", "handler" },
	{ "engine", "engine" },
	{ "TEE", "tee" },
	{ "counted as one", "attribution" },
};

static void print_modules(const json_t *modules)
{
	const json_t *names = json_object_get(modules, "names"), *name;
	char text[CLIENT_TEXT_SIZE];
	size_t i;

	if (!modules)
		return;
	printf("    modules %lld\n", (long long)json_integer_value(json_object_get(modules, "count")));
	json_array_foreach (names, i, name) {
		text[0] = '\0';
		utf8_append_printable(text, sizeof(text), 0, json_string_value(name), json_string_length(name));
		printf("      %s\n", text);
	}
}

static void print_details(const json_t *container)
{
	json_t *counters = json_object_get(container, "counters"), *value;
	char text[CLIENT_TEXT_SIZE];
	const char *name;

	printf("    cgroup %s\n", client_text(container, "cgroup", text));
	if (*client_text(container, "pod", text)) {
		printf("    pod %s", text);
		printf(" in %s", client_text(container, "namespace", text));
		printf(", uid %s\n", client_text(container, "pod_uid", text));
	}
	printf("    isolation %s", client_text(container, "isolation", text));
	printf(", proved by %s", client_text(container, "evidence", text));
	for (size_t i = 0; i < ARRAY_SIZE(isolation_texts); i++)
		if (*client_text(container, isolation_texts[i].key, text))
			printf(", %s %s", isolation_texts[i].title, text);
	printf("\n");
	if (*client_text(container, "unseen", text))
		printf("    not seen: %s\n", text);
	print_modules(json_object_get(container, "modules"));
	json_object_foreach (counters, name, value)
		if (json_is_real(value))
			printf("    %-70s %.3f\n", name, json_real_value(value));
		else if (json_integer_value(value))
			printf("    %-70s %lld\n", name, (long long)json_integer_value(value));
}

static bool print_container(void *context, const json_t *container)
{
	const bool *verbose = context;

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		client_column(container, columns[i].key, columns[i].width);
	putchar('\n');
	if (*verbose)
		print_details(container);
	return !ferror(stdout);
}

int command_containers(int argc, char *const *argv)
{
	bool verbose = false, json = false;
	const struct argument_option options[] = {
		{ "-v", "--verbose", &verbose, NULL },
		{ NULL, "--json", &json, NULL },
	};

	if (arguments_parse(argc, argv, options, ARRAY_SIZE(options), 0) < 0)
		return 2;
	for (size_t i = 0; i < ARRAY_SIZE(columns) && !json; i++)
		printf("%-*s%s", columns[i].width + 2, columns[i].title, i + 1 == ARRAY_SIZE(columns) ? "\n" : "");
	return client_ask(json_pack("{s:s}", "command", "containers"), json ? client_print_json : print_container,
			  &verbose);
}
