/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <zlib.h>
#include <cmocka.h>

#include "cleanup.h"
#include "event_builder.h"
#include "export/otlp_encode.h"
#include "export/otlp_sender.h"
#include "http_peer.h"
#include "otlp_logs.pb-c.h"

#define IDS_MAX 4096
#define WAITS_MAX 256
#define SPEED 200 /* how much faster the sender's clock runs here */

/*
 * The sender's timers, and only these, are noted and made short: a test of a
 * wait of minutes must not take minutes. These two stand before libc's.
 */
static struct {
	bool noting; /* timers made now are the sender's */
	int fds[2];
	size_t fd_count;
	uint64_t waits_ms[WAITS_MAX]; /* of its first timer; the other ends a drain */
	size_t wait_count;
} clocks;

int timerfd_create(clockid_t clock, int flags)
{
	int fd = syscall(SYS_timerfd_create, clock, flags);

	if (clocks.noting) {
		assert_true(clocks.fd_count < ARRAY_SIZE(clocks.fds));
		clocks.fds[clocks.fd_count++] = fd;
	}
	return fd;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old)
{
	uint64_t wait_ms = value->it_value.tv_sec * 1000ULL + value->it_value.tv_nsec / 1000000, short_ms;
	struct itimerspec shorter = { 0 };

	for (size_t i = 0; i < clocks.fd_count; i++) {
		if (fd != clocks.fds[i] || !wait_ms)
			continue;
		if (i == 0 && !clocks.noting && clocks.wait_count < WAITS_MAX)
			clocks.waits_ms[clocks.wait_count++] = wait_ms;
		short_ms = wait_ms / SPEED ? wait_ms / SPEED : 1;
		shorter.it_value.tv_sec = short_ms / 1000;
		shorter.it_value.tv_nsec = short_ms % 1000 * 1000000;
		return syscall(SYS_timerfd_settime, fd, flags, &shorter, old);
	}
	return syscall(SYS_timerfd_settime, fd, flags, value, old);
}

struct fixture {
	struct event_loop *loop;
	struct http_client *http;
	struct http_peer peer;
	struct config config;
	struct self_metrics metrics;
	struct otlp_sender *sender;
	uint32_t next_id; /* of the next finding */
	int drained;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	memset(&clocks, 0, sizeof(clocks));
	log_configure(LOG_ERROR, LOG_LOGFMT);
	assert_int_equal(event_loop_new(&fixture->loop), 0);
	assert_int_equal(http_client_new(fixture->loop, &fixture->http), 0);
	fixture->config = (struct config){
		.rootfs_path = "/",
		.otlp_endpoint_is_base = true,
		.otlp_gzip = true,
		.otlp_timeout_ms = 5000,
		.otlp_schedule_delay_ms = 1000,
		.otlp_max_queue_size = 64,
		.otlp_max_export_batch_size = 16,
	};
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	http_client_free(fixture->http);
	otlp_sender_free(fixture->sender);
	event_loop_free(fixture->loop);
	if (fixture->peer.answers)
		peer_free(&fixture->peer);
	free(fixture);
	return 0;
}

/* A sender, and a collector that answers so. */
static void start(struct fixture *fixture, const struct peer_answer *answers, size_t count)
{
	char *error = NULL;

	peer_init(&fixture->peer, answers, count);
	peer_start(&fixture->peer);
	fixture->config.otlp_endpoint = fixture->peer.url;
	clocks.noting = true;
	assert_int_equal(otlp_sender_new(fixture->loop, fixture->http, &fixture->config, &fixture->metrics,
					 &fixture->sender, &error),
			 0);
	clocks.noting = false;
	assert_int_equal(fixture->metrics.otlp_queue_capacity, fixture->config.otlp_max_queue_size);
}

