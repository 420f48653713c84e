/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "cleanup.h"
#include "log.h"

static int saved_fd, capture_fd;

static int setup(void **state)
{
	(void)state;
	saved_fd = dup(STDERR_FILENO);
	capture_fd = memfd_create("log", MFD_CLOEXEC);
	assert_true(saved_fd >= 0 && capture_fd >= 0);
	dup2(capture_fd, STDERR_FILENO);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	dup2(saved_fd, STDERR_FILENO);
	close(saved_fd);
	close(capture_fd);
	log_configure(LOG_INFO, LOG_LOGFMT);
	return 0;
}

/* What was logged since the last call; free(3) it. */
static char *logged(void)
{
	char *text = calloc(1, 65536);

	fflush(stderr);
	assert_true(pread(capture_fd, text, 65535, 0) >= 0);
	assert_int_equal(ftruncate(capture_fd, 0), 0);
	lseek(capture_fd, 0, SEEK_SET);
	return text;
}

static void assert_one_line(const char *text)
{
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void a_line_is_logfmt_with_time_level_and_subsystem(void **state)
{
	AUTO_FREE char *text = NULL;

	(void)state;
	log_info("daemon", "%d rules loaded", 7);
	text = logged();
	assert_one_line(text);
	assert_int_equal(strncmp(text, "ts=20", 5), 0);
	assert_int_equal(text[strlen("ts=2026-11-24T01:02:03.456Z") - 1], 'Z');
	assert_non_null(strstr(text, "Z level=info subsystem=daemon msg=\"7 rules loaded\"\n"));
}

static void less_than_the_minimum_is_not_written(void **state)
{
	AUTO_FREE char *text = NULL;

	(void)state;
	assert_false(log_enabled(LOG_DEBUG));
	log_debug("x", "unseen");
	log_configure(LOG_ERROR, LOG_LOGFMT);
	log_warn("x", "unseen");
	log_error("x", "seen");
	text = logged();
	assert_null(strstr(text, "unseen"));
	assert_non_null(strstr(text, "level=error subsystem=x msg=seen\n"));
}

static void values_cannot_begin_a_line_or_forge_a_pair(void **state)
{
	const struct log_pair pairs[] = {
		{ "plain", "a-b/c" },
		{ "empty", "" },
		{ "space", "a b" },
		{ "newline", "a\nlevel=x" },
		{ "quote", "say \"hi\"" },
		{ "backslash", "a\\b" },
		{ "equals", "k=v" },
		{ "escape", "\x1b[31mred" },
		{ "c1", "a\xc2\x9b"
			"b" },
		{ "utf8", "d\xc3\xa9j\xc3\xa0" },
	};
	AUTO_FREE char *text = NULL;

	(void)state;
	log_pairs(LOG_WARN, "audit", "response", pairs, ARRAY_SIZE(pairs));
	text = logged();
	assert_one_line(text);
	assert_non_null(strstr(text,
			       "msg=response plain=a-b/c empty=\"\" space=\"a b\" newline=\"a\\nlevel=x\" "
			       "quote=\"say \\\"hi\\\"\" backslash=\"a\\\\b\" equals=\"k=v\" escape=\"\\x1b[31mred\" "
			       "c1=\"a\\xc2\\x9bb\" utf8=d\xc3\xa9j\xc3\xa0\n"));
}

static void json_lines_are_json_whatever_the_values_hold(void **state)
{
	const struct log_pair pairs[] = {
		{ "good", "d\xc3\xa9j\xc3\xa0 \"vu\"\n" },
		{ "bad", "\xff\xfe" },
	};
	AUTO_FREE char *text = NULL;
	json_t *line;

	(void)state;
	log_configure(LOG_INFO, LOG_JSON);
	log_pairs(LOG_ERROR, "audit", "response", pairs, ARRAY_SIZE(pairs));
	text = logged();
	assert_one_line(text);
	line = json_loads(text, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(line, "level")), "error");
	assert_string_equal(json_string_value(json_object_get(line, "subsystem")), "audit");
	assert_string_equal(json_string_value(json_object_get(line, "msg")), "response");
	assert_string_equal(json_string_value(json_object_get(line, "good")), "d\xc3\xa9j\xc3\xa0 \"vu\"\n");
	assert_string_equal(json_string_value(json_object_get(line, "bad")), "\xc3\xbf\xc3\xbe");
	json_decref(line);
}

static void a_long_message_is_cut_and_ends_its_line(void **state)
{
	char long_text[5000];
	AUTO_FREE char *text = NULL;

	(void)state;
	memset(long_text, 'a', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	log_info("x", "%s", long_text);
	text = logged();
	assert_one_line(text);
	assert_true(strlen(text) > 1000 && strlen(text) < 1200);
}

static void more_pairs_than_fit_are_left_out(void **state)
{
	struct log_pair pairs[200];
	AUTO_FREE char *text = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		pairs[i] = (struct log_pair){ "k", "v" };
	log_pairs(LOG_INFO, "x", "many", pairs, ARRAY_SIZE(pairs));
	text = logged();
	assert_one_line(text);
	assert_non_null(strstr(text, "k=v k=v\n"));
}

static void names_of_levels_and_formats_are_exact(void **state)
{
	enum log_level level = LOG_DEBUG;
	enum log_format format = LOG_LOGFMT;

	(void)state;
	assert_int_equal(log_level_parse("warn", &level), 0);
	assert_int_equal(level, LOG_WARN);
	assert_int_equal(log_level_parse("warning", &level), -EINVAL);
	assert_int_equal(log_level_parse("", &level), -EINVAL);
	assert_int_equal(level, LOG_WARN);
	assert_int_equal(log_format_parse("json", &format), 0);
	assert_int_equal(format, LOG_JSON);
	assert_int_equal(log_format_parse("JSON", &format), -EINVAL);
	assert_int_equal(format, LOG_JSON);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_is_logfmt_with_time_level_and_subsystem),
		TEST(less_than_the_minimum_is_not_written),
		TEST(values_cannot_begin_a_line_or_forge_a_pair),
		TEST(json_lines_are_json_whatever_the_values_hold),
		TEST(a_long_message_is_cut_and_ends_its_line),
		TEST(more_pairs_than_fit_are_left_out),
		TEST(names_of_levels_and_formats_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
