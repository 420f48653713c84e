/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Findings as OTLP log records, batched, compressed, retried.
 *
 * One request at a time. A busy collector (429, 502, 503, 504) and one that cannot be reached are asked again, after
 * what Retry-After says or after 1 s, 2 s, ... 30 s with some chance in it; meanwhile findings wait, up to
 * otlp_max_queue_size with those under way. Whatever else the collector refuses is lost, and counted.
 */
#ifndef OTLP_SENDER_H
#define OTLP_SENDER_H

#include "config.h"
#include "export/otlp_encode.h"
#include "http_client.h"
#include "state/finding.h"
#include "state/self_metrics.h"

struct otlp_sender;

/** otlp_sender_new() - needs config->otlp_endpoint. Return: 0; -EINVAL and *ret_error (free(3)) for a bad setting. */
int otlp_sender_new(struct event_loop *loop, struct http_client *http, const struct config *config,
		    struct self_metrics *metrics, struct otlp_sender **ret_sender, char **ret_error);

/** otlp_sender_free() - after http_client_free(), which cancels the request under way. NULL is fine. */
void otlp_sender_free(struct otlp_sender *sender);

/** otlp_sender_push() - queue one finding (copied). A full queue drops the newest and counts it. NULL sender: nothing. */
void otlp_sender_push(struct otlp_sender *sender, const struct finding *finding);

/**
 * otlp_sender_push_record() - the same for what is no finding. Snapshots are large: those that wait take 8 MiB at most,
 * further ones are dropped and counted.
 */
void otlp_sender_push_record(struct otlp_sender *sender, const struct otlp_record *record);

/**
 * otlp_sender_drain() - send what is queued now, for shutdown. @done is called when the queue is empty or
 * @timeout_ms has passed; what is left is counted as lost, and so is what is pushed from then on.
 */
void otlp_sender_drain(struct otlp_sender *sender, uint32_t timeout_ms, void (*done)(void *context), void *context);

/** otlp_sender_last_error() - what the collector or the network said last; "" when all is well. */
const char *otlp_sender_last_error(const struct otlp_sender *sender);

#endif
