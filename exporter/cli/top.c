/* SPDX-License-Identifier: GPL-2.0-only */
/* `picket top`: what each workload did since the last look, per second. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <uthash.h>

#include "cleanup.h"
#include "clock.h"
#include "cli/arguments.h"
#include "cli/client.h"
#include "cli/commands.h"

static const struct {
	const char *title, *family; /* all counters of the family are summed up */
} columns[] = {
	{ "EXEC/s", "picket_process_execs" },
	{ "OPEN/s", "picket_file_opens" },
	{ "REFUSED/s", "picket_file_open_failures" },
	{ "CONNECT/s", "picket_network_connects" },
};
#define COLUMNS ARRAY_SIZE(columns)
#define LINES_WITHOUT_TERMINAL 40

struct row {
	char *id; /* key */
	json_t *container;
	json_int_t totals[COLUMNS];
	double rates[COLUMNS];
	unsigned int round; /* when it was seen last */
	UT_hash_handle hh;
};

struct table {
	struct row *rows;
	unsigned int round;
	double seconds; /* since the last round */
};

static json_int_t family_total(json_t *counters, const char *family)
{
	size_t size = strlen(family);
	json_int_t total = 0;
	const char *name;
	json_t *value;

	json_object_foreach (counters, name, value)
		if (strncmp(name, family, size) == 0 && strncmp(name + size, "_total", 6) == 0)
			total += json_integer_value(value);
	return total;
}

static void row_free(struct table *table, struct row *row)
{
	HASH_DEL(table->rows, row);
	json_decref(row->container);
	free(row->id);
	free(row);
}

static struct row *row_get(struct table *table, const char *id)
{
	struct row *row;

	HASH_FIND_STR(table->rows, id, row);
	if (row)
		return row;
	row = calloc(1, sizeof(*row));
	if (!row || !(row->id = strdup(id))) {
		free(row);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, table->rows, row->id, strlen(row->id), row);
	return row;
}

static bool take_row(void *context, const json_t *container)
{
	struct table *table = context;
	const char *id = json_string_value(json_object_get(container, "id"));
	struct row *row = row_get(table, id ? id : "");
	bool known = row && row->round && table->seconds > 0;

	if (!row)
		return false;
	for (size_t i = 0; i < COLUMNS; i++) {
		json_int_t total = family_total(json_object_get(container, "counters"), columns[i].family);

		row->rates[i] = known && total > row->totals[i] ? (double)(total - row->totals[i]) / table->seconds : 0;
		row->totals[i] = total;
	}
	json_decref(row->container);
	row->container = json_incref((json_t *)container);
	row->round = table->round;
	return true;
}

static double busyness(const struct row *row)
{
	double sum = 0;

	for (size_t i = 0; i < COLUMNS; i++)
		sum += row->rates[i];
	return sum;
}

static int busier_first(struct row *a, struct row *b)
{
	double left = busyness(a), right = busyness(b);

	return left != right ? (left < right) - (left > right) : strcmp(a->id, b->id);
}

static unsigned int screen_lines(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_row < 4)
		return LINES_WITHOUT_TERMINAL;
	return size.ws_row - 2U;
}

static void forget_ended(struct table *table)
{
	struct row *row, *next;

	HASH_ITER (hh, table->rows, row, next)
		if (row->round != table->round)
			row_free(table, row);
}

static void print_table(struct table *table)
{
	unsigned int left = screen_lines();

	HASH_SORT(table->rows, busier_first);
	if (isatty(STDOUT_FILENO))
		fputs("\033[H\033[J", stdout);
	printf("%-14s%-30s", "ID", "NAME");
	for (size_t i = 0; i < COLUMNS; i++)
		printf("%10s", columns[i].title);
	putchar('\n');
	for (const struct row *row = table->rows; row && left--; row = row->hh.next) {
		client_column(row->container, "id", 12);
		client_column(row->container, "name", 28);
		for (size_t i = 0; i < COLUMNS; i++)
			printf("%10.1f", row->rates[i]);
		putchar('\n');
	}
	fflush(stdout);
}

static int run(struct table *table, long rounds)
{
	double last = 0;

	/* the first look only learns the totals */
	for (long round = 0; rounds == 0 || round <= rounds; round++) {
		double now = clock_ns(CLOCK_MONOTONIC) / 1e9;
		int status;

		table->seconds = last > 0 ? now - last : 0;
		table->round++;
		last = now;
		status = client_ask(json_pack("{s:s}", "command", "containers"), take_row, table);
		if (status)
			return status;
		forget_ended(table);
		if (round > 0)
			print_table(table);
		if (ferror(stdout))
			return 1;
		if (rounds == 0 || round < rounds)
			sleep(1);
	}
	return 0;
}

int command_top(int argc, char *const *argv)
{
	const char *rounds_text = "0";
	const struct argument_option options[] = { { "-n", "--rounds", NULL, &rounds_text } };
	struct table table = { 0 };
	struct row *row, *next;
	long rounds;
	int status;

	if (arguments_parse(argc, argv, options, ARRAY_SIZE(options), 0) < 0 ||
	    arguments_number("--rounds", rounds_text, 1000000, &rounds))
		return 2;
	status = run(&table, rounds);
	HASH_ITER (hh, table.rows, row, next)
		row_free(&table, row);
	return status;
}
