/* SPDX-License-Identifier: GPL-2.0-only */
#include "cgroup_path.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define COMPONENTS_MAX 64
#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct component {
	const char *text;
	size_t size;
};

/* The path in pieces, each with the pod uid that applies to it. */
struct parsed {
	struct component components[COMPONENTS_MAX];
	size_t count;
};

/* What one component turned out to be. */
struct match {
	enum cgroup_owner owner;
	const char *runtime;
	struct component id;
};

static bool starts_with(struct component component, const char *prefix)
{
	size_t size = strlen(prefix);

	return component.size >= size && memcmp(component.text, prefix, size) == 0;
}

static bool ends_with(struct component component, const char *suffix)
{
	size_t size = strlen(suffix);

	return component.size >= size && memcmp(component.text + component.size - size, suffix, size) == 0;
}

static bool equals(struct component component, const char *text)
{
	return component.size == strlen(text) && memcmp(component.text, text, component.size) == 0;
}

static struct component without_prefix(struct component component, size_t size)
{
	return (struct component){ component.text + size, component.size - size };
}

static struct component without_suffix(struct component component, const char *suffix)
{
	if (ends_with(component, suffix))
		component.size -= strlen(suffix);
	return component;
}

static bool is_hex(struct component component, size_t size)
{
	if (component.size != size)
		return false;
	for (size_t i = 0; i < size; i++)
		if (!isxdigit((unsigned char)component.text[i]) || isupper((unsigned char)component.text[i]))
			return false;
	return true;
}

/* 8-4-4-4-12 hex digits with @dash between. */
static bool is_uuid(struct component component, char dash)
{
	if (component.size != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		bool at_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (at_dash ? component.text[i] != dash : !isxdigit((unsigned char)component.text[i]))
			return false;
	}
	return true;
}

static void parse(const char *path, struct parsed *ret_parsed)
{
	ret_parsed->count = 0;
	while (*path && ret_parsed->count < COMPONENTS_MAX) {
		size_t size = strcspn(path, "/");

		if (size)
			ret_parsed->components[ret_parsed->count++] = (struct component){ path, size };
		path += size + (path[size] == '/');
	}
}

/* A container id: what runtimes make up themselves, or 64 hex digits. */
static bool is_container_id(struct component component)
{
	return is_hex(component, 64);
}

/* Prefixes of components that carry the id themselves: "docker-<id>.scope". */
static const struct {
	const char *prefix;
	const char *runtime;
	enum cgroup_owner owner;
	bool any_id; /* not only 64 hex digits */
} prefixes[] = {
	{ "crio-conmon-", "cri-o", CGROUP_OWNER_MONITOR, true },
	{ "libpod-conmon-", "podman", CGROUP_OWNER_MONITOR, true },
	{ "lxc.monitor.", "lxc", CGROUP_OWNER_MONITOR, true },
	{ "cri-containerd-", "cri-containerd", CGROUP_OWNER_CONTAINER, false },
	{ "libpod-payload-", "podman", CGROUP_OWNER_CONTAINER, false },
	{ "libpod-", "podman", CGROUP_OWNER_CONTAINER, false },
	{ "docker-", "docker", CGROUP_OWNER_CONTAINER, false },
	{ "crio-", "cri-o", CGROUP_OWNER_CONTAINER, false },
	{ "nerdctl-", "nerdctl", CGROUP_OWNER_CONTAINER, false },
	{ "runtime-rs-", "kata", CGROUP_OWNER_CONTAINER, false },
	{ "kata_", "kata", CGROUP_OWNER_CONTAINER, false },
	{ "lxc.payload.", "lxc", CGROUP_OWNER_CONTAINER, true },
	{ "runc-", "runc", CGROUP_OWNER_CONTAINER, true },
	{ "crun-", "crun", CGROUP_OWNER_CONTAINER, true },
	{ "youki-", "youki", CGROUP_OWNER_CONTAINER, true },
};

static bool match_prefix(struct component component, struct match *ret_match)
{
	for (size_t i = 0; i < ARRAY_COUNT(prefixes); i++) {
		struct component id;

		if (!starts_with(component, prefixes[i].prefix))
			continue;
		id = without_suffix(without_prefix(component, strlen(prefixes[i].prefix)), ".scope");
		if (!id.size || (!prefixes[i].any_id && !is_container_id(id)))
			continue;
		*ret_match = (struct match){ prefixes[i].owner, prefixes[i].runtime, id };
		return true;
	}
	return false;
}

/* "kubepods-burstable-pod<uid>.slice:cri-containerd:<id>": the cgroup driver of kubelet and runtime differ. */
static bool match_colons(struct component component, struct match *ret_match)
{
	const char *first = memchr(component.text, ':', component.size), *second;
	struct component rest, id;

	if (!first)
		return false;
	rest = without_prefix(component, first + 1 - component.text);
	second = memchr(rest.text, ':', rest.size);
	if (!second)
		return false;
	id = without_prefix(rest, second + 1 - rest.text);
	if (!is_container_id(id))
		return false;
	*ret_match = (struct match){ CGROUP_OWNER_CONTAINER, starts_with(rest, "crio:") ? "cri-o" : "cri-containerd", id };
	return true;
}

