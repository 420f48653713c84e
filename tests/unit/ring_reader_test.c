/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "kernel/ring_reader.h"

#define DATA_BYTES 64

/* A ring as the kernel writes it. */
static struct ring {
	unsigned long consumer, producer;
	char data[DATA_BYTES] __attribute__((aligned(8)));
	char cut[DATA_BYTES];
	struct ring_reader reader;
	char seen[256]; /* "<record>|<record>|" */
	size_t stop_after;
	size_t count;
} ring;

static int set_up(void **state)
{
	(void)state;
	memset(&ring, 0, sizeof(ring));
	ring.stop_after = SIZE_MAX;
	ring.reader = (struct ring_reader){ .consumer = &ring.consumer,
					    .producer = &ring.producer,
					    .data = ring.data,
					    .size = DATA_BYTES,
					    .cut = ring.cut,
					    .cut_size = sizeof(ring.cut) };
	return 0;
}

static void put_bytes(unsigned long position, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		ring.data[(position + i) % DATA_BYTES] = ((const char *)bytes)[i];
}

static void write_record(const char *text, uint32_t flags)
{
	uint32_t header[2] = { (uint32_t)strlen(text) | flags, 0 };

	put_bytes(ring.producer, header, sizeof(header));
	put_bytes(ring.producer + sizeof(header), text, strlen(text));
	ring.producer += (sizeof(header) + strlen(text) + 7) & ~7UL;
}

static bool see(void *context, const void *record, size_t size)
{
	size_t used = strlen(ring.seen);

	(void)context;
	snprintf(ring.seen + used, sizeof(ring.seen) - used, "%.*s|", (int)size, (const char *)record);
	return ++ring.count < ring.stop_after;
}

static void records_come_in_their_order_and_once(void **state)
{
	(void)state;
	write_record("one", 0);
	write_record("second", 0);
	ring_reader_consume(&ring.reader, see, NULL);
	ring_reader_consume(&ring.reader, see, NULL);
	assert_string_equal(ring.seen, "one|second|");
	assert_int_equal(ring.consumer, ring.producer);
}

static void a_record_over_the_end_is_put_together(void **state)
{
	(void)state;
	for (size_t offset = 0; offset < DATA_BYTES; offset += 8) {
		set_up(NULL);
		ring.consumer = ring.producer = 3 * DATA_BYTES + offset;
		write_record("abcdefghijklmnopqrstuvwx", 0);
		write_record("next", 0);
		ring_reader_consume(&ring.reader, see, NULL);
		assert_string_equal(ring.seen, "abcdefghijklmnopqrstuvwx|next|");
	}
}

static void a_record_over_the_end_that_is_too_long_is_cut(void **state)
{
	(void)state;
	for (size_t offset = 32; offset < DATA_BYTES - 8; offset += 8) {
		set_up(NULL);
		ring.reader.cut_size = 5;
		ring.consumer = ring.producer = offset;
		write_record("abcdefghijklmnopqrstuvwx0123456789", 0);
		ring_reader_consume(&ring.reader, see, NULL);
		assert_string_equal(ring.seen, "abcde|");
		assert_int_equal(ring.consumer, ring.producer);
	}
}

static void what_is_not_complete_yet_stops_the_reading(void **state)
{
	(void)state;
	write_record("one", 0);
	write_record("busy", BPF_RINGBUF_BUSY_BIT);
	write_record("three", 0);
	ring_reader_consume(&ring.reader, see, NULL);
	assert_string_equal(ring.seen, "one|");
	put_bytes(16, &(uint32_t){ 4 }, sizeof(uint32_t));
	ring_reader_consume(&ring.reader, see, NULL);
	assert_string_equal(ring.seen, "one|busy|three|");
}

static void what_was_given_up_is_passed_over(void **state)
{
	(void)state;
	write_record("one", BPF_RINGBUF_DISCARD_BIT);
	write_record("two", 0);
	ring_reader_consume(&ring.reader, see, NULL);
	assert_string_equal(ring.seen, "two|");
	assert_int_equal(ring.consumer, ring.producer);
}

static void the_reader_may_stop_and_go_on(void **state)
{
	(void)state;
	write_record("one", 0);
	write_record("two", 0);
	ring.stop_after = 1;
	ring_reader_consume(&ring.reader, see, NULL);
	assert_string_equal(ring.seen, "one|");
	ring_reader_consume(&ring.reader, see, NULL);
	assert_string_equal(ring.seen, "one|two|");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(records_come_in_their_order_and_once, set_up),
		cmocka_unit_test_setup(a_record_over_the_end_is_put_together, set_up),
		cmocka_unit_test_setup(a_record_over_the_end_that_is_too_long_is_cut, set_up),
		cmocka_unit_test_setup(what_is_not_complete_yet_stops_the_reading, set_up),
		cmocka_unit_test_setup(what_was_given_up_is_passed_over, set_up),
		cmocka_unit_test_setup(the_reader_may_stop_and_go_on, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
