/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/sensors.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "kernel/sensors_internal.h"
#include "kernel/syscall_table.h"

/* Programs that are attached only while some rule wants events of their kind: they would look at every packet. */
static const struct {
	const char *program;
	enum picket_kind kind;
	enum bpf_attach_type attach_type;
} on_demand[] = {
	{ "network_dns", PICKET_KIND_DNS_QUERY, BPF_CGROUP_INET_EGRESS },
};
_Static_assert(ARRAY_SIZE(on_demand) <= ON_DEMAND_MAX, "no room for all links");

/*
 * Programs that the dispatcher of system calls hands over to, instead of being attached. Of two for one handler the one
 * of the later sensor stays, and hands over to the other.
 */
static const struct {
	const char *program;
	enum picket_syscall_handler handler;
} syscall_handlers[] = {
	{ "file_open", PICKET_HANDLER_OPEN },
	{ "file_open", PICKET_HANDLER_OPEN_HANDLE },
	{ "network_connect_exit", PICKET_HANDLER_CONNECT },
	{ "process_duplicate", PICKET_HANDLER_DUPLICATE },
	{ "device_ioctl", PICKET_HANDLER_IOCTL },
	{ "file_modify", PICKET_HANDLER_MODIFY },
	{ "privileged_call", PICKET_HANDLER_PRIVILEGED },
	{ "privileged_call", PICKET_HANDLER_OPEN_HANDLE },
	{ "privileged_call", PICKET_HANDLER_CLONE },
	{ "privileged_call", PICKET_HANDLER_PTRACE },
	{ "privileged_call", PICKET_HANDLER_PERSONALITY },
	{ "privileged_credentials", PICKET_HANDLER_CREDENTIAL },
	{ "network_accept_exit", PICKET_HANDLER_ACCEPT },
	{ "network_socket_exit", PICKET_HANDLER_SOCKET },
	{ "network_socketcall_exit", PICKET_HANDLER_SOCKETCALL },
};

int sensors_load(const struct sensors_options *options, struct sensor_status status[PICKET_SENSOR_COUNT],
		 struct sensors **ret_sensors, char *reason, size_t reason_size)
{
	struct sensors *sensors = calloc(1, sizeof(*sensors));
	int error;

	if (!sensors)
		return -ENOMEM;
	sensors->pin_lock_fd = -1;
	sensors->cgroup2_fd = open(options->cgroup2_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (sensors->cgroup2_fd < 0) {
		error = -errno;
		snprintf(reason, reason_size, "cannot open %s: %s", options->cgroup2_path, strerror(-error));
		goto fail;
	}
	sensors->pin_path = options->pin_path;
	error = sensors_inherit(sensors, options, status);
	if (error) {
		snprintf(reason, reason_size,
			 "another picket uses what is pinned at %s; stop it or choose --bpf.pin-path",
			 options->pin_path);
		goto fail;
	}
	if (sensors->inherited == PINS_SAME) {
		*ret_sensors = sensors;
		return 0;
	}
	error = sensors_load_objects(sensors, options, status, reason, reason_size);
	if (error)
		goto fail;
	*ret_sensors = sensors;
	return 0;
fail:
	sensors_close(sensors);
	return error;
}

/* Return: how many calls @program handles now; 0: it is none of the dispatcher's; -errno. */
static int set_handlers(struct sensors *sensors, const struct bpf_program *program)
{
	int fd = bpf_program__fd(program), error, count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(syscall_handlers); i++) {
		uint32_t handler = syscall_handlers[i].handler;

		if (strcmp(bpf_program__name(program), syscall_handlers[i].program) != 0)
			continue;
		error = bpf_map_update_elem(object_maps_fd(&sensors->maps, "handlers"), &handler, &fd, BPF_ANY);
		if (error)
			return error;
		count++;
	}
	return count;
}

