/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/family.h"

#include <string.h>

static const char *const suffixes[] = { [FAMILY_COUNTER] = "_total", [FAMILY_GAUGE] = "", [FAMILY_INFO] = "_info" };

void family_begin(struct text *out, enum exposition_format format, enum family_type type, const char *name,
		  const char *help)
{
	if (format == EXPOSITION_OPENMETRICS) {
		static const char *const types[] = { "counter", "gauge", "info" };

		text_add_format(out, "# TYPE %s %s\n# HELP %s ", name, types[type], name);
	} else {
		static const char *const types[] = { "counter", "gauge", "gauge" };

		text_add_format(out, "# TYPE %s%s %s\n# HELP %s%s ", name, suffixes[type], types[type], name,
				suffixes[type]);
	}
	if (format == EXPOSITION_OPENMETRICS)
		text_add_label_value(out, help); /* quotes are escaped in this format only */
	else
		text_add(out, help);
	text_add(out, "\n");
}

static void begin_sample(struct text *out, enum family_type type, const char *name, const char *labels,
			 const char *more)
{
	text_add(out, name);
	text_add(out, suffixes[type]);
	if (*labels || *more) {
		text_add(out, "{");
		text_add(out, labels);
		if (*labels && *more)
			text_add(out, ",");
		text_add(out, more);
		text_add(out, "}");
	}
	text_add(out, " ");
}

void family_sample(struct text *out, enum family_type type, const char *name, const char *labels, const char *more,
		   uint64_t value)
{
	begin_sample(out, type, name, labels, more);
	text_add_u64(out, value);
	text_add(out, "\n");
}

void family_sample_real(struct text *out, enum family_type type, const char *name, const char *labels, double value)
{
	begin_sample(out, type, name, labels, "");
	text_add_format(out, "%.9g\n", value);
}
