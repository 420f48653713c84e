/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "event_builder.h"

/* The field's value as text; "(absent)" when the event has none. */
static const char *field_text(const struct event_builder *builder, const struct container *container, const char *name)
{
	struct event_context context = { .event = &builder->event, .container = container };
	const struct field *field = catalogue_find_field(name);
	static char text[FIELD_BUFFER_SIZE];
	char buffer[FIELD_BUFFER_SIZE];
	struct field_value value;

	assert_non_null(field);
	if (!field->get(&context, buffer, &value))
		return "(absent)";
	assert_int_equal(value.type, field->type);
	if (value.type == FIELD_STRING)
		assert_int_equal(strlen(value.string.text), value.string.size);
	field_format(&value, text, sizeof(text));
	return text;
}

#define ASSERT_FIELD(builder, container, name, text) assert_string_equal(field_text(builder, container, name), text)

static void every_name_and_alias_is_found_and_names_one_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < catalogue_field_count; i++) {
		const struct field *field = &catalogue_fields[i];

		assert_ptr_equal(catalogue_find_field(field->name), field);
		if (field->alias)
			assert_ptr_equal(catalogue_find_field(field->alias), field);
		assert_non_null(field->get);
		assert_true(field->kinds && field->kinds < 1ULL << PICKET_KIND_COUNT);
		assert_true(strlen(field->help) > 0);
	}
	assert_null(catalogue_find_field("file.paths"));
	assert_null(catalogue_find_field(""));
}

static void own_names_carry_the_prefix_and_their_alias_does_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < catalogue_field_count; i++) {
		const struct field *field = &catalogue_fields[i];

		if (strncmp(field->name, "picket.", 7) == 0)
			assert_string_equal(field->alias, field->name + 7);
	}
}

static void misspelt_names_get_a_suggestion_and_strange_ones_none(void **state)
{
	char long_name[5000];

	(void)state;
	assert_string_equal(catalogue_suggest_field("file.pth"), "file.path");
	assert_string_equal(catalogue_suggest_field("proces.executable.path"), "process.executable.path");
	assert_string_equal(catalogue_suggest_field("access"), "picket.file.access");
	assert_null(catalogue_suggest_field("zzzzzzzz"));
	assert_null(catalogue_suggest_field(""));
	memset(long_name, 'f', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_null(catalogue_suggest_field(long_name));
}

static void kinds_are_found_by_their_name(void **state)
{
	enum picket_kind kind = PICKET_KIND_COUNT;

	(void)state;
	assert_int_equal(catalogue_find_kind("file_open", &kind), 0);
	assert_int_equal(kind, PICKET_KIND_FILE_OPEN);
	assert_int_equal(catalogue_find_kind("file_opens", &kind), -ENOENT);
	assert_int_equal(kind, PICKET_KIND_FILE_OPEN);
	assert_string_equal(catalogue_kind_name(9999), "unknown");
}

static void an_open_shows_its_file_and_its_process(void **state)
{
	struct container container = builder_container();
	struct event_builder builder;

	(void)state;
	builder_open(&builder, "/usr/bin/cat", "/etc/shadow", PICKET_ACCESS_READ | PICKET_ACCESS_WRITE);
	assert_true(event_valid(&builder, builder.event.size));
	ASSERT_FIELD(&builder, &container, "file.path", "/etc/shadow");
	ASSERT_FIELD(&builder, &container, "file.name", "shadow");
	ASSERT_FIELD(&builder, &container, "file.directory", "/etc");
	ASSERT_FIELD(&builder, &container, "file.access", "read,write");
	ASSERT_FIELD(&builder, &container, "file.mode", "0640");
	ASSERT_FIELD(&builder, &container, "file.type", "regular");
	ASSERT_FIELD(&builder, &container, "file.inode", "77");
	ASSERT_FIELD(&builder, &container, "file.error", "(absent)");
	ASSERT_FIELD(&builder, &container, "file.device_node", "(absent)");
	ASSERT_FIELD(&builder, &container, "process.pid", "4711");
	ASSERT_FIELD(&builder, &container, "process.executable", "/usr/bin/cat");
	ASSERT_FIELD(&builder, &container, "process.executable.name", "cat");
	ASSERT_FIELD(&builder, &container, "process.parent.name", "bash");
	ASSERT_FIELD(&builder, &container, "process.ancestors", "bash < tini");
	ASSERT_FIELD(&builder, &container, "container.name", "web");
	ASSERT_FIELD(&builder, NULL, "container.name", "(absent)");
}

static void the_root_directory_has_a_directory(void **state)
{
	struct event_builder builder;

	(void)state;
	builder_open(&builder, "/x", "/vmlinuz", PICKET_ACCESS_READ);
	ASSERT_FIELD(&builder, NULL, "file.directory", "/");
	builder_open(&builder, "/x", "/", PICKET_ACCESS_READ);
	ASSERT_FIELD(&builder, NULL, "file.directory", "/");
	ASSERT_FIELD(&builder, NULL, "file.name", "(absent)");
	builder_open(&builder, "/x", "nameless", PICKET_ACCESS_READ);
	ASSERT_FIELD(&builder, NULL, "file.name", "nameless");
	ASSERT_FIELD(&builder, NULL, "file.directory", "(absent)");
}

static void an_image_is_shown_whole_and_without_its_tag(void **state)
{
	static const char *const images[][2] = {
		{ "nginx", "nginx" },
		{ "nginx:1.25", "nginx" },
		{ "registry.example:5000/a/b", "registry.example:5000/a/b" },
		{ "registry.example:5000/a/b:v1@sha256:00ff", "registry.example:5000/a/b" },
		{ "b@sha256:00ff", "b" },
		{ "sha256:00ff", "(absent)" },
		{ "", "(absent)" },
	};
	struct container container = builder_container();
	struct event_builder builder;

	(void)state;
	builder_open(&builder, "/x", "/y", PICKET_ACCESS_READ);
	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
		container.image = (char *)images[i][0];
		ASSERT_FIELD(&builder, &container, "container.image.name", images[i][1]);
		ASSERT_FIELD(&builder, &container, "container.image", *images[i][0] ? images[i][0] : "(absent)");
	}
}

