/* SPDX-License-Identifier: GPL-2.0-only */
#include "import/falco_expand.h"

#include <string.h>

#include "cleanup.h"

#define MAX_VALUES 100000 /* of one check */
#define MAX_NESTING 32	  /* of macros, and of lists */

struct expansion {
	struct falco_rules *rules;
	const char *error;
	unsigned int depth;
	size_t nodes;
};

/* Macros of Falco's own files that rules elsewhere rely on; a definition in the files comes first. */
static const struct {
	const char *name, *condition;
} well_known[] = {
	{ "spawned_process", "evt.type in (execve, execveat)" },
	{ "open_read",
	  "evt.type in (open, openat, openat2) and evt.is_open_read=true and fd.typechar='f' and fd.num>=0" },
	{ "open_write",
	  "evt.type in (open, openat, openat2) and evt.is_open_write=true and fd.typechar='f' and fd.num>=0" },
	{ "open_directory",
	  "evt.type in (open, openat, openat2) and evt.is_open_read=true and fd.typechar='d' and fd.num>=0" },
	{ "open_file_failed",
	  "evt.type in (open, openat, openat2) and fd.typechar='f' and fd.num=-1 and evt.res startswith E" },
	{ "rename", "evt.type in (rename, renameat, renameat2)" },
	{ "mkdir", "evt.type in (mkdir, mkdirat)" },
	{ "remove", "evt.type in (rmdir, unlink, unlinkat)" },
	{ "modify", "rename or remove" },
	{ "create_symlink", "evt.type in (symlink, symlinkat)" },
	{ "create_hardlink", "evt.type in (link, linkat)" },
	{ "chmod", "evt.type in (chmod, fchmod, fchmodat)" },
	{ "container", "container.id != host" },
	{ "outbound",
	  "((evt.type = connect) or (evt.type in (sendto, sendmsg) and fd.l4proto != tcp and fd.connected=false and "
	  "fd.name_changed=true)) and (fd.typechar = 4 or fd.typechar = 6) and (fd.ip != \"0.0.0.0\" and "
	  "fd.net != \"127.0.0.0/8\") and (evt.rawres >= 0 or evt.res = EINPROGRESS)" },
	{ "always_true", "evt.num >= 0" },
	{ "never_true", "evt.num = 0" },
};

static void *refuse(struct expansion *expansion, const char *what, const char *name)
{
	if (!expansion->error && !expansion->rules->arena.exhausted)
		expansion->error = arena_print(&expansion->rules->arena, what, rule_quote(name).text);
	return NULL;
}

static bool add_value(struct expansion *expansion, struct falco_node *check, const char *value)
{
	const char **larger;

	if (check->value_count == MAX_VALUES)
		return refuse(expansion, "the values of %s are too many", check->name);
	larger = arena_grow(&expansion->rules->arena, check->values, check->value_count, sizeof(*larger));
	if (!larger)
		return false;
	check->values = larger;
	larger[check->value_count++] = value;
	return true;
}

/* A value, or what the list of this name holds. */
static bool add_expanded(struct expansion *expansion, struct falco_node *check, const char *value)
{
	struct falco_list *list = (struct falco_list *)falco_rules_list(expansion->rules, value);
	bool good = true;

	if (!list)
		return add_value(expansion, check, value);
	if (list->expanding || expansion->depth == MAX_NESTING)
		return refuse(expansion, "the list \"%s\" contains itself", value);
	list->expanding = true;
	expansion->depth++;
	for (size_t i = 0; i < list->count && good; i++)
		good = add_expanded(expansion, check, list->values[i]);
	expansion->depth--;
	list->expanding = false;
	return good;
}

static const struct falco_node *expand_check(struct expansion *expansion, const struct falco_node *check)
{
	struct falco_node *expanded;

	if (!falco_operator_takes_list(check->op))
		return check;
	expanded = falco_node_new(&expansion->rules->arena, FALCO_CHECK, 0);
	if (!expanded)
		return NULL;
	*expanded = *check;
	expanded->values = NULL;
	expanded->value_count = 0;
	for (size_t i = 0; i < check->value_count; i++)
		if (!add_expanded(expansion, expanded, check->values[i]))
			return NULL;
	return expanded;
}

const struct falco_node *falco_expand_check(struct falco_rules *rules, const struct falco_node *check,
					    const char **ret_error)
{
	struct expansion expansion = { .rules = rules };
	const struct falco_node *expanded = expand_check(&expansion, check);

	*ret_error = expansion.error;
	return expanded;
}

static const struct falco_node *expand_node(struct expansion *expansion, const struct falco_node *node);

/* @condition, parsed and expanded. */
static const struct falco_node *expand_text(struct expansion *expansion, const char *condition)
{
	const char *error = NULL;
	const struct falco_node *tree = falco_parse(&expansion->rules->arena, condition, &error);

	if (error && !expansion->error)
		expansion->error = error;
	return tree ? expand_node(expansion, tree) : NULL;
}

static const struct falco_node *expand_macro(struct expansion *expansion, const char *name)
{
	struct falco_macro *macro = falco_rules_macro(expansion->rules, name);

	if (macro && macro->tree)
		return macro->tree;
	if (expansion->depth == MAX_NESTING || (macro && macro->expanding))
		return refuse(expansion, "the macro \"%s\" contains itself", name);
	if (macro) {
		macro->expanding = true;
		expansion->depth++;
		macro->tree = expand_text(expansion, macro->condition);
		expansion->depth--;
		macro->expanding = false;
		if (!macro->tree && expansion->error)
			expansion->error = arena_print(&expansion->rules->arena, "macro %s: %s", rule_quote(name).text,
						       expansion->error);
		return macro->tree;
	}
	for (size_t i = 0; i < ARRAY_SIZE(well_known); i++) {
		const struct falco_node *tree;

		if (strcmp(well_known[i].name, name) != 0)
			continue;
		expansion->depth++;
		tree = expand_text(expansion, well_known[i].condition);
		expansion->depth--;
		return tree;
	}
	return refuse(expansion, "the macro \"%s\" is in none of these files", name);
}

/* Trees of macros are shared, not copied. */
static const struct falco_node *expand_node(struct expansion *expansion, const struct falco_node *node)
{
	struct falco_node *expanded;

	if (++expansion->nodes > FALCO_MAX_NODES)
		return refuse(expansion, "the condition is too long", "");
	if (node->type == FALCO_CHECK)
		return expand_check(expansion, node);
	if (node->type == FALCO_MACRO)
		return expand_macro(expansion, node->name);
	expanded = falco_node_new(&expansion->rules->arena, node->type, node->child_count);
	if (!expanded)
		return NULL;
	for (size_t i = 0; i < node->child_count; i++) {
		expanded->children[i] = expand_node(expansion, node->children[i]);
		if (!expanded->children[i])
			return NULL;
	}
	return expanded;
}

const struct falco_node *falco_expand(struct falco_rules *rules, const struct falco_rule *rule, const char **ret_error)
{
	struct expansion expansion = { .rules = rules };
	const struct falco_node *tree = expand_text(&expansion, rule->condition), *spared;
	struct falco_node *both, *not ;

	*ret_error = expansion.error;
	if (!tree || !rule->exception_count)
		return tree;
	spared = falco_exceptions(rules, rule, ret_error);
	both = falco_node_new(&rules->arena, FALCO_AND, 2);
	not = falco_node_new(&rules->arena, FALCO_NOT, 1);
	if (!spared || !both || !not )
		return NULL;
	not ->children[0] = spared;
	both->children[0] = tree;
	both->children[1] = not ;
	return both;
}
