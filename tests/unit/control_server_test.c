/* SPDX-License-Identifier: GPL-2.0-only */
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

static void release(void *context, struct container *container,
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

static int open_server(struct fixture *fixture, struct control_server **ret_server, char **ret_error)
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

static int setup(void **state)
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

static int teardown(void **state)
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
static void turn(struct fixture *fixture)
{
	for (int i = 0; i < 8; i++)
		assert_int_equal(event_loop_run_once(fixture->loop, 0), 0);
}

static int dial(const struct fixture *fixture)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, fixture->path, sizeof(fixture->path));
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static int ask(struct fixture *fixture, const char *request)
{
	int fd = dial(fixture);

	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
	assert_int_equal(send(fd, "\n", 1, MSG_NOSIGNAL), 1);
	turn(fixture);
	return fd;
}

/* Everything the server has to say until it hangs up (ret_closed) or waits; free(3) it. */
static char *listen_to(struct fixture *fixture, int fd, bool *ret_closed)
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
static json_t *answer_to(struct fixture *fixture, const char *request)
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

static const char *text_of(const json_t *lines, size_t index, const char *key)
{
	const char *text = json_string_value(json_object_get(json_array_get(lines, index), key));

	return text ? text : "";
}

static bool ends(const json_t *lines)
{
	return json_is_true(json_object_get(json_array_get(lines, json_array_size(lines) - 1), "end"));
}

static void assert_refused(struct fixture *fixture, const char *request)
{
	json_t *lines = answer_to(fixture, request);

	assert_int_equal(json_array_size(lines), 1);
	assert_string_not_equal(text_of(lines, 0, "error"), "");
	json_decref(lines);
}

static struct container *add_container(struct fixture *fixture, unsigned int number)
{
	struct registry_verdict verdict;
	char path[128];

	snprintf(path, sizeof(path), "/docker/%064x", number);
	assert_int_equal(registry_add(fixture->registry, 1000 + number, 0, path, PICKET_SLOT_FIRST + number, &verdict),
			 0);
	assert_non_null(verdict.container);
	return verdict.container;
}

static void publish(struct fixture *fixture, const struct container *container, const char *path)
{
	struct event_builder builder;
	struct finding finding = { .rule = &fixture->rule, .time_unix_ns = 1700000000000000000 };

	builder_open(&builder, "/usr/bin/any-program-at-all", path, PICKET_ACCESS_READ);
	finding.context.event = &builder.event;
	finding.context.container = container;
	strcpy(finding.id, "00112233445566778899aabbccddeeff");
	control_server_publish(fixture->server, &finding);
}

static void the_socket_is_for_its_owner_only(void **state)
{
	struct fixture *fixture = *state;
	char directory[64];
	struct stat status;

	assert_int_equal(stat(fixture->path, &status), 0);
	assert_true(S_ISSOCK(status.st_mode));
	assert_int_equal(status.st_mode & 0777, 0600);
	snprintf(directory, sizeof(directory), "%s/run", fixture->directory);
	assert_int_equal(stat(directory, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
}

static void a_second_picket_is_refused_and_the_first_goes_on(void **state)
{
	struct fixture *fixture = *state;
	struct control_server *second = (void *)state;
	AUTO_FREE char *error = NULL;
	json_t *lines;

	assert_int_equal(open_server(fixture, &second, &error), -EADDRINUSE);
	assert_ptr_equal(second, state);
	assert_non_null(strstr(error, "another picket"));
	lines = answer_to(fixture, "{\"command\":\"status\"}");
	assert_true(ends(lines));
	json_decref(lines);
}

static void a_stale_socket_is_replaced_and_another_file_is_not(void **state)
{
	struct fixture *fixture = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	AUTO_FREE char *error = NULL;
	int fd;

	control_server_close(fixture->server);
	fixture->server = NULL;
	assert_int_equal(access(fixture->path, F_OK), -1);

	memcpy(address.sun_path, fixture->path, sizeof(fixture->path));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_int_equal(open_server(fixture, &fixture->server, &error), 0);
	control_server_close(fixture->server);
	fixture->server = NULL;

	fd = open(fixture->path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_int_equal(open_server(fixture, &fixture->server, &error), -EEXIST);
	assert_null(fixture->server);
	assert_non_null(strstr(error, fixture->path));
	assert_int_equal(access(fixture->path, F_OK), 0);
}

static void a_path_that_no_socket_can_have_is_an_error(void **state)
{
	struct fixture *fixture = *state;
	struct control_server_options options = { .metrics = &fixture->metrics };
	struct control_server *server = NULL;
	char path[300];

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	for (size_t i = 0; i < 2; i++) {
		AUTO_FREE char *error = NULL;

		options.path = i ? path : "/nonexistent/deep/control.sock";
		assert_true(control_server_open(fixture->loop, &options, &server, &error) < 0);
		assert_non_null(error);
		assert_null(server);
	}
}

static void status_tells_the_numbers(void **state)
{
	struct fixture *fixture = *state;
	json_t *lines;

	fixture->metrics.ready = true;
	fixture->metrics.rules_loaded = 7;
	fixture->metrics.lost[LOST_TRANSPORT] = 3;
	lines = answer_to(fixture, "{\"command\":\"status\"}");
	assert_int_equal(json_array_size(lines), 2);
	assert_true(json_is_true(json_object_get(json_array_get(lines, 0), "ready")));
	assert_int_equal(json_integer_value(json_object_get(json_array_get(lines, 0), "picket_rules_loaded")), 7);
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(lines, 0), "picket_events_lost{stage=transport}")),
		3);
	assert_true(ends(lines));
	json_decref(lines);
}

