/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/policy_compile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "state/policy_kernel.h"
#include "state/policy_keys.h"
#include "state/policy_narrow.h"
#include "state/policy_network.h"
#include "state/policy_select.h"

#define ACCESS_ALL (PICKET_ACCESS_READ | PICKET_ACCESS_WRITE | PICKET_ACCESS_CREATE | PICKET_ACCESS_PATH)

struct compiler {
	struct policy_fields fields;
	struct compiled_policy *policy;
	struct policy_keys paths, names;
	unsigned int powers; /* POLICY_* */
	bool narrow;	     /* false: the tries were too small */
	unsigned int kernel_rules;
};

struct access_name {
	const char *name;
	uint32_t access;
	uint64_t watch;
};

static const struct access_name access_names[] = {
	{ "read", PICKET_ACCESS_READ, PICKET_WATCH_READ },
	{ "write", PICKET_ACCESS_WRITE, PICKET_WATCH_WRITE },
	{ "create", PICKET_ACCESS_CREATE, PICKET_WATCH_WRITE },
	{ "path", PICKET_ACCESS_PATH, PICKET_WATCH_PATH },
};

const char *policy_reach_help(enum policy_reach reach)
{
	static const char *const helps[] = {
		[POLICY_KERNEL] = "carried out in the kernel, at the system call",
		[POLICY_FILTERED] = "filtered in the kernel: only events that may match are sent",
		[POLICY_EVERY_FAILED] = "every refused open is sent",
		[POLICY_EVERY_EVENT] = "every event of its kind, scope and access is sent",
	};

	return (unsigned int)reach < ARRAY_SIZE(helps) ? helps[reach] : "unknown";
}

/* The condition that names the accesses that the rule wants; NULL: any. */
static const struct condition *access_condition(const struct compiler *compiler, const struct rule *rule)
{
	for (size_t i = 0; i < rule->where_count; i++) {
		const struct condition *condition = &rule->where[i];

		if (condition->field == compiler->fields.access && condition->op == OPERATOR_EQUALS &&
		    !condition->negate)
			return condition;
	}
	return NULL;
}

/* What the rule wants of opens: bits of both sorts. */
static void rule_accesses(const struct compiler *compiler, const struct rule *rule, uint32_t *access, uint64_t *watches)
{
	const struct condition *condition = access_condition(compiler, rule);

	*access = condition ? 0 : ACCESS_ALL;
	*watches = condition ? 0 : PICKET_WATCH_READ | PICKET_WATCH_WRITE | PICKET_WATCH_PATH;
	for (size_t i = 0; condition && i < condition->value_count; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(access_names); j++) {
			if (strcmp(condition->values[i], access_names[j].name) != 0)
				continue;
			*access |= access_names[j].access;
			*watches |= access_names[j].watch;
		}
	}
}

static uint64_t rule_watches(const struct compiler *compiler, const struct rule *rule)
{
	uint64_t watches = 0;
	uint32_t access;

	if (rule->kind == PICKET_KIND_PROCESS_EXEC)
		return PICKET_WATCH_EXEC;
	if (rule->kind == PICKET_KIND_UNIX_CONNECT)
		return PICKET_WATCH_SOCKET;
	if (rule->kind == PICKET_KIND_FILE_OPEN)
		rule_accesses(compiler, rule, &access, &watches);
	return watches;
}

/* Why the kernel cannot carry out @rule, which it is to @deny or else to kill for; NULL: it can. */
static const char *kernel_reason(const struct compiler *compiler, const struct rule *rule, bool deny)
{
	if (!policy_kernel_can_decide(&compiler->fields, rule))
		return rule->kind == PICKET_KIND_PROCESS_EXEC
			       ? "the kernel can deny a program's start only for scope container, where "
				 "process.executable.path (equals, in, prefix)"
			       : "the kernel can kill and deny only for file_open, scope container, where file.path "
				 "(equals, in, prefix) and file.access, unless process.executable.path (equals, in)";
	if (!deny && policy_kernel_kill_reason(rule))
		return policy_kernel_kill_reason(rule);
	if (!(compiler->powers & POLICY_ENFORCE))
		return "it is carried out only with --enforce; then the kernel does it";
	if (!deny && rule->kind == PICKET_KIND_PROCESS_EXEC)
		return "only the backends lsm and fentry of the file sensor can deny a program's start";
	if (compiler->kernel_rules == PICKET_KERNEL_RULES)
		return "the kernel has no room for more rules of its own";
	return NULL;
}