static void push_path(struct fixture *fixture, const char *path)
{
	struct event_builder builder;
	struct rule rule = { .name = "some_rule", .description = "Something.", .severity = SEVERITY_ERROR };
	struct finding finding = { .context = { &builder.event, NULL }, .rule = &rule, .time_unix_ns = 1 };

	builder_open(&builder, "/bin/cat", path, PICKET_ACCESS_READ);
	snprintf(finding.id, sizeof(finding.id), "%032x", fixture->next_id++);
	otlp_sender_push(fixture->sender, &finding);
	memset(&builder, 0xee, sizeof(builder)); /* nothing of it may be kept */
	memset(&finding, 0xee, sizeof(finding));
}

static void push(struct fixture *fixture, size_t count)
{
	while (count--)
		push_path(fixture, "/etc/shadow");
}

static struct otlp_bytes inflated(const struct peer_request *request)
{
	struct otlp_bytes plain = { malloc(64 << 20), 64 << 20 };
	z_stream stream = { 0 };

	assert_non_null(plain.bytes);
	if (!strcasestr(request->head, "\r\nContent-Encoding: gzip\r\n")) {
		memcpy(plain.bytes, request->body, request->body_size);
		plain.size = request->body_size;
		return plain;
	}
	assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
	stream.next_in = (unsigned char *)request->body;
	stream.avail_in = request->body_size;
	stream.next_out = plain.bytes;
	stream.avail_out = plain.size;
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(stream.avail_in, 0);
	plain.size = stream.total_out;
	inflateEnd(&stream);
	return plain;
}

static uint32_t id_of(const ProtobufCBinaryData *bytes)
{
	Picket__Otlp__LogRecord *record = picket__otlp__log_record__unpack(NULL, bytes->len, bytes->data);
	uint32_t id = UINT32_MAX;

	assert_non_null(record);
	for (size_t i = 0; i < record->n_attributes; i++)
		if (strcmp(record->attributes[i]->key, "picket.finding.id") == 0)
			id = strtoul(record->attributes[i]->value->string_value, NULL, 16);
	picket__otlp__log_record__free_unpacked(record, NULL);
	return id;
}

/* Ids that the @index-th request carries. Return: how many. */
static size_t ids_of(struct fixture *fixture, size_t index, uint32_t *ids)
{
	struct peer_request request = peer_request_at(&fixture->peer, index);
	struct otlp_bytes plain = inflated(&request);
	Picket__Otlp__ExportLogsServiceRequest *message =
		picket__otlp__export_logs_service_request__unpack(NULL, plain.size, plain.bytes);
	Picket__Otlp__ScopeLogs *logs;
	size_t count;

	assert_non_null(message);
	assert_int_equal(message->n_resource_logs, 1);
	assert_int_equal(message->resource_logs[0]->n_scope_logs, 1);
	assert_true(message->resource_logs[0]->resource->n_attributes > 3);
	logs = message->resource_logs[0]->scope_logs[0];
	count = logs->n_log_records;
	assert_true(count > 0); /* never an empty envelope */
	for (size_t i = 0; i < count; i++)
		ids[i] = id_of(&logs->log_records[i]);
	picket__otlp__export_logs_service_request__free_unpacked(message, NULL);
	free(plain.bytes);
	return count;
}

/* The requests from @first on carry the findings @from to @to - 1, each once, in order. */
static void assert_carried(struct fixture *fixture, size_t first, uint32_t from, uint32_t to)
{
	static uint32_t ids[IDS_MAX];

	for (size_t i = first; i < peer_count(&fixture->peer); i++) {
		size_t count = ids_of(fixture, i, ids);

		for (size_t j = 0; j < count; j++)
			assert_int_equal(ids[j], from++);
	}
	assert_int_equal(from, to);
}

static void sends_what_waits_after_the_delay(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = PEER_OK } };
	struct fixture *fixture = *state;
	struct peer_request request;

	start(fixture, answers, 1);
	push(fixture, 3);
	assert_int_equal(fixture->metrics.otlp_queue_size, 3);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 3);
	assert_int_equal(clocks.wait_count, 1);
	assert_int_equal(clocks.waits_ms[0], 1000);
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
		{ .bytes = PEER_STATUS("429") }, { .bytes = PEER_STATUS("502") }, { .bytes = PEER_STATUS("503") },
		{ .bytes = PEER_STATUS("504") }, { .bytes = PEER_OK },
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
		{ .bytes = PEER_STATUS("503") }, { .bytes = PEER_STATUS("503") }, { .bytes = PEER_OK },
		{ .bytes = PEER_STATUS("503") }, { .bytes = PEER_OK },
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

