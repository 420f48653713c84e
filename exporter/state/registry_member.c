/* SPDX-License-Identifier: GPL-2.0-only */
#include "registry_member.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "clock.h"
#include "container_labels.h"
#include "runtime_files.h"

#define RETRIES_EACH \
	4 /* of the first calls each reads the files; then a quarter, half and all of RETRIES_MAX calls later */
#define RETRIES_MAX 64

char *member_key(const char *path, const struct cgroup_identity *identity)
{
	/* a sandbox of Kata has cgroups at two places, both below directories that neither users nor services can make */
	static const char *const kata_roots[] = { "/kubepods/", "/kubepods.slice/", "/kata_overhead/",
						  "/kata-overhead.slice/", "/kata_sandboxed_pod/" };
	char *key;

	for (size_t i = 0; strcmp(identity->runtime, "kata") == 0 && i < ARRAY_SIZE(kata_roots); i++)
		if (strncmp(path, kata_roots[i], strlen(kata_roots[i])) == 0)
			return asprintf(&key, "kata:%s", identity->id) < 0 ? NULL : key;
	return strndup(path, identity->path_size);
}

static bool has_all(const struct container *container)
{
	return container->cgroup_path && container->id && container->name && container->image && container->pod &&
	       container->namespace && container->pod_uid && container->rule_matches;
}

struct member *member_new(const struct addition *addition, char *key, size_t rule_count)
{
	const struct cgroup_identity *identity = &addition->identity;
	struct member *member = calloc(1, sizeof(*member));
	struct container *container;

	if (!member)
		return NULL;
	container = &member->container;
	member->identity = *identity;
	container->cgroup_id = addition->cgroup_id;
	container->runtime = identity->manager;
	container->isolation = ISOLATION_UNKNOWN;
	container->created_unix_ns = clock_ns(CLOCK_REALTIME);
	container->cgroup_path = strndup(addition->path, identity->path_size);
	container->id = strdup(identity->id);
	container->name = strdup(identity->name);
	container->image = strdup("");
	container->pod = strdup("");
	container->namespace = strdup(identity->namespace);
	container->pod_uid = strdup(identity->pod_uid);
	container->rule_matches = calloc(rule_count + 1, sizeof(uint64_t));
	if (!has_all(container) || container_render_labels(container)) {
		member_free(member);
		return NULL;
	}
	member->key = key;
	return member;
}

void member_free(struct member *member)
{
	struct container *container = &member->container;
	void *const owned[] = { container->cgroup_path,
				container->id,
				container->name,
				container->image,
				container->pod,
				container->namespace,
				container->pod_uid,
				container->labels,
				container->info_labels,
				container->rule_matches,
				member->folded,
				member->folded_since_ns,
				member->key };

	for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
		free(owned[i]);
	module_list_free(&container->modules);
	free(member);
}

bool member_set_names(struct member *member, struct container_names *names)
{
	struct container *container = &member->container, before = *container;

	container->name = names->name;
	container->image = names->image;
	container->pod = names->pod;
	container->namespace = names->namespace;
	container->pod_uid = names->pod_uid;
	container->isolation = names->isolation;
	container->posture = names->posture;
	container->devices = names->devices;
	container->inspections = 0;
	container->runtime = names->runtime ? names->runtime : member->identity.manager;
	if (container_render_labels(container)) {
		*container = before;
		return false;
	}
	container->named = true;
	json_decref(names->annotations);
	*names = (struct container_names){ before.name,	     before.image,   before.pod,
					   before.namespace, before.pod_uid, .isolation = before.isolation };
	return true;
}

bool member_read_names(struct member *member, const char *root_path)
{
	struct container_names names;
	bool set;

	if (runtime_files_read(root_path, &member->identity, &names))
		return false;
	set = member_set_names(member, &names);
	container_names_free(&names);
	return set;
}

bool member_retry_names(struct member *member, const char *root_path)
{
	unsigned int retry = member->retries + 1;

	if (member->container.named || member->container.removed_unix_ns || retry > RETRIES_MAX)
		return false;
	member->retries = retry;
	return (retry <= RETRIES_EACH || retry == RETRIES_MAX / 4 || retry == RETRIES_MAX / 2 ||
		retry == RETRIES_MAX) &&
	       member_read_names(member, root_path);
}

int member_set_cgroup(struct member *member, uint64_t cgroup_id, const char *path)
{
	struct container *container = &member->container;

	if (strcmp(container->cgroup_path, path) != 0) {
		char *copy = strdup(path), *old = container->cgroup_path;

		if (!copy)
			return -ENOMEM;
		container->cgroup_path = copy;
		if (container_render_labels(container)) {
			container->cgroup_path = old;
			free(copy);
			return -ENOMEM;
		}
		free(old);
	}
	container->cgroup_id = cgroup_id;
	return 0;
}

int member_reserve_fold(struct member *member)
{
	size_t capacity = member->folded_capacity ? member->folded_capacity * 2 : 4;
	uint32_t *folded;
	int64_t *since_ns;

	if (member->folded_count < member->folded_capacity)
		return 0;
	folded = reallocarray(member->folded, capacity, sizeof(*folded));
	if (folded)
		member->folded = folded;
	since_ns = reallocarray(member->folded_since_ns, capacity, sizeof(*since_ns));
	if (since_ns)
		member->folded_since_ns = since_ns;
	if (!folded || !since_ns)
		return -ENOMEM;
	member->folded_capacity = capacity;
	return 0;
}

void member_fold(struct member *member, uint32_t slot)
{
	member->folded[member->folded_count] = slot;
	member->folded_since_ns[member->folded_count++] = 0;
}

void member_unfold(struct member *member, size_t count)
{
	if (!count)
		return;
	member->folded_count -= count;
	memmove(member->folded, member->folded + count, member->folded_count * sizeof(*member->folded));
	memmove(member->folded_since_ns, member->folded_since_ns + count,
		member->folded_count * sizeof(*member->folded_since_ns));
}

void member_reset_rules(struct member *member, uint64_t *matches, size_t old_count, size_t new_count, const int *map,
			size_t map_count)
{
	struct container *container = &member->container;

	for (size_t old = 0; old < map_count && old < old_count; old++)
		if (map[old] >= 0 && (size_t)map[old] < new_count)
			matches[map[old]] += container->rule_matches[old];
	free(container->rule_matches);
	container->rule_matches = matches;
}
