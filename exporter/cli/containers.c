/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "cli/client.h"
#include "cli/commands.h"

struct listing {
	bool verbose, json;
};

static void print_counters(const json_t *counters)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)counters, name, value)
		if (json_integer_value(value))
			printf("    %-70s %lld\n", name, (long long)json_integer_value(value));
}

static bool print_container(void *context, const json_t *container)
{
	const struct listing *listing = context;

	if (listing->json) {
		json_dumpf(container, stdout, JSON_COMPACT);
		putchar('\n');
		return true;
	}
	printf("%-12.12s  %-24s  %-28s  %-14s  %-10s  %s\n", client_text(container, "id"),
	       client_text(container, "name"), client_text(container, "image"), client_text(container, "runtime"),
	       client_text(container, "isolation"), client_text(container, "quarantine"));
	if (listing->verbose) {
		printf("    cgroup %s\n", client_text(container, "cgroup"));
		if (*client_text(container, "pod"))
			printf("    pod %s/%s (%s)\n", client_text(container, "namespace"),
			       client_text(container, "pod"), client_text(container, "pod_uid"));
		print_counters(json_object_get(container, "counters"));
	}
	return true;
}

int command_containers(int argc, char *const *argv)
{
	struct listing listing = { false, false };
	const struct client_option options[] = {
		{ "-v", "--verbose", &listing.verbose, NULL },
		{ NULL, "--json", &listing.json, NULL },
	};

	if (client_parse(argc, argv, options, ARRAY_SIZE(options), 0) < 0)
		return 2;
	if (!listing.json)
		printf("%-12s  %-24s  %-28s  %-14s  %-10s  %s\n", "ID", "NAME", "IMAGE", "RUNTIME", "ISOLATION",
		       "QUARANTINE");
	return client_ask(json_pack("{s:s}", "command", "containers"), print_container, &listing);
}

/* The columns of `top`: sums of all counters of one family. */
static const char *const columns[] = { "picket_process_execs", "picket_file_opens", "picket_file_open_failures",
				       "picket_network_connects" };
#define COLUMNS ARRAY_SIZE(columns)
#define ROWS_MAX 512

struct row {
	char id[130], name[64];
	json_int_t now[COLUMNS], before[COLUMNS];
	bool seen;
};

struct table {
	struct row rows[ROWS_MAX];
	size_t count;
};

static json_int_t family_sum(const json_t *counters, const char *family)
{
	size_t size = strlen(family);
	json_int_t sum = 0;
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)counters, name, value)
		if (strncmp(name, family, size) == 0 && strncmp(name + size, "_total", 6) == 0)
			sum += json_integer_value(value);
	return sum;
}

static struct row *find_row(struct table *table, const char *id)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->rows[i].id, id) == 0)
			return &table->rows[i];
	if (table->count == ROWS_MAX)
		return NULL;
	memset(&table->rows[table->count], 0, sizeof(table->rows[0]));
	snprintf(table->rows[table->count].id, sizeof(table->rows[0].id), "%s", id);
	return &table->rows[table->count++];
}

static bool take_row(void *context, const json_t *container)
{
	struct row *row = find_row(context, client_text(container, "id"));

	if (!row)
		return true;
	snprintf(row->name, sizeof(row->name), "%s", client_text(container, "name"));
	for (size_t i = 0; i < COLUMNS; i++) {
		json_int_t value = family_sum(json_object_get(container, "counters"), columns[i]);

		row->before[i] = *row->name && (row->now[i] || row->before[i]) ? row->now[i] : value;
		row->now[i] = value;
	}
	row->seen = true;
	return true;
}

static int busier(const void *a, const void *b)
{
	json_int_t busy[2] = { 0, 0 };

	for (size_t i = 0; i < COLUMNS; i++) {
		busy[0] += ((const struct row *)a)->now[i] - ((const struct row *)a)->before[i];
		busy[1] += ((const struct row *)b)->now[i] - ((const struct row *)b)->before[i];
	}
	return (busy[0] < busy[1]) - (busy[0] > busy[1]);
}

static void print_table(struct table *table)
{
	size_t kept = 0;

	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].seen)
			table->rows[kept++] = table->rows[i];
	table->count = kept;
	qsort(table->rows, table->count, sizeof(table->rows[0]), busier);
	if (isatty(STDOUT_FILENO))
		fputs("\033[H\033[J", stdout);
	printf("%-14s %-28s %9s %9s %9s %9s\n", "ID", "NAME", "EXEC/s", "OPEN/s", "REFUSED/s", "CONNECT/s");
	for (size_t i = 0; i < table->count && i < 40; i++) {
		printf("%-14.12s %-28.28s", table->rows[i].id, table->rows[i].name);
		for (size_t j = 0; j < COLUMNS; j++)
			printf(" %9lld", (long long)(table->rows[i].now[j] - table->rows[i].before[j]));
		putchar('\n');
		table->rows[i].seen = false;
	}
	fflush(stdout);
}

int command_top(int argc, char *const *argv)
{
	const char *rounds = "-1";
	const struct client_option options[] = { { "-n", "--rounds", NULL, &rounds } };
	AUTO_FREE struct table *table = calloc(1, sizeof(*table));

	if (client_parse(argc, argv, options, ARRAY_SIZE(options), 0) < 0)
		return 2;
	for (long left = strtol(rounds, NULL, 10); table && left != 0; left--) {
		int status = client_ask(json_pack("{s:s}", "command", "containers"), take_row, table);

		if (status)
			return status;
		print_table(table);
		if (left != 1)
			sleep(1);
	}
	return 0;
}
