/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From YAML documents to rules. Private to the rules' modules.
 *
 * Lists of all files are read before the first rule, so a list that a later
 * file replaces is replaced for the rules of all files.
 */
#ifndef RULE_READ_H
#define RULE_READ_H

#include <uthash.h>

#include "state/rule_yaml.h"
#include "state/rules_internal.h"

#define RULE_NAME_SIZE 64
#define RULE_LIST_MAX_VALUES 10000
#define RULE_SET_MAX_VALUES 1000000

struct value_list {
	char *name;
	const struct rule_file *file; /* that it is of */
	char **values;
	size_t count;
	UT_hash_handle hh;
};

struct rule_entry {
	char name[RULE_NAME_SIZE + 1];
	struct rule rule;
	const struct rule_file *file; /* that named it last, so that a file that names it twice is noticed */
	UT_hash_handle hh;
};

struct rule_reader {
	struct rule_report report;
	struct value_list *lists;
	struct rule_entry *entries; /* in order of their first appearance */
	size_t value_count;	    /* of all conditions */
	size_t list_value_count;    /* of all lists */
};

/** rule_read_lists() - the key lists: of one file. Problems go to the report. */
void rule_read_lists(struct rule_reader *reader, const struct rule_file *file);

/** rule_read_rules() - the key rules: of one file, and its unknown keys. */
void rule_read_rules(struct rule_reader *reader, const struct rule_file *file);

void rule_reader_clear(struct rule_reader *reader);

/** rule_clear() - frees what a rule holds. */
void rule_clear(struct rule *rule);

/*
 * Shared by the rule_read*.c.
 */

/* Whoever reads one rule's keys. */
struct rule_context {
	struct rule_reader *reader;
	const struct rule_file *file;
	struct rule rule;
	const yaml_node_t *where, *unless; /* read when the event is known */
	const yaml_node_t *sequence, *within, *by, *order, *count, *append;
	bool kind_known;
};

#define CONTEXT_REPORT(context, node, ...) \
	rule_report_at(&(context)->reader->report, (context)->file, (node), __VA_ARGS__)

enum rule_key_id {
	RULE_KEY_NAME,
	RULE_KEY_ENABLED,
	RULE_KEY_EVENT,
	RULE_KEY_WHERE,
	RULE_KEY_UNLESS,
	RULE_KEY_DESCRIPTION,
	RULE_KEY_SCOPE,
	RULE_KEY_SEVERITY,
	RULE_KEY_RESPONSE,
	RULE_KEY_TAGS,
	RULE_KEY_THROTTLE,
	RULE_KEY_GROUPED,
	RULE_KEY_SEQUENCE,
	RULE_KEY_WITHIN,
	RULE_KEY_BY,
	RULE_KEY_ORDER,
	RULE_KEY_COUNT_OF,
	RULE_KEY_APPEND,
	RULE_KEY_LIMIT,
	RULE_KEY_COUNT
};

/** rule_read_keys() - all keys of one rule. Return: bit per enum rule_key_id that was there. */
uint64_t rule_read_keys(struct rule_context *context, const yaml_node_t *node);

/** rule_read_choice() - one of @count names. Return: its index, or -1 after a report. */
int rule_read_choice(struct rule_context *context, const yaml_node_t *node, const char *what,
		     const char *(*name_of)(unsigned int), unsigned int count);

/** rule_parse_duration() - "500ms", "30s", "1m", "2h", "1d". Return: nanoseconds; 0: it is none. */
uint64_t rule_parse_duration(const char *text);
#define RULE_DURATION_MIN_NS 1000000ULL

/** rule_read_event() - the key event: of a rule or a step; @context is a struct rule_context. */
void rule_read_event(void *context, const yaml_node_t *node);

/** rule_read_where_unless() - both nodes of @context, whose kind is known, and what follows from them. */
void rule_read_where_unless(struct rule_context *context);

/** rule_find_refused() - whether the rule's where: names an error, again when where: has grown. */
void rule_find_refused(struct rule *rule);

/** rule_check_response() - whether the rule can have its responses; they are complete. */
void rule_check_response(struct rule_context *context, const yaml_node_t *node);

/** rule_read_tags(), rule_read_response() - of a rule, to which they add; @context is a struct rule_context. */
void rule_read_tags(void *context, const yaml_node_t *node);
void rule_read_response(void *context, const yaml_node_t *node);

/** rule_read_append() - the key append: of @context, into an earlier @rule. */
void rule_read_append(struct rule_context *context, struct rule *rule);

/**
 * rule_read_steps() - sequence: or count: with what belongs to them, if they are there.
 * After where: and unless:, and after the scope.
 */
void rule_read_steps(struct rule_context *context, const yaml_node_t *node);

/** rule_read_field() - a field that events of the context's kind have; NULL after a report. */
const struct field *rule_read_field(struct rule_context *context, const yaml_node_t *node);

/** rule_read_duration() - "500ms", "30s", "2h". Return: nanoseconds; less than 1 ms after a report. */
uint64_t rule_read_duration(struct rule_context *context, const yaml_node_t *node, const char *what);

/** rule_read_conditions() - a where: or unless: into a growing array of conditions. */
void rule_read_conditions(struct rule_context *context, const yaml_node_t *node, const char *what,
			  struct condition **conditions, size_t *count);

/** rule_for_each_value() - a scalar or each of a sequence, "$list" replaced by its values when @lists. */
typedef void rule_each_value(void *context, const yaml_node_t *node, const char *value);
void rule_for_each_value(struct rule_reader *reader, const struct rule_file *file, const yaml_node_t *node,
			 const char *what, bool lists, rule_each_value *each, void *context);

#endif
