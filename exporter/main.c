/* SPDX-License-Identifier: GPL-2.0-only */
/* picket: the daemon, and the commands that talk to it or check its input. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "cli/commands.h"
#include "config.h"
#include "daemon.h"

static int run_daemon(int argc, char *const *argv)
{
	AUTO_FREE char *error = NULL;
	struct config config;
	int status;

	if (config_parse(argc, argv, &config, &error)) {
		fprintf(stderr, "picket: %s\n", error ? error : "no memory");
		return 2;
	}
	if (config.show_help || config.show_version) {
		(config.show_help ? config_print_help : config_print_version)();
		config_free(&config);
		return 0;
	}
	log_configure(config.log_level, config.log_format);
	for (size_t i = 0; i < config.warnings.count; i++)
		log_warn("config", "%s", config.warnings.items[i]);
	status = daemon_run(&config);
	config_free(&config);
	return status;
}

int main(int argc, char **argv)
{
	if (argc > 1 && argv[1][0] != '-')
		return command_run(argc - 1, argv + 1);
	return run_daemon(argc - 1, argv + 1);
}
