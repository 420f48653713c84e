/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>
#include <cmocka.h>

#include "cleanup.h"
#include "state/dns_name.h"

#define HEADER "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
#define END "\x00\x01\x00\x01"

struct row {
	const char *message;
	size_t size;
	const char *name; /* NULL: refused */
};

#define ROW(text, name) \
	{ \
		text, sizeof(text) - 1, name \
	}

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char name[DNS_NAME_SIZE] = "as it was";
		int length = dns_name_read(rows[i].message, rows[i].size, name);

		if (!rows[i].name) {
			assert_int_equal(length, -EINVAL);
			assert_string_equal(name, "as it was");
			continue;
		}
		assert_int_equal(length, (int)strlen(rows[i].name));
		assert_string_equal(name, rows[i].name);
	}
}

static void reads_the_first_question_in_lower_case(void **state)
{
	static const struct row rows[] = {
		ROW(HEADER "\x03"
			   "wWw\x07"
			   "Example\x03"
			   "org\x00" END,
		    "www.example.org"),
		ROW(HEADER "\x00" END, "."),
		ROW(HEADER "\x01"
			   "a\x00",
		    "a"), /* type and class cut off */
		ROW(HEADER "\x02"
			   "a.\x02"
			   "b\\\x00" END,
		    "a\\..b\\\\"),
		ROW(HEADER "\x04"
			   "\x00\n \xff"
			   "\x00" END,
		    "\\000\\010\\032\\255"),
	};

	(void)state;
	check(rows, ARRAY_SIZE(rows));
}

static void follows_pointers_only_towards_the_front(void **state)
{
	static const struct row rows[] = {
		ROW(HEADER "\x01"
			   "a\xc0\x0c",
		    NULL),		      /* a.a.a. ... */
		ROW(HEADER "\xc0\x0c", NULL), /* to itself */
		ROW(HEADER "\xc0\x0e\x01"
			   "a\x00",
		    NULL),			  /* towards the end */
		ROW(HEADER "\xc0\x00" END, NULL), /* into the header */
		ROW(HEADER "\x01"
			   "a\xc0",
		    NULL),
		ROW(HEADER "\x80\x00", NULL),
		ROW(HEADER "\x40\x00", NULL),
	};

	(void)state;
	check(rows, ARRAY_SIZE(rows));
}

static void refuses_what_asks_for_no_name(void **state)
{
	static const struct row rows[] = {
		ROW("", NULL),
		ROW(HEADER, NULL),
		ROW(HEADER "\x03"
			   "ab",
		    NULL),
		ROW(HEADER "\x03"
			   "abc",
		    NULL), /* no end */
		ROW("\x12\x34\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00\x01"
		    "a\x00" END,
		    NULL), /* an answer */
		ROW("\x12\x34\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
		    "a\x00" END,
		    NULL), /* no question */
	};

	(void)state;
	check(rows, ARRAY_SIZE(rows));
}

/* @labels of 62 bytes that need escaping, then one of @last bytes. */
static size_t long_message(uint8_t *message, size_t labels, size_t last)
{
	size_t size = sizeof(HEADER) - 1;

	memcpy(message, HEADER, size);
	for (size_t i = 0; i <= labels; i++) {
		size_t label = i == labels ? last : 62;

		message[size++] = label;
		memset(&message[size], 0xff, label);
		size += label;
	}
	message[size++] = 0;
	return size;
}

static void takes_the_longest_name_and_none_longer(void **state)
{
	char name[DNS_NAME_SIZE];
	uint8_t message[512];
	size_t size;

	(void)state;
	size = long_message(message, 4, 1); /* 4 * 63 + 2 + 1 = 255 */
	assert_int_equal(dns_name_read(message, size, name), (4 * 62 + 1) * 4 + 4);
	assert_int_equal(strlen(name), (4 * 62 + 1) * 4 + 4);
	size = long_message(message, 4, 2);
	assert_int_equal(dns_name_read(message, size, name), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_first_question_in_lower_case),
		cmocka_unit_test(follows_pointers_only_towards_the_front),
		cmocka_unit_test(refuses_what_asks_for_no_name),
		cmocka_unit_test(takes_the_longest_name_and_none_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
