/* SPDX-License-Identifier: GPL-2.0-only */
#include "cgroup_path.h"

#include <string.h>

#include "cgroup_component.h"
#include "cleanup.h"

/* What one component of a path turned out to be. */
struct match {
	enum cgroup_owner owner;
	const char *runtime;
	const char *manager;
	struct component id;
	struct component name;	    /* size 0: the path tells none */
	struct component namespace; /* the same */
	bool escaped;		    /* the id is written as systemd writes names */
	bool guessed;
};

enum id_form { ID_HASH, ID_ANY };
enum scope_form { SCOPE_MAYBE, SCOPE_MUST, SCOPE_NOT };

/* "docker-<id>.scope" and the like, anywhere in a path. The first that fits wins. */
static const struct {
	const char *prefix;
	enum id_form id;
	enum scope_form scope;
	enum cgroup_owner owner;
	const char *runtime;
	const char *manager;
} prefixes[] = {
	{ "crio-conmon-", ID_ANY, SCOPE_MAYBE, CGROUP_OWNER_MONITOR, "cri-o", "cri-o" },
	{ "libpod-conmon-", ID_ANY, SCOPE_MAYBE, CGROUP_OWNER_MONITOR, "podman", "podman" },
	{ "lxc.monitor.", ID_ANY, SCOPE_NOT, CGROUP_OWNER_MONITOR, "lxc", "lxc" },
	{ "cri-containerd-", ID_HASH, SCOPE_MAYBE, CGROUP_OWNER_CONTAINER, "cri-containerd", "containerd" },
	{ "libpod-payload-", ID_HASH, SCOPE_MAYBE, CGROUP_OWNER_CONTAINER, "podman", "podman" },
	{ "libpod-", ID_HASH, SCOPE_MAYBE, CGROUP_OWNER_CONTAINER, "podman", "podman" },
	{ "docker-", ID_HASH, SCOPE_MAYBE, CGROUP_OWNER_CONTAINER, "docker", "docker" },
	{ "crio-", ID_HASH, SCOPE_MAYBE, CGROUP_OWNER_CONTAINER, "cri-o", "cri-o" },
	{ "nerdctl-", ID_HASH, SCOPE_MAYBE, CGROUP_OWNER_CONTAINER, "nerdctl", "containerd" },
	{ "runtime-rs-", ID_HASH, SCOPE_MAYBE, CGROUP_OWNER_CONTAINER, "kata", "kata" },
	{ "kata_", ID_HASH, SCOPE_MAYBE, CGROUP_OWNER_CONTAINER, "kata", "kata" },
	{ "lxc.payload.", ID_ANY, SCOPE_NOT, CGROUP_OWNER_CONTAINER, "lxc", "lxc" },
	{ "runc-", ID_ANY, SCOPE_MUST, CGROUP_OWNER_CONTAINER, "runc", "runc" },
	{ "crun-", ID_ANY, SCOPE_MUST, CGROUP_OWNER_CONTAINER, "crun", "crun" },
	{ "youki-", ID_ANY, SCOPE_MUST, CGROUP_OWNER_CONTAINER, "youki", "youki" },
};

static bool match_prefix(const struct components *path, size_t at, struct match *ret_match)
{
	struct component component = path->at[at], id;
	bool scope = component_ends(component, ".scope");

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (prefixes[i].scope == SCOPE_MUST && !scope)
			continue;
		if (!component_strip(component, prefixes[i].prefix,
				     scope && prefixes[i].scope != SCOPE_NOT ? ".scope" : "", &id))
			continue;
		if (prefixes[i].id == ID_HASH && !component_is_hash(id))
			continue;
		*ret_match = (struct match){ .owner = prefixes[i].owner,
					     .runtime = prefixes[i].runtime,
					     .manager = prefixes[i].manager,
					     .id = id };
		return true;
	}
	return false;
}

enum parent_depth { DEPTH_ANY, DEPTH_TOP };

