/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All metrics as OTLP: sums since a start, and gauges, at an interval.
 *
 * One ResourceMetrics for each container, with what is known of it, and one
 * for the node. They go out in requests of about 1 MiB before compression, one
 * at a time. What a busy collector did not take is sent again a few times and
 * then left out: the next round has newer sums of the same.
 */
#ifndef OTLP_METRICS_H
#define OTLP_METRICS_H

#include "config.h"
#include "export/prometheus.h"
#include "http_client.h"

struct otlp_metrics;

/** otlp_metrics_new() - needs config->otlp_metrics. Return: 0; -EINVAL and *ret_error (free(3)) for a bad setting; -ENOMEM. */
int otlp_metrics_new(struct event_loop *loop, struct http_client *http, const struct config *config,
		     const struct exposition_source *source, struct self_metrics *metrics,
		     struct otlp_metrics **ret_metrics, char **ret_error);

/** otlp_metrics_free() - after http_client_free(), which cancels the request under way. NULL is fine. */
void otlp_metrics_free(struct otlp_metrics *exporter);

#endif
