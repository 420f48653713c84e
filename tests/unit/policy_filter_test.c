/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's filter of connections, datagrams, exits and operations, with random rules: what rules_judge() matches is
 * never filtered out. The first half is what bpf/network_cgroup.bpf.c, policy_match.h and subject.h do with a policy.
 */
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

static struct reports reports;

static bool begins_with(const uint8_t *address, const struct policy_address *key)
{
	for (uint32_t bit = 0; bit < key->bits; bit++)
		if ((address[bit / 8] ^ key->address[bit / 8]) & 0x80 >> bit % 8)
			return false;
	return true;
}

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

static uint32_t address_policy(const struct compiled_policy *policy, const struct picket_event *event)
{
	uint8_t address[16] = { [10] = 0xff, [11] = 0xff };
	const struct policy_address *found = NULL;

	if (event->network.family == AF_INET)
		memcpy(address + 12, event->network.address, 4);
	else
		memcpy(address, event->network.address, 16);
	if (policy->policy.ports & PICKET_PORT_BIT(event->network.port))
		found = find(policy, event->network.port, address);
	if (!found)
		found = find(policy, 0, address);
	return found ? found->value : 0;
}

static bool program_is_watched(const struct compiled_policy *policy, const struct picket_event *event)
{
	const char *path = event_text(event, PICKET_TEXT_EXECUTABLE), *name = strrchr(path, '/') + 1;
	const struct policy_entry *best = NULL;
	size_t size = strlen(name);

	for (size_t i = 0; i < policy->name_count; i++)
		if (policy->names[i].size <= size && memcmp(policy->names[i].text, name, policy->names[i].size) == 0 &&
		    (!best || policy->names[i].size > best->size))
			best = &policy->names[i];
	return best && (best->value.prefix | (best->size == size ? best->value.exact : 0)) & PICKET_WATCH_NETWORK;
}

static uint32_t selector(const struct picket_event *event)
{
	uint32_t number = event->privileged.operation;

	if (event->kind == PICKET_KIND_FILE_MODIFY)
		number = event->modify.operation;
	if (event->kind == PICKET_KIND_PROCESS_EXIT)
		number = event->exit.oom ? PICKET_SELECTOR_OOM
					 : (event->exit.signal < PICKET_SELECTOR_OOM ? event->exit.signal
										     : PICKET_SELECTOR_OTHER);
	return number > PICKET_SELECTOR_OTHER ? PICKET_SELECTOR_OTHER : number;
}

static bool kernel_sends(const struct compiled_policy *policy, const struct picket_event *event)
{
	uint32_t want = event->kind == PICKET_KIND_NETWORK_CONNECT ? PICKET_ADDRESS_WANT_CONNECT
								   : PICKET_ADDRESS_WANT_SEND;

	if (!(policy->policy.container_kinds & 1ULL << event->kind))
		return false;
	if (event->kind != PICKET_KIND_NETWORK_CONNECT && event->kind != PICKET_KIND_NETWORK_SEND)
		return policy->policy.wanted[event->kind] >> selector(event) & 1;
	if (policy->policy.any_path & PICKET_WATCH_NETWORK)
		return true;
	if (policy->policy.flags & PICKET_POLICY_ADDRESSES && address_policy(policy, event) & want)
		return true;
	return policy->policy.flags & PICKET_POLICY_NETWORK && program_is_watched(policy, event);
}

#define ANY(array) array[random() % ARRAY_SIZE(array)]

static const char *const programs[] = { "ssh", "sshd", "dbclient", "python3" };
static const char *const addresses[] = { "10.0.0.1", "10.1.2.3", "11.0.0.1", "::1", "fd00::1", "::ffff:10.1.2.3" };
static const uint16_t ports[] = { 1, 22, 86, 443, 8080, 65535 };

