/* SPDX-License-Identifier: GPL-2.0-only */
/* Families with what is known of each container, besides its counters. */
#ifndef CONTAINER_METRICS_H
#define CONTAINER_METRICS_H

#include "export/family.h"
#include "state/container.h"

struct container_family {
	enum family_type type;
	const char *name, *help;
	void (*write)(const struct container_family *family, struct text *out, const struct container *container);
};

extern const struct container_family container_families[];
extern const size_t container_family_count;

#endif
