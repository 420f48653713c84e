/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of `picket COMMAND`: one table, one function each. */
#ifndef COMMANDS_H
#define COMMANDS_H

/** command_run() - @argv[0] is the command's name. Return: the exit status; 2 for a wrong command line. */
int command_run(int argc, char *const *argv);

/* Each gets its name as argv[0]; Return: the exit status. */
int command_events(int argc, char *const *argv);
int command_containers(int argc, char *const *argv);
int command_sensors(int argc, char *const *argv);
int command_status(int argc, char *const *argv);
int command_top(int argc, char *const *argv);
int command_unload(int argc, char *const *argv);
int command_release(int argc, char *const *argv);
int command_incidents(int argc, char *const *argv);
int command_check(int argc, char *const *argv);
int command_fields(int argc, char *const *argv);
int command_rules(int argc, char *const *argv);

#endif
