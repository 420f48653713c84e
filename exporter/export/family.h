/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing one metric family in either exposition format. */
#ifndef FAMILY_H
#define FAMILY_H

#include <stdint.h>

#include "export/prometheus.h"
#include "text.h"

enum family_type { FAMILY_COUNTER, FAMILY_GAUGE, FAMILY_INFO };

/** family_begin() - HELP and TYPE. @name: without _total or _info, which samples get. */
void family_begin(struct text *out, enum exposition_format format, enum family_type type, const char *name,
		  const char *help);

/**
 * family_sample() - one line.
 * @labels: ready text without braces, "" for none; @more: the same, appended after a comma.
 */
void family_sample(struct text *out, enum family_type type, const char *name, const char *labels, const char *more,
		   uint64_t value);

/** family_sample_real() - the same for a value that is no whole number. */
void family_sample_real(struct text *out, enum family_type type, const char *name, const char *labels, double value);

#endif
