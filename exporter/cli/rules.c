/* SPDX-License-Identifier: GPL-2.0-only */
/* `picket check` and `picket fields`: they need no daemon. */
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "export/web_config.h"
#include "state/near.h"
#include "state/policy_compile.h"
#include "state/rules.h"

static void print_error(void *context, const char *message)
{
	(void)context;
	fprintf(stderr, "%s\n", message);
}

/* @source: "file:line" of a file that is @path, or lies below it. */
static bool comes_from(const char *source, const char *path)
{
	size_t size = strlen(path);

	while (size > 1 && path[size - 1] == '/')
		size--;
	return strncmp(source, path, size) == 0 && (source[size] == ':' || source[size] == '/');
}

/* Where each rule of the file is decided; as it would be with --enforce on a kernel that can deny. */
static void print_reach(const struct rule_set *rules, const char *path)
{
	struct compiled_policy *policy;

	if (policy_compile(rules, POLICY_ENFORCE | POLICY_DENY_FILES, &policy))
		return;
	for (size_t i = 0; i < policy->note_count; i++) {
		const struct rule *rule = rules_at(rules, i);

		if (comes_from(rule->source, path))
			printf("  %-32s %s%s%s\n", rule->name, policy_reach_help(policy->notes[i].reach),
			       *policy->notes[i].reason ? "; " : "", policy->notes[i].reason);
	}
	policy_free(policy);
}

/* What --web.config.file would say; certificates are read as well. */
static int check_web_config(const char *path)
{
	struct web_config config;
	int error = web_config_load(path, print_error, NULL, &config);

	if (!error)
		printf("%s: OK: a web configuration, %s, %zu users\n", path, config.tls ? "TLS" : "no TLS",
		       config.user_count);
	web_config_clear(&config);
	return error ? 1 : 0;
}

int command_check(int argc, char *const *argv)
{
	int first = arguments_parse(argc, argv, NULL, 0, argc), status = 0;

	if (first < 0)
		return 2;
	if (first == argc) {
		fprintf(stderr, "picket: which file? see 'picket check --help'\n");
		return 2;
	}
	for (int i = first; i < argc; i++) {
		struct rule_set *rules = NULL;
		const char *path = argv[i];

		if (web_config_is_one(path)) {
			status |= check_web_config(path);
			continue;
		}
		if (rules_load(&path, 1, true, print_error, NULL, &rules)) {
			status = 1;
			continue;
		}
		printf("%s: OK: %zu rules, with the built-in ones\n", path, rules_count(rules));
		print_reach(rules, path);
		rules_free(rules);
	}
	return status;
}

static const char *const type_names[] = {
	[FIELD_STRING] = "string",
	[FIELD_INTEGER] = "integer",
	[FIELD_BOOLEAN] = "boolean",
	[FIELD_ADDRESS] = "address",
};

static void print_kind(enum picket_kind kind)
{
	printf("%s: %s\n", catalogue_kind_name(kind), catalogue_kind_help(kind));
	for (size_t i = 0; i < catalogue_field_count; i++) {
		const struct field *field = &catalogue_fields[i];

		if (!(field->kinds & (1ULL << kind)))
			continue;
		printf("  %-32s %-8s %s", field->name, type_names[field->type], field->help);
		if (field->values)
			printf(" One of: %s.", field->values);
		if (field->alias)
			printf(" Also: %s.", field->alias);
		putchar('\n');
	}
}

int command_fields(int argc, char *const *argv)
{
	int first = arguments_parse(argc, argv, NULL, 0, 1);
	enum picket_kind kind;

	if (first < 0)
		return 2;
	if (first < argc) {
		struct near near = near_start(argv[first]);

		if (catalogue_find_kind(argv[first], &kind) == 0) {
			print_kind(kind);
			return 0;
		}
		for (int i = 0; i < PICKET_KIND_COUNT; i++)
			near_offer(&near, catalogue_kind_name(i));
		fprintf(stderr, "picket: no event '%s'%s%s%s\n", argv[first], near.best ? "; did you mean '" : "",
			near.best ? near.best : "", near.best ? "'?" : "");
		return 1;
	}
	for (int i = 0; i < PICKET_KIND_COUNT; i++) {
		print_kind(i);
		putchar('\n');
	}
	return 0;
}
