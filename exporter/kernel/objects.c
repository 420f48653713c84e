/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/objects.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cleanup.h"
#include "kernel/btf_subset.h"
#include "picket/casts.h"
#include "picket/event.h"
#include "state/counter_table.h"
#include "device_tracepoint.skel.h"
#include "escape_cast.skel.h"
#include "escape_tracepoint.skel.h"
#include "file_cast.skel.h"
#include "file_fentry.skel.h"
#include "file_kprobe.skel.h"
#include "file_lsm.skel.h"
#include "file_tracepoint.skel.h"
#include "lifecycle_tracepoint.skel.h"
#include "modification_cast.skel.h"
#include "modification_fentry.skel.h"
#include "modification_kprobe.skel.h"
#include "modification_tracepoint.skel.h"
#include "network_cast.skel.h"
#include "network_cgroup.skel.h"
#include "perf_tracepoint.skel.h"
#include "privilege_cast.skel.h"
#include "privilege_tracepoint.skel.h"
#include "process_cast.skel.h"
#include "process_tracepoint.skel.h"
#include "signal_tracepoint.skel.h"
#include "syscall_tracepoint.skel.h"
#include "traffic_cgroup.skel.h"

#define NESTED_CGROUPS 4 /* cgroups that can be known per slot: containers may nest some */
#define UNSLOTTED_CGROUPS \
	16384 /* of containers beyond the number of slots: one that is not known is taken for the host's */

#define OBJECT(sensor, backend, name) \
	{ \
		sensor, PICKET_BACKEND_##backend, #name, name##__elf_bytes, NULL \
	}
#define OBJECT_OR_CAST(sensor, backend, name, cast) \
	{ \
		sensor, PICKET_BACKEND_##backend, #name, name##__elf_bytes, cast##__elf_bytes \
	}

const struct object_info object_infos[] = {
	OBJECT(OBJECTS_SHARED, TRACEPOINT, syscall_tracepoint),
	OBJECT(PICKET_SENSOR_LIFECYCLE, TRACEPOINT, lifecycle_tracepoint),
	OBJECT_OR_CAST(PICKET_SENSOR_PROCESS, TRACEPOINT, process_tracepoint, process_cast),
	OBJECT(PICKET_SENSOR_FILE, LSM, file_lsm),
	OBJECT(PICKET_SENSOR_FILE, FENTRY, file_fentry),
	OBJECT(PICKET_SENSOR_FILE, KPROBE, file_kprobe),
	OBJECT_OR_CAST(PICKET_SENSOR_FILE, TRACEPOINT, file_tracepoint, file_cast),
	OBJECT(PICKET_SENSOR_MODIFICATION, FENTRY, modification_fentry),
	OBJECT(PICKET_SENSOR_MODIFICATION, KPROBE, modification_kprobe),
	OBJECT_OR_CAST(PICKET_SENSOR_MODIFICATION, TRACEPOINT, modification_tracepoint, modification_cast),
	OBJECT_OR_CAST(PICKET_SENSOR_NETWORK, CGROUP, network_cgroup, network_cast),
	OBJECT_OR_CAST(PICKET_SENSOR_PRIVILEGE, TRACEPOINT, privilege_tracepoint, privilege_cast),
	OBJECT_OR_CAST(PICKET_SENSOR_ESCAPE, TRACEPOINT, escape_tracepoint, escape_cast),
	OBJECT(PICKET_SENSOR_DEVICE, TRACEPOINT, device_tracepoint),
	OBJECT(PICKET_SENSOR_SIGNAL, TRACEPOINT, signal_tracepoint),
	OBJECT(PICKET_SENSOR_PERF, TRACEPOINT, perf_tracepoint),
	OBJECT(PICKET_SENSOR_TRAFFIC, CGROUP, traffic_cgroup),
};
const size_t object_info_count = ARRAY_SIZE(object_infos);

