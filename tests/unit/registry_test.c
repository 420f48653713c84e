/* SPDX-License-Identifier: GPL-2.0-only */
#include "registry_fixture.h"

static void nested_cgroups_belong_to_their_container(void **state)
{
	struct registry_verdict outer = add(10, 1, "/machine.slice/libpod-" A ".scope", 5), nested;

	(void)state;
	nested = add(11, 10, "/machine.slice/libpod-" A ".scope/container", 6);
	assert_ptr_equal(nested.container, outer.container);
	assert_int_equal(nested.slot, 5);
	assert_int_equal(nested.class, PICKET_CGROUP_CONTAINER);
	assert_false(nested.created);
	nested = add(12, 11, "/machine.slice/libpod-" A ".scope/container/deep", 5);
	assert_int_equal(nested.slot, 5);
	/* the same without knowing the parent */
	nested = add(13, 999, "/machine.slice/libpod-" A ".scope/container/lost", 0);
	assert_ptr_equal(nested.container, outer.container);
	assert_int_equal(registry_count(registry), 1);
	registry_remove(registry, 11);
	assert_int_equal(outer.container->removed_unix_ns, 0);
	/* its last events may still come */
	assert_ptr_equal(registry_find(registry, 11), outer.container);
	expire_at(now_ns());
	expire_at(now_ns() + 3600 * SECOND);
	assert_null(registry_find(registry, 11));
	assert_false(registry_knows(registry, 11));
}

static void a_removed_container_waits_for_its_scrape(void **state)
{
	struct container *container = add(10, 1, "/docker/" A, 5).container;

	(void)state;
	registry_remove(registry, 10);
	assert_true(llabs(container->removed_unix_ns - now_ns()) < 60 * SECOND);
	assert_ptr_equal(registry_find(registry, 10), container);
	assert_int_equal(expire_at(container->removed_unix_ns + RETENTION - 1), 0);
	assert_int_equal(freed_count, 0);
	container->exposed_after_removal = true;
	assert_int_equal(expire_at(container->removed_unix_ns + SECOND), 1);
	assert_int_equal(freed[5], 1);
	assert_int_equal(registry_count(registry), 0);
	assert_null(registry_find(registry, 10));
}

static void a_scraped_container_stays_for_a_second_prometheus(void **state)
{
	const struct registry_options options = { .root_path = host_root,
						  .max_slots = SLOTS,
						  .retention_ns = RETENTION,
						  .exposed_retention_ns = 10 * SECOND };
	struct container *container;

	(void)state;
	registry_free(registry);
	assert_int_equal(registry_new(&options, &registry), 0);
	container = add(10, 1, "/docker/" A, 5).container;
	registry_remove(registry, 10);
	container->exposed_after_removal = true;
	assert_int_equal(expire_at(container->removed_unix_ns + 10 * SECOND - 1), 0);
	assert_int_equal(expire_at(container->removed_unix_ns + 10 * SECOND), 1);
}

static void a_container_that_nobody_scrapes_is_forgotten_after_its_retention(void **state)
{
	struct container *container = add(10, 1, "/docker/" A, 5).container;
	uint64_t version = registry_version(registry);

	(void)state;
	registry_remove(registry, 10);
	assert_int_equal(expire_at(container->removed_unix_ns + RETENTION), 1);
	assert_int_equal(freed[5], 1);
	assert_int_not_equal(registry_version(registry), version);
	/* removing it twice, or one that never was, is nothing */
	registry_remove(registry, 10);
	registry_remove(registry, 77);
}

static void a_restarted_container_goes_on_counting_as_one(void **state)
{
	struct registry_verdict first = add(10, 1, "/docker/" A, 5), again;
	int64_t created = first.container->created_unix_ns, now = now_ns();

	(void)state;
	registry_use_counters(registry, &table);
	counters[5].value[PICKET_COUNTER_PROCESS_FORKS] = 40;
	registry_remove(registry, 10);
	first.container->exposed_after_removal = true;
	first.container->quarantine = "pause";
	again = add(20, 1, "/docker/" A, 6);
	assert_ptr_equal(again.container, first.container);
	assert_int_equal(registry_count(registry), 1);
	assert_true(again.created);
	assert_int_equal(again.slot, 6); /* where the kernel counts already */
	assert_int_equal(again.container->cgroup_id, 20);
	assert_int_equal(again.container->removed_unix_ns, 0);
	assert_false(again.container->exposed_after_removal);
	assert_null(again.container->quarantine);
	assert_int_equal(again.container->created_unix_ns, created);
	counters[6].value[PICKET_COUNTER_PROCESS_FORKS] = 2;
	assert_int_equal(counter_table_read(&table, registry, again.container, PICKET_COUNTER_PROCESS_FORKS), 42);
	expire_at(now + SECOND);
	expire_at(now + 2 * SECOND);
	assert_int_equal(freed[5], 1);
	assert_int_equal(counter_table_read(&table, registry, again.container, PICKET_COUNTER_PROCESS_FORKS), 42);
	assert_int_equal(expire_at(now + 2 * RETENTION), 0);
	assert_ptr_equal(registry_find(registry, 20), again.container);
	assert_null(registry_find(registry, 10));
}

