/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The property that the kernel's filter rests on, with random rules: what a
 * rule matches is never filtered out, and a kernel rule kills exactly what
 * rules_judge() matches. The first half is what bpf/open.h, directory.h and
 * policy_match.h do with a policy.
 */
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

#define NAME_LONGEST 255

static struct reports reports;

/* A trie answers with the longest key that the text begins with; texts are cut at the size of keys. */
static const struct policy_entry *trie_find(const struct policy_entry *entries, size_t count, const char *text,
					    size_t size)
{
	const struct policy_entry *best = NULL;

	if (size > PICKET_POLICY_KEY_SIZE)
		size = PICKET_POLICY_KEY_SIZE;
	for (size_t i = 0; i < count; i++)
		if (entries[i].size <= size && memcmp(entries[i].text, text, entries[i].size) == 0 &&
		    (!best || entries[i].size > best->size))
			best = &entries[i];
	return best;
}

static uint64_t entry_watches(const struct policy_entry *found, size_t size)
{
	if (!found)
		return 0;
	return found->value.prefix | (found->value.size == size ? found->value.exact : 0);
}

static uint64_t text_watches(const struct compiled_policy *policy, const char *text)
{
	const char *slash = strrchr(text, '/'), *name = slash ? slash + 1 : text;
	size_t size = strlen(name);

	if (!(policy->policy.flags & PICKET_POLICY_NAMES))
		return 0;
	return entry_watches(trie_find(policy->names, policy->name_count, name, size), size);
}

static uint64_t name_watches(const struct compiled_policy *policy, const char *path)
{
	return strlen(strrchr(path, '/') + 1) > NAME_LONGEST ? 0 : text_watches(policy, path);
}

/* The first half of bpf/program_names.h. */
static uint64_t program_watches(const struct compiled_policy *policy, const struct picket_event *event)
{
	const char *first = event_text(event, PICKET_TEXT_ARGS), *slash = strrchr(first, '/');
	const char *name = slash ? slash + 1 : first;
	uint64_t watches = 0;

	if (!(policy->policy.flags & PICKET_POLICY_PROGRAMS))
		return 0;
	watches |= text_watches(policy, event_text(event, PICKET_TEXT_REQUESTED)) | text_watches(policy, first);
	if ((strcmp(name, "busybox") == 0 || strcmp(name, "toybox") == 0) &&
	    strlen(first) + 1 < event->text[PICKET_TEXT_ARGS].size)
		watches |= text_watches(policy, first + strlen(first) + 1);
	return watches;
}

static uint64_t open_watches(const struct compiled_policy *policy, const char *path)
{
	size_t size = strlen(path), directory_size = strrchr(path, '/') - path + 1;
	const struct policy_entry *found = trie_find(policy->paths, policy->path_count, path, directory_size);
	uint64_t watches = policy->policy.any_path | (found ? found->value.prefix : 0);

	if (found && found->value.size == directory_size && found->value.inside)
		watches |= entry_watches(trie_find(policy->paths, policy->path_count, path, size), size);
	return watches | name_watches(policy, path);
}

static uint64_t access_classes(uint32_t access)
{
	uint64_t classes = 0;

	if (access & PICKET_ACCESS_READ)
		classes |= PICKET_WATCH_READ;
	if (access & (PICKET_ACCESS_WRITE | PICKET_ACCESS_CREATE))
		classes |= PICKET_WATCH_WRITE;
	if (access & PICKET_ACCESS_PATH)
		classes |= PICKET_WATCH_PATH;
	return classes;
}

