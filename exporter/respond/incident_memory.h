/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lies in a process's memory or has to be read from its executable.
 * A workload can make its reader wait for any of it, for ever.
 */
#ifndef INCIDENT_MEMORY_H
#define INCIDENT_MEMORY_H

#include "respond/incident_bounds.h"

#define INCIDENT_HASH_MAX_BYTES (64 << 20) /* a larger executable is not hashed */

/** incident_memory() - add arguments, environment (secrets left out) and the executable's hash to @process. */
void incident_memory(json_t *process, int process_fd, struct incident_bounds *bounds);

/**
 * incident_environment() - a block of "NAME=value" with NULs between; public for the tests.
 * Only values of names that are known to hold no secret are kept.
 */
json_t *incident_environment(struct incident_bounds *bounds, const char *block, size_t size);

/** incident_is_secret_name() - whether what goes by this name is likely a secret: "db_password", "API-KEY". */
bool incident_is_secret_name(const char *name, size_t size);

#endif
