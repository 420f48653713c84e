/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages are taken apart by hand here, so that a wrong number in our own .proto file does not go unseen. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <zlib.h>
#include <cmocka.h>

#include "cleanup.h"
#include "event_builder.h"
#include "export/otlp_encode.h"
#include "state/utf8.h"

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct wire_field {
	unsigned int number;
	enum wire wire;
	uint64_t value; /* of numbers */
	struct otlp_bytes bytes;
};

static uint64_t take_varint(struct otlp_bytes *rest)
{
	uint64_t value = 0;

	for (unsigned int shift = 0;; shift += 7) {
		assert_true(rest->size > 0 && shift < 70);
		value |= (uint64_t)(*rest->bytes & 127) << shift;
		rest->size--;
		if (!(*rest->bytes++ & 128))
			return value;
	}
}

static struct wire_field take_field(struct otlp_bytes *rest)
{
	uint64_t tag = take_varint(rest);
	struct wire_field field = { .number = tag >> 3, .wire = tag & 7 };
	size_t size = 0;

	switch (field.wire) {
	case WIRE_VARINT:
		field.value = take_varint(rest);
		return field;
	case WIRE_FIXED64:
		size = 8;
		assert_true(rest->size >= 8);
		memcpy(&field.value, rest->bytes, 8);
		break;
	case WIRE_BYTES:
		size = take_varint(rest);
		assert_true(size <= rest->size);
		field.bytes = (struct otlp_bytes){ rest->bytes, size };
		break;
	default:
		fail_msg("wire type %d", field.wire);
	}
	rest->bytes += size;
	rest->size -= size;
	return field;
}

/* The @index-th field of that number. Return: false: there is none. */
static bool find(struct otlp_bytes message, unsigned int number, size_t index, struct wire_field *ret_field)
{
	while (message.size) {
		*ret_field = take_field(&message);
		if (ret_field->number == number && index-- == 0)
			return true;
	}
	return false;
}

static struct wire_field get(struct otlp_bytes message, unsigned int number, enum wire wire)
{
	struct wire_field field;

	assert_true(find(message, number, 0, &field));
	assert_int_equal(field.wire, wire);
	return field;
}

static bool is_text(struct otlp_bytes bytes, const char *text)
{
	return bytes.size == strlen(text) && memcmp(bytes.bytes, text, bytes.size) == 0;
}

/* AnyValue of the attribute @key among the repeated field @number. Return: how often the key is there. */
static int find_attribute(struct otlp_bytes message, unsigned int number, const char *key, struct otlp_bytes *ret_value)
{
	struct wire_field pair;
	int found = 0;

	for (size_t i = 0; find(message, number, i, &pair); i++)
		if (is_text(get(pair.bytes, 1, WIRE_BYTES).bytes, key)) {
			*ret_value = get(pair.bytes, 2, WIRE_BYTES).bytes;
			found++;
		}
	return found;
}

static char *tags[] = { "T1003.008" };

static struct rule example_rule(void)
{
	return (struct rule){
		.name = "shadow_file_read",
		.description = "Somebody read it.",
		.severity = SEVERITY_CRITICAL,
		.kind = PICKET_KIND_FILE_OPEN,
		.tags = tags,
		.tag_count = 1,
	};
}

static struct otlp_bytes encode(const struct event_builder *builder, const struct container *container,
				const struct rule *rule)
{
	struct finding finding = {
		.context = { &builder->event, container },
		.rule = rule,
		.time_unix_ns = 1700000000123456789,
		.id = "00112233445566778899aabbccddeeff",
	};
	struct otlp_bytes record = { NULL, 0 };

	finding.outcomes[RESPONSE_KILL] = OUTCOME_DRY_RUN;
	assert_int_equal(otlp_encode_finding(&finding, 1700000001000000000, &record), 0);
	return record;
}

static struct otlp_bytes encode_open(const char *path)
{
	struct container container = builder_container();
	struct event_builder builder;
	struct rule rule = example_rule();

	builder_open(&builder, "/bin/cat", path, PICKET_ACCESS_READ);
	return encode(&builder, &container, &rule);
}

