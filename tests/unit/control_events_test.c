/* SPDX-License-Identifier: GPL-2.0-only */
/* Findings and releases over the control socket. */
#include "control_fixture.h"

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

	assert_true(fd >= 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kept_findings_are_shown_by_rule_and_container),
		TEST(the_last_thousand_findings_are_kept_and_shown_whole),
		TEST(followers_get_what_they_asked_for_until_they_leave),
		TEST(a_reader_that_sleeps_is_told_exactly_how_many_it_lost),
		TEST(a_sleeping_reader_does_not_lose_what_it_did_not_ask_for),
		TEST(a_release_is_answered_when_it_is_done),
		TEST(a_release_refused_at_once_tells_why_even_when_nobody_listens),
		TEST(a_release_may_end_after_its_client_and_after_the_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