const struct object_info *object_find(enum picket_sensor sensor, enum picket_backend backend)
{
	for (size_t i = 0; i < object_info_count; i++)
		if (object_infos[i].sensor == sensor && object_infos[i].backend == backend)
			return &object_infos[i];
	return NULL;
}

int object_maps_fd(const struct object_maps *maps, const char *name)
{
	for (size_t i = 0; i < maps->count; i++)
		if (strcmp(maps->items[i].name, name) == 0)
			return maps->items[i].fd;
	return -ENOENT;
}

void object_maps_close(struct object_maps *maps)
{
	for (size_t i = 0; i < maps->count; i++)
		close(maps->items[i].fd);
	maps->count = 0;
}

static int map_set_size(struct bpf_map *map, const struct object_options *options)
{
	const char *name = bpf_map__name(map);

	if (strcmp(name, "counters") == 0)
		return bpf_map__set_max_entries(map, options->max_slots);
	if (strcmp(name, "cgroups") == 0)
		return bpf_map__set_max_entries(map, options->max_slots * NESTED_CGROUPS + UNSLOTTED_CGROUPS);
	if (strcmp(name, "free_slots") == 0) /* the daemon keeps the other half, for cgroups that it finds itself */
		return bpf_map__set_max_entries(map, options->max_slots / 2 + 1);
	if (strcmp(name, "perf_events") == 0)
		return bpf_map__set_max_entries(map, libbpf_num_possible_cpus() * PICKET_PERF_EVENT_COUNT);
	if (strcmp(name, "events") == 0)
		return bpf_map__set_max_entries(map, options->use_perf_buffer ? (uint32_t)getpagesize()
									      : options->buffer_bytes);
	return 0;
}

/* Ids of the types that objects with cast_bytes read the kernel by. */
static int map_set_casts(struct bpf_map *map, const struct btf *kernel)
{
#define NAME(type) #type,
	static const char *const names[] = { PICKET_CAST_TYPES(NAME) };
#undef NAME
	uint32_t ids[ARRAY_SIZE(names)];

	_Static_assert(sizeof(ids) == sizeof(struct picket_cast_types), "one number per type");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int id = kernel ? btf__find_by_name_kind(kernel, names[i], BTF_KIND_STRUCT) : -ENOENT;

		if (id < 0)
			return id;
		ids[i] = id;
	}
	return bpf_map__set_initial_value(map, ids, sizeof(ids));
}

static int map_prepare(struct bpf_map *map, const struct object_options *options, const struct object_maps *maps)
{
	uint32_t use_perf_buffer = options->use_perf_buffer, watch_tsm = options->watch_tsm;
	int fd;

	if (strcmp(bpf_map__name(map), ".rodata.picket") == 0)
		return bpf_map__set_initial_value(map, &use_perf_buffer, sizeof(use_perf_buffer));
	if (strcmp(bpf_map__name(map), ".rodata.picket_tsm") == 0)
		return bpf_map__set_initial_value(map, &watch_tsm, sizeof(watch_tsm));
	if (strcmp(bpf_map__name(map), ".rodata.picket_perf") == 0)
		return bpf_map__set_initial_value(map, &options->perf_events, sizeof(options->perf_events));
	if (strcmp(bpf_map__name(map), ".rodata.picket_casts") == 0)
		return map_set_casts(map, options->kernel_btf);
	if (bpf_map__is_internal(map))
		return 0;
	fd = object_maps_fd(maps, bpf_map__name(map));
	return fd >= 0 ? bpf_map__reuse_fd(map, fd) : map_set_size(map, options);
}

int object_maps_take(struct object_maps *maps, const char *name, int fd)
{
	if (maps->count == OBJECT_MAPS_MAX || strlen(name) >= sizeof(maps->items[0].name)) {
		close(fd);
		return -E2BIG;
	}
	snprintf(maps->items[maps->count].name, sizeof(maps->items[0].name), "%s", name);
	maps->items[maps->count++].fd = fd;
	return 0;
}

