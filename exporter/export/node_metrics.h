/* SPDX-License-Identifier: GPL-2.0-only */
/* What the machine is, whatever runs on it. */
#ifndef NODE_METRICS_H
#define NODE_METRICS_H

#include "export/prometheus.h"
#include "state/node_tee.h"
#include "text.h"

/** node_metrics_write() - trusted execution environments. */
void node_metrics_write(struct text *out, enum exposition_format format, const struct node_tee *tee);

#endif
