/* SPDX-License-Identifier: GPL-2.0-only */
#include "otlp_sender_fixture.h"

static void sends_what_waits_before_the_delay_ends(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = PEER_OK } };
	struct fixture *fixture = *state;
	struct peer_request request;

	start(fixture, answers, 1);
	push(fixture, 3);
	assert_int_equal(fixture->metrics.otlp_queue_size, 3);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 3);
	assert_int_equal(clocks.wait_count, 1);
	assert_int_equal(clocks.waits_ms[0], 950); /* 5 % of the delay are for sending */
	assert_carried(fixture, 0, 0, 3);
	request = peer_request_at(&fixture->peer, 0);
	assert_int_equal(strncmp(request.head, "POST /v1/logs HTTP/1.1\r\n", 24), 0);
	assert_non_null(strstr(request.head, "\r\nContent-Type: application/x-protobuf\r\n"));
	assert_non_null(strstr(request.head, "\r\nContent-Encoding: gzip\r\n"));
	assert_non_null(strstr(request.head, "\r\nUser-Agent: picket/"));
	assert_non_null(strstr(request.head, " OTel-OTLP-Exporter-C/"));
	assert_int_equal(fixture->metrics.otlp_queue_size, 0);
	assert_int_equal(fixture->metrics.otlp_requests, 1);
	assert_int_equal(fixture->metrics.otlp_request_failures, 0);
	assert_string_equal(otlp_sender_last_error(fixture->sender), "");
}

static void sends_a_full_batch_at_once(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = PEER_OK } };
	struct fixture *fixture = *state;

	start(fixture, answers, 1);
	push(fixture, 16);
	assert_int_equal(clocks.waits_ms[clocks.wait_count - 1], 1);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 16);
	assert_carried(fixture, 0, 0, 16);
}

static void sends_plain_when_compression_is_off(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = PEER_OK } };
	struct fixture *fixture = *state;

	fixture->config.otlp_gzip = false;
	start(fixture, answers, 1);
	push(fixture, 2);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 2);
	assert_null(strcasestr(peer_request_at(&fixture->peer, 0).head, "Content-Encoding"));
	assert_carried(fixture, 0, 0, 2);
}

static void a_header_of_the_user_takes_the_place_of_ours(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = PEER_OK } };
	struct fixture *fixture = *state;
	const char *head;

	fixture->config.otlp_headers = "user-agent=mine,x-tenant=a%20b";
	start(fixture, answers, 1);
	push(fixture, 1);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 1);
	head = peer_request_at(&fixture->peer, 0).head;
	assert_non_null(strstr(head, "\r\nuser-agent: mine\r\n"));
	assert_non_null(strstr(head, "\r\nx-tenant: a b\r\n"));
	assert_null(strstr(head, "OTel-OTLP-Exporter"));
}

static void every_busy_status_is_tried_again_and_loses_nothing(void **state)
{
	static const struct peer_answer answers[] = {
		{ .bytes = PEER_STATUS("429") },
		{ .bytes = PEER_STATUS("502") },
		{ .bytes = PEER_STATUS("503") },
		{ .bytes = PEER_STATUS("504") },
		{ .bytes = PEER_OK },
	};
	struct fixture *fixture = *state;

	start(fixture, answers, ARRAY_SIZE(answers));
	push(fixture, 5);
	LOOP_UNTIL(fixture->loop, peer_count(&fixture->peer) == 1);
	LOOP_UNTIL(fixture->loop, *otlp_sender_last_error(fixture->sender));
	assert_string_equal(otlp_sender_last_error(fixture->sender), "HTTP status 429");
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 5);
	assert_int_equal(fixture->metrics.otlp_requests, 5);
	assert_int_equal(fixture->metrics.otlp_request_failures, 4);
	assert_int_equal(fixture->metrics.lost[LOST_OTLP_EXPORT] + fixture->metrics.lost[LOST_OTLP_QUEUE], 0);
	assert_carried(fixture, 4, 0, 5);
	assert_string_equal(otlp_sender_last_error(fixture->sender), "");
}

