/* SPDX-License-Identifier: GPL-2.0-only */
/* `picket incidents` and `picket incidents show`. They read the files: it works without a daemon. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "cli/arguments.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/incident_render.h"
#include "config.h"
#include "respond/incident_store.h"

#define FILE_MAX_BYTES (8 << 20)

struct incident_list {
	char **names; /* oldest first */
	size_t count;
	int error;
};

static void add_name(void *context, const char *name)
{
	struct incident_list *list = context;
	char **larger = reallocarray(list->names, list->count + 1, sizeof(*larger));

	if (!larger) {
		list->error = -ENOMEM;
		return;
	}
	list->names = larger;
	larger[list->count] = strdup(name);
	if (larger[list->count])
		list->count++;
	else
		list->error = -ENOMEM;
}

static void free_list(struct incident_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->names[i]);
	free(list->names);
}

/* A directory that is not there holds none. Return: 0; 1 and a line on standard error. */
static int read_list(const char *path, struct incident_list *list)
{
	int count = incident_store_list(path, add_name, list);

	if (count < 0 && count != -ENOENT)
		list->error = count;
	if (!list->error)
		return 0;
	fprintf(stderr, "picket: %s: %s\n", path,
		list->error == -EPERM ? "it is not this user's alone, or it is another's; try sudo"
				      : strerror(-list->error));
	return 1;
}

static json_t *load(const char *path, const char *name)
{
	char file_name[PATH_MAX];
	AUTO_FCLOSE FILE *file = NULL;
	AUTO_FREE char *text = malloc(FILE_MAX_BYTES);
	size_t size;

	if (snprintf(file_name, sizeof(file_name), "%s/%s", path, name) >= (int)sizeof(file_name) || !text)
		return NULL;
	file = fopen(file_name, "re");
	if (!file)
		return NULL;
	size = fread(text, 1, FILE_MAX_BYTES, file);
	return json_loadb(text, size, 0, NULL);
}

static void print_row(size_t place, const json_t *incident)
{
	const json_t *container = json_object_get(incident, "container"),
		     *finding = json_object_get(incident, "finding");

	printf("%-4zu ", place);
	client_column(incident, "time", 24);
	client_column(incident, "id", 12);
	client_column(finding, "severity", 8);
	client_column(finding, "rule", 28);
	client_column(container, "name", 32);
	putchar('\n');
}

/* Newest first: that one is asked for most. */
static int print_list(const char *path, bool json)
{
	struct incident_list list = { 0 };
	int status = read_list(path, &list);

	if (!status && !json)
		printf("%-4s %-24s  %-12s  %-8s  %-28s  %s\n", "N", "TIME", "ID", "SEVERITY", "RULE", "CONTAINER");
	for (size_t i = list.count; !status && i-- > 0;) {
		json_t *incident = load(path, list.names[i]);

		if (incident && json)
			client_print_json(NULL, incident);
		else if (incident)
			print_row(list.count - i, incident);
		else
			fprintf(stderr, "picket: %s/%s cannot be read\n", path, list.names[i]);
		json_decref(incident);
	}
	free_list(&list);
	return status;
}

/* By place in the list, or by what its id begins with. Return: its name; NULL: none, or several. */
static const char *find_name(const struct incident_list *list, const char *which)
{
	size_t size = strlen(which);
	const char *found = NULL;

	if (size < 8 && strspn(which, "0123456789") == size) {
		size_t place = strtoul(which, NULL, 10);

		return place && place <= list->count ? list->names[list->count - place] : NULL;
	}
	for (size_t i = 0; i < list->count; i++) {
		const char *id = strchr(list->names[i], '-');

		if (!id || strncmp(id + 1, which, size) != 0)
			continue;
		if (found)
			return NULL;
		found = list->names[i];
	}
	return found;
}

static int show(const char *path, const char *which, bool json, bool verbose)
{
	struct incident_list list = { 0 };
	int status = read_list(path, &list);
	const char *name = status ? NULL : find_name(&list, which);
	json_t *incident = name ? load(path, name) : NULL;

	if (!status && !incident) {
		fprintf(stderr, "picket: there is no incident '%s', or more than one; see 'picket incidents'\n", which);
		status = 1;
	}
	if (incident && json)
		client_print_json(NULL, incident);
	else if (incident)
		incident_render(stdout, incident, verbose);
	json_decref(incident);
	free_list(&list);
	return status;
}

static bool take_path(void *context, const json_t *answer)
{
	const char *path = json_string_value(json_object_get(answer, "path"));

	if (path)
		snprintf(context, PATH_MAX, "%s", path);
	return true;
}

/* What was said; else what the daemon says, else where it is by default. */
static void find_path(const char *said, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s", said ? said : CONFIG_INCIDENTS_PATH);
	if (!said && client_running())
		client_ask(json_pack("{s:s}", "command", "incidents"), take_path, path);
}

int command_incidents(int argc, char *const *argv)
{
	bool json = false, verbose = false;
	const char *said = NULL;
	const struct argument_option options[] = { { NULL, "--json", &json, NULL },
						   { "-v", "--verbose", &verbose, NULL },
						   { NULL, "--path", NULL, &said } };
	int first = arguments_parse(argc, argv, options, ARRAY_SIZE(options), argc), which;
	char path[PATH_MAX];

	if (first < 0)
		return 2;
	if (first == argc) {
		find_path(said, path);
		return print_list(path, json);
	}
	if (strcmp(argv[first], "show") != 0) {
		fprintf(stderr, "picket: 'incidents' alone, or 'incidents show'; see 'picket incidents --help'\n");
		return 2;
	}
	which = arguments_parse(argc - first, argv + first, options, ARRAY_SIZE(options), 1);
	if (which < 0)
		return 2;
	if (which == argc - first) {
		fprintf(stderr, "picket: which incident? see 'picket incidents'\n");
		return 2;
	}
	find_path(said, path);
	return show(path, argv[first + which], json, verbose);
}
