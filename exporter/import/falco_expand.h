/* SPDX-License-Identifier: GPL-2.0-only */
/* A rule's condition with its macros and lists put in, and what its exceptions spare taken out. */
#ifndef IMPORT_FALCO_EXPAND_H
#define IMPORT_FALCO_EXPAND_H

#include "import/falco_file.h"

/**
 * falco_expand() - the whole condition of a rule, without macros.
 * Return: NULL and a sentence in @ret_error; both NULL: no memory.
 */
const struct falco_node *falco_expand(struct falco_rules *rules, const struct falco_rule *rule, const char **ret_error);

/** falco_expand_check() - a check whose values may name lists: they are put in. NULL as above. */
const struct falco_node *falco_expand_check(struct falco_rules *rules, const struct falco_node *check,
					    const char **ret_error);

/** falco_exceptions() - what the rule's exceptions spare, as conditions of which any spares. NULL as above. */
const struct falco_node *falco_exceptions(struct falco_rules *rules, const struct falco_rule *rule,
					  const char **ret_error);

#endif
