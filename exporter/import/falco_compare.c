/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks whose field has a known value. */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "import/falco_events.h"

#define BELOW (-1000000000LL) /* stand for what is less and more than any number that a check names */
#define ABOVE 1000000000LL

static enum falco_truth truth(bool holds)
{
	return holds ? FALCO_YES : FALCO_NO;
}

static bool parse_number(const char *text, long long *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoll(text, &end, 0);
	return end != text && !*end && !errno;
}

static bool orders(enum falco_operator op, long long value, long long wanted)
{
	switch (op) {
	case FALCO_NE:
		return value != wanted;
	case FALCO_LT:
		return value < wanted;
	case FALCO_LE:
		return value <= wanted;
	case FALCO_GT:
		return value > wanted;
	case FALCO_GE:
		return value >= wanted;
	default:
		return value == wanted;
	}
}

static bool compares_numbers(enum falco_operator op)
{
	return op == FALCO_LT || op == FALCO_LE || op == FALCO_GT || op == FALCO_GE;
}

static bool number_holds(const struct falco_node *check, long long value)
{
	long long wanted;

	for (size_t i = 0; i < check->value_count; i++)
		if (parse_number(check->values[i], &wanted) && orders(check->op, value, wanted))
			return true;
	return false;
}

/* All numbers from @first to @last: decided when it is the same for the ends and for all between. */
static enum falco_truth compare_range(const struct falco_node *check, long long first, long long last)
{
	bool at_first = number_holds(check, first), at_last = number_holds(check, last);
	long long wanted;

	if (check->op != FALCO_EQ && check->op != FALCO_NE && check->op != FALCO_IN && check->op != FALCO_INTERSECTS &&
	    !compares_numbers(check->op))
		return FALCO_UNDECIDED;
	for (size_t i = 0; i < check->value_count; i++) {
		if (!parse_number(check->values[i], &wanted) || wanted <= BELOW || wanted >= ABOVE)
			return FALCO_UNDECIDED;
		if (!compares_numbers(check->op) && wanted >= first && wanted <= last)
			return FALCO_UNDECIDED;
	}
	return at_first == at_last ? truth(at_first) : FALCO_UNDECIDED;
}

static bool text_holds(enum falco_operator op, const char *value, const char *wanted)
{
	size_t size = strlen(value), wanted_size = strlen(wanted);

	switch (op) {
	case FALCO_NE:
		return strcmp(value, wanted) != 0;
	case FALCO_CONTAINS:
		return strstr(value, wanted);
	case FALCO_ICONTAINS:
		return strcasestr(value, wanted);
	case FALCO_STARTSWITH:
		return strncmp(value, wanted, wanted_size) == 0;
	case FALCO_ENDSWITH:
		return wanted_size <= size && strcmp(value + size - wanted_size, wanted) == 0;
	case FALCO_GLOB:
		return fnmatch(wanted, value, FNM_EXTMATCH) == 0;
	case FALCO_IGLOB:
		return fnmatch(wanted, value, FNM_EXTMATCH | FNM_CASEFOLD) == 0;
	default:
		return strcmp(value, wanted) == 0;
	}
}

static enum falco_truth compare_text(const struct falco_node *check, const char *value)
{
	if (check->op == FALCO_PMATCH || check->op == FALCO_REGEX || check->op == FALCO_BCONTAINS ||
	    check->op == FALCO_BSTARTSWITH)
		return FALCO_UNDECIDED;
	if (check->op == FALCO_GLOB || check->op == FALCO_IGLOB) /* time of fnmatch(3) has no bound */
		for (size_t i = 0; i < check->value_count; i++)
			if (strlen(check->values[i]) > 64 || strchr(check->values[i], '('))
				return FALCO_UNDECIDED;
	for (size_t i = 0; i < check->value_count; i++)
		if (text_holds(check->op, value, check->values[i]))
			return FALCO_YES;
	return FALCO_NO;
}

enum falco_truth falco_compare(const struct falco_node *check, const char *value)
{
	long long number;

	if (check->transformed)
		return FALCO_UNDECIDED;
	if (!value || check->op == FALCO_EXISTS)
		return truth(value);
	if (value == FALCO_NOT_NEGATIVE)
		return compare_range(check, 0, ABOVE);
	if (value == FALCO_NEGATIVE)
		return compare_range(check, BELOW, -1);
	if (compares_numbers(check->op) && parse_number(value, &number))
		return truth(number_holds(check, number));
	return compares_numbers(check->op) ? FALCO_UNDECIDED : compare_text(check, value);
}

/* Events are told when the call ends: what asks for its begin is not known to hold, nor not to. */
static enum falco_truth compare_direction(const struct falco_node *check)
{
	enum falco_truth at_end = falco_compare(check, "<"), at_begin = falco_compare(check, ">");

	if (at_end != FALCO_NO)
		return at_end;
	return at_begin == FALCO_NO ? FALCO_NO : FALCO_UNDECIDED;
}

/* Ends of a connection, which local sockets have none of. */
static bool is_address_field(const char *name)
{
	static const char *const names[] = { "fd.ip",	"fd.sip",   "fd.cip",	"fd.rip",   "fd.lip",
					     "fd.net",	"fd.snet",  "fd.cnet",	"fd.rnet",  "fd.lnet",
					     "fd.port", "fd.sport", "fd.cport", "fd.rport", "fd.lport" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static enum falco_truth check_flag(const struct falco_event *event, const struct falco_node *check)
{
	static const char *const open_flags[] = { "evt.is_open_read", "evt.is_open_write", "evt.is_open_exec",
						  "evt.is_open_create" };

	for (size_t i = 0; i < ARRAY_SIZE(open_flags); i++)
		if (!event->unseen && event->kind != PICKET_KIND_FILE_OPEN && strcmp(check->name, open_flags[i]) == 0)
			return falco_compare(check, "false");
	return FALCO_UNDECIDED;
}

enum falco_truth falco_known_check(const struct falco_event *event, const char *type, const struct falco_node *check)
{
	if (check->argument)
		return FALCO_UNDECIDED;
	if (strcmp(check->name, "evt.type") == 0 || strcmp(check->name, "syscall.type") == 0)
		return falco_compare(check, type);
	if (strcmp(check->name, "evt.dir") == 0)
		return compare_direction(check);
	if (strcmp(check->name, "evt.num") == 0) /* counted from 1; how rules say always and never */
		return compare_range(check, 1, ABOVE);
	if (strcmp(check->name, "evt.source") == 0)
		return falco_compare(check, "syscall");
	for (size_t i = 0; i < FALCO_EVENT_KNOWN && event->known[i].field; i++) {
		const struct falco_known *known = &event->known[i];

		if (strcmp(known->field, check->name) == 0 ||
		    (strcmp(known->field, "fd.address") == 0 && is_address_field(check->name)))
			return falco_compare(check, known->value);
	}
	return check_flag(event, check);
}
