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

/** policy_network_asks() - whether a condition of the rule says which addresses or ports. */
bool policy_network_asks(const struct rule *rule);

/**
 * policy_network_compile() - keys for rules about connections and datagrams, to policy->addresses: exactly what rules say
 * that can deny, and at least what those match whose note says by_address.
 * @enforce: with the denials. @ret_denials: whether they are among the keys; together they can be more than the kernel
 * holds. What is asked for comes last: without room for it everything is sent, and the notes say so.
 * Return: 0, -ENOMEM.
 */
int policy_network_compile(const struct rule_set *rules, bool enforce, struct compiled_policy *policy,
			   bool *ret_denials);

#endif