static void sensors_are_all_listed_with_their_reason(void **state)
{
	struct fixture *fixture = *state;
	json_t *lines;

	fixture->metrics.sensors[PICKET_SENSOR_FILE].backend = PICKET_BACKEND_TRACEPOINT;
	fixture->metrics.sensors[PICKET_SENSOR_FILE].up = true;
	strcpy(fixture->metrics.sensors[PICKET_SENSOR_FILE].reason, "no lsm \xff");
	lines = answer_to(fixture, "{\"command\":\"sensors\"}");
	assert_int_equal(json_array_size(lines), PICKET_SENSOR_COUNT + 1);
	assert_string_equal(text_of(lines, PICKET_SENSOR_FILE, "sensor"), "file");
	assert_string_equal(text_of(lines, PICKET_SENSOR_FILE, "backend"), "tracepoint");
	assert_string_equal(text_of(lines, PICKET_SENSOR_FILE, "reason"), "no lsm \xef\xbf\xbd");
	assert_true(ends(lines));
	json_decref(lines);
}

static void containers_are_listed_with_their_counters(void **state)
{
	struct fixture *fixture = *state;
	struct container *container = add_container(fixture, 1);
	json_t *lines, *counters;

	fixture->counters.slots[container->slot].value[PICKET_COUNTER_FILE_OPENS_READ] = 42;
	lines = answer_to(fixture, "{\"command\":\"containers\"}");
	assert_int_equal(json_array_size(lines), 2);
	assert_string_equal(text_of(lines, 0, "id"), container->id);
	assert_string_equal(text_of(lines, 0, "runtime"), "docker");
	counters = json_object_get(json_array_get(lines, 0), "counters");
	assert_int_equal(json_object_size(counters), PICKET_COUNTER_COUNT);
	assert_int_equal(json_integer_value(json_object_get(counters, "picket_file_opens_total{access=read}")), 42);
	json_decref(lines);
}

static void a_list_of_thousands_comes_whole(void **state)
{
	struct fixture *fixture = *state;
	json_t *lines;

	for (unsigned int i = 0; i < 3000; i++)
		add_container(fixture, i);
	lines = answer_to(fixture, "{\"command\":\"containers\"}");
	assert_int_equal(json_array_size(lines), 3001);
	assert_true(ends(lines));
	json_decref(lines);
}

static void forget_slot(void *context, uint32_t slot)
{
	(void)context;
	(void)slot;
}

static void containers_that_end_during_the_list_drop_out_of_it(void **state)
{
	struct fixture *fixture = *state;
	AUTO_CLOSE int fd = -1;
	AUTO_FREE char *text = NULL;
	bool closed;

	for (unsigned int i = 0; i < 3000; i++)
		add_container(fixture, i);
	fd = ask(fixture, "{\"command\":\"containers\"}");
	for (unsigned int i = 0; i < 3000; i++)
		registry_remove(fixture->registry, 1000 + i);
	assert_int_equal(registry_expire(fixture->registry, INT64_MAX, forget_slot, NULL), 3000);
	text = listen_to(fixture, fd, &closed);
	assert_true(closed);
	assert_non_null(strstr(text, "{\"end\":true}\n"));
}

