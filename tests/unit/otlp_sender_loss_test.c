/* SPDX-License-Identifier: GPL-2.0-only */
#include "otlp_sender_fixture.h"

static void what_is_refused_for_good_is_lost_counted_and_not_sent_again(void **state)
{
	static const struct peer_answer answers[] = {
		{ .bytes = "HTTP/1.1 400 Bad\r\nContent-Length: 9\r\n\r\n\x08\x03\x12\x05"
			   "wrong" },
		{ .bytes = PEER_STATUS("401") },
		{ .bytes = PEER_STATUS("404") },
		{ .bytes = PEER_STATUS("413") },
		{ .bytes = PEER_STATUS("500") },
		{ .bytes = PEER_STATUS("501") },
		{ .bytes = "HTTP/1.1 307 There\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n" },
		{ .bytes = PEER_OK },
	};
	struct fixture *fixture = *state;

	start(fixture, answers, ARRAY_SIZE(answers));
	for (size_t i = 1; i < ARRAY_SIZE(answers); i++) {
		push(fixture, 2);
		LOOP_UNTIL(fixture->loop, fixture->metrics.lost[LOST_OTLP_EXPORT] == 2 * i);
		if (i == 1)
			assert_string_equal(otlp_sender_last_error(fixture->sender), "HTTP status 400: wrong");
	}
	push(fixture, 2);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 2);
	assert_int_equal(peer_count(&fixture->peer), ARRAY_SIZE(answers));
	assert_int_equal(fixture->metrics.otlp_request_failures, ARRAY_SIZE(answers) - 1);
	assert_carried(fixture, 0, 0, 2 * ARRAY_SIZE(answers));
}

static void a_partial_success_is_counted_and_not_sent_again(void **state)
{
	static const char partial[] =
		"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 10\r\n\r\n"
		"\x0a\x08\x08\x03\x12\x04"
		"full";
	static const struct peer_answer answers[] = { { .bytes = partial, .size = sizeof(partial) - 1 },
						      { .bytes = PEER_OK } };
	struct fixture *fixture = *state;

	start(fixture, answers, ARRAY_SIZE(answers));
	push(fixture, 5);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported);
	assert_int_equal(fixture->metrics.otlp_exported, 2);
	assert_int_equal(fixture->metrics.lost[LOST_OTLP_EXPORT], 3);
	assert_string_equal(otlp_sender_last_error(fixture->sender), "took not all: full");
	push(fixture, 1);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 3);
	assert_carried(fixture, 0, 0, 6);
	assert_int_equal(fixture->metrics.otlp_request_failures, 0);
}

static void a_collector_cannot_reject_more_than_it_got(void **state)
{
	static const char partial[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\x0a\x03\x08\xff\x7f";
	static const struct peer_answer answers[] = { { .bytes = partial, .size = sizeof(partial) - 1 } };
	struct fixture *fixture = *state;

	start(fixture, answers, 1);
	push(fixture, 5);
	LOOP_UNTIL(fixture->loop, fixture->metrics.lost[LOST_OTLP_EXPORT]);
	assert_int_equal(fixture->metrics.lost[LOST_OTLP_EXPORT], 5);
	assert_int_equal(fixture->metrics.otlp_exported, 0);
}

static void nothing_is_lost_while_the_collector_is_away_within_the_bound(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = PEER_OK } };
	struct fixture *fixture = *state;
	size_t waits;

	start(fixture, answers, 1);
	peer_stop(&fixture->peer);
	push(fixture, 64);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_request_failures == 3);
	assert_int_equal(fixture->metrics.otlp_queue_size, 64);
	waits = clocks.wait_count;
	peer_start(&fixture->peer);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 64);
	assert_carried(fixture, 0, 0, 64);
	assert_int_equal(fixture->metrics.lost[LOST_OTLP_QUEUE] + fixture->metrics.lost[LOST_OTLP_EXPORT], 0);
	/* once it is back, full batches follow each other without delay */
	assert_true(clocks.wait_count >= waits + 3);
	for (size_t i = clocks.wait_count - 3; i < clocks.wait_count; i++)
		assert_int_equal(clocks.waits_ms[i], 1);
}

static void what_finds_no_room_is_counted_exactly(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = PEER_OK } };
	struct fixture *fixture = *state;

	start(fixture, answers, 1);
	peer_stop(&fixture->peer);
	push(fixture, 64 + 29);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_request_failures == 2);
	push(fixture, 4);
	assert_int_equal(fixture->metrics.lost[LOST_OTLP_QUEUE], 33);
	peer_start(&fixture->peer);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 64);
	assert_carried(fixture, 0, 0, 64); /* the oldest are kept */
	assert_int_equal(fixture->metrics.lost[LOST_OTLP_QUEUE], 33);
	assert_int_equal(fixture->metrics.lost[LOST_OTLP_EXPORT], 0);
	push(fixture, 16);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 80);
}

static void what_is_under_way_counts_for_the_bound(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = NULL } };
	struct fixture *fixture = *state;

	start(fixture, answers, 1);
	push(fixture, 16);
	LOOP_UNTIL(fixture->loop, peer_count(&fixture->peer) == 1);
	push(fixture, 50);
	assert_int_equal(fixture->metrics.otlp_queue_size, 64);
	assert_int_equal(fixture->metrics.lost[LOST_OTLP_QUEUE], 2);
	assert_int_equal(fixture->metrics.otlp_requests, 1); /* one at a time */
}

