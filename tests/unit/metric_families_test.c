/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "export/exposition_lines.h"
#include "export/metric_families.h"
#include "prometheus_metrics.pb-c.h"

#define OUT_LIMIT (64 << 20)

static int setup(void **state)
{
	return metric_families_new((struct metric_families **)state);
}

static int teardown(void **state)
{
	metric_families_free(*state);
	return 0;
}

/* The next message of @bytes, which are moved on; NULL at their end. */
static Picket__Prometheus__MetricFamily *next(const uint8_t **bytes, size_t *left)
{
	Picket__Prometheus__MetricFamily *family;
	size_t size = 0;
	unsigned int shift = 0;

	if (!*left)
		return NULL;
	do {
		size |= (size_t)(**bytes & 0x7f) << shift;
		shift += 7;
		(*left)--;
	} while (*(*bytes)++ & 0x80);
	assert_in_range(size, 1, *left);
	family = picket__prometheus__metric_family__unpack(NULL, size, *bytes);
	assert_non_null(family);
	*bytes += size;
	*left -= size;
	return family;
}

static Picket__Prometheus__Metric *metric_at(const Picket__Prometheus__MetricFamily *family, size_t index)
{
	Picket__Prometheus__Metric *metric;

	assert_in_range(index, 0, family->n_metric - 1);
	metric = picket__prometheus__metric__unpack(NULL, family->metric[index].len, family->metric[index].data);
	assert_non_null(metric);
	return metric;
}

static void families_become_messages_with_all_that_the_lines_say(void **state)
{
	static const char text[] = "# TYPE a_total counter\n# HELP a_total First one.\n"
				   "#@ 1700000000500000000\n"
				   "a_total{x=\"1\",y=\"\"} 18446744073709551615\n#@ 0\na_total{x=\"2\"} 0\n"
				   "# TYPE empty gauge\n# HELP empty Nothing.\n"
				   "# TYPE b gauge\n# HELP b Second.\nb -1.5e3\n";
	Picket__Prometheus__MetricFamily *family;
	Picket__Prometheus__Metric *metric;
	const uint8_t *at;
	struct text out;
	size_t left;

	text_init(&out, OUT_LIMIT);
	assert_int_equal(metric_families_take(*state, text, strlen(text), &out), 0);
	assert_int_equal(metric_families_end(*state, &out), 0);
	at = (const uint8_t *)out.data;
	left = out.size;
	family = next(&at, &left);
	assert_string_equal(family->name, "a_total");
	assert_string_equal(family->help, "First one.");
	assert_int_equal(family->type, PICKET__PROMETHEUS__METRIC_TYPE__COUNTER);
	assert_int_equal(family->n_metric, 2);
	metric = metric_at(family, 0);
	assert_int_equal(metric->n_label, 2);
	assert_string_equal(metric->label[1]->name, "y");
	assert_string_equal(metric->label[1]->value, "");
	assert_true(metric->counter->value == 18446744073709551615.0);
	assert_int_equal(metric->counter->created_timestamp->seconds, 1700000000);
	assert_int_equal(metric->counter->created_timestamp->nanos, 500000000);
	picket__prometheus__metric__free_unpacked(metric, NULL);
	metric = metric_at(family, 1);
	assert_true(metric->counter->has_value && metric->counter->value == 0);
	assert_null(metric->counter->created_timestamp);
	assert_null(metric->gauge);
	picket__prometheus__metric__free_unpacked(metric, NULL);
	picket__prometheus__metric_family__free_unpacked(family, NULL);
	family = next(&at, &left); /* and not the empty one */
	assert_string_equal(family->name, "b");
	assert_int_equal(family->type, PICKET__PROMETHEUS__METRIC_TYPE__GAUGE);
	metric = metric_at(family, 0);
	assert_true(metric->gauge->value == -1500);
	assert_null(metric->counter);
	picket__prometheus__metric__free_unpacked(metric, NULL);
	picket__prometheus__metric_family__free_unpacked(family, NULL);
	assert_null(next(&at, &left));
	text_free(&out);
}

static void escaped_values_come_out_as_they_were(void **state)
{
	static const char text[] = "# TYPE a gauge\n# HELP a .\na{v=\"quote \\\" back \\\\ line \\n end}\"} 1\n";
	Picket__Prometheus__MetricFamily *family;
	Picket__Prometheus__Metric *metric;
	const uint8_t *at;
	struct text out;
	size_t left;

	text_init(&out, OUT_LIMIT);
	assert_int_equal(metric_families_take(*state, text, strlen(text), &out), 0);
	assert_int_equal(metric_families_end(*state, &out), 0);
	at = (const uint8_t *)out.data;
	left = out.size;
	family = next(&at, &left);
	metric = metric_at(family, 0);
	assert_string_equal(metric->label[0]->value, "quote \" back \\ line \n end}");
	picket__prometheus__metric__free_unpacked(metric, NULL);
	picket__prometheus__metric_family__free_unpacked(family, NULL);
	text_free(&out);
}

static void a_large_family_is_several_messages_of_one_name_in_little_memory(void **state)
{
	static const char head[] = "# TYPE a gauge\n# HELP a .\n";
	const size_t samples = 60000;
	size_t left, seen = 0, messages = 0;
	const uint8_t *at;
	struct text out;

	text_init(&out, OUT_LIMIT);
	assert_int_equal(metric_families_take(*state, head, strlen(head), &out), 0);
	for (size_t i = 0; i < samples; i++) {
		char line[128];

		snprintf(line, sizeof(line), "a{id=\"%064zu\"} %zu\n", i, i);
		assert_int_equal(metric_families_take(*state, line, strlen(line), &out), 0);
	}
	assert_int_equal(metric_families_end(*state, &out), 0);
	at = (const uint8_t *)out.data;
	left = out.size;
	for (Picket__Prometheus__MetricFamily *family; (family = next(&at, &left));) {
		assert_string_equal(family->name, "a");
		seen += family->n_metric;
		messages++;
		picket__prometheus__metric_family__free_unpacked(family, NULL);
	}
	assert_int_equal(seen, samples);
	assert_in_range(messages, 2, out.size / METRIC_FAMILY_MAX_BYTES + 1);
	text_free(&out);
}

static void lines_that_are_none_end_the_document(void **state)
{
	static const char *const texts[] = {
		"a 1\n", /* of no family */
		"# TYPE a gauge\n# HELP a .\nb 1\n",
		"# TYPE a gauge\n# HELP a .\na 1",
		"# TYPE a gauge\n# HELP a .\na one\n",
		"# TYPE a gauge\n# HELP a .\na \n",
		"# TYPE a gauge\n# HELP a .\na{x=\"1} 1\n",
		"# TYPE a gauge\n# HELP a .\na{x=1} 1\n",
		"# TYPE a gauge\n# HELP a .\na{x=\"\\\n",
		"# EOF\n",
		"# TYPE\n",
		"#\n",
		"\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct text out;

		text_init(&out, OUT_LIMIT);
		assert_int_equal(metric_families_take(*state, texts[i], strlen(texts[i]), &out), -EBADMSG);
		text_free(&out);
		teardown(state);
		assert_int_equal(setup(state), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(families_become_messages_with_all_that_the_lines_say, setup, teardown),
		cmocka_unit_test_setup_teardown(escaped_values_come_out_as_they_were, setup, teardown),
		cmocka_unit_test_setup_teardown(a_large_family_is_several_messages_of_one_name_in_little_memory, setup,
						teardown),
		cmocka_unit_test_setup_teardown(lines_that_are_none_end_the_document, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
