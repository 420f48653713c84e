/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/sensor_limits.h"

#include <stdio.h>
#include <sys/utsname.h>

#include "cleanup.h"

#define ON(backend) (1U << PICKET_BACKEND_##backend)
#define HOOKS (ON(LSM) | ON(FENTRY) | ON(KPROBE))
#define ANY (~0U & ~ON(NONE))

static const struct {
	enum picket_sensor sensor;
	unsigned int backends; /* bit per enum picket_backend */
	unsigned int before;   /* kernels older than this; 0: all */
	const char *text;
} limits[] = {
	{ PICKET_SENSOR_FILE, ON(TRACEPOINT), 0,
	  "a process is killed after the open has taken effect; deny is not possible" },
	{ PICKET_SENSOR_FILE, ON(TRACEPOINT), 5018, "opens through io_uring have the path as it was written" },
	{ PICKET_SENSOR_FILE, ON(TRACEPOINT), 0,
	  "opens into a table of io_uring's own descriptors have the path as it was written" },
	{ PICKET_SENSOR_FILE, HOOKS, 0, "opens refused with EAGAIN are left out" },
	{ PICKET_SENSOR_FILE, ON(KPROBE), 0,
	  "deny is not possible; opens beyond the kernel's return slots are missed" },
	{ PICKET_SENSOR_MODIFICATION, ON(TRACEPOINT), 6013,
	  "a symlink inside a written path hides where a change leads" },
	{ PICKET_SENSOR_MODIFICATION, ON(TRACEPOINT), 0, "refused changes have the path as it was written" },
	{ PICKET_SENSOR_MODIFICATION, ON(TRACEPOINT), 0,
	  "a link made on overlayfs has the old name as it was written" },
	{ PICKET_SENSOR_MODIFICATION, ANY, 0,
	  "changes through a bind mount of another file system than the container's root have the path of that mount" },
	{ PICKET_SENSOR_MODIFICATION, ANY, 0, "changes through io_uring have the path as it was written" },
	{ PICKET_SENSOR_MODIFICATION, ANY, 5018, "changes through io_uring are counted when handed in, done or not" },
	{ PICKET_SENSOR_NETWORK, ANY, 5018, "accepts through io_uring are not seen on Linux 5.16 and 5.17" },
	{ PICKET_SENSOR_NETWORK, ANY, 0,
	  "SCTP and DCCP: only connect() is seen, when it has ended; it cannot be denied, and sending may connect as well" },
	{ PICKET_SENSOR_FILE, ANY, 0,
	  "bind mounts of a file system with more than 64 mounts may hide the path by which rules know a file" },
	{ PICKET_SENSOR_NETWORK, ANY, 0, "refused connects to a local socket have the path as it was written" },
	{ PICKET_SENSOR_NETWORK, ANY, 0, "datagrams to a local socket that is not connected are not seen" },
};

unsigned int sensor_limits_kernel(const char *release)
{
	unsigned int major, minor;

	return sscanf(release, "%u.%u", &major, &minor) == 2 && minor < 1000 ? major * 1000 + minor : 0;
}

const char *sensor_limits_next(enum picket_sensor sensor, enum picket_backend backend, unsigned int kernel,
			       size_t *position)
{
	while (*position < ARRAY_SIZE(limits)) {
		size_t i = (*position)++;

		if (limits[i].sensor == sensor && limits[i].backends & 1U << backend &&
		    (!limits[i].before || kernel < limits[i].before))
			return limits[i].text;
	}
	return NULL;
}

json_t *sensor_limits_list(enum picket_sensor sensor, enum picket_backend backend)
{
	json_t *list = json_array();
	struct utsname name;
	const char *limit;
	size_t position = 0;
	unsigned int kernel = uname(&name) == 0 ? sensor_limits_kernel(name.release) : 0;

	while ((limit = sensor_limits_next(sensor, backend, kernel, &position)))
		json_array_append_new(list, json_string(limit));
	return list;
}
