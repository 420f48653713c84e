/* SPDX-License-Identifier: GPL-2.0-only */
/* How large and how slow a snapshot may become, and the texts in it. Workloads choose these texts. */
#ifndef INCIDENT_BOUNDS_H
#define INCIDENT_BOUNDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct incident_bounds {
	size_t bytes_left;    /* of all texts together */
	uint64_t deadline_ns; /* CLOCK_MONOTONIC */
	bool keep_secrets;    /* among the arguments of programs */
	json_t *left_out;     /* array of sentences: what is not in the snapshot, and why */
};

/** incident_bounds_new() - secrets are not kept. Return: false: no memory. */
bool incident_bounds_new(struct incident_bounds *bounds, size_t bytes, unsigned int milliseconds);

/** incident_bounds_over() - whether no more may be added. Said once in left_out. */
bool incident_bounds_over(struct incident_bounds *bounds);

/** incident_left_out() - @format: as printf(3); a sentence that is there already is not added. */
void incident_left_out(struct incident_bounds *bounds, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** incident_text() - any bytes as a JSON string of at most @max bytes, cut between characters. NULL: no memory. */
json_t *incident_text(struct incident_bounds *bounds, const char *text, size_t size, size_t max);

/** incident_set_text() - the same as a member; "" is set too. */
void incident_set_text(struct incident_bounds *bounds, json_t *object, const char *key, const char *text, size_t max);

#endif