static bool is_on_demand(const struct bpf_program *program)
{
	for (size_t i = 0; i < ARRAY_SIZE(on_demand); i++)
		if (strcmp(bpf_program__name(program), on_demand[i].program) == 0)
			return true;
	return false;
}

static struct bpf_link *attach_program(struct sensors *sensors, const struct bpf_program *program)
{
	enum bpf_prog_type type = bpf_program__type(program);

	if (type == BPF_PROG_TYPE_CGROUP_SOCK || type == BPF_PROG_TYPE_CGROUP_SOCK_ADDR ||
	    type == BPF_PROG_TYPE_CGROUP_SKB)
		return bpf_program__attach_cgroup(program, sensors->cgroup2_fd);
	return bpf_program__attach(program);
}

static int attach_one(struct sensors *sensors, struct attached *attached, const struct bpf_program *program)
{
	int handled = set_handlers(sensors, program);
	struct bpf_link *link;

	if (is_on_demand(program) || bpf_program__type(program) == BPF_PROG_TYPE_RAW_TRACEPOINT) /* or run by hand */
		return 0;
	if (handled)
		return handled < 0 ? handled : 0;
	if (attached->link_count == LINKS_MAX)
		return -E2BIG;
	link = attach_program(sensors, program);
	if (!link)
		return -errno;
	attached->links[attached->link_count++] = link;
	return 0;
}

static int attach_object(struct sensors *sensors, struct attached *attached, char *reason, size_t reason_size)
{
	struct bpf_program *program;
	int error;

	bpf_object__for_each_program(program, attached->object)
	{
		if (!bpf_program__autoload(program))
			continue; /* this kernel has no such function */
		error = attach_one(sensors, attached, program);
		if (error) {
			snprintf(reason, reason_size, "%s did not attach: %s", bpf_program__name(program),
				 strerror(-error));
			return error;
		}
	}
	return 0;
}

/* @ioctl: some device is known whose requests are of interest. */
static int fill_syscalls(const struct sensors *sensors, bool ioctl)
{
	struct picket_syscall_entry table[PICKET_SYSCALL_NUMBERS];
	int fd = object_maps_fd(&sensors->maps, "syscalls"), error = 0;

	syscall_table_fill(table);
	if (!ioctl)
		syscall_table_leave_out(table, PICKET_HANDLER_IOCTL);
	for (uint32_t number = 0; number < PICKET_SYSCALL_NUMBERS && !error; number++)
		error = bpf_map_update_elem(fd, &number, &table[number], BPF_ANY);
	return error;
}

int sensors_set_device(struct sensors *sensors, uint32_t node, enum picket_device device)
{
	uint32_t value = device + 1;
	int error = bpf_map_update_elem(object_maps_fd(&sensors->maps, "devices"), &node, &value, BPF_ANY);

	if (error || device < PICKET_DEVICE_SGX_ENCLAVE || device > PICKET_DEVICE_UV)
		return error;
	return fill_syscalls(sensors, true);
}

static void detach_object(struct attached *attached)
{
	while (attached->link_count)
		bpf_link__destroy(attached->links[--attached->link_count]);
}

static void attach_all(struct sensors *sensors, struct sensor_status status[PICKET_SENSOR_COUNT])
{
	char reason[sizeof(status[0].reason)] = "cannot fill the table of system calls";
	int error;

	for (int sensor = 0; sensor < PICKET_SENSOR_COUNT; sensor++) {
		struct attached *attached = &sensors->objects[sensor];

		if (!attached->object)
			continue;
		status[sensor].up =
			!attach_object(sensors, attached, status[sensor].reason, sizeof(status[sensor].reason));
		if (!status[sensor].up) {
			detach_object(attached);
			status[sensor].backend = PICKET_BACKEND_NONE;
		}
	}
	error = fill_syscalls(sensors, false);
	if (!error)
		error = attach_object(sensors, &sensors->objects[OBJECTS_SHARED], reason, sizeof(reason));
	if (error && status[PICKET_SENSOR_FILE].backend == PICKET_BACKEND_TRACEPOINT) {
		status[PICKET_SENSOR_FILE].up = false;
		status[PICKET_SENSOR_FILE].backend = PICKET_BACKEND_NONE;
		memcpy(status[PICKET_SENSOR_FILE].reason, reason, sizeof(reason));
	}
}

