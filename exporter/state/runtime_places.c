/* SPDX-License-Identifier: GPL-2.0-only */
#include "runtime_places.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>

#include "cleanup.h"
#include "runtime_json.h"

static const struct {
	enum runtime_place place;
	const char *directory;
} system_places[] = {
	{ PLACE_CONTAINERD, "run/containerd" },
	{ PLACE_CONTAINERD, "run/docker/containerd/daemon" },
	{ PLACE_CONTAINERD, "run/k3s/containerd" },
	{ PLACE_CONTAINERD, "run/k0s/containerd" },
	{ PLACE_CONTAINERD, "var/snap/microk8s/common/run/containerd" },
	{ PLACE_DOCKER, "var/lib/docker" },
	{ PLACE_DOCKER, "var/snap/docker/common/var-lib-docker" },
	{ PLACE_STORAGE, "run/containers/storage" },
	{ PLACE_STORAGE, "var/lib/containers/storage" },
	{ PLACE_RUNC, "run/runc" },
	{ PLACE_CRUN, "run/crun" },
	{ PLACE_YOUKI, "run/youki" },
	{ PLACE_RUNSC, "run/runsc" },
};

enum user_base { USER_RUNTIME, USER_HOME };

static const struct {
	enum runtime_place place;
	enum user_base base;
	const char *directory; /* below /run/user/<uid>, or the home directory */
} user_places[] = {
	{ PLACE_CONTAINERD, USER_RUNTIME, "docker/containerd/daemon" },
	{ PLACE_CONTAINERD, USER_RUNTIME, "containerd" },
	{ PLACE_DOCKER, USER_HOME, ".local/share/docker" },
	{ PLACE_STORAGE, USER_RUNTIME, "containers" },
	{ PLACE_STORAGE, USER_HOME, ".local/share/containers/storage" },
	{ PLACE_RUNC, USER_RUNTIME, "runc" },
	{ PLACE_CRUN, USER_RUNTIME, "crun" },
	{ PLACE_YOUKI, USER_RUNTIME, "youki" },
};

struct tour {
	int root_fd;
	runtime_place_visit *visit;
	void *context;
	int result; /* so far; 0: found */
};

static void tour_visit(struct tour *tour, const char *directory)
{
	int error;

	if (!tour->result)
		return;
	error = tour->visit(tour->context, tour->root_fd, directory);
	if (!error || error != -ENOENT)
		tour->result = error;
}

/* From the host's own passwd, not this machine's name service: the root may be another's. */
static int find_home(int root_fd, uint32_t user, char home[PATH_MAX])
{
	int fd = runtime_file_open(root_fd, "etc/passwd", 0);
	AUTO_FCLOSE FILE *file = fd < 0 ? NULL : fdopen(fd, "re");
	const struct passwd *entry;

	if (!file) {
		if (fd >= 0)
			close(fd);
		return -ENOENT;
	}
	while ((entry = fgetpwent(file))) {
		if (entry->pw_uid != user || entry->pw_dir[0] != '/')
			continue;
		if (snprintf(home, PATH_MAX, "%s", entry->pw_dir + 1) >= PATH_MAX)
			return -ENAMETOOLONG;
		return 0;
	}
	return -ENOENT;
}

static void visit_user(struct tour *tour, uint32_t user, enum runtime_place place)
{
	char home[PATH_MAX], runtime[32], directory[PATH_MAX];
	bool has_home = find_home(tour->root_fd, user, home) == 0;

	snprintf(runtime, sizeof(runtime), "run/user/%u", user);
	for (size_t i = 0; i < ARRAY_SIZE(user_places); i++) {
		const char *base = user_places[i].base == USER_HOME ? home : runtime;

		if (user_places[i].place != place || (base == home && !has_home))
			continue;
		if (snprintf(directory, sizeof(directory), "%s/%s", base, user_places[i].directory) <
		    (int)sizeof(directory))
			tour_visit(tour, directory);
	}
}

/* "165536.165536": where Docker keeps everything when it maps users. */
static bool is_mapped_user(const char *name)
{
	size_t first = strspn(name, "0123456789"), second;

	if (!first || name[first] != '.')
		return false;
	second = strspn(name + first + 1, "0123456789");
	return second && !name[first + 1 + second];
}

static void visit_mapped_users(struct tour *tour, const char *data_root)
{
	int fd = runtime_file_open(tour->root_fd, data_root, O_DIRECTORY);
	AUTO_CLOSEDIR DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	char path[PATH_MAX];

	if (!directory) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while (tour->result && (entry = readdir(directory)))
		if (is_mapped_user(entry->d_name) &&
		    snprintf(path, sizeof(path), "%s/%s", data_root, entry->d_name) < (int)sizeof(path))
			tour_visit(tour, path);
}

static void visit_docker_root(struct tour *tour, const char *data_root)
{
	tour_visit(tour, data_root);
	if (tour->result)
		visit_mapped_users(tour, data_root);
}

/* An administrator may keep Docker's data elsewhere. */
static void visit_configured_docker(struct tour *tour)
{
	static const char *const keys[] = { "data-root", "graph" };
	AUTO_JSON json_t *settings = NULL;

	if (runtime_json_load(tour->root_fd, "etc/docker/daemon.json", &settings))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(keys) && tour->result; i++) {
		const char *data_root = runtime_json_text(settings, keys[i]);

		if (data_root[0] == '/' && data_root[1])
			visit_docker_root(tour, data_root + 1);
	}
}

int runtime_places_visit(int root_fd, const struct cgroup_identity *identity, enum runtime_place place,
			 runtime_place_visit *visit, void *context)
{
	struct tour tour = { .root_fd = root_fd, .visit = visit, .context = context, .result = -ENOENT };

	if (identity->user != CGROUP_NO_USER) {
		visit_user(&tour, identity->user, place);
		return tour.result;
	}
	for (size_t i = 0; i < ARRAY_SIZE(system_places); i++) {
		if (system_places[i].place != place)
			continue;
		if (place == PLACE_DOCKER)
			visit_docker_root(&tour, system_places[i].directory);
		else
			tour_visit(&tour, system_places[i].directory);
	}
	if (place == PLACE_DOCKER && tour.result)
		visit_configured_docker(&tour);
	return tour.result;
}
