/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "host_root.h"
#include "state/module_files.h"

#define STORE "home/.krustlet/.oci/modules"

static char procfs[128];

/* Process 7, whose root is host_root itself. */
static void make_process(const char *environment, size_t size)
{
	char path[256];
	FILE *file;

	snprintf(procfs, sizeof(procfs), "%s/proc", host_root);
	host_root_write("proc/7/maps", "7f00-7f01 r-xp 00000000 08:01 42 /usr/lib/libc.so.6\n");
	host_root_write("proc/7/fd/none", "");
	snprintf(path, sizeof(path), "%s/7/environ", procfs);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(environment, 1, size, file), size);
	fclose(file);
	snprintf(path, sizeof(path), "%s/7/root", procfs);
	unlink(path);
	assert_int_equal(symlink(host_root, path), 0);
}

static struct module_list listed(void)
{
	struct module_list list = { .count = 0 };

	assert_int_equal(module_files_list(procfs, 7, &list), 0);
	return list;
}

static void fetched_modules_are_named_as_images_are(void **state)
{
	static const char environment[] = "PATH=/bin\0HOME=/home";
	struct module_list list;

	(void)state;
	host_root_write(STORE "/registry.example/team/hello/v1/module.wasm", "");
	host_root_write(STORE "/registry.example/team/hello/v2/module.wasm", "");
	host_root_write(STORE "/registry.example/team/hello/v2/other.txt", "");
	make_process(environment, sizeof(environment));
	list = listed();
	assert_int_equal(list.count, 2);
	assert_string_equal(list.names[0], "registry.example/team/hello:v1");
	assert_string_equal(list.names[1], "registry.example/team/hello:v2");
	module_list_free(&list);
}

static void a_folder_of_its_own_is_obeyed(void **state)
{
	static const char environment[] = "HOME=/home\0KRUSTLET_DATA_DIR=/data";
	struct module_list list;

	(void)state;
	host_root_write("data/.oci/modules/r/n/t/module.wasm", "");
	make_process(environment, sizeof(environment));
	list = listed();
	assert_int_equal(list.count, 1);
	assert_string_equal(list.names[0], "r/n:t");
	module_list_free(&list);
}

static void a_module_that_is_mapped_and_kept_counts_once(void **state)
{
	static const char environment[] = "HOME=/home";
	struct module_list list;

	(void)state;
	host_root_write(STORE "/r/n/t/module.wasm", "");
	make_process(environment, sizeof(environment));
	host_root_write("proc/7/maps", "7f00-7f01 r--p 0 08:01 42 /home/.krustlet/.oci/modules/r/n/t/module.wasm\n"
				       "7f02-7f03 r--p 0 08:01 43 /srv/other.wasm\n"
				       "7f02-7f03 r--p 0 08:01 43 /srv/not.wasm.txt\n");
	list = listed();
	assert_int_equal(list.count, 2);
	assert_string_equal(list.names[0], "/srv/other.wasm");
	assert_string_equal(list.names[1], "r/n:t");
	module_list_free(&list);
}

static void links_lead_nowhere_outside_the_process_root(void **state)
{
	static const char environment[] = "HOME=/home";
	struct module_list list;
	char path[256], outside[] = "/tmp/picket-outside-XXXXXX", module[64];
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(outside));
	snprintf(module, sizeof(module), "%s/module.wasm", outside);
	file = fopen(module, "w");
	assert_non_null(file);
	fclose(file);
	host_root_write(STORE "/r/n/t/module.wasm", "");
	snprintf(path, sizeof(path), "%s/" STORE "/r/link", host_root);
	assert_int_equal(symlink(outside, path), 0);
	make_process(environment, sizeof(environment));
	list = listed();
	unlink(module);
	rmdir(outside);
	assert_int_equal(list.count, 1);
	module_list_free(&list);
}

static void a_store_without_end_is_cut(void **state)
{
	static const char environment[] = "HOME=/home";
	struct module_list list;
	char path[128];

	(void)state;
	for (int i = 0; i < 2 * MODULE_NAMES_MAX; i++) {
		snprintf(path, sizeof(path), STORE "/r/n/%d/module.wasm", i);
		host_root_write(path, "");
	}
	make_process(environment, sizeof(environment));
	list = listed();
	assert_int_equal(list.count, 2 * MODULE_NAMES_MAX);
	assert_int_equal(list.name_count, MODULE_NAMES_MAX);
	module_list_free(&list);
}

static void a_process_that_is_gone_is_told(void **state)
{
	struct module_list list = { .count = 77 };

	(void)state;
	make_process("", 0);
	assert_int_equal(module_files_list(procfs, 8, &list), -ESRCH);
	assert_int_equal(list.count, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, host_root_make, host_root_remove)
		TEST(fetched_modules_are_named_as_images_are),
		TEST(a_folder_of_its_own_is_obeyed),
		TEST(a_module_that_is_mapped_and_kept_counts_once),
		TEST(links_lead_nowhere_outside_the_process_root),
		TEST(a_store_without_end_is_cut),
		TEST(a_process_that_is_gone_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
