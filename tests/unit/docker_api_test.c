/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cleanup.h"
#include "fake_proc.h"
#include "http_peer.h"
#include "respond/docker_api.h"
#include "slow_clock.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct fixture {
	struct event_loop *loop;
	struct http_client *http;
	struct http_peer peer;
	char folder[32], socket[64];
	int calls, error;
	char text[300];
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	memset(&slow_clock, 0, sizeof(slow_clock));
	assert_int_equal(event_loop_new(&fixture->loop), 0);
	assert_int_equal(http_client_new(fixture->loop, &fixture->http), 0);
	make_folder(fixture->folder);
	snprintf(fixture->socket, sizeof(fixture->socket), "%s/docker.sock", fixture->folder);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	http_client_free(fixture->http);
	event_loop_free(fixture->loop);
	if (fixture->peer.answers)
		peer_free(&fixture->peer);
	remove_folder(fixture->folder);
	free(fixture);
	return 0;
}

static void keep_end(void *context, int error, const char *text)
{
	struct fixture *fixture = context;

	fixture->calls++;
	fixture->error = error;
	assert_true(strlen(text) < sizeof(fixture->text));
	strcpy(fixture->text, text);
}

static int ask(struct fixture *fixture, bool pause)
{
	int before = fixture->calls;

	assert_int_equal(docker_api_pause(fixture->http, fixture->socket, ID, pause, keep_end, fixture), 0);
	assert_int_equal(fixture->calls, before);
	LOOP_UNTIL(fixture->loop, fixture->calls > before);
	return fixture->error;
}

static void listen_with(struct fixture *fixture, const struct peer_answer *answers, size_t count)
{
	peer_init(&fixture->peer, answers, count);
	peer_start_unix(&fixture->peer, fixture->socket);
}

static void asks_for_just_that_container(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = "HTTP/1.1 204 No Content\r\n\r\n" } };
	struct fixture *fixture = *state;
	const char *head;

	listen_with(fixture, answers, 1);
	assert_int_equal(ask(fixture, true), 0);
	assert_string_equal(fixture->text, "");
	head = peer_request_at(&fixture->peer, 0).head;
	assert_int_equal(strncmp(head, "POST /containers/" ID "/pause HTTP/1.1\r\n", 27 + 64), 0);
	assert_int_equal(ask(fixture, false), 0);
	head = peer_request_at(&fixture->peer, 1).head;
	assert_int_equal(strncmp(head, "POST /containers/" ID "/unpause HTTP/1.1\r\n", 29 + 64), 0);
}

#define ANSWER(status, body) "HTTP/1.1 " status " X\r\nConnection: close\r\n\r\n" body

/* Words and statuses of Docker 20.10 and Podman 4.3. */
static void understands_what_docker_answers(void **state)
{
	static const struct {
		bool pause;
		const char *answer;
		int error;
		const char *text;
	} cases[] = {
		{ true, ANSWER("204", ""), 0, "" },
		{ true, ANSWER("200", ""), 0, "" },
		{ true, ANSWER("409", "{\"message\":\"Container " ID " is already paused\"}"), 0, "" },
		{ false, ANSWER("500", "{\"message\":\"Container " ID " is not paused\"}"), 0, "" },
		{ true, ANSWER("409", "{\"message\":\"Container " ID " is not running\"}"), -ESRCH, "is not running" },
		{ true, ANSWER("404", "{\"message\":\"No such container: " ID "\"}"), -ESRCH, "No such container" },
		{ true,
		  ANSWER("404", "{\"cause\":\"no such container\",\"message\":\"no container with name or ID " ID
				" found: no such container\",\"response\":404}"),
		  -ESRCH, "no such container" },
		{ true, ANSWER("404", "{\"message\":\"page not found\"}"), -EIO, "page not found" },
		{ true, ANSWER("409", "{\"message\":\"Container is restarting, wait\"}"), -EBUSY, "restarting" },
		{ true, ANSWER("409", "{\"message\":\"Container " ID " is not paused\"}"), -EBUSY, "not paused" },
		{ true, ANSWER("500", "{\"message\":\"Cannot pause container\"}"), -EIO, "Cannot pause" },
		{ true, ANSWER("500", ""), -EIO, "HTTP status 500" },
		{ true, ANSWER("403", "<html>"), -EIO, "HTTP status 403" },
		{ true, ANSWER("500", "{\"message\":17}"), -EIO, "HTTP status 500" },
		{ true, ANSWER("500", "[\"message\"]"), -EIO, "HTTP status 500" },
		{ true, ANSWER("500", "{\"message\":\"a\\u001b[2Jb\"}"), -EIO, "a\xef\xbf\xbd[2Jb" },
	};
	struct peer_answer answers[ARRAY_SIZE(cases)];
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		answers[i] = (struct peer_answer){ .bytes = cases[i].answer, .close = true };
	listen_with(fixture, answers, ARRAY_SIZE(cases));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (ask(fixture, cases[i].pause) != cases[i].error || !strstr(fixture->text, cases[i].text))
			fail_msg("%s gave %d \"%s\"", cases[i].answer, fixture->error, fixture->text);
		assert_int_equal(!*fixture->text, !cases[i].error);
	}
}

