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
#include "http_client.h"
#include "http_peer.h"
#include "slow_clock.h"

struct fixture {
	struct event_loop *loop;
	struct http_client *client;
	struct http_peer peer;
};

/* What a request came to. */
struct end {
	int calls, error;
	long status;
	char *body, *retry_after;
	size_t body_size;
};

static void keep_end(void *context, const struct http_response *response)
{
	struct end *end = context;

	assert_non_null(response->error_text);
	assert_non_null(response->body);
	assert_int_equal(strlen(response->body), strnlen(response->body, response->body_size + 1));
	end->calls++;
	end->error = response->error;
	end->status = response->status;
	free(end->body);
	free(end->retry_after);
	end->body = strndup(response->body, response->body_size);
	end->body_size = response->body_size;
	end->retry_after = response->retry_after ? strdup(response->retry_after) : NULL;
}

static void end_free(struct end *end)
{
	free(end->body);
	free(end->retry_after);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	memset(&slow_clock, 0, sizeof(slow_clock));
	assert_int_equal(event_loop_new(&fixture->loop), 0);
	assert_int_equal(http_client_new(fixture->loop, &fixture->client), 0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	http_client_free(fixture->client);
	event_loop_free(fixture->loop);
	if (fixture->peer.answers)
		peer_free(&fixture->peer);
	free(fixture);
	return 0;
}

static void listen_with(struct fixture *fixture, const struct peer_answer *answers, size_t count)
{
	peer_init(&fixture->peer, answers, count);
	peer_start(&fixture->peer);
}

static struct http_request request_to(const char *url)
{
	return (struct http_request){ .method = "POST",
				      .url = url,
				      .body = "hello",
				      .body_size = 5,
				      .timeout_ms = 5000,
				      .max_response_bytes = 1000 };
}

static void ask(struct fixture *fixture, const struct http_request *request, struct end *end)
{
	int before = end->calls;

	assert_int_equal(http_client_send(fixture->client, request, keep_end, end), 0);
	assert_int_equal(end->calls, before); /* never from within the call */
	LOOP_UNTIL(fixture->loop, end->calls > before);
}

static void carries_method_path_headers_and_body_and_brings_the_answer(void **state)
{
	static const struct peer_answer answers[] = {
		{ .bytes = "HTTP/1.1 503 Busy\r\nRETRY-AFTER: \t 17 \r\nContent-Length: 6\r\n\r\nno way" },
	};
	static const char *const headers[] = { "X-Test: some value", "X-Empty;", NULL };
	struct fixture *fixture = *state;
	struct http_request request;
	struct peer_request asked;
	AUTO_FREE char *url = NULL;
	struct end end = { 0 };

	listen_with(fixture, answers, 1);
	assert_true(asprintf(&url, "%s/v1/logs?a=b", fixture->peer.url) > 0);
	request = request_to(url);
	request.headers = headers;
	ask(fixture, &request, &end);
	assert_int_equal(end.error, 0);
	assert_int_equal(end.status, 503);
	assert_string_equal(end.body, "no way");
	assert_string_equal(end.retry_after, "17");
	asked = peer_request_at(&fixture->peer, 0);
	assert_int_equal(strncmp(asked.head, "POST /v1/logs?a=b HTTP/1.1\r\n", 28), 0);
	assert_non_null(strstr(asked.head, "\r\nX-Test: some value\r\n"));
	assert_non_null(strstr(asked.head, "\r\nX-Empty:\r\n"));
	assert_null(strcasestr(asked.head, "\r\nExpect:"));
	assert_string_equal(asked.body, "hello");
	end_free(&end);
}

static void sends_a_body_of_megabytes_whole(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = PEER_OK } };
	struct fixture *fixture = *state;
	size_t size = 5 << 20;
	AUTO_FREE char *body = malloc(size);
	struct http_request request;
	struct end end = { 0 };

	assert_non_null(body);
	for (size_t i = 0; i < size; i++)
		body[i] = i * 31 >> 3;
	listen_with(fixture, answers, 1);
	request = request_to(fixture->peer.url);
	request.body = body;
	request.body_size = size;
	assert_int_equal(http_client_send(fixture->client, &request, keep_end, &end), 0);
	memset(body, 0, 100); /* the client has a copy */
	LOOP_UNTIL(fixture->loop, end.calls);
	assert_int_equal(end.status, 200);
	assert_int_equal(peer_request_at(&fixture->peer, 0).body_size, size);
	assert_int_equal((unsigned char)peer_request_at(&fixture->peer, 0).body[99], (99 * 31 >> 3) & 255);
	assert_memory_equal(peer_request_at(&fixture->peer, 0).body + 100, body + 100, size - 100);
	end_free(&end);
}

