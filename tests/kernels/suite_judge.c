/* SPDX-License-Identifier: GPL-2.0-only */
#include "suite_judge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "state/rules.h"

#define RULES_MAX 64

static struct rule_set *rules;
static unsigned int matches[RULES_MAX]; /* by rule.index */

static void print_error(void *context, const char *message)
{
	(void)context;
	printf("FAIL start/rules %s\n", message);
}

int suite_judge_load(const char *path, struct compiled_policy **ret_policy)
{
	int error;

	suite_judge_forget();
	error = rules_load(&path, 1, false, print_error, NULL, &rules);
	if (!error && rules_part_count(rules) > RULES_MAX)
		error = -E2BIG;
	if (!error)
		error = policy_compile(rules, POLICY_ENFORCE | POLICY_DENY_FILES, ret_policy);
	if (error)
		suite_judge_forget();
	return error;
}

void suite_judge_forget(void)
{
	rules_free(rules);
	rules = NULL;
	suite_judge_reset();
}

void suite_judge_reset(void)
{
	memset(matches, 0, sizeof(matches));
}

void suite_judge_event(const struct picket_event *event)
{
	const struct event_context context = { .event = event };
	const struct rule *found[RULES_MAX];
	size_t count = rules ? rules_judge(rules, &context, found, RULES_MAX) : 0;

	for (size_t i = 0; i < count; i++)
		matches[found[i]->index]++;
}

unsigned int suite_judge_matches(const char *rule)
{
	const struct rule *found = rule && rules ? rules_find(rules, rule) : NULL;
	unsigned int sum = 0;

	if (rule)
		return found ? matches[found->index] : 0;
	for (size_t i = 0; i < RULES_MAX; i++)
		sum += matches[i];
	return sum;
}