static void the_ring_of_records_goes_round(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = PEER_OK } };
	struct fixture *fixture = *state;

	fixture->config.otlp_max_queue_size = 7;
	fixture->config.otlp_max_export_batch_size = 3;
	start(fixture, answers, 1);
	for (uint32_t sent = 0; sent < 50; sent += 5) {
		push(fixture, 5);
		LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == sent + 5);
	}
	assert_carried(fixture, 0, 0, 50);
	assert_int_equal(fixture->metrics.lost[LOST_OTLP_QUEUE], 0);
}

static void large_records_are_spread_over_requests(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = PEER_OK } };
	struct fixture *fixture = *state;
	char path[PICKET_PATH_SIZE];
	static uint32_t ids[IDS_MAX];

	memset(path, 0xff, sizeof(path)); /* each byte becomes three */
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	fixture->config.otlp_max_queue_size = fixture->config.otlp_max_export_batch_size = 2000;
	start(fixture, answers, 1);
	for (int i = 0; i < 2000; i++)
		push_path(fixture, path);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 2000);
	assert_true(peer_count(&fixture->peer) > 1);
	assert_true(ids_of(fixture, 0, ids) > 100);
	for (size_t i = 0; i < peer_count(&fixture->peer); i++) {
		struct peer_request request = peer_request_at(&fixture->peer, i);
		struct otlp_bytes plain = inflated(&request);

		assert_true(plain.size < (4 << 20) + 65536);
		free(plain.bytes);
	}
	assert_carried(fixture, 0, 0, 2000);
}

static void on_drained(void *context)
{
	((struct fixture *)context)->drained++;
}

static void a_drain_sends_all_that_waits_at_once(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = PEER_OK } };
	struct fixture *fixture = *state;

	start(fixture, answers, 1);
	push(fixture, 15);
	otlp_sender_drain(fixture->sender, DRAIN_MS, on_drained, fixture);
	LOOP_UNTIL(fixture->loop, fixture->drained);
	assert_int_equal(fixture->drained, 1);
	assert_int_equal(fixture->metrics.otlp_exported, 15);
	assert_carried(fixture, 0, 0, 15);
	push(fixture, 1); /* too late */
	assert_int_equal(fixture->metrics.lost[LOST_OTLP_QUEUE], 1);
}

static void a_drain_of_many_batches_waits_for_none_of_the_delays(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = PEER_OK } };
	struct fixture *fixture = *state;

	start(fixture, answers, 1);
	push(fixture, 15);
	otlp_sender_drain(fixture->sender, DRAIN_MS, on_drained, fixture);
	push(fixture, 30); /* what the last events bring meanwhile */
	LOOP_UNTIL(fixture->loop, fixture->drained);
	assert_int_equal(fixture->metrics.otlp_exported, 45);
	for (size_t i = 1; i < clocks.wait_count; i++)
		assert_int_equal(clocks.waits_ms[i], 1);
}

static void a_drain_with_nothing_to_send_ends_at_once(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = PEER_OK } };
	struct fixture *fixture = *state;

	start(fixture, answers, 1);
	otlp_sender_drain(fixture->sender, DRAIN_MS, on_drained, fixture);
	assert_int_equal(fixture->drained, 1);
	assert_int_equal(peer_count(&fixture->peer), 0);
}

static void a_drain_ends_in_time_and_counts_what_is_left(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = NULL } };
	struct fixture *fixture = *state;

	start(fixture, answers, 1);
	push(fixture, 20);
	LOOP_UNTIL(fixture->loop, peer_count(&fixture->peer) == 1);
	otlp_sender_drain(fixture->sender, 2000, on_drained, fixture);
	LOOP_UNTIL(fixture->loop, fixture->drained);
	assert_int_equal(fixture->drained, 1);
	assert_int_equal(fixture->metrics.lost[LOST_OTLP_EXPORT], 20);
	assert_int_equal(fixture->metrics.otlp_queue_size, 0);
	/* the end of the request that was under way changes nothing any more */
	http_client_free(fixture->http);
	fixture->http = NULL;
	assert_int_equal(fixture->metrics.lost[LOST_OTLP_EXPORT], 20);
}

static void a_drain_asks_a_busy_collector_once_more(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = PEER_STATUS("503") }, { .bytes = PEER_OK } };
	struct fixture *fixture = *state;

	start(fixture, answers, ARRAY_SIZE(answers));
	push(fixture, 3);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_request_failures == 1);
	otlp_sender_drain(fixture->sender, DRAIN_MS, on_drained, fixture);
	LOOP_UNTIL(fixture->loop, fixture->drained);
	assert_int_equal(fixture->metrics.otlp_exported, 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(what_is_refused_for_good_is_lost_counted_and_not_sent_again),
		TEST(a_partial_success_is_counted_and_not_sent_again),
		TEST(a_collector_cannot_reject_more_than_it_got),
		TEST(nothing_is_lost_while_the_collector_is_away_within_the_bound),
		TEST(what_finds_no_room_is_counted_exactly),
		TEST(what_is_under_way_counts_for_the_bound),
		TEST(the_ring_of_records_goes_round),
		TEST(large_records_are_spread_over_requests),
		TEST(a_drain_sends_all_that_waits_at_once),
		TEST(a_drain_of_many_batches_waits_for_none_of_the_delays),
		TEST(a_drain_with_nothing_to_send_ends_at_once),
		TEST(a_drain_ends_in_time_and_counts_what_is_left),
		TEST(a_drain_asks_a_busy_collector_once_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