static const char *random_network_condition(void)
{
	static const char *const conditions[] = {
		"destination.address: {cidr: 10.0.0.0/8}",
		"destination.address: {not: {cidr: [10.1.0.0/16, \"fd00::/16\"]}}",
		"destination.address: 10.1.2.3",
		"destination.port: [22, 443]",
		"destination.port: {not: 22}",
		"destination.port: {'>': 400}",
		"destination.port: [0, 86]",
		"network.transport: tcp",
		"network.type: ipv6",
		"process.executable.name: [ssh, dbclient]",
		"process.executable.name: {prefix: ss}",
		"process.executable.name: {glob: 'py*3'}",
		"process.executable.name: {not: ssh}",
		"process.executable.path: /usr/bin/ssh",
		"process.executable.path: {prefix: /usr/bin/s}",
		"process.executable.path: {glob: '/usr/*/py*'}",
		"process.executable.path: {suffix: bin/ssh}",
		"process.user.id: {'>': 5}",
	};

	return ANY(conditions);
}

static const char *random_other_condition(enum picket_kind kind)
{
	static const char *const exits[] = { "process.exit.signal: [9, 31]",   "process.exit.signal: {not: 9}",
					     "process.exit.signal: {'>': 60}", "process.exit.oom_killed: true",
					     "process.exit.oom_killed: false", "process.exit.code: {'<': 3}",
					     "process.exit.code: {not: 0}",    "process.executable.name: ssh" };
	static const char *const operations[] = { "operation.name: [setns, bpf]", "operation.name: {not: mount}",
						  "operation.name: {prefix: u}", "operation.argument: 0" };
	static const char *const changes[] = { "file.operation: [link, rename]", "file.operation: {not: delete}",
					       "file.operation: {glob: 's*'}", "file.setuid: true" };

	if (kind == PICKET_KIND_PROCESS_EXIT)
		return ANY(exits);
	return kind == PICKET_KIND_PRIVILEGED_OPERATION ? ANY(operations) : ANY(changes);
}

static const enum picket_kind kinds[] = { PICKET_KIND_NETWORK_CONNECT, PICKET_KIND_NETWORK_SEND,
					  PICKET_KIND_PROCESS_EXIT, PICKET_KIND_PRIVILEGED_OPERATION,
					  PICKET_KIND_FILE_MODIFY };

static const char *random_condition(enum picket_kind kind)
{
	return kind == PICKET_KIND_NETWORK_CONNECT || kind == PICKET_KIND_NETWORK_SEND ? random_network_condition()
										       : random_other_condition(kind);
}

/* A field stands once in a rule's where. */
static bool same_field(const char *left, const char *right)
{
	size_t size = strcspn(left, ":");

	return strncmp(left, right, size + 1) == 0;
}

static void random_rules(char *text)
{
	size_t used = sprintf(text, "rules:\n");

	for (int i = random() % 3; i >= 0; i--) {
		enum picket_kind kind = ANY(kinds);
		bool network = kind == PICKET_KIND_NETWORK_CONNECT || kind == PICKET_KIND_NETWORK_SEND;
		const char *first = random_condition(kind), *second = random_condition(kind);

		used += sprintf(text + used, "- {name: r%d, event: %s, response: [%s]", i, catalogue_kind_name(kind),
				network && random() % 3 == 0 ? "deny" : "none");
		if (random() % 6) {
			used += sprintf(text + used, ", where: {%s", first);
			if (!same_field(first, second) && random() % 2)
				used += sprintf(text + used, ", %s", second);
			used += sprintf(text + used, "}");
		}
		if (random() % 3 == 0)
			used += sprintf(text + used, ", unless: {%s}", random_condition(kind));
		used += sprintf(text + used, "}\n");
	}
}

