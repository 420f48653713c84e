/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/isolation_network.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>

#include "cleanup.h"
#include "isolation_cgroup.skel.h"
#include "kernel/pins.h"
#include "picket/isolation.h"
#include "state/address_range.h"

#define PROGRAMS_MAX 8

/* One cgroup that is cut off. */
struct cut {
	uint64_t cgroup_id;
	struct bpf_link *links[PROGRAMS_MAX]; /* NULL: pinned by an earlier daemon */
	struct cut *next;
};

struct network_isolation {
	struct bpf_object *object;
	char *pin_path; /* NULL: nothing is pinned */
	struct cut *cuts;
};

static int allow(struct network_isolation *isolation, const char *network)
{
	struct picket_network_key key = { 0 };
	struct address_range range;
	uint32_t one = 1;

	if (address_range_parse(network, &range) || address_range_has_host_bits(&range))
		return -EINVAL;
	address_range_unmap(&range);
	key.bits = address_range_map(&range, (uint8_t *)key.address);
	return bpf_map_update_elem(bpf_object__find_map_fd_by_name(isolation->object, "isolation_allowed"), &key, &one,
				   BPF_ANY)
		       ? -errno
		       : 0;
}

static int load(struct network_isolation *isolation)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "isolation_cgroup");
	size_t size;
	const void *bytes = isolation_cgroup__elf_bytes(&size);

	isolation->object = bpf_object__open_mem(bytes, size, &options);
	if (!isolation->object)
		return -errno;
	return bpf_object__load(isolation->object);
}

static struct cut *find_cut(const struct network_isolation *isolation, uint64_t cgroup_id)
{
	struct cut *cut = isolation->cuts;

	while (cut && cut->cgroup_id != cgroup_id)
		cut = cut->next;
	return cut;
}

static struct cut *add_cut(struct network_isolation *isolation, uint64_t cgroup_id)
{
	struct cut *cut = calloc(1, sizeof(*cut));

	if (!cut)
		return NULL;
	cut->cgroup_id = cgroup_id;
	cut->next = isolation->cuts;
	isolation->cuts = cut;
	return cut;
}

static void remove_cut(struct network_isolation *isolation, struct cut *cut)
{
	struct cut **link = &isolation->cuts;

	while (*link != cut)
		link = &(*link)->next;
	*link = cut->next;
	for (size_t i = 0; i < PROGRAMS_MAX; i++)
		bpf_link__destroy(cut->links[i]);
	free(cut);
}

/* Directories that an earlier daemon left: each named after its cgroup. */
static int adopt(struct network_isolation *isolation)
{
	AUTO_CLOSEDIR DIR *directory = opendir(isolation->pin_path);
	struct dirent *entry;

	if (!directory)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(directory))) {
		char *end;
		uint64_t id = strtoull(entry->d_name, &end, 10);

		if (end != entry->d_name && !*end && !find_cut(isolation, id) && !add_cut(isolation, id))
			return -ENOMEM;
	}
	return 0;
}

static void pin_directory(const struct network_isolation *isolation, uint64_t cgroup_id, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%" PRIu64, isolation->pin_path, cgroup_id);
}

static int unpin(const struct network_isolation *isolation, uint64_t cgroup_id)
{
	char path[PATH_MAX];
	int removed;

	if (!isolation->pin_path)
		return 0;
	pin_directory(isolation, cgroup_id, path);
	removed = pins_remove_directory(path);
	return removed < 0 && removed != -ENOENT ? removed : 0;
}

/* Without pins the cut holds as long as the daemon runs: still better than none. */
static void pin(const struct network_isolation *isolation, const struct cut *cut)
{
	char path[PATH_MAX], file[PATH_MAX + 16];
	int error;

	if (!isolation->pin_path)
		return;
	pin_directory(isolation, cut->cgroup_id, path);
	error = pins_make_directory(path);
	if (error && error != -EEXIST)
		return;
	for (size_t i = 0; i < PROGRAMS_MAX && cut->links[i]; i++) {
		snprintf(file, sizeof(file), "%s/%zu", path, i);
		if (bpf_link__pin(cut->links[i], file)) {
			unpin(isolation, cut->cgroup_id);
			return;
		}
	}
}

