/* SPDX-License-Identifier: GPL-2.0-only */
#include "import/falco_write.h"

#include <string.h>
#include <strings.h>

#include "cleanup.h"
#include "state/utf8.h"

#define DESCRIPTION_BYTES 1000
#define TAG_BYTES 64
#define TAGS_MAX 32

static const char *const operator_names[] = {
	[OPERATOR_EQUALS] = "in",  [OPERATOR_PREFIX] = "prefix", [OPERATOR_SUFFIX] = "suffix",
	[OPERATOR_GLOB] = "glob",  [OPERATOR_REGEX] = "regex",	 [OPERATOR_CIDR] = "cidr",
	[OPERATOR_LESS] = "\"<\"", [OPERATOR_GREATER] = "\">\"",
};

static const struct {
	const char *theirs;
	enum severity ours;
} priorities[] = {
	{ "emergency", SEVERITY_CRITICAL }, { "alert", SEVERITY_CRITICAL },	{ "critical", SEVERITY_CRITICAL },
	{ "error", SEVERITY_ERROR },	    { "warning", SEVERITY_WARNING },	{ "notice", SEVERITY_NOTICE },
	{ "info", SEVERITY_INFO },	    { "informational", SEVERITY_INFO }, { "debug", SEVERITY_DEBUG },
};

static enum severity severity_of(const char *priority)
{
	for (size_t i = 0; priority && i < ARRAY_SIZE(priorities); i++)
		if (strcasecmp(priority, priorities[i].theirs) == 0)
			return priorities[i].ours;
	return SEVERITY_WARNING;
}

void falco_write_comment(FILE *out, const char *text)
{
	fputs("  # ", out);
	for (; *text; text++)
		fputc(*text >= ' ' && *text < 0x7f ? *text : '?', out);
	fputc('\n', out);
}

/* Of a valid UTF-8 character. */
static unsigned int code_point(const char *text, size_t size)
{
	unsigned int code = (unsigned char)*text;

	code &= size == 2 ? 0x1f : size == 3 ? 0x0f : 0x07;
	for (size_t i = 1; i < size; i++)
		code = code << 6 | ((unsigned char)text[i] & 0x3f);
	return code;
}

/* Between double quotes, which every YAML parser reads alike. */
static void write_escaped(FILE *out, const char *text, size_t size)
{
	while (size) {
		size_t taken = utf8_character(text, size);

		if (taken <= 1 && (*text == '"' || *text == '\\'))
			fprintf(out, "\\%c", *text);
		else if (taken <= 1 && *text >= ' ' && *text < 0x7f)
			fputc(*text, out);
		else if (taken <= 1)
			fprintf(out, "\\x%02X", (unsigned char)*text);
		else
			fprintf(out, "\\U%08X", code_point(text, taken));
		taken = taken ? taken : 1;
		text += taken;
		size -= taken;
	}
}

static bool is_plain(const char *text)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/.";

	return *text && strspn(text, word) == strlen(text) && strcmp(text, "null") != 0 && *text != '.';
}

/* "$" would be the name of a list. */
static void write_value(FILE *out, const char *value)
{
	if (is_plain(value)) {
		fputs(value, out);
		return;
	}
	fputc('"', out);
	if (*value == '$')
		fputc('$', out);
	write_escaped(out, value, strlen(value));
	fputc('"', out);
}

static void write_values(FILE *out, const struct formula_term *term)
{
	if (term->op == OPERATOR_LESS || term->op == OPERATOR_GREATER) {
		write_value(out, term->values[0]);
		return;
	}
	fputc('[', out);
	for (size_t i = 0; i < term->value_count; i++) {
		fputs(i ? ", " : "", out);
		write_value(out, term->values[i]);
	}
	fputc(']', out);
}

/* Without the prefix of names that are picket's own. */
static const char *short_name(const struct field *field)
{
	return field->alias ? field->alias : field->name;
}

static void write_term(FILE *out, const struct formula_term *term, bool first)
{
	fprintf(out, "%s%s: {%s%s: ", first ? "" : "        ", short_name(term->field), term->inverted ? "not: {" : "",
		operator_names[term->op]);
	write_values(out, term);
	fprintf(out, "}%s\n", term->inverted ? "}" : "");
}