static void a_record_is_what_the_protocol_says(void **state)
{
	struct otlp_bytes record = encode_open("/etc/shadow");
	struct wire_field field;

	(void)state;
	assert_true(get(record, 1, WIRE_FIXED64).value == 1700000000123456789);
	assert_true(get(record, 11, WIRE_FIXED64).value == 1700000001000000000);
	assert_int_equal(get(record, 2, WIRE_VARINT).value, 18);
	assert_true(is_text(get(record, 3, WIRE_BYTES).bytes, "critical"));
	assert_true(get(get(record, 5, WIRE_BYTES).bytes, 1, WIRE_BYTES).bytes.size > 10);
	assert_true(is_text(get(record, 12, WIRE_BYTES).bytes, "picket.finding.file_open"));
	assert_false(find(record, 7, 0, &field)); /* nothing was dropped */
	for (unsigned int number = 1; number < 20; number++)
		if (number == 4 || number > 12 || (number > 6 && number < 11))
			assert_false(find(record, number, 0, &field));
	free(record.bytes);
}

static void attributes_keep_their_types(void **state)
{
	struct otlp_bytes record = encode_open("/etc/shadow"), value;

	(void)state;
	assert_int_equal(find_attribute(record, 6, "file.path", &value), 1);
	assert_true(is_text(get(value, 1, WIRE_BYTES).bytes, "/etc/shadow"));
	assert_int_equal(find_attribute(record, 6, "process.pid", &value), 1);
	assert_int_equal(get(value, 3, WIRE_VARINT).value, 4711);
	assert_int_equal(find_attribute(record, 6, "security_rule.name", &value), 1);
	assert_true(is_text(get(value, 1, WIRE_BYTES).bytes, "shadow_file_read"));
	assert_int_equal(find_attribute(record, 6, "picket.response.kill", &value), 1);
	assert_true(is_text(get(value, 1, WIRE_BYTES).bytes, "dry_run"));
	assert_int_equal(find_attribute(record, 6, "container.name", &value), 1);
	free(record.bytes);
}

static void truth_values_are_truth_values(void **state)
{
	struct container container = builder_container();
	struct event_builder builder;
	struct rule rule = example_rule();
	struct otlp_bytes record, value;
	int booleans = 0;
	struct wire_field pair, boolean;

	(void)state;
	builder_open(&builder, "/bin/cat", "/etc/shadow", PICKET_ACCESS_READ);
	builder.event.flags = PICKET_EVENT_FOREIGN_MNT | PICKET_EVENT_UPPER | PICKET_EVENT_VIA_PROC;
	record = encode(&builder, &container, &rule);
	for (size_t i = 0; find(record, 6, i, &pair); i++) {
		value = get(pair.bytes, 2, WIRE_BYTES).bytes;
		if (find(value, 2, 0, &boolean)) {
			assert_int_equal(boolean.value, 1);
			booleans++;
		}
	}
	assert_true(booleans >= 3);
	free(record.bytes);
}

static void every_severity_has_its_number(void **state)
{
	static const struct {
		enum severity severity;
		int number;
	} cases[] = {
		{ SEVERITY_DEBUG, 5 },	  { SEVERITY_INFO, 9 },	  { SEVERITY_NOTICE, 10 },
		{ SEVERITY_WARNING, 13 }, { SEVERITY_ERROR, 17 }, { SEVERITY_CRITICAL, 18 },
	};

	(void)state;
	assert_int_equal(ARRAY_SIZE(cases), SEVERITY_COUNT);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rule rule = example_rule();
		struct event_builder builder;
		struct otlp_bytes record;

		rule.severity = cases[i].severity;
		builder_open(&builder, "/bin/cat", "/etc/shadow", PICKET_ACCESS_READ);
		record = encode(&builder, NULL, &rule);
		assert_int_equal(get(record, 2, WIRE_VARINT).value, cases[i].number);
		assert_true(is_text(get(record, 3, WIRE_BYTES).bytes, severity_name(cases[i].severity)));
		free(record.bytes);
	}
}

static void an_address_is_written_as_people_write_it(void **state)
{
	static const uint8_t address[4] = { 192, 0, 2, 7 };
	struct event_builder builder;
	struct rule rule = example_rule();
	struct otlp_bytes record, value;

	(void)state;
	builder_connect(&builder, AF_INET, address, 443);
	record = encode(&builder, NULL, &rule);
	assert_int_equal(find_attribute(record, 6, "destination.address", &value), 1);
	assert_true(is_text(get(value, 1, WIRE_BYTES).bytes, "192.0.2.7"));
	assert_true(is_text(get(record, 12, WIRE_BYTES).bytes, "picket.finding.network_connect"));
	free(record.bytes);
}

