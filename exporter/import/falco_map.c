/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks that are more, or less, than one test of one field. */
#include <string.h>

#include "cleanup.h"
#include "import/falco_fields.h"
#include "state/rule_yaml.h"

#define SHORT_ID_SIZE 12 /* of a container, as Falco shows it */

bool falco_is_set(enum falco_operator op)
{
	return op == FALCO_EQ || op == FALCO_NE || op == FALCO_IN || op == FALCO_INTERSECTS;
}

const struct formula *falco_unsaid(const struct falco_subject *subject, const struct falco_node *check,
				   const char *reason)
{
	return formula_unknown(subject->arena, arena_print(subject->arena, "%s %s: %s", rule_quote(check->name).text,
							   falco_operator_name(check->op), reason));
}

static const struct formula *decided(enum falco_truth truth)
{
	return formula_constant(truth == FALCO_YES);
}

/* "!=" of what is never absent. */
static const struct formula *unless_not_equal(const struct falco_subject *subject, const struct falco_node *check,
					      const struct formula *equal)
{
	return check->op == FALCO_NE ? formula_not(subject->arena, equal) : equal;
}

/* Values of a set, without those that @left_out names. */
static size_t other_values(const struct falco_subject *subject, const struct falco_node *check, const char *left_out,
			   const char ***ret_values)
{
	const char **values = arena_take(subject->arena, check->value_count, sizeof(*values));
	size_t count = 0;

	*ret_values = values;
	for (size_t i = 0; values && i < check->value_count; i++)
		if (strcmp(check->values[i], left_out) != 0)
			values[count++] = check->values[i];
	return count;
}

/* For Falco the host is a container with the id and the name "host". */
static const struct formula *map_container(const struct falco_subject *subject, const struct falco_node *check)
{
	static const struct formula_term host = { .field = NULL };
	bool is_id = strcmp(check->name, "container.id") == 0;
	const struct formula *parts[2] = { formula_constant(false), formula_constant(false) };
	const char **values;
	size_t count;

	if (check->op == FALCO_EXISTS)
		return formula_constant(true);
	if (!falco_is_set(check->op)) {
		if (falco_compare(check, "host") != FALCO_NO)
			return falco_unsaid(subject, check, "it may mean the host; write container.id = host");
		if (check->op != FALCO_STARTSWITH || strlen(check->values[0]) > SHORT_ID_SIZE)
			return falco_unsaid(subject, check, "an id is 12 characters for Falco, and more for picket");
		return falco_test(subject, check->name, OPERATOR_PREFIX, check->values, check->value_count);
	}
	count = other_values(subject, check, "host", &values);
	if (count < check->value_count)
		parts[0] = formula_term(subject->arena, &host);
	for (size_t i = 0; is_id && i < count; i++)
		if (strlen(values[i]) != SHORT_ID_SIZE)
			return falco_unsaid(subject, check, "an id is 12 characters");
	if (count)
		parts[1] = falco_test(subject, check->name, is_id ? OPERATOR_PREFIX : OPERATOR_EQUALS, values, count);
	return unless_not_equal(subject, check, formula_join(subject->arena, FORMULA_OR, parts, 2));
}

struct word {
	const char *theirs, *ours;
};

/* A set of words that ours calls otherwise; other words never hold. */
static const struct formula *map_words(const struct falco_subject *subject, const struct falco_node *check,
				       const char *field, const struct word *words, size_t word_count)
{
	const char **values = arena_take(subject->arena, check->value_count, sizeof(*values));
	const struct formula *equal = formula_constant(false);
	size_t count = 0;

	if (!values)
		return NULL;
	if (!falco_is_set(check->op))
		return falco_unsaid(subject, check, "only =, != and in can be said of it");
	for (size_t i = 0; i < check->value_count; i++)
		for (size_t j = 0; j < word_count; j++)
			if (strcmp(check->values[i], words[j].theirs) == 0)
				values[count++] = words[j].ours;
	if (count)
		equal = falco_test(subject, field, OPERATOR_EQUALS, values, count);
	return unless_not_equal(subject, check, equal);
}

/* What is opened with O_DIRECTORY is a directory to Falco, all else a file. */
static const struct formula *map_opened_type(const struct falco_subject *subject, const struct falco_node *check)
{
	bool is_char = strcmp(check->name, "fd.typechar") == 0;
	enum falco_truth file = falco_compare(check, is_char ? "f" : "file");
	enum falco_truth directory = falco_compare(check, is_char ? "d" : "directory");
	const struct formula *is_directory;

	if (file == FALCO_UNDECIDED || directory == FALCO_UNDECIDED)
		return falco_unsaid(subject, check, "only comparisons of the whole word can be said");
	if (file == directory)
		return decided(file);
	is_directory = falco_test_one(subject, "file.flags", OPERATOR_EQUALS, "O_DIRECTORY");
	return directory == FALCO_YES ? is_directory : formula_not(subject->arena, is_directory);
}

