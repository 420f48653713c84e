/* SPDX-License-Identifier: GPL-2.0-only */
#include "registry_fixture.h"

static void a_new_container_keeps_the_slot_the_kernel_gave_it(void **state)
{
	uint32_t slot = registry_take_slot(registry);
	struct registry_verdict verdict = add(10, 1, "/docker/" A, slot);

	(void)state;
	assert_int_equal(verdict.slot, slot);
	assert_int_equal(verdict.class, PICKET_CGROUP_CONTAINER);
	assert_true(verdict.created);
	assert_string_equal(verdict.container->id, A);
	assert_string_equal(verdict.container->cgroup_path, "/docker/" A);
	assert_int_equal(verdict.container->cgroup_id, 10);
	assert_int_equal(verdict.container->slot, slot);
	assert_true(llabs(verdict.container->created_unix_ns - now_ns()) < 60 * SECOND);
	assert_ptr_equal(registry_find(registry, 10), verdict.container);
	assert_ptr_equal(registry_at(registry, 0), verdict.container);
	verdict = add(10, 1, "/docker/" A, slot);
	assert_false(verdict.created);
	assert_int_equal(verdict.slot, slot);
	assert_int_equal(registry_count(registry), 1);
}

static void a_container_found_at_start_takes_a_free_slot(void **state)
{
	struct registry_verdict one = add(10, 1, "/docker/" A, 0), two = add(11, 1, "/docker/" B, 0);

	(void)state;
	assert_true(one.slot >= PICKET_SLOT_FIRST && two.slot >= PICKET_SLOT_FIRST && one.slot != two.slot);
	assert_int_equal(registry_slots_used(registry), 2);
}

static void a_slot_known_from_an_earlier_run_is_never_given_to_another(void **state)
{
	struct registry_verdict kept = add(10, 1, "/docker/" A, 7);

	(void)state;
	assert_int_equal(kept.slot, 7);
	for (uint32_t slot; (slot = registry_take_slot(registry));)
		assert_int_not_equal(slot, 7);
}

static void slots_that_nobody_may_have_are_not_taken(void **state)
{
	static const uint32_t slots[] = { PICKET_SLOT_HOST, PICKET_SLOT_OVERFLOW, SLOTS, SLOTS + 1, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(slots); i++) {
		char path[128];

		snprintf(path, sizeof(path), "/docker/%064zx", i);
		assert_in_range(add(100 + i, 1, path, slots[i]).slot, PICKET_SLOT_FIRST, SLOTS - 1);
	}
	/* and not another container's */
	assert_int_not_equal(add(200, 1, "/docker/" A, registry_at(registry, 0)->slot).slot,
			     registry_at(registry, 0)->slot);
}

static void all_slots_are_handed_out_once(void **state)
{
	uint32_t slots[SLOTS];
	bool seen[SLOTS] = { false };

	(void)state;
	assert_int_equal(registry_take_slots(registry, slots, 10), 10);
	assert_int_equal(registry_take_slots(registry, slots + 10, SLOTS), SLOTS - PICKET_SLOT_FIRST - 10);
	for (size_t i = 0; i < SLOTS - PICKET_SLOT_FIRST; i++) {
		assert_in_range(slots[i], PICKET_SLOT_FIRST, SLOTS - 1);
		assert_false(seen[slots[i]]);
		seen[slots[i]] = true;
	}
	assert_int_equal(registry_take_slot(registry), 0);
}

static void without_a_free_slot_a_container_is_counted_with_others(void **state)
{
	struct registry_verdict verdict;
	struct container *container;

	(void)state;
	while (registry_take_slot(registry))
		;
	assert_int_equal(registry_add(registry, 10, 1, "/docker/" A, PICKET_SLOT_OVERFLOW, &verdict), -ENOSPC);
	assert_int_equal(verdict.slot, PICKET_SLOT_OVERFLOW);
	assert_int_equal(verdict.class, PICKET_CGROUP_CONTAINER);
	container = verdict.container;
	counters[PICKET_SLOT_OVERFLOW].value[PICKET_COUNTER_PROCESS_EXECS] = 5;
	assert_int_equal(counter_table_read(&table, registry, container, PICKET_COUNTER_PROCESS_EXECS), 0);
	/* started again, with a slot */
	registry_remove(registry, 10);
	verdict = add(11, 1, "/docker/" A, 9);
	assert_ptr_equal(verdict.container, container);
	assert_int_equal(verdict.slot, 9);
	registry_remove(registry, 11);
	assert_int_equal(expire_at(now_ns() + RETENTION + SECOND), 1);
	assert_int_equal(freed[9], 1);
	assert_int_equal(freed_count, 1);
}

