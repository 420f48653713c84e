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

#define RULE_MAX_COUNT 10000
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
	bool kind_known;
};

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
	RULE_KEY_COUNT
};

/** rule_read_keys() - all keys of one rule. Return: bit per enum rule_key_id that was there. */
uint64_t rule_read_keys(struct rule_context *context, const yaml_node_t *node);

/** rule_read_conditions() - a where: or unless: into a growing array of conditions. */
void rule_read_conditions(struct rule_context *context, const yaml_node_t *node, const char *what,
			  struct condition **conditions, size_t *count);

/** rule_for_each_value() - a scalar or each of a sequence, "$list" replaced by its values when @lists. */
typedef void rule_each_value(void *context, const yaml_node_t *node, const char *value);
void rule_for_each_value(struct rule_reader *reader, const struct rule_file *file, const yaml_node_t *node,
			 const char *what, bool lists, rule_each_value *each, void *context);

#endif
