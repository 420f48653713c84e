/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "cleanup.h"
#include "config.h"

static int setup(void **state)
{
	(void)state;
	return clearenv();
}

/* Arguments up to NULL. */
static int parse(struct config *config, char **ret_error, ...)
{
	char *argv[64];
	int argc = 0;
	va_list arguments;

	va_start(arguments, ret_error);
	while ((argv[argc] = va_arg(arguments, char *)))
		argc++;
	va_end(arguments);
	return config_parse(argc, argv, config, ret_error);
}

#define PARSE(config, ...) \
	do { \
		char *parse_error = NULL; \
		if (parse(config, &parse_error, __VA_ARGS__, NULL)) \
			fail_msg("%s", parse_error); \
	} while (0)

/* The error says @text; nothing is written to the config. */
static void assert_refused(const char *text, const char *argument, const char *value)
{
	struct config config, before;
	AUTO_FREE char *error = NULL;

	memset(&config, 0x5a, sizeof(config));
	memset(&before, 0x5a, sizeof(before));
	assert_int_equal(parse(&config, &error, argument, value, NULL), -EINVAL);
	assert_memory_equal(&config, &before, sizeof(config));
	assert_non_null(error);
	assert_null(strchr(error, '\n'));
	if (!strstr(error, text))
		fail_msg("\"%s\" does not say \"%s\"", error, text);
}

static void without_anything_the_defaults_hold(void **state)
{
	struct config config;

	(void)state;
	PARSE(&config, NULL);
	assert_int_equal(config.web_listen_addresses.count, 1);
	assert_string_equal(config.web_listen_addresses.items[0], ":10077");
	assert_string_equal(config.web_telemetry_path, "/metrics");
	assert_false(config.web_enable_lifecycle);
	assert_int_equal(config.web_max_requests, 40);
	assert_true(config.rules_defaults);
	assert_false(config.enforce);
	assert_int_equal(config.events_buffer_bytes, 2 << 20);
	assert_int_equal(config.events_transport, TRANSPORT_AUTO);
	for (int i = 0; i < PICKET_SENSOR_COUNT; i++)
		assert_int_equal(config.sensor_backends[i],
				 i == PICKET_SENSOR_PERF ? PICKET_BACKEND_NONE : PICKET_BACKEND_COUNT);
	assert_string_equal(config.control_socket, "/run/picket/control.sock");
	assert_null(config.otlp_endpoint);
	assert_true(config.otlp_gzip);
	assert_int_equal(config.otlp_timeout_ms, 10000);
	assert_int_equal(config.otlp_max_queue_size, 2048);
	assert_int_equal(config.otlp_max_export_batch_size, 512);
	assert_int_equal(config.log_level, LOG_INFO);
	assert_int_equal(config.warnings.count, 0);
	config_free(&config);
}

static void flags_take_their_value_after_a_sign_or_a_space(void **state)
{
	struct config config;

	(void)state;
	PARSE(&config, "--web.listen-address=127.0.0.1:1", "--web.listen-address", "[::1]:2", "--rules.path=/a",
	      "--rules.path", "/b", "--containers.max", "100", "--log.level=debug", "--log.format", "json",
	      "--events.transport=perfbuf", "--sensor.file=tracepoint", "--sensor.process", "none",
	      "--web.telemetry-path=/m=1");
	assert_int_equal(config.web_listen_addresses.count, 2);
	assert_string_equal(config.web_listen_addresses.items[1], "[::1]:2");
	assert_int_equal(config.rules_paths.count, 2);
	assert_string_equal(config.rules_paths.items[0], "/a");
	assert_int_equal(config.max_containers, 100);
	assert_int_equal(config.log_level, LOG_DEBUG);
	assert_int_equal(config.log_format, LOG_JSON);
	assert_int_equal(config.events_transport, TRANSPORT_PERFBUF);
	assert_int_equal(config.sensor_backends[PICKET_SENSOR_FILE], PICKET_BACKEND_TRACEPOINT);
	assert_int_equal(config.sensor_backends[PICKET_SENSOR_PROCESS], PICKET_BACKEND_NONE);
	assert_int_equal(config.sensor_backends[PICKET_SENSOR_NETWORK], PICKET_BACKEND_COUNT);
	assert_string_equal(config.web_telemetry_path, "/m=1");
	config_free(&config);
}