static void waits_twice_as_long_each_time_up_to_half_a_minute_with_chance(void **state)
{
	static const uint64_t longest_ms[] = { 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000 };
	static const struct peer_answer answers[] = { { .bytes = PEER_STATUS("503") } };
	struct fixture *fixture = *state;
	size_t round_numbers = 0;

	start(fixture, answers, 1);
	push(fixture, 1);
	LOOP_UNTIL(fixture->loop, clocks.wait_count == 1 + ARRAY_SIZE(longest_ms));
	for (size_t i = 0; i < ARRAY_SIZE(longest_ms); i++) {
		assert_in_range(clocks.waits_ms[1 + i], longest_ms[i] / 2, longest_ms[i]);
		round_numbers += clocks.waits_ms[1 + i] % 1000 == 0;
	}
	assert_true(round_numbers < ARRAY_SIZE(longest_ms)); /* one in 10^24 without a fault */
	assert_int_equal(fixture->metrics.otlp_queue_size, 1);
}

static void a_success_makes_the_next_wait_short_again(void **state)
{
	static const struct peer_answer answers[] = {
		{ .bytes = PEER_STATUS("503") },
		{ .bytes = PEER_STATUS("503") },
		{ .bytes = PEER_OK },
		{ .bytes = PEER_STATUS("503") },
		{ .bytes = PEER_OK },
	};
	struct fixture *fixture = *state;

	start(fixture, answers, ARRAY_SIZE(answers));
	push(fixture, 1);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 1);
	push(fixture, 1);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 2);
	assert_int_equal(clocks.wait_count, 5); /* delay, 1 s, 2 s, delay, 1 s */
	assert_in_range(clocks.waits_ms[2], 1000, 2000);
	assert_in_range(clocks.waits_ms[4], 500, 1000);
}

static void never_comes_back_sooner_than_it_is_told(void **state)
{
	static const struct peer_answer answers[] = {
		{ .bytes = "HTTP/1.1 429 Slow\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n" },
		{ .bytes = "HTTP/1.1 503 Slow\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n" },
		{ .bytes = "HTTP/1.1 503 Slow\r\nRetry-After: whenever\r\nContent-Length: 0\r\n\r\n" },
		{ .bytes = PEER_OK },
	};
	struct fixture *fixture = *state;

	start(fixture, answers, ARRAY_SIZE(answers));
	push(fixture, 1);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 1);
	assert_in_range(clocks.waits_ms[1], 120000, 121000);
	assert_in_range(clocks.waits_ms[2], 1000, 2000); /* 0 would be a loop without rest */
	assert_in_range(clocks.waits_ms[3], 2000, 4000);
}

static void understands_a_date_as_the_time_to_come_back(void **state)
{
	static char bytes[160];
	static const struct peer_answer answers[] = { { .bytes = bytes }, { .bytes = PEER_OK } };
	struct fixture *fixture = *state;
	time_t when = time(NULL) + 60;
	char date[64];

	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime(&when));
	snprintf(bytes, sizeof(bytes), "HTTP/1.1 503 Slow\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n", date);
	start(fixture, answers, ARRAY_SIZE(answers));
	push(fixture, 1);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 1);
	assert_in_range(clocks.waits_ms[1], 50000, 61000);
}

static void every_status_of_success_is_one(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = PEER_STATUS("202") },
						      { .bytes = "HTTP/1.1 204 None\r\n\r\n" } };
	struct fixture *fixture = *state;

	start(fixture, answers, ARRAY_SIZE(answers));
	push(fixture, 1);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 1);
	push(fixture, 1);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 2);
	assert_string_equal(otlp_sender_last_error(fixture->sender), "");
}

static void a_success_that_cannot_be_read_is_one_and_is_told(void **state)
{
	static char huge[2 << 20] = "HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n";
	static const struct peer_answer answers[] = {
		{ .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>" },
		{ .bytes = huge, .size = sizeof(huge), .close = true },
	};
	struct fixture *fixture = *state;

	start(fixture, answers, ARRAY_SIZE(answers));
	for (size_t i = 1; i <= 2; i++) {
		push(fixture, 1);
		LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == i);
		assert_non_null(strstr(otlp_sender_last_error(fixture->sender), "not OTLP"));
	}
	assert_int_equal(fixture->metrics.lost[LOST_OTLP_EXPORT], 0);
}

