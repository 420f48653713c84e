/* SPDX-License-Identifier: GPL-2.0-only */
/* Falco's rule files: lists, macros and rules, with what later entries append, override and switch off. */
#ifndef IMPORT_FALCO_FILE_H
#define IMPORT_FALCO_FILE_H

#include <uthash.h>

#include "import/falco_expr.h"
#include "state/rule_yaml.h"

#define FALCO_MAX_FILES 100
#define FALCO_MAX_VALUES 200000 /* of all lists and tags */

struct falco_list {
	const char *name;
	const char **values; /* may name lists */
	size_t count;
	bool expanding; /* a list within itself */
	UT_hash_handle hh;
};

struct falco_macro {
	const char *name;
	const char *condition;
	const struct falco_node *tree; /* expanded; NULL: not yet */
	bool expanding;
	UT_hash_handle hh;
};

/* Values that the rule spares; read where the rule is translated. */
struct falco_exception {
	const char *name;
	const struct rule_file *file; /* of fields and comps */
	const yaml_node_t *fields, *comps;
	struct {
		const struct rule_file *file;
		const yaml_node_t *node;
	} * values; /* sequences */
	size_t count;
};

struct falco_rule {
	const char *name;
	const char *place; /* file:line, of its definition */
	const char *condition, *description, *output, *priority;
	const char **tags;
	size_t tag_count;
	struct falco_exception *exceptions;
	size_t exception_count;
	bool enabled;
	const char *problem; /* why it cannot be translated; NULL: nothing yet */
	UT_hash_handle hh;   /* in order of first appearance */
};

struct falco_rules {
	struct arena arena;
	struct rule_report report;
	struct rule_file *files[FALCO_MAX_FILES];
	size_t file_count, value_count;
	struct falco_list *lists;
	struct falco_macro *macros;
	struct falco_rule *rules;
};

/**
 * falco_rules_load() - add a file.
 * Return: 0, when the file is one of rules, whatever is wrong with single rules: that is in their problem;
 * -EINVAL after a report; -ENOMEM.
 */
int falco_rules_load(struct falco_rules *rules, const char *path);
int falco_rules_parse(struct falco_rules *rules, const char *name, const void *bytes, size_t size);
void falco_rules_clear(struct falco_rules *rules);

const struct falco_list *falco_rules_list(const struct falco_rules *rules, const char *name);
struct falco_macro *falco_rules_macro(const struct falco_rules *rules, const char *name);

#endif