static void the_slot_of_a_host_cgroup_comes_back_after_a_second(void **state)
{
	uint32_t slot = registry_take_slot(registry);
	struct registry_verdict verdict = add(10, 1, "/system.slice/cron.service", slot);
	int64_t now = now_ns();

	(void)state;
	assert_int_equal(verdict.slot, PICKET_SLOT_HOST);
	assert_int_equal(verdict.class, PICKET_CGROUP_HOST);
	assert_null(verdict.container);
	assert_true(registry_knows(registry, 10));
	assert_null(registry_find(registry, 10));
	expire_at(now);
	expire_at(now + SECOND - 1);
	assert_int_equal(freed_count, 0);
	expire_at(now + SECOND);
	assert_int_equal(freed[slot], 1);
	expire_at(now + 2 * SECOND);
	assert_int_equal(freed_count, 1);
	assert_int_equal(registry_slots_used(registry), 0);
}

static void a_clock_that_is_set_does_not_free_a_slot_early(void **state)
{
	int64_t now = now_ns();

	(void)state;
	add(10, 1, "/system.slice/cron.service", registry_take_slot(registry));
	expire_at(now + 3600 * SECOND);
	assert_int_equal(freed_count, 0);
	expire_at(now); /* set back */
	expire_at(now + SECOND / 2);
	assert_int_equal(freed_count, 0);
	expire_at(now + SECOND);
	assert_int_equal(freed_count, 1);
}

static void values_of_folded_slots_are_part_of_the_container(void **state)
{
	struct container *container = add(10, 1, "/docker/" A, 5).container;
	const uint32_t *folded;
	int64_t now = now_ns();

	(void)state;
	add(11, 10, "/docker/" A "/sub", 6);
	counters[5].value[PICKET_COUNTER_PROCESS_EXECS] = 100;
	counters[6].value[PICKET_COUNTER_PROCESS_EXECS] = 20;
	assert_int_equal(registry_folded_slots(registry, container, &folded), 1);
	assert_int_equal(folded[0], 6);
	assert_int_equal(counter_table_read(&table, registry, container, PICKET_COUNTER_PROCESS_EXECS), 120);
	/* nobody told where the counters are: it stays folded */
	expire_at(now);
	expire_at(now + 5 * SECOND);
	assert_int_equal(freed_count, 0);
	assert_int_equal(counter_table_read(&table, registry, container, PICKET_COUNTER_PROCESS_EXECS), 120);
	registry_use_counters(registry, &table);
	counters[6].value[PICKET_COUNTER_PROCESS_EXECS] += 3;
	expire_at(now + 6 * SECOND);
	assert_int_equal(freed[6], 1);
	assert_int_equal(registry_folded_slots(registry, container, &folded), 0);
	assert_int_equal(counter_table_read(&table, registry, container, PICKET_COUNTER_PROCESS_EXECS), 123);
	assert_int_equal(counters[5].value[PICKET_COUNTER_PROCESS_EXECS], 123);
}

static void a_fold_waits_until_nothing_adds_to_it(void **state)
{
	int64_t now = now_ns();

	(void)state;
	registry_use_counters(registry, &table);
	add(10, 1, "/docker/" A, 5);
	add(11, 10, "/docker/" A "/sub", 6);
	expire_at(now);
	add(12, 10, "/docker/" A "/sub2", 7);
	expire_at(now + SECOND); /* the grace of 7 begins */
	assert_int_equal(freed[6], 1);
	assert_int_equal(freed[7], 0);
	expire_at(now + 2 * SECOND);
	assert_int_equal(freed[7], 1);
}

static void folded_slots_come_back_with_their_container(void **state)
{
	(void)state;
	add(10, 1, "/docker/" A, 5);
	add(11, 10, "/docker/" A "/sub", 6);
	registry_remove(registry, 11);
	registry_remove(registry, 10);
	assert_int_equal(expire_at(now_ns() + RETENTION + SECOND), 1);
	assert_int_equal(freed[5], 1);
	assert_int_equal(freed[6], 1);
	assert_int_equal(registry_slots_used(registry), 0);
	assert_false(registry_knows(registry, 10));
	assert_false(registry_knows(registry, 11));
}