/* Return: the rule's bit, 0 when user space must do it; @note says why. */
static uint64_t take_kernel_rule(struct compiler *compiler, const struct rule *rule, struct policy_note *note)
{
	bool deny = rule->responses & 1U << RESPONSE_DENY && compiler->powers & POLICY_DENY_FILES;
	struct picket_kernel_rule *kernel_rule;
	const char *reason;
	uint64_t watches;

	if (!(rule->responses & (1U << RESPONSE_KILL | 1U << RESPONSE_DENY)) ||
	    (rule->kind == PICKET_KIND_PROCESS_EXEC && !(rule->responses & 1U << RESPONSE_DENY)))
		return 0;
	reason = kernel_reason(compiler, rule, deny);
	if (reason) {
		note->reason = reason;
		return 0;
	}
	kernel_rule = &compiler->policy->policy.rules[compiler->kernel_rules];
	kernel_rule->kinds = 1ULL << rule->kind;
	kernel_rule->action = policy_kernel_action(rule, deny);
	if (kernel_rule->action == PICKET_KERNEL_STOP)
		compiler->policy->policy.flags |= PICKET_POLICY_STOP;
	kernel_rule->access = ACCESS_ALL;
	if (rule->kind == PICKET_KIND_FILE_OPEN)
		rule_accesses(compiler, rule, &kernel_rule->access, &watches);
	if (deny)
		compiler->policy->policy.flags |= PICKET_POLICY_DENY_FILES;
	note->denied = deny;
	note->reach = POLICY_KERNEL;
	return 1ULL << (PICKET_WATCH_RULE_FIRST + compiler->kernel_rules++);
}

static int add_target(struct compiler *compiler, const struct target *target, uint64_t watches)
{
	bool whole = target->narrowing == NARROW_PATH || target->narrowing == NARROW_NAME;
	bool name = target->narrowing == NARROW_NAME || target->narrowing == NARROW_NAME_PREFIX;
	struct picket_path_policy value = { .exact = whole ? watches : 0, .prefix = whole ? 0 : watches };

	/* programs and sockets are looked up by their whole path, files by their directory first */
	return policy_keys_add(name ? &compiler->names : &compiler->paths, target->text, target->size, &value,
			       !name && (watches & ~(PICKET_WATCH_EXEC | PICKET_WATCH_SOCKET)));
}

static int add_condition(struct compiler *compiler, enum picket_kind kind, const struct condition *condition,
			 uint64_t watches)
{
	char buffer[NARROW_BUFFER_SIZE];
	int error = 0;

	for (size_t i = 0; i < condition->value_count && !error; i++) {
		struct target target = policy_narrow_value(&compiler->fields, kind, condition, i, buffer);

		error = add_target(compiler, &target, watches);
	}
	return error;
}

/* Programs that a kernel rule spares. */
static int add_subjects(struct compiler *compiler, const struct rule *rule, uint64_t bit)
{
	struct picket_path_policy value = { .subject = bit };
	int error = 0;

	for (size_t i = 0; i < rule->unless_count; i++)
		for (size_t j = 0; j < rule->unless[i].value_count && !error; j++)
			error = policy_keys_add(&compiler->paths, rule->unless[i].values[j],
						strlen(rule->unless[i].values[j]), &value, false);
	return error;
}

static void set_kinds(struct picket_policy *policy, const struct rule *rule)
{
	uint64_t kind = 1ULL << rule->kind;

	if (rule->scope != RULE_SCOPE_HOST)
		policy->container_kinds |= kind;
	if (rule->scope != RULE_SCOPE_CONTAINER)
		policy->host_kinds |= kind;
}

static void set_flags(const struct compiler *compiler, const struct rule *rule)
{
	const struct policy_fields *fields = &compiler->fields;
	uint32_t *flags = &compiler->policy->policy.flags;

	if (policy_mentions(rule, fields->via_proc) || policy_mentions(rule, fields->foreign_mount) ||
	    policy_mentions(rule, fields->outside_container))
		*flags |= PICKET_POLICY_VIA_PROC;
	if (policy_mentions_arguments(fields, rule))
		*flags |= PICKET_POLICY_ARGS;
	if (rule->refused)
		*flags |= PICKET_POLICY_FAILED;
}

static bool is_network(enum picket_kind kind)
{
	return kind == PICKET_KIND_NETWORK_CONNECT || kind == PICKET_KIND_NETWORK_SEND;
}

static bool has_path(enum picket_kind kind)
{
	return kind == PICKET_KIND_FILE_OPEN || kind == PICKET_KIND_PROCESS_EXEC || kind == PICKET_KIND_UNIX_CONNECT;
}

