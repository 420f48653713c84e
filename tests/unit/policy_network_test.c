/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel denies by the compiled keys is exactly what rules_judge() matches; with lists and with random rules. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cleanup.h"
#include "event_builder.h"
#include "rules_text.h"
#include "state/policy_compile.h"
#include "state/policy_network.h"

static struct reports reports;

static bool begins_with(const uint8_t *address, const struct policy_address *key)
{
	for (uint32_t bit = 0; bit < key->bits; bit++)
		if ((address[bit / 8] ^ key->address[bit / 8]) & 0x80 >> bit % 8)
			return false;
	return true;
}

/* As a trie answers: the longest key. */
static const struct policy_address *find(const struct compiled_policy *policy, uint32_t port, const uint8_t *address)
{
	const struct policy_address *best = NULL;

	for (size_t i = 0; i < policy->address_count; i++) {
		const struct policy_address *key = &policy->addresses[i];

		if (key->port == port && begins_with(address, key) && (!best || key->bits > best->bits))
			best = key;
	}
	return best;
}

/* As bpf/network_cgroup.bpf.c does it. */
static bool kernel_denies(const struct compiled_policy *policy, const struct picket_event *event, uint32_t what)
{
	uint8_t address[16] = { [10] = 0xff, [11] = 0xff };
	const struct policy_address *found;

	if (event->network.family == AF_INET)
		memcpy(address + 12, event->network.address, 4);
	else
		memcpy(address, event->network.address, 16);
	found = find(policy, event->network.port, address);
	if (!found)
		found = find(policy, 0, address);
	return found && found->value & what;
}

static struct picket_event event_to(const char *address, uint16_t port, enum picket_kind kind)
{
	struct picket_event event = { .kind = kind, .size = sizeof(event) };

	event.network.family = strchr(address, ':') ? AF_INET6 : AF_INET;
	event.network.port = port;
	event.network.protocol = IPPROTO_TCP;
	assert_int_equal(inet_pton(event.network.family, address, event.network.address), 1);
	return event;
}

static bool rules_match(const struct rule_set *rules, const struct picket_event *event)
{
	struct container container = { .cgroup_id = 1 };
	struct event_context context = { .event = event, .container = &container };
	const struct rule *matches[64];

	return rules_judge(rules, &context, matches, ARRAY_SIZE(matches)) > 0;
}

static const char *const addresses[] = {
	"10.0.0.1",
	"10.1.2.3",
	"10.1.2.4",
	"11.0.0.1",
	"127.0.0.1",
	"255.255.255.255",
	"0.0.0.0",
	"::1",
	"::",
	"fd00::1",
	"fd00:1::1",
	"2001:db8::1",
	"::ffff:10.1.2.3",
	"::fffe:10.1.2.3",
	"::ffff:1.2.3.4",
	"::a01:203",
};
static const uint16_t ports[] = { 1, 22, 53, 443, 8080, 65535 };

static void check_all(const char *text)
{
	struct compiled_policy *policy;
	struct rule_set *rules = NULL;

	assert_int_equal(load_text(text, &reports, &rules), 0);
	assert_int_equal(policy_compile(rules, true, &policy), 0);
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
		for (size_t j = 0; j < ARRAY_SIZE(ports); j++) {
			struct picket_event connect = event_to(addresses[i], ports[j], PICKET_KIND_NETWORK_CONNECT);
			struct picket_event send = event_to(addresses[i], ports[j], PICKET_KIND_NETWORK_SEND);

			if (kernel_denies(policy, &connect, PICKET_ADDRESS_DENY_CONNECT) !=
				    rules_match(rules, &connect) ||
			    kernel_denies(policy, &send, PICKET_ADDRESS_DENY_SEND) != rules_match(rules, &send))
				fail_msg("%s port %u, by\n%s", addresses[i], ports[j], text);
		}
	policy_free(policy);
	rules_free(rules);
}

#define RULE(name, kind, body) \
	"- {name: " name ", description: d, severity: error, scope: container, response: [deny], event: " kind \
	", " body "}\n"
#define CONNECT(name, body) RULE(name, "network_connect", body)

static void denies_just_what_the_rules_match(void **state)
{
	(void)state;
	check_all("rules:\n" CONNECT("all", "where: {destination.port: [1, 22, 53, 443, 8080, 65535]}"));
	check_all("rules:\n" CONNECT("a", "where: {destination.address: 10.1.2.3}"));
	check_all("rules:\n" CONNECT("a", "where: {destination.address: {cidr: 10.0.0.0/8}, destination.port: 443}"));
	check_all("rules:\n" CONNECT("a", "where: {destination.address: {cidr: \"::/0\"}}"));
	check_all("rules:\n" CONNECT("a", "where: {destination.address: {cidr: \"::/64\"}}"));
	check_all("rules:\n" CONNECT("a", "where: {destination.address: {cidr: \"::ffff:10.0.0.0/104\"}}"));
	check_all("rules:\n" CONNECT("a", "where: {destination.address: {not: {cidr: [10.0.0.0/8, \"fd00::/16\"]}}}"));
	check_all("rules:\n" CONNECT("a", "where: {destination.address: {cidr: 10.0.0.0/8}}, "
					  "unless: {destination.address: 10.1.2.3}")
			  CONNECT("b", "where: {destination.address: {cidr: 10.1.0.0/16}, destination.port: [53, 22]}")
				  RULE("c", "network_send", "where: {destination.address: {cidr: 10.0.0.0/8}}"));
}