/* A collector in Go refuses a whole request for one string that is not UTF-8. */
static void assert_all_texts_are_utf8(struct otlp_bytes record)
{
	struct wire_field pair, text;

	for (size_t i = 0; find(record, 6, i, &pair); i++)
		for (unsigned int number = 1; number <= 2; number++) {
			struct otlp_bytes value = get(pair.bytes, number, WIRE_BYTES).bytes;

			if (number == 2 && !find(value, 1, 0, &text))
				continue;
			if (number == 2)
				value = text.bytes;
			assert_int_equal(utf8_valid_size((char *)value.bytes, value.size), value.size);
		}
	text = get(get(record, 5, WIRE_BYTES).bytes, 1, WIRE_BYTES);
	assert_int_equal(utf8_valid_size((char *)text.bytes.bytes, text.bytes.size), text.bytes.size);
}

static void bytes_that_are_no_text_become_text(void **state)
{
	struct container container = builder_container();
	struct event_builder builder;
	struct rule rule = example_rule();
	struct otlp_bytes record, value;

	(void)state;
	container.name = "we\xff"
			 "b";
	builder_start(&builder, PICKET_KIND_FILE_OPEN, "/bin/\xc3\x28");
	memcpy(builder.event.comm, "\x80\x81\xfe", 4);
	memcpy(builder.event.ancestors[0].comm, "\xf0\x9f", 3);
	builder_add_text(&builder, PICKET_TEXT_PATH, "/tmp/\xf5\xed\xa0\x80/x");
	record = encode(&builder, &container, &rule);
	assert_all_texts_are_utf8(record);
	assert_int_equal(find_attribute(record, 6, "container.name", &value), 1);
	assert_true(is_text(get(value, 1, WIRE_BYTES).bytes, "we" UTF8_REPLACEMENT "b"));
	free(record.bytes);
}

