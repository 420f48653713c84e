/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/arguments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/near.h"

static bool named(const char *name, const char *argument, size_t size)
{
	return name && strlen(name) == size && memcmp(name, argument, size) == 0;
}

static const struct argument_option *find_option(const struct argument_option *options, unsigned int count,
						 const char *argument, size_t size)
{
	for (unsigned int i = 0; i < count; i++)
		if (named(options[i].long_name, argument, size) || named(options[i].short_name, argument, size))
			return &options[i];
	return NULL;
}

static void complain(const char *command, const struct argument_option *options, unsigned int count,
		     const char *argument, int size)
{
	char name[64];
	struct near near;

	snprintf(name, sizeof(name), "%.*s", size, argument);
	near = near_start(name);
	for (unsigned int i = 0; i < count; i++)
		near_offer(&near, options[i].long_name);
	if (near.best)
		fprintf(stderr, "picket: unknown flag '%.*s'; did you mean '%s'?\n", size, argument, near.best);
	else
		fprintf(stderr, "picket: unknown flag '%.*s'; see 'picket %s --help'\n", size, argument, command);
}

/* @next: the argument behind it, or NULL. Return: arguments used; -1: refused. */
static int take_option(const struct argument_option *option, const char *argument, size_t size, const char *next)
{
	bool has_value = argument[size] == '=';

	if (option->flag && !has_value) {
		*option->flag = true;
		return 1;
	}
	if (option->flag) {
		fprintf(stderr, "picket: %.*s takes no value\n", (int)size, argument);
		return -1;
	}
	*option->value = has_value ? argument + size + 1 : next;
	if (!*option->value || !**option->value) {
		fprintf(stderr, "picket: %.*s needs a value\n", (int)size, argument);
		return -1;
	}
	return has_value ? 1 : 2;
}

int arguments_parse(int argc, char *const *argv, const struct argument_option *options, unsigned int count,
		    int positional)
{
	int i = 1;

	while (i < argc && argv[i][0] == '-' && argv[i][1] && strcmp(argv[i], "--") != 0) {
		size_t size = strcspn(argv[i], "=");
		const struct argument_option *option = find_option(options, count, argv[i], size);
		int used;

		if (!option) {
			complain(argv[0], options, count, argv[i], (int)size);
			return -1;
		}
		used = take_option(option, argv[i], size, i + 1 < argc ? argv[i + 1] : NULL);
		if (used < 0)
			return -1;
		i += used;
	}
	i += i < argc && strcmp(argv[i], "--") == 0;
	if (argc - i > positional) {
		fprintf(stderr, "picket: unexpected argument '%s'; see 'picket %s --help'\n", argv[i + positional],
			argv[0]);
		return -1;
	}
	return i;
}

int arguments_number(const char *option, const char *text, long maximum, long *ret_number)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || number > maximum) {
		fprintf(stderr, "picket: %s needs a number from 0 to %ld, not '%s'\n", option, maximum, text);
		return -1;
	}
	*ret_number = number;
	return 0;
}