static void responses_and_their_traces_are_bounded_as_asked(void **state)
{
	struct config config;

	(void)state;
	PARSE(&config, "--respond.max-rate=7", "--incidents.path=/i", "--incidents.max-count=3",
	      "--incidents.max-size=2", "--isolate.allow=127.0.0.0/8", "--isolate.allow", "::1",
	      "--respond.never-touch=image=db:*", "--findings.group-seconds=0");
	assert_int_equal(config.respond_max_rate, 7);
	assert_string_equal(config.incidents_path, "/i");
	assert_int_equal(config.incidents_max_count, 3);
	assert_int_equal(config.incidents_max_mib, 2);
	assert_int_equal(config.isolate_allow.count, 2);
	assert_string_equal(config.isolate_allow.items[1], "::1");
	assert_string_equal(config.never_touch.items[0], "image=db:*");
	assert_int_equal(config.findings_group_seconds, 0);
	config_free(&config);
}

static void each_sensor_has_a_flag_of_its_own(void **state)
{
	(void)state;
	for (int sensor = 0; sensor < PICKET_SENSOR_COUNT; sensor++) {
		struct config config;
		char flag[64];

		snprintf(flag, sizeof(flag), "--sensor.%s=none", picket_sensor_name(sensor));
		PARSE(&config, "--collector.perf", flag);
		for (int other = 0; other < PICKET_SENSOR_COUNT; other++)
			assert_int_equal(config.sensor_backends[other],
					 other == sensor ? PICKET_BACKEND_NONE : PICKET_BACKEND_COUNT);
		config_free(&config);
	}
}

static void switches_can_be_on_off_or_given_a_truth(void **state)
{
	struct config config;

	(void)state;
	PARSE(&config, "--enforce", "--no-rules.defaults", "--web.enable-lifecycle=true", "--collector.systemd=false");
	assert_true(config.enforce);
	assert_false(config.rules_defaults);
	assert_true(config.web_enable_lifecycle);
	assert_false(config.systemd_services);
	PARSE(&config, "--enforce", "--no-enforce", "-h");
	assert_false(config.enforce);
	assert_true(config.show_help);
	assert_refused("neither true nor false", "--enforce=yes", NULL);
	assert_refused("unexpected argument 'true'", "--enforce", "true");
}

static void what_is_misspelt_is_named_with_what_was_meant(void **state)
{
	(void)state;
	assert_refused("unknown flag '--web.listen-adress'; did you mean '--web.listen-address'?",
		       "--web.listen-adress=:1", NULL);
	assert_refused("unknown flag '--foobarbaz'; see 'picket --help'", "--foobarbaz", NULL);
	assert_refused("unknown flag '--no-web.max-requests'", "--no-web.max-requests", NULL);
	assert_refused("unknown flag '--no-enforce'", "--no-enforce=true", NULL);
	assert_refused("unknown flag '--'", "--", NULL);
	assert_refused("unknown flag '--'", "--=1", NULL);
	assert_refused("unexpected argument '-'", "-", NULL);
	assert_refused("unexpected argument ''", "", NULL);
	assert_refused("unexpected argument '-x'", "-x", NULL);
	assert_refused("unexpected argument 'events'", "events", NULL);
}

static void what_only_a_variable_may_say_is_no_flag(void **state)
{
	(void)state;
	assert_refused("unknown flag", "--OTEL_SERVICE_NAME=x", NULL);
	assert_refused("unknown flag", "--(null)=x", NULL);
}

static void a_flag_without_its_value_is_refused(void **state)
{
	(void)state;
	assert_refused("--rules.path: it needs a value", "--rules.path", NULL);
	assert_refused("--rules.path: it needs a value", "--rules.path=", NULL);
	assert_refused("--rules.path: it needs a value", "--rules.path", "--enforce");
	assert_refused("--log.level: it needs a value", "--log.level=", NULL);
	assert_refused("--control.socket: it needs a value", "--control.socket", "");
}

