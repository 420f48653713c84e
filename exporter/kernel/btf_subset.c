/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/btf_subset.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct wanted {
	const char *name; /* borrowed; as far as "___", which begins a variant of our own */
	UT_hash_handle hh;
};

struct subset {
	const struct btf *kernel;
	struct btf *types;
	struct wanted *names;
	uint32_t *ids;	 /* of the kernel's type: in the subset; 0: not there */
	uint32_t *added; /* ids of the kernel, in the order of the subset */
	uint32_t count;
};

static size_t name_size(const char *name)
{
	const char *variant = strstr(name, "___");

	return variant && variant != name ? (size_t)(variant - name) : strlen(name);
}

static bool is_asked_for(const struct btf_type *type)
{
	return btf_is_composite(type) || btf_is_any_enum(type) || btf_is_typedef(type) || btf_is_int(type);
}

static int want(struct subset *subset, const char *name)
{
	struct wanted *wanted;
	size_t size = name_size(name);

	HASH_FIND(hh, subset->names, name, size, wanted);
	if (wanted || !size)
		return 0;
	wanted = calloc(1, sizeof(*wanted));
	if (!wanted)
		return -ENOMEM;
	wanted->name = name;
	HASH_ADD_KEYPTR(hh, subset->names, wanted->name, size, wanted);
	if (wanted->hh.tbl)
		return 0;
	free(wanted);
	return -ENOMEM;
}

static int want_all(struct subset *subset, const struct btf *object)
{
	int error = 0;

	for (uint32_t id = 1; id < btf__type_cnt(object) && !error; id++) {
		const struct btf_type *type = btf__type_by_id(object, id);

		if (is_asked_for(type))
			error = want(subset, btf__name_by_offset(object, type->name_off));
	}
	return error;
}

/* Its references are still the kernel's. Return: 0, -errno. */
static int add(struct subset *subset, uint32_t id)
{
	int copy;

	if (!id || subset->ids[id])
		return 0;
	copy = btf__add_type(subset->types, subset->kernel, btf__type_by_id(subset->kernel, id));
	if (copy < 0)
		return copy;
	subset->ids[id] = (uint32_t)copy;
	subset->added[subset->count++] = id;
	return 0;
}

static int add_wanted(struct subset *subset)
{
	uint32_t count = btf__type_cnt(subset->kernel);
	int error = 0;

	for (uint32_t id = 1; id < count && !error; id++) {
		const struct btf_type *type = btf__type_by_id(subset->kernel, id);
		struct wanted *wanted;
		const char *name;

		if (!type->name_off || !is_asked_for(type))
			continue;
		name = btf__name_by_offset(subset->kernel, type->name_off);
		HASH_FIND(hh, subset->names, name, name_size(name), wanted);
		if (wanted)
			error = add(subset, id);
	}
	return error;
}

/* The place of reference @index of a type; NULL: there are no more. Pointers have none that count. */
static uint32_t *reference_at(struct btf_type *type, uint32_t index)
{
	if (btf_is_composite(type))
		return index < btf_vlen(type) ? &btf_members(type)[index].type : NULL;
	if (btf_is_array(type))
		return index == 0 ? &btf_array(type)->type : index == 1 ? &btf_array(type)->index_type : NULL;
	if (btf_is_mod(type) || btf_is_typedef(type))
		return index == 0 ? &type->type : NULL;
	return NULL;
}

/* A copy is looked up each time: adding may move all of them. */
static int resolve(struct subset *subset, uint32_t kernel_id)
{
	uint32_t id = subset->ids[kernel_id], *reference;
	struct btf_type *type = (struct btf_type *)btf__type_by_id(subset->types, id);
	int error;

	if (btf_is_ptr(type))
		type->type = 0;
	for (uint32_t i = 0; (reference = reference_at(type, i)); i++) {
		uint32_t wanted = *reference;

		error = add(subset, wanted);
		if (error)
			return error;
		type = (struct btf_type *)btf__type_by_id(subset->types, id);
		*reference_at(type, i) = wanted ? subset->ids[wanted] : 0;
	}
	return 0;
}

static int fill(struct subset *subset, const struct btf *object)
{
	size_t count = btf__type_cnt(subset->kernel);
	int error;

	subset->types = btf__new_empty();
	subset->ids = calloc(count, sizeof(*subset->ids));
	subset->added = malloc(count * sizeof(*subset->added));
	if (!subset->types || !subset->ids || !subset->added)
		return -ENOMEM;
	error = want_all(subset, object);
	if (!error)
		error = add_wanted(subset);
	for (uint32_t i = 0; i < subset->count && !error; i++)
		error = resolve(subset, subset->added[i]);
	return error;
}

int btf_subset_new(const struct btf *kernel, const struct btf *object, struct btf **ret_subset)
{
	struct subset subset = { .kernel = kernel };
	struct wanted *wanted, *next;
	int error = fill(&subset, object);

	HASH_ITER (hh, subset.names, wanted, next) {
		HASH_DEL(subset.names, wanted);
		free(wanted);
	}
	free(subset.ids);
	free(subset.added);
	if (error)
		btf__free(subset.types);
	else
		*ret_subset = subset.types;
	return error;
}

static int write_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t written = write(fd, bytes, size);

		if (written < 0)
			return -errno;
		bytes += written;
		size -= (size_t)written;
	}
	return 0;
}

int btf_subset_write(const struct btf *kernel, const struct btf *object, int fd)
{
	struct btf *subset;
	uint32_t size;
	const void *bytes;
	int error = btf_subset_new(kernel, object, &subset);

	if (error)
		return error;
	bytes = btf__raw_data(subset, &size);
	error = bytes ? write_all(fd, bytes, size) : -ENOMEM;
	btf__free(subset);
	return error;
}
