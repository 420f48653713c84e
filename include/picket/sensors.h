/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sensors and the ways (backends) in which each can look into the kernel.
 *
 * One table for the loader, `picket sensors`, the metrics and the tests.
 */
#ifndef PICKET_SENSORS_H
#define PICKET_SENSORS_H

/* SENSOR(id, label value, what it sees) */
#define PICKET_SENSORS(SENSOR) \
	SENSOR(LIFECYCLE, "lifecycle", "cgroups created and removed, tasks moved between them") \
	SENSOR(PROCESS, "process", "programs started, processes forked and ended") \
	SENSOR(FILE, "file", "files opened, with the path as the kernel resolved it, and failed opens") \
	SENSOR(MODIFICATION, "modification", \
	       "files removed, renamed, linked, and their mode, owner and attributes set") \
	SENSOR(NETWORK, "network", \
	       "sockets bound, connected, listening and accepted, datagrams sent, names asked for") \
	SENSOR(TRAFFIC, "traffic", "bytes and packets of every socket") \
	SENSOR(PRIVILEGE, "privilege", "privileged operations, attempts included, and rights gained by calls") \
	SENSOR(ESCAPE, "escape", \
	       "processes of containers outside their namespaces and cgroups, and unexplained rights") \
	SENSOR(DEVICE, "device", "requests to trusted execution environments for reports, quotes and keys") \
	SENSOR(SIGNAL, "signal", "deadly signals received, and system calls refused") \
	SENSOR(PERF, "perf", "processor time, page faults, context switches, and the processors' counters")

/* Best first. The first that loads and attaches wins. */
#define PICKET_BACKENDS(BACKEND) \
	BACKEND(LSM, "lsm") \
	BACKEND(FENTRY, "fentry") \
	BACKEND(KPROBE, "kprobe") \
	BACKEND(TRACEPOINT, "tracepoint") \
	BACKEND(CGROUP, "cgroup") \
	BACKEND(NONE, "none")

#define PICKET_SENSOR_ENUM(id, name, sees) PICKET_SENSOR_##id,
enum picket_sensor { PICKET_SENSORS(PICKET_SENSOR_ENUM) PICKET_SENSOR_COUNT };
#undef PICKET_SENSOR_ENUM

#define PICKET_BACKEND_ENUM(id, name) PICKET_BACKEND_##id,
enum picket_backend { PICKET_BACKENDS(PICKET_BACKEND_ENUM) PICKET_BACKEND_COUNT };
#undef PICKET_BACKEND_ENUM

/* Label values, for user space. */
#ifndef __VMLINUX_H__
#define PICKET_SENSOR_NAME(id, name, sees) name,
#define PICKET_BACKEND_NAME(id, name) name,
static inline const char *picket_sensor_name(enum picket_sensor sensor)
{
	static const char *const names[] = { PICKET_SENSORS(PICKET_SENSOR_NAME) };

	return names[sensor];
}

static inline const char *picket_backend_name(enum picket_backend backend)
{
	static const char *const names[] = { PICKET_BACKENDS(PICKET_BACKEND_NAME) };

	return names[backend];
}
#undef PICKET_SENSOR_NAME
#undef PICKET_BACKEND_NAME
#endif

#endif
