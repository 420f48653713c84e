/* SPDX-License-Identifier: GPL-2.0-only */
/* A snapshot as one JSON document; its form is proto/incident.schema.json. Made in two stages: see below. */
#ifndef INCIDENT_SNAPSHOT_H
#define INCIDENT_SNAPSHOT_H

#include "respond/incident_bounds.h"
#include "respond/investigator.h"

#define INCIDENT_VERSION 1
#define INCIDENT_PROCESSES_MAX 256

struct incident_snapshot;

/**
 * incident_snapshot_begin() - all that can be had at once.
 * Return: NULL: no memory.
 */
struct incident_snapshot *incident_snapshot_begin(const struct investigator_options *options,
						  const struct finding *finding);

/** incident_snapshot_finish() - add what a workload can make its reader wait for; perhaps this never returns. */
void incident_snapshot_finish(struct incident_snapshot *snapshot);

/** incident_snapshot_text() - as it is now; free(3) it. @left_out: one more sentence, or NULL. NULL: no memory. */
char *incident_snapshot_text(struct incident_snapshot *snapshot, const char *left_out);

void incident_snapshot_free(struct incident_snapshot *snapshot);

#endif