static const char *random_network(void)
{
	static const char *const networks[] = {
		"10.0.0.0/8",  "10.1.0.0/16",  "10.1.2.3/32",	"0.0.0.0/0",
		"\"::/0\"",    "\"fd00::/8\"", "\"fd00::/32\"", "\"::ffff:10.1.0.0/112\"",
		"127.0.0.0/8", "\"::/1\"",     "0.0.0.0/1",	"128.0.0.0/1",
		"\"::1/128\"",
	};

	return networks[rand() % ARRAY_SIZE(networks)];
}

static void add_networks(FILE *file, const char *key)
{
	bool is_negated = rand() % 3 == 0;

	fprintf(file, "%s: {destination.address: %s{cidr: [%s", key, is_negated ? "{not: " : "", random_network());
	for (int i = rand() % 3; i > 0; i--)
		fprintf(file, ", %s", random_network());
	fprintf(file, "]}%s", is_negated ? "}" : "");
	if (key[0] == 'w' && rand() % 2)
		fprintf(file, ", destination.port: [%u, %u]", ports[rand() % ARRAY_SIZE(ports)],
			ports[rand() % ARRAY_SIZE(ports)]);
	fprintf(file, "}");
}

static void denies_just_what_random_rules_match(void **state)
{
	(void)state;
	srand(7);
	for (int round = 0; round < 400; round++) {
		char text[4096];
		FILE *file = fmemopen(text, sizeof(text), "w");

		fprintf(file, "rules:\n");
		for (int i = rand() % 4; i >= 0; i--) {
			fprintf(file,
				"- {name: r%d, description: d, severity: error, scope: container, response: [deny], "
				"event: %s, ",
				i, rand() % 3 ? "network_connect" : "network_send");
			add_networks(file, "where");
			if (rand() % 2) {
				fprintf(file, ", ");
				add_networks(file, "unless");
			}
			fprintf(file, "}\n");
		}
		fclose(file);
		check_all(text);
	}
}

static void check_note(const char *text, bool enforce, const char *reason)
{
	struct compiled_policy *policy;
	struct rule_set *rules = NULL;

	assert_int_equal(load_text(text, &reports, &rules), 0);
	assert_int_equal(policy_compile(rules, enforce, &policy), 0);
	assert_int_equal(policy->notes[0].denied, !reason);
	if (reason) {
		assert_non_null(strstr(policy->notes[0].reason, reason));
		for (size_t i = 0; i < policy->address_count; i++)
			assert_false(policy->addresses[i].value &
				     (PICKET_ADDRESS_DENY_CONNECT | PICKET_ADDRESS_DENY_SEND));
		assert_false(policy->policy.flags & PICKET_POLICY_DENY);
	}
	policy_free(policy);
	rules_free(rules);
}

static void says_what_the_kernel_cannot_deny(void **state)
{
	(void)state;
	check_note("rules:\n" CONNECT("a", "where: {destination.port: 443}"), true, NULL);
	check_note("rules:\n" CONNECT("a", "where: {destination.port: 443}"), false, "--enforce");
	check_note("rules:\n" CONNECT("a", "where: {destination.port: {not: 443}}"), true,
		   "only by destination.address");
	check_note("rules:\n" CONNECT("a", "where: {process.executable.name: nc}"), true,
		   "only by destination.address");
	check_note("rules:\n" CONNECT("a", "where: {destination.port: 1}, unless: {destination.port: 2}"), true,
		   "only by destination.address");
	check_note("rules:\n" RULE("a", "network_bind", "where: {network.local.port: 22}"), true,
		   "only network_connect");
	check_note("rules:\n" RULE("a", "file_open", "where: {file.path: /etc/shadow}"), true, "lsm and fentry");
	check_note("rules:\n" RULE("a", "file_open", "where: {file.name: shadow}"), true, "only for file_open");
	check_note("rules:\n" RULE("a", "process_exec", "where: {process.executable.path: /bin/nc}"), true,
		   "lsm and fentry");
	check_note("rules:\n- {name: a, description: d, severity: error, scope: any, response: [deny], "
		   "event: network_connect, where: {destination.port: 1}}\n",
		   true, "only containers");
}

static void more_than_the_kernel_holds_is_said_too(void **state)
{
	char *text;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	fprintf(file, "rules:\n- {name: a, description: d, severity: error, scope: container, response: [deny], "
		      "event: network_connect, where: {destination.address: [10.0.0.1");
	for (int i = 0; i < 9000; i++)
		fprintf(file, ", 10.1.%d.%d", i / 250, i % 250);
	fprintf(file, "]}}\n");
	fclose(file);
	check_note(text, true, "more networks and ports");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(denies_just_what_the_rules_match),
		cmocka_unit_test(denies_just_what_random_rules_match),
		cmocka_unit_test(says_what_the_kernel_cannot_deny),
		cmocka_unit_test(more_than_the_kernel_holds_is_said_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