static void a_container_in_a_restart_loop_does_not_use_up_the_slots(void **state)
{
	uint64_t expected = 0;
	int64_t now = now_ns();
	struct container *container = NULL;

	(void)state;
	registry_use_counters(registry, &table);
	for (uint64_t id = 100; id < 1100; id++, now += SECOND) {
		uint32_t slot = registry_take_slot(registry);

		assert_int_not_equal(slot, 0);
		container = add(id, 1, "/docker/" A, slot).container;
		counters[container->slot].value[PICKET_COUNTER_PROCESS_EXECS] += id;
		expected += id;
		assert_int_equal(counter_table_read(&table, registry, container, PICKET_COUNTER_PROCESS_EXECS),
				 expected);
		registry_remove(registry, id);
		container->removed_unix_ns = now;
		expire_at(now);
		expire_at(now + SECOND / 2);
	}
	assert_int_equal(registry_count(registry), 1);
	assert_true(registry_slots_used(registry) < 8);
}

static void a_container_cannot_take_the_slots_of_all_others(void **state)
{
	struct container *outer = add(10, 1, "/docker/" A, 0).container;
	uint64_t parent = 10;
	char path[8192] = "/docker/" A;
	unsigned int made = 0;

	(void)state;
	for (uint64_t id = 100; id < 400; id++) {
		struct registry_verdict verdict;
		size_t size = strlen(path);

		snprintf(path + size, sizeof(path) - size, "/docker-%064llx", (unsigned long long)id);
		verdict = add(id, parent, path, 0);
		made += verdict.created;
		if (!verdict.created)
			assert_true(verdict.container != NULL);
		if (id % 3)
			path[size] = '\0'; /* wide and deep */
		else
			parent = id;
		if (size > 1000)
			strcpy(path, "/docker/" A), parent = 10;
	}
	assert_int_equal(made, SLOTS / REGISTRY_INNER_PART);
	assert_ptr_equal(registry_at(registry, 0), outer);
	assert_true(add(1000, 1, "/docker/" B, 0).slot >= PICKET_SLOT_FIRST);
	assert_true(registry_count(registry) < SLOTS / 2);
}

static void users_cannot_take_the_slots_of_the_system(void **state)
{
	unsigned int made = 0;

	(void)state;
	for (uint64_t id = 100; id < 400; id++) {
		char path[256];
		struct registry_verdict verdict;

		snprintf(path, sizeof(path), "/user.slice/user-7.slice/user@7.service/docker-%064llx.scope",
			 (unsigned long long)id);
		verdict = add(id, 1, path, 0);
		made += verdict.created;
		if (!verdict.created)
			assert_int_equal(verdict.class, PICKET_CGROUP_HOST);
	}
	assert_int_equal(made, SLOTS / REGISTRY_ROOTLESS_PART);
	for (uint64_t id = 100; id < 400; id++)
		registry_remove(registry, id);
	expire_at(now_ns() + RETENTION + SECOND);
	assert_int_equal(registry_slots_used(registry), 0);
	assert_true(add(1000, 1, "/user.slice/user-7.slice/user@7.service/docker-" A ".scope", 0).created);
}

static void thousands_come_and_go_in_order(void **state)
{
	(void)state;
	remake(8192, false);
	for (uint64_t id = 1; id <= 8000; id++) {
		char path[128];

		snprintf(path, sizeof(path), "/docker/%064llx", (unsigned long long)id);
		assert_int_equal(add(id + 1000000, 1, path, 0).container->cgroup_id, id + 1000000);
		if (id % 2)
			registry_remove(registry, id + 1000000);
	}
	assert_int_equal(registry_count(registry), 8000);
	assert_int_equal(expire_at(now_ns() + RETENTION + SECOND), 4000);
	assert_int_equal(registry_count(registry), 4000);
	for (size_t i = 0; i < 4000; i++)
		assert_int_equal(registry_at(registry, i)->cgroup_id, 1000000 + 2 * (i + 1));
	assert_int_equal(registry_slots_used(registry), 4000);
	assert_int_equal(freed_count, 4000);
}

