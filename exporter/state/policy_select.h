/* SPDX-License-Identifier: GPL-2.0-only */
/* What a rule says of the one number that an event is about: a signal, an operation. Private to policy_compile.c. */
#ifndef POLICY_SELECT_H
#define POLICY_SELECT_H

#include "rules.h"

/**
 * policy_select() - numbers that events have which the rule can match, bit per selector of its kind (see policy.h).
 * All bits are set when it can match any, and for kinds that have no such number.
 */
uint64_t policy_select(const struct rule *rule);

#endif
