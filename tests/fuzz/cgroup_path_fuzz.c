/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as a cgroup path: what comes out must be fit to become part of a file's path. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "state/cgroup_path.h"

static void check(const char *path, const struct cgroup_identity *identity)
{
	const char *const texts[] = { identity->id, identity->name, identity->namespace };

	if (!identity->runtime || !identity->manager || identity->path_size > strlen(path))
		abort();
	for (size_t i = 0; i < 3; i++)
		if (strnlen(texts[i], CGROUP_ID_SIZE) >= CGROUP_ID_SIZE || strchr(texts[i], '/'))
			abort();
	if (strnlen(identity->pod_uid, CGROUP_POD_SIZE) >= CGROUP_POD_SIZE)
		abort();
	if (identity->owner == CGROUP_OWNER_NONE)
		return;
	if (!*identity->id || !strcmp(identity->id, ".") || !strcmp(identity->id, "..") || !identity->path_size)
		abort();
}

/* A container's own path is its container's, not nested, and a cgroup below is nested in it. */
static void check_own(const char *path, const struct cgroup_identity *identity)
{
	char *own = strndup(path, identity->path_size);
	struct cgroup_identity again;

	if (!own)
		return;
	cgroup_path_identify(own, &again);
	if (again.owner != identity->owner || again.nested || strcmp(again.id, identity->id) != 0)
		abort();
	free(own);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *path = malloc(size + 1);
	struct cgroup_identity identity;

	if (!path)
		return 0;
	memcpy(path, data, size);
	path[size] = '\0';
	cgroup_path_identify(path, &identity);
	check(path, &identity);
	if (identity.owner == CGROUP_OWNER_CONTAINER)
		check_own(path, &identity);
	free(path);
	return 0;
}
