/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/otlp_metrics_encode.h"

#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "export/protobuf_text.h"
#include "otlp_metrics.pb-c.h"
#include "state/utf8.h"
#include "version.h"

#define CUMULATIVE 2

enum field_tag {
	REQUEST_RESOURCE_METRICS = PROTOBUF_TAG(1),
	RESOURCE_SCOPE_METRICS = PROTOBUF_TAG(2),
	SCOPE_METRICS = PROTOBUF_TAG(2),
	METRIC_GAUGE = PROTOBUF_TAG(5),
	METRIC_SUM = PROTOBUF_TAG(7),
	DATA_POINTS = PROTOBUF_TAG(1),
};

/* Those of a container that its resource has. */
static const char *const container_labels[] = { "container_id", "container", "pod", "namespace" };

/* An attribute with a text; its parts must stay where they are. */
struct attribute {
	Picket__Otlp__KeyValue pair;
	Picket__Otlp__AnyValue value;
};

static Picket__Otlp__KeyValue *set_attribute(struct attribute *attribute, const char *key, const char *value)
{
	picket__otlp__key_value__init(&attribute->pair);
	picket__otlp__any_value__init(&attribute->value);
	attribute->value.value_case = PICKET__OTLP__ANY_VALUE__VALUE_STRING_VALUE;
	attribute->value.string_value = (char *)value;
	attribute->pair.key = (char *)key;
	attribute->pair.value = &attribute->value;
	return &attribute->pair;
}

static bool ends_with(const char *name, const char *end)
{
	size_t size = strlen(name), end_size = strlen(end);

	return size > end_size && strcmp(name + size - end_size, end) == 0;
}

/* OTLP has no _total in names: who writes them for Prometheus adds it again. */
static void name_metric(Picket__Otlp__Metric *metric, const struct exposition_family *family,
			char name[EXPOSITION_NAME_SIZE])
{
	strcpy(name, family->name);
	if (family->is_counter && ends_with(name, "_total"))
		name[strlen(name) - strlen("_total")] = '\0';
	metric->name = name;
	metric->description = (char *)family->help;
	metric->unit = ends_with(name, "_seconds") ? "s" : ends_with(name, "_bytes") ? "By" : "";
}

/* The points that came since the family began are a metric. */
static void flush_metric(struct otlp_metrics_encoder *encoder)
{
	Picket__Otlp__Metric metric = PICKET__OTLP__METRIC__INIT;
	Picket__Otlp__Sum sum = PICKET__OTLP__SUM__INIT;
	const bool is_sum = encoder->family.is_counter;
	struct text *scratch = &encoder->scratch;
	char name[EXPOSITION_NAME_SIZE];

	if (!encoder->family_points)
		return;
	sum.aggregation_temporality = CUMULATIVE;
	sum.is_monotonic = true;
	if (is_sum)
		protobuf_add_message(&encoder->points, &sum.base);
	scratch->size = 0;
	name_metric(&metric, &encoder->family, name);
	protobuf_add_message(scratch, &metric.base);
	protobuf_add_head(scratch, is_sum ? METRIC_SUM : METRIC_GAUGE, encoder->points.size);
	text_add_bytes(scratch, encoder->points.data, encoder->points.size);
	protobuf_add_head(&encoder->metrics, SCOPE_METRICS, scratch->size);
	text_add_bytes(&encoder->metrics, scratch->data, scratch->size);
	encoder->points.size = 0;
	encoder->point_count += encoder->family_points;
	encoder->family_points = 0;
}

static int failure(const struct otlp_metrics_encoder *encoder)
{
	return encoder->points.error || encoder->metrics.error || encoder->scratch.error ? -ENOMEM : 0;
}

static int on_family(void *context, const struct exposition_family *family)
{
	struct otlp_metrics_encoder *encoder = context;

	flush_metric(encoder);
	encoder->family = *family;
	return failure(encoder);
}

static bool is_of_resource(const char *label)
{
	for (size_t i = 0; i < ARRAY_SIZE(container_labels); i++)
		if (strcmp(label, container_labels[i]) == 0)
			return true;
	return false;
}

/* A metric is always whole numbers or never, whatever one value is. */
static void set_value(Picket__Otlp__NumberDataPoint *point, const struct exposition_family *family,
		      const struct exposition_sample *sample)
{
	if (sample->is_whole && !strstr(family->name, "_seconds") && sample->whole <= INT64_MAX) {
		point->value_case = PICKET__OTLP__NUMBER_DATA_POINT__VALUE_AS_INT;
		point->as_int = (int64_t)sample->whole;
	} else {
		point->value_case = PICKET__OTLP__NUMBER_DATA_POINT__VALUE_AS_DOUBLE;
		point->as_double = sample->value;
	}
}