static void a_restart_whose_removal_was_not_told_is_one_all_the_same(void **state)
{
	struct container *container = add(10, 1, "/docker/" A, 5).container;
	struct registry_verdict again = add(20, 1, "/docker/" A, 6);

	(void)state;
	assert_ptr_equal(again.container, container);
	assert_true(again.created);
	assert_int_equal(container->cgroup_id, 20);
	/* the event comes late */
	registry_remove(registry, 10);
	assert_int_equal(container->removed_unix_ns, 0);
	registry_remove(registry, 20);
	assert_int_not_equal(container->removed_unix_ns, 0);
}

static void a_container_forgotten_and_started_again_begins_anew(void **state)
{
	(void)state;
	add(10, 1, "/docker/" A, 5);
	registry_remove(registry, 10);
	assert_int_equal(expire_at(now_ns() + RETENTION + SECOND), 1);
	assert_true(add(20, 1, "/docker/" A, 6).created);
	assert_int_equal(registry_count(registry), 1);
	assert_int_equal(registry_at(registry, 0)->slot, 6);
}

static void a_cgroup_that_returns_revives_its_container(void **state)
{
	struct registry_verdict first = add(10, 1, "/docker/" A, 5), again;

	(void)state;
	registry_remove(registry, 10);
	again = add(10, 1, "/docker/" A, 5);
	assert_ptr_equal(again.container, first.container);
	assert_int_equal(again.slot, 5);
	assert_int_equal(again.container->removed_unix_ns, 0);
	registry_remove(registry, 10);
	assert_int_not_equal(again.container->removed_unix_ns, 0);
}

static void a_copied_id_does_not_join_another_container(void **state)
{
	struct registry_verdict victim = add(10, 1, "/system.slice/docker-" A ".scope", 5), fake;

	(void)state;
	add(20, 1, "/docker/" B, 6);
	fake = add(21, 20, "/docker/" B "/docker-" A ".scope", 6);
	assert_ptr_not_equal(fake.container, victim.container);
	assert_int_not_equal(fake.slot, victim.slot);
	fake = add(22, 1, "/user.slice/user-7.slice/user@7.service/docker-" A ".scope", 7);
	assert_ptr_not_equal(fake.container, victim.container);
	registry_remove(registry, 21);
	registry_remove(registry, 22);
	assert_int_equal(victim.container->removed_unix_ns, 0);
}

static void what_a_container_calls_its_cgroups_does_not_set_them_free(void **state)
{
	static const char *const names[] = { "crio-conmon-" A ".scope", "cron.service", "lxc.monitor.x", "init.scope",
					     "machine-qemu\\x2d1.scope" };
	struct container *container = add(10, 1, "/docker/" A, 5).container;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[256];
		struct registry_verdict verdict;

		snprintf(path, sizeof(path), "/docker/" A "/%s", names[i]);
		verdict = add(20 + i, 10, path, 0);
		assert_ptr_equal(verdict.container, container);
		/* and when its parent is not known */
		snprintf(path, sizeof(path), "/docker/" A "/x/%s", names[i]);
		verdict = add(40 + i, 999, path, 0);
		assert_ptr_equal(verdict.container, container);
	}
}

static void a_container_in_a_container_has_its_own_slot(void **state)
{
	struct registry_verdict outer = add(10, 1, "/docker/" B, 5), inner;

	(void)state;
	/* the kernel let it inherit */
	inner = add(11, 10, "/docker/" B "/docker/" A, 5);
	assert_ptr_not_equal(inner.container, outer.container);
	assert_int_not_equal(inner.slot, 5);
	assert_true(inner.created);
	assert_int_equal(add(12, 11, "/docker/" B "/docker/" A "/sub", inner.slot).slot, inner.slot);
	registry_remove(registry, 10);
	assert_int_equal(expire_at(now_ns() + RETENTION + SECOND), 1);
	assert_int_equal(freed[5], 1);
	assert_ptr_equal(registry_find(registry, 11), inner.container);
	registry_remove(registry, 12);
	registry_remove(registry, 11);
	assert_int_equal(expire_at(now_ns() + 2 * RETENTION), 1);
	assert_int_equal(registry_slots_used(registry), 0);
}

static void a_cgroup_without_a_path_stays_unknown(void **state)
{
	struct registry_verdict verdict;

	(void)state;
	assert_int_equal(registry_add(registry, 10, 1, "", 5, &verdict), -EINVAL);
	assert_int_equal(verdict.slot, 5);
	assert_int_equal(verdict.class, PICKET_CGROUP_UNKNOWN);
	assert_false(registry_knows(registry, 10));
	assert_true(add(10, 1, "/docker/" A, 5).created);
}

