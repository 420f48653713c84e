/* SPDX-License-Identifier: GPL-2.0-only */
/* Sensors: attached, watched by canaries, and gone on from where an earlier daemon left them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "daemon_internal.h"
#include "kernel/cgroup_fs.h"

static void update_ready(struct daemon *daemon)
{
	bool ready = true;

	for (int sensor = 0; sensor < PICKET_SENSOR_COUNT; sensor++)
		if (!daemon->metrics.sensors[sensor].up &&
		    daemon->config->sensor_backends[sensor] != PICKET_BACKEND_NONE)
			ready = false;
	daemon->metrics.ready = ready;
}

static void report_journal(const struct daemon *daemon, int error)
{
	if (error)
		log_warn("daemon",
			 "cannot write %s: %s; counts of containers that end while picket restarts may be lost",
			 daemon->journal_path, strerror(-error));
}

void daemon_keep_journal(struct daemon *daemon)
{
	if (daemon->cgroups)
		report_journal(daemon, cgroup_sync_keep(daemon->cgroups));
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
	const struct node_tee_places places = { config->procfs_path, config->sysfs_path, config->rootfs_path,
						daemon->cgroup2_path };
	struct device_names names = { 0 };

	node_tee_read(&places, &daemon->tee);
	read_names(daemon, "misc", device_names_add_misc, &names);
	read_names(daemon, "devices", device_names_add_devices, &names);
	if (memcmp(&names, &daemon->devices, sizeof(names)) == 0)
		return;
	daemon->devices = names;
	for (size_t i = 0; i < names.count; i++)
		kernel_set_device(daemon->kernel, names.items[i].node, names.items[i].device);
}

/* Containers that ended, and events that were sent, while no daemon ran. */
static int take_over(struct daemon *daemon)
{
	int error;

	cgroup_sync_recall(daemon->cgroups);
	error = cgroup_sync_scan(daemon->cgroups);
	if (error)
		return daemon_start_failed("cannot read the cgroups", error, NULL);
	cgroup_sync_adopt(daemon->cgroups);
	kernel_drain(daemon->kernel);
	report_journal(daemon, cgroup_sync_settle(daemon->cgroups));
	if (!kernel_inherits(daemon->kernel, false))
		return 0;
	daemon->metrics.continued_unix_ns = time(NULL) * 1000000000LL + 1000000000LL;
	log_info(
		"sensors", "%s",
		kernel_inherits(daemon->kernel, true)
			? "going on from what an earlier daemon left; nothing was missed"
			: "counters go on from an earlier build's or from an unfinished start; programs were replaced just "
			  "now");
	return 0;
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
		log_warn("sensors",
			 "what an earlier daemon left has another layout, or is not whole: counters are starting anew");
	error = take_over(daemon);
	if (error)
		return error;
	daemon_take_over_isolation(daemon);
	daemon_go_on_responding(daemon);
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