/* What must hold whatever happens: no slot has two owners, and none is lost. */
static void check_slots(const uint32_t *handed_out, size_t handed_out_count)
{
	unsigned char owners[SLOTS] = { 0 };
	size_t used = 0;

	for (size_t i = 0; i < handed_out_count; i++)
		assert_int_equal(owners[handed_out[i]]++, 0);
	for (size_t i = 0; i < registry_count(registry); i++) {
		const struct container *container = registry_at(registry, i);
		const uint32_t *folded;
		size_t count = registry_folded_slots(registry, container, &folded);

		if (container->slot >= PICKET_SLOT_FIRST) {
			assert_int_equal(owners[container->slot]++, 0);
			used++;
		}
		for (size_t j = 0; j < count; j++)
			assert_int_equal(owners[folded[j]]++, 0);
		used += count;
	}
	assert_true(registry_slots_used(registry) >= used);
}

/* A kernel that gives each new cgroup a slot from a queue, and containers that come, nest, restart and go. */
static void no_slot_ever_has_two_owners(void **state)
{
	uint32_t queue[16];
	size_t queued = 0;
	uint64_t live[200] = { 0 }, next_id = 1000;
	char paths[ARRAY_SIZE(live)][256];
	int64_t now = now_ns();

	(void)state;
	srandom(11);
	registry_use_counters(registry, &table);
	for (int step = 0; step < 20000; step++) {
		size_t i = (size_t)random() % ARRAY_SIZE(live), parent = (size_t)random() % ARRAY_SIZE(live);
		struct registry_verdict verdict;

		queued += registry_take_slots(registry, queue + queued, ARRAY_SIZE(queue) - queued);
		if (live[i]) {
			registry_remove(registry, live[i]);
			live[i] = 0;
		} else {
			bool nested = random() % 2 && live[parent] && strlen(paths[parent]) < 100;
			uint64_t parent_id = nested && random() % 8 ? live[parent] : 0;
			uint32_t slot = queued ? queue[--queued] : PICKET_SLOT_OVERFLOW;

			snprintf(paths[i], sizeof(paths[i]),
				 random() % 5 ? "%.128s/docker/%064lx" : "%.128s/x.slice/y%lx",
				 nested ? paths[parent] : "", random() % 40);
			live[i] = next_id++;
			registry_add(registry, live[i], parent_id, paths[i], slot, &verdict);
		}
		if (random() % 20 == 0) {
			now += SECOND;
			for (size_t j = 0; j < registry_count(registry); j++)
				registry_at(registry, j)->exposed_after_removal = random() % 2;
			expire_at(now);
		}
		if (step % 16 == 0)
			check_slots(queue, queued);
	}
	for (size_t i = 0; i < ARRAY_SIZE(live); i++)
		registry_remove(registry, live[i]);
	expire_at(now + 2 * RETENTION);
	expire_at(now + 3 * RETENTION);
	assert_int_equal(registry_count(registry), 0);
	assert_int_equal(registry_slots_used(registry), 0);
	while (registry_take_slot(registry))
		queued++;
	assert_int_equal(queued, SLOTS - PICKET_SLOT_FIRST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_container_keeps_the_slot_the_kernel_gave_it),
		TEST(a_container_found_at_start_takes_a_free_slot),
		TEST(a_slot_known_from_an_earlier_run_is_never_given_to_another),
		TEST(slots_that_nobody_may_have_are_not_taken),
		TEST(all_slots_are_handed_out_once),
		TEST(without_a_free_slot_a_container_is_counted_with_others),
		TEST(the_slot_of_a_host_cgroup_comes_back_after_a_second),
		TEST(a_clock_that_is_set_does_not_free_a_slot_early),
		TEST(values_of_folded_slots_are_part_of_the_container),
		TEST(a_fold_waits_until_nothing_adds_to_it),
		TEST(folded_slots_come_back_with_their_container),
		TEST(a_container_in_a_restart_loop_does_not_use_up_the_slots),
		TEST(a_container_cannot_take_the_slots_of_all_others),
		TEST(users_cannot_take_the_slots_of_the_system),
		TEST(thousands_come_and_go_in_order),
		TEST(no_slot_ever_has_two_owners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