static void note_every_event(struct compiler *compiler, const struct rule *rule, struct policy_note *note)
{
	note->reach = POLICY_EVERY_EVENT;
	note->reason = "no condition says which programs: equals, in, prefix or glob of a path or name";
	if (!compiler->narrow)
		note->reason = "all rules together name more paths than the kernel holds";
	else if (rule->kind != PICKET_KIND_PROCESS_EXEC)
		note->reason = "no condition says which paths: equals, in, prefix or glob of a path or name";
	compiler->policy->policy.any_path |= rule_watches(compiler, rule);
}

/* By the program's name or else by address; that a rule narrows by neither is one that every address may match. */
static int compile_network(struct compiler *compiler, const struct rule *rule, const struct condition *condition,
			   struct policy_note *note)
{
	if (condition) {
		compiler->policy->policy.flags |= PICKET_POLICY_NETWORK;
		return add_condition(compiler, rule->kind, condition, PICKET_WATCH_NETWORK);
	}
	note->by_address = true;
	if (policy_network_asks(rule))
		return 0;
	note->reach = POLICY_EVERY_EVENT;
	note->reason = "no condition says which addresses, ports or programs";
	return 0;
}

/* Kinds that the kernel knows no objects of: by what they do, or not at all. */
static void compile_other(const struct rule *rule, struct policy_note *note)
{
	if (policy_select(rule) != ~0ULL)
		return;
	note->reach = POLICY_EVERY_EVENT;
	note->reason =
		"the kernel filters by paths, programs, addresses, ports, operations and signals, and no condition "
		"says which";
}

static int compile_object(struct compiler *compiler, const struct rule *rule, const struct condition *condition,
			  struct policy_note *note)
{
	uint64_t bit = take_kernel_rule(compiler, rule, note);
	int error = add_condition(compiler, rule->kind, condition, rule_watches(compiler, rule) | bit);

	if (condition->field == compiler->fields.programs)
		compiler->policy->policy.flags |= PICKET_POLICY_PROGRAMS;
	return error || !bit ? error : add_subjects(compiler, rule, bit);
}

static int compile_rule(struct compiler *compiler, const struct rule *rule, struct policy_note *note)
{
	const struct condition *condition = compiler->narrow ? policy_narrow_rule(&compiler->fields, rule) : NULL;
	struct picket_policy *policy = &compiler->policy->policy;

	*note = (struct policy_note){ .reach = POLICY_FILTERED, .reason = "" };
	set_kinds(policy, rule);
	set_flags(compiler, rule);
	policy->wanted[rule->kind] |= policy_select(rule);
	if (rule->refused && rule->kind == PICKET_KIND_FILE_OPEN) {
		policy->any_path |= PICKET_WATCH_FAILED;
		note->reach = POLICY_EVERY_FAILED;
		note->reason = "a refused open has no path that could be relied on";
		return 0;
	}
	if (is_network(rule->kind))
		return compile_network(compiler, rule, condition, note);
	if (!has_path(rule->kind)) {
		compile_other(rule, note);
		return 0;
	}
	if (policy_only_detours(&compiler->fields, rule))
		return 0;
	if (policy_only_devices(&compiler->fields, rule)) {
		policy->any_path |= PICKET_WATCH_DEVICE;
		return 0;
	}
	if (policy_only_sockets(&compiler->fields, rule)) {
		policy->program_sockets |= policy_only_sockets(&compiler->fields, rule);
		return 0;
	}
	if (condition)
		return compile_object(compiler, rule, condition, note);
	if (policy_only_programs(&compiler->fields, rule))
		policy->program_flags |= policy_only_programs(&compiler->fields, rule);
	else
		note_every_event(compiler, rule, note);
	return 0;
}

/* All that is asked of single events; of several steps the note is about the one that costs most. */
static int compile_parts(struct compiler *compiler, const struct rule *rule, struct policy_note *note)
{
	struct policy_note part = { .reason = "" };
	int error = 0;

	*note = part;
	for (size_t i = 0; i < rule_part_count(rule) && !error; i++) {
		error = compile_rule(compiler, rule_part(rule, i), &part);
		if (!i || part.reach > note->reach)
			*note = part;
	}
	if (rule->step_count && !*note->reason && rule->responses & 1U << RESPONSE_KILL)
		note->reason = "several events make it up: picket kills, not the kernel";
	return error;
}