static int maps_remember(struct object_maps *maps, const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);
	int fd;

	if (bpf_map__is_internal(map) || object_maps_fd(maps, name) >= 0)
		return 0;
	fd = fcntl(bpf_map__fd(map), F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? -errno : object_maps_take(maps, name, fd);
}

static uint64_t hash_add(uint64_t hash, const void *bytes, size_t size)
{
	for (const unsigned char *byte = bytes; size--; byte++)
		hash = (hash ^ *byte) * 0x100000001b3;
	return hash;
}

/* Of all that decides what a byte in the maps of counters and events means. */
static uint64_t layout_hash(const struct object_options *options)
{
	const size_t sizes[] = { sizeof(struct picket_counters),
				 sizeof(struct picket_event),
				 sizeof(struct picket_cgroup),
				 sizeof(struct picket_setup_task),
				 PICKET_KIND_COUNT,
				 options->max_slots,
				 options->buffer_bytes,
				 options->use_perf_buffer };
	uint64_t hash = hash_add(0xcbf29ce484222325, sizes, sizeof(sizes));

	for (size_t i = 0; i < PICKET_COUNTER_COUNT; i++) {
		const char *family = counter_families[counter_infos[i].family].name;

		hash = hash_add(hash, family, strlen(family) + 1);
		hash = hash_add(hash, counter_infos[i].labels, strlen(counter_infos[i].labels) + 1);
	}
	return hash;
}

void object_fingerprint(const struct object_options *options, const enum picket_backend backends[PICKET_SENSOR_COUNT],
			struct pins_meta *ret_meta)
{
	*ret_meta = (struct pins_meta){ .layout = layout_hash(options), .sensor_count = PICKET_SENSOR_COUNT };
	ret_meta->build = hash_add(ret_meta->layout, backends, PICKET_SENSOR_COUNT * sizeof(backends[0]));
	ret_meta->build = hash_add(ret_meta->build, &options->watch_tsm, sizeof(options->watch_tsm));
	ret_meta->build = hash_add(ret_meta->build, &options->perf_events, sizeof(options->perf_events));
	for (size_t i = 0; i < object_info_count; i++) {
		size_t size;
		const void *bytes = object_infos[i].bytes(&size);

		ret_meta->build = hash_add(ret_meta->build, bytes, size);
		if (!object_infos[i].cast_bytes)
			continue;
		bytes = object_infos[i].cast_bytes(&size);
		ret_meta->build = hash_add(ret_meta->build, bytes, size);
	}
}

/* How many arguments a tracepoint of the kernel has; 0: there is no such. */
static unsigned int tracepoint_arguments(const struct btf *kernel, const char *tracepoint)
{
	const struct btf_type *type;
	char name[128];
	int id;

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	id = btf__find_by_name_kind(kernel, name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return 0;
	type = btf__type_by_id(kernel, btf__type_by_id(kernel, id)->type); /* typedef of a pointer to a function */
	type = btf_is_ptr(type) ? btf__type_by_id(kernel, type->type) : type;
	return btf_is_func_proto(type) ? btf_vlen(type) - 1 : 0; /* the first one is the tracepoint's own */
}

/*
 * Programs of sections that begin with "?" are loaded where the kernel has the function, or the tracepoint, that they
 * hang on. Of a tracepoint the name's end tells the number of arguments: "network_ring_complete_7".
 */
static bool kernel_has(const struct btf *kernel, const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program), *target = strchr(section, '/') + 1;
	const char *number = strrchr(bpf_program__name(program), '_');

	if (!strstr(section, "tp_btf/"))
		return btf__find_by_name_kind(kernel, target, BTF_KIND_FUNC) > 0;
	return number && tracepoint_arguments(kernel, target) == strtoul(number + 1, NULL, 10);
}

static void choose_programs(struct bpf_object *object, const struct btf *kernel)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		if (!bpf_program__autoload(program) && strchr(bpf_program__section_name(program), '/'))
			bpf_program__set_autoload(program, kernel && kernel_has(kernel, program));
	}
}

