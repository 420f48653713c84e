/* SPDX-License-Identifier: GPL-2.0-only */
/* Command lines of the commands: "-f", "--json", "-n 5", "--rule=R", then what else there is. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <stdbool.h>

struct argument_option {
	const char *short_name; /* "-v", or NULL */
	const char *long_name;	/* "--verbose" */
	bool *flag;		/* set when it is there, or */
	const char **value;	/* set to what follows, or stands after "=" */
};

/**
 * arguments_parse() - the options of a command; "--" ends them.
 * @argv[0]: the command's name. @positional: how many arguments may follow the options.
 * Return: index of the first argument behind the options; -1 and a line on standard error.
 */
int arguments_parse(int argc, char *const *argv, const struct argument_option *options, unsigned int count,
		    int positional);

/** arguments_number() - a decimal number of at most @maximum. Return: 0; -1 and a line on standard error. */
int arguments_number(const char *option, const char *text, long maximum, long *ret_number);

#endif
