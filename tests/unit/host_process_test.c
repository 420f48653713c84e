/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/host_process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_proc.h"

#define KTHREADD "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0\n"
#define PROGRAM "2 (nginx) S 1 2 2 0 -1 4194560 0 0 0 0\n"
#define MOUNT "22 27 0:21 / /proc rw - proc proc rw\n"

static char folder[32];

static int set_up(void **state)
{
	(void)state;
	make_folder(folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	remove_folder(folder);
	return 0;
}

static void put_mounts(const char *own, const char *hosts)
{
	put_text(folder, "self/mountinfo", own);
	put_text(folder, "1/mountinfo", hosts);
}

static void pid_1_is_asked_before_any_other(void **state)
{
	(void)state;
	put_text(folder, "1/ns/mnt", "");
	put_text(folder, "2/ns/mnt", "");
	put_text(folder, "2/stat", KTHREADD);
	assert_string_equal(host_process_find(folder), "1");
}

static void the_kernels_first_thread_stands_in_for_a_pid_1_that_hides(void **state)
{
	(void)state;
	put_text(folder, "2/ns/mnt", "");
	put_text(folder, "2/stat", KTHREADD);
	put_mounts("99 27 0:21 / /proc ro - proc proc rw\n", MOUNT);
	assert_string_equal(host_process_find(folder), "2");
}

static void a_program_with_pid_2_is_not_taken_for_a_kernel_thread(void **state)
{
	static const char *const others[] = {
		PROGRAM,
		"2 (x) S 0 0 0 0 -1 2129984 0) S 1 2 2 0 -1 4194560 0 0\n",
		"2 (kthreadd) S 0 0\n",
		"2 kthreadd S 0 0 0 0 -1 2129984\n",
		"",
	};

	(void)state;
	put_text(folder, "2/ns/mnt", "");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		put_text(folder, "2/stat", others[i]);
		assert_null(host_process_find(folder));
	}
}

static void this_process_stands_in_if_it_shares_the_mounts_of_pid_1(void **state)
{
	(void)state;
	put_mounts(MOUNT, MOUNT);
	assert_string_equal(host_process_find(folder), "self");
	put_mounts("23 27 0:21 / /proc rw - proc proc rw\n", MOUNT);
	assert_null(host_process_find(folder));
	put_mounts("", "");
	assert_null(host_process_find(folder));
}

static void no_procfs_at_all_has_no_process_of_the_host(void **state)
{
	(void)state;
	assert_null(host_process_find("/nonexistent"));
}

static void put_self(const char *target)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/self", folder);
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

static void this_process_goes_by_its_number_in_the_first_pid_namespace(void **state)
{
	(void)state;
	put_text(folder, "2/stat", KTHREADD);
	put_self("4711");
	assert_int_equal(host_process_self(folder), 4711);
}

static void in_a_pid_namespace_of_its_own_this_process_has_no_number(void **state)
{
	(void)state;
	put_self("1");
	assert_int_equal(host_process_self(folder), 0);
	put_text(folder, "2/stat", PROGRAM);
	assert_int_equal(host_process_self(folder), 0);
}

static void without_a_link_to_itself_this_process_has_no_number(void **state)
{
	(void)state;
	put_text(folder, "2/stat", KTHREADD);
	assert_int_equal(host_process_self(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pid_1_is_asked_before_any_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_kernels_first_thread_stands_in_for_a_pid_1_that_hides, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_program_with_pid_2_is_not_taken_for_a_kernel_thread, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(this_process_stands_in_if_it_shares_the_mounts_of_pid_1, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(this_process_goes_by_its_number_in_the_first_pid_namespace, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(in_a_pid_namespace_of_its_own_this_process_has_no_number, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(without_a_link_to_itself_this_process_has_no_number, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_procfs_at_all_has_no_process_of_the_host, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
