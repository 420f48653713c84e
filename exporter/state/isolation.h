/* SPDX-License-Identifier: GPL-2.0-only */
/* Which isolation the names that runtimes go by stand for, and what an OCI configuration tells. Tables. */
#ifndef ISOLATION_H
#define ISOLATION_H

#include <jansson.h>

#include "container.h"

/**
 * isolation_of_runtime() - of a runtime type, handler, shim or RuntimeClass: "io.containerd.runsc.v1",
 * "/usr/bin/containerd-shim-spin-v2". Only what follows the last "/" and precedes a newline counts.
 */
enum container_isolation isolation_of_runtime(const char *name);

/** isolation_of_oci() - of an OCI config.json: its annotations, and whether it has a user namespace. */
enum container_isolation isolation_of_oci(const json_t *config);

/** isolation_raise() - evidence adds up: what keeps the workload further apart from the host wins. */
void isolation_raise(enum container_isolation *isolation, enum container_isolation found);

#endif
