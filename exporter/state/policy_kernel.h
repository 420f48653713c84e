/* SPDX-License-Identifier: GPL-2.0-only */
/* Which rules the kernel part may carry out alone. Private to the policy's modules. */
#ifndef POLICY_KERNEL_H
#define POLICY_KERNEL_H

#include "policy_narrow.h"

/** policy_kernel_can_decide() - whether kernel and rules_judge() cannot but agree on the rule. */
bool policy_kernel_can_decide(const struct policy_fields *fields, const struct rule *rule);

/** policy_kernel_kill_reason() - why a kill of this rule is not for the kernel to do alone; static. NULL: it may. */
const char *policy_kernel_kill_reason(const struct rule *rule);

/**
 * policy_kernel_action() - PICKET_KERNEL_* for a rule that is to @deny, or else to kill. What is to be looked at first,
 * and what has descendants to be found, is stopped: the daemon kills it.
 */
unsigned int policy_kernel_action(const struct rule *rule, bool deny);

#endif
