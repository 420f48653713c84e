/* SPDX-License-Identifier: GPL-2.0-only */
/* Our rules, as YAML. */
#ifndef IMPORT_FALCO_WRITE_H
#define IMPORT_FALCO_WRITE_H

#include <stdio.h>

#include "import/falco_events.h"
#include "import/falco_file.h"
#include "import/falco_formula.h"

/* One rule of ours. */
struct falco_output {
	const struct falco_rule *rule;
	const struct falco_event *event;
	const struct formula_alternative *alternative;
	const char *name;
	bool enabled;
};

/** falco_write_rule() - without its name's line of comment. */
void falco_write_rule(FILE *out, const struct falco_output *output);

/** falco_write_comment() - one line; bytes that are no printable ASCII become "?". */
void falco_write_comment(FILE *out, const char *text);

#endif