static int on_sample(void *context, const struct exposition_family *family, const struct exposition_sample *sample)
{
	Picket__Otlp__NumberDataPoint point = PICKET__OTLP__NUMBER_DATA_POINT__INIT;
	Picket__Otlp__KeyValue *pairs[EXPOSITION_LABELS_MAX];
	struct attribute attributes[EXPOSITION_LABELS_MAX];
	struct otlp_metrics_encoder *encoder = context;
	const bool of_container = sample->label_count && strcmp(sample->labels[0].name, container_labels[0]) == 0;

	if (of_container != encoder->resource->is_container)
		return 0;
	for (size_t i = 0; i < sample->label_count; i++) {
		const struct exposition_label *label = &sample->labels[i];

		if (!*label->value || (of_container && is_of_resource(label->name)))
			continue;
		pairs[point.n_attributes] = set_attribute(&attributes[point.n_attributes], label->name, label->value);
		point.n_attributes++;
	}
	point.attributes = pairs;
	point.time_unix_nano = (uint64_t)encoder->now_ns;
	if (family->is_counter)
		point.start_time_unix_nano = (uint64_t)sample->created_ns;
	set_value(&point, family, sample);
	encoder->scratch.size = 0;
	protobuf_add_message(&encoder->scratch, &point.base);
	protobuf_add_head(&encoder->points, DATA_POINTS, encoder->scratch.size);
	text_add_bytes(&encoder->points, encoder->scratch.data, encoder->scratch.size);
	encoder->family_points++;
	return failure(encoder);
}

void otlp_metrics_encoder_init(struct otlp_metrics_encoder *encoder, size_t limit)
{
	struct exposition_sink sink = { on_family, on_sample, encoder };

	memset(encoder, 0, sizeof(*encoder));
	exposition_lines_init(&encoder->lines, &sink);
	text_init(&encoder->points, limit);
	text_init(&encoder->metrics, limit);
	text_init(&encoder->scratch, limit);
}

void otlp_metrics_encoder_clear(struct otlp_metrics_encoder *encoder)
{
	exposition_lines_clear(&encoder->lines);
	text_free(&encoder->points);
	text_free(&encoder->metrics);
	text_free(&encoder->scratch);
}

void otlp_metrics_begin(struct otlp_metrics_encoder *encoder, const struct otlp_metrics_resource *resource,
			int64_t now_ns)
{
	encoder->resource = resource;
	encoder->now_ns = now_ns;
	encoder->points.size = encoder->metrics.size = 0;
	encoder->point_count = encoder->family_points = 0;
}

int otlp_metrics_take(struct otlp_metrics_encoder *encoder, const char *text, size_t size)
{
	return exposition_lines_take(&encoder->lines, text, size);
}

static void pack_resource(struct text *out, const struct otlp_metrics_resource *from)
{
	Picket__Otlp__ResourceMetrics resource_metrics = PICKET__OTLP__RESOURCE_METRICS__INIT;
	Picket__Otlp__Resource resource = PICKET__OTLP__RESOURCE__INIT;
	Picket__Otlp__KeyValue *pairs[OTLP_RESOURCE_MAX];
	struct attribute attributes[OTLP_RESOURCE_MAX];
	char *repaired[OTLP_RESOURCE_MAX];
	size_t size;

	for (size_t i = 0; i < from->count; i++) {
		repaired[i] = utf8_repair(from->attributes[i].value, strlen(from->attributes[i].value), &size);
		pairs[i] = set_attribute(&attributes[i], from->attributes[i].key, repaired[i] ? repaired[i] : "");
	}
	resource.attributes = pairs;
	resource.n_attributes = from->count;
	resource_metrics.resource = &resource;
	protobuf_add_message(out, &resource_metrics.base);
	for (size_t i = 0; i < from->count; i++)
		free(repaired[i]);
}

int otlp_metrics_end(struct otlp_metrics_encoder *encoder, struct text *request, size_t *points)
{
	Picket__Otlp__ScopeMetrics scope_metrics = PICKET__OTLP__SCOPE_METRICS__INIT;
	Picket__Otlp__InstrumentationScope scope = PICKET__OTLP__INSTRUMENTATION_SCOPE__INIT;
	struct text *resource = &encoder->points, *head = &encoder->scratch;

	flush_metric(encoder);
	if (!encoder->point_count)
		return failure(encoder);
	scope.name = "picket";
	scope.version = PICKET_VERSION;
	scope_metrics.scope = &scope;
	head->size = resource->size = 0;
	protobuf_add_message(head, &scope_metrics.base);
	pack_resource(resource, encoder->resource);
	protobuf_add_head(resource, RESOURCE_SCOPE_METRICS, head->size + encoder->metrics.size);
	text_add_bytes(resource, head->data, head->size);
	text_add_bytes(resource, encoder->metrics.data, encoder->metrics.size);
	protobuf_add_head(request, REQUEST_RESOURCE_METRICS, resource->size);
	text_add_bytes(request, resource->data, resource->size);
	*points += encoder->point_count;
	resource->size = 0;
	return failure(encoder) || request->error ? -ENOMEM : 0;
}
