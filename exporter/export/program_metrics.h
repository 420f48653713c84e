/* SPDX-License-Identifier: GPL-2.0-only */
/* What the BPF programs and maps cost. */
#ifndef PROGRAM_METRICS_H
#define PROGRAM_METRICS_H

#include "export/prometheus.h"
#include "text.h"

/** program_metrics_write() - run time and runs of each program, memory of each map; @source->for_each_program is there. */
void program_metrics_write(struct text *out, enum exposition_format format, const struct exposition_source *source);

#endif
