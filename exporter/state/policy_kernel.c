/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/policy_kernel.h"

#include <string.h>

#include "picket/policy.h"

/* Positive, and its values are keys as they stand. */
static bool is_exact_set(const struct condition *condition, const struct field *field, bool prefix)
{
	if (condition->field != field || condition->negate)
		return false;
	if (condition->op != OPERATOR_EQUALS && !(prefix && condition->op == OPERATOR_PREFIX))
		return false;
	for (size_t i = 0; i < condition->value_count; i++)
		if (strlen(condition->values[i]) > PICKET_POLICY_KEY_SIZE)
			return false;
	return true;
}

static bool kernel_can_decide_exec(const struct policy_fields *fields, const struct rule *rule)
{
	return rule->scope == RULE_SCOPE_CONTAINER && !rule->refused && rule->where_count == 1 && !rule->unless_count &&
	       is_exact_set(&rule->where[0], fields->executable_path, true);
}

bool policy_kernel_can_decide(const struct policy_fields *fields, const struct rule *rule)
{
	size_t paths = 0, accesses = 0;

	if (rule->kind == PICKET_KIND_PROCESS_EXEC)
		return kernel_can_decide_exec(fields, rule);
	if (rule->kind != PICKET_KIND_FILE_OPEN || rule->scope != RULE_SCOPE_CONTAINER || rule->refused)
		return false;
	for (size_t i = 0; i < rule->where_count; i++) {
		paths += is_exact_set(&rule->where[i], fields->path, true);
		accesses += is_exact_set(&rule->where[i], fields->access, false);
	}
	if (paths != 1 || accesses > 1 || paths + accesses != rule->where_count)
		return false;
	for (size_t i = 0; i < rule->unless_count; i++)
		if (!is_exact_set(&rule->unless[i], fields->executable_path, false))
			return false;
	return policy_narrow_rule(fields, rule) != NULL;
}

const char *policy_kernel_kill_reason(const struct rule *rule)
{
	return rule->limit.interval_ns ? "the daemon counts for limit:" : NULL;
}

unsigned int policy_kernel_action(const struct rule *rule, bool deny)
{
	if (deny)
		return PICKET_KERNEL_DENY;
	if (rule->kill_scope == KILL_TREE || rule->responses & 1U << RESPONSE_INVESTIGATE)
		return PICKET_KERNEL_STOP;
	return PICKET_KERNEL_KILL;
}
