/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What picket says about itself. Every module adds to this one struct; export/
 * reads it. One table: a new counter is one line here.
 */
#ifndef SELF_METRICS_H
#define SELF_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "finding.h"
#include "picket/event.h"
#include "picket/sensors.h"

/* LOST(id, label value of picket_events_lost_total{stage}) */
#define SELF_LOST_STAGES(LOST) \
	LOST(TRANSPORT, "transport")	 /* ring or perf buffer was full */ \
	LOST(DECODE, "decode")		 /* a record that was not valid */ \
	LOST(OTLP_QUEUE, "otlp_queue")	 /* queue of the OTLP sender was full */ \
	LOST(OTLP_EXPORT, "otlp_export") /* the collector refused it */ \
	LOST(STREAM, "stream")		 /* a reader of `picket events` was too slow */

#define SELF_CPUS 512 /* processors that are told apart */

#define SELF_LOST_ENUM(id, name) LOST_##id,
enum lost_stage { SELF_LOST_STAGES(SELF_LOST_ENUM) LOST_STAGE_COUNT };
#undef SELF_LOST_ENUM

/* SELF(field, C or G (counter, gauge), metric name without _total, help): plain numbers without labels. */
#define SELF_NUMBERS(SELF) \
	SELF(otlp_exported, C, "picket_otlp_exported_records", "Log records that a collector accepted.") \
	SELF(otlp_requests, C, "picket_otlp_requests", "Export requests sent to the collector.") \
	SELF(otlp_request_failures, C, "picket_otlp_request_failures", \
	     "Export requests that failed; retries count again.") \
	SELF(otlp_exported_points, C, "picket_otlp_exported_data_points", \
	     "Data points of metrics that a collector accepted.") \
	SELF(otlp_rejected_points, C, "picket_otlp_rejected_data_points", \
	     "Data points of metrics that a collector rejected.") \
	SELF(otlp_metric_requests, C, "picket_otlp_metric_requests", "Requests with metrics sent to the collector.") \
	SELF(otlp_metric_request_failures, C, "picket_otlp_metric_request_failures", \
	     "Requests with metrics that failed; retries count again.") \
	SELF(otlp_queue_size, G, "picket_otlp_queue_records", "Log records that wait for the collector.") \
	SELF(otlp_queue_capacity, G, "picket_otlp_queue_capacity_records", "Log records that may wait.") \
	SELF(rules_loaded, G, "picket_rules_loaded", "Rules in force.") \
	SELF(rules_last_reload_successful, G, "picket_rules_last_reload_successful", \
	     "Whether the last reload of the rules succeeded; when not, the old ones are in force.") \
	SELF(rules_last_reload_time, G, "picket_rules_last_reload_success_timestamp_seconds", \
	     "When the rules in force were loaded.") \
	SELF(findings_throttled, C, "picket_findings_throttled", \
	     "Rule matches that were counted but not sent on, because of the rule's throttle.") \
	SELF(findings_grouped, C, "picket_findings_grouped", \
	     "Rule matches that were counted but not sent on, because they said the same as one before; a summary follows.") \
	SELF(sequences_forgotten, C, "picket_rule_sequences_forgotten", \
	     "Begun sequences and counts that were forgotten for want of room.") \
	SELF(responses_released, C, "picket_responses_released", \
	     "Pauses and isolations that were ended, by somebody or by their timeout.") \
	SELF(incidents_written, C, "picket_incidents_written", "Snapshots of incidents that were kept as files.") \
	SELF(incident_write_failures, C, "picket_incident_write_failures", \
	     "Snapshots that were taken and could not be written.") \
	SELF(incidents_rotated, C, "picket_incidents_rotated", \
	     "Files of incidents that were removed to make room for newer ones.") \
	SELF(incidents_kept, G, "picket_incidents_kept", "Files of incidents after the last one was written.") \
	SELF(incidents_bytes, G, "picket_incidents_bytes", "Their size.") \
	SELF(slots_capacity, G, "picket_container_slots_capacity", \
	     "Containers that can be counted apart at one time.") \
	SELF(slots_used, G, "picket_container_slots_used", "Counter slots in use.") \
	SELF(slots_exhausted, C, "picket_container_slots_exhausted", \
	     "Cgroups that found no free slot and are counted together.") \
	SELF(perf_event_failures, C, "picket_perf_event_failures", \
	     "Counters of the processors that exist and could not be opened.") \
	SELF(enforce, G, "picket_enforcement_enabled", "Whether responses are carried out (1) or only reported (0).")

struct sensor_status {
	enum picket_backend backend;
	bool up;	  /* attached, and its last canary arrived */
	char reason[160]; /* why it is not better; "" when the best backend runs */
};

#define SELF_NUMBER_FIELD(field, kind, name, help) uint64_t field;
struct self_metrics {
	SELF_NUMBERS(SELF_NUMBER_FIELD)
	uint64_t events[PICKET_KIND_COUNT];
	uint64_t lost[LOST_STAGE_COUNT];
	uint64_t lost_by_cpu[SELF_CPUS];    /* of LOST_TRANSPORT; the last one is that of all beyond */
	uint64_t responses[RESPONSE_COUNT]; /* carried out */
	uint64_t response_failures[RESPONSE_COUNT];
	uint64_t responses_dry_run[RESPONSE_COUNT];
	uint64_t responses_spared[RESPONSE_COUNT];
	uint64_t responses_gone[RESPONSE_COUNT];
	uint64_t responses_limited[RESPONSE_COUNT];
	struct sensor_status sensors[PICKET_SENSOR_COUNT];
	bool ready;
	int64_t continued_unix_ns; /* counters of containers found before are an earlier daemon's; 0: none are */
	bool perf;		   /* the perf sensor is wanted */
	uint32_t perf_events;	   /* bit per enum picket_perf_event that it counts, too */
};
#undef SELF_NUMBER_FIELD

static inline bool self_counts_perf(const struct self_metrics *metrics)
{
	return metrics->perf && metrics->sensors[PICKET_SENSOR_PERF].backend != PICKET_BACKEND_NONE;
}

#endif
