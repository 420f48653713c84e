/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/policy_network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/rule_compile.h"

#define KEYS_MAX 8192 /* each is compared with each */

/* The rules that deny, and their networks and ports, each once. */
struct collection {
	const struct rule **rules;
	size_t rule_count;
	struct address_range *ranges;
	size_t range_count, range_room;
	uint32_t *ports;
	size_t port_count, port_room;
};

struct fields {
	const struct field *address, *port;
};

static struct fields find_fields(void)
{
	return (struct fields){ catalogue_find_field("destination.address"), catalogue_find_field("destination.port") };
}

static bool is_address(const struct fields *fields, const struct condition *condition)
{
	return condition->field == fields->address &&
	       (condition->op == OPERATOR_EQUALS || condition->op == OPERATOR_CIDR);
}

static bool is_port(const struct fields *fields, const struct condition *condition)
{
	return condition->field == fields->port && condition->op == OPERATOR_EQUALS && !condition->negate;
}

static uint32_t what_of(const struct rule *rule)
{
	if (rule->kind == PICKET_KIND_NETWORK_CONNECT)
		return PICKET_DENY_CONNECT;
	return rule->kind == PICKET_KIND_NETWORK_SEND ? PICKET_DENY_SEND : 0;
}

const char *policy_network_reason(const struct rule *rule)
{
	static const char conditions[] =
		"the kernel can deny only by destination.address (equals, in, cidr, not) and one destination.port "
		"(equals, in), unless destination.address";
	struct fields fields = find_fields();
	size_t ports = 0;

	if (!what_of(rule))
		return "the kernel can deny only network_connect, network_send, file_open and process_exec";
	if (rule->scope != RULE_SCOPE_CONTAINER)
		return "the kernel denies only containers something, and the scope is not container";
	for (size_t i = 0; i < rule->where_count; i++) {
		if (is_port(&fields, &rule->where[i]))
			ports++;
		else if (!is_address(&fields, &rule->where[i]))
			return conditions;
	}
	for (size_t i = 0; i < rule->unless_count; i++)
		if (!is_address(&fields, &rule->unless[i]))
			return conditions;
	return ports > 1 ? conditions : NULL;
}

static bool is_denying(const struct rule *rule)
{
	return rule->responses & 1U << RESPONSE_DENY && !policy_network_reason(rule);
}

/* Room for one more element. Return: 0, -ENOMEM. */
static int grow(void **items, size_t count, size_t *room, size_t size)
{
	size_t wanted = *room ? *room * 2 : 64;
	void *grown;

	if (count < *room)
		return 0;
	grown = reallocarray(*items, wanted, size);
	if (!grown)
		return -ENOMEM;
	*items = grown;
	*room = wanted;
	return 0;
}

static int add_range(struct collection *all, const struct address_range *range)
{
	for (size_t i = 0; i < all->range_count; i++)
		if (address_range_contains(&all->ranges[i], range) && all->ranges[i].bits == range->bits)
			return 0;
	if (all->range_count == KEYS_MAX)
		return -E2BIG;
	if (grow((void **)&all->ranges, all->range_count, &all->range_room, sizeof(*all->ranges)))
		return -ENOMEM;
	all->ranges[all->range_count++] = *range;
	return 0;
}

static int add_port(struct collection *all, uint32_t port)
{
	for (size_t i = 0; i < all->port_count; i++)
		if (all->ports[i] == port)
			return 0;
	if (all->port_count == KEYS_MAX)
		return -E2BIG;
	if (grow((void **)&all->ports, all->port_count, &all->port_room, sizeof(*all->ports)))
		return -ENOMEM;
	all->ports[all->port_count++] = port;
	return 0;
}

static int collect(struct collection *all, const struct fields *fields, const struct condition *conditions,
		   size_t count)
{
	int error = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < conditions[i].value_count && !error; j++)
			error = is_port(fields, &conditions[i])
					? add_port(all, conditions[i].integers[j])
					: add_range(all, &condition_matcher(&conditions[i])->ranges[j]);
	return error;
}