static void an_own_cgroup_seen_late_becomes_the_containers(void **state)
{
	struct registry_verdict nested = add(11, 0, "/docker/" A "/sub", 5), own;

	(void)state;
	assert_true(nested.created);
	assert_string_equal(nested.container->cgroup_path, "/docker/" A);
	own = add(10, 0, "/docker/" A, 6);
	assert_ptr_equal(own.container, nested.container);
	assert_false(own.created);
	assert_int_equal(own.container->cgroup_id, 10);
	assert_int_equal(own.slot, 5);
	registry_remove(registry, 11);
	assert_int_equal(own.container->removed_unix_ns, 0);
	registry_remove(registry, 10);
	assert_int_not_equal(own.container->removed_unix_ns, 0);
}

static void a_container_known_by_nested_cgroups_ends_with_the_last(void **state)
{
	struct container *container = add(11, 0, "/docker/" A "/sub", 5).container;

	(void)state;
	add(12, 0, "/docker/" A "/sub2", 6);
	registry_remove(registry, 11);
	assert_int_equal(container->removed_unix_ns, 0);
	assert_int_equal(container->cgroup_id, 12);
	registry_remove(registry, 12);
	assert_int_not_equal(container->removed_unix_ns, 0);
}

static void the_two_cgroups_of_a_kata_sandbox_are_one_container(void **state)
{
	struct registry_verdict sandbox = add(10, 1, "/kubepods/burstable/pod" U "/kata_" A, 5), overhead;

	(void)state;
	overhead = add(11, 1, "/kata_overhead/" A, 6);
	assert_ptr_equal(overhead.container, sandbox.container);
	assert_int_equal(registry_count(registry), 1);
	assert_string_equal(sandbox.container->cgroup_path, "/kubepods/burstable/pod" U "/kata_" A);
	registry_remove(registry, 10);
	assert_int_equal(sandbox.container->removed_unix_ns, 0);
	assert_string_equal(sandbox.container->cgroup_path, "/kata_overhead/" A);
	assert_non_null(strstr(sandbox.container->info_labels, "cgroup=\"/kata_overhead/" A "\""));
	registry_remove(registry, 11);
	assert_int_not_equal(sandbox.container->removed_unix_ns, 0);
}

static bool exists(void *context, const char *path, uint64_t cgroup_id)
{
	assert_non_null(path);
	return cgroup_id != *(uint64_t *)context;
}

static void a_removal_that_no_event_told_is_found(void **state)
{
	uint64_t gone = 11;

	(void)state;
	add(10, 1, "/docker/" A, 5);
	add(11, 1, "/docker/" B, 6);
	assert_int_equal(registry_check(registry, exists, &gone), 1);
	assert_int_equal(registry_find(registry, 10)->removed_unix_ns, 0);
	assert_int_not_equal(registry_find(registry, 11)->removed_unix_ns, 0);
	assert_int_equal(registry_check(registry, exists, &gone), 0);
}

static void a_flood_of_nested_cgroups_is_forgotten(void **state)
{
	struct container *container = add(10, 1, "/docker/" A, 5).container;

	(void)state;
	for (uint64_t id = 100; id < 20100; id++) {
		assert_ptr_equal(add(id, 10, "/docker/" A "/x", 0).container, container);
		registry_remove(registry, id);
		assert_true(registry_knows(registry, id));
	}
	assert_false(registry_knows(registry, 100));
	assert_false(registry_knows(registry, 15000));
	assert_true(registry_knows(registry, 10));
	/* a number that is used again is a new cgroup */
	assert_null(add(20099, 1, "/system.slice/cron.service", 0).container);
	assert_null(registry_find(registry, 20099));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nested_cgroups_belong_to_their_container),
		TEST(a_removed_container_waits_for_its_scrape),
		TEST(a_scraped_container_stays_for_a_second_prometheus),
		TEST(a_container_that_nobody_scrapes_is_forgotten_after_its_retention),
		TEST(a_restarted_container_goes_on_counting_as_one),
		TEST(a_restart_whose_removal_was_not_told_is_one_all_the_same),
		TEST(a_container_forgotten_and_started_again_begins_anew),
		TEST(a_cgroup_that_returns_revives_its_container),
		TEST(a_copied_id_does_not_join_another_container),
		TEST(what_a_container_calls_its_cgroups_does_not_set_them_free),
		TEST(a_container_in_a_container_has_its_own_slot),
		TEST(a_cgroup_without_a_path_stays_unknown),
		TEST(an_own_cgroup_seen_late_becomes_the_containers),
		TEST(a_container_known_by_nested_cgroups_ends_with_the_last),
		TEST(the_two_cgroups_of_a_kata_sandbox_are_one_container),
		TEST(a_removal_that_no_event_told_is_found),
		TEST(a_flood_of_nested_cgroups_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