static void a_hostile_answer_is_a_failure(void **state)
{
	static char endless[200000], nested[60000], words[50000];
	struct peer_answer answers[] = {
		{ .bytes = endless, .size = sizeof(endless), .close = true },
		{ .bytes = nested, .close = true },
		{ .bytes = words, .close = true },
		{ .bytes = "\x15\x03\x01 what", .close = true },
		{ .bytes = "HTTP/1.1 204", .close = true },
	};
	struct fixture *fixture = *state;

	strcpy(endless, "HTTP/1.1 200 OK\r\nContent-Length: 190000\r\n\r\n");
	strcpy(nested, "HTTP/1.1 500 X\r\nConnection: close\r\n\r\n");
	memset(nested + strlen(nested), '[', sizeof(nested) - strlen(nested) - 1);
	strcpy(words, "HTTP/1.1 500 X\r\nConnection: close\r\n\r\n{\"message\":\"");
	memset(words + strlen(words), 'w', sizeof(words) - strlen(words) - 3);
	strcat(words, "\"}");
	listen_with(fixture, answers, ARRAY_SIZE(answers));
	assert_int_equal(ask(fixture, true), -EMSGSIZE);
	assert_int_equal(ask(fixture, true), -EIO);
	assert_string_equal(fixture->text, "HTTP status 500");
	assert_int_equal(ask(fixture, true), -EIO);
	assert_int_equal(fixture->text[0], 'w');
	assert_true(ask(fixture, true) < 0);
	assert_true(ask(fixture, true) < 0);
}

static void tells_when_nobody_listens(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(ask(fixture, true), -ECONNREFUSED);
	assert_true(*fixture->text);
}

static void does_not_wait_for_ever(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = NULL } };
	struct fixture *fixture = *state;

	listen_with(fixture, answers, 1);
	slow_clock.is_real = true;
	assert_int_equal(ask(fixture, true), -ETIMEDOUT);
}

static void an_id_that_is_none_never_reaches_the_service(void **state)
{
	static const char *const ids[] = {
		"", "ABCDEF", "0123/../../images/x", "abc def", "abc?x=1", "abc\r\nX: y", "abc%2f", "\xc3\xa4", ID "0",
	};
	static const struct peer_answer answers[] = { { .bytes = PEER_OK } };
	struct fixture *fixture = *state;

	listen_with(fixture, answers, 1);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		assert_int_equal(docker_api_pause(fixture->http, fixture->socket, ids[i], true, keep_end, fixture),
				 -EINVAL);
	event_loop_run_once(fixture->loop, 10);
	assert_int_equal(fixture->calls, 0);
	assert_int_equal(peer_count(&fixture->peer), 0);
}

static void the_end_of_the_client_ends_the_call(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = NULL } };
	struct fixture *fixture = *state;

	listen_with(fixture, answers, 1);
	assert_int_equal(docker_api_pause(fixture->http, fixture->socket, ID, true, keep_end, fixture), 0);
	LOOP_UNTIL(fixture->loop, peer_count(&fixture->peer) == 1);
	http_client_free(fixture->http);
	fixture->http = NULL;
	assert_int_equal(fixture->calls, 1);
	assert_int_equal(fixture->error, -ECANCELED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(asks_for_just_that_container),
		TEST(understands_what_docker_answers),
		TEST(a_hostile_answer_is_a_failure),
		TEST(tells_when_nobody_listens),
		TEST(does_not_wait_for_ever),
		TEST(an_id_that_is_none_never_reaches_the_service),
		TEST(the_end_of_the_client_ends_the_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