int sensors_attach(struct sensors *sensors, struct sensor_status status[PICKET_SENSOR_COUNT])
{
	int error;

	if (sensors->inherited == PINS_SAME) {
		for (int sensor = 0; sensor < PICKET_SENSOR_COUNT; sensor++)
			status[sensor].up = status[sensor].backend != PICKET_BACKEND_NONE;
		return 0;
	}
	error = sensors_pin_begin(sensors);
	attach_all(sensors, status);
	if (!sensors->pin_path)
		return 0;
	if (!error)
		error = sensors_pin_end(sensors, status);
	if (error && error != -ENOTSUP)
		pins_clear(sensors->pin_path); /* half of it is of no use */
	return error;
}

enum pins_state sensors_inherited(const struct sensors *sensors)
{
	return sensors->inherited;
}

int sensors_find_program(const struct sensors *sensors, const char *name)
{
	for (size_t i = 0; i < sensors->program_count; i++)
		if (strcmp(sensors->programs[i].name, name) == 0)
			return sensors->programs[i].fd;
	for (size_t i = 0; i < ARRAY_SIZE(sensors->objects); i++) {
		const struct bpf_program *program =
			sensors->objects[i].object ? bpf_object__find_program_by_name(sensors->objects[i].object, name)
						   : NULL;

		if (program)
			return bpf_program__fd(program);
	}
	return -ENOENT;
}

int sensors_want(struct sensors *sensors, uint64_t kinds)
{
	for (size_t i = 0; i < ARRAY_SIZE(on_demand); i++) {
		int program_fd = sensors_find_program(sensors, on_demand[i].program);
		bool wanted = kinds & 1ULL << on_demand[i].kind;

		if (!wanted && sensors->wanted_fds[i] > 0) {
			close(sensors->wanted_fds[i]);
			sensors->wanted_fds[i] = 0;
		}
		if (!wanted || sensors->wanted_fds[i] > 0 || program_fd < 0)
			continue;
		sensors->wanted_fds[i] =
			bpf_link_create(program_fd, sensors->cgroup2_fd, on_demand[i].attach_type, NULL);
		if (sensors->wanted_fds[i] < 0)
			return -errno;
	}
	return 0;
}

const struct object_maps *sensors_maps(const struct sensors *sensors)
{
	return &sensors->maps;
}

void sensors_for_each_program(struct sensors *sensors, void (*each)(void *context, const char *name, int fd),
			      void *context)
{
	struct bpf_program *program;

	for (size_t i = 0; i < sensors->program_count; i++)
		each(context, sensors->programs[i].name, sensors->programs[i].fd);
	for (size_t i = 0; i < ARRAY_SIZE(sensors->objects); i++) {
		if (!sensors->objects[i].object)
			continue;
		bpf_object__for_each_program(program, sensors->objects[i].object) if (bpf_program__autoload(program))
			each(context, bpf_program__name(program), bpf_program__fd(program));
	}
}

void sensors_close(struct sensors *sensors)
{
	if (!sensors)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(on_demand); i++)
		if (sensors->wanted_fds[i] > 0)
			close(sensors->wanted_fds[i]);
	for (size_t i = ARRAY_SIZE(sensors->objects); i > 0; i--) {
		detach_object(&sensors->objects[i - 1]);
		bpf_object__close(sensors->objects[i - 1].object);
	}
	sensors_disinherit(sensors);
	if (sensors->cgroup2_fd >= 0)
		close(sensors->cgroup2_fd);
	if (sensors->pin_lock_fd >= 0)
		close(sensors->pin_lock_fd);
	free(sensors);
}
