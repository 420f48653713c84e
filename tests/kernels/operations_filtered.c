/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel sends, and what it keeps to itself, while rules ask for a few things only. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "operations_try.h"
#include "operations.h"

#define ASKED_PORT 4444
#define OTHER_PORT 4446

const char operations_filter_rules[] =
	"rules:\n"
	"- {name: names, event: process_exec, where: {process.programs: {prefix: wanted}}}\n"
	"- {name: sockets, event: process_exec, where: {process.socket_descriptors: stderr}}\n"
	"- {name: memory, event: process_exec, where: {process.memfd: true}}\n"
	"- {name: killed, event: process_exit, where: {process.exit.signal: 9}}\n"
	"- {name: port, event: network_connect, where: {destination.port: 4444},\n"
	"   unless: {destination.address: 127.0.0.2}}\n"
	"- {name: name, event: network_connect, where: {process.executable.name: {glob: 'nobody*'}}}\n"
	"- {name: send, event: network_send, where: {destination.address: 127.0.0.3}}\n"
	"- {name: chroot, event: privileged_operation, where: {operation.name: chroot}}\n";

const char operations_filter_own_rules[] =
	"rules:\n- {name: own, event: network_connect, where: {process.executable.path: {glob: '/**/su?te'}}}\n";

static void start_as(const struct operations_place *place, const char *file, char *const arguments[])
{
	char path[128];
	pid_t child = fork();

	snprintf(path, sizeof(path), "%s/%s", place->directory, file);
	if (child == 0) {
		execv(path, arguments);
		_exit(127);
	}
	waitpid(child, NULL, 0);
}

static int with_link(const struct operations_place *place)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/wanted-link", place->directory);
	unlink(path);
	return symlink("program", path) ? -errno : 0;
}

static void by_argument(const struct operations_place *place)
{
	start_as(place, "program", (char *[]){ "./dir.d/wanted", "x", NULL });
}

static void by_link(const struct operations_place *place)
{
	start_as(place, "wanted-link", (char *[]){ "innocent", NULL });
}

static void by_applet(const struct operations_place *place)
{
	start_as(place, "program", (char *[]){ "/bin/busybox", "/bin/wanted", NULL });
}

static void by_nothing(const struct operations_place *place)
{
	start_as(place, "program", (char *[]){ "wante/d", "wanted", NULL });
}

static void without_arguments(const struct operations_place *place)
{
	start_as(place, "program", (char *[]){ NULL });
}

static void end(const struct operations_place *place)
{
	start_as(place, "no-such-program", (char *[]){ "x", NULL });
}

static void die(const struct operations_place *place)
{
	pid_t child = fork();

	(void)place;
	if (child == 0) {
		kill(getpid(), SIGKILL);
		pause();
	}
	waitpid(child, NULL, 0);
}

static void asked_port(const struct operations_place *place)
{
	(void)place;
	try_connect4("127.0.0.1", ASKED_PORT, ECONNREFUSED);
}

static void spared_address(const struct operations_place *place)
{
	(void)place;
	try_connect4("127.0.0.2", ASKED_PORT, ECONNREFUSED);
}

static void other_port(const struct operations_place *place)
{
	(void)place;
	try_connect4("127.0.0.1", OTHER_PORT, ECONNREFUSED);
}

#define STARTS \
	.adds = { { PICKET_COUNTER_PROCESS_EXECS, 1 }, \
		  { PICKET_COUNTER_PROCESS_FORKS, 1 }, \
		  { PICKET_COUNTER_PROCESS_EXITS_EXITED, 1 } }, \
	.add_count = 3, .event = PICKET_KIND_PROCESS_EXEC
#define CONNECTS \
	.adds = { { PICKET_COUNTER_NETWORK_CONNECTS_TCP4, 1 }, \
		  { PICKET_COUNTER_NETWORK_CONNECT_FAILURES_REFUSED, 1 } }, \
	.add_count = 2, .event = PICKET_KIND_NETWORK_CONNECT
static const struct operation operations[] = {
	{ "filter/program_by_argument", NULL, by_argument, 5, STARTS },
	{ "filter/program_by_link", with_link, by_link, 5, STARTS },
	{ "filter/program_by_applet", NULL, by_applet, 5, STARTS },
	{ "filter/program_other", NULL, by_nothing, 5, STARTS, .event_count = OPERATION_NO_EVENT },
	{ "filter/program_no_argument", NULL, without_arguments, 5, STARTS, .event_count = OPERATION_NO_EVENT },
	{ "filter/exit", NULL, end, 5,
	  .adds = { { PICKET_COUNTER_PROCESS_FORKS, 1 }, { PICKET_COUNTER_PROCESS_EXITS_EXITED, 1 } }, .add_count = 2,
	  .event = PICKET_KIND_PROCESS_EXIT, .event_count = OPERATION_NO_EVENT },
	{ "filter/exit_killed", NULL, die, 5,
	  .adds = { { PICKET_COUNTER_PROCESS_FORKS, 1 },
		    { PICKET_COUNTER_PROCESS_EXITS_SIGNAL, 1 },
		    { PICKET_COUNTER_SIGNALS_KILL, 1 } },
	  .add_count = 3, .event = PICKET_KIND_PROCESS_EXIT },
	{ "filter/connect_port", NULL, asked_port, 5, CONNECTS, .text = "127.0.0.1" },
	{ "filter/connect_spared", NULL, spared_address, 5, CONNECTS, .event_count = OPERATION_NO_EVENT },
	{ "filter/connect_other", NULL, other_port, 5, CONNECTS, .event_count = OPERATION_NO_EVENT },
};
const struct operation_set filtered_operations = { operations, ARRAY_SIZE(operations) };

static const struct operation own_operations[] = {
	{ "filter/connect_program", NULL, other_port, 5, CONNECTS, .text = "127.0.0.1" },
};
const struct operation_set filtered_own_operations = { own_operations, ARRAY_SIZE(own_operations) };