/* Directories whose child is a container's own. */
static const struct {
	const char *parent;
	enum parent_depth depth; /* of the parent */
	enum id_form id;
	enum cgroup_owner owner;
	const char *runtime;
	const char *manager;
	bool names_namespace; /* the parent is containerd's namespace */
} parents[] = {
	{ "docker", DEPTH_ANY, ID_HASH, CGROUP_OWNER_CONTAINER, "docker", "docker", false },
	{ "moby", DEPTH_TOP, ID_HASH, CGROUP_OWNER_CONTAINER, "docker", "docker", false },
	{ "default", DEPTH_TOP, ID_ANY, CGROUP_OWNER_CONTAINER, "containerd", "containerd", true },
	{ "k8s.io", DEPTH_TOP, ID_ANY, CGROUP_OWNER_CONTAINER, "containerd", "containerd", true },
	{ "buildkit", DEPTH_TOP, ID_ANY, CGROUP_OWNER_CONTAINER, "buildkit", "buildkit", false },
	{ "kata_overhead", DEPTH_TOP, ID_HASH, CGROUP_OWNER_CONTAINER, "kata", "kata", false },
	{ "kata_sandboxed_pod", DEPTH_TOP, ID_HASH, CGROUP_OWNER_CONTAINER, "kata", "kata", false },
	{ "firecracker", DEPTH_TOP, ID_ANY, CGROUP_OWNER_CONTAINER, "firecracker", "firecracker", false },
	{ "lxc", DEPTH_TOP, ID_ANY, CGROUP_OWNER_CONTAINER, "lxc", "lxc", false },
	{ "lxc.payload", DEPTH_TOP, ID_ANY, CGROUP_OWNER_CONTAINER, "lxc", "lxc", false },
	{ "lxc.monitor", DEPTH_TOP, ID_ANY, CGROUP_OWNER_MONITOR, "lxc", "lxc", false },
};

static bool match_parent(const struct components *path, size_t at, struct match *ret_match)
{
	for (size_t i = 0; at > 0 && i < ARRAY_SIZE(parents); i++) {
		if (!component_equals(path->at[at - 1], parents[i].parent) ||
		    (parents[i].depth == DEPTH_TOP && at != 1) ||
		    (parents[i].id == ID_HASH && !component_is_hash(path->at[at])))
			continue;
		*ret_match = (struct match){ .owner = parents[i].owner,
					     .runtime = parents[i].runtime,
					     .manager = parents[i].manager,
					     .id = path->at[at] };
		if (parents[i].names_namespace)
			ret_match->namespace = path->at[at - 1];
		return true;
	}
	return false;
}

/* "<slice>:cri-containerd:<id>": kubelet and runtime have different cgroup drivers. Names between the colons: */
static const struct {
	const char *prefix;
	enum id_form id;
	const char *runtime;
	const char *manager;
} colon_names[] = {
	{ "cri-containerd", ID_HASH, "cri-containerd", "containerd" },
	{ "crio", ID_HASH, "cri-o", "cri-o" },
	{ "docker", ID_HASH, "docker", "docker" },
	{ "libpod", ID_HASH, "podman", "podman" },
	{ "nerdctl", ID_HASH, "nerdctl", "containerd" },
	{ "runc", ID_ANY, "runc", "runc" },
	{ "crun", ID_ANY, "crun", "crun" },
	{ "youki", ID_ANY, "youki", "youki" },
};

static bool match_colons(const struct components *path, size_t at, struct match *ret_match)
{
	struct component component = path->at[at], name, id;
	const char *end = component.text + component.size, *first, *second;

	first = memchr(component.text, ':', component.size);
	second = first ? memchr(first + 1, ':', (size_t)(end - first - 1)) : NULL;
	if (!second || second + 1 == end)
		return false;
	name = (struct component){ first + 1, (size_t)(second - first - 1) };
	id = (struct component){ second + 1, (size_t)(end - second - 1) };
	for (size_t i = 0; i < ARRAY_SIZE(colon_names); i++) {
		if (!component_equals(name, colon_names[i].prefix) ||
		    (colon_names[i].id == ID_HASH && !component_is_hash(id)))
			continue;
		*ret_match = (struct match){ .owner = CGROUP_OWNER_CONTAINER,
					     .runtime = colon_names[i].runtime,
					     .manager = colon_names[i].manager,
					     .id = id };
		return true;
	}
	return false;
}

/* "/ecstasks.slice/ecstasks-<task>.slice/docker-<id>.scope", "/ecs/<task>/<id>" */
static bool match_ecs(const struct components *path, size_t at, struct match *ret_match)
{
	struct component id = path->at[at];

	if (at != 2)
		return false;
	if (component_equals(path->at[0], "ecstasks.slice"))
		component_strip(id, "docker-", ".scope", &id);
	else if (!component_equals(path->at[0], "ecs"))
		return false;
	if (!component_is_hash(id))
		return false;
	*ret_match = (struct match){ CGROUP_OWNER_CONTAINER, .runtime = "ecs", .manager = "docker", .id = id };
	return true;
}

