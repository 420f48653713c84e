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

/** client_print_json() - a client_answer that prints the answer as one line of JSON; false when nobody reads it. */
bool client_print_json(void *context, const json_t *answer);

#define CLIENT_TEXT_SIZE 2048

/** client_string() - a JSON string made fit for a terminal; "" when it is none. Return: @buffer. */
const char *client_string(const json_t *value, char buffer[CLIENT_TEXT_SIZE]);

/** client_text() - a string member for a person's eyes: "" when it is none, no control characters. Return: @buffer. */
const char *client_text(const json_t *object, const char *key, char buffer[CLIENT_TEXT_SIZE]);

/** client_column() - the same, filled up or cut to @width columns, and two spaces. */
void client_column(const json_t *object, const char *key, int width);

#endif
