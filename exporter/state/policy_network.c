/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/policy_network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/rule_compile.h"

#define KEYS_MAX 8192 /* each is compared with each */

/* What keys are made for. */
#define DENIALS (1U << 0)
#define WISHES (1U << 1)

/* A rule, and what it is of an address that it holds for: PICKET_ADDRESS_*. */
struct asking {
	const struct rule *rule;
	uint32_t value;
};

/* The rules that deny or ask by address, and their networks and ports, each once. */
struct collection {
	struct asking *rules;
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

static uint32_t denial_of(const struct rule *rule)
{
	if (rule->kind == PICKET_KIND_NETWORK_CONNECT)
		return PICKET_ADDRESS_DENY_CONNECT;
	return rule->kind == PICKET_KIND_NETWORK_SEND ? PICKET_ADDRESS_DENY_SEND : 0;
}

static uint32_t wish_of(const struct rule *rule)
{
	if (rule->kind == PICKET_KIND_NETWORK_CONNECT)
		return PICKET_ADDRESS_WANT_CONNECT;
	return rule->kind == PICKET_KIND_NETWORK_SEND ? PICKET_ADDRESS_WANT_SEND : 0;
}

const char *policy_network_reason(const struct rule *rule)
{
	static const char conditions[] =
		"the kernel can deny only by destination.address (equals, in, cidr, not) and one destination.port "
		"(equals, in), unless destination.address";
	struct fields fields = find_fields();
	size_t ports = 0;

	if (!denial_of(rule))
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

static bool any_known(const struct fields *fields, const struct condition *conditions, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_port(fields, &conditions[i]) || is_address(fields, &conditions[i]))
			return true;
	return false;
}

bool policy_network_asks(const struct rule *rule)
{
	struct fields fields = find_fields();

	return any_known(&fields, rule->where, rule->where_count) ||
	       any_known(&fields, rule->unless, rule->unless_count);
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
		for (size_t j = 0; j < conditions[i].value_count && !error; j++) {
			if (is_port(fields, &conditions[i]))
				error = add_port(all, conditions[i].integers[j]);
			else if (is_address(fields, &conditions[i]))
				error = add_range(all, &condition_matcher(&conditions[i])->ranges[j]);
		}
	return error;
}

/* Whether a condition holds for all of @range: one of the condition's networks contains it or has none of it. */
static bool address_holds(const struct condition *condition, const struct address_range *range)
{
	bool found = false;

	for (size_t i = 0; i < condition->value_count && !found; i++)
		found = address_range_contains(&condition_matcher(condition)->ranges[i], range);
	return found != condition->negate;
}

/* @port: 0 stands for those that no rule names. */
static bool port_holds(const struct condition *condition, uint32_t port)
{
	for (size_t i = 0; i < condition->value_count; i++)
		if (port && condition->integers[i] == port)
			return true;
	return false;
}

/* Whether @rule may match at this address and port; of conditions about anything else @otherwise is assumed. */
static bool holds(const struct fields *fields, const struct condition *condition, const struct address_range *range,
		  uint32_t port, bool otherwise)
{
	if (is_port(fields, condition))
		return port_holds(condition, port);
	return is_address(fields, condition) ? address_holds(condition, range) : otherwise;
}

static bool rule_applies(const struct fields *fields, const struct rule *rule, const struct address_range *range,
			 uint32_t port)
{
	for (size_t i = 0; i < rule->where_count; i++)
		if (!holds(fields, &rule->where[i], range, port, true))
			return false;
	for (size_t i = 0; i < rule->unless_count; i++)
		if (holds(fields, &rule->unless[i], range, port, false))
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
		if (rule_applies(fields, all->rules[i].rule, range, port))
			value |= all->rules[i].value;
	return value;
}

static int make_keys(const struct fields *fields, const struct collection *all, struct compiled_policy *policy)
{
	if (all->range_count * all->port_count > KEYS_MAX)
		return -E2BIG;
	policy->addresses = calloc(all->range_count * all->port_count, sizeof(*policy->addresses));
	if (!policy->addresses)
		return -ENOMEM;
	for (size_t i = 0; i < all->port_count; i++)
		for (size_t j = 0; j < all->range_count; j++) {
			struct policy_address *address = &policy->addresses[policy->address_count++];

			address->port = all->ports[i];
			address->bits = address_range_map(&all->ranges[j], address->address);
			address->value = value_of(all, fields, &all->ranges[j], all->ports[i]);
		}
	for (size_t i = 0; i < all->port_count; i++)
		policy->policy.ports |= all->ports[i] ? PICKET_PORT_BIT(all->ports[i]) : 0;
	policy->policy.flags |= PICKET_POLICY_ADDRESSES;
	return 0;
}

/* Those that put something into the keys. */
static void take_rules(struct collection *all, const struct rule_set *rules, unsigned int what,
		       const struct policy_note *notes)
{
	for (size_t i = 0; i < rules_count(rules); i++) {
		const struct rule *rule = rules_at(rules, i);
		struct asking asking = { .rule = rule };

		if (what & DENIALS && is_denying(rule))
			asking.value |= denial_of(rule);
		if (what & WISHES && notes[i].by_address)
			asking.value |= wish_of(rule);
		if (asking.value)
			all->rules[all->rule_count++] = asking;
	}
}

static int collect_all(struct collection *all, const struct fields *fields)
{
	static const struct address_range all_ipv4 = { .family = AF_INET }, all_ipv6 = { .family = AF_INET6 };
	int error = 0;

	for (size_t i = 0; i < all->rule_count && !error; i++) {
		const struct rule *rule = all->rules[i].rule;

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

/* Return: 0; -E2BIG when they are more than the kernel holds, and there are none; -ENOMEM. */
static int compile(const struct rule_set *rules, unsigned int what, struct compiled_policy *policy)
{
	struct collection all = { .rules = calloc(rules_count(rules) + 1, sizeof(*all.rules)) };
	struct fields fields = find_fields();
	int error;

	if (!all.rules)
		return -ENOMEM;
	take_rules(&all, rules, what, policy->notes);
	error = collect_all(&all, &fields);
	if (!error && all.rule_count)
		error = make_keys(&fields, &all, policy);
	for (size_t i = 0; i < all.rule_count && !error; i++)
		if (all.rules[i].value & (PICKET_ADDRESS_DENY_CONNECT | PICKET_ADDRESS_DENY_SEND))
			policy->policy.flags |= PICKET_POLICY_DENY;
	free(all.rules);
	free(all.ranges);
	free(all.ports);
	return error;
}

/* There are too many: every connection and datagram is sent. */
static void send_all(struct compiled_policy *policy)
{
	policy->policy.any_path |= PICKET_WATCH_NETWORK;
	for (size_t i = 0; i < policy->note_count; i++) {
		if (!policy->notes[i].by_address)
			continue;
		policy->notes[i].reach = POLICY_EVERY_EVENT;
		policy->notes[i].reason = "all rules together name more networks and ports than the kernel holds";
	}
}

int policy_network_compile(const struct rule_set *rules, bool enforce, struct compiled_policy *policy,
			   bool *ret_denials)
{
	unsigned int denials = enforce ? DENIALS : 0;
	int error = compile(rules, WISHES | denials, policy);

	if (error == -E2BIG) {
		send_all(policy);
		error = compile(rules, denials, policy);
	}
	*ret_denials = error != -E2BIG;
	return error == -E2BIG ? 0 : error;
}
