/* SPDX-License-Identifier: GPL-2.0-only */
#include "posture.h"

#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"

static const char *const weakness_names[WEAKNESS_COUNT] = {
	[WEAKNESS_UNKNOWN] = "unknown",
	[WEAKNESS_PRIVILEGED] = "privileged",
	[WEAKNESS_HOST_PID] = "host_pid",
	[WEAKNESS_HOST_NETWORK] = "host_network",
	[WEAKNESS_HOST_IPC] = "host_ipc",
	[WEAKNESS_HOST_DEVICE] = "host_device",
	[WEAKNESS_SENSITIVE_MOUNT] = "sensitive_mount",
	[WEAKNESS_RUNTIME_SOCKET] = "docker_socket_mounted",
	[WEAKNESS_ROOT_USER] = "root_user",
	[WEAKNESS_NO_SECCOMP] = "no_seccomp",
	[WEAKNESS_NO_LSM_PROFILE] = "no_lsm_profile",
	[WEAKNESS_NEW_PRIVILEGES] = "no_new_privs_off",
	[WEAKNESS_WRITABLE_ROOT] = "writable_rootfs",
};

static const char *const capability_names[] = {
	[CAP_CHOWN] = "CHOWN",
	[CAP_DAC_OVERRIDE] = "DAC_OVERRIDE",
	[CAP_DAC_READ_SEARCH] = "DAC_READ_SEARCH",
	[CAP_FOWNER] = "FOWNER",
	[CAP_FSETID] = "FSETID",
	[CAP_KILL] = "KILL",
	[CAP_SETGID] = "SETGID",
	[CAP_SETUID] = "SETUID",
	[CAP_SETPCAP] = "SETPCAP",
	[CAP_LINUX_IMMUTABLE] = "LINUX_IMMUTABLE",
	[CAP_NET_BIND_SERVICE] = "NET_BIND_SERVICE",
	[CAP_NET_BROADCAST] = "NET_BROADCAST",
	[CAP_NET_ADMIN] = "NET_ADMIN",
	[CAP_NET_RAW] = "NET_RAW",
	[CAP_IPC_LOCK] = "IPC_LOCK",
	[CAP_IPC_OWNER] = "IPC_OWNER",
	[CAP_SYS_MODULE] = "SYS_MODULE",
	[CAP_SYS_RAWIO] = "SYS_RAWIO",
	[CAP_SYS_CHROOT] = "SYS_CHROOT",
	[CAP_SYS_PTRACE] = "SYS_PTRACE",
	[CAP_SYS_PACCT] = "SYS_PACCT",
	[CAP_SYS_ADMIN] = "SYS_ADMIN",
	[CAP_SYS_BOOT] = "SYS_BOOT",
	[CAP_SYS_NICE] = "SYS_NICE",
	[CAP_SYS_RESOURCE] = "SYS_RESOURCE",
	[CAP_SYS_TIME] = "SYS_TIME",
	[CAP_SYS_TTY_CONFIG] = "SYS_TTY_CONFIG",
	[CAP_MKNOD] = "MKNOD",
	[CAP_LEASE] = "LEASE",
	[CAP_AUDIT_WRITE] = "AUDIT_WRITE",
	[CAP_AUDIT_CONTROL] = "AUDIT_CONTROL",
	[CAP_SETFCAP] = "SETFCAP",
	[CAP_MAC_OVERRIDE] = "MAC_OVERRIDE",
	[CAP_MAC_ADMIN] = "MAC_ADMIN",
	[CAP_SYSLOG] = "SYSLOG",
	[CAP_WAKE_ALARM] = "WAKE_ALARM",
	[CAP_BLOCK_SUSPEND] = "BLOCK_SUSPEND",
	[CAP_AUDIT_READ] = "AUDIT_READ",
	[CAP_PERFMON] = "PERFMON",
	[CAP_BPF] = "BPF",
	[CAP_CHECKPOINT_RESTORE] = "CHECKPOINT_RESTORE",
};

