/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/policy_select.h"

#include <signal.h>
#include <string.h>

#include "cleanup.h"
#include "picket/policy.h"

/* A kind whose events are about one number each, and the fields that are made of that number alone. */
struct selector {
	enum picket_kind kind;
	const char *fields[2];
	const char *only_zero; /* a field that only events with number 0 have; NULL: none */
	void (*set)(struct picket_event *event, unsigned int number);
};

static void set_exit(struct picket_event *event, unsigned int number)
{
	event->exit.oom = number == PICKET_SELECTOR_OOM;
	event->exit.signal = event->exit.oom ? SIGKILL : number;
}

static void set_operation(struct picket_event *event, unsigned int number)
{
	event->privileged.operation = number;
}

static void set_modification(struct picket_event *event, unsigned int number)
{
	event->modify.operation = number;
}

static const struct selector selectors[] = {
	{ PICKET_KIND_PROCESS_EXIT,
	  { "process.exit.signal", "process.exit.oom_killed" },
	  "process.exit.code",
	  set_exit },
	{ PICKET_KIND_PRIVILEGED_OPERATION, { "operation.name" }, NULL, set_operation },
	{ PICKET_KIND_FILE_MODIFY, { "file.operation" }, NULL, set_modification },
};

static bool is_field(const struct condition *condition, const char *name)
{
	return name && condition->field == catalogue_find_field(name);
}

/* Whether the condition may hold for @event, whose number is @number. */
static bool may_hold(const struct selector *selector, const struct condition *condition,
		     const struct picket_event *event, unsigned int number)
{
	struct event_context context = { .event = event };

	if (is_field(condition, selector->only_zero))
		return number == 0;
	for (size_t i = 0; i < ARRAY_SIZE(selector->fields); i++)
		if (is_field(condition, selector->fields[i]))
			return condition_holds(condition, &context);
	return true;
}

static bool may_match(const struct selector *selector, const struct rule *rule, unsigned int number)
{
	struct picket_event event = { .kind = selector->kind, .size = sizeof(event), .pid = 1 };

	selector->set(&event, number);
	for (size_t i = 0; i < rule->where_count; i++)
		if (!may_hold(selector, &rule->where[i], &event, number))
			return false;
	return true;
}

uint64_t policy_select(const struct rule *rule)
{
	uint64_t numbers = 1ULL << PICKET_SELECTOR_OTHER;

	for (size_t i = 0; i < ARRAY_SIZE(selectors); i++) {
		if (selectors[i].kind != rule->kind)
			continue;
		for (unsigned int number = 0; number < PICKET_SELECTOR_OTHER; number++)
			numbers |= (uint64_t)may_match(&selectors[i], rule, number) << number;
		return numbers;
	}
	return ~0ULL;
}
