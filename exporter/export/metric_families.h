/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text format as Prometheus' protobuf: what the tables of metrics write
 * as lines becomes length-delimited io.prometheus.client.MetricFamily
 * messages.
 *
 * A message cannot be begun before its size is known. A family of more than
 * METRIC_FAMILY_MAX_BYTES therefore becomes several of the same name, one
 * behind the other, and memory stays constant.
 */
#ifndef METRIC_FAMILIES_H
#define METRIC_FAMILIES_H

#include <stddef.h>

#include "text.h"

#define METRIC_FAMILY_MAX_BYTES (1 << 20)

struct metric_families;

/** metric_families_new() - Return: 0, -ENOMEM. */
int metric_families_new(struct metric_families **ret_families);
void metric_families_free(struct metric_families *families);

/**
 * metric_families_take() - whole lines of the text format, with the marks of exposition_lines.h.
 * @out: gets the messages that are complete.
 * Return: 0; -ENOMEM; -EBADMSG: a line that is none, after which the document must not pass for whole.
 */
int metric_families_take(struct metric_families *families, const char *text, size_t size, struct text *out);

/** metric_families_end() - the last family. Return: 0, -ENOMEM. */
int metric_families_end(struct metric_families *families, struct text *out);

#endif
