/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/kernel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cleanup.h"
#include "kernel/canary.h"
#include "kernel/host_namespaces.h"
#include "kernel/perf_events.h"
#include "kernel/policy_maps.h"
#include "kernel/self_cost.h"
#include "log.h"
#include "state/host_process.h"

struct kernel {
	struct self_metrics *metrics;
	struct sensors *sensors;
	struct event_source *source;
	struct policy_maps *policy;
	struct perf_events *perf; /* NULL: the perf sensor is off */
	struct picket_counters *counters;
	bool *counters_mapped; /* by step of COUNTERS_STEP bytes */
	uint32_t max_slots;
	uint32_t self_slot;
	uint64_t kinds; /* that the rules in force want */
	int cgroups_fd, free_slots_fd, lost_fd, outsiders_fd, setup_tasks_fd;
};

#define COUNTERS_STEP (1 << 18) /* bytes that are mapped at a time */

static size_t counters_size(const struct kernel *kernel)
{
	return (kernel->max_slots * sizeof(struct picket_counters) + COUNTERS_STEP - 1) & ~(COUNTERS_STEP - 1UL);
}

static int map_step(struct kernel *kernel, size_t step)
{
	size_t page = getpagesize(), start = step * COUNTERS_STEP, end = start + COUNTERS_STEP;
	size_t all = (kernel->max_slots * sizeof(struct picket_counters) + page - 1) & ~(page - 1);

	if (kernel->counters_mapped[step])
		return 0;
	if (end > all)
		end = all;
	if (mmap((char *)kernel->counters + start, end - start, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 object_maps_fd(sensors_maps(kernel->sensors), "counters"), (off_t)start) == MAP_FAILED)
		return -errno;
	kernel->counters_mapped[step] = true;
	return 0;
}

/*
 * Counters of @count slots from @first on can be read and written from now on. Addresses are set aside for all of them
 * and mapped where some workload owns one: what is mapped of an array is resident, even where nothing was counted.
 */
static int map_counters(struct kernel *kernel, uint32_t first, uint32_t count)
{
	size_t end = (first + count) * sizeof(struct picket_counters);
	int error = 0;

	for (size_t step = first * sizeof(struct picket_counters) / COUNTERS_STEP; step * COUNTERS_STEP < end && !error;
	     step++)
		error = map_step(kernel, step);
	return error;
}

/* NULL: there is no such slot, or no memory for it. */
static struct picket_counters *counters_of(struct kernel *kernel, uint32_t slot)
{
	if (slot >= kernel->max_slots || map_counters(kernel, slot, 1))
		return NULL;
	return &kernel->counters[slot];
}