static void the_longest_texts_fit(void **state)
{
	char path[PICKET_PATH_SIZE], args[PICKET_ARGS_SIZE];
	struct event_builder builder;
	struct rule rule = example_rule();
	struct otlp_bytes record;

	(void)state;
	memset(path, 0xff, sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	memset(args, 0xfe, sizeof(args));
	builder_start(&builder, PICKET_KIND_FILE_OPEN, path);
	builder_add_text(&builder, PICKET_TEXT_PATH, path);
	builder_add_text(&builder, PICKET_TEXT_REQUESTED, path + 1);
	builder_add_bytes(&builder, PICKET_TEXT_ARGS, args, sizeof(args) - 4);
	record = encode(&builder, NULL, &rule);
	assert_all_texts_are_utf8(record);
	assert_true(record.size < 65536);
	free(record.bytes);
}

static void a_request_wraps_the_records_as_they_are(void **state)
{
	struct otlp_attribute attributes[] = { { "service.name", "picket" }, { "host.name", "n\xff" } };
	struct otlp_resource resource = { attributes, 2 };
	struct otlp_bytes records[3], request, resource_logs, scope_logs, scope, value;
	struct wire_field field;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		records[i] = encode_open(i == 1 ? "/etc/passwd" : "/etc/shadow");
	assert_int_equal(otlp_encode_request(&resource, records, 3, &request), 0);
	resource_logs = get(request, 1, WIRE_BYTES).bytes;
	assert_false(find(request, 1, 1, &field));
	assert_int_equal(find_attribute(get(resource_logs, 1, WIRE_BYTES).bytes, 1, "service.name", &value), 1);
	assert_true(is_text(get(value, 1, WIRE_BYTES).bytes, "picket"));
	assert_int_equal(find_attribute(get(resource_logs, 1, WIRE_BYTES).bytes, 1, "host.name", &value), 1);
	assert_true(is_text(get(value, 1, WIRE_BYTES).bytes, "n" UTF8_REPLACEMENT));
	scope_logs = get(resource_logs, 2, WIRE_BYTES).bytes;
	scope = get(scope_logs, 1, WIRE_BYTES).bytes;
	assert_true(is_text(get(scope, 1, WIRE_BYTES).bytes, "picket"));
	assert_true(get(scope, 2, WIRE_BYTES).bytes.size > 0);
	for (size_t i = 0; i < 3; i++) {
		assert_true(find(scope_logs, 2, i, &field));
		assert_int_equal(field.wire, WIRE_BYTES);
		assert_int_equal(field.bytes.size, records[i].size);
		assert_memory_equal(field.bytes.bytes, records[i].bytes, records[i].size);
		free(records[i].bytes);
	}
	assert_false(find(scope_logs, 2, 3, &field));
	free(request.bytes);
}

static int decode(const char *bytes, size_t size, uint64_t *ret_rejected, char message[64])
{
	*ret_rejected = 77;
	strcpy(message, "untouched");
	return otlp_decode_response(bytes, size, ret_rejected, message, 64);
}

static void an_empty_answer_is_a_full_success(void **state)
{
	uint64_t rejected;
	char message[64];

	(void)state;
	assert_int_equal(decode("", 0, &rejected, message), 0);
	assert_int_equal(rejected, 0);
	assert_string_equal(message, "");
	assert_int_equal(decode("\x0a\x00", 2, &rejected, message), 0);
	assert_int_equal(rejected, 0);
}

static void a_partial_success_tells_how_many_and_why(void **state)
{
	uint64_t rejected;
	char message[64];

	(void)state;
	assert_int_equal(decode("\x0a\x0b\x08\x96\x01\x12\x06"
				"ab\x1b[1c",
				13, &rejected, message),
			 0);
	assert_int_equal(rejected, 150);
	assert_string_equal(message, "ab" UTF8_REPLACEMENT "[1c"); /* no escapes to a terminal */
	/* -1, as ten bytes */
	assert_int_equal(decode("\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13, &rejected, message), 0);
	assert_int_equal(rejected, 0);
}

static void a_long_reason_is_cut(void **state)
{
	char bytes[4 + 100] = "\x0a\x66\x12\x64", message[16];
	uint64_t rejected;

	(void)state;
	memset(bytes + 4, 'x', 100);
	assert_int_equal(otlp_decode_response(bytes, sizeof(bytes), &rejected, message, sizeof(message)), 0);
	assert_int_equal(strlen(message), 15);
}

static void an_answer_that_is_something_else_is_refused_and_leaves_output_alone(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} cases[] = {
		{ "<html>bad gateway</html>", 24 },
		{ "{\"partialSuccess\":{}}", 21 },
		{ "\x0a", 1 },
		{ "\x0a\x05\x08", 3 },
		{ "\x0a\xff\xff\xff\xff\x0f", 6 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12 },
	};
	uint64_t rejected;
	char message[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(decode(cases[i].bytes, cases[i].size, &rejected, message), -EBADMSG);
		assert_int_equal(rejected, 77);
		assert_string_equal(message, "untouched");
	}
}

static void the_words_of_a_refusal_are_read(void **state)
{
	char message[64] = "untouched";

	(void)state;
	assert_int_equal(otlp_decode_status("\x08\x03\x12\x07"
					    "bad\nkey",
					    11, message, sizeof(message)),
			 0);
	assert_string_equal(message, "bad" UTF8_REPLACEMENT "key");
	strcpy(message, "untouched");
	assert_int_equal(otlp_decode_status("<html>", 6, message, sizeof(message)), -EBADMSG);
	assert_string_equal(message, "untouched");
}

static void what_is_compressed_comes_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 100, 1000000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		AUTO_FREE uint8_t *bytes = malloc(sizes[i] + 1), *back = malloc(sizes[i] + 1);
		struct otlp_bytes plain = { bytes, sizes[i] }, gzip;
		z_stream stream = { 0 };

		for (size_t at = 0; at < sizes[i]; at++)
			bytes[at] = at * at >> 7;
		assert_int_equal(otlp_compress(&plain, &gzip), 0);
		assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
		stream.next_in = gzip.bytes;
		stream.avail_in = gzip.size;
		stream.next_out = back;
		stream.avail_out = sizes[i] + 1;
		assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
		assert_int_equal(stream.total_out, sizes[i]);
		assert_memory_equal(back, bytes, sizes[i]);
		inflateEnd(&stream);
		free(gzip.bytes);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_what_the_protocol_says),
		cmocka_unit_test(attributes_keep_their_types),
		cmocka_unit_test(truth_values_are_truth_values),
		cmocka_unit_test(every_severity_has_its_number),
		cmocka_unit_test(an_address_is_written_as_people_write_it),
		cmocka_unit_test(bytes_that_are_no_text_become_text),
		cmocka_unit_test(the_longest_texts_fit),
		cmocka_unit_test(a_request_wraps_the_records_as_they_are),
		cmocka_unit_test(an_empty_answer_is_a_full_success),
		cmocka_unit_test(a_partial_success_tells_how_many_and_why),
		cmocka_unit_test(a_long_reason_is_cut),
		cmocka_unit_test(an_answer_that_is_something_else_is_refused_and_leaves_output_alone),
		cmocka_unit_test(the_words_of_a_refusal_are_read),
		cmocka_unit_test(what_is_compressed_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
