/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of settings: what reads the command line, the environment, and writes the help. Private to config*.c. */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include "config.h"

enum option_type { OPTION_FLAG, OPTION_TEXT, OPTION_LIST, OPTION_NUMBER, OPTION_SIZE, OPTION_CHOICE };

struct option {
	const char *name; /* of the flag, without "--"; NULL: only a variable */
	enum option_type type;
	size_t offset;	   /* in struct config */
	const char *value; /* default, as a user would write it; NULL: none */
	const char *help;
	const char *variable;			      /* NULL: only a flag. "[LOGS_]": with it, else without it */
	uint32_t minimum, maximum;		      /* of numbers */
	int (*parse)(const char *text, void *target); /* of choices */
	const char *choices;			      /* "a|b|c" */
};

extern const struct option config_options[];
extern const size_t config_option_count;

/** option_find() - by the flag's name; NULL when there is none. */
const struct option *option_find(const char *name, size_t size);

/** option_set() - Return: 0; -EINVAL with *ret_why, what the value should be (free(3) it), and nothing changed. */
int option_set(const struct option *option, const char *text, struct config *config, char **ret_why);

#endif