static bool kernel_sends(const struct compiled_policy *policy, const struct picket_event *event, bool host)
{
	uint64_t kinds = host ? policy->policy.host_kinds : policy->policy.container_kinds;
	const char *path = event_text(event, PICKET_TEXT_PATH), *executable = event_text(event, PICKET_TEXT_EXECUTABLE);
	const struct policy_entry *found;
	bool detour = event->flags & (PICKET_EVENT_VIA_PROC | PICKET_EVENT_FOREIGN_MNT);

	if (!(kinds & 1ULL << event->kind))
		return false;
	if (event->kind == PICKET_KIND_PROCESS_EXEC) {
		found = trie_find(policy->paths, policy->path_count, executable, strlen(executable));
		return (policy->policy.any_path | entry_watches(found, strlen(executable)) |
			name_watches(policy, executable) | program_watches(policy, event)) &
			       PICKET_WATCH_EXEC ||
		       event->flags & policy->policy.program_flags ||
		       event->exec.sockets & policy->policy.program_sockets;
	}
	if (event->kind != PICKET_KIND_FILE_OPEN)
		return true;
	if (event->result < 0)
		return policy->policy.flags & PICKET_POLICY_FAILED;
	return (open_watches(policy, path) & access_classes(event->file.access)) ||
	       (detour && (policy->policy.flags & PICKET_POLICY_VIA_PROC));
}

static bool kernel_kills(const struct compiled_policy *policy, const struct picket_event *event)
{
	const char *executable = event_text(event, PICKET_TEXT_EXECUTABLE);
	size_t size = strlen(executable);
	const struct policy_entry *found = trie_find(policy->paths, policy->path_count, executable, size);
	uint64_t watches, sparing = found && found->value.size == size ? found->value.subject : 0;

	if (event->kind != PICKET_KIND_FILE_OPEN || event->result < 0 || !kernel_sends(policy, event, false))
		return false;
	watches = open_watches(policy, event_text(event, PICKET_TEXT_PATH)) & ~sparing;
	for (unsigned int i = 0; i < PICKET_KERNEL_RULES; i++)
		if ((watches & 1ULL << (PICKET_WATCH_RULE_FIRST + i)) &&
		    (policy->policy.rules[i].kinds & 1ULL << PICKET_KIND_FILE_OPEN) &&
		    (policy->policy.rules[i].access & event->file.access) &&
		    policy->policy.rules[i].action == PICKET_KERNEL_KILL)
			return true;
	return false;
}

static struct rule_set *loaded(const char *text)
{
	struct rule_set *set = NULL;
	int error = load_text(text, &reports, &set);

	if (error)
		print_error("%s%s", text, reports.text);
	assert_int_equal(error, 0);
	return set;
}

static const char *const words[] = { "a", "b", "ab", "abc", "etc", "shadow" };

static const char *word(void)
{
	return words[random() % ARRAY_SIZE(words)];
}

/* "/a/etc/b", now and then far longer than a key. */
static void random_path(char *path)
{
	size_t components = 1 + random() % 4;

	*path = '\0';
	while (components--)
		sprintf(path + strlen(path), "/%s", word());
	if (random() % 20 == 0) {
		size_t size = 180 + random() % 120;

		strcat(path, "/");
		path += strlen(path);
		memset(path, 'l', size);
		path[size] = '\0';
		for (size_t i = 5 + random() % 60; i + 1 < size; i += 60)
			path[i] = '/';
	}
}

static void random_path_test(char *text)
{
	char path[512];

	random_path(path);
	switch (random() % 8) {
	case 0:
	case 1:
		sprintf(text, "%s", path);
		break;
	case 2:
		sprintf(text, "{prefix: %.*s}", 1 + (int)(random() % strlen(path)), path);
		break;
	case 3:
		sprintf(text, "{suffix: '%s'}", path + random() % strlen(path));
		break;
	case 4:
		sprintf(text, "{glob: '/%s*/%s'}", word(), word());
		break;
	case 5:
		sprintf(text, "{glob: '**%s%s%s'}", random() % 2 ? "" : "/", word(), random() % 2 ? "*" : "");
		break;
	case 6:
		sprintf(text, "{not: %s}", path);
		break;
	default:
		sprintf(text, "{glob: '%s?%s'}", path, word());
	}
}

