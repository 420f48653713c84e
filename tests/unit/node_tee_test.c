/* SPDX-License-Identifier: GPL-2.0-only */
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "state/node_tee.h"

/* A machine as its files tell it. */
static char root[64];

static int start_machine(void **state)
{
	(void)state;
	strcpy(root, "/tmp/node_tee_test.XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	return remove(path);
}

static int end_machine(void **state)
{
	(void)state;
	return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Folders above it, too. */
static void place(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s", root, name);
	for (char *slash = strchr(path + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

static void has_file(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	place(path, sizeof(path), name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void has_device(const char *name)
{
	char path[256];

	place(path, sizeof(path), name);
	assert_int_equal(symlink("/dev/null", path), 0);
}

static void add(void *context, const char *technology, const char *role, const char *state)
{
	char *list = context;

	sprintf(list + strlen(list), "%s%s/%s/%s", *list ? " " : "", technology, role, state);
}

static struct node_tee assert_tells(const char *expected)
{
	char procfs[128], sysfs[128], cgroup2[128], list[1024] = "";
	struct node_tee_places places = { procfs, sysfs, root, cgroup2 };
	struct node_tee tee;

	snprintf(procfs, sizeof(procfs), "%s/proc", root);
	snprintf(sysfs, sizeof(sysfs), "%s/sys", root);
	snprintf(cgroup2, sizeof(cgroup2), "%s/cgroup", root);
	node_tee_read(&places, &tee);
	node_tee_visit(&tee, add, list);
	assert_string_equal(list, expected);
	return tee;
}

static void ordinary_machine_has_none(void **state)
{
	(void)state;
	has_file("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vme sgxy notsev\nbugs\t\t: sev sgx\n");
	has_file("sys/module/kvm_amd/parameters/sev", "N\n");
	has_file("sys/module/kvm_intel/parameters/tdx", "0\n");
	has_file("dev/sgx_enclave", "no device");
	assert_tells("");
}

static void machine_without_any_file_has_none(void **state)
{
	(void)state;
	assert_int_equal(assert_tells("").epc_nodes, 0);
}

static void sgx_is_told_with_launch_control_and_its_memory(void **state)
{
	struct node_tee tee;

	(void)state;
	has_file("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu sgx sgx_lc\n");
	has_file("sys/devices/system/node/node0/x86/sgx_total_bytes", "534773760\n");
	has_file("sys/devices/system/node/node1/x86/sgx_total_bytes", "none\n");
	has_device("dev/sgx_enclave");
	has_device("dev/sgx/enclave");
	has_device("dev/sgx_provision");
	has_device("dev/sgx_vepc");
	tee = assert_tells(
		"sgx/host/cpu sgx/host/launch_control sgx/host/device sgx/host/provisioning sgx/host/guests");
	assert_int_equal(tee.epc_nodes, 1);
	assert_int_equal(tee.epc_bytes[0], 534773760);
}

static void host_of_tdx_guests(void **state)
{
	(void)state;
	has_file("proc/cpuinfo", "flags : tdx_host_platform\n");
	has_file("sys/module/kvm_intel/parameters/tdx", "Y\n");
	has_file("sys/devices/faux/tdx_host/version", "1.5.06\n");
	assert_tells("tdx/host/cpu tdx/host/enabled");
}

static void guest_of_tdx(void **state)
{
	(void)state;
	has_file("proc/cpuinfo", "flags : fpu tdx_guest\n");
	has_device("dev/tdx_guest");
	assert_tells("tdx/guest/enabled tdx/guest/device");
}

static void host_of_sev_snp_guests(void **state)
{
	(void)state;
	has_file("proc/cpuinfo", "flags : sme sev sev_es sev_snp\n");
	has_file("sys/module/kvm_amd/parameters/sev", "Y\n");
	has_file("sys/module/kvm_amd/parameters/sev_es", "1\n");
	has_file("sys/module/kvm_amd/parameters/sev_snp", "Y\n");
	has_device("dev/sev");
	assert_tells("sev/host/cpu sev/host/enabled sev/host/device sev-es/host/cpu sev-es/host/enabled "
		     "sev-snp/host/cpu sev-snp/host/enabled");
}

static void flags_of_sev_alone_make_no_guest(void **state)
{
	(void)state;
	has_file("proc/cpuinfo", "flags : sev sev_es sev_snp");
	assert_tells("sev/host/cpu sev-es/host/cpu sev-snp/host/cpu");
}

static void guest_of_sev_snp(void **state)
{
	(void)state;
	has_file("proc/cpuinfo", "flags : fpu\n");
	has_file("sys/devices/system/cpu/sev/vmpl", "0\n");
	has_device("dev/sev-guest");
	assert_tells("sev-snp/guest/enabled sev-snp/guest/device");
}

static void optee_of_an_arm_machine(void **state)
{
	(void)state;
	has_file("proc/cpuinfo", "processor\t: 0\nFeatures\t: fp asimd\n");
	has_file("sys/bus/tee/drivers/optee/uevent", "");
	has_device("dev/tee0");
	has_device("dev/teepriv0");
	assert_tells("trustzone/host/enabled trustzone/host/device trustzone/host/supplicant");
}

static void the_secure_world_says_whose_it_is(void **state)
{
	(void)state;
	has_device("dev/tee0");
	has_file("sys/class/tee/tee0/implementation_id", "2\n");
	assert_tells("amd-tee/host/device");
	has_file("sys/class/tee/tee0/implementation_id", "1\n");
	assert_tells("trustzone/host/device");
	has_file("sys/class/tee/tee0/implementation_id", "77\n"); /* not known yet */
	assert_tells("");
	has_file("sys/class/tee/tee0/implementation_id", "what\n"); /* and the device does not answer either */
	assert_tells("trustzone/host/device");
}

static void capacities_are_told_as_the_kernel_counts_them(void **state)
{
	struct node_tee tee;

	(void)state;
	has_file("cgroup/misc.capacity", "sev 509\nsev_es 0\nres_a 50\nsgx_epc 98566144\ntdx max\n");
	tee = assert_tells("");
	assert_int_equal(tee.capacities, 1 << NODE_TEE_SEV | 1 << NODE_TEE_SEV_ES | 1 << NODE_TEE_SGX_EPC);
	assert_int_equal(tee.capacity[NODE_TEE_SEV], 509);
	assert_int_equal(tee.capacity[NODE_TEE_SEV_ES], 0);
	assert_int_equal(tee.capacity[NODE_TEE_SGX_EPC], 98566144);
}

static void capacities_of_the_controllers_own_mount_are_found(void **state)
{
	(void)state;
	has_file("sys/fs/cgroup/misc/misc.capacity", "tdx 31\n");
	assert_int_equal(assert_tells("").capacity[NODE_TEE_TDX], 31);
}

static void lines_that_are_no_capacity_are_passed_over(void **state)
{
	static const char *const lines[] = {
		"", "sev", "sev ", "sev -1", "sev 1x", "sevx 1", "sev 99999999999999999999", "\n", " 1"
	};
	struct node_tee tee = { .capacities = 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		node_tee_take_capacity(lines[i], &tee);
	assert_int_equal(tee.capacities, 0);
}

static void guest_of_arm_cca(void **state)
{
	(void)state;
	has_file("sys/devices/platform/arm-cca-dev/uevent", "");
	assert_tells("cca/guest/enabled");
}

static void guest_of_secure_execution(void **state)
{
	(void)state;
	has_file("sys/firmware/uv/prot_virt_host", "0\n");
	has_file("sys/firmware/uv/prot_virt_guest", "1\n");
	assert_tells("secure-execution/guest/enabled");
}

static void secure_execution_tells_host_from_guest(void **state)
{
	(void)state;
	has_file("sys/firmware/uv/prot_virt_host", "1\n");
	has_file("sys/firmware/uv/prot_virt_guest", "0\n");
	has_device("dev/uv");
	assert_tells("secure-execution/host/enabled secure-execution/host/device");
}

#define MACHINE_TEST(function) cmocka_unit_test_setup_teardown(function, start_machine, end_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MACHINE_TEST(ordinary_machine_has_none),
		MACHINE_TEST(machine_without_any_file_has_none),
		MACHINE_TEST(sgx_is_told_with_launch_control_and_its_memory),
		MACHINE_TEST(host_of_tdx_guests),
		MACHINE_TEST(guest_of_tdx),
		MACHINE_TEST(host_of_sev_snp_guests),
		MACHINE_TEST(flags_of_sev_alone_make_no_guest),
		MACHINE_TEST(guest_of_sev_snp),
		MACHINE_TEST(optee_of_an_arm_machine),
		MACHINE_TEST(the_secure_world_says_whose_it_is),
		MACHINE_TEST(capacities_are_told_as_the_kernel_counts_them),
		MACHINE_TEST(capacities_of_the_controllers_own_mount_are_found),
		MACHINE_TEST(lines_that_are_no_capacity_are_passed_over),
		MACHINE_TEST(guest_of_arm_cca),
		MACHINE_TEST(guest_of_secure_execution),
		MACHINE_TEST(secure_execution_tells_host_from_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