static const struct formula *map_type(const struct falco_subject *subject, const struct falco_node *check)
{
	static const struct word words[] = { { "4", "ipv4" }, { "6", "ipv6" }, { "ipv4", "ipv4" }, { "ipv6", "ipv6" } };
	size_t first = strcmp(check->name, "fd.typechar") == 0 ? 0 : 2;

	switch (subject->event->kind) {
	case PICKET_KIND_FILE_OPEN:
		return map_opened_type(subject, check);
	case PICKET_KIND_NETWORK_CONNECT:
	case PICKET_KIND_NETWORK_SEND:
	case PICKET_KIND_NETWORK_ACCEPT:
	case PICKET_KIND_NETWORK_LISTEN:
	case PICKET_KIND_NETWORK_BIND:
		return map_words(subject, check, "network.type", words + first, 2);
	default:
		return falco_unsaid(subject, check, "this event has no descriptor in picket");
	}
}

/* evt.is_open_read and its like, of opens. */
static const struct formula *map_open_flag(const struct falco_subject *subject, const struct falco_node *check)
{
	const char *access = check->name + strlen("evt.is_open_");
	enum falco_truth set = falco_compare(check, "true"), clear = falco_compare(check, "false");
	const struct formula *test;

	if (subject->event->outcome == FALCO_FAILURE)
		return falco_unsaid(subject, check, "of refused opens picket does not know it; add fd.num >= 0");
	if (strcmp(access, "exec") == 0)
		return falco_unsaid(subject, check, "picket has no such field");
	if (set == FALCO_UNDECIDED || clear == FALCO_UNDECIDED)
		return falco_unsaid(subject, check, "it is true or false");
	if (set == clear)
		return decided(set);
	test = falco_test_one(subject, "file.access", OPERATOR_EQUALS, access);
	return set == FALCO_YES ? test : formula_not(subject->arena, test);
}

static bool is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::1") == 0 ||
	       strcmp(address, "::") == 0 || strcmp(address, "::1/128") == 0;
}

/*
 * Either end of a connection. Of what a connection must not be, loopback and no address at all, both ends are or none
 * is: there the other end says all.
 */
static const struct formula *map_either_end(const struct falco_subject *subject, const struct falco_node *check,
					    bool negative)
{
	static const struct falco_field other_end = { .field = "destination.address" };
	bool sent = subject->event->kind == PICKET_KIND_NETWORK_CONNECT ||
		    subject->event->kind == PICKET_KIND_NETWORK_SEND;

	if (!sent || !falco_is_set(check->op) || negative == (check->op == FALCO_NE))
		return falco_unsaid(subject, check,
				    "picket knows one end of a connection; write fd.sip, fd.snet or fd.rip");
	for (size_t i = 0; i < check->value_count; i++)
		if (!is_loopback(check->values[i]))
			return falco_unsaid(subject, check,
					    "picket knows one end of a connection; write fd.sip, fd.snet or fd.rip");
	return falco_map_field(subject, &other_end, check);
}

/* Bits of a mode, which Falco spells. */
static const struct formula *map_mode(const struct falco_subject *subject, const struct falco_node *check)
{
	const char *operation = subject->event->fixed[0].value;

	if (check->op == FALCO_CONTAINS && operation && strcmp(operation, "mode") == 0 &&
	    subject->event->kind == PICKET_KIND_FILE_MODIFY) {
		if (strcmp(check->values[0], "S_ISUID") == 0)
			return falco_test_one(subject, "file.mode", OPERATOR_GLOB, "[4567]???");
		if (strcmp(check->values[0], "S_ISGID") == 0)
			return falco_test_one(subject, "file.mode", OPERATOR_GLOB, "[2367]???");
	}
	return falco_unsaid(subject, check, "only contains S_ISUID or S_ISGID of a change of the mode can be said");
}

