/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/policy_maps.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cleanup.h"

struct policy_maps {
	int policy_fd, paths_fd, names_fd, addresses_fd;
	struct picket_policy_head *head; /* mapped */
	uint32_t generation;		 /* in force */
	uint32_t self;			 /* the daemon; 0: unknown */
	uint32_t oldest;		 /* generation whose keys may still be there */
};

int policy_maps_open(const struct object_maps *object_maps, uint32_t self, struct policy_maps **ret_maps)
{
	struct policy_maps *maps = calloc(1, sizeof(*maps));

	if (!maps)
		return -ENOMEM;
	maps->self = self;
	maps->policy_fd = object_maps_fd(object_maps, "policy");
	maps->paths_fd = object_maps_fd(object_maps, "paths");
	maps->names_fd = object_maps_fd(object_maps, "names");
	maps->addresses_fd = object_maps_fd(object_maps, "addresses");
	maps->head = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE, MAP_SHARED,
			  object_maps_fd(object_maps, "policy_head"), 0);
	if (maps->head == MAP_FAILED) {
		int error = -errno;

		free(maps);
		return error;
	}
	maps->generation = maps->head->generation; /* > 0: an earlier daemon's rules are in force until ours are */
	*ret_maps = maps;
	return 0;
}

void policy_maps_close(struct policy_maps *maps)
{
	if (!maps)
		return;
	munmap(maps->head, getpagesize());
	free(maps);
}

static void key_set(struct picket_policy_key *key, uint32_t generation, const struct policy_entry *entry)
{
	memset(key, 0, sizeof(*key));
	key->generation = generation;
	key->bits = 8 * (sizeof(key->generation) + entry->size);
	memcpy(key->text, entry->text, entry->size);
}

static int add_entries(int fd, uint32_t generation, const struct policy_entry *entries, size_t count)
{
	struct picket_policy_key key;

	for (size_t i = 0; i < count; i++) {
		key_set(&key, generation, &entries[i]);
		if (bpf_map_update_elem(fd, &key, &entries[i].value, BPF_ANY))
			return -errno;
	}
	return 0;
}

/* How the keys of all maps begin. */
union generation_key {
	struct {
		uint32_t bits;
		uint32_t generation;
	};
	struct picket_policy_key path;
	struct picket_address_key address;
};
_Static_assert(offsetof(struct picket_policy_key, generation) == offsetof(union generation_key, generation) &&
		       offsetof(struct picket_address_key, generation) == offsetof(union generation_key, generation),
	       "the generation stands at the same place");

/* All keys of generations before @generation, or of @generation itself when @only. */
static void delete_keys(int fd, uint32_t generation, bool only)
{
	union generation_key key, next;
	bool more = bpf_map_get_next_key(fd, NULL, &next) == 0;

	while (more) {
		key = next;
		more = bpf_map_get_next_key(fd, &key, &next) == 0;
		if (only ? key.generation == generation : key.generation < generation)
			bpf_map_delete_elem(fd, &key);
	}
}

static void delete_all(const struct policy_maps *maps, uint32_t generation, bool only)
{
	delete_keys(maps->paths_fd, generation, only);
	delete_keys(maps->names_fd, generation, only);
	delete_keys(maps->addresses_fd, generation, only);
}

static int add_addresses(int fd, uint32_t generation, const struct policy_address *addresses, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct picket_address_key key = { .bits = PICKET_ADDRESS_KEY_BITS + addresses[i].bits,
						  .generation = generation,
						  .port = addresses[i].port };

		memcpy(key.address, addresses[i].address, sizeof(key.address));
		if (bpf_map_update_elem(fd, &key, &addresses[i].value, BPF_ANY))
			return -errno;
	}
	return 0;
}

int policy_maps_install(struct policy_maps *maps, const struct compiled_policy *compiled)
{
	struct picket_policy policy = compiled->policy;
	uint32_t generation = maps->generation + 1, element = generation & 1;
	int error;

	policy_maps_forget_old(maps); /* its element is taken anew */
	policy.generation = generation;
	policy.self = maps->self;
	error = add_entries(maps->paths_fd, generation, compiled->paths, compiled->path_count);
	if (!error)
		error = add_entries(maps->names_fd, generation, compiled->names, compiled->name_count);
	if (!error)
		error = add_addresses(maps->addresses_fd, generation, compiled->addresses, compiled->address_count);
	if (!error && bpf_map_update_elem(maps->policy_fd, &element, &policy, BPF_ANY))
		error = -errno;
	if (error) {
		delete_all(maps, generation, true);
		return error;
	}
	maps->generation = generation;
	__atomic_store_n(&maps->head->generation, generation, __ATOMIC_RELEASE);
	return 0;
}

uint32_t policy_maps_generation(const struct policy_maps *maps)
{
	return maps->generation;
}

void policy_maps_forget_old(struct policy_maps *maps)
{
	if (maps->oldest == maps->generation)
		return;
	delete_all(maps, maps->generation, false);
	maps->oldest = maps->generation;
}
