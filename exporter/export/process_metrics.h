/* SPDX-License-Identifier: GPL-2.0-only */
/* The standard process_* metrics of this process, from procfs. */
#ifndef PROCESS_METRICS_H
#define PROCESS_METRICS_H

#include "export/prometheus.h"
#include "text.h"

/** process_metrics_write() - Return: 0; -errno when procfs could not be read, with nothing written. */
int process_metrics_write(struct text *out, enum exposition_format format, const char *procfs_path);

#endif
