/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "cli/arguments.h"
#include "config.h"
#include "state/near.h"

static int command_help(int argc, char *const *argv);
static int command_version(int argc, char *const *argv);

/* Status of the commands that ask the daemon. */
static const char asks_daemon[] = "0: answered. 1: no daemon answers, or it refused. 2: wrong command line.";

/* All of it is printed by --help. */
struct command {
	const char *name;
	int (*run)(int argc, char *const *argv);
	const char *summary; /* for the list of commands */
	const char *usage;   /* arguments */
	const char *about;
	const char *options, *examples; /* lines; NULL: none */
	const char *status;
};

static const struct command commands[] = {
	{ "events", command_events, "show findings, the last ones or as they happen",
	  "[-f] [-n N] [--json] [--rule RULE] [--container NAME|ID]",
	  "A finding is an event that a rule matched. The daemon keeps the last 1,000. A reader too slow for what\n"
	  "happens is told how many findings it missed.",
	  "  -f, --follow       go on as findings happen, until interrupted\n"
	  "  -n, --lines N      begin with the last N kept findings (default 20)\n"
	  "      --rule RULE    only findings of this rule\n"
	  "      --container C  only findings of this container: its name, its id, or 12 characters of it\n"
	  "      --json         one JSON object per line; {\"lost\": N} for missed ones\n",
	  "  picket events -f --rule shadow_file_read\n"
	  "  picket events -n 1000 --json | jq -r .rule | sort | uniq -c\n",
	  asks_daemon },
	{ "containers", command_containers, "list the workloads that picket knows", "[-v] [--json]",
	  "Each with its id, name, image, runtime, isolation, and the response that is in force (quarantine).",
	  "  -v, --verbose      with cgroup, pod, and every counter that is not 0\n"
	  "      --json         one JSON object per line, with all counters\n",
	  "  picket containers -v\n", asks_daemon },
	{ "top", command_top, "the busiest workloads, every second", "[-n N]",
	  "Programs started, files opened, opens refused and connections attempted, per second.",
	  "  -n, --rounds N     end after N rounds (default 0: go on until interrupted)\n", "  picket top\n",
	  asks_daemon },
	{ "sensors", command_sensors, "what this kernel allows and what each sensor uses", "[--json]",
	  "Asks the daemon which backend each sensor uses, whether its events arrive, and why it is not better.\n"
	  "When no daemon runs, tries what the kernel would allow; only root can.",
	  "      --json         JSON\n", "  picket sensors\n", asks_daemon },
	{ "status", command_status, "what the daemon says of itself", "[--json] [--ready]",
	  "Version, readiness, rules in force, and the counters of losses and exports.",
	  "      --json         JSON\n"
	  "      --ready        only whether every sensor is up, also as the exit status: for probes\n",
	  "  picket status\n",
	  "0: answered. 1: no daemon answers, it refused, or is not --ready. 2: wrong command line." },
	{ "incidents", command_incidents, "list the snapshots of incidents, or show one",
	  "[--json] [--path DIR] | show [-v] [--json] [--path DIR] N|ID",
	  "What the response investigate has kept, newest first; N counts from there, ID may be its beginning.\n"
	  "\"show\" tells of the container, its processes as a tree, and what of them differs from what a container\n"
	  "should be. They are files, read without a daemon; it is asked where they are.",
	  "  -v, --verbose      all processes in full, not only the finding's\n"
	  "      --path DIR     where they are, when no daemon tells (default " CONFIG_INCIDENTS_PATH ")\n"
	  "      --json         as they were written; see proto/incident.schema.json\n",
	  "  picket incidents show 1\n", "0: shown. 1: there is none, or it cannot be read. 2: wrong command line." },
	{ "release", command_release, "undo what a rule did to a container", "CONTAINER",
	  "Ends a pause or an isolation. CONTAINER is a name, an id, or at least 12 characters of one.", NULL,
	  "  picket release web\n", asks_daemon },
	{ "unload", command_unload, "remove what a daemon with --bpf.pin left in the kernel", "[PATH]",
	  "Programs that go on counting, isolating and killing while no daemon runs, and their counters. PATH is\n"
	  "what --bpf.pin-path said. It needs root, and no daemon.",
	  NULL, "  systemctl stop picket && picket unload\n",
	  "0: nothing of it is left. 1: it could not be removed. 2: wrong command line." },
	{ "check", command_check, "check files of rules, and of --web.config.file", "FILE|DIRECTORY ...",
	  "Reads each one alone on top of the built-in rules, and prints every error as FILE:LINE:COLUMN, or the\n"
	  "rules and where each is decided: in the kernel, or from the events that the kernel lets pass.\n"
	  "Of a web configuration it also reads the certificates.\n"
	  "It needs no daemon and no root.",
	  NULL, "  picket check /etc/picket/rules.d\n", "0: all are good. 1: one is not. 2: wrong command line." },
	{ "rules", command_rules, "translate rules written for Falco", "import [-o FILE] [--approximate] FILE ...",
	  "Prints rules that match just what those of the files match, with macros, lists and exceptions put in.\n"
	  "A rule that cannot be said so is left out, and standard error tells why as FILE:LINE: RULE; notes there\n"
	  "tell what the events themselves leave open. It needs no daemon and no root.",
	  "  -o, --output FILE  write to a file\n"
	  "      --approximate  also write rules without what cannot be said of them, switched off\n",
	  "  picket rules import -o /etc/picket/rules.d/falco.yaml falco_rules.local.yaml\n",
	  "0: all rules are translated. 1: some are left out. 2: a file cannot be read, or wrong command line." },
	{ "fields", command_fields, "what rules can ask for: kinds of events and their fields", "[EVENT]",
	  "It needs no daemon and no root.", NULL, "  picket fields file_open\n",
	  "0: printed. 1: there is no such kind of event. 2: wrong command line." },
	{ "help", command_help, "this list, or the help of one command", "[COMMAND]", "", NULL,
	  "  picket help events\n", "0: printed. 2: there is no such command." },
	{ "version", command_version, "print the version", "", "", NULL, NULL, "0." },
};

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
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

