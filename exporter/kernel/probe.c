/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/probe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <jansson.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "kernel/cgroup_fs.h"
#include "kernel/objects.h"
#include "state/sensor_limits.h"

/* "return 0": exits without doing anything; for cgroup hooks "return 1" allows. */
static const struct bpf_insn program[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
	{ .code = BPF_JMP | BPF_EXIT },
};
static const struct bpf_insn lsm_program[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

static bool say(char *reason, size_t size, const char *what, int error)
{
	snprintf(reason, size, "%s: %s", what, strerror(error < 0 ? -error : error));
	return false;
}

/* What a program of a backend hangs on, by its name in the kernel's BTF. */
struct hook {
	enum bpf_prog_type type;
	enum bpf_attach_type attach;
	const char *name;
	uint32_t kind; /* BTF_KIND_* */
	const struct bpf_insn *instructions;
};

static const struct hook hooks[PICKET_BACKEND_COUNT] = {
	[PICKET_BACKEND_LSM] = { BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_file_open", BTF_KIND_FUNC, lsm_program },
	[PICKET_BACKEND_FENTRY] = { BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "security_file_open", BTF_KIND_FUNC,
				    lsm_program },
	[PICKET_BACKEND_TRACEPOINT] = { BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "btf_trace_sched_process_exec",
					BTF_KIND_TYPEDEF, lsm_program },
};

/* Return: the descriptor of a program; -1 and a reason. */
static int load_hook(const struct btf *kernel, const struct hook *hook, char *reason, size_t size)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = hook->attach);
	int id = kernel ? btf__find_by_name_kind(kernel, hook->name, hook->kind) : -ENOENT, fd;

	if (id < 0) {
		say(reason, size, "the kernel's BTF does not name the hook", id);
		return -1;
	}
	options.attach_btf_id = id;
	fd = bpf_prog_load(hook->type, "picket_probe", "GPL", hook->instructions, 2, &options);
	if (fd < 0)
		say(reason, size, "loading is refused", errno);
	return fd;
}

/* Programs attach where "bpf" is no active LSM, and never run. */
static bool lsm_is_active(void)
{
	char list[512] = "";
	AUTO_FCLOSE FILE *file = fopen("/sys/kernel/security/lsm", "re");
	char *save, *name;

	if (!file || !fgets(list, sizeof(list), file))
		return true; /* not known: the attempt decides */
	for (name = strtok_r(list, ",\n", &save); name; name = strtok_r(NULL, ",\n", &save))
		if (strcmp(name, "bpf") == 0)
			return true;
	return false;
}

static bool try_kprobe(char *reason, size_t size)
{
	struct perf_event_attr attributes = { .size = sizeof(attributes) };
	AUTO_FCLOSE FILE *file = fopen("/sys/bus/event_source/devices/kprobe/type", "re");
	AUTO_CLOSE int fd = -1;

	if (!file || fscanf(file, "%u", &attributes.type) != 1) {
		snprintf(reason, size, "the kernel has no kprobes (CONFIG_KPROBE_EVENTS)");
		return false;
	}
	attributes.config1 = (uintptr_t) "security_file_open";
	fd = syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd >= 0 || say(reason, size, "a kprobe is refused", errno);
}

/* Return: the descriptor of a program of @backend, which has a hook; -1 and a reason. */
static int load_backend(const struct btf *kernel, enum picket_backend backend, char *reason, size_t size)
{
	if (backend == PICKET_BACKEND_LSM && !lsm_is_active()) {
		snprintf(reason, size,
			 "\"bpf\" is not among the active LSMs; add it to lsm= on the kernel's command line");
		return -1;
	}
	return load_hook(kernel, &hooks[backend], reason, size);
}

bool probe_loads(const struct btf *kernel, enum picket_backend backend, char *reason, size_t reason_size)
{
	AUTO_CLOSE int fd = -1;

	if (backend == PICKET_BACKEND_KPROBE)
		return try_kprobe(reason, reason_size);
	if (!hooks[backend].name)
		return true;
	fd = load_backend(kernel, backend, reason, reason_size);
	return fd >= 0;
}

static bool attaches(const struct btf *kernel, enum picket_backend backend, char *reason, size_t size)
{
	AUTO_CLOSE int fd = load_backend(kernel, backend, reason, size);
	AUTO_CLOSE int link = fd >= 0 ? bpf_raw_tracepoint_open(NULL, fd) : -1;

	return link >= 0 || (fd >= 0 && say(reason, size, "attaching is refused", errno));
}