#define BIT(capability) (1ULL << (capability))
/* What Docker and containerd give every container. */
#define USUAL \
	(BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) | BIT(CAP_KILL) | \
	 BIT(CAP_SETGID) | BIT(CAP_SETUID) | BIT(CAP_SETPCAP) | BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_NET_RAW) | \
	 BIT(CAP_SYS_CHROOT) | BIT(CAP_MKNOD) | BIT(CAP_AUDIT_WRITE) | BIT(CAP_SETFCAP))

/* Of the host; what lies below them is often harmless (/etc/localtime). */
static const char *const sensitive_paths[] = { "/",
					       "/dev",
					       "/etc",
					       "/etc/passwd",
					       "/etc/shadow",
					       "/home",
					       "/lib",
					       "/lib/modules",
					       "/run",
					       "/sys",
					       "/usr",
					       "/var",
					       "/var/lib",
					       "/var/lib/containerd",
					       "/var/lib/containers",
					       "/var/lib/docker",
					       "/var/lib/kubelet",
					       "/var/log",
					       "/var/run" };

/* With all that lies below. */
static const char *const sensitive_trees[] = { "/boot",		 "/etc/cron.d", "/etc/kubernetes", "/etc/ssh",
					       "/etc/systemd",	 "/proc",	"/root",	   "/sys/fs/bpf",
					       "/sys/fs/cgroup", "/sys/kernel" };

/* Whoever may write to one of these commands the node. */
static const char *const runtime_sockets[] = { "docker.sock", "containerd.sock",  "crio.sock",
					       "podman.sock", "cri-dockerd.sock", "buildkitd.sock" };

static const char *text(const json_t *object, const char *key)
{
	const char *found = json_string_value(json_object_get(object, key));

	return found ? found : "";
}

static bool is_sensitive(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(sensitive_paths); i++)
		if (strcmp(path, sensitive_paths[i]) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(sensitive_trees); i++) {
		size_t size = strlen(sensitive_trees[i]);

		if (strncmp(path, sensitive_trees[i], size) == 0 && (path[size] == '/' || !path[size]))
			return true;
	}
	return false;
}

static bool is_runtime_socket(const char *path)
{
	const char *slash = strrchr(path, '/');

	for (size_t i = 0; i < ARRAY_SIZE(runtime_sockets); i++)
		if (slash && strcmp(slash + 1, runtime_sockets[i]) == 0)
			return true;
	return false;
}

static bool is_bind(const json_t *mount)
{
	const json_t *option;
	size_t i;

	if (strcmp(text(mount, "type"), "bind") == 0)
		return true;
	json_array_foreach (json_object_get(mount, "options"), i, option) {
		const char *value = json_string_value(option);

		if (value && (strcmp(value, "bind") == 0 || strcmp(value, "rbind") == 0))
			return true;
	}
	return false;
}

static uint32_t weak_mounts(const json_t *config)
{
	uint32_t found = 0;
	const json_t *mount;
	size_t i;

	json_array_foreach (json_object_get(config, "mounts"), i, mount) {
		const char *source = text(mount, "source");

		if (!is_bind(mount))
			continue;
		found |= is_sensitive(source) ? 1U << WEAKNESS_SENSITIVE_MOUNT : 0;
		found |= is_runtime_socket(source) ? 1U << WEAKNESS_RUNTIME_SOCKET : 0;
	}
	return found;
}

/* Names of the host's own namespaces; any other path is one that a pod shares. */
static bool is_hosts(const char *namespace_path)
{
	static const char *const hosts[] = { "/proc/1/ns/", "/run/docker/netns/default",
					     "/var/run/docker/netns/default" };

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		if (strncmp(namespace_path, hosts[i], strlen(hosts[i])) == 0)
			return true;
	return false;
}

/* Whether the container gets a namespace that is not the host's. */
static bool has_namespace(const json_t *linux_part, const char *type)
{
	const json_t *namespace;
	size_t i;

	json_array_foreach (json_object_get(linux_part, "namespaces"), i, namespace)
		if (strcmp(text(namespace, "type"), type) == 0)
			return !is_hosts(text(namespace, "path"));
	return false;
}

