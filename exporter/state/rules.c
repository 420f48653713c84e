/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/rules.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "state/default_rules.h"
#include "state/rule_read.h"
#include "state/rules_internal.h"

#define BUILTIN_NAME "(built-in rules)"
#define FILES_MAX 1000

static const char *const severity_names[SEVERITY_COUNT] = {
	[SEVERITY_DEBUG] = "debug",	[SEVERITY_INFO] = "info",   [SEVERITY_NOTICE] = "notice",
	[SEVERITY_WARNING] = "warning", [SEVERITY_ERROR] = "error", [SEVERITY_CRITICAL] = "critical",
};

static const char *const response_names[RESPONSE_COUNT] = {
	[RESPONSE_DENY] = "deny",
	[RESPONSE_KILL] = "kill",
	[RESPONSE_PAUSE] = "pause",
	[RESPONSE_ISOLATE] = "isolate",
	[RESPONSE_INVESTIGATE] = "investigate",
};

const char *severity_name(enum severity severity)
{
	return (unsigned int)severity < SEVERITY_COUNT ? severity_names[severity] : "unknown";
}

const char *kill_scope_name(enum kill_scope scope)
{
	static const char *const names[KILL_SCOPE_COUNT] = {
		[KILL_PROCESS] = "process",
		[KILL_TREE] = "tree",
		[KILL_CONTAINER] = "container",
	};

	return (unsigned int)scope < KILL_SCOPE_COUNT ? names[scope] : "unknown";
}

const char *response_name(enum response_action action)
{
	return (unsigned int)action < RESPONSE_COUNT ? response_names[action] : "unknown";
}

const char *rules_builtin_text(size_t *ret_size)
{
	*ret_size = default_rules_yaml_len;
	return (const char *)default_rules_yaml;
}

/* All files of one load; they stay until every rule is read. */
struct load {
	struct rule_reader reader;
	struct rule_file **files;
	size_t file_count, room;
};

/* Room for one more file. NULL: no memory, or too many. */
static struct rule_file *load_new_file(struct load *load, const char *path)
{
	struct rule_file *file;

	if (load->file_count == FILES_MAX) {
		rule_report_file(&load->reader.report, path, "more than %d files", FILES_MAX);
		return NULL;
	}
	if (load->file_count == load->room) {
		size_t room = load->room ? 2 * load->room : 8;
		struct rule_file **larger = reallocarray(load->files, room, sizeof(*larger));

		if (!larger)
			goto fail;
		load->files = larger;
		load->room = room;
	}
	file = calloc(1, sizeof(*file));
	if (file)
		return file;
fail:
	load->reader.report.failure = -ENOMEM;
	return NULL;
}

static void load_keep_file(struct load *load, struct rule_file *file, int error)
{
	if (!error) {
		load->files[load->file_count++] = file;
		return;
	}
	free(file);
	if (error == -ENOMEM)
		load->reader.report.failure = error;
}

static void load_file(struct load *load, const char *path)
{
	struct rule_file *file = load_new_file(load, path);

	if (file)
		load_keep_file(load, file, rule_file_load(path, &load->reader.report, file));
}

static void load_builtin(struct load *load)
{
	struct rule_file *file = load_new_file(load, BUILTIN_NAME);

	if (file)
		load_keep_file(load, file,
			       rule_file_parse(BUILTIN_NAME, default_rules_yaml, default_rules_yaml_len,
					       &load->reader.report, file));
}