/* Whether a condition holds for all of @range: one of the condition's networks contains it or has none of it. */
static bool holds(const struct condition *condition, const struct address_range *range)
{
	bool found = false;

	for (size_t i = 0; i < condition->value_count && !found; i++)
		found = address_range_contains(&condition_matcher(condition)->ranges[i], range);
	return found != condition->negate;
}

/* @port: 0 stands for those that no rule names. */
static bool rule_has_port(const struct fields *fields, const struct rule *rule, uint32_t port)
{
	for (size_t i = 0; i < rule->where_count; i++) {
		if (!is_port(fields, &rule->where[i]))
			continue;
		for (size_t j = 0; j < rule->where[i].value_count; j++)
			if (port && rule->where[i].integers[j] == port)
				return true;
		return false;
	}
	return true;
}

static bool rule_denies(const struct fields *fields, const struct rule *rule, const struct address_range *range,
			uint32_t port)
{
	if (!rule_has_port(fields, rule, port))
		return false;
	for (size_t i = 0; i < rule->where_count; i++)
		if (is_address(fields, &rule->where[i]) && !holds(&rule->where[i], range))
			return false;
	for (size_t i = 0; i < rule->unless_count; i++)
		if (holds(&rule->unless[i], range))
			return false;
	return true;
}

/*
 * The longest key decides alone, so each says what all rules together mean for
 * its network: an address whose longest key is K lies in just those networks
 * that contain K.
 */
static uint32_t value_of(const struct collection *all, const struct fields *fields, const struct address_range *range,
			 uint32_t port)
{
	uint32_t value = 0;

	for (size_t i = 0; i < all->rule_count; i++)
		if (rule_denies(fields, all->rules[i], range, port))
			value |= what_of(all->rules[i]);
	return value;
}

static int make_keys(const struct fields *fields, const struct collection *all, struct compiled_policy *policy)
{
	if (all->range_count * all->port_count > KEYS_MAX)
		return -E2BIG;
	policy->denied = calloc(all->range_count * all->port_count, sizeof(*policy->denied));
	if (!policy->denied)
		return -ENOMEM;
	for (size_t i = 0; i < all->port_count; i++)
		for (size_t j = 0; j < all->range_count; j++) {
			struct policy_denied *denied = &policy->denied[policy->denied_count++];

			denied->port = all->ports[i];
			denied->bits = address_range_map(&all->ranges[j], denied->address);
			denied->value = value_of(all, fields, &all->ranges[j], all->ports[i]);
		}
	policy->policy.flags |= PICKET_POLICY_DENY;
	return 0;
}

static int collect_all(struct collection *all, const struct fields *fields, const struct rule_set *rules)
{
	static const struct address_range all_ipv4 = { .family = AF_INET }, all_ipv6 = { .family = AF_INET6 };
	int error = 0;

	for (size_t i = 0; i < rules_count(rules) && !error; i++) {
		const struct rule *rule = rules_at(rules, i);

		if (!is_denying(rule))
			continue;
		all->rules[all->rule_count++] = rule;
		error = collect(all, fields, rule->where, rule->where_count);
		if (!error)
			error = collect(all, fields, rule->unless, rule->unless_count);
	}
	/* so that every address and every port has a key */
	if (!error)
		error = add_port(all, 0);
	if (!error)
		error = add_range(all, &all_ipv4);
	return error ? error : add_range(all, &all_ipv6);
}

int policy_network_compile(const struct rule_set *rules, struct compiled_policy *policy)
{
	struct collection all = { .rules = calloc(rules_count(rules) + 1, sizeof(*all.rules)) };
	struct fields fields = find_fields();
	int error;

	if (!all.rules)
		return -ENOMEM;
	error = collect_all(&all, &fields, rules);
	if (!error && all.rule_count)
		error = make_keys(&fields, &all, policy);
	free(all.rules);
	free(all.ranges);
	free(all.ports);
	return error;
}