static void only_pods_have_a_kubernetes_namespace(void **state)
{
	struct container container = builder_container();
	struct event_builder builder;

	(void)state;
	builder_open(&builder, "/x", "/y", PICKET_ACCESS_READ);
	ASSERT_FIELD(&builder, &container, "k8s.namespace.name", "(absent)");
	container.pod = "api-0";
	ASSERT_FIELD(&builder, &container, "k8s.namespace.name", "moby");
	ASSERT_FIELD(&builder, &container, "k8s.pod.name", "api-0");
}

static void refused(struct event_builder *builder, const char *base, const char *written)
{
	builder_start(builder, PICKET_KIND_FILE_OPEN, "/usr/bin/cat");
	builder->event.result = -EACCES;
	if (base)
		builder_add_text(builder, PICKET_TEXT_BASE, base);
	if (written)
		builder_add_text(builder, PICKET_TEXT_REQUESTED, written);
}

static void a_refused_open_shows_what_was_asked_for(void **state)
{
	static const char *const cases[][3] = {
		{ "/home/a", "b", "/home/a/b" },
		{ "/home/a", "/etc/shadow", "/etc/shadow" },
		{ "/", "etc//./shadow/", "/etc/shadow" },
		{ "/home/a", "../../../../etc", "/etc" },
		{ "/a", "..", "/" },
		{ NULL, "relative", "(absent)" },
		{ "relative", "too", "(absent)" },
		{ "/a", NULL, "(absent)" },
		{ "/a", "...", "/a/..." },
		{ "/a/b", "../.c", "/a/.c" },
	};
	struct event_builder builder;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		refused(&builder, cases[i][0], cases[i][1]);
		assert_true(event_valid(&builder, builder.event.size));
		ASSERT_FIELD(&builder, NULL, "file.path", cases[i][2]);
		ASSERT_FIELD(&builder, NULL, "file.error", "EACCES");
		ASSERT_FIELD(&builder, NULL, "file.access", "(absent)");
		ASSERT_FIELD(&builder, NULL, "file.mode", "(absent)");
	}
}

static void an_open_through_a_ring_without_a_file_shows_what_was_asked_for(void **state)
{
	struct event_builder builder;

	(void)state;
	refused(&builder, "/home/user", "../../etc/shadow");
	builder.event.result = 0;
	ASSERT_FIELD(&builder, NULL, "file.path", "(absent)");
	builder.event.flags |= PICKET_EVENT_IO_URING;
	ASSERT_FIELD(&builder, NULL, "file.path", "/etc/shadow");
}

