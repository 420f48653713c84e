/* SPDX-License-Identifier: GPL-2.0-only */
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cleanup.h"
#include "state/glob.h"

static void globs_match_as_fnmatch_does(void **state)
{
	static const char pattern_bytes[] = "ab/*?[]!-\\", text_bytes[] = "ab/-!";
	char pattern[12], text[10];
	size_t compared = 0;

	(void)state;
	srandom(7);
	for (int round = 0; round < 300000; round++) {
		size_t pattern_size = random() % (sizeof(pattern) - 1), size = random() % (sizeof(text) - 1);

		for (size_t i = 0; i < pattern_size; i++)
			pattern[i] = pattern_bytes[random() % (sizeof(pattern_bytes) - 1)];
		for (size_t i = 0; i < size; i++)
			text[i] = text_bytes[random() % (sizeof(text_bytes) - 1)];
		pattern[pattern_size] = text[size] = '\0';
		/* unclosed sets, and sets with "/" or ranges upside down, mean other things there */
		if (glob_check(pattern) || strchr(pattern, '['))
			continue;
		compared++;
		if (glob_match(pattern, text, size, false) != (fnmatch(pattern, text, 0) == 0))
			fail_msg("%s %s", pattern, text);
		/* glibc's does not find an escaped "/" behind a star */
		if (!strstr(pattern, "**") && !strstr(pattern, "\\/") &&
		    glob_match(pattern, text, size, true) != (fnmatch(pattern, text, FNM_PATHNAME) == 0))
			fail_msg("path %s %s", pattern, text);
	}
	assert_true(compared > 50000);
}

/* The definition itself, for short texts: try everything. */
static bool slow_glob(const char *pattern, const char *text)
{
	if (pattern[0] == '*' && pattern[1] == '*') {
		for (;; text++) {
			if (slow_glob(pattern + 2, text))
				return true;
			if (!*text)
				return false;
		}
	}
	if (pattern[0] == '*') {
		for (;; text++) {
			if (slow_glob(pattern + 1, text))
				return true;
			if (!*text || *text == '/')
				return false;
		}
	}
	if (!*pattern || !*text)
		return !*pattern && !*text;
	return (*pattern == '?' ? *text != '/' : *pattern == *text) && slow_glob(pattern + 1, text + 1);
}

static void two_stars_cross_directories_and_one_does_not(void **state)
{
	static const char pattern_bytes[] = "ab/**?", text_bytes[] = "ab//";
	char pattern[12], text[14];

	(void)state;
	srandom(8);
	for (int round = 0; round < 300000; round++) {
		size_t pattern_size = random() % (sizeof(pattern) - 1), size = random() % (sizeof(text) - 1);

		for (size_t i = 0; i < pattern_size; i++)
			pattern[i] = pattern_bytes[random() % (sizeof(pattern_bytes) - 1)];
		for (size_t i = 0; i < size; i++)
			text[i] = text_bytes[random() % (sizeof(text_bytes) - 1)];
		pattern[pattern_size] = text[size] = '\0';
		if (glob_match(pattern, text, size, true) != slow_glob(pattern, text))
			fail_msg("%s %s", pattern, text);
	}
}

static void sets_match_one_byte_of_theirs(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} cases[] = {
		{ "[abc]", "b", true },	    { "[abc]", "d", false },	     { "[a-c]x", "bx", true },
		{ "[!a-c]", "b", false },   { "[^a-c]", "d", true },	     { "[]]", "]", true },
		{ "[!]]", "]", false },	    { "[a-]", "-", true },	     { "[\\]]", "]", true },
		{ "[\\]a]", "a", true },    { "[a\\-c]", "b", false },	     { "\\[a]", "[a]", true },
		{ "[/]", "/", false },	    { "[!a]", "/", false },	     { "a[0-9]*", "a7/", false },
		{ "**[0-9]", "a/7", true }, { "[\x80-\xff]", "\xc3", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_null(glob_check(cases[i].pattern));
		if (glob_match(cases[i].pattern, cases[i].text, strlen(cases[i].text), true) != cases[i].matches)
			fail_msg("%s %s", cases[i].pattern, cases[i].text);
	}
	assert_non_null(glob_check("["));
	assert_non_null(glob_check("[]"));
	assert_non_null(glob_check("[!]"));
	assert_non_null(glob_check("[\\]"));
	assert_non_null(glob_check("a\\"));
}

static void a_hostile_text_does_not_stop_the_glob(void **state)
{
	char text[512];

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_false(glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text, sizeof(text), false));
	for (size_t i = 0; i < sizeof(text); i += 2)
		text[i] = '/';
	assert_false(glob_match("**/*a**/*a**/*a**/*a**/*a**/*a*b", text, sizeof(text), true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(globs_match_as_fnmatch_does),
		cmocka_unit_test(two_stars_cross_directories_and_one_does_not),
		cmocka_unit_test(sets_match_one_byte_of_theirs),
		cmocka_unit_test(a_hostile_text_does_not_stop_the_glob),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
