/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel's hooks cost by themselves: an empty program on each one that picket's are attached to, until the
 * standard input ends. For bench.py: no program could cost less there. Prints how many there are when they are in place.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "kernel/objects.h"

#define TRACEPOINT "tp_btf/"

static int attach_empty(enum bpf_prog_type type, enum bpf_attach_type attach_type, const char *tracepoint, int cgroup2)
{
	struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = !tracepoint }, /* 1: go on */
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach_type);
	int id = tracepoint ? libbpf_find_vmlinux_btf_id(tracepoint, attach_type) : 0, fd;

	if (id < 0)
		return id; /* this kernel has no such tracepoint */
	options.attach_btf_id = id;
	fd = bpf_prog_load(type, "empty", "GPL", program, ARRAY_SIZE(program), &options);
	if (fd < 0)
		return fd;
	return tracepoint ? bpf_raw_tracepoint_open(NULL, fd) : bpf_link_create(fd, cgroup2, attach_type, NULL);
}

/* Programs that are only called by another one, or attached on demand. */
static bool is_attached(const struct object_info *info, const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);

	if (strstr(section, TRACEPOINT "sys_exit"))
		return info->sensor == OBJECTS_SHARED;
	return strchr(section, '/') && strcmp(bpf_program__name(program), "network_dns") != 0;
}

/* Whether an earlier program of the object hangs on the same hook: of those for several kernels one is attached. */
static bool is_first(struct bpf_object *object, const struct bpf_program *program)
{
	struct bpf_program *other;

	bpf_object__for_each_program(other, object)
	{
		if (other == program)
			return true;
		if (strcmp(bpf_program__section_name(other), bpf_program__section_name(program)) == 0)
			return false;
	}
	return true;
}

static int attach_object(const struct object_info *info, int cgroup2)
{
	struct bpf_program *program;
	struct bpf_object *object;
	const void *bytes;
	int count = 0;
	size_t size;

	bytes = info->bytes(&size);
	object = bpf_object__open_mem(bytes, size, NULL);
	if (!object)
		return 0;
	bpf_object__for_each_program(program, object)
	{
		const char *tracepoint = strstr(bpf_program__section_name(program), TRACEPOINT);

		if (is_attached(info, program) && is_first(object, program))
			count += attach_empty(bpf_program__type(program), bpf_program__expected_attach_type(program),
					      tracepoint ? tracepoint + strlen(TRACEPOINT) : NULL, cgroup2) >= 0;
	}
	bpf_object__close(object);
	return count;
}

int main(int argc, char **argv)
{
	int cgroup2 = argc == 2 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1, count = 0;
	char end;

	if (cgroup2 < 0) {
		fprintf(stderr, "usage: floor_bench CGROUP2\n");
		return 2;
	}
	libbpf_set_print(NULL); /* it would tell of each tracepoint that this kernel does not have */
	for (size_t i = 0; i < object_info_count; i++) {
		const struct object_info *info = &object_infos[i];

		if (info->sensor != PICKET_SENSOR_PERF && /* off by default */
		    (info->backend == PICKET_BACKEND_TRACEPOINT || info->backend == PICKET_BACKEND_CGROUP))
			count += attach_object(info, cgroup2);
	}
	printf("%d\n", count);
	fflush(stdout);
	return read(STDIN_FILENO, &end, 1) != 0;
}
