/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands' side of the control socket. */
#ifndef CLIENT_H
#define CLIENT_H

#include <jansson.h>
#include <stdbool.h>

/* Called for each answer; borrowed. false ends the talk. */
typedef bool client_answer(void *context, const json_t *answer);

/** client_running() - whether a daemon answers. */
bool client_running(void);

/**
 * client_ask() - send @request (takes it) and hand over the answers until the end.
 * What goes wrong is printed to standard error, with what to do.
 * Return: the exit status: 0, or 1.
 */
int client_ask(json_t *request, client_answer *on_answer, void *context);

/** client_text() - a string member, "" when it is none. Control characters are shown as '?'. Borrowed until the 8th next call. */
const char *client_text(const json_t *object, const char *key);

/* Command lines: "-v", "--json", "-n 5". */
struct client_option {
	const char *short_name; /* "-v", or NULL */
	const char *long_name;
	bool *flag;	    /* set when it is there, or */
	const char **value; /* set to the next argument */
};

/**
 * client_parse() - options of a command, then @positional arguments at most.
 * Return: index of the first positional argument; -1 and a line on standard error.
 */
int client_parse(int argc, char *const *argv, const struct client_option *options, unsigned int count,
		 int positional);

#endif