int network_isolation_open(const struct network_isolation_options *options, struct network_isolation **ret_isolation,
			   char *reason, size_t reason_size)
{
	struct network_isolation *isolation = calloc(1, sizeof(*isolation));
	int error = -ENOMEM;

	if (!isolation)
		return -ENOMEM;
	snprintf(reason, reason_size, "out of memory");
	if (options->pin_path) {
		isolation->pin_path = strdup(options->pin_path);
		if (!isolation->pin_path || adopt(isolation))
			goto fail;
	}
	error = load(isolation);
	snprintf(reason, reason_size, "the kernel refused the programs: %s", strerror(-error));
	for (size_t i = 0; i < options->allowed_count && !error; i++) {
		error = allow(isolation, options->allowed[i]);
		snprintf(reason, reason_size, "\"%s\" is no IP address or network such as 10.0.0.0/8",
			 options->allowed[i]);
	}
	if (error)
		goto fail;
	*ret_isolation = isolation;
	return 0;
fail:
	network_isolation_close(isolation);
	return error;
}

void network_isolation_close(struct network_isolation *isolation)
{
	if (!isolation)
		return;
	while (isolation->cuts)
		remove_cut(isolation, isolation->cuts); /* what is pinned lives on */
	bpf_object__close(isolation->object);
	free(isolation->pin_path);
	free(isolation);
}

static int attach_all(const struct network_isolation *isolation, struct cut *cut, int cgroup_fd)
{
	struct bpf_program *program;
	size_t count = 0;

	bpf_object__for_each_program(program, isolation->object)
	{
		if (count == PROGRAMS_MAX)
			return -E2BIG;
		cut->links[count] = bpf_program__attach_cgroup(program, cgroup_fd);
		if (!cut->links[count++])
			return -errno;
	}
	return 0;
}

int network_isolation_apply(struct network_isolation *isolation, uint64_t cgroup_id, int cgroup_fd)
{
	struct cut *cut = find_cut(isolation, cgroup_id);
	int error;

	if (cut)
		return 0;
	cut = add_cut(isolation, cgroup_id);
	if (!cut)
		return -ENOMEM;
	error = attach_all(isolation, cut, cgroup_fd);
	if (error)
		remove_cut(isolation, cut);
	else
		pin(isolation, cut);
	return error;
}

int network_isolation_release(struct network_isolation *isolation, uint64_t cgroup_id)
{
	struct cut *cut = find_cut(isolation, cgroup_id);
	int error;

	if (!cut)
		return -ENOENT;
	error = unpin(isolation, cgroup_id);
	if (!error)
		remove_cut(isolation, cut);
	return error;
}

bool network_isolation_holds(const struct network_isolation *isolation, uint64_t cgroup_id)
{
	return find_cut(isolation, cgroup_id) != NULL;
}

void network_isolation_visit(const struct network_isolation *isolation, void (*each)(void *context, uint64_t cgroup_id),
			     void *context)
{
	struct cut *next;

	for (struct cut *cut = isolation->cuts; cut; cut = next) {
		next = cut->next;
		each(context, cut->cgroup_id);
	}
}

int network_isolation_unload(const char *pin_path)
{
	struct network_isolation isolation = { .pin_path = (char *)pin_path };
	int error = adopt(&isolation), count = 0;

	while (isolation.cuts) {
		if (!error)
			error = unpin(&isolation, isolation.cuts->cgroup_id);
		count++;
		remove_cut(&isolation, isolation.cuts);
	}
	if (error)
		return error;
	return rmdir(pin_path) && errno != ENOENT ? -errno : count;
}