static void hostile_requests_are_refused_and_the_server_goes_on(void **state)
{
	static const char *const requests[] = {
		"",
		"nonsense",
		"[]",
		"null",
		"{\"command\":",
		"{\"command\":null}",
		"{\"command\":\"nothing\"}",
		"{\"command\":\"status\"} trailing",
		"{\"command\":\"status\",\"command\":\"events\"}",
		"{\"command\":\"status\\u0000\"}",
		"{\"command\":\"sta\xff\"}",
		"{\"command\":\"status\",\"rule\":\"x\"}",
		"{\"command\":\"events\",\"rule\":7}",
		"{\"command\":\"events\",\"lines\":\"all\"}",
		"{\"command\":\"events\",\"follow\":1}",
		"{\"command\":\"events\",\"container\":{}}",
		"{\"command\":\"events\",\"ruel\":\"x\"}",
		"{\"command\":\"release\"}",
		"{\"command\":\"release\",\"container\":\"none\"}",
	};
	struct fixture *fixture = *state;
	char *deep = malloc(60001);

	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		assert_refused(fixture, requests[i]);
	memset(deep, '[', 60000);
	deep[60000] = '\0';
	assert_refused(fixture, deep);
	free(deep);
	assert_null(fixture->released);
}

static void a_request_without_end_is_refused(void **state)
{
	struct fixture *fixture = *state;
	AUTO_CLOSE int fd = dial(fixture);
	AUTO_FREE char *text = NULL;
	char bytes[4096];
	bool closed;

	memset(bytes, ' ', sizeof(bytes));
	for (int i = 0; i < 20; i++) {
		send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
		turn(fixture);
	}
	text = listen_to(fixture, fd, &closed);
	assert_true(closed);
	assert_non_null(strstr(text, "too long"));
}

static void a_request_in_single_bytes_is_answered(void **state)
{
	static const char request[] = "{\"command\":\"status\"}\n";
	struct fixture *fixture = *state;
	AUTO_CLOSE int fd = dial(fixture);
	AUTO_FREE char *text = NULL;
	bool closed;

	for (size_t i = 0; i < strlen(request); i++) {
		assert_int_equal(send(fd, &request[i], 1, MSG_NOSIGNAL), 1);
		turn(fixture);
	}
	text = listen_to(fixture, fd, &closed);
	assert_true(closed);
	assert_non_null(strstr(text, "version"));
}

static void who_closes_its_half_still_gets_the_whole_answer(void **state)
{
	struct fixture *fixture = *state;
	AUTO_CLOSE int fd = dial(fixture);
	AUTO_FREE char *text = NULL;
	bool closed;

	for (unsigned int i = 0; i < 1000; i++)
		add_container(fixture, i);
	assert_int_equal(send(fd, "{\"command\":\"containers\"}\n", 25, MSG_NOSIGNAL), 25);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	text = listen_to(fixture, fd, &closed);
	assert_true(closed);
	assert_non_null(strstr(text, "{\"end\":true}\n"));
}

static void kept_findings_are_shown_by_rule_and_container(void **state)
{
	struct fixture *fixture = *state;
	const struct container *one = add_container(fixture, 1), *two = add_container(fixture, 2);
	char request[256];
	json_t *lines;

	publish(fixture, one, "/first");
	publish(fixture, two, "/second");
	publish(fixture, NULL, "/host");
	fixture->rule.name = "other_rule";
	publish(fixture, one, "/third");

	lines = answer_to(fixture, "{\"command\":\"events\",\"lines\":2}");
	assert_int_equal(json_array_size(lines), 3);
	assert_string_equal(text_of(lines, 1, "rule"), "other_rule");
	json_decref(lines);
	snprintf(request, sizeof(request), "{\"command\":\"events\",\"lines\":10,\"container\":\"%s\"}", one->id);
	lines = answer_to(fixture, request);
	assert_int_equal(json_array_size(lines), 3);
	json_decref(lines);
	lines = answer_to(fixture, "{\"command\":\"events\",\"lines\":10,\"rule\":\"shadow_file_read\"}");
	assert_int_equal(json_array_size(lines), 4);
	json_decref(lines);
	lines = answer_to(fixture, "{\"command\":\"events\",\"lines\":10,\"rule\":\"shadow\"}");
	assert_int_equal(json_array_size(lines), 1);
	json_decref(lines);
	lines = answer_to(fixture, "{\"command\":\"events\",\"lines\":-5}");
	assert_int_equal(json_array_size(lines), 1);
	json_decref(lines);
}

