/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon: wires the modules, owns start and stop. The only file that sees all of them. */
#ifndef DAEMON_H
#define DAEMON_H

#include "config.h"

/**
 * daemon_run() - run until SIGTERM or SIGINT.
 * Everything that goes wrong at start is logged as one line that says what to do.
 * Return: the program's exit status: 0 after a clean stop, 1 else.
 */
int daemon_run(const struct config *config);

#endif