static void a_directory_that_the_kernel_found_takes_the_last_name_only(void **state)
{
	static const char *const cases[][3] = {
		{ "/etc", "/tmp/e/passwd", "/etc/passwd" },
		{ "/etc", "link/passwd///", "/etc/passwd" },
		{ "/", "x/passwd", "/passwd" },
		{ "/etc", "passwd", "/etc/passwd" },
		{ "/etc", "", "(absent)" },
		{ NULL, "/tmp/e/passwd", "(absent)" },
	};
	struct event_builder builder;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		refused(&builder, cases[i][0], cases[i][1]);
		builder.event.kind = PICKET_KIND_FILE_MODIFY;
		builder.event.flags |= PICKET_EVENT_IN_BASE;
		ASSERT_FIELD(&builder, NULL, "file.path", cases[i][2]);
	}
	builder.event.modify.operation = PICKET_MODIFICATION_RENAME;
	builder.event.flags = PICKET_EVENT_IN_SOURCE_BASE;
	builder_add_text(&builder, PICKET_TEXT_SOURCE_BASE, "/etc");
	builder_add_text(&builder, PICKET_TEXT_SOURCE, "/tmp/e/group");
	ASSERT_FIELD(&builder, NULL, "file.source_path", "/etc/group");
}

static void the_longest_refused_path_fits_and_a_longer_one_is_absent(void **state)
{
	char base[PICKET_PATH_SIZE], written[PICKET_DATA_SIZE];
	struct event_builder builder;

	(void)state;
	memset(base, 'b', sizeof(base));
	base[0] = '/';
	base[sizeof(base) - 1] = '\0';
	memset(written, 'w', sizeof(written));
	written[PICKET_PATH_SIZE - 1] = '\0';
	refused(&builder, base, written);
	assert_int_equal(strlen(field_text(&builder, NULL, "file.path")), 2 * (PICKET_PATH_SIZE - 1) + 1);
	assert_int_equal(strlen(field_text(&builder, NULL, "file.directory")), PICKET_PATH_SIZE - 1);
	written[PICKET_PATH_SIZE - 1] = 'w';
	written[FIELD_BUFFER_SIZE - 3] = '\0';
	refused(&builder, "/b", written);
	ASSERT_FIELD(&builder, NULL, "file.path", "(absent)");
}

static void arguments_are_joined_by_spaces(void **state)
{
	static const char arguments[] = "sh\0-c\0echo  x\0";
	struct event_builder builder;

	(void)state;
	builder_start(&builder, PICKET_KIND_PROCESS_EXEC, "/bin/sh");
	builder_add_bytes(&builder, PICKET_TEXT_ARGS, arguments, sizeof(arguments) - 1);
	ASSERT_FIELD(&builder, NULL, "process.args", "sh -c echo  x");
	builder_start(&builder, PICKET_KIND_PROCESS_EXEC, "/bin/sh");
	builder_add_bytes(&builder, PICKET_TEXT_ARGS, "\0\0\0", 3);
	ASSERT_FIELD(&builder, NULL, "process.command_line", "(absent)");
}

static void an_ipv4_address_inside_of_ipv6_is_ipv4(void **state)
{
	static const uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff, 169, 254, 169, 254 };
	static const uint8_t plain[4] = { 169, 254, 169, 254 };
	static const uint8_t six[16] = { 0xfd, 0, 0x0e, 0xc2, [14] = 2, [15] = 0x54 };
	struct event_builder builder;

	(void)state;
	builder_connect(&builder, AF_INET6, mapped, 80);
	ASSERT_FIELD(&builder, NULL, "destination.address", "169.254.169.254");
	ASSERT_FIELD(&builder, NULL, "network.type", "ipv4");
	builder_connect(&builder, AF_INET, plain, 80);
	ASSERT_FIELD(&builder, NULL, "destination.address", "169.254.169.254");
	ASSERT_FIELD(&builder, NULL, "destination.port", "80");
	builder_connect(&builder, AF_INET6, six, 80);
	ASSERT_FIELD(&builder, NULL, "destination.address", "fd00:ec2::254");
	ASSERT_FIELD(&builder, NULL, "network.type", "ipv6");
	ASSERT_FIELD(&builder, NULL, "network.transport", "tcp");
	builder.event.network.family = AF_UNIX;
	ASSERT_FIELD(&builder, NULL, "destination.address", "(absent)");
	ASSERT_FIELD(&builder, NULL, "destination.port", "(absent)");
}