static int print_help(const struct command *command)
{
	printf("usage: picket %s %s\n\npicket %s: %s.\n%s%s", command->name, command->usage, command->name,
	       command->summary, command->about, *command->about ? "\n" : "");
	if (command->options)
		printf("\nOptions:\n%s", command->options);
	if (command->examples)
		printf("\nExamples:\n%s", command->examples);
	printf("\nExit status:\n  %s\n", command->status);
	if (command->status == asks_daemon || command->run == command_status)
		printf("\nThe daemon is asked at /run/picket/control.sock, or where the variable PICKET_SOCKET says.\n");
	return 0;
}

static int command_help(int argc, char *const *argv)
{
	if (arguments_parse(argc, argv, NULL, 0, 1) < 0)
		return 2;
	if (argc > 1)
		return find(argv[1]) ? print_help(find(argv[1])) : unknown(argv[1]);
	printf("usage: picket [FLAG ...]             the daemon; see 'picket --help'\n"
	       "       picket COMMAND [ARGUMENT ...]\n\nCommands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-12s %s\n", commands[i].name, commands[i].summary);
	printf("\n'picket COMMAND --help' tells more. Commands that ask the daemon find it at\n"
	       "/run/picket/control.sock, or where the variable PICKET_SOCKET says.\n");
	return 0;
}

static int command_version(int argc, char *const *argv)
{
	if (arguments_parse(argc, argv, NULL, 0, 0) < 0)
		return 2;
	config_print_version();
	return 0;
}

static bool asks_for_help(int argc, char *const *argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

int command_run(int argc, char *const *argv)
{
	const struct command *command = find(argv[0]);

	if (!command)
		return unknown(argv[0]);
	return asks_for_help(argc, argv) ? print_help(command) : command->run(argc, argv);
}
