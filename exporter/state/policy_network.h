/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules that deny connections and datagrams in the kernel: which can be, and the keys for it. */
#ifndef POLICY_NETWORK_H
#define POLICY_NETWORK_H

#include "policy_compile.h"

/**
 * policy_network_reason() - why a rule that says deny cannot be carried out in the kernel; NULL: it can.
 * The hooks know the kind, the address and the port; and only containers are denied anything.
 */
const char *policy_network_reason(const struct rule *rule);

/**
 * policy_network_compile() - keys for all rules that can be, to policy->denied; exactly what the rules say.
 * Return: 0; -E2BIG when they are more than the kernel holds, and there are none; -ENOMEM.
 */
int policy_network_compile(const struct rule_set *rules, struct compiled_policy *policy);

#endif
