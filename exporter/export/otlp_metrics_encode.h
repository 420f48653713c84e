/* SPDX-License-Identifier: GPL-2.0-only */
/* Metrics in OTLP's form, made from the text format, so that both always say the same. Pure: text in, bytes out. */
#ifndef OTLP_METRICS_ENCODE_H
#define OTLP_METRICS_ENCODE_H

#include "export/exposition_lines.h"
#include "export/otlp_encode.h"

#define OTLP_RESOURCE_MAX 64

/* What a ResourceMetrics is of; texts are borrowed until its end. */
struct otlp_metrics_resource {
	struct {
		const char *key, *value;
	} attributes[OTLP_RESOURCE_MAX];
	size_t count;
	bool is_container; /* its labels are in the attributes, samples of the node are left out */
};

struct otlp_metrics_encoder {
	struct exposition_lines lines;
	const struct otlp_metrics_resource *resource;
	int64_t now_ns;
	struct text points;  /* of the family that is being read */
	struct text metrics; /* of this resource */
	struct text scratch;
	size_t point_count, family_points;
	struct exposition_family family; /* that the points are of */
};

void otlp_metrics_encoder_init(struct otlp_metrics_encoder *encoder, size_t limit);
void otlp_metrics_encoder_clear(struct otlp_metrics_encoder *encoder);

/** otlp_metrics_begin() - the metrics of one resource. */
void otlp_metrics_begin(struct otlp_metrics_encoder *encoder, const struct otlp_metrics_resource *resource,
			int64_t now_ns);

/** otlp_metrics_take() - whole lines. Return: 0, -EBADMSG, -ENOMEM. */
int otlp_metrics_take(struct otlp_metrics_encoder *encoder, const char *text, size_t size);

/**
 * otlp_metrics_end() - add them to the body of an ExportMetricsServiceRequest; nothing when there were none.
 * @points: the data points are added to it. Return: 0, -ENOMEM.
 */
int otlp_metrics_end(struct otlp_metrics_encoder *encoder, struct text *request, size_t *points);

#endif