static int compile_all(struct compiler *compiler, const struct rule_set *rules)
{
	int error = 0;

	for (size_t i = 0; i < rules_count(rules) && !error; i++)
		error = compile_parts(compiler, rules_at(rules, i), &compiler->policy->notes[i]);
	policy_keys_finish(&compiler->paths);
	policy_keys_finish(&compiler->names);
	return error;
}

/* The tries are too small: once more, with every event. */
static int compile_without_paths(struct compiler *compiler, const struct rule_set *rules)
{
	policy_keys_clear(&compiler->paths);
	policy_keys_clear(&compiler->names);
	memset(&compiler->policy->policy, 0, sizeof(compiler->policy->policy));
	compiler->kernel_rules = 0;
	compiler->narrow = false;
	return compile_all(compiler, rules);
}

static size_t texts_size(const struct policy_keys *keys)
{
	size_t size = 0;

	for (size_t i = 0; i < keys->count; i++)
		size += keys->entries[i].size;
	return size;
}

/* The entries change hands, their texts move to @end. */
static char *take_entries(struct policy_keys *keys, char *end, struct policy_entry **ret_entries, size_t *ret_count)
{
	for (size_t i = 0; i < keys->count; i++) {
		const char *text = end;

		end = mempcpy(end, keys->entries[i].text, keys->entries[i].size);
		keys->entries[i].text = text;
	}
	*ret_entries = keys->entries;
	*ret_count = keys->count;
	keys->entries = NULL;
	return end;
}

static int take_keys(struct compiler *compiler)
{
	struct compiled_policy *policy = compiler->policy;
	char *end;

	policy->texts = malloc(texts_size(&compiler->paths) + texts_size(&compiler->names) + 1);
	if (!policy->texts)
		return -ENOMEM;
	end = take_entries(&compiler->paths, policy->texts, &policy->paths, &policy->path_count);
	take_entries(&compiler->names, end, &policy->names, &policy->name_count);
	if (policy->name_count)
		policy->policy.flags |= PICKET_POLICY_NAMES;
	return 0;
}

/* Of what the file sensor denies all is said, but that its backend cannot. */
static void note_file_denial(struct policy_note *note)
{
	if (!note->denied && !*note->reason)
		note->reason = "only the backends lsm and fentry of the file sensor can deny";
}

/* Say of each rule that denies where that is done. */
static void note_denials(const struct compiler *compiler, const struct rule_set *rules, bool denials)
{
	for (size_t i = 0; i < rules_count(rules); i++) {
		struct policy_note *note = &compiler->policy->notes[i];
		const struct rule *rule = rules_at(rules, i);

		if (!(rule->responses & 1U << RESPONSE_DENY))
			continue;
		if (has_path(rule->kind)) {
			note_file_denial(note);
			continue;
		}
		note->reason = policy_network_reason(rule);
		if (!note->reason && !(compiler->powers & POLICY_ENFORCE))
			note->reason = "it denies only with --enforce; then the kernel does it";
		else if (!note->reason && !denials)
			note->reason = "all rules together name more networks and ports than the kernel holds";
		if (note->reason)
			continue;
		note->reach = POLICY_KERNEL;
		note->denied = true;
		note->reason = "";
	}
}

int policy_compile(const struct rule_set *rules, unsigned int powers, struct compiled_policy **ret_policy)
{
	struct compiler compiler = { .powers = powers, .narrow = true };
	struct compiled_policy *policy = calloc(1, sizeof(*policy));
	bool denials = false;
	int error = -ENOMEM;

	if (!policy)
		return -ENOMEM;
	compiler.policy = policy;
	policy_fields_find(&compiler.fields);
	policy->note_count = rules_count(rules);
	policy->notes = calloc(policy->note_count + 1, sizeof(*policy->notes));
	if (policy->notes)
		error = compile_all(&compiler, rules);
	if (!error && (compiler.paths.full || compiler.names.full))
		error = compile_without_paths(&compiler, rules);
	if (!error)
		error = take_keys(&compiler);
	if (!error)
		error = policy_network_compile(rules, powers & POLICY_ENFORCE, policy, &denials);
	if (!error)
		note_denials(&compiler, rules, denials);
	policy_keys_clear(&compiler.paths);
	policy_keys_clear(&compiler.names);
	if (error)
		policy_free(policy);
	else
		*ret_policy = policy;
	return error;
}

void policy_free(struct compiled_policy *policy)
{
	if (!policy)
		return;
	free(policy->paths);
	free(policy->names);
	free(policy->addresses);
	free(policy->notes);
	free(policy->texts);
	free(policy);
}
