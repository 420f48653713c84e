/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules: read from YAML, compiled once, judged for each event.
 *
 * A rule set is immutable after rules_load(): a reload makes a new one and
 * swaps the pointer, so no event is judged by half a set.
 *
 * A file has the keys lists: (name: [values]) and rules:. In where: and
 * unless: a field has a value (equals), a list of values (any of them), or a
 * mapping of operators, all of which must hold: equals, in, prefix, suffix,
 * glob, regex (POSIX extended), cidr, "<", ">", and not: with a value, a list
 * or one operator. A list of mappings is read as one that may ask for a field
 * more than once. A value "$name" stands for a list's values, "$$text" for
 * "$text"; not in regex. In a path's glob "*" and "?" stop at "/", "**" does not.
 * A later file replaces rules and lists of the same name, lists for the rules
 * of all files. A rule with nothing but name and enabled switches one on or off; one with append: {where, unless,
 * tags, response} adds to it: exceptions, values of what where: asks for already, further conditions. A list
 * {append: [...]} adds values.
 * sequence: [{event, where, unless, same}, ...] instead of event, where and unless asks for 2 to 5 events in this
 * order (order: any: in any), all within: a time, by: container, process or process_tree (the default: processes of which one descends
 * from the other or from the other's parent; in any order, siblings, or parent and child). same: a field; its value must be the same in all steps.
 * count: {over: 20, within: 10s, per: container, distinct: FIELD} asks for more than that many events, or different
 * values of a field.
 * response: names one response or a sequence of them, each a name or a mapping of one name to its settings:
 * {kill: {scope: tree}}, {isolate: {timeout: 10m}}. limit: bounds how often the rule responds, throttle: how often
 * it is told of.
 * Findings that say the same within a minute are grouped; grouped: false sends all of a rule's.
 * A file_open rule sees refused opens, and only these, when where: has file.error.
 * Scope is the registry's word: container when the event has one, host when not.
 */
#ifndef RULES_H
#define RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "catalogue.h"

enum severity {
	SEVERITY_DEBUG,
	SEVERITY_INFO,
	SEVERITY_NOTICE,
	SEVERITY_WARNING,
	SEVERITY_ERROR,
	SEVERITY_CRITICAL,
	SEVERITY_COUNT
};
const char *severity_name(enum severity severity);

enum rule_scope { RULE_SCOPE_CONTAINER, RULE_SCOPE_HOST, RULE_SCOPE_ANY };

/* Bits of rule.responses. */
enum response_action {
	RESPONSE_DENY,
	RESPONSE_KILL,
	RESPONSE_PAUSE,
	RESPONSE_ISOLATE,
	RESPONSE_INVESTIGATE,
	RESPONSE_COUNT
};
const char *response_name(enum response_action action);

/* How much a kill takes with it. */
enum kill_scope {
	KILL_PROCESS,
	KILL_TREE,	/* and all that descends from it */
	KILL_CONTAINER, /* all processes of the container */
	KILL_SCOPE_COUNT
};
const char *kill_scope_name(enum kill_scope scope);

/* At most @burst at once, and as many again in each @interval_ns, evenly. interval_ns 0: no bound. */
struct rule_rate {
	uint64_t interval_ns;
	unsigned int burst;
	bool per_container; /* else per rule */
};

enum condition_operator {
	OPERATOR_EQUALS, /* also `in`: any of the values */
	OPERATOR_PREFIX,
	OPERATOR_SUFFIX,
	OPERATOR_GLOB,
	OPERATOR_REGEX,
	OPERATOR_CIDR,
	OPERATOR_LESS,
	OPERATOR_GREATER,
	OPERATOR_COUNT
};

/* One test of one field: true when any of the values matches (inverted by negate). */
struct condition {
	const struct field *field;
	enum condition_operator op;
	bool negate;
	size_t value_count;
	char **values;	   /* as written */
	int64_t *integers; /* parsed, for integers and booleans; else NULL */
	void *compiled;	   /* regex, cidr: the matcher's own */
};

#define RULE_STEPS_MAX 5
#define RULE_COUNT_MAX 1000 /* events that a count can ask for */

/* Whose events belong together. */
enum rule_group { RULE_GROUP_CONTAINER, RULE_GROUP_PROCESS, RULE_GROUP_TREE, RULE_GROUP_COUNT };

/*
 * A rule that asks for one event is matched by itself. One that asks for
 * several (sequence) or for many (count) has steps, which are matched, and
 * progress.h tells when they make up the rule. Of a step only kind, scope,
 * where, unless, refused, index and what is said to be a step's have a meaning.
 */
struct rule {
	char *name;
	char *description;
	enum severity severity;
	enum picket_kind kind;
	enum rule_scope scope;
	unsigned int responses; /* 1 << enum response_action */
	enum kill_scope kill_scope;
	uint64_t timeouts_ns[RESPONSE_COUNT]; /* of pause and isolate, then released; 0: until somebody does */
	struct rule_rate limit;		      /* of its responses */
	bool enabled;
	char **tags;
	size_t tag_count;
	struct condition *where; /* all must hold */
	size_t where_count;
	struct condition *unless; /* none may hold */
	size_t unless_count;
	uint64_t throttle_interval_ns; /* 0: none */
	unsigned int throttle_burst;
	bool ungrouped;		     /* findings that say the same are all sent */
	bool throttle_per_container; /* else per rule */
	bool refused;		     /* asks for operations that were refused (file_open), and sees only these */
	char *source;		     /* file:line */
	size_t index;		     /* in the set; the order of metrics; of a step: its rule's */
	struct rule *steps;	     /* of a sequence, in their order; of a count, the one; else NULL */
	size_t step_count;
	uint64_t within_ns; /* of sequences and counts */
	enum rule_group group;
	bool any_order;		  /* of a sequence: the steps may come in any order */
	unsigned int count_over;  /* a count matches when there are more; 0: a sequence */
	const struct rule *owner; /* of a step: its rule; else NULL */
	/* of a step, or NULL: the same value in all steps of a sequence; a count counts different values */
	const struct field *picked;
	size_t position; /* among all that is matched; the order of rules_judge() */
};

struct rule_set;

/* Where errors go: one call each, already "file:line:column: what". */
typedef void rule_error(void *context, const char *message);

/**
 * rules_load() - read and compile.
 * @paths: YAML files or directories (*.yaml, *.yml in name order), after the built-in set. A later rule replaces
 *	one of the same name; "enabled: false" switches it off.
 * @with_defaults: start from the built-in set.
 * Every error of every file is reported through @on_error, not only the first.
 * Return: 0 and a set for rules_free(); -EINVAL when anything was reported; -ENOMEM.
 */
int rules_load(const char *const *paths, size_t path_count, bool with_defaults, rule_error *on_error, void *context,
	       struct rule_set **ret_set);
void rules_free(struct rule_set *set);

size_t rules_count(const struct rule_set *set); /* enabled ones */
const struct rule *rules_at(const struct rule_set *set, size_t index);
const struct rule *rules_find(const struct rule_set *set, const char *name);

/** rules_part_count() - all that is matched: rules of one event, and the steps of the others. */
size_t rules_part_count(const struct rule_set *set);

/** rule_part_count(), rule_part() - the rule itself, or its steps. */
static inline size_t rule_part_count(const struct rule *rule)
{
	return rule->step_count ? rule->step_count : 1;
}

static inline const struct rule *rule_part(const struct rule *rule, size_t i)
{
	return rule->step_count ? &rule->steps[i] : rule;
}

/**
 * rules_judge() - which rules an event matches, and which steps (those have an owner).
 * @ret_matches: room for @max; extra matches are dropped, which cannot happen with max = rules_part_count().
 * Return: number of matches.
 */
size_t rules_judge(const struct rule_set *set, const struct event_context *context, const struct rule **ret_matches,
		   size_t max);

/** condition_holds() - one condition against one event; an absent field never holds, not even negated. */
bool condition_holds(const struct condition *condition, const struct event_context *context);

/** rules_builtin_text() - the YAML of the built-in set; static. */
const char *rules_builtin_text(size_t *ret_size);

#endif
