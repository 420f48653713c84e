/* SPDX-License-Identifier: GPL-2.0-only */
/* A control server with a registry, in a directory of its own, and clients that talk to it. */
#ifndef CONTROL_FIXTURE_H
#define CONTROL_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <cmocka.h>

#include "cleanup.h"
#include "event_builder.h"
#include "export/control_server.h"

#define SLOTS 4000

struct fixture {
	char directory[32], path[64];
	struct event_loop *loop;
	struct registry *registry;
	struct self_metrics metrics;
	struct counter_table counters;
	struct control_server *server;
	struct rule rule;
	/* of a release under way */
	void (*done)(void *done_context, int error, const char *text);
	void *done_context;
	struct container *released;
	bool release_at_once;
};

static inline void release(void *context, struct container *container,
			   void (*done)(void *done_context, int error, const char *text), void *done_context)
{
	struct fixture *fixture = context;

	fixture->released = container;
	if (fixture->release_at_once) {
		done(done_context, -EINVAL, "nothing was done to this container");
		return;
	}
	fixture->done = done;
	fixture->done_context = done_context;
}

static inline int open_server(struct fixture *fixture, struct control_server **ret_server, char **ret_error)
{
	struct control_server_options options = {
		.path = fixture->path,
		.registry = fixture->registry,
		.metrics = &fixture->metrics,
		.counters = &fixture->counters,
		.release = release,
		.context = fixture,
	};

	return control_server_open(fixture->loop, &options, ret_server, ret_error);
}

static inline int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct registry_options options = { .max_slots = SLOTS, .retention_ns = 300000000000 };
	char *error = NULL;

	strcpy(fixture->directory, "/tmp/picket-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->directory));
	snprintf(fixture->path, sizeof(fixture->path), "%s/run/control.sock", fixture->directory);
	options.root_path = fixture->directory;
	assert_int_equal(registry_new(&options, &fixture->registry), 0);
	assert_int_equal(event_loop_new(&fixture->loop), 0);
	fixture->counters.slots = calloc(SLOTS, sizeof(*fixture->counters.slots));
	fixture->counters.slot_count = SLOTS;
	fixture->rule = (struct rule){
		.name = "shadow_file_read",
		.severity = SEVERITY_CRITICAL,
		.kind = PICKET_KIND_FILE_OPEN,
		.description = "",
	};
	assert_int_equal(open_server(fixture, &fixture->server, &error), 0);
	*state = fixture;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *fixture = *state;
	char command[64];

	control_server_close(fixture->server);
	if (fixture->done)
		fixture->done(fixture->done_context, -ECANCELED, "stopped");
	event_loop_free(fixture->loop);
	registry_free(fixture->registry);
	free(fixture->counters.slots);
	snprintf(command, sizeof(command), "rm -rf %s", fixture->directory);
	assert_int_equal(system(command), 0);
	free(fixture);
	return 0;
}

/* Let the server do what it can now. */
static inline void turn(struct fixture *fixture)
{
	for (int i = 0; i < 8; i++)
		assert_int_equal(event_loop_run_once(fixture->loop, 0), 0);
}

static inline int dial(const struct fixture *fixture)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, fixture->path, sizeof(fixture->path));
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static inline int ask(struct fixture *fixture, const char *request)
{
	int fd = dial(fixture);

	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
	assert_int_equal(send(fd, "\n", 1, MSG_NOSIGNAL), 1);
	turn(fixture);
	return fd;
}

/* Everything the server has to say until it hangs up (ret_closed) or waits; free(3) it. */
static inline char *listen_to(struct fixture *fixture, int fd, bool *ret_closed)
{
	char *text = calloc(1, 1);
	size_t used = 0;
	int quiet = 0;

	*ret_closed = false;
	while (quiet < 3 && !*ret_closed) {
		char bytes[65536];
		ssize_t size = recv(fd, bytes, sizeof(bytes), 0);

		if (size > 0) {
			text = realloc(text, used + size + 1);
			memcpy(text + used, bytes, size);
			used += size;
			text[used] = '\0';
		} else if (size == 0 || errno == ECONNRESET) {
			*ret_closed = true;
		} else {
			assert_int_equal(errno, EAGAIN);
			turn(fixture);
			quiet++;
			continue;
		}
		quiet = 0;
	}
	return text;
}

/* The answer, which must be complete, as an array of its lines. */
static inline json_t *answer_to(struct fixture *fixture, const char *request)
{
	AUTO_CLOSE int fd = ask(fixture, request);
	AUTO_FREE char *text = NULL;
	json_t *lines = json_array();
	bool closed;

	text = listen_to(fixture, fd, &closed);
	assert_true(closed);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		json_t *object = json_loads(line, 0, NULL);

		assert_true(json_is_object(object));
		json_array_append_new(lines, object);
	}
	return lines;
}

static inline const char *text_of(const json_t *lines, size_t index, const char *key)
{
	const char *text = json_string_value(json_object_get(json_array_get(lines, index), key));

	return text ? text : "";
}

static inline bool ends(const json_t *lines)
{
	return json_is_true(json_object_get(json_array_get(lines, json_array_size(lines) - 1), "end"));
}

static inline void assert_refused(struct fixture *fixture, const char *request)
{
	json_t *lines = answer_to(fixture, request);

	assert_int_equal(json_array_size(lines), 1);
	assert_string_not_equal(text_of(lines, 0, "error"), "");
	json_decref(lines);
}

static inline struct container *add_container(struct fixture *fixture, unsigned int number)
{
	struct registry_verdict verdict;
	char path[128];

	snprintf(path, sizeof(path), "/docker/%064x", number);
	assert_int_equal(registry_add(fixture->registry, 1000 + number, 0, path, PICKET_SLOT_FIRST + number, &verdict),
			 0);
	assert_non_null(verdict.container);
	return verdict.container;
}

static inline void publish(struct fixture *fixture, const struct container *container, const char *path)
{
	struct event_builder builder;
	struct finding finding = { .rule = &fixture->rule, .time_unix_ns = 1700000000000000000 };

	builder_open(&builder, "/usr/bin/any-program-at-all", path, PICKET_ACCESS_READ);
	finding.context.event = &builder.event;
	finding.context.container = container;
	strcpy(finding.id, "00112233445566778899aabbccddeeff");
	control_server_publish(fixture->server, &finding);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
