/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/device_names.h"

#include <string.h>

#include "cleanup.h"

#define MISC_MAJOR 10
#define TEE_MINORS 32 /* tee0 to tee15, teepriv0 to teepriv15 */
#define MINOR_MAX 0xfffff
#define MAJOR_MAX 0xfff

static const struct {
	const char *name;
	enum picket_device device;
} misc_names[] = {
	{ "sgx_enclave", PICKET_DEVICE_SGX_ENCLAVE },
	{ "isgx", PICKET_DEVICE_SGX_ENCLAVE }, /* before Linux 5.11 */
	{ "sgx_provision", PICKET_DEVICE_SGX_PROVISION },
	{ "sev", PICKET_DEVICE_SEV },
	{ "sev-guest", PICKET_DEVICE_SEV_GUEST },
	{ "tdx_guest", PICKET_DEVICE_TDX_GUEST },
	{ "uv", PICKET_DEVICE_UV },
	{ "kvm", PICKET_DEVICE_KVM },
	{ "fuse", PICKET_DEVICE_FUSE },
	{ "tun", PICKET_DEVICE_TUN },
};

static void add(struct device_names *names, uint32_t major, uint32_t minor, enum picket_device device)
{
	if (names->count == DEVICE_NAMES_MAX || major > MAJOR_MAX || minor > MINOR_MAX)
		return;
	names->items[names->count].node = major << 20 | minor;
	names->items[names->count++].device = device;
}

void device_names_add_misc(struct device_names *names, FILE *misc)
{
	char line[256], name[64];
	unsigned int minor;

	while (fgets(line, sizeof(line), misc)) {
		if (sscanf(line, "%u %63s", &minor, name) != 2)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(misc_names); i++)
			if (strcmp(name, misc_names[i].name) == 0)
				add(names, MISC_MAJOR, minor, misc_names[i].device);
	}
}

void device_names_add_devices(struct device_names *names, FILE *devices)
{
	char line[256], name[64];
	unsigned int major;

	while (fgets(line, sizeof(line), devices) && strncmp(line, "Block devices", 13) != 0) {
		if (sscanf(line, "%u %63s", &major, name) != 2 || strcmp(name, "tee") != 0)
			continue;
		for (uint32_t minor = 0; minor < TEE_MINORS; minor++)
			add(names, major, minor, PICKET_DEVICE_TEE);
	}
}

/* Nodes that are not named as the driver is. */
static const struct {
	const char *path;
	enum picket_device device;
} other_paths[] = {
	{ "sgx/enclave", PICKET_DEVICE_SGX_ENCLAVE },
	{ "sgx/provision", PICKET_DEVICE_SGX_PROVISION },
	{ "net/tun", PICKET_DEVICE_TUN },
};

enum picket_device device_of_path(const char *path)
{
	size_t digits;

	if (strncmp(path, "/dev/", 5) != 0)
		return PICKET_DEVICE_COUNT;
	path += 5;
	for (size_t i = 0; i < ARRAY_SIZE(misc_names); i++)
		if (strcmp(path, misc_names[i].name) == 0)
			return misc_names[i].device;
	for (size_t i = 0; i < ARRAY_SIZE(other_paths); i++)
		if (strcmp(path, other_paths[i].path) == 0)
			return other_paths[i].device;
	if (strncmp(path, "tee", 3) != 0)
		return PICKET_DEVICE_COUNT;
	path += strncmp(path, "teepriv", 7) == 0 ? 7 : 3;
	digits = strspn(path, "0123456789");
	return digits && !path[digits] ? PICKET_DEVICE_TEE : PICKET_DEVICE_COUNT;
}
