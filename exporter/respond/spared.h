/* SPDX-License-Identifier: GPL-2.0-only */
/* Who is never a target, whatever a rule says. */
#ifndef SPARED_H
#define SPARED_H

#include "state/catalogue.h"

/**
 * spared_reason() - why nothing may be done about this event.
 * The host's processes, picket's own container, what runs all workloads of a node, and the programs of container runtimes. For the last, a name is no
 * evidence, since a workload can choose it: the executable must be the very file that the host has under that path.
 * Return: static text; NULL when it may be a target.
 */
const char *spared_reason(const char *procfs_path, const struct event_context *context);

#endif