static void random_exec_condition(char *text)
{
	switch (random() % 4) {
	case 0:
		sprintf(text, "process.programs: %s%s%s", random() % 4 ? "" : "{prefix: ", word(), "");
		if (strchr(text, '{'))
			strcat(text, "}");
		break;
	case 1:
		sprintf(text, "process.programs: {glob: ['%s*', '%s']}", word(), word());
		break;
	case 2:
		sprintf(text, "process.%s: %s", random() % 2 ? "memfd" : (random() % 2 ? "deleted" : "upper_layer"),
			random() % 3 ? "true" : "false");
		break;
	default:
		sprintf(text, "process.socket_descriptors: %s",
			random() % 2 ? "[stdin, stderr]" : (random() % 2 ? "stdout" : "{not: stdin}"));
	}
}

static void random_condition(char *text, bool exec)
{
	char path[600];

	if (exec && random() % 2) {
		random_exec_condition(text);
		return;
	}
	switch (random() % (exec ? 3 : 6)) {
	case 0:
	case 1:
		random_path_test(path);
		sprintf(text, "%s: %s", exec ? "process.executable.path" : "file.path", path);
		break;
	case 2:
		sprintf(text, "%s: %s", exec ? "process.executable.name" : "file.name",
			random() % 2 ? word() : (random() % 2 ? "{prefix: a}" : "{glob: 'a*c'}"));
		break;
	case 3:
		sprintf(text, "file.access: %s", random() % 2 ? "read" : "[write, path]");
		break;
	case 4:
		sprintf(text, "file.directory: {%s: /%s}", random() % 2 ? "equals" : "prefix", word());
		break;
	default:
		sprintf(text, "file.%s: %s", random() % 2 ? "outside_container" : "foreign_mount",
			random() % 3 ? "true" : "false");
	}
}

/* A rule that the kernel can carry out. */
static size_t random_kernel_rule(char *text, size_t i)
{
	char first[512], second[512];

	random_path(first);
	random_path(second);
	return sprintf(text,
		       "- {name: r%zu, event: file_open, response: kill, where: {file.path: {%s: [%s, %s]}%s}, "
		       "unless: {process.executable.path: [/%s, %s]}}\n",
		       i, random() % 2 ? "in" : "prefix", first, second,
		       random() % 2 ? ", file.access: [write, path]" : "", word(), second);
}

static void random_rules(char *text)
{
	size_t count = 1 + random() % 6, used = sprintf(text, "rules:\n");

	for (size_t i = 0; i < count; i++) {
		bool exec = random() % 4 == 0;
		char first[1024], second[1024];

		if (random() % 3 == 0) {
			used += random_kernel_rule(text + used, i);
			continue;
		}
		random_condition(first, exec);
		random_condition(second, exec);
		used += sprintf(text + used, "- {name: r%zu, event: %s, scope: %s, response: [%s], where: [{%s", i,
				exec ? "process_exec" : "file_open", random() % 3 ? "container" : "any",
				random() % 2 ? "kill" : "none", first);
		if (random() % 2)
			used += sprintf(text + used, "}, {%s", second);
		if (!exec && random() % 10 == 0)
			used += sprintf(text + used, ", file.error: EACCES");
		used += sprintf(text + used, "}]");
		if (random() % 3 == 0)
			used += sprintf(text + used, ", unless: {process.executable.path: /%s}", word());
		used += sprintf(text + used, "}\n");
	}
}

