/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "state/throttle.h"

#define SECOND 1000000000ULL
#define MINUTE (60 * SECOND)

static struct throttle *made(size_t buckets)
{
	struct throttle *throttle = NULL;

	assert_int_equal(throttle_new(buckets, &throttle), 0);
	return throttle;
}

static struct rule rule_with(size_t index, unsigned int burst, uint64_t interval_ns, bool per_container)
{
	return (struct rule){
		.index = index,
		.throttle_burst = burst,
		.throttle_interval_ns = interval_ns,
		.throttle_per_container = per_container,
	};
}

static unsigned int allowed(struct throttle *throttle, const struct rule *rule, uint64_t container, uint64_t now_ns,
			    unsigned int tries)
{
	unsigned int count = 0;

	while (tries--)
		count += throttle_allow(throttle, rule, container, now_ns);
	return count;
}

static void a_rule_without_throttle_always_may(void **state)
{
	struct rule rule = rule_with(0, 0, 0, true);
	struct throttle *throttle = made(1);

	(void)state;
	assert_int_equal(allowed(throttle, &rule, 1, 5, 100000), 100000);
	assert_int_equal(throttle_bucket_count(throttle), 0);
	throttle_free(throttle);
}

static void a_burst_passes_and_then_one_per_share_of_the_interval(void **state)
{
	struct rule rule = rule_with(0, 10, MINUTE, true);
	struct throttle *throttle = made(4);
	unsigned int count = 0;

	(void)state;
	assert_int_equal(allowed(throttle, &rule, 1, 0, 100), 10);
	assert_int_equal(allowed(throttle, &rule, 1, 6 * SECOND - 1, 100), 0);
	assert_int_equal(allowed(throttle, &rule, 1, 6 * SECOND, 100), 1);
	for (uint64_t now = 6 * SECOND; now < 6 * SECOND + 10 * MINUTE; now += SECOND / 10)
		count += throttle_allow(throttle, &rule, 1, now);
	assert_in_range(count, 99, 100);
	throttle_free(throttle);
}

static void a_long_silence_gives_no_more_than_one_burst(void **state)
{
	struct rule rule = rule_with(0, 3, SECOND, false);
	struct throttle *throttle = made(4);

	(void)state;
	assert_int_equal(allowed(throttle, &rule, 1, 0, 100), 3);
	assert_int_equal(allowed(throttle, &rule, 1, 1000 * SECOND, 100), 3);
	assert_int_equal(allowed(throttle, &rule, 1, UINT64_MAX, 100), 3);
	throttle_free(throttle);
}

static void bursts_that_divide_badly_are_exact_too(void **state)
{
	static const unsigned int bursts[] = { 1, 3, 7, 999, 99999, 100000 };

	(void)state;
	for (size_t i = 0; i < sizeof(bursts) / sizeof(bursts[0]); i++) {
		struct rule rule = rule_with(0, bursts[i], 1000000 + i, true);
		struct throttle *throttle = made(1);

		assert_int_equal(allowed(throttle, &rule, 1, 0, 200000), bursts[i]);
		throttle_free(throttle);
	}
}

static void the_largest_numbers_do_not_overflow(void **state)
{
	struct rule rule = rule_with(SIZE_MAX - 1, UINT32_MAX, UINT64_MAX, true);
	struct throttle *throttle = made(1);

	(void)state;
	assert_int_equal(allowed(throttle, &rule, UINT64_MAX, UINT64_MAX, 1000), 1000);
	assert_int_equal(allowed(throttle, &rule, UINT64_MAX, 0, 1000), 1000);
	throttle_free(throttle);
}

static void time_that_runs_backwards_gives_nothing_back(void **state)
{
	struct rule rule = rule_with(0, 1, SECOND, true);
	struct throttle *throttle = made(1);

	(void)state;
	assert_true(throttle_allow(throttle, &rule, 1, 10 * SECOND));
	assert_false(throttle_allow(throttle, &rule, 1, 5 * SECOND));
	assert_false(throttle_allow(throttle, &rule, 1, 10 * SECOND + SECOND / 2));
	assert_true(throttle_allow(throttle, &rule, 1, 11 * SECOND));
	throttle_free(throttle);
}