/* What the rule asks for, in mappings that have each field once. */
static void write_terms(FILE *out, const char *key, const struct formula_term *const *terms, size_t count)
{
	bool written[FORMULA_MAX_TERMS + 2] = { false };

	if (count)
		fprintf(out, "    %s:\n", key);
	for (size_t i = 0; i < count; i++) {
		bool first = true;

		if (written[i])
			continue;
		fputs("      - ", out);
		for (size_t j = i; j < count; j++) {
			bool again = written[j];

			for (size_t k = i; k < j && !again; k++)
				again = terms[k]->field == terms[j]->field;
			if (again)
				continue;
			write_term(out, terms[j], first);
			written[j] = true;
			first = false;
		}
	}
}

/* One of ours that the event stands for; not again where the rule names the error. */
static bool is_asked(const struct formula_alternative *alternative, const struct field *field)
{
	for (size_t i = 0; i < alternative->count; i++)
		if (alternative->terms[i]->field == field && !alternative->terms[i]->negative &&
		    !alternative->terms[i]->inverted && alternative->terms[i]->op == OPERATOR_EQUALS)
			return true;
	return false;
}

static void write_conditions(FILE *out, const struct falco_output *output)
{
	const struct formula_term *where[FORMULA_MAX_TERMS + 2], *unless[FORMULA_MAX_TERMS];
	const struct formula_alternative *alternative = output->alternative;
	struct formula_term fixed[2];
	size_t where_count = 0, unless_count = 0;

	for (size_t i = 0; i < 2; i++) {
		const struct falco_fixed *wanted = &output->event->fixed[i];

		if (!wanted->field || !*wanted->field)
			continue;
		fixed[i] = (struct formula_term){ .field = catalogue_find_field(wanted->field),
						  .op = wanted->op,
						  .values = (const char **)&wanted->value,
						  .value_count = 1 };
		if (!is_asked(alternative, fixed[i].field))
			where[where_count++] = &fixed[i];
	}
	for (size_t i = 0; i < alternative->count; i++) {
		const struct formula_term *term = alternative->terms[i];

		if (term->field && term->negative)
			unless[unless_count++] = term;
		else if (term->field)
			where[where_count++] = term;
	}
	write_terms(out, "where", where, where_count);
	write_terms(out, "unless", unless, unless_count);
}

static const char *scope_of(const struct formula_alternative *alternative)
{
	for (size_t i = 0; i < alternative->count; i++)
		if (!alternative->terms[i]->field)
			return alternative->terms[i]->negative ? "container" : "host";
	return "any";
}

/* Blanks of any sort as one. */
static size_t add_words(char *buffer, size_t used, const char *text)
{
	for (; *text && used < DESCRIPTION_BYTES; text++) {
		bool blank = strchr(" \t\r\n", *text);

		if (!blank || (used && buffer[used - 1] != ' '))
			buffer[used++] = blank ? ' ' : *text;
	}
	return used;
}

static void write_description(FILE *out, const struct falco_rule *rule)
{
	char text[DESCRIPTION_BYTES + 1];
	size_t used = 0;

	used = add_words(text, used, rule->description ? rule->description : "");
	if (rule->output) {
		used = add_words(text, used, used ? " Output: " : "");
		used = add_words(text, used, rule->output);
	}
	used = utf8_valid_size(text, used);
	if (!used)
		return;
	fputs("    description: \"", out);
	write_escaped(out, text, used);
	fputs("\"\n", out);
}

/* What tags of ours may have in them. */
static bool tag_valid(const char *tag)
{
	size_t size = strspn(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/-");

	return size && !tag[size] && size <= TAG_BYTES;
}

static void write_tags(FILE *out, const struct falco_rule *rule)
{
	size_t count = 0;

	for (size_t i = 0; i < rule->tag_count && count < TAGS_MAX; i++)
		if (tag_valid(rule->tags[i]))
			fprintf(out, "%s\"%s\"", count++ ? ", " : "    tags: [", rule->tags[i]);
	if (count)
		fputs("]\n", out);
}

void falco_write_rule(FILE *out, const struct falco_output *output)
{
	fprintf(out, "  - name: %s\n", output->name);
	write_description(out, output->rule);
	fprintf(out, "    severity: %s\n    event: %s\n    scope: %s\n",
		severity_name(severity_of(output->rule->priority)), catalogue_kind_name(output->event->kind),
		scope_of(output->alternative));
	write_conditions(out, output);
	write_tags(out, output->rule);
	if (!output->enabled)
		fputs("    enabled: false\n", out);
}