/* Directories whose child is a container's own cgroup. */
static const struct {
	const char *parent;
	const char *runtime;
	bool any_id;
} parents[] = {
	{ "docker", "docker", false },		{ "kata_overhead", "kata", false },
	{ "kata_sandboxed_pod", "kata", false }, { "firecracker", "firecracker", true },
	{ "default", "containerd", true },	{ "k8s.io", "containerd", true },
	{ "moby", "docker", false },		{ "buildkit", "buildkit", true },
	{ "lxc.payload", "lxc", true },
};

static bool match_parent(const struct parsed *parsed, size_t at, struct match *ret_match)
{
	struct component component = parsed->components[at];

	if (at == 0)
		return false;
	for (size_t i = 0; i < ARRAY_COUNT(parents); i++) {
		if (!equals(parsed->components[at - 1], parents[i].parent))
			continue;
		if (!parents[i].any_id && !is_container_id(component))
			continue;
		/* "/default/x" is containerd's only at the top */
		if (parents[i].any_id && at != 1)
			continue;
		*ret_match = (struct match){ CGROUP_OWNER_CONTAINER, parents[i].runtime, component };
		return true;
	}
	return false;
}

static bool is_pod(struct component component)
{
	return starts_with(component, "pod") && component.size > 3;
}

/* ".../pod<uid>/<id>" of the cgroupfs driver, and ECS's "/ecs/<task>/<id>". */
static bool match_below_pod(const struct parsed *parsed, size_t at, struct match *ret_match)
{
	struct component component = parsed->components[at];

	if (at == 0 || !is_container_id(component))
		return false;
	if (is_pod(parsed->components[at - 1]))
		*ret_match = (struct match){ CGROUP_OWNER_CONTAINER, "cri", component };
	else if (at >= 2 && equals(parsed->components[at - 2], "ecs"))
		*ret_match = (struct match){ CGROUP_OWNER_CONTAINER, "ecs", component };
	else
		return false;
	return true;
}

/* "/nomad.slice/share.slice/<uuid>.<task>.scope" */
static bool match_nomad(const struct parsed *parsed, size_t at, struct match *ret_match)
{
	struct component component = without_suffix(parsed->components[at], ".scope"), uuid;

	if (at == 0 || !equals(parsed->components[0], "nomad.slice") || component.size < 38)
		return false;
	uuid = (struct component){ component.text, 36 };
	if (!is_uuid(uuid, '-') || component.text[36] != '.')
		return false;
	*ret_match = (struct match){ CGROUP_OWNER_CONTAINER, "nomad", uuid };
	return true;
}

/* "/garden/<handle>", "/garden/good/<handle>" */
static bool match_garden(const struct parsed *parsed, size_t at, struct match *ret_match)
{
	const struct component *components = parsed->components;
	size_t handle = 1;

	if (parsed->count < 2 || !equals(components[0], "garden"))
		return false;
	if (parsed->count > 2 && (equals(components[1], "good") || equals(components[1], "bad")))
		handle = 2;
	if (at != handle)
		return false;
	*ret_match = (struct match){ CGROUP_OWNER_CONTAINER, "garden", components[at] };
	return true;
}

/* "/machine.slice/machine-web.scope/payload", "/machine.slice/systemd-nspawn@web.service/payload" */
static bool match_nspawn(const struct parsed *parsed, size_t at, struct match *ret_match)
{
	struct component component = parsed->components[at];

	if (at == 0 || !equals(parsed->components[at - 1], "machine.slice"))
		return false;
	if (starts_with(component, "systemd-nspawn@") && ends_with(component, ".service"))
		component = without_suffix(without_prefix(component, strlen("systemd-nspawn@")), ".service");
	else if (starts_with(component, "machine-") && ends_with(component, ".scope"))
		component = without_suffix(without_prefix(component, strlen("machine-")), ".scope");
	else
		return false;
	*ret_match = (struct match){ CGROUP_OWNER_CONTAINER, "nspawn", component };
	return true;
}

static bool match_podman_monitor(const struct parsed *parsed, size_t at, struct match *ret_match)
{
	if (at == 0 || !equals(parsed->components[at - 1], "libpod_parent") ||
	    !equals(parsed->components[at], "conmon"))
		return false;
	*ret_match = (struct match){ CGROUP_OWNER_MONITOR, "podman", parsed->components[at] };
	return true;
}

static bool match_component(const struct parsed *parsed, size_t at, struct match *ret_match)
{
	return match_prefix(parsed->components[at], ret_match) || match_colons(parsed->components[at], ret_match) ||
	       match_below_pod(parsed, at, ret_match) || match_nomad(parsed, at, ret_match) ||
	       match_garden(parsed, at, ret_match) || match_nspawn(parsed, at, ret_match) ||
	       match_podman_monitor(parsed, at, ret_match) || match_parent(parsed, at, ret_match);
}

