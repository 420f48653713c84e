/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cleanup.h"
#include "host_root.h"
#include "kernel/cgroup_fs.h"

static void put(const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *file;

	host_root_path(path, name);
	host_root_make_directories(path);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void assert_mount(const char *mountinfo, const char *expected)
{
	AUTO_FREE char *found = NULL;

	put("self/mountinfo", mountinfo);
	assert_int_equal(cgroup_fs_find_mount(host_root, &found), 0);
	assert_string_equal(found, expected);
}

static void the_whole_tree_is_preferred_to_a_part(void **state)
{
	(void)state;
	assert_mount("1 0 0:1 /docker/a /part rw - cgroup2 cgroup2 rw\n2 0 0:1 / /all rw - cgroup2 cgroup2 rw\n",
		     "/all");
	assert_mount("2 0 0:1 / /all rw - cgroup2 cgroup2 rw\n1 0 0:1 /docker/a /part rw - cgroup2 cgroup2 rw\n",
		     "/all");
	assert_mount("2 0 0:1 / /one rw - cgroup2 cgroup2 rw\n1 0 0:1 / /two rw - cgroup2 cgroup2 rw\n", "/one");
	assert_mount("2 0 0:1 /docker/a /part rw - cgroup2 cgroup2 rw\n", "/part");
}

static void above_the_cgroup_namespace_is_preferred_to_its_root(void **state)
{
	(void)state;
	assert_mount("1 0 0:1 / /own rw - cgroup2 cgroup2 rw\n2 0 0:1 /../.. /host rw - cgroup2 cgroup2 rw\n", "/host");
	assert_mount("2 0 0:1 /../.. /host rw - cgroup2 cgroup2 rw\n1 0 0:1 / /own rw - cgroup2 cgroup2 rw\n", "/host");
}

static void without_cgroup2_there_is_no_mount(void **state)
{
	char *found = NULL;

	(void)state;
	put("self/mountinfo", "1 0 0:1 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\ncut\n1 0 0:1\n");
	assert_int_equal(cgroup_fs_find_mount(host_root, &found), -ENOENT);
	assert_null(found);
}

static void assert_own(const char *cgroup)
{
	char path[PATH_MAX];
	struct stat status;
	uint64_t id = 0;

	host_root_path(path, cgroup);
	assert_int_equal(stat(path, &status), 0);
	host_root_path(path, "tree");
	assert_int_equal(cgroup_fs_own_id(host_root, path, &id), 0);
	assert_int_equal(id, status.st_ino);
}

static void own_cgroup_is_the_one_that_the_kernel_names(void **state)
{
	char self[32];

	(void)state;
	snprintf(self, sizeof(self), "1\n%d\n", getpid());
	put("self/cgroup", "1:cpu:/elsewhere\n0::/system.slice/picket.service\n");
	put("tree/system.slice/picket.service/cgroup.procs", self);
	assert_own("tree/system.slice/picket.service");
}

static void own_cgroup_is_found_from_within_a_cgroup_namespace(void **state)
{
	char self[32];

	(void)state;
	snprintf(self, sizeof(self), "%d\n", getpid());
	put("self/cgroup", "0::/\n");
	put("tree/cgroup.procs", "1\n2\n");
	put("tree/kubepods.slice/pod1/other/cgroup.procs", "77777777\n");
	put("tree/kubepods.slice/pod1/picket/cgroup.procs", self);
	assert_own("tree/kubepods.slice/pod1/picket");
}

static void what_the_kernel_names_holds_when_no_cgroup_lists_this_process(void **state)
{
	(void)state;
	put("self/cgroup", "0::/\n");
	put("tree/kubepods.slice/cgroup.procs", "77777777\n");
	assert_own("tree");
}

#define HOST_ROOT_TEST(test) cmocka_unit_test_setup_teardown(test, host_root_make, host_root_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_ROOT_TEST(the_whole_tree_is_preferred_to_a_part),
		HOST_ROOT_TEST(above_the_cgroup_namespace_is_preferred_to_its_root),
		HOST_ROOT_TEST(without_cgroup2_there_is_no_mount),
		HOST_ROOT_TEST(own_cgroup_is_the_one_that_the_kernel_names),
		HOST_ROOT_TEST(own_cgroup_is_found_from_within_a_cgroup_namespace),
		HOST_ROOT_TEST(what_the_kernel_names_holds_when_no_cgroup_lists_this_process),
	};

	return cmocka_run_group_tests_name("cgroup_fs", tests, NULL, NULL);
}
