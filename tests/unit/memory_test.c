/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "memory.h"

static unsigned int found;
static uintptr_t last_start, last_end;

static void note(void *context, uintptr_t start, uintptr_t end)
{
	(void)context;
	found++;
	last_start = start;
	last_end = end;
}

static void read_smaps(const char *text)
{
	FILE *file = fmemopen((char *)text, strlen(text), "r");

	found = 0;
	memory_each_clean_mapping(file, note, NULL);
	fclose(file);
}

#define MAPPING(permissions, inode, anonymous) \
	"7f0000001000-7f0000003000 " permissions " 00001000 fe:00 " inode "  /usr/lib/a-b.so\n" \
	"Size:                 8 kB\n" \
	"Anonymous:            " anonymous " kB\n" \
	"VmFlags: rd ex mr mw me\n"

static void only_what_comes_back_from_its_file_is_dropped(void **state)
{
	(void)state;
	read_smaps(MAPPING("r-xp", "77", "0"));
	assert_int_equal(found, 1);
	assert_int_equal(last_start, 0x7f0000001000);
	assert_int_equal(last_end, 0x7f0000003000);
	read_smaps(MAPPING("r--p", "77", "0") MAPPING("r-xp", "77", "0"));
	assert_int_equal(found, 2);
	read_smaps(MAPPING("r--p", "77", "4")); /* relocated, then protected */
	assert_int_equal(found, 0);
	read_smaps(MAPPING("rw-p", "77", "0"));
	assert_int_equal(found, 0);
	read_smaps(MAPPING("r-xs", "77", "0"));
	assert_int_equal(found, 0);
	read_smaps(MAPPING("r--p", "0", "0"));
	assert_int_equal(found, 0);
	read_smaps("nonsense\n\nAnonymous: 0 kB\n7f-\n");
	assert_int_equal(found, 0);
}

static void what_was_dropped_is_there_again(void **state)
{
	static const char text[] = "constant";
	char *copy = strdup(text);

	(void)state;
	memory_trim();
	memory_trim();
	assert_string_equal(text, copy);
	assert_int_equal(strtol("42", NULL, 10), 42);
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_comes_back_from_its_file_is_dropped),
		cmocka_unit_test(what_was_dropped_is_there_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
