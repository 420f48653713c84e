/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "state/sensor_limits.h"

static bool says(enum picket_sensor sensor, enum picket_backend backend, const char *release, const char *word)
{
	size_t position = 0;
	const char *text;

	while ((text = sensor_limits_next(sensor, backend, sensor_limits_kernel(release), &position)))
		if (strstr(text, word))
			return true;
	return false;
}

static void a_release_is_compared_by_its_first_two_numbers(void **state)
{
	(void)state;
	assert_int_equal(sensor_limits_kernel("6.12.1-amd64"), 6012);
	assert_int_equal(sensor_limits_kernel("5.10"), 5010);
	assert_int_equal(sensor_limits_kernel("unknown"), 0);
	assert_int_equal(sensor_limits_kernel("6"), 0);
}

static void a_symlink_hides_a_change_from_tracepoints_of_older_kernels_only(void **state)
{
	(void)state;
	assert_true(says(PICKET_SENSOR_MODIFICATION, PICKET_BACKEND_TRACEPOINT, "6.12.0", "symlink"));
	assert_false(says(PICKET_SENSOR_MODIFICATION, PICKET_BACKEND_TRACEPOINT, "6.13.0", "symlink"));
	assert_false(says(PICKET_SENSOR_MODIFICATION, PICKET_BACKEND_FENTRY, "5.10.0", "symlink"));
}

static void a_sensor_that_is_blind_has_no_limits_to_tell(void **state)
{
	(void)state;
	for (int sensor = 0; sensor < PICKET_SENSOR_COUNT; sensor++)
		assert_false(says(sensor, PICKET_BACKEND_NONE, "5.10.0", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_release_is_compared_by_its_first_two_numbers),
		cmocka_unit_test(a_symlink_hides_a_change_from_tracepoints_of_older_kernels_only),
		cmocka_unit_test(a_sensor_that_is_blind_has_no_limits_to_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