/* What is not mapped reads as 0. All at once when slots may be in use that this daemon did not offer. */
static int map_first_counters(struct kernel *kernel)
{
	bool inherits = kernel_inherits(kernel, false);
	int error;

	kernel->counters =
		mmap(NULL, counters_size(kernel), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (kernel->counters == MAP_FAILED) {
		kernel->counters = NULL;
		return -errno;
	}
	kernel->counters_mapped = calloc(counters_size(kernel) / COUNTERS_STEP, sizeof(*kernel->counters_mapped));
	if (!kernel->counters_mapped)
		return -ENOMEM;
	error = map_counters(kernel, 0, inherits ? kernel->max_slots : PICKET_SLOT_FIRST);
	if (!error)
		kernel_set_class(kernel, PICKET_SLOT_HOST, PICKET_CGROUP_HOST);
	return error;
}

#define VERIFIER_LINES 24 /* the end of the verifier's log tells what it refused */

/* What libbpf tells belongs into the debug log: the reasons that matter are told in our own words. */
static int log_libbpf(enum libbpf_print_level level, const char *format, va_list arguments)
{
	AUTO_FREE char *text = NULL;
	unsigned int lines = 0;
	char *start, *line, *save;

	if (level == LIBBPF_DEBUG || !log_enabled(LOG_DEBUG) || vasprintf(&text, format, arguments) < 0)
		return 0;
	for (start = text + strlen(text); start > text && lines <= VERIFIER_LINES; start--)
		lines += start[-1] == '\n';
	for (line = strtok_r(start, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		log_debug("libbpf", "%s", line);
	return 0;
}

static int open_perf(struct kernel *kernel, struct sensors_options *options, char *reason, size_t reason_size)
{
	int error;

	if (options->backends[PICKET_SENSOR_PERF] == PICKET_BACKEND_NONE)
		return 0;
	error = perf_events_open(&kernel->perf, &kernel->metrics->perf_event_failures, reason, reason_size);
	options->objects.perf_events = perf_events_mask(kernel->perf);
	return error;
}

static void install_perf(struct kernel *kernel, const char *reason)
{
	struct self_metrics *metrics = kernel->metrics;
	struct sensor_status *status = &metrics->sensors[PICKET_SENSOR_PERF];
	int map_fd = object_maps_fd(sensors_maps(kernel->sensors), "perf_events"), error;

	metrics->perf = kernel->perf != NULL;
	if (!self_counts_perf(metrics))
		return;
	snprintf(status->reason, sizeof(status->reason), "%s", reason);
	error = perf_events_mask(kernel->perf) ? perf_events_install(kernel->perf, map_fd) : 0;
	if (error)
		snprintf(status->reason, sizeof(status->reason), "the processors' counters are not read: %s",
			 strerror(-error));
	else
		metrics->perf_events = perf_events_mask(kernel->perf);
}

int kernel_open(struct event_loop *loop, const struct kernel_options *options, struct self_metrics *metrics,
		struct kernel **ret_kernel, char *reason, size_t reason_size)
{
	struct kernel *kernel = calloc(1, sizeof(*kernel));
	struct sensors_options sensors = options->sensors;
	const struct object_options *objects = &sensors.objects;
	char perf_reason[128] = "";
	const struct object_maps *maps;
	int error;

	if (!kernel)
		return -ENOMEM;
	libbpf_set_print(log_libbpf);
	kernel->metrics = metrics;
	kernel->max_slots = objects->max_slots;
	error = open_perf(kernel, &sensors, perf_reason, sizeof(perf_reason));
	if (error)
		goto fail;
	error = sensors_load(&sensors, metrics->sensors, &kernel->sensors, reason, reason_size);
	if (error)
		goto fail;
	install_perf(kernel, perf_reason);
	maps = sensors_maps(kernel->sensors);
	kernel->cgroups_fd = object_maps_fd(maps, "cgroups");
	kernel->outsiders_fd = object_maps_fd(maps, "outsiders");
	kernel->setup_tasks_fd = object_maps_fd(maps, "setup_tasks");
	kernel->free_slots_fd = object_maps_fd(maps, "free_slots");
	kernel->lost_fd = object_maps_fd(maps, "lost");
	if (!host_namespaces_fill(maps, options->procfs_path))
		log_warn("kernel", "%s/1/ns cannot be read: who enters the host's namespaces is not seen",
			 options->procfs_path);
	snprintf(reason, reason_size, "cannot map what the kernel counts");
	error = map_first_counters(kernel);
	if (error)
		goto fail;
	snprintf(reason, reason_size, "cannot set up the maps of the rules");
	error = policy_maps_open(maps, host_process_self(options->procfs_path), &kernel->policy);
	if (error)
		goto fail;
	snprintf(reason, reason_size, "cannot read events from the kernel");
	error = event_source_open(loop, maps, objects->use_perf_buffer, objects->buffer_bytes, options->on_record,
				  options->context, &kernel->source);
	if (error)
		goto fail;
	*ret_kernel = kernel;
	return 0;
fail:
	kernel_close(kernel);
	return error;
}

int kernel_attach(struct kernel *kernel)
{
	return sensors_attach(kernel->sensors, kernel->metrics->sensors);
}

bool kernel_inherits(const struct kernel *kernel, bool whole)
{
	enum pins_state state = sensors_inherited(kernel->sensors);

	return state == PINS_SAME || (!whole && state == PINS_LAYOUT);
}

bool kernel_left_behind(const struct kernel *kernel)
{
	return sensors_inherited(kernel->sensors) == PINS_OTHER;
}

/* Each is taken from one end and put back at the other, so that a new cgroup always finds some. */
size_t kernel_waiting_slots(struct kernel *kernel, uint32_t *ret_slots, size_t max)
{
	size_t count = 0;
	uint32_t slot;

	while (count < max && !bpf_map_lookup_and_delete_elem(kernel->free_slots_fd, NULL, &slot)) {
		kernel_offer_slot(kernel, slot);
		if (count && slot == ret_slots[0])
			break;
		ret_slots[count++] = slot;
	}
	return count;
}

void kernel_each_cgroup(struct kernel *kernel, void (*each)(void *context, uint64_t cgroup_id, uint32_t slot),
			void *context)
{
	uint64_t id, next;
	bool more = bpf_map_get_next_key(kernel->cgroups_fd, NULL, &next) == 0;

	while (more) {
		id = next;
		more = bpf_map_get_next_key(kernel->cgroups_fd, &id, &next) == 0;
		each(context, id, kernel_find_cgroup(kernel, id));
	}
}

int kernel_set_device(struct kernel *kernel, uint32_t node, enum picket_device device)
{
	return sensors_set_device(kernel->sensors, node, device);
}

void kernel_drain(struct kernel *kernel)
{
	event_source_drain(kernel->source);
}

void kernel_close(struct kernel *kernel)
{
	if (!kernel)
		return;
	event_source_close(kernel->source);
	policy_maps_close(kernel->policy);
	if (kernel->counters)
		munmap(kernel->counters, counters_size(kernel));
	free(kernel->counters_mapped);
	sensors_close(kernel->sensors);
	perf_events_close(kernel->perf);
	free(kernel);
}

struct counter_table kernel_counters(struct kernel *kernel)
{
	return (struct counter_table){ .slots = kernel->counters, .slot_count = kernel->max_slots };
}

int kernel_offer_slot(struct kernel *kernel, uint32_t slot)
{
	if (slot >= kernel->max_slots)
		return -EINVAL;
	return bpf_map_update_elem(kernel->free_slots_fd, NULL, &slot, BPF_ANY) ? -errno : 0;
}

uint32_t kernel_find_cgroup(const struct kernel *kernel, uint64_t cgroup_id)
{
	struct picket_cgroup entry;

	return bpf_map_lookup_elem(kernel->cgroups_fd, &cgroup_id, &entry) ? PICKET_SLOT_HOST : entry.slot;
}

int kernel_set_cgroup(struct kernel *kernel, uint64_t cgroup_id, uint32_t slot)
{
	struct picket_cgroup entry = { .slot = slot };

	if (slot == PICKET_SLOT_HOST)
		return bpf_map_delete_elem(kernel->cgroups_fd, &cgroup_id) && errno != ENOENT ? -errno : 0;
	if (!counters_of(kernel, slot))
		return -EINVAL;
	return bpf_map_update_elem(kernel->cgroups_fd, &cgroup_id, &entry, BPF_ANY) ? -errno : 0;
}

void kernel_set_isolated(struct kernel *kernel, uint32_t slot, bool isolated)
{
	struct picket_counters *counters = slot >= PICKET_SLOT_FIRST ? counters_of(kernel, slot) : NULL;

	if (counters)
		__atomic_store_n(&counters->isolated, isolated, __ATOMIC_RELEASE);
}

void kernel_set_class(struct kernel *kernel, uint32_t slot, uint32_t class)
{
	struct picket_counters *counters = counters_of(kernel, slot);

	if (counters)
		__atomic_store_n(&counters->class, class, __ATOMIC_RELEASE);
}

void kernel_carry_setup(struct kernel *kernel, uint32_t from, uint32_t to)
{
	struct picket_counters *old = counters_of(kernel, from), *new = counters_of(kernel, to);

	if (from < PICKET_SLOT_FIRST || to < PICKET_SLOT_FIRST || !old || !new)
		return;
	__atomic_fetch_add(&new->setup, __atomic_load_n(&old->setup, __ATOMIC_ACQUIRE), __ATOMIC_ACQ_REL);
	if (!(__atomic_load_n(&new->namespaces, __ATOMIC_ACQUIRE) & PICKET_NAMESPACES_SETUP))
		__atomic_store_n(&new->namespaces, __atomic_load_n(&old->namespaces, __ATOMIC_ACQUIRE),
				 __ATOMIC_RELEASE);
}

void kernel_give_namespaces(struct kernel *kernel, uint32_t slot)
{
	struct picket_counters *counters = counters_of(kernel, slot);

	if (slot >= PICKET_SLOT_FIRST && counters)
		__atomic_store_n(&counters->namespaces, ~0U, __ATOMIC_RELEASE);
}

void kernel_end_setup(struct kernel *kernel, uint32_t pid)
{
	bpf_map_delete_elem(kernel->outsiders_fd, &pid);
	bpf_map_delete_elem(kernel->setup_tasks_fd, &pid);
}

void kernel_clear_slot(struct kernel *kernel, uint32_t slot)
{
	struct picket_counters *counters = counters_of(kernel, slot);

	if (slot >= PICKET_SLOT_FIRST && counters)
		memset(counters, 0, sizeof(*counters));
}

bool kernel_denies_files(const struct kernel *kernel)
{
	const struct sensor_status *files = &kernel->metrics->sensors[PICKET_SENSOR_FILE];

	return files->backend == PICKET_BACKEND_LSM || files->backend == PICKET_BACKEND_FENTRY;
}

int kernel_install_policy(struct kernel *kernel, const struct compiled_policy *policy)
{
	uint64_t kinds = policy->policy.container_kinds | policy->policy.host_kinds;
	int error = sensors_want(kernel->sensors, kernel->kinds | kinds);

	if (error)
		return error;
	error = policy_maps_install(kernel->policy, policy);
	if (error)
		return error;
	kernel->kinds = kinds;
	return sensors_want(kernel->sensors, kinds); /* only detaches: cannot fail */
}

uint32_t kernel_policy_generation(const struct kernel *kernel)
{
	return policy_maps_generation(kernel->policy);
}

/* Counted by who found the ring or its processor's perf buffer full. */
static void read_losses(const struct kernel *kernel)
{
	struct self_metrics *metrics = kernel->metrics;
	int cpus = libbpf_num_possible_cpus();
	AUTO_FREE uint64_t *per_cpu = calloc(cpus, sizeof(*per_cpu));
	uint64_t sum = 0;
	uint32_t zero = 0;

	if (!per_cpu || bpf_map_lookup_elem(kernel->lost_fd, &zero, per_cpu))
		return;
	memset(metrics->lost_by_cpu, 0, sizeof(metrics->lost_by_cpu));
	for (int i = 0; i < cpus; i++) {
		metrics->lost_by_cpu[i < SELF_CPUS ? i : SELF_CPUS - 1] += per_cpu[i];
		sum += per_cpu[i];
	}
	metrics->lost[LOST_TRANSPORT] = sum;
}

void kernel_tick(struct kernel *kernel)
{
	read_losses(kernel);
	policy_maps_forget_old(kernel->policy);
}

void kernel_set_self(struct kernel *kernel, uint64_t cgroup_id)
{
	kernel->self_slot = kernel_find_cgroup(kernel, cgroup_id);
}

void kernel_check_canaries(struct kernel *kernel)
{
	for (int sensor = 0; sensor < PICKET_SENSOR_COUNT; sensor++) {
		struct sensor_status *status = &kernel->metrics->sensors[sensor];
		bool seen;

		if (status->backend == PICKET_BACKEND_NONE ||
		    !canary_fly(sensor, kernel->counters, kernel->self_slot, &seen))
			continue;
		status->up = seen;
		snprintf(status->reason, sizeof(status->reason), "%s",
			 seen ? "" : "its canary was not seen: what it should count did not move");
	}
}

int kernel_flush_perf(void *context)
{
	struct kernel *kernel = context;
	int program_fd = sensors_find_program(kernel->sensors, "perf_flush");

	return program_fd < 0 ? program_fd : perf_events_flush(program_fd);
}

struct each_program {
	void (*each)(void *context, const char *name, double seconds, uint64_t runs);
	void *context;
};

static void report_program(void *context, const char *name, int fd)
{
	const struct each_program *report = context;
	struct bpf_prog_info info = {};
	uint32_t size = sizeof(info);

	if (!bpf_obj_get_info_by_fd(fd, &info, &size) && info.run_cnt)
		report->each(report->context, name, info.run_time_ns / 1e9, info.run_cnt);
}

void kernel_for_each_program(void *kernel, void (*each)(void *context, const char *name, double seconds, uint64_t runs),
			     void *context)
{
	struct each_program report = { each, context };

	sensors_for_each_program(((struct kernel *)kernel)->sensors, report_program, &report);
}

void kernel_for_each_map(void *kernel, void (*each)(void *context, const char *name, uint64_t bytes), void *context)
{
	self_cost_each_map(sensors_maps(((struct kernel *)kernel)->sensors), each, context);
}
