/* SPDX-License-Identifier: GPL-2.0-only */
#include "control_fixture.h"

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

static void sensors_are_all_listed_with_their_reason_and_limits(void **state)
{
	struct fixture *fixture = *state;
	json_t *lines, *limits;

	fixture->metrics.sensors[PICKET_SENSOR_FILE].backend = PICKET_BACKEND_TRACEPOINT;
	fixture->metrics.sensors[PICKET_SENSOR_FILE].up = true;
	strcpy(fixture->metrics.sensors[PICKET_SENSOR_FILE].reason, "no lsm \xff");
	lines = answer_to(fixture, "{\"command\":\"sensors\"}");
	assert_int_equal(json_array_size(lines), PICKET_SENSOR_COUNT + 1);
	assert_string_equal(text_of(lines, PICKET_SENSOR_FILE, "sensor"), "file");
	assert_string_equal(text_of(lines, PICKET_SENSOR_FILE, "backend"), "tracepoint");
	assert_string_equal(text_of(lines, PICKET_SENSOR_FILE, "reason"), "no lsm \xef\xbf\xbd");
	limits = json_object_get(json_array_get(lines, PICKET_SENSOR_FILE), "limits");
	assert_non_null(strstr(json_string_value(json_array_get(limits, 0)), "deny is not possible"));
	limits = json_object_get(json_array_get(lines, PICKET_SENSOR_LIFECYCLE), "limits");
	assert_true(json_is_array(limits));
	assert_int_equal(json_array_size(limits), 0);
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
	assert_int_equal(json_object_size(counters), PICKET_COUNTER_PERF_FIRST); /* what nothing counts is not shown */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_socket_is_for_its_owner_only),
		TEST(a_second_picket_is_refused_and_the_first_goes_on),
		TEST(a_stale_socket_is_replaced_and_another_file_is_not),
		TEST(a_path_that_no_socket_can_have_is_an_error),
		TEST(status_tells_the_numbers),
		TEST(sensors_are_all_listed_with_their_reason_and_limits),
		TEST(containers_are_listed_with_their_counters),
		TEST(a_list_of_thousands_comes_whole),
		TEST(containers_that_end_during_the_list_drop_out_of_it),
		TEST(hostile_requests_are_refused_and_the_server_goes_on),
		TEST(a_request_without_end_is_refused),
		TEST(a_request_in_single_bytes_is_answered),
		TEST(who_closes_its_half_still_gets_the_whole_answer),
		TEST(more_clients_than_there_are_places_are_told_so),
		TEST(without_free_descriptors_a_client_is_hung_up_on_and_the_server_lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