static void a_connection_still_being_made_has_not_failed(void **state)
{
	static const uint8_t address[4] = { 10, 0, 0, 1 };
	struct event_builder builder;

	(void)state;
	builder_connect(&builder, AF_INET, address, 80);
	builder.event.result = -EINPROGRESS;
	ASSERT_FIELD(&builder, NULL, "network.error", "(absent)");
	builder.event.result = -ECONNREFUSED;
	ASSERT_FIELD(&builder, NULL, "network.error", "ECONNREFUSED");
	builder.event.result = INT32_MIN;
	ASSERT_FIELD(&builder, NULL, "network.error", "(absent)");
	builder.event.result = -4000;
	ASSERT_FIELD(&builder, NULL, "network.error", "(absent)");
}

static void a_device_file_shows_its_device(void **state)
{
	struct event_builder builder;

	(void)state;
	builder_open(&builder, "/x", "/dev/sda1", PICKET_ACCESS_READ);
	builder.event.file.mode = 060660;
	builder.event.file.node = 8 << 20 | 1;
	ASSERT_FIELD(&builder, NULL, "file.type", "block");
	ASSERT_FIELD(&builder, NULL, "file.device_node", "8:1");
}

static void an_end_by_signal_has_no_exit_code(void **state)
{
	struct event_builder builder;

	(void)state;
	builder_start(&builder, PICKET_KIND_PROCESS_EXIT, "/x");
	ASSERT_FIELD(&builder, NULL, "process.exit.code", "0");
	ASSERT_FIELD(&builder, NULL, "process.exit.signal", "(absent)");
	builder.event.exit.signal = 9;
	builder.event.exit.oom = 1;
	ASSERT_FIELD(&builder, NULL, "process.exit.code", "(absent)");
	ASSERT_FIELD(&builder, NULL, "process.exit.signal", "9");
	ASSERT_FIELD(&builder, NULL, "process.exit.oom_killed", "true");
}

static void cgroup_events_have_no_process(void **state)
{
	struct event_builder builder;

	(void)state;
	builder_start(&builder, PICKET_KIND_CGROUP_CREATE, "");
	builder.event.pid = 0;
	builder_add_text(&builder, PICKET_TEXT_PATH, "/docker/abc");
	ASSERT_FIELD(&builder, NULL, "cgroup.path", "/docker/abc");
	ASSERT_FIELD(&builder, NULL, "process.pid", "(absent)");
	ASSERT_FIELD(&builder, NULL, "process.user.id", "(absent)");
}

static void no_getter_reads_beyond_an_empty_record(void **state)
{
	struct container container = { .isolation.class = ISOLATION_WASM };
	char buffer[FIELD_BUFFER_SIZE];
	struct field_value value;

	(void)state;
	for (unsigned int kind = 0; kind < PICKET_KIND_COUNT; kind++) {
		struct picket_event *event = calloc(1, sizeof(*event));
		struct event_context context = { .event = event, .container = &container };

		assert_non_null(event);
		event->size = sizeof(*event);
		event->kind = kind;
		assert_true(event_valid(event, sizeof(*event)));
		for (size_t i = 0; i < catalogue_field_count; i++)
			if (catalogue_fields[i].kinds & 1ULL << kind)
				catalogue_fields[i].get(&context, buffer, &value);
		free(event);
	}
}

static void refuses_records_that_are_cut_or_misaligned(void **state)
{
	struct event_builder builder;

	(void)state;
	builder_open(&builder, "/x", "/y", PICKET_ACCESS_READ);
	assert_true(event_valid(&builder, builder.event.size));
	assert_true(event_valid(&builder, builder.event.size + 5));
	for (size_t size = 0; size < builder.event.size; size++)
		assert_false(event_valid(&builder, size));
	assert_false(event_valid(NULL, 4096));
	assert_false(event_valid(builder.bytes + 4, builder.event.size));
	builder.event.size = sizeof(builder.event) - 1;
	assert_false(event_valid(&builder, sizeof(builder)));
}