/* What editors and Kubernetes leave about begins with a dot. */
static int is_rule_file(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void load_directory(struct load *load, const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_rule_file, compare_names);

	if (count < 0 && errno == ENOMEM)
		load->reader.report.failure = -ENOMEM;
	else if (count < 0)
		rule_report_file(&load->reader.report, path, "cannot be read: %s", strerror(errno));
	for (int i = 0; i < count; i++) {
		AUTO_FREE char *name = NULL;

		if (asprintf(&name, "%s/%s", path, entries[i]->d_name) < 0) {
			name = NULL;
			load->reader.report.failure = -ENOMEM;
		} else if (!load->reader.report.failure) {
			load_file(load, name);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static void load_path(struct load *load, const char *path)
{
	struct stat status;

	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		load_directory(load, path);
	else
		load_file(load, path);
}

/* What is matched: rules and steps, when they have their places. */
static int list_parts(struct rule_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		set->part_count += rule_part_count(&set->rules[i]);
	set->parts = calloc(set->part_count + 1, sizeof(*set->parts));
	if (!set->parts)
		return -ENOMEM;
	set->part_count = 0;
	for (size_t i = 0; i < set->count; i++) {
		struct rule *rule = &set->rules[i];

		rule->position = set->part_count;
		if (!rule->step_count)
			set->parts[set->part_count++] = rule;
		for (size_t j = 0; j < rule->step_count; j++) {
			rule->steps[j].owner = rule;
			rule->steps[j].index = i;
			rule->steps[j].position = set->part_count;
			set->parts[set->part_count++] = &rule->steps[j];
		}
	}
	return 0;
}

/* Rules that are on, taken out of their entries. */
static int make_set(struct rule_reader *reader, struct rule_set **ret_set)
{
	struct rule_set *set = calloc(1, sizeof(*set));

	if (!set)
		return -ENOMEM;
	set->rules = calloc(HASH_COUNT(reader->entries) + 1, sizeof(*set->rules));
	if (!set->rules)
		goto fail;
	for (struct rule_entry *entry = reader->entries; entry; entry = entry->hh.next) {
		if (!entry->rule.enabled)
			continue;
		entry->rule.index = set->count;
		set->rules[set->count++] = entry->rule;
		memset(&entry->rule, 0, sizeof(entry->rule));
	}
	if (list_parts(set) || rule_index_build(set))
		goto fail;
	*ret_set = set;
	return 0;
fail:
	rules_free(set);
	return -ENOMEM;
}

static void load_clear(struct load *load)
{
	rule_reader_clear(&load->reader);
	for (size_t i = 0; i < load->file_count; i++) {
		rule_file_close(load->files[i]);
		free(load->files[i]);
	}
	free(load->files);
}

static void report_rest(struct rule_report *report)
{
	char message[64];

	if (report->error_count <= RULE_MAX_ERRORS || !report->on_error)
		return;
	snprintf(message, sizeof(message), "and %zu errors more", report->error_count - RULE_MAX_ERRORS);
	report->on_error(report->context, message);
}

int rules_load(const char *const *paths, size_t path_count, bool with_defaults, rule_error *on_error, void *context,
	       struct rule_set **ret_set)
{
	struct load load = { .reader.report = { .on_error = on_error, .context = context } };
	struct rule_report *report = &load.reader.report;
	int error;

	if (with_defaults)
		load_builtin(&load);
	for (size_t i = 0; i < path_count && !report->failure; i++)
		load_path(&load, paths[i]);
	for (size_t i = 0; i < load.file_count && !report->failure; i++)
		rule_read_lists(&load.reader, load.files[i]);
	for (size_t i = 0; i < load.file_count && !report->failure; i++)
		rule_read_rules(&load.reader, load.files[i]);
	report_rest(report);
	error = report->failure;
	if (!error && report->error_count)
		error = -EINVAL;
	if (!error)
		error = make_set(&load.reader, ret_set);
	load_clear(&load);
	return error;
}

void rules_free(struct rule_set *set)
{
	if (!set)
		return;
	rule_index_clear(set);
	for (size_t i = 0; i < set->count; i++)
		rule_clear(&set->rules[i]);
	free(set->rules);
	free(set->parts);
	free(set);
}

size_t rules_count(const struct rule_set *set)
{
	return set->count;
}

size_t rules_part_count(const struct rule_set *set)
{
	return set->part_count;
}

const struct rule *rules_at(const struct rule_set *set, size_t index)
{
	return index < set->count ? &set->rules[index] : NULL;
}

const struct rule *rules_find(const struct rule_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->rules[i].name, name) == 0)
			return &set->rules[i];
	return NULL;
}
