/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "rules_watch.h"

#define QUIET_MS 40

struct fixture {
	char folder[64], file[96];
	struct event_loop *loop;
	struct rules_watch *watch;
	int calls;
};

static void count_call(void *context)
{
	((struct fixture *)context)->calls++;
}

static void write_file(const struct fixture *fixture, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", fixture->folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void rename_file(const struct fixture *fixture, const char *from, const char *to)
{
	char before[128], after[128];

	snprintf(before, sizeof(before), "%s/%s", fixture->folder, from);
	snprintf(after, sizeof(after), "%s/%s", fixture->folder, to);
	assert_int_equal(rename(before, after), 0);
}

static void start(struct fixture *fixture, const char *path)
{
	assert_int_equal(event_loop_new(&fixture->loop), 0);
	assert_int_equal(rules_watch_new(fixture->loop, &path, 1, QUIET_MS, count_call, fixture, &fixture->watch), 0);
}

/* Until there was the @calls-th call, then for longer than quiet: there is no other. */
static void expect_calls(struct fixture *fixture, int calls)
{
	time_t end = time(NULL) + 100;

	while (fixture->calls < calls) {
		assert_true(time(NULL) < end);
		assert_int_equal(event_loop_run_once(fixture->loop, QUIET_MS / 4), 0);
	}
	for (int i = 0; i < 8; i++)
		assert_int_equal(event_loop_run_once(fixture->loop, QUIET_MS / 4), 0);
	assert_int_equal(fixture->calls, calls);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	strcpy(fixture->folder, "/tmp/rules_watch_test.XXXXXX");
	if (!mkdtemp(fixture->folder))
		return -1;
	snprintf(fixture->file, sizeof(fixture->file), "%s/mine.yaml", fixture->folder);
	write_file(fixture, "mine.yaml", "rules: []\n");
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "mine.yaml", "other.yml", "notes.txt", ".mine.swp", "..data", "..tmp" };
	struct fixture *fixture = *state;
	char path[128];

	rules_watch_free(fixture->watch);
	event_loop_free(fixture->loop);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", fixture->folder, names[i]);
		unlink(path);
	}
	rmdir(fixture->folder);
	free(fixture);
	return 0;
}

static void nothing_is_called_while_nothing_changes(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, fixture->folder);
	expect_calls(fixture, 0);
}

static void several_changes_are_one_call(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, fixture->folder);
	write_file(fixture, "mine.yaml", "rules: [a]\n");
	write_file(fixture, "mine.yaml", "rules: [b]\n");
	write_file(fixture, "other.yml", "rules: [c]\n");
	expect_calls(fixture, 1);
	write_file(fixture, "other.yml", "rules: [d]\n");
	expect_calls(fixture, 2);
}

static void file_that_an_editor_puts_in_its_place_is_noticed(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, fixture->file);
	write_file(fixture, ".mine.swp", "rules: [a]\n");
	expect_calls(fixture, 0);
	rename_file(fixture, ".mine.swp", "mine.yaml");
	expect_calls(fixture, 1);
}

static void swapped_config_map_is_noticed(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, fixture->folder);
	write_file(fixture, "..tmp", "");
	rename_file(fixture, "..tmp", "..data");
	expect_calls(fixture, 1);
}

static void removed_file_is_noticed(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, fixture->folder);
	unlink(fixture->file);
	expect_calls(fixture, 1);
}

static void other_files_are_nobodys_business(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, fixture->file);
	write_file(fixture, "notes.txt", "x");
	write_file(fixture, "other.yml", "x");
	expect_calls(fixture, 0);
}

static void place_that_is_not_there_is_passed_over(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, "/nowhere/at/all.yaml");
	expect_calls(fixture, 0);
}

#define WATCH_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WATCH_TEST(nothing_is_called_while_nothing_changes),
		WATCH_TEST(several_changes_are_one_call),
		WATCH_TEST(file_that_an_editor_puts_in_its_place_is_noticed),
		WATCH_TEST(swapped_config_map_is_noticed),
		WATCH_TEST(removed_file_is_noticed),
		WATCH_TEST(other_files_are_nobodys_business),
		WATCH_TEST(place_that_is_not_there_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
