/* SPDX-License-Identifier: GPL-2.0-only */
/* One check as one test of one of our fields. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "import/falco_fields.h"
#include "state/rule_yaml.h"
#include "state/rule_compile.h"

#define SMALLEST "-4611686018427387904" /* no number of an event is less */

/* Where paths are commonly links: the kernel names what they lead to. */
static const char *const linked[] = { "/bin/",	    "/sbin/",  "/lib/",	     "/lib64/",	    "/var/run/",  "/var/lock/",
				      "/proc/self", "/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr" };

static const char *path_note(const struct field *field, const char *const *values, size_t count)
{
	for (size_t i = 0; field->syntax == SYNTAX_PATH && i < count; i++)
		for (size_t j = 0; j < ARRAY_SIZE(linked); j++)
			if (strncmp(values[i], linked[j], strlen(linked[j])) == 0)
				return "paths are what the kernel resolved: where /bin, /var/run, /proc/self and their like are "
				       "links, write what they lead to";
	return NULL;
}

/* Why our rules cannot have these values; NULL: they can. */
static const char *problem_of(struct arena *arena, const struct formula_term *term)
{
	char problem[CONDITION_ERROR_SIZE];
	struct condition condition;
	const char *reason = NULL;
	int error;

	if (!condition_operator_takes(term->op, term->field->type))
		return "picket cannot compare it so";
	error = condition_start(&condition, term->field, term->op, false);
	for (size_t i = 0; i < term->value_count && !error; i++)
		error = condition_add(&condition, term->values[i], problem);
	if (error)
		reason = error == -EINVAL ? arena_copy(arena, problem, strlen(problem)) : "no memory";
	condition_clear(&condition);
	return reason;
}

static const struct formula *make_test(const struct falco_subject *subject, struct formula_term *term)
{
	const char *problem;

	if (!(term->field->kinds & 1ULL << subject->event->kind))
		return formula_unknown(subject->arena,
				       arena_print(subject->arena, "%s events have no field %s",
						   catalogue_kind_name(subject->event->kind), term->field->name));
	problem = problem_of(subject->arena, term);
	if (problem)
		return formula_unknown(subject->arena, problem);
	if (!term->note)
		term->note = path_note(term->field, term->values, term->value_count);
	return formula_term(subject->arena, term);
}

const struct formula *falco_test(const struct falco_subject *subject, const char *field, enum condition_operator op,
				 const char *const *values, size_t count)
{
	struct formula_term term = { .field = catalogue_find_field(field), .op = op, .value_count = count };

	term.values = arena_take(subject->arena, count, sizeof(*term.values));
	if (!term.values)
		return NULL;
	memcpy(term.values, values, count * sizeof(*values));
	return make_test(subject, &term);
}

const struct formula *falco_test_one(const struct falco_subject *subject, const char *field, enum condition_operator op,
				     const char *value)
{
	return falco_test(subject, field, op, &value, 1);
}

/* Literally, in any case when @fold. @to has room for four times the text. */
static char *glob_literally(char *to, const char *text, bool fold)
{
	for (; *text; text++) {
		unsigned char byte = *text;

		if (fold && isalpha(byte) && byte < 0x80) {
			*to++ = '[';
			*to++ = (char)tolower(byte);
			*to++ = (char)toupper(byte);
			*to++ = ']';
			continue;
		}
		if (strchr("*?[\\", byte))
			*to++ = '\\';
		*to++ = (char)byte;
	}
	*to = '\0';
	return to;
}

static const char *glob_containing(const struct falco_subject *subject, const char *text, bool fold, bool path)
{
	char *glob = arena_take(subject->arena, 4 * strlen(text) + 5, 1), *end;

	if (!glob)
		return NULL;
	end = stpcpy(glob, path ? "**" : "*");
	end = glob_literally(end, text, fold);
	stpcpy(end, path ? "**" : "*");
	return glob;
}

/*
 * A pattern of fnmatch(3) without FNM_PATHNAME. Return: NULL: it cannot be said: sets are spelt otherwise, "?" of a
 * path does not match "/" here.
 */
static const char *glob_of(const struct falco_subject *subject, const char *pattern, bool fold, bool path)
{
	char *glob = arena_take(subject->arena, 4 * strlen(pattern) + 1, 1), *to = glob;

	if (!glob || strpbrk(pattern, "[]()"))
		return NULL;
	for (; *pattern; pattern++) {
		char one[2] = { *pattern, '\0' };

		if (*pattern == '*') {
			to = stpcpy(to, path ? "**" : "*");
		} else if (*pattern == '?') {
			if (path)
				return NULL;
			*to++ = '?';
		} else {
			if (*pattern == '\\')
				one[0] = *++pattern;
			if (!one[0])
				return NULL;
			to = glob_literally(to, one, fold);
		}
	}
	return glob;
}

/* A directory or file and all that is below: two globs. */
static bool globs_below(const struct falco_subject *subject, const char *path, const char **ret_globs)
{
	size_t size = strlen(path);
	char *exact, *below;

	while (size > 1 && path[size - 1] == '/')
		size--;
	if (*path != '/' || strpbrk(path, "*?[]\\"))
		return false;
	exact = arena_copy(subject->arena, path, size);
	below = arena_print(subject->arena, "%.*s/**", size > 1 ? (int)size : 0, path);
	ret_globs[0] = exact;
	ret_globs[1] = below;
	return exact && below;
}

