/* SPDX-License-Identifier: GPL-2.0-only */
/* What this kernel allows, found out by trying with the smallest program there is. */
#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>
#include <stdio.h>

#include "picket/sensors.h"

struct btf;

/**
 * probe_loads() - whether this kernel may take programs of this backend: cheaper than trying the real ones.
 * @kernel: its BTF; NULL: there is none.
 * @reason: filled with a sentence when it does not.
 */
bool probe_loads(const struct btf *kernel, enum picket_backend backend, char *reason, size_t reason_size);

/**
 * probe_print() - for `picket sensors` when no daemon runs: each backend, each sensor and the backend it would get.
 * Return: 0; -EPERM without root.
 */
int probe_print(FILE *out, bool json);

#endif