static void bad_values_are_refused_with_what_would_be_good(void **state)
{
	static const char *const bad_numbers[] = { "x",
						   "-1",
						   "+5",
						   " 5",
						   "5 ",
						   "0x10",
						   "1e3",
						   "15",
						   "1000001",
						   "4294967312",
						   "18446744073709551632",
						   "99999999999999999999999" };
	static const char *const bad_sizes[] = { "3MiB", "2048", "2GiB",  "4294967296GiB", "1M", "8 MiB",
						 "8mib", "MiB",	 "-8MiB", "8.0MiB",	   "0" };
	char argument[96];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_numbers); i++) {
		snprintf(argument, sizeof(argument), "--containers.max=%s", bad_numbers[i]);
		assert_refused("is not a number from 16 to 1000000", argument, NULL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad_sizes); i++) {
		snprintf(argument, sizeof(argument), "--events.buffer-size=%s", bad_sizes[i]);
		assert_refused("power of two from 4KiB to 1GiB", argument, NULL);
	}
	assert_refused("\"loud\" is none of debug|info|warn|error", "--log.level=loud", NULL);
	assert_refused("\"INFO\" is none of", "--log.level=INFO", NULL);
	assert_refused("is none of auto|lsm|fentry|kprobe|tracepoint|cgroup|none", "--sensor.file=magic", NULL);
	assert_refused("does not begin with \"/\"", "--web.telemetry-path=metrics", NULL);
}

static void sizes_have_units(void **state)
{
	static const struct {
		char *argument;
		uint32_t bytes;
	} good[] = { { "--events.buffer-size=4096", 4096 },
		     { "--events.buffer-size=4096B", 4096 },
		     { "--events.buffer-size=64KiB", 65536 },
		     { "--events.buffer-size=1GiB", 1U << 30 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct config config;

		PARSE(&config, good[i].argument);
		assert_int_equal(config.events_buffer_bytes, good[i].bytes);
	}
}

static void a_list_has_an_end(void **state)
{
	char *argv[CONFIG_MAX_LIST + 1];
	AUTO_FREE char *error = NULL;
	struct config config;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(argv); i++)
		argv[i] = "--rules.path=/x";
	assert_int_equal(config_parse(CONFIG_MAX_LIST, argv, &config, &error), 0);
	assert_int_equal(config_parse(CONFIG_MAX_LIST + 1, argv, &config, &error), -EINVAL);
	assert_non_null(strstr(error, "more than 16"));
}

static void flags_win_over_variables_and_these_over_defaults(void **state)
{
	struct config config;

	(void)state;
	setenv("PICKET_SOCKET", "/tmp/a.sock", 1);
	setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://one:4318", 1);
	PARSE(&config, NULL);
	assert_string_equal(config.control_socket, "/tmp/a.sock");
	assert_string_equal(config.otlp_endpoint, "http://one:4318");
	assert_true(config.otlp_endpoint_is_base);
	setenv("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://two:4318/logs", 1);
	PARSE(&config, "--control.socket=/tmp/b.sock");
	assert_string_equal(config.control_socket, "/tmp/b.sock");
	assert_string_equal(config.otlp_endpoint, "http://two:4318/logs");
	assert_false(config.otlp_endpoint_is_base);
	PARSE(&config, "--otlp.endpoint=http://three:4318");
	assert_string_equal(config.otlp_endpoint, "http://three:4318");
	assert_true(config.otlp_endpoint_is_base);
}