static void copy(char *target, size_t target_size, struct component component)
{
	size_t size = component.size < target_size ? component.size : target_size - 1;

	memcpy(target, component.text, size);
	target[size] = '\0';
}

/* systemd writes "-" in unit names as "\x2d". */
static void unescape_unit(char *text)
{
	char *out = text;

	while (*text) {
		if (strncmp(text, "\\x2d", 4) == 0) {
			*out++ = '-';
			text += 4;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}

/* The uid in "pod<uid>", "kubepods-burstable-pod<uid_with_underscores>.slice[:...]". */
static bool pod_uid_of(struct component component, char uid[CGROUP_POD_SIZE])
{
	for (size_t i = 0; i + 3 < component.size; i++) {
		struct component rest = without_prefix(component, i), found;

		if (!starts_with(rest, "pod") || (i > 0 && component.text[i - 1] != '-'))
			continue;
		found = without_prefix(rest, 3);
		if (found.size >= 36 && (is_uuid((struct component){ found.text, 36 }, '-') ||
					 is_uuid((struct component){ found.text, 36 }, '_')))
			found.size = 36;
		else if (found.size >= 32 && is_hex((struct component){ found.text, 32 }, 32))
			found.size = 32;
		else
			continue;
		copy(uid, CGROUP_POD_SIZE, found);
		for (char *byte = uid; *byte; byte++)
			if (*byte == '_')
				*byte = '-';
		return true;
	}
	return false;
}

static void find_pod(const struct parsed *parsed, size_t last, char uid[CGROUP_POD_SIZE])
{
	for (size_t i = last + 1; i > 0; i--)
		if (pod_uid_of(parsed->components[i - 1], uid))
			return;
}

/* A bare directory at the top: runc and crun without a cgroup path put their containers there. */
static bool match_plain(const struct parsed *parsed, struct match *ret_match)
{
	static const char *const groups[] = { "kubepods", "docker", "libpod_parent", "garden", "ecs", "crio",
					      "default", "k8s.io", "moby", "buildkit", "lxc.pivot", "firecracker",
					      "kata_overhead", "kata_sandboxed_pod", "init", "podruntime" };
	struct component top;

	if (parsed->count == 0)
		return false;
	top = parsed->components[0];
	if (ends_with(top, ".slice") || ends_with(top, ".scope") || ends_with(top, ".service") ||
	    ends_with(top, ".mount") || ends_with(top, ".socket"))
		return false;
	for (size_t i = 0; i < ARRAY_COUNT(groups); i++)
		if (equals(top, groups[i]))
			return false;
	*ret_match = (struct match){ CGROUP_OWNER_CONTAINER, "runc", top };
	return true;
}

static bool match_systemd(const struct parsed *parsed, struct match *ret_match, size_t *ret_at)
{
	for (size_t i = parsed->count; i > 0; i--) {
		struct component component = parsed->components[i - 1];

		if (!ends_with(component, ".service") && !ends_with(component, ".scope"))
			continue;
		*ret_match = (struct match){ CGROUP_OWNER_SYSTEMD, "systemd", component };
		*ret_at = i - 1;
		return true;
	}
	return false;
}

/* The deepest component that a container runtime made. */
static bool match_deepest(const struct parsed *parsed, struct match *ret_match, size_t *ret_at)
{
	for (size_t i = parsed->count; i > 0; i--)
		if (match_component(parsed, i - 1, ret_match)) {
			*ret_at = i - 1;
			return true;
		}
	return false;
}

void cgroup_path_identify(const char *path, struct cgroup_identity *ret_identity)
{
	struct cgroup_identity identity = { .owner = CGROUP_OWNER_NONE, .runtime = "", .manager = "" };
	struct match match = { CGROUP_OWNER_NONE, "", { "", 0 } };
	struct parsed parsed;
	size_t at = 0;

	parse(path, &parsed);
	if (!match_deepest(&parsed, &match, &at) && !match_systemd(&parsed, &match, &at) &&
	    !match_plain(&parsed, &match)) {
		*ret_identity = identity;
		return;
	}
	identity.owner = match.owner;
	identity.runtime = identity.manager = match.runtime;
	identity.nested = match.owner == CGROUP_OWNER_CONTAINER && at + 1 < parsed.count;
	if (match.id.size >= sizeof(identity.id)) {
		identity.owner = CGROUP_OWNER_NONE; /* no runtime makes such an id */
	} else {
		copy(identity.id, sizeof(identity.id), match.id);
		if (strcmp(match.runtime, "nspawn") == 0)
			unescape_unit(identity.id);
		if (strcmp(match.runtime, "containerd") == 0 && at > 0)
			copy(identity.namespace, sizeof(identity.namespace), parsed.components[at - 1]);
		find_pod(&parsed, at, identity.pod_uid);
	}
	*ret_identity = identity;
}