static uint32_t weak_namespaces(const json_t *linux_part)
{
	static const struct {
		const char *type;
		enum weakness weakness;
	} shared[] = { { "pid", WEAKNESS_HOST_PID },
		       { "network", WEAKNESS_HOST_NETWORK },
		       { "ipc", WEAKNESS_HOST_IPC } };
	uint32_t found = 0;

	for (size_t i = 0; i < ARRAY_SIZE(shared); i++)
		found |= has_namespace(linux_part, shared[i].type) ? 0 : 1U << shared[i].weakness;
	return found;
}

/* A device rule without type and number allows all devices. */
static bool allows_all_devices(const json_t *linux_part)
{
	const json_t *rule;
	bool allowed = false;
	size_t i;

	json_array_foreach (json_object_get(json_object_get(linux_part, "resources"), "devices"), i, rule) {
		const char *type = text(rule, "type");

		if ((!*type || strcmp(type, "a") == 0) && json_integer_value(json_object_get(rule, "major")) <= 0)
			allowed = json_is_true(json_object_get(rule, "allow"));
	}
	return allowed;
}

static uint64_t bounding_capabilities(const json_t *process)
{
	const json_t *capability;
	uint64_t found = 0;
	size_t i;

	json_array_foreach (json_object_get(json_object_get(process, "capabilities"), "bounding"), i, capability) {
		const char *name = json_string_value(capability);

		for (size_t j = 0; name && strncmp(name, "CAP_", 4) == 0 && j < ARRAY_SIZE(capability_names); j++)
			if (strcmp(name + 4, capability_names[j]) == 0)
				found |= BIT(j);
	}
	return found;
}

static uint32_t weak_process(const json_t *config, const json_t *process, const json_t *linux_part)
{
	const char *profile = text(process, "apparmorProfile");
	bool confined = (*profile && strcmp(profile, "unconfined") != 0) || *text(process, "selinuxLabel");
	bool root = json_integer_value(json_object_get(json_object_get(process, "user"), "uid")) == 0;
	uint32_t found = 0;

	found |= root && !has_namespace(linux_part, "user") ? 1U << WEAKNESS_ROOT_USER : 0;
	found |= confined ? 0 : 1U << WEAKNESS_NO_LSM_PROFILE;
	found |= json_is_object(json_object_get(linux_part, "seccomp")) ? 0 : 1U << WEAKNESS_NO_SECCOMP;
	found |= json_is_true(json_object_get(process, "noNewPrivileges")) ? 0 : 1U << WEAKNESS_NEW_PRIVILEGES;
	found |= json_is_true(json_object_get(json_object_get(config, "root"), "readonly"))
			 ? 0
			 : 1U << WEAKNESS_WRITABLE_ROOT;
	return found;
}

struct posture posture_of_oci(const json_t *config)
{
	const json_t *process = json_object_get(config, "process"), *linux_part = json_object_get(config, "linux");
	uint64_t bounding = bounding_capabilities(process);
	struct posture posture = { .capabilities = bounding & ~USUAL };

	posture.weaknesses = weak_mounts(config) | weak_namespaces(linux_part) |
			     weak_process(config, process, linux_part);
	if (json_array_size(json_object_get(linux_part, "devices")))
		posture.weaknesses |= 1U << WEAKNESS_HOST_DEVICE;
	if (allows_all_devices(linux_part) && (bounding & BIT(CAP_SYS_ADMIN))) {
		posture.weaknesses |= 1U << WEAKNESS_PRIVILEGED;
		posture.capabilities = 0;
	}
	return posture;
}

void posture_visit(const struct posture *posture, void (*visit)(void *context, const char *weakness), void *context)
{
	char label[48];

	for (size_t i = 0; i < WEAKNESS_COUNT; i++)
		if (posture->weaknesses & 1U << i)
			visit(context, weakness_names[i]);
	for (size_t i = 0; i < ARRAY_SIZE(capability_names); i++) {
		if (!(posture->capabilities & BIT(i)))
			continue;
		snprintf(label, sizeof(label), "added_capability:%s", capability_names[i]);
		visit(context, label);
	}
}

const char *posture_capability_name(unsigned int capability)
{
	return capability < ARRAY_SIZE(capability_names) ? capability_names[capability] : NULL;
}
