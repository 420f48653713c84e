/* SPDX-License-Identifier: GPL-2.0-only */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "registry_fixture.h"
#include "state/cgroup_journal.h"
#include "state/cgroup_journal_format.h"
#include "state/runtime_files.h"

static char journal_path[PATH_MAX];
static struct cgroup_journal *journal;
static struct cgroup_history history;

static void on_change(void *context, const struct container *container)
{
	(void)context;
	assert_int_equal(cgroup_journal_add(journal, registry, container), 0);
}

static void on_free_slot(void *context, uint32_t slot)
{
	free_slot(context, slot);
	assert_int_equal(cgroup_journal_free_slot(journal, slot), 0);
}

static int set_up_journal(void **state)
{
	if (set_up(state))
		return -1;
	host_root_path(journal_path, "run/cgroups");
	snprintf(journal_path, sizeof(journal_path), "%s/run/picket/cgroups", host_root); /* its folder is to be made */
	if (cgroup_journal_open(journal_path, 0, &journal))
		return -1;
	registry_on_change(registry, on_change, NULL);
	registry_use_counters(registry, &table);
	return 0;
}

static int tear_down_journal(void **state)
{
	cgroup_history_free(&history);
	cgroup_journal_close(journal);
	journal = NULL;
	return tear_down(state);
}

/* What a daemon that starts now would read. */
static void read_again(void)
{
	cgroup_history_free(&history);
	assert_int_equal(cgroup_history_read(journal_path, SLOTS, &history), 0);
}

static off_t file_size(void)
{
	struct stat status;

	assert_int_equal(stat(journal_path, &status), 0);
	return status.st_size;
}

static void says_of_a_container_what_holds_at_every_moment_of_its_life(void **state)
{
	(void)state;
	host_root_write("var/lib/docker/containers/" A "/config.v2.json",
			"{\"Name\":\"/web\",\"Config\":{\"Image\":\"nginx:1\"}}");
	add(10, 1, "/docker/" A, 5);
	read_again();
	assert_int_equal(history.count, 1);
	assert_int_equal(history.records[0].cgroup_id, 10);
	assert_int_equal(history.records[0].slot, 5);
	assert_false(history.records[0].removed);
	assert_string_equal(history.records[0].path, "/docker/" A);
	assert_string_equal(history.records[0].name, "web");
	assert_string_equal(history.records[0].image, "nginx:1");
	registry_remove(registry, 10);
	read_again();
	assert_int_equal(history.count, 1);
	assert_true(history.records[0].removed);
	assert_string_equal(history.records[0].name, "web");
	registry_expire(registry, now_ns() + 2 * RETENTION, on_free_slot, freed);
	read_again();
	assert_int_equal(history.count, 0);
}

static void values_that_wait_on_another_slot_are_known_until_they_have_moved(void **state)
{
	(void)state;
	add(10, 1, "/docker/" A, 5);
	add(11, 10, "/docker/" A "/inner", 6);
	read_again();
	assert_int_equal(history.count, 1);
	assert_int_equal(history.records[0].folded_count, 1);
	assert_int_equal(history.records[0].folded[0], 6);
	registry_expire(registry, now_ns(), on_free_slot, freed);
	registry_expire(registry, now_ns() + 2 * SECOND, on_free_slot, freed);
	read_again();
	assert_int_equal(history.count, 1);
	assert_int_equal(history.records[0].folded_count, 0);
}

static void a_slot_belongs_to_the_last_one_who_got_it(void **state)
{
	(void)state;
	add(10, 1, "/docker/" A, 5);
	registry_remove(registry, 10);
	registry_expire(registry, now_ns() + 2 * RETENTION, on_free_slot, freed);
	add(20, 1, "/docker/" B, 5);
	read_again();
	assert_int_equal(history.count, 1);
	assert_int_equal(history.records[0].cgroup_id, 20);
}

static void a_container_that_started_again_has_its_new_slot_and_keeps_the_old_ones_values(void **state)
{
	(void)state;
	add(10, 1, "/docker/" A, 5);
	registry_remove(registry, 10);
	add(30, 1, "/docker/" A, 7);
	read_again();
	assert_int_equal(history.count, 1);
	assert_int_equal(history.records[0].cgroup_id, 30);
	assert_int_equal(history.records[0].slot, 7);
	assert_false(history.records[0].removed);
	assert_int_equal(history.records[0].folded_count, 1);
	assert_int_equal(history.records[0].folded[0], 5);
}

static void written_anew_it_says_the_same_and_goes_on(void **state)
{
	off_t before;

	(void)state;
	for (int i = 0; i < 8; i++) {
		add(10 + i, 1, "/docker/" A, 5);
		registry_remove(registry, 10 + i);
	}
	before = file_size();
	assert_int_equal(cgroup_journal_rewrite(journal, registry), 0);
	assert_true(file_size() < before);
	add(50, 1, "/docker/" B, 9);
	read_again();
	assert_int_equal(history.count, 2);
	assert_int_equal(history.records[1].cgroup_id, 50);
}

