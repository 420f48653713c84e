/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/metric_families.h"

#include <errno.h>
#include <stdlib.h>

#include "export/exposition_lines.h"
#include "export/protobuf_text.h"
#include "prometheus_metrics.pb-c.h"

#define FAMILY_LIMIT (METRIC_FAMILY_MAX_BYTES + (1 << 20)) /* a full one and one metric more */
#define METRIC_FIELD PROTOBUF_TAG(4)

struct metric_families {
	struct exposition_lines lines;
	struct text family; /* encoded, from its name on; empty: no metric yet */
	struct text *out;
};

static int flush(struct metric_families *families, struct text *out)
{
	if (families->family.error)
		return -ENOMEM;
	if (!families->family.size)
		return 0; /* some readers do not bear families without metrics */
	protobuf_add_varint(out, families->family.size);
	text_add_bytes(out, families->family.data, families->family.size);
	families->family.size = 0;
	return out->error ? -ENOMEM : 0;
}

static void begin(struct metric_families *families, const struct exposition_family *from)
{
	Picket__Prometheus__MetricFamily family = PICKET__PROMETHEUS__METRIC_FAMILY__INIT;

	family.name = (char *)from->name;
	family.help = (char *)from->help;
	family.has_type = true;
	family.type = from->is_counter ? PICKET__PROMETHEUS__METRIC_TYPE__COUNTER
				       : PICKET__PROMETHEUS__METRIC_TYPE__GAUGE;
	protobuf_add_message(&families->family, &family.base);
}

static int on_family(void *context, const struct exposition_family *family)
{
	struct metric_families *families = context;

	(void)family;
	return flush(families, families->out);
}

static int on_sample(void *context, const struct exposition_family *family, const struct exposition_sample *sample)
{
	Picket__Prometheus__LabelPair pairs[EXPOSITION_LABELS_MAX], *labels[EXPOSITION_LABELS_MAX];
	Picket__Prometheus__Metric metric = PICKET__PROMETHEUS__METRIC__INIT;
	Picket__Prometheus__Gauge gauge = PICKET__PROMETHEUS__GAUGE__INIT;
	Picket__Prometheus__Counter counter = PICKET__PROMETHEUS__COUNTER__INIT;
	Picket__Prometheus__Timestamp created = PICKET__PROMETHEUS__TIMESTAMP__INIT;
	struct metric_families *families = context;

	for (size_t i = 0; i < sample->label_count; i++) {
		picket__prometheus__label_pair__init(&pairs[i]);
		pairs[i].name = sample->labels[i].name;
		pairs[i].value = sample->labels[i].value;
		labels[i] = &pairs[i];
	}
	metric.n_label = sample->label_count;
	metric.label = labels;
	gauge.has_value = counter.has_value = true;
	gauge.value = counter.value = sample->value;
	created.has_seconds = created.has_nanos = true;
	created.seconds = sample->created_ns / 1000000000;
	created.nanos = (int32_t)(sample->created_ns % 1000000000);
	counter.created_timestamp = sample->created_ns > 0 ? &created : NULL;
	if (family->is_counter)
		metric.counter = &counter;
	else
		metric.gauge = &gauge;
	if (!families->family.size)
		begin(families, family);
	protobuf_add_head(&families->family, METRIC_FIELD, protobuf_c_message_get_packed_size(&metric.base));
	protobuf_add_message(&families->family, &metric.base);
	if (families->family.size >= METRIC_FAMILY_MAX_BYTES)
		return flush(families, families->out);
	return families->family.error ? -ENOMEM : 0;
}

int metric_families_new(struct metric_families **ret_families)
{
	struct metric_families *families = calloc(1, sizeof(*families));
	struct exposition_sink sink = { on_family, on_sample, families };

	if (!families)
		return -ENOMEM;
	exposition_lines_init(&families->lines, &sink);
	text_init(&families->family, FAMILY_LIMIT);
	*ret_families = families;
	return 0;
}

void metric_families_free(struct metric_families *families)
{
	if (!families)
		return;
	exposition_lines_clear(&families->lines);
	text_free(&families->family);
	free(families);
}

int metric_families_take(struct metric_families *families, const char *text, size_t size, struct text *out)
{
	families->out = out;
	return exposition_lines_take(&families->lines, text, size);
}

int metric_families_end(struct metric_families *families, struct text *out)
{
	return flush(families, out);
}
