/* SPDX-License-Identifier: GPL-2.0-only */
#include "node_tee.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "cleanup.h"

enum evidence {
	CPU_FLAG,     /* a word of cpuinfo's flags */
	SYSFS_YES,    /* a file of sysfs that begins with Y or 1 */
	SYSFS_EXISTS, /* a file or folder of sysfs */
	DEVICE,	      /* a character device below /dev */
	SECURE_WORLD, /* who answers behind /dev/tee0: a TEE_IMPL_ID_* of the kernel; 0: it is not told */
};

/* A flag says what the processor can, also within a guest; only the kernel's own words tell what is in use. */
static const struct {
	const char *technology, *role, *state;
	enum evidence evidence;
	const char *name;
} table[] = {
	{ "sgx", "host", "cpu", CPU_FLAG, "sgx" },
	{ "sgx", "host", "launch_control", CPU_FLAG, "sgx_lc" },
	{ "sgx", "host", "device", DEVICE, "sgx_enclave" },
	{ "sgx", "host", "device", DEVICE, "sgx/enclave" },
	{ "sgx", "host", "device", DEVICE, "isgx" },
	{ "sgx", "host", "provisioning", DEVICE, "sgx_provision" },
	{ "sgx", "host", "provisioning", DEVICE, "sgx/provision" },
	{ "sgx", "host", "guests", DEVICE, "sgx_vepc" },
	{ "sev", "host", "cpu", CPU_FLAG, "sev" },
	{ "sev", "host", "enabled", SYSFS_YES, "module/kvm_amd/parameters/sev" },
	{ "sev", "host", "device", DEVICE, "sev" },
	{ "sev-es", "host", "cpu", CPU_FLAG, "sev_es" },
	{ "sev-es", "host", "enabled", SYSFS_YES, "module/kvm_amd/parameters/sev_es" },
	{ "sev-snp", "host", "cpu", CPU_FLAG, "sev_snp" },
	{ "sev-snp", "host", "enabled", SYSFS_YES, "module/kvm_amd/parameters/sev_snp" },
	{ "sev-snp", "guest", "enabled", SYSFS_EXISTS, "devices/system/cpu/sev/vmpl" },
	{ "sev-snp", "guest", "device", DEVICE, "sev-guest" },
	{ "tdx", "host", "cpu", CPU_FLAG, "tdx_host_platform" },
	{ "tdx", "host", "enabled", SYSFS_YES, "module/kvm_intel/parameters/tdx" },
	{ "tdx", "host", "enabled", SYSFS_EXISTS, "devices/faux/tdx_host/version" },
	{ "tdx", "guest", "enabled", CPU_FLAG, "tdx_guest" },
	{ "tdx", "guest", "device", DEVICE, "tdx_guest" },
	{ "trustzone", "host", "enabled", SYSFS_EXISTS, "bus/tee/drivers/optee" },
	{ "trustzone", "host", "device", SECURE_WORLD, "0" },
	{ "trustzone", "host", "device", SECURE_WORLD, "1" }, /* OP-TEE */
	{ "amd-tee", "host", "device", SECURE_WORLD, "2" },
	{ "trustzone", "host", "device", SECURE_WORLD, "3" }, /* Trusted Services by FF-A */
	{ "trustzone", "host", "supplicant", DEVICE, "teepriv0" },
	{ "cca", "guest", "enabled", SYSFS_EXISTS, "devices/platform/arm-cca-dev" },
	{ "cca", "guest", "enabled", SYSFS_EXISTS, "module/arm_cca_guest" },
	{ "secure-execution", "host", "enabled", SYSFS_YES, "firmware/uv/prot_virt_host" },
	{ "secure-execution", "guest", "enabled", SYSFS_YES, "firmware/uv/prot_virt_guest" },
	{ "secure-execution", "host", "device", DEVICE, "uv" },
};
_Static_assert(ARRAY_SIZE(table) <= 64, "one bit per row");

/* The first processor's flags, one space around each. NULL: none, no memory. */
static char *read_flags(const char *procfs_path)
{
	AUTO_FREE char *line = NULL;
	AUTO_FCLOSE FILE *file = NULL;
	char path[PATH_MAX], *flags = NULL;
	size_t room = 0;

	snprintf(path, sizeof(path), "%s/cpuinfo", procfs_path);
	file = fopen(path, "re");
	while (file && !flags && getline(&line, &room, file) > 0) {
		char *colon = strchr(line, ':');

		if (!colon || (strncmp(line, "flags", 5) != 0 && strncmp(line, "Features", 8) != 0))
			continue;
		if (asprintf(&flags, "%.*s ", (int)strcspn(colon + 1, "\n"), colon + 1) < 0)
			return NULL;
	}
	return flags;
}

static bool has_flag(const char *flags, const char *name)
{
	char word[64];

	snprintf(word, sizeof(word), " %s ", name);
	return flags && strstr(flags, word);
}

static bool says_yes(const char *sysfs_path, const char *name)
{
	AUTO_FCLOSE FILE *file = NULL;
	char path[PATH_MAX];
	int first;

	snprintf(path, sizeof(path), "%s/%s", sysfs_path, name);
	file = fopen(path, "re");
	first = file ? fgetc(file) : EOF;
	return first == 'Y' || first == '1';
}

static bool exists(const char *sysfs_path, const char *name)
{
	char path[PATH_MAX];
	struct stat status;

	snprintf(path, sizeof(path), "%s/%s", sysfs_path, name);
	return stat(path, &status) == 0;
}