static void random_event(struct event_builder *builder)
{
	const char *address = ANY(addresses);
	char executable[64];

	sprintf(executable, "/usr/%s/%s", random() % 2 ? "bin" : "local/bin", ANY(programs));
	builder_start(builder, ANY(kinds), executable);
	switch (builder->event.kind) {
	case PICKET_KIND_PROCESS_EXIT:
		builder->event.exit.signal = random() % 2 ? random() % 65 : 0;
		builder->event.exit.oom = builder->event.exit.signal == 9 && random() % 2;
		builder->event.exit.code = builder->event.exit.signal ? 0 : random() % 4;
		break;
	case PICKET_KIND_PRIVILEGED_OPERATION:
		builder->event.privileged.operation = random() % PICKET_OPERATION_COUNT;
		break;
	case PICKET_KIND_FILE_MODIFY:
		builder->event.modify.operation = random() % PICKET_MODIFICATION_COUNT;
		builder->event.modify.mode = random() % 2 ? 04755 : 0644;
		break;
	default:
		builder->event.network.family = strchr(address, ':') ? AF_INET6 : AF_INET;
		builder->event.network.port = ANY(ports);
		builder->event.network.protocol = random() % 2 ? IPPROTO_TCP : IPPROTO_UDP;
		assert_int_equal(inet_pton(builder->event.network.family, address, builder->event.network.address), 1);
	}
}

static void nothing_that_a_rule_matches_is_filtered_out(void **state)
{
	struct container container = builder_container();
	struct event_context context;
	size_t matched = 0, filtered = 0;
	const struct rule *matches[8];
	struct event_builder builder;
	char text[8192];

	(void)state;
	srandom(11);
	for (int round = 0; round < 1500; round++) {
		struct compiled_policy *policy;
		struct rule_set *set = NULL;

		random_rules(text);
		if (load_text(text, &reports, &set))
			fail_msg("%s%s", text, reports.text);
		assert_int_equal(policy_compile(set, random() % 2 ? POLICY_ENFORCE : 0, &policy), 0);
		for (int i = 0; i < 60; i++) {
			bool sent;

			random_event(&builder);
			context = (struct event_context){ .event = &builder.event, .container = &container };
			sent = kernel_sends(policy, &builder.event);
			if (!rules_judge(set, &context, matches, ARRAY_SIZE(matches))) {
				filtered += !sent;
				continue;
			}
			matched++;
			if (!sent)
				fail_msg("an event of kind %s by %s is filtered out by:\n%s",
					 catalogue_kind_name(builder.event.kind),
					 event_text(&builder.event, PICKET_TEXT_EXECUTABLE), text);
		}
		policy_free(policy);
		rules_free(set);
	}
	assert_true(matched > 5000 && filtered > 5000);
}

static void an_ordinary_connection_is_of_no_interest_to_the_built_in_rules(void **state)
{
	static const uint8_t loopback[4] = { 127, 0, 0, 1 }, metadata[4] = { 169, 254, 169, 254 },
			     pool[4] = { 51, 15, 1, 1 };
	struct compiled_policy *policy;
	struct event_builder builder;
	struct rule_set *set;

	(void)state;
	assert_int_equal(load_texts(NULL, 0, true, &reports, &set), 0);
	assert_int_equal(policy_compile(set, 0, &policy), 0);
	builder_connect(&builder, AF_INET, loopback, 3333);
	assert_false(kernel_sends(policy, &builder.event));
	builder_connect(&builder, AF_INET, pool, 443);
	assert_false(kernel_sends(policy, &builder.event));
	builder_connect(&builder, AF_INET, pool, 3333);
	assert_true(kernel_sends(policy, &builder.event));
	builder_connect(&builder, AF_INET, metadata, 80);
	assert_true(kernel_sends(policy, &builder.event));
	policy_free(policy);
	rules_free(set);
}

static struct compiled_policy *compiled(const char *text, bool enforce)
{
	struct compiled_policy *policy;
	struct rule_set *set = NULL;

	if (load_text(text, &reports, &set))
		fail_msg("%s%s", text, reports.text);
	assert_int_equal(policy_compile(set, enforce ? POLICY_ENFORCE : 0, &policy), 0);
	rules_free(set);
	return policy;
}

#define EXEC_RULE(where) "rules:\n- {name: a, event: process_exec, where: " where "}\n"

