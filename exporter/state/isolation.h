/* SPDX-License-Identifier: GPL-2.0-only */
/* Which isolation a runtime's name stands for. Tables; names are matched by basename. */
#ifndef ISOLATION_H
#define ISOLATION_H

#include <jansson.h>

#include "container.h"

/** isolation_of_runtime() - of a runtime type, handler, shim or RuntimeClass name ("io.containerd.runsc.v1"). */
enum container_isolation isolation_of_runtime(const char *name);

/** isolation_of_oci() - of an OCI config.json: its annotations, and whether it has a user namespace. */
enum container_isolation isolation_of_oci(const json_t *config);

#endif
