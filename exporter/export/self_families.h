/* SPDX-License-Identifier: GPL-2.0-only */
/* What picket says of itself: sensors, events, responses, and the numbers of state/self_metrics.h. */
#ifndef SELF_FAMILIES_H
#define SELF_FAMILIES_H

#include "export/prometheus.h"
#include "text.h"

/** self_families_write() - all of them; errors stay in @out. */
void self_families_write(struct text *out, enum exposition_format format, const struct self_metrics *metrics);

#endif
