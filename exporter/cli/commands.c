/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "config.h"
#include "state/near.h"

static int command_help(int argc, char *const *argv);
static int command_version(int argc, char *const *argv);

static const struct {
	const char *name;
	int (*run)(int argc, char *const *argv);
	const char *summary;
	const char *help; /* usage, options, examples */
} commands[] = {
	{ "events", command_events, "show findings, the last ones or as they happen",
	  "usage: picket events [-f] [-n N] [--json] [--rule RULE] [--container NAME|ID]\n\n"
	  "  -f, --follow      go on as findings happen, until interrupted\n"
	  "  -n, --lines N     the last N kept findings (default 20; up to 1000 are kept)\n"
	  "  --json            one JSON object per line\n"
	  "  --rule RULE       only findings of this rule\n"
	  "  --container C     only findings of this container, by name or id\n\n"
	  "Example: picket events -f --rule shadow_file_read\n" },
	{ "containers", command_containers, "list the workloads that picket knows",
	  "usage: picket containers [-v] [--json]\n\n"
	  "  -v, --verbose     with cgroup, pod uid and every counter that is not 0\n"
	  "  --json            one JSON object per line, with all counters\n" },
	{ "top", command_top, "the busiest workloads, every second",
	  "usage: picket top [-n N]\n\n  -n N    end after N rounds (default: run until interrupted)\n" },
	{ "sensors", command_sensors, "what this kernel allows and what each sensor uses",
	  "usage: picket sensors [--json]\n\n"
	  "Asks the daemon; when none runs, tries what the kernel would allow.\n" },
	{ "status", command_status, "what the daemon says of itself", "usage: picket status [--json]\n" },
	{ "release", command_release, "undo what a rule did to a container",
	  "usage: picket release CONTAINER\n\n"
	  "CONTAINER is a name, an id, or at least 12 characters of one.\n"
	  "Example: picket release web\n" },
	{ "check", command_check, "check files of rules",
	  "usage: picket check FILE ...\n\n"
	  "Reads each file on top of the built-in rules and prints every error as FILE:LINE:COLUMN.\n"
	  "Exit status: 0 when all are good, 1 when one is not.\n" },
	{ "fields", command_fields, "what rules can ask for: kinds of events and their fields",
	  "usage: picket fields [EVENT]\n\nExample: picket fields file_open\n" },
	{ "help", command_help, "this list, or the help of one command", "usage: picket help [COMMAND]\n" },
	{ "version", command_version, "print the version", "usage: picket version\n" },
};

static int find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return i;
	return -1;
}

static int unknown(const char *name)
{
	struct near near = near_start(name);

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		near_offer(&near, commands[i].name);
	if (near.best)
		fprintf(stderr, "picket: unknown command '%s'; did you mean '%s'?\n", name, near.best);
	else
		fprintf(stderr, "picket: unknown command '%s'; see 'picket help'\n", name);
	return 2;
}

static int command_help(int argc, char *const *argv)
{
	if (argc > 1) {
		int found = find(argv[1]);

		if (found < 0)
			return unknown(argv[1]);
		fputs(commands[found].help, stdout);
		return 0;
	}
	printf("usage: picket [FLAG ...]             the daemon; see 'picket --help'\n"
	       "       picket COMMAND [ARGUMENT ...]\n\nCommands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-12s %s\n", commands[i].name, commands[i].summary);
	printf("\nCommands find the daemon at /run/picket/control.sock, or where PICKET_SOCKET says.\n");
	return 0;
}

static int command_version(int argc, char *const *argv)
{
	(void)argc;
	(void)argv;
	config_print_version();
	return 0;
}

int command_run(int argc, char *const *argv)
{
	int found = find(argv[0]);

	if (found < 0)
		return unknown(argv[0]);
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		fputs(commands[found].help, stdout);
		return 0;
	}
	return commands[found].run(argc, argv);
}
