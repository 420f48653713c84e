/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "export/counter_series.h"

#define LABELS "container_id=\"cafe\",container=\"web\",pod=\"\",namespace=\"\""

/* 'access=read,way=x' as '{<LABELS>,access="read",way="x"}'. */
static void expect_line(struct text *out, enum picket_counter counter, uint64_t value)
{
	char labels[128];
	char *rest = labels, *label;

	snprintf(labels, sizeof(labels), "%s", counter_infos[counter].labels);
	text_add_format(out, "%s_total{" LABELS, counter_families[counter_infos[counter].family].name);
	while (*rest && (label = strsep(&rest, ","))) {
		char *value_text = strchr(label, '=');

		text_add_format(out, ",%.*s=\"%s\"", (int)(value_text - label), label, value_text + 1);
		if (!rest)
			break;
	}
	text_add_format(out, "} %lu\n", (unsigned long)value);
}

static void expect_text(uint64_t (*value_of)(size_t index))
{
	struct counter_series *series = malloc(sizeof(*series));
	struct text out, expected;

	text_init(&out, 1 << 20);
	text_init(&expected, 1 << 20);
	counter_series_init(series);
	for (int family = 0; family < PICKET_FAMILY_COUNT; family++) {
		uint64_t values[PICKET_COUNTER_COUNT];
		size_t count = 0;

		for (int counter = 0; counter < PICKET_COUNTER_COUNT; counter++) {
			if ((int)counter_infos[counter].family != family)
				continue;
			values[count] = value_of(count);
			expect_line(&expected, counter, values[count++]);
		}
		counter_series_write(series, &out, family, LABELS, strlen(LABELS), values);
	}
	assert_int_equal(out.error, 0);
	assert_int_equal(out.size, expected.size);
	assert_memory_equal(out.data, expected.data, out.size);
	text_free(&out);
	text_free(&expected);
	free(series);
}

static uint64_t zero(size_t index)
{
	(void)index;
	return 0;
}

static uint64_t growing(size_t index)
{
	static const uint64_t values[] = { 9, 10, 99, 100, 1234567, UINT64_MAX };

	return values[index % 6];
}

static void every_counter_has_its_line_with_all_its_labels(void **state)
{
	(void)state;
	expect_text(zero);
	expect_text(growing);
}

static void a_family_that_does_not_fit_is_not_begun(void **state)
{
	struct counter_series *series = malloc(sizeof(*series));
	uint64_t values[PICKET_COUNTER_COUNT] = { 0 };
	struct text out;

	(void)state;
	counter_series_init(series);
	text_init(&out, 200);
	counter_series_write(series, &out, PICKET_FAMILY_FILE_OPENS, LABELS, strlen(LABELS), values);
	assert_int_equal(out.size, 0);
	assert_true(out.error < 0);
	text_free(&out);
	free(series);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_counter_has_its_line_with_all_its_labels),
		cmocka_unit_test(a_family_that_does_not_fit_is_not_begun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