static void the_last_thousand_findings_are_kept_and_shown_whole(void **state)
{
	struct fixture *fixture = *state;
	char path[4200];
	json_t *lines;

	memset(path, 'a', sizeof(path));
	path[0] = '/';
	for (int i = 0; i < 1500; i++) {
		snprintf(path + 1500, 16, "/%d", i);
		publish(fixture, NULL, path);
	}
	lines = answer_to(fixture, "{\"command\":\"events\",\"lines\":5000}");
	assert_int_equal(json_array_size(lines), 1001);
	assert_true(ends(lines));
	assert_non_null(strstr(text_of(lines, 0, "file.path"), "/500"));
	assert_non_null(strstr(text_of(lines, 999, "file.path"), "/1499"));
	json_decref(lines);
	assert_int_equal(fixture->metrics.lost[LOST_STREAM], 0);
}

static void followers_get_what_they_asked_for_until_they_leave(void **state)
{
	struct fixture *fixture = *state;
	int all = ask(fixture, "{\"command\":\"events\",\"follow\":true}");
	int some = ask(fixture, "{\"command\":\"events\",\"follow\":true,\"rule\":\"other_rule\"}");
	AUTO_FREE char *text = NULL;
	bool closed;

	publish(fixture, NULL, "/one");
	text = listen_to(fixture, all, &closed);
	assert_false(closed);
	assert_non_null(strstr(text, "\"file.path\":\"/one\""));
	free(text);
	text = listen_to(fixture, some, &closed);
	assert_string_equal(text, "");
	close(all);
	close(some);
	publish(fixture, NULL, "/two");
	turn(fixture);
	publish(fixture, NULL, "/three");
	assert_int_equal(fixture->metrics.lost[LOST_STREAM], 0);
}

static size_t count_findings(const char *text, uint64_t *ret_lost)
{
	size_t count = 0;

	*ret_lost = 0;
	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		if (strncmp(line, "{\"lost\":", 8) == 0)
			*ret_lost += strtoull(line + 8, NULL, 10);
		else
			count++;
	}
	return count;
}

static void a_reader_that_sleeps_is_told_exactly_how_many_it_lost(void **state)
{
	struct fixture *fixture = *state;
	AUTO_CLOSE int fd = ask(fixture, "{\"command\":\"events\",\"follow\":true}");
	AUTO_FREE char *text = NULL;
	uint64_t lost;
	size_t seen;
	bool closed;

	for (int i = 0; i < 20000; i++)
		publish(fixture, NULL, "/etc/shadow");
	text = listen_to(fixture, fd, &closed);
	assert_false(closed);
	seen = count_findings(text, &lost);
	assert_true(lost > 0);
	assert_int_equal(seen + lost, 20000);
	assert_int_equal(fixture->metrics.lost[LOST_STREAM], lost);
}

static void a_sleeping_reader_does_not_lose_what_it_did_not_ask_for(void **state)
{
	struct fixture *fixture = *state;
	AUTO_CLOSE int fd = ask(fixture, "{\"command\":\"events\",\"follow\":true,\"rule\":\"other_rule\"}");

	for (int i = 0; i < 5000; i++)
		publish(fixture, NULL, "/etc/shadow");
	assert_int_equal(fixture->metrics.lost[LOST_STREAM], 0);
}

static void a_release_is_answered_when_it_is_done(void **state)
{
	struct fixture *fixture = *state;
	struct container *container = add_container(fixture, 5);
	AUTO_CLOSE int fd = -1;
	AUTO_FREE char *text = NULL;
	char request[256];
	bool closed;

	snprintf(request, sizeof(request), "{\"command\":\"release\",\"container\":\"%s\"}", container->id);
	fd = ask(fixture, request);
	text = listen_to(fixture, fd, &closed);
	assert_false(closed);
	assert_string_equal(text, "");
	assert_ptr_equal(fixture->released, container);
	free(text);
	fixture->done(fixture->done_context, 0, "thawed");
	fixture->done = NULL;
	text = listen_to(fixture, fd, &closed);
	assert_true(closed);
	assert_non_null(strstr(text, "released"));
	assert_non_null(strstr(text, "{\"end\":true}"));
}