static const struct formula *map_request(const struct falco_subject *subject, const struct falco_node *check)
{
	static const struct word requests[] = { { "PTRACE_TRACEME", "0" },
						{ "PTRACE_ATTACH", "16" },
						{ "PTRACE_SEIZE", "16902" } };

	for (size_t i = 0; i < check->value_count; i++) {
		bool known = false;

		for (size_t j = 0; j < ARRAY_SIZE(requests); j++)
			known |= strcmp(check->values[i], requests[j].theirs) == 0;
		if (!known)
			return falco_unsaid(subject, check,
					    "picket sees PTRACE_TRACEME, PTRACE_ATTACH and PTRACE_SEIZE");
	}
	return map_words(subject, check, "operation.argument", requests, ARRAY_SIZE(requests));
}

static const struct falco_field *find_row(const struct falco_node *check, uint64_t kind)
{
	const struct falco_field *other = NULL;

	for (size_t i = 0; i < falco_field_count; i++) {
		const struct falco_field *row = &falco_fields[i];

		if (strcmp(row->name, check->name) != 0 || !row->argument != !check->argument ||
		    (row->argument && strcmp(row->argument, check->argument) != 0))
			continue;
		if (row->kinds & kind)
			return row;
		other = row;
	}
	return other;
}

static const struct formula *map_row(const struct falco_subject *subject, const struct falco_node *check)
{
	const struct falco_field *row = find_row(check, 1ULL << subject->event->kind);

	if (!row)
		return falco_unsaid(subject, check, "picket has no such field");
	if (!(row->kinds & 1ULL << subject->event->kind))
		return falco_unsaid(subject, check,
				    arena_print(subject->arena, "picket's %s has no such field",
						catalogue_kind_name(subject->event->kind)));
	if (!row->field)
		return falco_unsaid(subject, check, row->note);
	return falco_map_field(subject, row, check);
}

/* Of a symlink Falco's source and target are not what they are of a rename. */
static bool is_symlink_path(const struct falco_subject *subject, const struct falco_node *check)
{
	const char *operation = subject->event->fixed[0].value;

	if (subject->event->kind != PICKET_KIND_FILE_MODIFY || !operation)
		return false;
	if (strcmp(operation, "symlink") == 0)
		return strncmp(check->name, "fs.path.", 8) == 0;
	if (strcmp(operation, "rename") == 0 || strcmp(operation, "link") == 0)
		return strcmp(check->name, "fs.path.name") == 0 || strcmp(check->name, "evt.abspath") == 0;
	return strcmp(check->name, "fs.path.source") == 0 || strcmp(check->name, "fs.path.target") == 0;
}

static bool begins_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_one_of(const char *name, const char *first, const char *second)
{
	return strcmp(name, first) == 0 || strcmp(name, second) == 0;
}

static const struct formula *map_seen(const struct falco_subject *subject, const struct falco_node *check,
				      bool negative)
{
	const char *name = check->name;

	if (check->argument)
		return map_row(subject, check);
	if (begins_with(name, "evt.is_open_"))
		return map_open_flag(subject, check);
	if (strcmp(name, "container.id") == 0 || (strcmp(name, "container.name") == 0 && falco_is_set(check->op)))
		return map_container(subject, check);
	if (strcmp(name, "container.name") == 0 && falco_compare(check, "host") != FALCO_NO)
		return falco_unsaid(subject, check, "it may mean the host; write container.id = host");
	if (is_one_of(name, "fd.type", "fd.typechar"))
		return map_type(subject, check);
	if (is_one_of(name, "fd.ip", "fd.net"))
		return map_either_end(subject, check, negative);
	if (strcmp(name, "evt.arg.mode") == 0)
		return map_mode(subject, check);
	if (strcmp(name, "evt.arg.request") == 0)
		return map_request(subject, check);
	if (is_symlink_path(subject, check))
		return falco_unsaid(subject, check, "this kind of change has no such path");
	return map_row(subject, check);
}

const struct formula *falco_map_check(const struct falco_subject *subject, const struct falco_node *check,
				      bool negative)
{
	enum falco_truth known;

	if (check->transformed)
		return falco_unsaid(subject, check, "picket compares fields with values, as they stand");
	if (falco_operator_takes_list(check->op) && !check->value_count)
		return formula_constant(false);
	known = falco_known_check(subject->event, subject->type, check);
	if (known != FALCO_UNDECIDED)
		return decided(known);
	if (subject->event->unseen)
		return formula_unknown(subject->arena, subject->event->unseen);
	if (is_one_of(check->name, "evt.res", "evt.rawres") || strcmp(check->name, "evt.failed") == 0)
		return falco_map_outcome(subject, check);
	for (size_t i = 0; i < check->value_count; i++)
		if (!*check->values[i])
			return falco_unsaid(subject, check, "picket compares nothing with an empty text");
	return map_seen(subject, check, negative);
}
