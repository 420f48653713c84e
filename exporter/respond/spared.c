/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/spared.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "respond/proc_read.h"

static bool is_runtime_name(const char *name)
{
	static const char *const names[] = { "runc", "crun", "youki", "runsc", "conmon", "conmonrs" };
	static const char shim[] = "containerd-shim";

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return strncmp(name, shim, sizeof(shim) - 1) == 0;
}

/* Whether the process runs the host's own file of a runtime's name. */
static bool is_runtime(const char *procfs_path, uint32_t pid)
{
	char link[PATH_MAX], path[PATH_MAX], target[PATH_MAX];
	struct stat program, host_file;
	const char *slash;
	ssize_t size;

	if (snprintf(link, sizeof(link), "%s/%u/exe", procfs_path, pid) >= (int)sizeof(link))
		return false;
	size = readlink(link, target, sizeof(target) - 1);
	if (size <= 0)
		return false;
	target[size] = '\0';
	slash = strrchr(target, '/');
	if (target[0] != '/' || !is_runtime_name(slash + 1))
		return false;
	if (snprintf(path, sizeof(path), "%s/1/root%s", procfs_path, target) >= (int)sizeof(path))
		return false;
	return !stat(link, &program) && !stat(path, &host_file) && program.st_dev == host_file.st_dev &&
	       program.st_ino == host_file.st_ino;
}

static bool is_own_container(const char *procfs_path, const struct container *container)
{
	AUTO_CLOSE int self_fd = proc_open(procfs_path, "self");
	AUTO_FREE char *own = NULL;

	if (self_fd < 0 || proc_read_cgroup(self_fd, &own))
		return false;
	return cgroup_path_is_within(own, container->cgroup_path);
}

const char *spared_reason(const char *procfs_path, const struct event_context *context)
{
	if (!context->container || context->event->flags & PICKET_EVENT_HOST)
		return "the host is never a target";
	if (is_own_container(procfs_path, context->container))
		return "picket itself runs in this container";
	if (isolation_is_shared(&context->container->isolation))
		return "the process runs the workloads of the whole node";
	if (is_runtime(procfs_path, context->event->pid))
		return "the runtime's own process";
	return NULL;
}