static void an_endpoint_that_speaks_no_http_is_not_asked_for_ever(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = "\x00\x00\x12\x04garbage", .size = 11, .close = true },
						      { .bytes = PEER_OK } };
	struct fixture *fixture = *state;

	start(fixture, answers, ARRAY_SIZE(answers));
	push(fixture, 2);
	LOOP_UNTIL(fixture->loop, fixture->metrics.lost[LOST_OTLP_EXPORT] == 2);
	assert_true(*otlp_sender_last_error(fixture->sender));
	push(fixture, 1);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 1);
}

static void a_connection_that_is_cut_is_tried_again(void **state)
{
	static const struct peer_answer answers[] = {
		{ .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", .close = true },
		{ .bytes = PEER_OK },
	};
	struct fixture *fixture = *state;

	start(fixture, answers, ARRAY_SIZE(answers));
	push(fixture, 2);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 2);
	assert_int_equal(fixture->metrics.otlp_request_failures, 1);
	assert_int_equal(fixture->metrics.lost[LOST_OTLP_EXPORT], 0);
}

static void a_collector_that_does_not_answer_in_time_is_tried_again(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = NULL }, { .bytes = PEER_OK } };
	struct fixture *fixture = *state;

	fixture->config.otlp_timeout_ms = 50;
	slow_clock.is_real = true;
	start(fixture, answers, ARRAY_SIZE(answers));
	push(fixture, 2);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_request_failures == 1);
	fixture->config.otlp_timeout_ms = PEER_WAIT_S * 1000; /* from now on no slowness is taken for silence */
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 2);
	assert_int_equal(fixture->metrics.otlp_request_failures, 1);
	assert_carried(fixture, 1, 0, 2);
}

static void bad_settings_are_refused_with_a_reason(void **state)
{
	static const struct {
		const char *endpoint, *headers, *reason;
	} cases[] = {
		{ "collector:4318", NULL, "collector:4318" },
		{ "http://", NULL, "http://" },
		{ "http://localhost:4318", "no header", "OTEL_EXPORTER_OTLP_HEADERS" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *error = NULL;

		fixture->config.otlp_endpoint = cases[i].endpoint;
		fixture->config.otlp_headers = cases[i].headers;
		assert_int_equal(otlp_sender_new(fixture->loop, fixture->http, &fixture->config, &fixture->metrics,
						 &fixture->sender, &error),
				 -EINVAL);
		assert_null(fixture->sender);
		assert_non_null(error);
		assert_non_null(strstr(error, cases[i].reason));
		free(error);
	}
}

static void no_sender_takes_findings_and_forgets_them(void **state)
{
	struct fixture *fixture = *state;

	push(fixture, 3);
	otlp_sender_free(NULL);
	assert_int_equal(fixture->metrics.lost[LOST_OTLP_QUEUE], 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(sends_what_waits_before_the_delay_ends),
		TEST(sends_a_full_batch_at_once),
		TEST(sends_plain_when_compression_is_off),
		TEST(a_header_of_the_user_takes_the_place_of_ours),
		TEST(every_busy_status_is_tried_again_and_loses_nothing),
		TEST(waits_twice_as_long_each_time_up_to_half_a_minute_with_chance),
		TEST(a_success_makes_the_next_wait_short_again),
		TEST(never_comes_back_sooner_than_it_is_told),
		TEST(understands_a_date_as_the_time_to_come_back),
		TEST(every_status_of_success_is_one),
		TEST(a_success_that_cannot_be_read_is_one_and_is_told),
		TEST(an_endpoint_that_speaks_no_http_is_not_asked_for_ever),
		TEST(a_connection_that_is_cut_is_tried_again),
		TEST(a_collector_that_does_not_answer_in_time_is_tried_again),
		TEST(bad_settings_are_refused_with_a_reason),
		TEST(no_sender_takes_findings_and_forgets_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
