/* SPDX-License-Identifier: GPL-2.0-only */
/* `picket unload`. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli/arguments.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "config.h"
#include "kernel/isolation_network.h"
#include "kernel/pins.h"

static int release_isolated(const char *path)
{
	char isolated[PATH_MAX];
	int released;

	snprintf(isolated, sizeof(isolated), "%s" NETWORK_ISOLATION_PIN_SUFFIX, path);
	released = network_isolation_unload(isolated);
	if (released < 0) {
		fprintf(stderr, "picket: cannot unload %s: %s\n", isolated, strerror(-released));
		return 1;
	}
	if (released)
		printf("%d isolated containers are back in the network\n", released);
	return 0;
}

int command_unload(int argc, char *const *argv)
{
	const char *path;
	int removed;

	if (arguments_parse(argc, argv, NULL, 0, 1) < 0)
		return 2;
	path = argc > 1 ? argv[1] : CONFIG_PIN_PATH;
	removed = pins_remove(path);
	if (removed == -ENOENT) {
		printf("nothing is pinned at %s\n", path);
	} else if (removed < 0) {
		fprintf(stderr, "picket: cannot unload %s: %s\n", path,
			removed == -ENOTSUP ? "it lies in no bpf file system; nothing was touched"
					    : strerror(-removed));
		return 1;
	} else {
		printf("%d objects removed from %s\n", removed, path);
	}
	if (release_isolated(path))
		return 1;
	if (client_running())
		printf("a daemon runs: it goes on watching until it is stopped, and leaves nothing behind then\n");
	return 0;
}