static void the_variable_for_logs_wins_and_an_empty_one_is_unset(void **state)
{
	struct config config;

	(void)state;
	setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1", 1);
	setenv("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "2", 1);
	setenv("OTEL_EXPORTER_OTLP_HEADERS", "a=b", 1);
	setenv("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "", 1);
	setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "NONE", 1);
	setenv("OTEL_SERVICE_NAME", "", 1);
	PARSE(&config, NULL);
	assert_int_equal(config.otlp_timeout_ms, 2);
	assert_string_equal(config.otlp_headers, "a=b");
	assert_false(config.otlp_gzip);
	assert_null(config.otel_service_name);
	assert_int_equal(config.warnings.count, 0);
}

static void bad_variables_are_ignored_with_a_warning_each(void **state)
{
	static const struct {
		const char *name, *value;
	} bad[] = {
		{ "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "soon" },
		{ "OTEL_EXPORTER_OTLP_COMPRESSION", "zip" },
		{ "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc" },
		{ "OTEL_BLRP_SCHEDULE_DELAY", "0" },
		{ "OTEL_BLRP_MAX_QUEUE_SIZE", "-1" },
		{ "OTEL_LOGS_EXPORTER", "zipkin" },
		{ "OTEL_SDK_DISABLED", "maybe" },
	};
	struct config config;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		setenv(bad[i].name, bad[i].value, 1);
	PARSE(&config, NULL);
	assert_int_equal(config.warnings.count, ARRAY_SIZE(bad));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		bool named = false;

		for (size_t j = 0; j < config.warnings.count; j++)
			named |= strstr(config.warnings.items[j], bad[i].name) &&
				 strstr(config.warnings.items[j], bad[i].value);
		assert_true(named);
	}
	assert_int_equal(config.otlp_timeout_ms, 10000);
	assert_true(config.otlp_gzip);
	assert_int_equal(config.otlp_schedule_delay_ms, 1000);
	assert_int_equal(config.otlp_max_queue_size, 2048);
	assert_null(config.otlp_endpoint);
	config_free(&config);
	assert_int_equal(config.warnings.count, 0);
}

static void a_batch_is_no_larger_than_the_queue(void **state)
{
	struct config config;

	(void)state;
	setenv("OTEL_BLRP_MAX_QUEUE_SIZE", "100", 1);
	PARSE(&config, NULL);
	assert_int_equal(config.otlp_max_export_batch_size, 100);
	assert_int_equal(config.warnings.count, 1);
	config_free(&config);
}

static void sending_is_switched_on_and_off_by_the_environment(void **state)
{
	struct config config;

	(void)state;
	setenv("OTEL_LOGS_EXPORTER", "otlp", 1);
	PARSE(&config, NULL);
	assert_string_equal(config.otlp_endpoint, "http://localhost:4318");
	assert_true(config.otlp_endpoint_is_base);
	setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://one:4318", 1);
	PARSE(&config, NULL);
	assert_string_equal(config.otlp_endpoint, "http://one:4318");
	setenv("OTEL_LOGS_EXPORTER", "none", 1);
	PARSE(&config, NULL);
	assert_null(config.otlp_endpoint);
	unsetenv("OTEL_LOGS_EXPORTER");
	setenv("OTEL_SDK_DISABLED", "True", 1);
	PARSE(&config, NULL);
	assert_null(config.otlp_endpoint);
	PARSE(&config, "--otlp.endpoint=http://flag:1");
	assert_string_equal(config.otlp_endpoint, "http://flag:1");
}

static void what_is_refused_leaves_no_warnings_behind(void **state)
{
	AUTO_FREE char *error = NULL;
	struct config config;

	(void)state;
	setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "soon", 1);
	assert_int_equal(parse(&config, &error, "--nothing", NULL), -EINVAL); /* the leak checker looks on */
}

static void help_names_every_flag_and_variable(void **state)
{
	static const char *const wanted[] = { "--[no-]enforce",		"--web.listen-address=VALUE",
					      "Default: :10077.",	"--log.level=debug|info|warn|error",
					      "--sensor.file=auto|lsm", "Variable: PICKET_SOCKET." };
	AUTO_FREE char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	config_print_flags(out);
	fclose(out);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!strstr(text, wanted[i]))
			fail_msg("no %s", wanted[i]);
	assert_null(strstr(text, "(null)"));
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_anything_the_defaults_hold),
		TEST(flags_take_their_value_after_a_sign_or_a_space),
		TEST(responses_and_their_traces_are_bounded_as_asked),
		TEST(each_sensor_has_a_flag_of_its_own),
		TEST(switches_can_be_on_off_or_given_a_truth),
		TEST(what_is_misspelt_is_named_with_what_was_meant),
		TEST(what_only_a_variable_may_say_is_no_flag),
		TEST(a_flag_without_its_value_is_refused),
		TEST(bad_values_are_refused_with_what_would_be_good),
		TEST(sizes_have_units),
		TEST(a_list_has_an_end),
		TEST(flags_win_over_variables_and_these_over_defaults),
		TEST(the_variable_for_logs_wins_and_an_empty_one_is_unset),
		TEST(bad_variables_are_ignored_with_a_warning_each),
		TEST(a_batch_is_no_larger_than_the_queue),
		TEST(sending_is_switched_on_and_off_by_the_environment),
		TEST(what_is_refused_leaves_no_warnings_behind),
		TEST(help_names_every_flag_and_variable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
