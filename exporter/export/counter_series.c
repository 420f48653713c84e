/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/counter_series.h"

#include <stdio.h>
#include <string.h>

/* ',access="read"} ' for 'access=read' of the table. Return: its size. */
static size_t render_tail(char *tail, const char *labels)
{
	size_t used = 0;

	while (*labels) {
		size_t name = strcspn(labels, "="), value = strcspn(labels + name + 1, ",");

		used += (size_t)snprintf(tail + used, COUNTER_TAIL_SIZE - used, ",%.*s=\"%.*s\"", (int)name, labels,
					 (int)value, labels + name + 1);
		labels += name + 1 + value;
		labels += *labels == ',';
	}
	return used + (size_t)snprintf(tail + used, COUNTER_TAIL_SIZE - used, "} ");
}

void counter_series_init(struct counter_series *series)
{
	memset(series, 0, sizeof(*series));
	for (size_t i = 0; i < PICKET_FAMILY_COUNT; i++) {
		series->firsts[i] = counter_table_first(i);
		series->heads[i].size = (size_t)snprintf(series->heads[i].text, COUNTER_HEAD_SIZE, "%s_total{",
							 counter_families[i].name);
	}
	for (size_t i = 0; i < PICKET_COUNTER_COUNT; i++) {
		series->tails[i].size = render_tail(series->tails[i].text, counter_infos[i].labels);
		series->counts[counter_infos[i].family]++;
	}
}

const struct counter_series *counter_series_ready(void)
{
	static struct counter_series series;

	if (!series.heads[0].size)
		counter_series_init(&series);
	return &series;
}

static char *put_value(char *at, uint64_t value)
{
	if (value >= 10)
		return text_put_u64(at, value);
	*at = (char)('0' + value);
	return at + 1;
}

/* Tails are copied whole, which needs no call: what follows is written over what was too much. */
void counter_series_write(const struct counter_series *series, struct text *out, enum picket_family family,
			  const char *labels, size_t labels_size, const uint64_t *values)
{
	const size_t begin_size = series->heads[family].size + labels_size, count = series->counts[family];
	const struct counter_tail *tails = &series->tails[series->firsts[family]];
	char *begin = text_reserve(out, count * (begin_size + COUNTER_TAIL_SIZE + TEXT_U64_SIZE + 1)), *at = begin;

	if (!begin)
		return;
	for (size_t i = 0; i < count; i++) {
		if (i == 0) {
			memcpy(at, series->heads[family].text, series->heads[family].size);
			memcpy(at + series->heads[family].size, labels, labels_size);
		} else {
			memcpy(at, begin, begin_size);
		}
		at += begin_size;
		memcpy(at, tails[i].text, COUNTER_TAIL_SIZE);
		at = put_value(at + tails[i].size, values[i]);
		*at++ = '\n';
	}
	out->size = (size_t)(at - out->data);
}
