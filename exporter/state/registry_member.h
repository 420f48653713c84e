/* SPDX-License-Identifier: GPL-2.0-only */
/* A container with what only the registry needs of it. Private to the registry. */
#ifndef REGISTRY_MEMBER_H
#define REGISTRY_MEMBER_H

#define HASH_NONFATAL_OOM 1 /* an element that was not added has hh.tbl NULL */
#include <uthash.h>

#include "cgroup_path.h"
#include "container.h"

struct container_names;

struct member {
	struct container container; /* first: a pointer to it is one to the member */
	struct cgroup_identity identity;
	char *key;		  /* what makes it the same container as an earlier one */
	struct member *outer;	  /* the outermost container that it is inside of; NULL: none, or forgotten */
	unsigned int inner_count; /* members whose outer this is */
	unsigned int live;	  /* cgroups of it that exist */
	unsigned int own_live;	  /* those that are not nested */
	unsigned int retries;	  /* calls of member_retry_names() since it was started */
	uint32_t *folded;	  /* oldest first */
	int64_t *folded_since_ns; /* of each; 0: not seen by an expiry yet */
	size_t folded_count, folded_capacity;
	bool expired;
	UT_hash_handle hh; /* by key */
};

/* What is known of a cgroup that is being added. */
struct addition {
	uint64_t cgroup_id;
	const char *path;
	uint32_t kernel_slot;
	struct cgroup_identity identity;
	struct member *outer; /* owner of the parent cgroup; NULL: the host */
};

/** member_key() - of the container that a cgroup belongs to; free(3) it. NULL: no memory. */
char *member_key(const char *path, const struct cgroup_identity *identity);

/** member_new() - without a slot. Takes @key on success. NULL: no memory. */
struct member *member_new(const struct addition *addition, char *key, size_t rule_count);
void member_free(struct member *member);

/**
 * member_set_names() - take @names, and leave the old ones there: the caller frees them either way.
 * Return: whether there was memory for it.
 */
bool member_set_names(struct member *member, struct container_names *names);

/** member_read_names() - what the runtime's files say now. Return: whether they could be read. */
bool member_read_names(struct member *member, const char *root_path);

/**
 * member_retry_names() - the same, once a second while the runtime has its time to write its files; more and more
 * rarely, and at last no more. Nothing is done for a container that has its names.
 */
bool member_retry_names(struct member *member, const char *root_path);

/** member_set_cgroup() - the cgroup that stands for the container. Return: 0; -ENOMEM and the old one stays. */
int member_set_cgroup(struct member *member, uint64_t cgroup_id, const char *path);

/** member_reserve_fold() - room for one more; after it, one member_fold() cannot fail. Return: 0, -ENOMEM. */
int member_reserve_fold(struct member *member);

/** member_fold() - the values of @slot, which the member owns from now on, are part of its own. */
void member_fold(struct member *member, uint32_t slot);

/** member_unfold() - forget the first @count folded slots. */
void member_unfold(struct member *member, size_t count);

/** member_reset_rules() - @matches is zeroed and as long as the new set. */
void member_reset_rules(struct member *member, uint64_t *matches, size_t old_count, size_t new_count, const int *map,
			size_t map_count);

#endif
