/* SPDX-License-Identifier: GPL-2.0-only */
/* Sensors: attached, watched by canaries, and gone on from where an earlier daemon left them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cgroup_journal.h"
#include "cleanup.h"
#include "daemon_internal.h"
#include "kernel/cgroup_fs.h"

static void set_journal_path(struct daemon *daemon)
{
	const char *socket = daemon->config->control_socket, *slash = strrchr(socket, '/');

	snprintf(daemon->journal_path, sizeof(daemon->journal_path), "%.*scgroups",
		 slash ? (int)(slash + 1 - socket) : 0, socket);
}

static void update_ready(struct daemon *daemon)
{
	bool ready = true;

	for (int sensor = 0; sensor < PICKET_SENSOR_COUNT; sensor++)
		if (!daemon->metrics.sensors[sensor].up &&
		    daemon->config->sensor_backends[sensor] != PICKET_BACKEND_NONE)
			ready = false;
	daemon->metrics.ready = ready;
}

void daemon_keep_journal(struct daemon *daemon)
{
	/* no path yet: what an earlier daemon noted down was not read, and must stay */
	bool due = daemon->config->bpf_pin && *daemon->journal_path;
	int error = due ? cgroup_journal_write(daemon->journal_path, daemon->registry) : 0;

	if (error)
		log_warn("daemon", "cannot write %s: %s; containers that end while picket restarts will have no names",
			 daemon->journal_path, strerror(-error));
}

void daemon_check_sensors(void *context)
{
	struct daemon *daemon = context;
	bool was_ready = daemon->metrics.ready;

	kernel_check_canaries(daemon->kernel);
	update_ready(daemon);
	if (was_ready && !daemon->metrics.ready)
		for (int sensor = 0; sensor < PICKET_SENSOR_COUNT; sensor++)
			if (!daemon->metrics.sensors[sensor].up)
				log_error("sensors", "%s is down: %s", picket_sensor_name(sensor),
					  daemon->metrics.sensors[sensor].reason);
}

static void read_names(const struct daemon *daemon, const char *file_name,
		       void (*add)(struct device_names *names, FILE *file), struct device_names *names)
{
	char path[PATH_MAX];
	AUTO_FCLOSE FILE *file = NULL;

	snprintf(path, sizeof(path), "%s/%s", daemon->config->procfs_path, file_name);
	file = fopen(path, "re");
	if (file)
		add(names, file);
}

void daemon_name_devices(void *context)
{
	struct daemon *daemon = context;
	const struct config *config = daemon->config;
	struct device_names names = { 0 };

	node_tee_read(config->procfs_path, config->sysfs_path, config->rootfs_path, &daemon->tee);
	read_names(daemon, "misc", device_names_add_misc, &names);
	read_names(daemon, "devices", device_names_add_devices, &names);
	if (memcmp(&names, &daemon->devices, sizeof(names)) == 0)
		return;
	daemon->devices = names;
	for (size_t i = 0; i < names.count; i++)
		kernel_set_device(daemon->kernel, names.items[i].node, names.items[i].device);
}

static void remember_cgroup(void *context, uint64_t cgroup_id, const char *path)
{
	cgroup_sync_remember(context, cgroup_id, path);
}

/* Containers that ended, and events that were sent, while no daemon ran. */
static void go_on(struct daemon *daemon)
{
	cgroup_journal_read(daemon->journal_path, remember_cgroup, daemon->cgroups);
	kernel_drain(daemon->kernel);
	cgroup_sync_settle(daemon->cgroups);
	log_info("sensors", "%s",
		 kernel_inherits(daemon->kernel, true)
			 ? "going on from what an earlier daemon left; nothing was missed"
			 : "counters go on from an earlier build's; its programs were replaced just now");
}

/* Attach first, look around afterwards: a container made meanwhile is seen by either, or by both. */
int daemon_start_sensors(struct daemon *daemon)
{
	uint64_t self;
	int error = kernel_attach(daemon->kernel);

	if (error)
		log_warn("sensors", "nothing is pinned at %s: %s", daemon->config->bpf_pin_path,
			 error == -ENOTSUP ? "no bpf file system; try `mount -t bpf bpf /sys/fs/bpf`"
					   : strerror(-error));
	if (kernel_left_behind(daemon->kernel))
		log_warn("sensors", "what an earlier daemon left has another layout: counters are starting anew");
	error = cgroup_sync_scan(daemon->cgroups);
	if (error)
		return daemon_start_failed("cannot read the cgroups", error, NULL);
	set_journal_path(daemon);
	if (kernel_inherits(daemon->kernel, false))
		go_on(daemon);
	daemon_take_over_isolation(daemon);
	if (!cgroup_fs_own_id(daemon->config->procfs_path, daemon->cgroup2_path, &self))
		kernel_set_self(daemon->kernel, self);
	daemon_check_sensors(daemon);
	daemon_name_devices(daemon);
	for (int sensor = 0; sensor < PICKET_SENSOR_COUNT; sensor++) {
		const struct sensor_status *status = &daemon->metrics.sensors[sensor];

		log_message(status->up ? LOG_INFO : LOG_WARN, "sensors", "%s: %s%s%s", picket_sensor_name(sensor),
			    picket_backend_name(status->backend), *status->reason ? ", " : "", status->reason);
	}
	return 0;
}
