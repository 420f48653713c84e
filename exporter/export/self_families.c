/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/self_families.h"

#include <stdio.h>

#include "export/family.h"
#include "version.h"

/* One number per value of one label. */
static void write_by_label(struct text *out, enum exposition_format format, const char *name, const char *help,
			   const char *label, const char *(*value_name)(int value), const uint64_t *values, int first,
			   int count)
{
	char labels[96];

	family_begin(out, format, FAMILY_COUNTER, name, help);
	for (int i = first; i < count; i++) {
		snprintf(labels, sizeof(labels), "%s=\"%s\"", label, value_name(i));
		family_sample(out, FAMILY_COUNTER, name, labels, "", values[i]);
	}
}

static const char *action_name(int value)
{
	return response_name(value);
}

static const char *kind_name(int value)
{
	return catalogue_kind_name(value);
}

static const char *stage_name(int value)
{
#define STAGE_NAME(id, name) name,
	static const char *const names[] = { SELF_LOST_STAGES(STAGE_NAME) };

	return names[value];
}

/* Only of processors that lost any: a machine with hundreds of them has no series here while all is well. */
static void write_lost_by_cpu(struct text *out, enum exposition_format format, const struct self_metrics *metrics)
{
	char labels[64];

	family_begin(
		out, format, FAMILY_COUNTER, "picket_events_lost_by_cpu",
		"Events that were lost, by where and by the processor that they happened on; those with losses only.");
	for (int i = 0; i < SELF_CPUS; i++) {
		if (!metrics->lost_by_cpu[i])
			continue;
		snprintf(labels, sizeof(labels), "stage=\"transport\",cpu=\"%d\"", i);
		family_sample(out, FAMILY_COUNTER, "picket_events_lost_by_cpu", labels, "", metrics->lost_by_cpu[i]);
	}
}

static void write_sensors(struct text *out, enum exposition_format format, const struct self_metrics *metrics)
{
	char labels[128];

	family_begin(out, format, FAMILY_INFO, "picket_sensor",
		     "The backend that each sensor uses; \"none\" when it is blind.");
	for (int i = 0; i < PICKET_SENSOR_COUNT; i++) {
		if (i == PICKET_SENSOR_PERF && !metrics->perf)
			continue; /* not asked for: nothing is blind */
		snprintf(labels, sizeof(labels), "sensor=\"%s\",backend=\"%s\"", picket_sensor_name(i),
			 picket_backend_name(metrics->sensors[i].backend));
		family_sample(out, FAMILY_INFO, "picket_sensor", labels, "", 1);
	}
	family_begin(out, format, FAMILY_GAUGE, "picket_sensor_up",
		     "Whether a sensor is attached and its last canary was seen.");
	for (int i = 0; i < PICKET_SENSOR_COUNT; i++) {
		if (i == PICKET_SENSOR_PERF && !metrics->perf)
			continue;
		snprintf(labels, sizeof(labels), "sensor=\"%s\"", picket_sensor_name(i));
		family_sample(out, FAMILY_GAUGE, "picket_sensor_up", labels, "", metrics->sensors[i].up);
	}
}

#define SELF_TYPE_C FAMILY_COUNTER
#define SELF_TYPE_G FAMILY_GAUGE
#define WRITE_NUMBER(field, kind, name, help) \
	family_begin(out, format, SELF_TYPE_##kind, name, help); \
	family_sample(out, SELF_TYPE_##kind, name, "", "", metrics->field);

void self_families_write(struct text *out, enum exposition_format format, const struct self_metrics *metrics)
{
	write_sensors(out, format, metrics);
	write_by_label(out, format, "picket_events", "Events that came from the kernel.", "kind", kind_name,
		       metrics->events, 0, PICKET_KIND_COUNT);
	write_by_label(out, format, "picket_events_lost", "Events or findings that were lost, by where.", "stage",
		       stage_name, metrics->lost, 0, LOST_STAGE_COUNT);
	write_lost_by_cpu(out, format, metrics);
	write_by_label(out, format, "picket_responses", "Responses carried out.", "action", action_name,
		       metrics->responses, 0, RESPONSE_COUNT);
	write_by_label(out, format, "picket_response_failures", "Responses that failed.", "action", action_name,
		       metrics->response_failures, 0, RESPONSE_COUNT);
	write_by_label(out, format, "picket_responses_dry_run", "Responses that --enforce would have carried out.",
		       "action", action_name, metrics->responses_dry_run, 0, RESPONSE_COUNT);
	write_by_label(out, format, "picket_responses_spared", "Responses to targets that picket never touches.",
		       "action", action_name, metrics->responses_spared, 0, RESPONSE_COUNT);
	write_by_label(out, format, "picket_responses_gone", "Responses that came after their target had ended.",
		       "action", action_name, metrics->responses_gone, 0, RESPONSE_COUNT);
	write_by_label(out, format, "picket_responses_rate_limited",
		       "Responses left out because of the rule's limit or the limit of all rules.", "action",
		       action_name, metrics->responses_limited, 0, RESPONSE_COUNT);
	SELF_NUMBERS(WRITE_NUMBER)
	family_begin(out, format, FAMILY_GAUGE, "picket_ready", "Whether every wanted sensor is up.");
	family_sample(out, FAMILY_GAUGE, "picket_ready", "", "", metrics->ready);
	family_begin(out, format, FAMILY_INFO, "picket_build", "What runs here.");
	text_add_format(out, "picket_build_info{version=\"%s\",revision=\"%s\",branch=\"%s\"} 1\n", PICKET_VERSION,
			PICKET_REVISION, PICKET_BRANCH);
}