static void names_come_back_to_a_container_whose_files_are_gone(void **state)
{
	struct container_names names = {
		.name = strdup("web"),
		.image = strdup("nginx"),
		.pod = strdup(""),
		.namespace = strdup(""),
		.pod_uid = strdup(""),
	};

	(void)state;
	add(10, 1, "/docker/" A, 5);
	assert_false(registry_find(registry, 10)->named);
	registry_recall_names(registry, 10, &names);
	container_names_free(&names);
	assert_string_equal(registry_find(registry, 10)->name, "web");
	read_again();
	assert_string_equal(history.records[0].name, "web");
}

static void what_proved_the_isolation_is_kept(void **state)
{
	struct isolation isolation = isolation_of_runtime("runsc", EVIDENCE_RUNTIME_TYPE);

	(void)state;
	add(10, 1, "/docker/" A, 5);
	assert_int_equal(registry_raise_isolation(registry, registry_find(registry, 10), isolation), 0);
	read_again();
	assert_int_equal(history.records[0].isolation.class, ISOLATION_GVISOR);
	assert_int_equal(history.records[0].isolation.evidence, EVIDENCE_RUNTIME_TYPE);
	/* as it was written before evidence was */
	assert_true(journal_isolation_read(ISOLATION_WASM, &isolation));
	assert_int_equal(isolation.class, ISOLATION_WASM);
	assert_int_equal(isolation.evidence, EVIDENCE_NONE);
	assert_false(journal_isolation_read(9, &isolation));
	assert_false(journal_isolation_read(990, &isolation));
}

/* The bytes of the file, changed by @damage at each place in turn; the first record must survive what comes after it. */
static void a_damaged_file_gives_what_stands_before_the_damage(void **state)
{
	static char whole[4096], copy[4096];
	FILE *file;
	size_t size, first;

	(void)state;
	add(10, 1, "/docker/" A, 5);
	first = file_size();
	add(20, 1, "/docker/" B, 6);
	file = fopen(journal_path, "r");
	assert_non_null(file);
	size = fread(whole, 1, sizeof(whole), file);
	fclose(file);
	for (size_t at = 0; at < size; at++) {
		char *bytes = malloc(size + 1);

		memcpy(copy, whole, size);
		copy[at] ^= 0x41;
		memcpy(bytes, copy, size);
		cgroup_history_free(&history);
		assert_int_equal(cgroup_history_parse(bytes, size, SLOTS, &history), 0);
		assert_int_equal(history.count, at < first ? 0 : 1);
		assert_int_equal(history.valid_bytes, at < first ? 0 : first);
	}
	for (size_t cut = 0; cut < size; cut++) {
		char *bytes = malloc(cut + 1);

		memcpy(bytes, whole, cut);
		cgroup_history_free(&history);
		assert_int_equal(cgroup_history_parse(bytes, cut, SLOTS, &history), 0);
		assert_int_equal(history.count, cut >= first);
	}
}

static void what_follows_damage_is_cut_off_so_that_new_records_can_be_read(void **state)
{
	(void)state;
	add(10, 1, "/docker/" A, 5);
	registry_on_change(registry, NULL, NULL);
	cgroup_journal_close(journal);
	assert_int_equal(truncate(journal_path, file_size() - 1), 0);
	read_again();
	assert_int_equal(history.count, 0);
	assert_int_equal(cgroup_journal_open(journal_path, history.valid_bytes, &journal), 0);
	registry_on_change(registry, on_change, NULL);
	add(20, 1, "/docker/" B, 6);
	read_again();
	assert_int_equal(history.count, 1);
	assert_int_equal(history.records[0].cgroup_id, 20);
}

static void slots_that_do_not_exist_are_refused(void **state)
{
	(void)state;
	add(10, 1, "/docker/" A, SLOTS - 1);
	cgroup_history_free(&history);
	assert_int_equal(cgroup_history_read(journal_path, SLOTS - 1, &history), 0);
	assert_int_equal(history.count, 0);
}

static void no_file_is_an_empty_history(void **state)
{
	(void)state;
	assert_int_equal(cgroup_history_read("/nowhere/cgroups", SLOTS, &history), 0);
	assert_int_equal(history.count, 0);
}

static void nobody_else_may_read_it_and_no_link_is_followed(void **state)
{
	struct stat status;
	struct cgroup_journal *other = NULL;

	(void)state;
	assert_int_equal(stat(journal_path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(unlink(journal_path), 0);
	assert_int_equal(symlink("/dev/null", journal_path), 0);
	assert_int_equal(cgroup_journal_open(journal_path, 0, &other), -ELOOP);
	assert_null(other);
	assert_int_equal(cgroup_history_read(journal_path, SLOTS, &history), -ELOOP);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_journal, tear_down_journal)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(says_of_a_container_what_holds_at_every_moment_of_its_life),
		TEST(values_that_wait_on_another_slot_are_known_until_they_have_moved),
		TEST(a_slot_belongs_to_the_last_one_who_got_it),
		TEST(a_container_that_started_again_has_its_new_slot_and_keeps_the_old_ones_values),
		TEST(written_anew_it_says_the_same_and_goes_on),
		TEST(names_come_back_to_a_container_whose_files_are_gone),
		TEST(what_proved_the_isolation_is_kept),
		TEST(a_damaged_file_gives_what_stands_before_the_damage),
		TEST(what_follows_damage_is_cut_off_so_that_new_records_can_be_read),
		TEST(slots_that_do_not_exist_are_refused),
		TEST(no_file_is_an_empty_history),
		TEST(nobody_else_may_read_it_and_no_link_is_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