/* How a program was started. */
static void random_start(struct event_builder *builder)
{
	static const char *const multiple[] = { "busybox", "/bin/busybox", "toybox", "busyboxx" };
	char arguments[1100];
	int size = 0;

	if (random() % 2)
		builder_add_text(builder, PICKET_TEXT_REQUESTED, random() % 2 ? word() : "./bin/abc");
	if (random() % 3 == 0)
		size = sprintf(arguments, "%s", multiple[random() % ARRAY_SIZE(multiple)]) + 1;
	size += sprintf(arguments + size, "%s%s", random() % 3 ? "" : "/a/b/", word()) + 1;
	if (random() % 10 == 0) {
		memset(arguments + size - 1, 'l', 300);
		size += 300;
		arguments[size - 1] = '\0';
	}
	if (random() % 5)
		builder_add_bytes(builder, PICKET_TEXT_ARGS, arguments, size - random() % 2);
	if (random() % 3 == 0)
		builder->event.flags |= PICKET_EVENT_MEMFD << random() % 3;
	if (random() % 3 == 0)
		builder->event.exec.sockets = random() % 8;
}

static void random_event(struct event_builder *builder)
{
	char executable[512], path[512];

	sprintf(executable, "/%s", word());
	if (random() % 3 == 0)
		random_path(executable);
	random_path(path);
	if (random() % 4 == 0) {
		builder_start(builder, PICKET_KIND_PROCESS_EXEC, executable);
		random_start(builder);
		return;
	}
	builder_open(builder, executable, path, 1 + random() % 15);
	if (random() % 10 == 0)
		builder->event.flags |= random() % 2 ? PICKET_EVENT_VIA_PROC : PICKET_EVENT_FOREIGN_MNT;
	if (random() % 10 == 0)
		builder->event.result = -EACCES;
}

/* Kernel rules are decided there as rules_judge() decides them, and nothing else is. */
static void assert_same_kills(const struct compiled_policy *policy, const struct picket_event *event,
			      const struct rule *const *matches, size_t count, const char *text)
{
	bool judged = false;

	for (size_t i = 0; i < count; i++)
		judged |= policy->notes[matches[i]->index].reach == POLICY_KERNEL;
	if (judged != kernel_kills(policy, event))
		fail_msg("kernel %d on %s by %s:\n%s", !judged, event_text(event, PICKET_TEXT_PATH),
			 event_text(event, PICKET_TEXT_EXECUTABLE), text);
}

static void nothing_that_a_rule_matches_is_filtered_out(void **state)
{
	struct container container = builder_container();
	size_t matched = 0, filtered = 0, killed = 0;
	const struct rule *matches[8];
	struct compiled_policy *policy;
	struct event_builder builder;
	char text[16384];

	(void)state;
	srandom(42);
	for (int round = 0; round < 1500; round++) {
		struct rule_set *set;

		random_rules(text);
		set = loaded(text);
		assert_int_equal(policy_compile(set, true, &policy), 0);
		for (int i = 0; i < 100; i++) {
			bool host = random() % 4 == 0;
			struct event_context context = { .event = &builder.event,
							 .container = host ? NULL : &container };
			size_t count;
			bool sent;

			random_event(&builder);
			/* the kernel tells how a path was reached only when it is asked */
			if (!(policy->policy.flags & PICKET_POLICY_VIA_PROC))
				builder.event.flags &= ~(PICKET_EVENT_VIA_PROC | PICKET_EVENT_FOREIGN_MNT);
			if (!(policy->policy.flags & PICKET_POLICY_ARGS))
				builder.event.text[PICKET_TEXT_ARGS].size = 0;
			count = rules_judge(set, &context, matches, 8);
			sent = kernel_sends(policy, &builder.event, host);
			if (count && !sent)
				fail_msg("%s is filtered out by:\n%s", event_text(&builder.event, PICKET_TEXT_PATH),
					 text);
			if (!host)
				assert_same_kills(policy, &builder.event, matches, count, text);
			matched += count != 0;
			filtered += !sent;
			killed += !host && kernel_kills(policy, &builder.event);
		}
		policy_free(policy);
		rules_free(set);
	}
	assert_true(matched > 10000 && filtered > 10000 && killed > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_that_a_rule_matches_is_filtered_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