/* "/nomad.slice/share.slice/<allocation>.<task>.scope" */
static bool match_nomad(const struct components *path, size_t at, struct match *ret_match)
{
	struct component component, uuid;

	if (at == 0 || at > 2 || !component_equals(path->at[0], "nomad.slice") ||
	    !component_strip(path->at[at], "", ".scope", &component) || component.size < 38)
		return false;
	uuid = (struct component){ component.text, 36 };
	if (!component_is_uuid(uuid, '-') || component.text[36] != '.')
		return false;
	*ret_match = (struct match){ CGROUP_OWNER_CONTAINER, .runtime = "nomad", .manager = "nomad", .id = uuid };
	ret_match->name = (struct component){ component.text + 37, component.size - 37 };
	return true;
}

/* "/garden/<handle>", "/garden/good/<handle>" */
static bool match_garden(const struct components *path, size_t at, struct match *ret_match)
{
	bool throttled;

	if (path->count < 2 || !component_equals(path->at[0], "garden"))
		return false;
	throttled = component_equals(path->at[1], "good") || component_equals(path->at[1], "bad");
	if (at != (throttled ? 2 : 1))
		return false;
	*ret_match = (struct match){ CGROUP_OWNER_CONTAINER, .runtime = "garden", .manager = "garden" };
	ret_match->id = path->at[at];
	return true;
}

/* Below machine.slice; libvirt's virtual machines are left to systemd. */
static const struct {
	const char *prefix, *suffix, *runtime;
} machines[] = {
	{ "systemd-nspawn@", ".service", "nspawn" },
	{ "machine-qemu\\x2d", ".scope", NULL },
	{ "machine-lxc\\x2d", ".scope", "lxc" },
	{ "machine-", ".scope", "nspawn" },
};

static bool match_machine(const struct components *path, size_t at, struct match *ret_match)
{
	struct component id;

	if (at == 0 || !component_equals(path->at[at - 1], "machine.slice"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		const char *runtime = machines[i].runtime;

		if (!component_strip(path->at[at], machines[i].prefix, machines[i].suffix, &id))
			continue;
		if (!runtime)
			return false;
		*ret_match = (struct match){ CGROUP_OWNER_CONTAINER, runtime, runtime, .id = id, .escaped = true };
		return true;
	}
	return false;
}

static bool match_podman_monitor(const struct components *path, size_t at, struct match *ret_match)
{
	if (at == 0 || !component_equals(path->at[at - 1], "libpod_parent") ||
	    !component_equals(path->at[at], "conmon"))
		return false;
	*ret_match = (struct match){ CGROUP_OWNER_MONITOR, "podman", "podman", .id = path->at[at] };
	return true;
}

/* A bare hash: of a pod ("pod<uid>/<id>"), of a containerd namespace, or of Docker with a parent of the user's choice. */
static bool match_hash(const struct components *path, size_t at, struct match *ret_match)
{
	char uid[CGROUP_POD_SIZE];

	if (at == 0 || !component_is_hash(path->at[at]))
		return false;
	*ret_match = (struct match){ .owner = CGROUP_OWNER_CONTAINER, .id = path->at[at] };
	if (component_pod_uid(path->at[at - 1], uid)) {
		ret_match->runtime = ret_match->manager = "cri";
	} else if (at == 1) {
		ret_match->runtime = ret_match->manager = "containerd";
		ret_match->namespace = path->at[0];
	} else {
		ret_match->runtime = ret_match->manager = "";
	}
	return true;
}

static bool (*const matchers[])(const struct components *path, size_t at, struct match *ret_match) = {
	match_ecs,     match_prefix,	     match_colons, match_nomad, match_garden,
	match_machine, match_podman_monitor, match_parent, match_hash,
};

static bool match_any(const struct components *path, size_t at, struct match *ret_match)
{
	for (size_t i = 0; i < ARRAY_SIZE(matchers); i++)
		if (matchers[i](path, at, ret_match))
			return true;
	return false;
}

/* The deepest component that a container runtime made. A monitor inside a container is that container's. */
static bool match_runtime(const struct components *path, struct match *ret_match, size_t *ret_at)
{
	bool found = false;

	for (size_t at = path->count; at > 0; at--) {
		struct match match;

		if (!match_any(path, at - 1, &match) || (found && match.owner == CGROUP_OWNER_MONITOR))
			continue;
		*ret_match = match;
		*ret_at = at - 1;
		found = true;
		if (match.owner == CGROUP_OWNER_CONTAINER)
			break;
	}
	return found;
}

static bool is_unit(struct component component)
{
	return component_ends(component, ".service") || component_ends(component, ".scope");
}

/* The first unit, or, below a user's manager, that manager's unit. */
static bool match_systemd(const struct components *path, struct match *ret_match, size_t *ret_at)
{
	size_t unit = path->count, manager = path->count;
	uint32_t user;

	for (size_t at = 0; at < path->count && unit == path->count; at++) {
		if (!is_unit(path->at[at]))
			continue;
		if (manager == path->count && component_user(path->at[at], &user))
			manager = at;
		else
			unit = at;
	}
	if (unit == path->count)
		unit = manager;
	if (unit == path->count || (unit == 0 && component_equals(path->at[0], "init.scope")))
		return false;
	*ret_match = (struct match){ CGROUP_OWNER_SYSTEMD, "systemd", "systemd", .id = path->at[unit] };
	if (manager < unit)
		ret_match->namespace = path->at[manager];
	*ret_at = unit;
	return true;
}

/* Top directories that group others. */
static const char *const groups[] = {
	"kubepods", "kubelet",	   "docker",	  "libpod_parent", "garden",	  "ecs",	   "crio",
	"default",  "k8s.io",	   "moby",	  "buildkit",	   "firecracker", "kata_overhead", "kata_sandboxed_pod",
	"lxc",	    "lxc.payload", "lxc.monitor", "lxc.pivot",	   "podruntime",  "init",	   "system",
	"user",	    "machine",	   "nomad",
};

/* A bare directory at the top: runc and crun put containers there that were given no cgroup path. */
static bool match_plain(const struct components *path, struct match *ret_match, size_t *ret_at)
{
	static const char *const unit_suffixes[] = { ".slice", ".scope", ".service", ".mount", ".socket", ".swap" };
	struct component top;

	if (path->count == 0)
		return false;
	top = path->at[0];
	if (component_starts(top, "."))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(unit_suffixes); i++)
		if (component_ends(top, unit_suffixes[i]))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (component_equals(top, groups[i]))
			return false;
	*ret_match = (struct match){ CGROUP_OWNER_CONTAINER, "runc", "runc", .id = top, .guessed = true };
	*ret_at = 0;
	return true;
}

