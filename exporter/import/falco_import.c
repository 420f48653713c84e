/* SPDX-License-Identifier: GPL-2.0-only */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(item) ((item)->failed = true)
#include "import/falco_import.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "import/falco_expand.h"
#include "import/falco_translate.h"

#define NAME_BYTES 64
#define NOTES_MAX 16

struct used_name {
	char text[NAME_BYTES + 1];
	bool failed;
	UT_hash_handle hh;
};

struct importer {
	struct falco_import *import;
	struct arena names;
	struct used_name *used;
	struct arena scratch; /* of one rule */
	const struct falco_rule *rule;
	const char *notes[NOTES_MAX]; /* of one rule, each once */
	size_t note_count;
};

static void tell(struct importer *importer, const char *what, const char *why)
{
	const struct falco_rule *rule = importer->rule;
	char message[1024];

	snprintf(message, sizeof(message), "%s: %s: %s: %s", rule->place ? rule->place : "?",
		 rule_quote(rule->name).text, what, why);
	importer->import->tell(importer->import->context, message);
}

static void add_note(struct importer *importer, const char *note)
{
	if (!note || !*note || importer->note_count == NOTES_MAX)
		return;
	for (size_t i = 0; i < importer->note_count; i++)
		if (strcmp(importer->notes[i], note) == 0)
			return;
	importer->notes[importer->note_count++] = note;
}

static void write_notes(struct importer *importer, const char *what)
{
	char text[512];

	for (size_t i = 0; i < importer->note_count; i++) {
		snprintf(text, sizeof(text), "%s: %s", what, importer->notes[i]);
		falco_write_comment(importer->import->out, text);
		tell(importer, what, importer->notes[i]);
	}
}

/* Small letters, digits and single "_". */
static void plain_name(const char *name, char text[NAME_BYTES + 1])
{
	size_t used = 0;

	for (; *name && used < NAME_BYTES; name++) {
		if (isalnum((unsigned char)*name) && (unsigned char)*name < 0x80)
			text[used++] = (char)tolower((unsigned char)*name);
		else if (used && text[used - 1] != '_')
			text[used++] = '_';
	}
	while (used && text[used - 1] == '_')
		used--;
	text[used] = '\0';
	if (!used)
		strcpy(text, "rule");
}

static bool is_used(const struct importer *importer, const char *name)
{
	struct used_name *used;

	HASH_FIND_STR(importer->used, name, used);
	return used || (importer->import->taken && rules_find(importer->import->taken, name));
}

/* @base with @suffix and, where that is taken, a number. Return: NULL: no memory. */
static const char *new_name(struct importer *importer, const char *base, const char *suffix)
{
	struct used_name *name = arena_take(&importer->names, 1, sizeof(*name));
	char ending[NAME_BYTES / 2 + 12];

	if (!name)
		return NULL;
	for (unsigned int number = 1; number < 100000; number++) {
		if (number == 1)
			snprintf(ending, sizeof(ending), "%.32s", suffix);
		else
			snprintf(ending, sizeof(ending), "%.32s_%u", suffix, number);
		snprintf(name->text, sizeof(name->text), "%.*s%s", (int)(NAME_BYTES - strlen(ending)), base, ending);
		if (is_used(importer, name->text))
			continue;
		HASH_ADD_STR(importer->used, text, name);
		return name->failed ? NULL : name->text;
	}
	return NULL;
}

static void add_term_notes(struct importer *importer, const struct falco_alternatives *alternatives)
{
	add_note(importer, alternatives->event->note);
	add_note(importer, alternatives->note);
	for (size_t i = 0; i < alternatives->count; i++)
		for (size_t j = 0; j < alternatives->items[i].count; j++)
			add_note(importer, alternatives->items[i].terms[j]->note);
}

static int write_rules(struct importer *importer, const struct falco_translation *translation, bool approximate)
{
	char base[NAME_BYTES + 1];

	plain_name(importer->rule->name, base);
	for (size_t i = 0; i < translation->count; i++) {
		const struct falco_alternatives *alternatives = &translation->events[i];

		for (size_t j = 0; j < alternatives->count; j++) {
			struct falco_output output = {
				.rule = importer->rule,
				.event = alternatives->event,
				.alternative = &alternatives->items[j],
				.name = new_name(importer, base,
						 translation->count > 1 ? alternatives->event->suffix : ""),
				.enabled = importer->rule->enabled && !approximate,
			};

			if (!output.name)
				return -ENOMEM;
			falco_write_rule(importer->import->out, &output);
			importer->import->written++;
		}
	}
	return 0;
}

/* What is approximate is told by its reasons alone: it is off, and needs to be looked at. */
static int write_translation(struct importer *importer, const struct falco_translation *translation)
{
	bool approximate = translation->reason_count;
	char text[256];

	snprintf(text, sizeof(text), "%s: %s", importer->rule->place, rule_quote(importer->rule->name).text);
	fputc('\n', importer->import->out);
	falco_write_comment(importer->import->out, text);
	for (size_t i = 0; i < translation->reason_count; i++) {
		snprintf(text, sizeof(text), "approximate, so switched off: %s", translation->reasons[i]);
		falco_write_comment(importer->import->out, text);
	}
	importer->note_count = 0;
	for (size_t i = 0; i < translation->count; i++)
		add_term_notes(importer, &translation->events[i]);
	write_notes(importer, "note");
	return write_rules(importer, translation, approximate);
}

static void leave_out(struct importer *importer, const char *reason)
{
	importer->import->left_out++;
	tell(importer, "left out", reason);
}

static int import_rule(struct importer *importer)
{
	struct falco_import *import = importer->import;
	const struct falco_rule *rule = importer->rule;
	struct falco_translation translation = { .arena = &importer->scratch, .approximate = import->approximate };
	const struct falco_node *tree = NULL;
	const char *problem = rule->problem;
	int error;

	if (!problem && !rule->condition)
		problem = "it has no condition";
	if (!problem)
		tree = falco_expand(import->rules, rule, &problem);
	if (!tree) {
		leave_out(importer, problem ? problem : "no memory");
		return problem ? 0 : -ENOMEM;
	}
	error = falco_translate(tree, &translation);
	if (error && importer->scratch.exhausted) {
		leave_out(importer, "its condition is too long");
		return 0;
	}
	if (error)
		return error;
	if (!translation.reason_count) {
		import->translated++;
		return write_translation(importer, &translation);
	}
	import->left_out++;
	for (size_t i = 0; i < translation.reason_count; i++)
		tell(importer, import->approximate && translation.count ? "switched off" : "left out",
		     translation.reasons[i]);
	return import->approximate && translation.count ? write_translation(importer, &translation) : 0;
}

int falco_import_rules(struct falco_import *import)
{
	struct importer importer = { .import = import };
	int error = 0;

	fputs("rules:\n", import->out);
	for (const struct falco_rule *rule = import->rules->rules; rule && !error; rule = rule->hh.next) {
		importer.rule = rule;
		error = import_rule(&importer);
		arena_clear(&importer.scratch);
	}
	HASH_CLEAR(hh, importer.used);
	arena_clear(&importer.names);
	return error;
}