static void what_is_refused_for_good_is_lost_counted_and_not_sent_again(void **state)
{
	static const struct peer_answer answers[] = {
		{ .bytes = "HTTP/1.1 400 Bad\r\nContent-Length: 9\r\n\r\n\x08\x03\x12\x05" "wrong" },
		{ .bytes = PEER_STATUS("401") }, { .bytes = PEER_STATUS("404") }, { .bytes = PEER_STATUS("413") },
		{ .bytes = PEER_STATUS("500") }, { .bytes = PEER_STATUS("501") },
		{ .bytes = "HTTP/1.1 307 There\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n" }, { .bytes = PEER_OK },
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

static void a_partial_success_is_counted_and_not_sent_again(void **state)
{
	static const char partial[] = "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 10\r\n\r\n"
				      "\x0a\x08\x08\x03\x12\x04" "full";
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
	start(fixture, answers, ARRAY_SIZE(answers));
	push(fixture, 2);
	LOOP_UNTIL(fixture->loop, fixture->metrics.otlp_exported == 2);
	assert_int_equal(fixture->metrics.otlp_request_failures, 1);
	assert_carried(fixture, 1, 0, 2);
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
	otlp_sender_drain(fixture->sender, 5000, on_drained, fixture);
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
	otlp_sender_drain(fixture->sender, 5000, on_drained, fixture);
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
	otlp_sender_drain(fixture->sender, 5000, on_drained, fixture);
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
	otlp_sender_drain(fixture->sender, 5000, on_drained, fixture);
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
	otlp_sender_drain(fixture->sender, 5000, on_drained, fixture);
	LOOP_UNTIL(fixture->loop, fixture->drained);
	assert_int_equal(fixture->metrics.otlp_exported, 3);
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
		TEST(sends_what_waits_after_the_delay),
		TEST(sends_a_full_batch_at_once),
		TEST(sends_plain_when_compression_is_off),
		TEST(a_header_of_the_user_takes_the_place_of_ours),
		TEST(every_busy_status_is_tried_again_and_loses_nothing),
		TEST(waits_twice_as_long_each_time_up_to_half_a_minute_with_chance),
		TEST(a_success_makes_the_next_wait_short_again),
		TEST(never_comes_back_sooner_than_it_is_told),
		TEST(understands_a_date_as_the_time_to_come_back),
		TEST(what_is_refused_for_good_is_lost_counted_and_not_sent_again),
		TEST(every_status_of_success_is_one),
		TEST(a_partial_success_is_counted_and_not_sent_again),
		TEST(a_collector_cannot_reject_more_than_it_got),
		TEST(nothing_is_lost_while_the_collector_is_away_within_the_bound),
		TEST(what_finds_no_room_is_counted_exactly),
		TEST(what_is_under_way_counts_for_the_bound),
		TEST(the_ring_of_records_goes_round),
		TEST(large_records_are_spread_over_requests),
		TEST(a_success_that_cannot_be_read_is_one_and_is_told),
		TEST(an_endpoint_that_speaks_no_http_is_not_asked_for_ever),
		TEST(a_connection_that_is_cut_is_tried_again),
		TEST(a_collector_that_does_not_answer_in_time_is_tried_again),
		TEST(a_drain_sends_all_that_waits_at_once),
		TEST(a_drain_of_many_batches_waits_for_none_of_the_delays),
		TEST(a_drain_with_nothing_to_send_ends_at_once),
		TEST(a_drain_ends_in_time_and_counts_what_is_left),
		TEST(a_drain_asks_a_busy_collector_once_more),
		TEST(bad_settings_are_refused_with_a_reason),
		TEST(no_sender_takes_findings_and_forgets_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