static void a_release_refused_at_once_tells_why_even_when_nobody_listens(void **state)
{
	struct fixture *fixture = *state;
	struct container *container = add_container(fixture, 5);
	char request[256];
	json_t *lines;

	fixture->release_at_once = true;
	snprintf(request, sizeof(request), "{\"command\":\"release\",\"container\":\"%s\"}", container->id);
	lines = answer_to(fixture, request);
	assert_string_equal(text_of(lines, 0, "error"), "nothing was done to this container");
	json_decref(lines);
	for (int i = 0; i < 3; i++) {
		int fd = dial(fixture);

		turn(fixture);
		send(fd, request, strlen(request), MSG_NOSIGNAL);
		send(fd, "\n", 1, MSG_NOSIGNAL);
		shutdown(fd, i == 0 ? SHUT_RD : SHUT_RDWR);
		if (i == 2)
			close(fd);
		turn(fixture);
		if (i != 2)
			close(fd);
	}
}

static void a_release_may_end_after_its_client_and_after_the_server(void **state)
{
	struct fixture *fixture = *state;
	struct container *container = add_container(fixture, 5);
	char request[256];
	int fd;

	snprintf(request, sizeof(request), "{\"command\":\"release\",\"container\":\"%s\"}", container->id);
	fd = ask(fixture, request);
	close(fd);
	turn(fixture);
	fixture->done(fixture->done_context, 0, "thawed");
	fd = ask(fixture, request);
	control_server_close(fixture->server);
	fixture->server = NULL;
	fixture->done(fixture->done_context, -ECANCELED, "stopped");
	fixture->done = NULL;
	close(fd);
}

static void more_clients_than_there_are_places_are_told_so(void **state)
{
	struct fixture *fixture = *state;
	AUTO_FREE char *text = NULL;
	int fds[65];
	bool closed;

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = ask(fixture, "{\"command\":\"events\",\"follow\":true}");
	text = listen_to(fixture, fds[64], &closed);
	assert_true(closed);
	assert_non_null(strstr(text, "too many clients"));
	close(fds[0]);
	turn(fixture);
	json_decref(answer_to(fixture, "{\"command\":\"status\"}"));
	for (size_t i = 1; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
}

static void without_free_descriptors_a_client_is_hung_up_on_and_the_server_lives(void **state)
{
	struct fixture *fixture = *state;
	struct rlimit old, few;
	AUTO_FREE char *text = NULL;
	int fd = dial(fixture), filler;
	bool closed;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = old;
	filler = dup(fd);
	few.rlim_cur = filler;
	close(filler);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	text = listen_to(fixture, fd, &closed);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_true(closed);
	assert_string_equal(text, "");
	close(fd);
	json_decref(answer_to(fixture, "{\"command\":\"status\"}"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_socket_is_for_its_owner_only),
		TEST(a_second_picket_is_refused_and_the_first_goes_on),
		TEST(a_stale_socket_is_replaced_and_another_file_is_not),
		TEST(a_path_that_no_socket_can_have_is_an_error),
		TEST(status_tells_the_numbers),
		TEST(sensors_are_all_listed_with_their_reason),
		TEST(containers_are_listed_with_their_counters),
		TEST(a_list_of_thousands_comes_whole),
		TEST(containers_that_end_during_the_list_drop_out_of_it),
		TEST(hostile_requests_are_refused_and_the_server_goes_on),
		TEST(a_request_without_end_is_refused),
		TEST(a_request_in_single_bytes_is_answered),
		TEST(who_closes_its_half_still_gets_the_whole_answer),
		TEST(kept_findings_are_shown_by_rule_and_container),
		TEST(the_last_thousand_findings_are_kept_and_shown_whole),
		TEST(followers_get_what_they_asked_for_until_they_leave),
		TEST(a_reader_that_sleeps_is_told_exactly_how_many_it_lost),
		TEST(a_sleeping_reader_does_not_lose_what_it_did_not_ask_for),
		TEST(a_release_is_answered_when_it_is_done),
		TEST(a_release_refused_at_once_tells_why_even_when_nobody_listens),
		TEST(a_release_may_end_after_its_client_and_after_the_server),
		TEST(more_clients_than_there_are_places_are_told_so),
		TEST(without_free_descriptors_a_client_is_hung_up_on_and_the_server_lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
