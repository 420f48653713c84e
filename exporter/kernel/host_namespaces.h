/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_NAMESPACES_H
#define HOST_NAMESPACES_H

#include "kernel/objects.h"

/**
 * host_namespaces_fill() - tell the programs which namespaces are the host's: those of pid 1.
 * Source: <@procfs_path>/1/ns, or this process' own when it runs in the host's mount namespace. One that cannot be read stays unknown, and no task is ever found in it.
 * Return: how many are known.
 */
int host_namespaces_fill(const struct object_maps *maps, const char *procfs_path);

#endif
