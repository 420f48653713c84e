/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cleanup.h"
#include "fake_proc.h"
#include "respond/cgroup_freeze.h"

#define EVENTS "docker/web/cgroup.events"
#define FREEZE "docker/web/cgroup.freeze"

struct fixture {
	char folder[32];
	struct cgroup_place place;
};

static uint64_t id_of(const char *folder, const char *name)
{
	char path[512];
	struct stat stat_buffer;

	assert_int_equal(stat(make_path(path, folder, name), &stat_buffer), 0);
	return stat_buffer.st_ino;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	make_folder(fixture->folder);
	put_text(fixture->folder, FREEZE, "0\n");
	put_text(fixture->folder, EVENTS, "populated 1\nfrozen 0\n");
	fixture->place = (struct cgroup_place){ fixture->folder, "/docker/web", id_of(fixture->folder, "docker/web") };
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	remove_folder(fixture->folder);
	free(fixture);
	return 0;
}

static void writes_what_the_kernel_wants_to_read(void **state)
{
	struct fixture *fixture = *state;
	char text[16];

	assert_int_equal(cgroup_freeze(&fixture->place, true), 0);
	get_text(fixture->folder, FREEZE, text, sizeof(text));
	assert_int_equal(text[0], '1');
	assert_int_equal(cgroup_freeze_asked(&fixture->place), 1);
	assert_int_equal(cgroup_freeze(&fixture->place, false), 0);
	get_text(fixture->folder, FREEZE, text, sizeof(text));
	assert_int_equal(text[0], '0');
	assert_int_equal(cgroup_freeze_asked(&fixture->place), 0);
}

static void reads_whether_all_stand_still(void **state)
{
	static const struct {
		const char *text;
		int frozen;
	} cases[] = {
		{ "populated 1\nfrozen 0\n", 0 }, { "populated 1\nfrozen 1\n", 1 },
		{ "frozen 1\npopulated 0", 1 },	  { "frozen 1", 1 },
		{ "unfrozen 1\nfrozen 0\n", 0 },  { "frozen 10\n", 0 },
		{ "unfrozen 1\n", -EBADMSG },	  { "", -EBADMSG },
		{ "\n\n\n", -EBADMSG },		  { "populated 1\n", -EBADMSG },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put_text(fixture->folder, EVENTS, cases[i].text);
		assert_int_equal(cgroup_is_frozen(&fixture->place), cases[i].frozen);
	}
}

static void refuses_paths_that_lead_elsewhere(void **state)
{
	static const struct {
		const char *path;
		int error;
	} cases[] = {
		{ "", -EINVAL },
		{ "docker/web", -EINVAL },
		{ "/docker/../docker/web", -EINVAL },
		{ "/..", -EINVAL },
		{ "/docker/web/..", -EINVAL },
		{ "/../../etc", -EINVAL },
		{ "/", -EPERM },
		{ "//", -EPERM },
		{ "/./.", -EPERM },
		{ "//docker/web", -EXDEV },
		{ "/docker/none", -ENOENT },
	};
	struct fixture *fixture = *state;
	char text[16];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fixture->place.path = cases[i].path;
		assert_int_equal(cgroup_freeze(&fixture->place, true), cases[i].error);
		assert_int_equal(cgroup_is_frozen(&fixture->place), cases[i].error);
		assert_int_equal(cgroup_freeze_asked(&fixture->place), cases[i].error);
	}
	get_text(fixture->folder, FREEZE, text, sizeof(text));
	assert_string_equal(text, "0\n");
}

static void a_name_with_dots_is_a_name(void **state)
{
	struct fixture *fixture = *state;

	put_text(fixture->folder, "..web/a..b/cgroup.freeze", "0\n");
	fixture->place.path = "/..web/a..b";
	fixture->place.id = id_of(fixture->folder, "..web/a..b");
	assert_int_equal(cgroup_freeze(&fixture->place, true), 0);
	assert_int_equal(cgroup_freeze_asked(&fixture->place), 1);
}

static void a_cgroup_made_anew_at_the_path_is_another_one(void **state)
{
	struct fixture *fixture = *state;
	char text[16];

	fixture->place.id++;
	assert_int_equal(cgroup_freeze(&fixture->place, true), -ENOENT);
	assert_int_equal(cgroup_is_frozen(&fixture->place), -ENOENT);
	get_text(fixture->folder, FREEZE, text, sizeof(text));
	assert_string_equal(text, "0\n");
}

static void follows_no_symbolic_link(void **state)
{
	struct fixture *fixture = *state;
	char path[512], text[16];

	put_text(fixture->folder, "secret", "0\n");
	fixture->place.path = "/link";
	assert_int_equal(symlink("docker/web", make_path(path, fixture->folder, "link")), 0);
	assert_int_equal(cgroup_freeze(&fixture->place, true), -ELOOP);
	fixture->place.path = "/docker/web";
	assert_int_equal(unlink(make_path(path, fixture->folder, FREEZE)), 0);
	assert_int_equal(symlink("../../secret", path), 0);
	assert_int_equal(cgroup_freeze(&fixture->place, true), -ELOOP);
	get_text(fixture->folder, "secret", text, sizeof(text));
	assert_string_equal(text, "0\n");
}

static void tells_when_there_is_no_freezer_or_no_mount(void **state)
{
	struct fixture *fixture = *state;
	char path[512];

	assert_int_equal(unlink(make_path(path, fixture->folder, FREEZE)), 0);
	assert_int_equal(cgroup_freeze(&fixture->place, true), -ENOENT);
	fixture->place.cgroup2_path = "/nonexistent";
	assert_int_equal(cgroup_freeze(&fixture->place, true), -ENOENT);
}

static void leaves_no_descriptor_open(void **state)
{
	struct fixture *fixture = *state;
	int before = dup(0), after;

	close(before);
	for (int i = 0; i < 100; i++) {
		cgroup_freeze(&fixture->place, i & 1);
		cgroup_is_frozen(&fixture->place);
		fixture->place.id ^= i & 1;
	}
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(writes_what_the_kernel_wants_to_read),
		TEST(reads_whether_all_stand_still),
		TEST(refuses_paths_that_lead_elsewhere),
		TEST(a_name_with_dots_is_a_name),
		TEST(a_cgroup_made_anew_at_the_path_is_another_one),
		TEST(follows_no_symbolic_link),
		TEST(tells_when_there_is_no_freezer_or_no_mount),
		TEST(leaves_no_descriptor_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
