/* SPDX-License-Identifier: GPL-2.0-only */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cleanup.h"
#include "state/address_range.h"

static struct address_range parsed(const char *text)
{
	struct address_range range;

	assert_int_equal(address_range_parse(text, &range), 0);
	return range;
}

static void refuses_what_is_no_network(void **state)
{
	static const char *const texts[] = {
		"",
		"10",
		"10.0.0.0/",
		"10.0.0.0/33",
		"10.0.0.0/-1",
		"10.0.0.0/0x8",
		"10.0.0.0/8/8",
		"10.0.0/8",
		"::/129",
		"::/1 ",
		"::g",
		" 10.0.0.1",
		"10.0.0.1 ",
		"/8",
		"host.name",
		"10.0.0.0/+8",
		"10.0.0.0/008x",
		"fe80::1%eth0",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc/1",
	};
	struct address_range range = { .bits = 77 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_int_equal(address_range_parse(texts[i], &range), -EINVAL);
		assert_int_equal(range.bits, 77);
	}
}

static void knows_bits_behind_the_prefix(void **state)
{
	static const struct {
		const char *text;
		bool has;
	} rows[] = {
		{ "10.0.0.0/8", false }, { "10.0.0.1/8", true }, { "10.128.0.0/9", false }, { "10.64.0.0/9", true },
		{ "10.0.0.1", false },	 { "0.0.0.0/0", false }, { "0.0.0.1/0", true },	    { "::/0", false },
		{ "::1/127", true },	 { "fd00::/8", false },	 { "fd00::1/8", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct address_range range = parsed(rows[i].text);

		assert_int_equal(address_range_has_host_bits(&range), rows[i].has);
	}
}

static void contains_networks_of_its_own_family_only(void **state)
{
	static const struct {
		const char *outer, *inner;
		bool contains;
	} rows[] = {
		{ "10.0.0.0/8", "10.1.2.3", true },	{ "10.1.2.3", "10.0.0.0/8", false },
		{ "10.0.0.0/8", "11.0.0.0/8", false },	{ "10.0.0.0/9", "10.128.0.0/9", false },
		{ "10.0.0.0/8", "10.0.0.0/8", true },	{ "0.0.0.0/0", "255.0.0.0/8", true },
		{ "::/0", "10.0.0.0/8", false },	{ "0.0.0.0/0", "::/0", false },
		{ "fd00::/12", "fd0f::1", true },	{ "fd00::/12", "fd10::1", false },
		{ "2001:db8::1", "2001:db8::1", true }, { "2001:db8::1", "2001:db8::2", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct address_range outer = parsed(rows[i].outer), inner = parsed(rows[i].inner);

		assert_int_equal(address_range_contains(&outer, &inner), rows[i].contains);
	}
}

static void maps_ipv4_into_ipv6_and_back(void **state)
{
	struct address_range range = parsed("::ffff:10.1.0.0/112"), plain = parsed("10.1.0.0/16");
	uint8_t bytes[16], expected[16] = { [10] = 0xff, [11] = 0xff, [12] = 10, [13] = 1 };

	(void)state;
	address_range_unmap(&range);
	assert_memory_equal(&range, &plain, sizeof(range));
	assert_int_equal(address_range_map(&range, bytes), 112);
	assert_memory_equal(bytes, expected, sizeof(bytes));
	range = parsed("::/0");
	address_range_unmap(&range);
	assert_int_equal(range.family, AF_INET6);
	assert_int_equal(address_range_map(&range, bytes), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_what_is_no_network),
		cmocka_unit_test(knows_bits_behind_the_prefix),
		cmocka_unit_test(contains_networks_of_its_own_family_only),
		cmocka_unit_test(maps_ipv4_into_ipv6_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