static void tells_that_nobody_listens(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = PEER_OK } };
	struct fixture *fixture = *state;
	struct end end = { 0 };
	struct http_request request;

	listen_with(fixture, answers, 1);
	peer_stop(&fixture->peer);
	request = request_to(fixture->peer.url);
	ask(fixture, &request, &end);
	assert_int_equal(end.error, -ECONNREFUSED);
	assert_int_equal(end.status, 0);
	end_free(&end);
}

static void gives_up_on_a_server_that_does_not_answer(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = NULL } };
	struct fixture *fixture = *state;
	struct end end = { 0 };
	struct http_request request;

	listen_with(fixture, answers, 1);
	request = request_to(fixture->peer.url);
	request.timeout_ms = 50;
	slow_clock.is_real = true;
	ask(fixture, &request, &end);
	assert_int_equal(end.error, -ETIMEDOUT);
	end_free(&end);
}

static void refuses_an_answer_that_is_too_long_but_tells_its_status(void **state)
{
	static const char head[] = "HTTP/1.1 503 Busy\r\nContent-Length: 200000\r\n\r\n";
	struct fixture *fixture = *state;
	size_t size = sizeof(head) - 1 + 200000;
	AUTO_FREE char *bytes = calloc(1, size);
	struct peer_answer answers[] = { { .bytes = bytes, .size = size, .close = true } };
	struct end end = { 0 };
	struct http_request request;

	memcpy(bytes, head, sizeof(head) - 1);
	listen_with(fixture, answers, 1);
	request = request_to(fixture->peer.url);
	ask(fixture, &request, &end);
	assert_int_equal(end.error, -EMSGSIZE);
	assert_int_equal(end.status, 503);
	assert_true(end.body_size <= 1000);
	end_free(&end);
}

static void takes_an_answer_of_just_the_longest_size(void **state)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
	struct fixture *fixture = *state;
	char bytes[sizeof(head) - 1 + 1000];
	struct peer_answer answers[] = { { .bytes = bytes, .size = sizeof(bytes) } };
	struct end end = { 0 };
	struct http_request request;

	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, head, sizeof(head) - 1);
	listen_with(fixture, answers, 1);
	request = request_to(fixture->peer.url);
	ask(fixture, &request, &end);
	assert_int_equal(end.error, 0);
	assert_int_equal(end.body_size, 1000);
	end_free(&end);
}

static void refuses_headers_without_end(void **state)
{
	static const char head[] = "HTTP/1.1 200 OK\r\n", line[] = "X-Filler: 0123456789abcdef0123456789abcdef\r\n";
	struct fixture *fixture = *state;
	size_t lines = 100000, size = sizeof(head) - 1 + lines * (sizeof(line) - 1);
	AUTO_FREE char *bytes = malloc(size);
	struct peer_answer answers[] = { { .bytes = bytes, .size = size } };
	struct end end = { 0 };
	struct http_request request;

	memcpy(bytes, head, sizeof(head) - 1);
	for (size_t i = 0; i < lines; i++)
		memcpy(bytes + sizeof(head) - 1 + i * (sizeof(line) - 1), line, sizeof(line) - 1);
	listen_with(fixture, answers, 1);
	request = request_to(fixture->peer.url);
	ask(fixture, &request, &end);
	assert_int_equal(end.error, -EMSGSIZE);
	assert_int_equal(end.status, 0);
	end_free(&end);
}

static void tells_apart_what_is_no_http(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = "SSH-2.0-OpenSSH_9.2p1\r\n\r\n\r\n", .close = true } };
	struct fixture *fixture = *state;
	struct end end = { 0 };
	struct http_request request;

	listen_with(fixture, answers, 1);
	request = request_to(fixture->peer.url);
	ask(fixture, &request, &end);
	assert_int_equal(end.error, -EBADMSG);
	end_free(&end);
}