static bool try_cgroup(char *reason, size_t size)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_CGROUP_INET4_CONNECT);
	AUTO_CLOSE int fd = bpf_prog_load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "picket_probe", "GPL", program, 2, &options);
	AUTO_FREE char *mount = NULL;

	if (fd < 0)
		return say(reason, size, "loading is refused", errno);
	if (cgroup_fs_find_mount("/proc", &mount)) {
		snprintf(reason, size, "no cgroup2 file system is mounted");
		return false;
	}
	return true;
}

static bool try_backend(const struct btf *kernel, enum picket_backend backend, char *reason, size_t size)
{
	switch (backend) {
	case PICKET_BACKEND_KPROBE:
		return try_kprobe(reason, size);
	case PICKET_BACKEND_CGROUP:
		return try_cgroup(reason, size);
	default:
		return hooks[backend].name && attaches(kernel, backend, reason, size);
	}
}

static int silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

/* Without the kernel's BTF the first backends fail one by one, each with that reason. */
static void probe_all(bool works[PICKET_BACKEND_COUNT], char reasons[][160])
{
	libbpf_print_fn_t old = libbpf_set_print(silent);
	struct btf *kernel = btf__load_vmlinux_btf();

	for (int i = 0; i < PICKET_BACKEND_NONE; i++)
		works[i] = try_backend(kernel, i, reasons[i], sizeof(reasons[i]));
	btf__free(kernel);
	libbpf_set_print(old);
}

/* The backend that a sensor would get; NONE when nothing works. */
static enum picket_backend choose(enum picket_sensor sensor, const bool works[PICKET_BACKEND_COUNT])
{
	for (int backend = 0; backend < PICKET_BACKEND_NONE; backend++)
		if (works[backend] && object_find(sensor, backend))
			return backend;
	return PICKET_BACKEND_NONE;
}

static void print_limits(FILE *out, enum picket_sensor sensor, enum picket_backend backend)
{
	json_t *limits = sensor_limits_list(sensor, backend), *limit;
	size_t i;

	json_array_foreach (limits, i, limit)
		fprintf(out, "%-12s limit: %s\n", "", json_string_value(limit));
	json_decref(limits);
}

static void print_text(FILE *out, const bool works[], char reasons[][160])
{
	fprintf(out, "No picket runs here. What this kernel allows:\n\n%-12s %-6s %s\n", "BACKEND", "WORKS", "REASON");
	for (int i = 0; i < PICKET_BACKEND_NONE; i++)
		fprintf(out, "%-12s %-6s %s\n", picket_backend_name(i), works[i] ? "yes" : "no",
			works[i] ? "" : reasons[i]);
	fprintf(out, "\n%-12s %s\n", "SENSOR", "BACKEND IT WOULD USE");
	for (int i = 0; i < PICKET_SENSOR_COUNT; i++) {
		enum picket_backend backend = choose(i, works);

		fprintf(out, "%-12s %s\n", picket_sensor_name(i), picket_backend_name(backend));
		print_limits(out, i, backend);
	}
}

static void print_json(FILE *out, const bool works[], char reasons[][160])
{
	json_t *backends = json_array(), *sensors = json_array(), *all;

	for (int i = 0; i < PICKET_BACKEND_NONE; i++)
		json_array_append_new(backends, json_pack("{s:s, s:b, s:s}", "backend", picket_backend_name(i), "works",
							  works[i], "reason", works[i] ? "" : reasons[i]));
	for (int i = 0; i < PICKET_SENSOR_COUNT; i++)
		json_array_append_new(sensors, json_pack("{s:s, s:s, s:o}", "sensor", picket_sensor_name(i), "backend",
							 picket_backend_name(choose(i, works)), "limits",
							 sensor_limits_list(i, choose(i, works))));
	all = json_pack("{s:b, s:o, s:o}", "running", 0, "backends", backends, "sensors", sensors);
	json_dumpf(all, out, JSON_COMPACT);
	fputc('\n', out);
	json_decref(all);
}

int probe_print(FILE *out, bool json)
{
	bool works[PICKET_BACKEND_COUNT] = { false };
	char reasons[PICKET_BACKEND_COUNT][160] = { "" };

	if (geteuid() != 0)
		return -EPERM;
	probe_all(works, reasons);
	if (json)
		print_json(out, works, reasons);
	else
		print_text(out, works, reasons);
	return 0;
}