static void containers_have_their_own_bucket_only_where_the_rule_says_so(void **state)
{
	struct rule per_container = rule_with(0, 1, SECOND, true), per_rule = rule_with(1, 1, SECOND, false);
	struct throttle *throttle = made(8);

	(void)state;
	assert_true(throttle_allow(throttle, &per_container, 1, 0));
	assert_true(throttle_allow(throttle, &per_container, 2, 0));
	assert_false(throttle_allow(throttle, &per_container, 1, 0));
	assert_true(throttle_allow(throttle, &per_rule, 1, 0));
	assert_false(throttle_allow(throttle, &per_rule, 2, 0));
	assert_int_equal(throttle_bucket_count(throttle), 3);
	throttle_free(throttle);
}

static void when_all_are_in_use_the_one_unused_longest_is_forgotten(void **state)
{
	struct rule rule = rule_with(0, 1, SECOND, true);
	struct throttle *throttle = made(3);

	(void)state;
	assert_int_equal(allowed(throttle, &rule, 1, 0, 1), 1);
	assert_int_equal(allowed(throttle, &rule, 2, 0, 1), 1);
	assert_int_equal(allowed(throttle, &rule, 3, 0, 1), 1);
	assert_int_equal(allowed(throttle, &rule, 1, 0, 1), 0); /* used again: now 2 is the oldest */
	assert_int_equal(allowed(throttle, &rule, 4, 0, 1), 1);
	assert_int_equal(throttle_bucket_count(throttle), 3);
	assert_int_equal(allowed(throttle, &rule, 1, 0, 1), 0);
	assert_int_equal(allowed(throttle, &rule, 3, 0, 1), 0);
	assert_int_equal(allowed(throttle, &rule, 4, 0, 1), 0);
	assert_int_equal(allowed(throttle, &rule, 2, 0, 1), 1);
	throttle_free(throttle);
}

static void memory_stays_bounded_under_many_containers(void **state)
{
	struct rule rule = rule_with(0, 1, MINUTE, true);
	struct throttle *throttle = made(1000);

	(void)state;
	for (uint64_t container = 1; container <= 100000; container++)
		assert_true(throttle_allow(throttle, &rule, container, container));
	assert_int_equal(throttle_bucket_count(throttle), 1000);
	throttle_free(throttle);
}

static void a_reset_forgets_all(void **state)
{
	struct rule rule = rule_with(0, 1, SECOND, true);
	struct throttle *throttle = made(2);

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (uint64_t container = 1; container <= 5; container++)
			assert_int_equal(allowed(throttle, &rule, container, 0, 2), 1);
		throttle_reset(throttle);
		assert_int_equal(throttle_bucket_count(throttle), 0);
	}
	throttle_free(throttle);
	throttle_free(NULL);
}

static void refuses_to_be_made_without_buckets(void **state)
{
	struct throttle *throttle = NULL;

	(void)state;
	assert_int_equal(throttle_new(0, &throttle), -EINVAL);
	assert_null(throttle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_without_throttle_always_may),
		cmocka_unit_test(a_burst_passes_and_then_one_per_share_of_the_interval),
		cmocka_unit_test(a_long_silence_gives_no_more_than_one_burst),
		cmocka_unit_test(bursts_that_divide_badly_are_exact_too),
		cmocka_unit_test(the_largest_numbers_do_not_overflow),
		cmocka_unit_test(time_that_runs_backwards_gives_nothing_back),
		cmocka_unit_test(containers_have_their_own_bucket_only_where_the_rule_says_so),
		cmocka_unit_test(when_all_are_in_use_the_one_unused_longest_is_forgotten),
		cmocka_unit_test(memory_stays_bounded_under_many_containers),
		cmocka_unit_test(a_reset_forgets_all),
		cmocka_unit_test(refuses_to_be_made_without_buckets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