static bool is_device(const char *rootfs_path, const char *name)
{
	char path[PATH_MAX];
	struct stat status;

	snprintf(path, sizeof(path), "%s/dev/%s", rootfs_path, name);
	return stat(path, &status) == 0 && S_ISCHR(status.st_mode);
}

static void read_epc(const char *sysfs_path, struct node_tee *tee)
{
	for (unsigned int node = 0; node < NODE_TEE_NUMA_MAX; node++) {
		AUTO_FCLOSE FILE *file = NULL;
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/devices/system/node/node%u/x86/sgx_total_bytes", sysfs_path, node);
		file = fopen(path, "re");
		if (file && fscanf(file, "%lu", &tee->epc_bytes[node]) == 1)
			tee->epc_nodes |= 1ULL << node;
	}
}

/* TEE_IOC_VERSION of linux/tee.h; numbers are the kernel's ABI. */
struct tee_version {
	uint32_t implementation, implementation_capabilities, capabilities;
};

#define TEE_IOC_VERSION 0x800ca400

/* Return: TEE_IMPL_ID_*; 0: it does not say. */
static unsigned int ask_device(const char *root)
{
	struct tee_version version;
	AUTO_CLOSE int fd = -1;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/dev/tee0", root);
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return fd >= 0 && ioctl(fd, TEE_IOC_VERSION, &version) == 0 ? version.implementation : 0;
}

/* Return: TEE_IMPL_ID_*, 0: unknown, as text; NULL: there is no device. */
static const char *secure_world(const char *sysfs_path, const char *root, char text[16])
{
	AUTO_FCLOSE FILE *file = NULL;
	char path[PATH_MAX];
	unsigned int implementation = 0;

	if (!is_device(root, "tee0"))
		return NULL;
	snprintf(path, sizeof(path), "%s/class/tee/tee0/implementation_id", sysfs_path);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%9u", &implementation) != 1)
		implementation = ask_device(root);
	snprintf(text, 16, "%u", implementation);
	return text;
}

const char *node_tee_resource_name(enum node_tee_resource resource)
{
#define RESOURCE_NAME(id, name) [NODE_TEE_##id] = (name),
	static const char *const names[NODE_TEE_RESOURCE_COUNT] = { NODE_TEE_RESOURCES(RESOURCE_NAME) };

	return resource < NODE_TEE_RESOURCE_COUNT ? names[resource] : "";
}

void node_tee_take_capacity(const char *line, struct node_tee *tee)
{
	size_t size = strcspn(line, " \n");
	char *end;

	for (unsigned int i = 0; i < NODE_TEE_RESOURCE_COUNT; i++) {
		const char *name = node_tee_resource_name(i);
		unsigned long long value;

		if (strlen(name) != size || strncmp(line, name, size) != 0 || line[size] != ' ' ||
		    !isdigit((unsigned char)line[size + 1]))
			continue;
		errno = 0;
		value = strtoull(line + size + 1, &end, 10);
		if (errno || (*end && *end != '\n'))
			return;
		tee->capacity[i] = value;
		tee->capacities |= 1U << i;
	}
}

/* Of cgroup2, or of the misc controller mounted by itself. */
static void read_capacity(const struct node_tee_places *places, struct node_tee *tee)
{
	AUTO_FREE char *line = NULL;
	AUTO_FCLOSE FILE *file = NULL;
	char path[PATH_MAX];
	size_t room = 0;

	snprintf(path, sizeof(path), "%s/misc.capacity", places->cgroup2_path ? places->cgroup2_path : "");
	file = fopen(path, "re");
	snprintf(path, sizeof(path), "%s/fs/cgroup/misc/misc.capacity", places->sysfs_path);
	if (!file)
		file = fopen(path, "re");
	while (file && getline(&line, &room, file) > 0)
		node_tee_take_capacity(line, tee);
}

void node_tee_read(const struct node_tee_places *places, struct node_tee *ret_tee)
{
	AUTO_FREE char *flags = read_flags(places->procfs_path);
	const char *root = places->rootfs_path ? places->rootfs_path : "", *sysfs_path = places->sysfs_path;
	char text[16];
	const char *world = secure_world(sysfs_path, root, text);

	memset(ret_tee, 0, sizeof(*ret_tee));
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const char *name = table[i].name;
		bool found = false;

		switch (table[i].evidence) {
		case CPU_FLAG:
			found = has_flag(flags, name);
			break;
		case SYSFS_YES:
			found = says_yes(sysfs_path, name);
			break;
		case SYSFS_EXISTS:
			found = exists(sysfs_path, name);
			break;
		case DEVICE:
			found = is_device(root, name);
			break;
		case SECURE_WORLD:
			found = world && strcmp(world, name) == 0;
			break;
		}
		ret_tee->found |= found ? 1ULL << i : 0;
	}
	read_epc(sysfs_path, ret_tee);
	read_capacity(places, ret_tee);
}

static bool told_before(const struct node_tee *tee, size_t row)
{
	for (size_t i = 0; i < row; i++)
		if ((tee->found & 1ULL << i) && strcmp(table[i].technology, table[row].technology) == 0 &&
		    strcmp(table[i].role, table[row].role) == 0 && strcmp(table[i].state, table[row].state) == 0)
			return true;
	return false;
}

void node_tee_visit(const struct node_tee *tee,
		    void (*visit)(void *context, const char *technology, const char *role, const char *state),
		    void *context)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if ((tee->found & 1ULL << i) && !told_before(tee, i))
			visit(context, table[i].technology, table[i].role, table[i].state);
}
