/* SPDX-License-Identifier: GPL-2.0-only */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cleanup.h"
#include "state/counter_table.h"

#define SLOTS 8

static struct picket_counters slots[SLOTS];
static const struct counter_table table = { slots, SLOTS };

static bool is_name(const char *text, size_t size)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

	return size > 0 && strspn(text, allowed) >= size && (text[0] < '0' || text[0] > '9');
}

static void every_family_is_a_metric_that_prometheus_takes(void **state)
{
	(void)state;
	for (size_t i = 0; i < PICKET_FAMILY_COUNT; i++) {
		const struct counter_family *family = &counter_families[i];

		assert_non_null(family->name);
		assert_true(is_name(family->name, strlen(family->name)));
		assert_memory_equal(family->name, "picket_", 7);
		assert_null(strstr(family->name, "_total"));
		assert_non_null(family->unit);
		assert_true(strlen(family->help) > 10);
		assert_int_equal(family->help[strlen(family->help) - 1], '.');
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(family->name, counter_families[j].name);
	}
}

/* Splits "name=value,name=value" as the exporter does; values must need no escapes. */
static void check_labels(const char *labels)
{
	while (*labels) {
		size_t size = strcspn(labels, ","), name = strcspn(labels, "=");

		assert_true(name < size);
		assert_true(is_name(labels, name));
		assert_true(size - name > 1);
		assert_null(memchr(labels, '"', size));
		assert_null(memchr(labels, '\\', size));
		labels += size;
		if (*labels == ',') {
			labels++;
			assert_true(*labels != '\0');
		}
	}
}

static void every_counter_has_a_family_and_labels_of_its_own(void **state)
{
	bool used[PICKET_FAMILY_COUNT] = { false };

	(void)state;
	for (size_t i = 0; i < PICKET_COUNTER_COUNT; i++) {
		assert_non_null(counter_infos[i].labels);
		assert_true(counter_infos[i].family < PICKET_FAMILY_COUNT);
		used[counter_infos[i].family] = true;
		check_labels(counter_infos[i].labels);
		for (size_t j = 0; j < i; j++)
			assert_false(counter_infos[i].family == counter_infos[j].family &&
				     strcmp(counter_infos[i].labels, counter_infos[j].labels) == 0);
	}
	for (size_t i = 0; i < PICKET_FAMILY_COUNT; i++)
		assert_true(used[i]);
}

static void the_tables_follow_their_enums(void **state)
{
	(void)state;
	assert_string_equal(counter_families[PICKET_FAMILY_PROCESS_EXECS].name, "picket_process_execs");
	assert_string_equal(counter_infos[PICKET_COUNTER_FILE_OPEN_FAILURES_EACCES].labels, "error=EACCES");
	assert_int_equal(counter_infos[PICKET_COUNTER_FILE_OPEN_FAILURES_EACCES].family,
			 PICKET_FAMILY_FILE_OPEN_FAILURES);
	assert_int_equal(counter_infos[PICKET_COUNTER_COUNT - 1].family, PICKET_FAMILY_COUNT - 1);
}

static void a_slot_beyond_the_table_reads_as_nothing(void **state)
{
	(void)state;
	memset(slots, 0xff, sizeof(slots));
	assert_true(counter_table_read_slot(&table, SLOTS - 1, PICKET_COUNTER_PROCESS_EXECS) == UINT64_MAX);
	assert_int_equal(counter_table_read_slot(&table, SLOTS, PICKET_COUNTER_PROCESS_EXECS), 0);
	assert_int_equal(counter_table_read_slot(&table, UINT32_MAX, PICKET_COUNTER_PROCESS_EXECS), 0);
	assert_int_equal(counter_table_read_slot(&table, 0, PICKET_COUNTER_COUNT), 0);
}

static void moving_keeps_every_value_and_only_those(void **state)
{
	(void)state;
	memset(slots, 0, sizeof(slots));
	slots[3].class = PICKET_CGROUP_CONTAINER;
	slots[3].setup = 1;
	for (size_t i = 0; i < PICKET_COUNTER_COUNT; i++) {
		slots[3].value[i] = i + 1;
		slots[4].value[i] = 1000;
	}
	counter_table_move(&table, 3, 4);
	for (size_t i = 0; i < PICKET_COUNTER_COUNT; i++) {
		assert_int_equal(slots[3].value[i], 0);
		assert_int_equal(slots[4].value[i], 1001 + i);
	}
	assert_int_equal(slots[3].class, PICKET_CGROUP_CONTAINER);
	assert_int_equal(slots[4].class, 0);
	assert_int_equal(slots[4].setup, 0);
	/* nowhere, and onto itself */
	counter_table_move(&table, 4, SLOTS);
	counter_table_move(&table, SLOTS, 4);
	counter_table_move(&table, 4, 4);
	assert_int_equal(slots[4].value[0], 1001);
}

#define ADDITIONS 200000

static void *add_to_slot(void *context)
{
	(void)context;
	for (int i = 0; i < ADDITIONS; i++)
		__atomic_fetch_add(&slots[5].value[0], 1, __ATOMIC_RELAXED);
	return NULL;
}

static void moving_loses_nothing_that_is_added_meanwhile(void **state)
{
	pthread_t threads[2];

	(void)state;
	memset(slots, 0, sizeof(slots));
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_to_slot, NULL), 0);
	for (int i = 0; i < 1000; i++)
		counter_table_move(&table, 5, 6);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	counter_table_move(&table, 5, 6);
	assert_int_equal(slots[6].value[0], 2 * ADDITIONS);
}

static void the_counters_of_a_family_stand_together(void **state)
{
	bool ended[PICKET_FAMILY_COUNT] = { false };

	(void)state;
	for (int i = 0; i < PICKET_COUNTER_COUNT; i++) {
		enum picket_family family = counter_infos[i].family;

		assert_false(ended[family]);
		ended[family] = i + 1 == PICKET_COUNTER_COUNT || counter_infos[i + 1].family != family;
		if (i == 0 || counter_infos[i - 1].family != family)
			assert_int_equal(counter_table_first(family), i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_counters_of_a_family_stand_together),
		cmocka_unit_test(every_family_is_a_metric_that_prometheus_takes),
		cmocka_unit_test(every_counter_has_a_family_and_labels_of_its_own),
		cmocka_unit_test(the_tables_follow_their_enums),
		cmocka_unit_test(a_slot_beyond_the_table_reads_as_nothing),
		cmocka_unit_test(moving_keeps_every_value_and_only_those),
		cmocka_unit_test(moving_loses_nothing_that_is_added_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
