/* SPDX-License-Identifier: GPL-2.0-only */
/* A snapshot of an incident for a person: the process tree, and what differs from what a container should be. */
#ifndef INCIDENT_RENDER_H
#define INCIDENT_RENDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/**
 * incident_render() - @incident: any JSON; what is missing or of another type is left out.
 * Texts are shown without control characters, which a terminal would obey.
 * @verbose: all processes in full, not only the finding's.
 */
void incident_render(FILE *out, const json_t *incident, bool verbose);

#endif
