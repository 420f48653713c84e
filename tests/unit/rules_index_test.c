/* SPDX-License-Identifier: GPL-2.0-only */
/* The index leads to exactly the rules that a look at each of them finds; with random rules, values and events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cleanup.h"
#include "event_builder.h"
#include "rules_text.h"

#define RULES 300
#define EVENTS 1500

static unsigned int seed = 20240607;

static unsigned int choose(unsigned int count)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % count;
}

/* A path of few letters, so that texts often meet; @wild: with what globs know. */
static void random_path(char *buffer, bool wild)
{
	static const char *const plain[] = { "a", "b", "ab", ".so", "long-component-of-a-path-", "/" };
	static const char *const wilds[] = { "*", "?", "**", "[ab]", "\\*", "/*/" };
	size_t count = 1 + choose(6);

	strcpy(buffer, "/");
	for (size_t i = 0; i < count; i++) {
		const char *piece = wild && !choose(3) ? wilds[choose(ARRAY_SIZE(wilds))]
						       : plain[choose(ARRAY_SIZE(plain))];

		if (*piece == '/' && buffer[strlen(buffer) - 1] == '/')
			piece++;
		strcat(buffer, piece);
	}
	if (buffer[strlen(buffer) - 1] == '/')
		strcat(buffer, "a");
}

static size_t add_values(char *text, const char *operator, bool wild, bool suffix)
{
	size_t used = sprintf(text, "{%s: [", operator), count = 1 + choose(3);
	char path[256];

	for (size_t i = 0; i < count; i++) {
		random_path(path, wild);
		used += sprintf(text + used, "%s'%s'", i ? ", " : "", suffix ? path + choose(2) : path);
	}
	return used + sprintf(text + used, "]}");
}

static size_t add_condition(char *text, const char *field)
{
	static const char *const operators[] = { "in", "prefix", "suffix", "glob", "regex" };
	unsigned int operator= choose(ARRAY_SIZE(operators));
	size_t used = sprintf(text, "%s: ", field);

	if (operator== 4)
		return used + sprintf(text + used, "{regex: 'a.*b'}");
	return used + add_values(text + used, operators[operator], operator== 3, operator== 2);
}

static struct rule_set *random_rules(void)
{
	static char text[RULES * 1024];
	static struct reports reports;
	struct rule_set *set = NULL;
	size_t used = sprintf(text, "rules:\n");

	for (int i = 0; i < RULES; i++) {
		bool sequence = !choose(10);

		used += sprintf(text + used, "- {name: r%d, %s event: file_open, where: {", i,
				sequence ? "within: 1s, sequence: [{event: process_exec}, {" : "");
		used += add_condition(text + used, "file.path");
		if (!choose(3)) {
			used += sprintf(text + used, ", ");
			used += add_condition(text + used, "process.executable.path");
		}
		used += sprintf(text + used, "}%s}\n", sequence ? "}]" : "");
	}
	if (load_text(text, &reports, &set))
		fail_msg("%s", reports.text);
	return set;
}

static bool holds(const struct rule *part, const struct event_context *context)
{
	if (part->kind != context->event->kind)
		return false;
	for (size_t i = 0; i < part->where_count; i++)
		if (!condition_holds(&part->where[i], context))
			return false;
	return true;
}

static void the_index_leads_to_exactly_the_rules_that_match(void **state)
{
	struct container container = builder_container();
	struct rule_set *set = random_rules();
	const struct rule *matches[2 * RULES];
	struct event_builder builder;
	char path[256], executable[256];
	size_t total = 0;

	(void)state;
	for (int event = 0; event < EVENTS; event++) {
		struct event_context context = { .event = &builder.event, .container = &container };
		size_t count, wanted = 0;

		random_path(path, false);
		random_path(executable, false);
		builder_open(&builder, executable, path, PICKET_ACCESS_READ);
		count = rules_judge(set, &context, matches, ARRAY_SIZE(matches));
		for (size_t i = 0; i < rules_count(set); i++) {
			for (size_t j = 0; j < rule_part_count(rules_at(set, i)); j++) {
				const struct rule *part = rule_part(rules_at(set, i), j);

				if (!holds(part, &context))
					continue;
				if (wanted >= count || matches[wanted] != part)
					fail_msg("%s opened by %s: %s is missing", path, executable,
						 rules_at(set, i)->name);
				wanted++;
			}
		}
		assert_int_equal(count, wanted);
		total += count;
	}
	assert_true(total > EVENTS); /* or the values never meet, and nothing is shown */
	rules_free(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_index_leads_to_exactly_the_rules_that_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