static bool map_globs(const struct falco_subject *subject, const struct falco_node *check, struct formula_term *term)
{
	bool path = term->field->syntax == SYNTAX_PATH, fold = check->op == FALCO_ICONTAINS || check->op == FALCO_IGLOB;
	const char **globs = arena_take(subject->arena, 2 * check->value_count + 1, sizeof(*globs));
	size_t count = 0;

	if (!globs)
		return false;
	if (check->op == FALCO_EXISTS)
		globs[count++] = path ? "**" : "*";
	for (size_t i = 0; i < check->value_count; i++) {
		if (check->op == FALCO_PMATCH) {
			if (!path || !globs_below(subject, check->values[i], globs + count))
				return false;
			count += 2;
			continue;
		}
		globs[count] = check->op == FALCO_CONTAINS || check->op == FALCO_ICONTAINS
				       ? glob_containing(subject, check->values[i], fold, path)
				       : glob_of(subject, check->values[i], fold, path);
		if (!globs[count++])
			return false;
	}
	term->op = OPERATOR_GLOB;
	term->values = globs;
	term->value_count = count;
	return true;
}

static bool map_text(const struct falco_subject *subject, const struct falco_node *check, struct formula_term *term)
{
	switch (check->op) {
	case FALCO_STARTSWITH:
		term->op = OPERATOR_PREFIX;
		return true;
	case FALCO_ENDSWITH:
		term->op = OPERATOR_SUFFIX;
		return true;
	case FALCO_CONTAINS:
	case FALCO_ICONTAINS:
	case FALCO_GLOB:
	case FALCO_IGLOB:
	case FALCO_PMATCH:
	case FALCO_EXISTS:
		return map_globs(subject, check, term);
	default:
		term->op = OPERATOR_EQUALS;
		return falco_is_set(check->op);
	}
}

static bool is_number(const char *text)
{
	const char *digits = text + (*text == '-');
	size_t size = strlen(digits);

	return size && size < 18 && strspn(digits, "0123456789") == size && (*digits != '0' || size == 1);
}

static bool map_number(const struct falco_subject *subject, const struct falco_node *check, struct formula_term *term)
{
	const char **bound = arena_take(subject->arena, 1, sizeof(*bound));
	long long step = check->op == FALCO_LE ? 1 : check->op == FALCO_GE ? -1 : 0;

	if (!bound)
		return false;
	for (size_t i = 0; i < check->value_count; i++)
		if (!is_number(check->values[i]))
			return false;
	term->op = check->op == FALCO_LT || check->op == FALCO_LE ? OPERATOR_LESS : OPERATOR_GREATER;
	switch (check->op) {
	case FALCO_EXISTS:
		*bound = SMALLEST;
		break;
	case FALCO_LT:
	case FALCO_LE:
	case FALCO_GT:
	case FALCO_GE:
		*bound = arena_print(subject->arena, "%lld", strtoll(check->values[0], NULL, 10) + step);
		break;
	default:
		term->op = OPERATOR_EQUALS;
		return falco_is_set(check->op);
	}
	term->values = bound;
	term->value_count = 1;
	return *bound;
}

static bool map_truth(const struct falco_subject *subject, const struct falco_node *check, struct formula_term *term)
{
	static const char *both[] = { "true", "false" };

	(void)subject;
	term->op = OPERATOR_EQUALS;
	if (check->op != FALCO_EXISTS)
		return falco_is_set(check->op);
	term->values = both;
	term->value_count = 2;
	return true;
}

static bool map_address(const struct falco_subject *subject, const struct falco_node *check, struct formula_term *term)
{
	static const char *all[] = { "0.0.0.0/0", "::/0" };

	(void)subject;
	term->op = OPERATOR_EQUALS;
	for (size_t i = 0; i < check->value_count; i++)
		if (strchr(check->values[i], '/'))
			term->op = OPERATOR_CIDR;
	if (check->op != FALCO_EXISTS)
		return falco_is_set(check->op);
	term->op = OPERATOR_CIDR;
	term->values = all;
	term->value_count = 2;
	return true;
}

const struct formula *falco_map_field(const struct falco_subject *subject, const struct falco_field *row,
				      const struct falco_node *check)
{
	static bool (*const maps[])(const struct falco_subject *, const struct falco_node *, struct formula_term *) = {
		[FIELD_STRING] = map_text,
		[FIELD_INTEGER] = map_number,
		[FIELD_BOOLEAN] = map_truth,
		[FIELD_ADDRESS] = map_address,
	};
	struct formula_term term = {
		.field = catalogue_find_field(row->field),
		.values = check->values,
		.value_count = check->value_count,
		.note = row->note,
	};
	const struct formula *test;

	if (check->op == FALCO_EXISTS && row->flags & FIELD_ALWAYS)
		return formula_constant(true);
	if (check->op == FALCO_NE && row->flags & FIELD_SEVERAL)
		return falco_unsaid(subject, check,
				    "of several values Falco asks whether one differs; write not and =");
	if (!(term.field->kinds & 1ULL << subject->event->kind))
		return falco_unsaid(subject, check,
				    arena_print(subject->arena, "picket's %s has no such field",
						catalogue_kind_name(subject->event->kind)));
	if (!maps[term.field->type](subject, check, &term))
		return falco_unsaid(subject, check,
				    arena_print(subject->arena, "\"%s\" cannot be said in picket's rules",
						rule_quote(check->value_count ? check->values[0] : "").text));
	term.inverted = check->op == FALCO_NE && !(row->flags & FIELD_ALWAYS);
	test = make_test(subject, &term);
	if (test && test->type == FORMULA_UNKNOWN)
		return falco_unsaid(subject, check, test->reason);
	return check->op == FALCO_NE && row->flags & FIELD_ALWAYS ? formula_not(subject->arena, test) : test;
}