/* Objects are loaded by several threads; the maps that they share are taken and given by one at a time. */
static pthread_mutex_t maps_lock = PTHREAD_MUTEX_INITIALIZER;

static int prepare_maps(struct bpf_object *object, const struct object_options *options, const struct object_maps *maps,
			char *reason, size_t reason_size)
{
	struct bpf_map *map;
	int error = 0;

	pthread_mutex_lock(&maps_lock);
	bpf_object__for_each_map(map, object)
	{
		error = map_prepare(map, options, maps);
		if (error) {
			snprintf(reason, reason_size, "cannot set up map %s: %s", bpf_map__name(map), strerror(-error));
			break;
		}
	}
	pthread_mutex_unlock(&maps_lock);
	return error;
}

static int remember_maps(struct bpf_object *object, struct object_maps *maps)
{
	struct bpf_map *map;
	int error = 0;

	pthread_mutex_lock(&maps_lock);
	bpf_object__for_each_map(map, object)
	{
		error = maps_remember(maps, map);
		if (error)
			break;
	}
	pthread_mutex_unlock(&maps_lock);
	return error;
}

/* @btf_path: of the types that its programs are adapted to; NULL: libbpf reads all of the kernel's. */
static struct bpf_object *open_object(const struct object_info *info, object_bytes get_bytes, const char *btf_path)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = info->name, .btf_custom_path = btf_path);
	size_t size;
	const void *bytes = get_bytes(&size);

	return bpf_object__open_mem(bytes, size, &options);
}

/* The path is asked for here and the file is read when the object is loaded: what it needs is known between the two. */
static struct bpf_object *open_adapted(const struct object_info *info, object_bytes get_bytes, const struct btf *kernel,
				       int btf_fd)
{
	struct bpf_object *object;
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", btf_fd);
	if (!kernel || btf_fd < 0 || access(path, R_OK))
		return open_object(info, get_bytes, NULL);
	object = open_object(info, get_bytes, path);
	if (!object || (bpf_object__btf(object) && !btf_subset_write(kernel, bpf_object__btf(object), btf_fd)))
		return object;
	bpf_object__close(object);
	return open_object(info, get_bytes, NULL);
}

static int load_bytes(const struct object_info *info, object_bytes get_bytes, const struct object_options *options,
		      struct object_maps *maps, struct bpf_object **ret_object, char *reason, size_t reason_size)
{
	AUTO_CLOSE int btf_fd = memfd_create("picket-btf", MFD_CLOEXEC); /* until it is loaded */
	struct bpf_object *object = open_adapted(info, get_bytes, options->kernel_btf, btf_fd);
	int error;

	if (!object) {
		error = -errno;
		snprintf(reason, reason_size, "cannot open the BPF object: %s", strerror(-error));
		return error;
	}
	error = prepare_maps(object, options, maps, reason, reason_size);
	if (error)
		goto fail;
	choose_programs(object, options->kernel_btf);
	error = bpf_object__load(object);
	if (error) {
		snprintf(reason, reason_size, "the kernel refused the programs: %s", strerror(-error));
		goto fail;
	}
	error = remember_maps(object, maps);
	if (error) {
		snprintf(reason, reason_size, "cannot keep the maps: %s", strerror(-error));
		goto fail;
	}
	*ret_object = object;
	return 0;
fail:
	bpf_object__close(object);
	return error;
}

int object_load(const struct object_info *info, const struct object_options *options, struct object_maps *maps,
		struct bpf_object **ret_object, char *reason, size_t reason_size)
{
	bool casts = options->kernel_btf &&
		     btf__find_by_name_kind(options->kernel_btf, "bpf_rdonly_cast", BTF_KIND_FUNC) > 0;

	if (info->cast_bytes && casts &&
	    load_bytes(info, info->cast_bytes, options, maps, ret_object, reason, reason_size) == 0)
		return 0;
	return load_bytes(info, info->bytes, options, maps, ret_object, reason, reason_size);
}
