/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules written for Falco, as rules of ours.
 *
 * A rule becomes one of ours for each kind of event and each alternative of
 * its condition, which match just what it matches. Where a part of the
 * condition cannot be said the rule is left out, and it is told why.
 */
#ifndef IMPORT_FALCO_IMPORT_H
#define IMPORT_FALCO_IMPORT_H

#include "import/falco_write.h"

typedef void falco_import_tell(void *context, const char *message);

struct falco_import {
	struct falco_rules *rules;
	FILE *out;
	bool approximate;	      /* write what must be left out without what cannot be said, switched off */
	const struct rule_set *taken; /* whose names are not to be used; NULL: none */
	falco_import_tell *tell;      /* "file:line: NAME: left out: why", or "note: what differs" */
	void *context;
	size_t translated, left_out, written; /* counted here; written: rules of ours */
};

/** falco_import_rules() - all rules. Return: 0, whatever is left out; -ENOMEM. */
int falco_import_rules(struct falco_import *import);

#endif
