/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cleanup.h"
#include "export/negotiate.h"

#define PROTO "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"

static void each_prometheus_gets_what_it_likes_best(void **state)
{
	static const struct {
		const char *accept;
		enum exposition_format format;
	} cases[] = {
		{ NULL, EXPOSITION_TEXT },
		{ "*/*", EXPOSITION_TEXT },
		{ "text/html", EXPOSITION_TEXT },
		{ "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
		  "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		  EXPOSITION_OPENMETRICS },
		{ PROTO ",application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		  EXPOSITION_PROTOBUF },
		{ PROTO ";escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5",
		  EXPOSITION_PROTOBUF },
		{ "application/openmetrics-text;version=1.0.0;q=0.6," PROTO ";q=0.5", EXPOSITION_OPENMETRICS },
		{ "application/openmetrics-text," PROTO, EXPOSITION_PROTOBUF },
		{ PROTO ";q=0,text/plain", EXPOSITION_TEXT },
		{ "application/vnd.google.protobuf", EXPOSITION_PROTOBUF },
		{ "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
		  EXPOSITION_TEXT },
		{ "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=compact-text",
		  EXPOSITION_TEXT },
		{ "application/vnd.google.protobuf;proto=another.Message;encoding=delimited", EXPOSITION_TEXT },
		{ "application/vnd.google.protobuf;proto=\"io.prometheus.client.MetricFamily\"", EXPOSITION_PROTOBUF },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(negotiate_format(cases[i].accept), cases[i].format);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_prometheus_gets_what_it_likes_best),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