static void tells_that_a_connection_was_cut(void **state)
{
	static const struct peer_answer answers[] = {
		{ .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", .close = true },
	};
	struct fixture *fixture = *state;
	struct end end = { 0 };
	struct http_request request;

	listen_with(fixture, answers, 1);
	request = request_to(fixture->peer.url);
	ask(fixture, &request, &end);
	assert_int_equal(end.error, -ECONNRESET);
	assert_int_equal(end.status, 0);
	end_free(&end);
}

static void does_not_follow_a_redirect(void **state)
{
	static const struct peer_answer answers[] = {
		{ .bytes = "HTTP/1.1 307 Elsewhere\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n" },
		{ .bytes = PEER_OK },
	};
	struct fixture *fixture = *state;
	struct end end = { 0 };
	struct http_request request;

	listen_with(fixture, answers, 2);
	request = request_to(fixture->peer.url);
	ask(fixture, &request, &end);
	assert_int_equal(end.status, 307);
	assert_int_equal(peer_count(&fixture->peer), 1);
	end_free(&end);
}

static void ignores_the_proxies_of_the_environment(void **state)
{
	static const char *const names[] = { "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY" };
	static const struct peer_answer answers[] = { { .bytes = PEER_OK } };
	struct fixture *fixture = *state;
	struct end end = { 0 };
	struct http_request request;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		setenv(names[i], "http://127.0.0.1:1", 1);
	listen_with(fixture, answers, 1);
	request = request_to(fixture->peer.url);
	ask(fixture, &request, &end);
	assert_int_equal(end.error, 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unsetenv(names[i]);
	end_free(&end);
}

static void refuses_what_is_no_http_url(void **state)
{
	static const char *const urls[] = { "", "file:///etc/passwd", "gopher://localhost/", "localhost:4318",
					    "httpx://a" };
	struct fixture *fixture = *state;
	struct end end = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		struct http_request request = request_to(urls[i]);

		assert_int_equal(http_client_send(fixture->client, &request, keep_end, &end), -EINVAL);
	}
	assert_int_equal(end.calls, 0);
}

static void keeps_its_connection(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = PEER_OK } };
	struct fixture *fixture = *state;
	struct end end = { 0 };
	struct http_request request;

	listen_with(fixture, answers, 1);
	request = request_to(fixture->peer.url);
	for (int i = 0; i < 3; i++)
		ask(fixture, &request, &end);
	assert_int_equal(peer_count(&fixture->peer), 3);
	assert_int_equal(fixture->peer.accepted, 1);
	end_free(&end);
}

static size_t calls_of(const struct end *ends, size_t count)
{
	size_t calls = 0;

	for (size_t i = 0; i < count; i++)
		calls += ends[i].calls;
	return calls;
}

static void runs_many_requests_at_one_time(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = PEER_OK } };
	struct fixture *fixture = *state;
	struct end ends[30] = { 0 };
	struct http_request request;

	listen_with(fixture, answers, 1);
	request = request_to(fixture->peer.url);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		assert_int_equal(http_client_send(fixture->client, &request, keep_end, &ends[i]), 0);
	LOOP_UNTIL(fixture->loop, calls_of(ends, ARRAY_SIZE(ends)) == ARRAY_SIZE(ends));
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		assert_int_equal(ends[i].calls, 1);
		assert_int_equal(ends[i].status, 200);
		end_free(&ends[i]);
	}
	assert_int_equal(peer_count(&fixture->peer), ARRAY_SIZE(ends));
}

static void cancels_what_is_under_way_exactly_once(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = NULL } };
	struct fixture *fixture = *state;
	struct end ends[2] = { 0 };
	struct http_request request;

	listen_with(fixture, answers, 1);
	request = request_to(fixture->peer.url);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(http_client_send(fixture->client, &request, keep_end, &ends[i]), 0);
	LOOP_UNTIL(fixture->loop, peer_count(&fixture->peer) == 2);
	http_client_free(fixture->client);
	fixture->client = NULL;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(ends[i].calls, 1);
		assert_int_equal(ends[i].error, -ECANCELED);
		end_free(&ends[i]);
	}
}

/* A callback that asks again at once, as a retry without pause would. */
struct chain {
	struct http_client *client;
	const char *url;
	int left;
};

static void ask_again(void *context, const struct http_response *response)
{
	struct chain *chain = context;
	struct http_request request = request_to(chain->url);

	assert_int_equal(response->status, 200);
	if (--chain->left)
		assert_int_equal(http_client_send(chain->client, &request, ask_again, chain), 0);
}

static void can_be_asked_again_from_the_answer(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = PEER_OK } };
	struct fixture *fixture = *state;
	struct chain chain = { .client = fixture->client, .left = 5 };
	struct http_request request;

	listen_with(fixture, answers, 1);
	chain.url = fixture->peer.url;
	request = request_to(chain.url);
	assert_int_equal(http_client_send(fixture->client, &request, ask_again, &chain), 0);
	LOOP_UNTIL(fixture->loop, chain.left == 0);
	assert_int_equal(peer_count(&fixture->peer), 5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(carries_method_path_headers_and_body_and_brings_the_answer),
		TEST(sends_a_body_of_megabytes_whole),
		TEST(tells_that_nobody_listens),
		TEST(gives_up_on_a_server_that_does_not_answer),
		TEST(refuses_an_answer_that_is_too_long_but_tells_its_status),
		TEST(takes_an_answer_of_just_the_longest_size),
		TEST(refuses_headers_without_end),
		TEST(tells_apart_what_is_no_http),
		TEST(tells_that_a_connection_was_cut),
		TEST(does_not_follow_a_redirect),
		TEST(ignores_the_proxies_of_the_environment),
		TEST(refuses_what_is_no_http_url),
		TEST(keeps_its_connection),
		TEST(runs_many_requests_at_one_time),
		TEST(cancels_what_is_under_way_exactly_once),
		TEST(can_be_asked_again_from_the_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