static void find_pod(const struct components *path, size_t at, char ret_uid[CGROUP_POD_SIZE])
{
	for (size_t i = at + 1; i > 0; i--)
		if (component_pod_uid(path->at[i - 1], ret_uid))
			return;
}

/* Root's own are the system's. */
static uint32_t find_user(const struct components *path, size_t at)
{
	uint32_t user;

	if (!component_equals(path->at[0], "user.slice"))
		return CGROUP_NO_USER;
	for (size_t i = 0; i < at; i++)
		if (component_user(path->at[i], &user) && user != 0)
			return user;
	return CGROUP_NO_USER;
}

/* Return: false when an id is none that a runtime gives. */
static bool copy_texts(const struct match *match, struct cgroup_identity *identity)
{
	if (!component_copy(match->id, identity->id, sizeof(identity->id)) ||
	    !component_copy(match->name, identity->name, sizeof(identity->name)) ||
	    !component_copy(match->namespace, identity->namespace, sizeof(identity->namespace)))
		return false;
	if (match->escaped)
		component_unescape(identity->id);
	return strcmp(identity->id, ".") != 0 && strcmp(identity->id, "..") != 0;
}

void cgroup_path_identify(const char *path, struct cgroup_identity *ret_identity)
{
	struct cgroup_identity identity = { .runtime = "", .manager = "", .user = CGROUP_NO_USER };
	struct components components;
	struct match match = { .id = { "", 0 }, .name = { "", 0 }, .namespace = { "", 0 } };
	size_t at = 0;

	*ret_identity = identity;
	components_split(path, &components);
	if (!match_runtime(&components, &match, &at) && !match_systemd(&components, &match, &at) &&
	    !match_plain(&components, &match, &at))
		return;
	if (!copy_texts(&match, &identity))
		return;
	identity.owner = match.owner;
	identity.runtime = match.runtime;
	identity.manager = match.manager;
	identity.user = find_user(&components, at);
	identity.path_size = (size_t)(components.at[at].text + components.at[at].size - path);
	identity.nested = at + 1 < components.count || components.cut;
	identity.guessed = match.guessed;
	if (match.owner == CGROUP_OWNER_CONTAINER)
		find_pod(&components, at, identity.pod_uid);
	*ret_identity = identity;
}
