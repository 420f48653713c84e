/* SPDX-License-Identifier: GPL-2.0-only */
/* A sender before a collector of the test, on a clock that runs faster. */
#ifndef OTLP_SENDER_FIXTURE_H
#define OTLP_SENDER_FIXTURE_H

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
#include "slow_clock.h"

#define IDS_MAX 4096
#define WAITS_MAX 256
#define SPEED 200 /* how much faster the sender's clock runs here */
#define DRAIN_SPEED 20
#define DRAIN_MS (DRAIN_SPEED * PEER_WAIT_S * 1000) /* longer than any test */

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
		short_ms = wait_ms / (i == 0 ? SPEED : DRAIN_SPEED);
		short_ms += short_ms == 0;
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

static inline int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	memset(&clocks, 0, sizeof(clocks));
	memset(&slow_clock, 0, sizeof(slow_clock));
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

static inline int tear_down(void **state)
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
static inline void start(struct fixture *fixture, const struct peer_answer *answers, size_t count)
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

static inline void push_path(struct fixture *fixture, const char *path)
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

static inline void push(struct fixture *fixture, size_t count)
{
	while (count--)
		push_path(fixture, "/etc/shadow");
}

static inline struct otlp_bytes inflated(const struct peer_request *request)
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

static inline uint32_t id_of(const ProtobufCBinaryData *bytes)
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
static inline size_t ids_of(struct fixture *fixture, size_t index, uint32_t *ids)
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
static inline void assert_carried(struct fixture *fixture, size_t first, uint32_t from, uint32_t to)
{
	static uint32_t ids[IDS_MAX];

	for (size_t i = first; i < peer_count(&fixture->peer); i++) {
		size_t count = ids_of(fixture, i, ids);

		for (size_t j = 0; j < count; j++)
			assert_int_equal(ids[j], from++);
	}
	assert_int_equal(from, to);
}

#endif