static void refuses_kinds_that_do_not_exist(void **state)
{
	struct event_builder builder;

	(void)state;
	builder_open(&builder, "/x", "/y", PICKET_ACCESS_READ);
	builder.event.kind = PICKET_KIND_COUNT;
	assert_false(event_valid(&builder, sizeof(builder)));
	builder.event.kind = UINT16_MAX;
	assert_false(event_valid(&builder, sizeof(builder)));
}

static void refuses_texts_out_of_bounds_or_unended(void **state)
{
	struct event_builder builder, good;

	(void)state;
	builder_open(&good, "/x", "/y", PICKET_ACCESS_READ);
	for (unsigned int id = 0; id < PICKET_TEXT_COUNT; id++) {
		builder = good;
		builder.event.text[id].offset = UINT16_MAX;
		builder.event.text[id].size = UINT16_MAX;
		assert_false(event_valid(&builder, sizeof(builder)));
		builder.event.text[id].offset = 0;
		builder.event.text[id].size = good.event.size - sizeof(good.event);
		assert_false(event_valid(&builder, sizeof(builder)));
		builder.event.text[id].size = 1; /* no NUL there */
		assert_false(event_valid(&builder, sizeof(builder)));
	}
}

static void refuses_names_without_an_end(void **state)
{
	struct event_builder builder;

	(void)state;
	builder_open(&builder, "/x", "/y", PICKET_ACCESS_READ);
	memset(builder.event.comm, 'a', PICKET_COMM_SIZE);
	assert_false(event_valid(&builder, sizeof(builder)));
	builder_open(&builder, "/x", "/y", PICKET_ACCESS_READ);
	memset(builder.event.ancestors[5].comm, 'a', PICKET_COMM_SIZE);
	assert_false(event_valid(&builder, sizeof(builder)));
}

static void formats_are_cut_at_the_buffer_and_always_ended(void **state)
{
	struct field_value value = { .type = FIELD_INTEGER, .integer = INT64_MIN };
	char buffer[8];

	(void)state;
	assert_int_equal(field_format(&value, buffer, 0), 0);
	assert_int_equal(field_format(&value, buffer, sizeof(buffer)), 7);
	assert_string_equal(buffer, "-922337");
	value = (struct field_value){ .type = FIELD_STRING, .string = { "abcdefgh", 8 } };
	assert_int_equal(field_format(&value, buffer, sizeof(buffer)), 7);
	assert_string_equal(buffer, "abcdefg");
	value = (struct field_value){ .type = FIELD_BOOLEAN, .boolean = true };
	assert_int_equal(field_format(&value, buffer, sizeof(buffer)), 4);
	assert_string_equal(buffer, "true");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_and_alias_is_found_and_names_one_field),
		cmocka_unit_test(own_names_carry_the_prefix_and_their_alias_does_not),
		cmocka_unit_test(misspelt_names_get_a_suggestion_and_strange_ones_none),
		cmocka_unit_test(kinds_are_found_by_their_name),
		cmocka_unit_test(an_open_shows_its_file_and_its_process),
		cmocka_unit_test(the_root_directory_has_a_directory),
		cmocka_unit_test(an_image_is_shown_whole_and_without_its_tag),
		cmocka_unit_test(only_pods_have_a_kubernetes_namespace),
		cmocka_unit_test(a_refused_open_shows_what_was_asked_for),
		cmocka_unit_test(an_open_through_a_ring_without_a_file_shows_what_was_asked_for),
		cmocka_unit_test(a_directory_that_the_kernel_found_takes_the_last_name_only),
		cmocka_unit_test(the_longest_refused_path_fits_and_a_longer_one_is_absent),
		cmocka_unit_test(arguments_are_joined_by_spaces),
		cmocka_unit_test(an_ipv4_address_inside_of_ipv6_is_ipv4),
		cmocka_unit_test(a_connection_still_being_made_has_not_failed),
		cmocka_unit_test(a_device_file_shows_its_device),
		cmocka_unit_test(an_end_by_signal_has_no_exit_code),
		cmocka_unit_test(cgroup_events_have_no_process),
		cmocka_unit_test(no_getter_reads_beyond_an_empty_record),
		cmocka_unit_test(refuses_records_that_are_cut_or_misaligned),
		cmocka_unit_test(refuses_kinds_that_do_not_exist),
		cmocka_unit_test(refuses_texts_out_of_bounds_or_unended),
		cmocka_unit_test(refuses_names_without_an_end),
		cmocka_unit_test(formats_are_cut_at_the_buffer_and_always_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