static void started_programs_are_told_apart_by_how_they_are_started(void **state)
{
	struct compiled_policy *policy = compiled(EXEC_RULE("{process.memfd: true}"), false);

	(void)state;
	assert_int_equal(policy->policy.program_flags, PICKET_EVENT_MEMFD);
	assert_int_equal(policy->policy.any_path, 0);
	policy_free(policy);
	policy = compiled(EXEC_RULE("{process.memfd: false}"), false);
	assert_int_equal(policy->policy.any_path, PICKET_WATCH_EXEC);
	assert_int_equal(policy->notes[0].reach, POLICY_EVERY_EVENT);
	policy_free(policy);
	policy = compiled(EXEC_RULE("{process.socket_descriptors: [stdin, stderr], process.programs: sh}"), false);
	assert_int_equal(policy->policy.program_sockets, 1 << 0 | 1 << 2);
	assert_int_equal(policy->name_count, 0);
	policy_free(policy);
	policy = compiled(EXEC_RULE("{process.programs: {prefix: [nc, xm]}}"), false);
	assert_true(policy->policy.flags & PICKET_POLICY_PROGRAMS);
	assert_int_equal(policy->name_count, 2);
	policy_free(policy);
}

#define OTHER (1ULL << PICKET_SELECTOR_OTHER)

static void exits_and_operations_are_told_apart_by_their_number(void **state)
{
	struct compiled_policy *policy =
		compiled("rules:\n"
			 "- {name: a, event: process_exit, where: {process.exit.signal: 31}}\n"
			 "- {name: b, event: process_exit, where: {process.exit.oom_killed: true}}\n"
			 "- {name: c, event: privileged_operation, where: {operation.name: [setns, bpf]}}\n"
			 "- {name: d, event: file_modify, where: {file.path: /a}}\n",
			 false);

	(void)state;
	assert_int_equal(policy->policy.wanted[PICKET_KIND_PROCESS_EXIT],
			 OTHER | 1ULL << 31 | 1ULL << PICKET_SELECTOR_OOM);
	assert_int_equal(policy->policy.wanted[PICKET_KIND_PRIVILEGED_OPERATION],
			 OTHER | 1ULL << PICKET_OPERATION_SETNS | 1ULL << PICKET_OPERATION_BPF);
	assert_int_equal(policy->policy.wanted[PICKET_KIND_FILE_MODIFY], ~0ULL);
	assert_int_equal(policy->notes[0].reach, POLICY_FILTERED);
	assert_int_equal(policy->notes[3].reach, POLICY_EVERY_EVENT);
	policy_free(policy);
	policy = compiled("rules:\n- {name: a, event: process_exit, where: {process.exit.code: {not: 0}}}\n", false);
	assert_int_equal(policy->policy.wanted[PICKET_KIND_PROCESS_EXIT], OTHER | 1);
	policy_free(policy);
}

static void too_many_networks_send_every_connection(void **state)
{
	static char text[600000];
	size_t used = sprintf(text,
			      "rules:\n- {name: a, event: network_connect, response: deny, where: "
			      "{destination.address: 10.0.0.1}}\n"
			      "- {name: b, event: network_connect, where: {destination.address: {cidr: [10.0.0.0/8");
	struct compiled_policy *policy;

	(void)state;
	for (unsigned int i = 0; i < 9000; i++)
		used += sprintf(text + used, ", 11.%u.%u.0/24", i / 256, i % 256);
	sprintf(text + used, "]}}}\n");
	policy = compiled(text, true);
	assert_true(policy->policy.any_path & PICKET_WATCH_NETWORK);
	assert_int_equal(policy->notes[0].reach, POLICY_KERNEL);
	assert_int_equal(policy->notes[1].reach, POLICY_EVERY_EVENT);
	assert_non_null(strstr(policy->notes[1].reason, "more networks"));
	policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_that_a_rule_matches_is_filtered_out),
		cmocka_unit_test(started_programs_are_told_apart_by_how_they_are_started),
		cmocka_unit_test(exits_and_operations_are_told_apart_by_their_number),
		cmocka_unit_test(too_many_networks_send_every_connection),
		cmocka_unit_test(an_ordinary_connection_is_of_no_interest_to_the_built_in_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
