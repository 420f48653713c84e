/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cleanup.h"
#include "state/device_names.h"

static struct device_names names_of(const char *misc, const char *devices)
{
	struct device_names names = { 0 };
	AUTO_FCLOSE FILE *misc_file = fmemopen((void *)misc, strlen(misc), "r");
	AUTO_FCLOSE FILE *devices_file = fmemopen((void *)devices, strlen(devices), "r");

	device_names_add_misc(&names, misc_file);
	device_names_add_devices(&names, devices_file);
	return names;
}

/* Return: the kind of device, or PICKET_DEVICE_COUNT. */
static uint32_t device_at(const struct device_names *names, uint32_t major, uint32_t minor)
{
	for (size_t i = 0; i < names->count; i++)
		if (names->items[i].node == (major << 20 | minor))
			return names->items[i].device;
	return PICKET_DEVICE_COUNT;
}

/* What each platform's kernel says, as far as it matters here. */
static const struct {
	const char *platform, *misc, *devices;
	uint32_t major, minor, device;
} platforms[] = {
	{ "SGX enclave", "125 sgx_enclave\n126 sgx_provision\n", "", 10, 125, PICKET_DEVICE_SGX_ENCLAVE },
	{ "SGX provision", "125 sgx_enclave\n126 sgx_provision\n", "", 10, 126, PICKET_DEVICE_SGX_PROVISION },
	{ "SGX before 5.11", " 57 isgx\n", "", 10, 57, PICKET_DEVICE_SGX_ENCLAVE },
	{ "SEV host", "122 sev\n232 kvm\n", "", 10, 122, PICKET_DEVICE_SEV },
	{ "SEV-SNP guest", "121 sev-guest\n", "", 10, 121, PICKET_DEVICE_SEV_GUEST },
	{ "TDX guest", "123 tdx_guest\n", "", 10, 123, PICKET_DEVICE_TDX_GUEST },
	{ "Secure Execution guest", "120 uv\n", "", 10, 120, PICKET_DEVICE_UV },
	{ "OP-TEE", "", "Character devices:\n  1 mem\n245 tee\n\nBlock devices:\n  8 sd\n", 245, 16,
	  PICKET_DEVICE_TEE },
	{ "no TEE", "232 kvm\n200 tun\n229 fuse\n", "Character devices:\n  1 mem\n", 10, 200, PICKET_DEVICE_TUN },
};

static void the_devices_of_every_platform_are_told_by_their_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(platforms); i++) {
		struct device_names names = names_of(platforms[i].misc, platforms[i].devices);

		if (device_at(&names, platforms[i].major, platforms[i].minor) != platforms[i].device)
			fail_msg("%s", platforms[i].platform);
	}
}

static void a_block_device_of_the_same_name_is_none_of_them(void **state)
{
	struct device_names names = names_of("x", "Character devices:\n  1 mem\n\nBlock devices:\n245 tee\n");

	(void)state;
	assert_int_equal(names.count, 0);
}

static void lines_that_say_something_else_are_passed_over(void **state)
{
	struct device_names names = names_of("sgx_enclave\n\n125\n-3 sev\n99999999 sev\n125 sgx_enclave_x\n 232 kvm\n",
					     "Character devices:\n9999 tee\n");

	(void)state;
	assert_int_equal(names.count, 1);
	assert_int_equal(device_at(&names, 10, 232), PICKET_DEVICE_KVM);
}

static void more_devices_than_there_is_room_for_are_left_out(void **state)
{
	char misc[200 * 8] = "";
	struct device_names names;

	(void)state;
	for (int i = 0; i < 200; i++)
		sprintf(misc + strlen(misc), "%d kvm\n", i);
	names = names_of(misc, "x");
	assert_int_equal(names.count, DEVICE_NAMES_MAX);
}

static void nodes_of_trusted_devices_are_known_by_their_paths(void **state)
{
	static const struct {
		const char *path;
		enum picket_device device;
	} paths[] = {
		{ "/dev/sgx_enclave", PICKET_DEVICE_SGX_ENCLAVE },
		{ "/dev/sgx/enclave", PICKET_DEVICE_SGX_ENCLAVE },
		{ "/dev/sgx/provision", PICKET_DEVICE_SGX_PROVISION },
		{ "/dev/sev-guest", PICKET_DEVICE_SEV_GUEST },
		{ "/dev/tee0", PICKET_DEVICE_TEE },
		{ "/dev/teepriv12", PICKET_DEVICE_TEE },
		{ "/dev/tee", PICKET_DEVICE_COUNT },
		{ "/dev/tee0x", PICKET_DEVICE_COUNT },
		{ "/dev/null", PICKET_DEVICE_COUNT },
		{ "/tmp/sev-guest", PICKET_DEVICE_COUNT },
		{ "", PICKET_DEVICE_COUNT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (device_of_path(paths[i].path) != paths[i].device)
			fail_msg("%s", paths[i].path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_devices_of_every_platform_are_told_by_their_numbers),
		cmocka_unit_test(a_block_device_of_the_same_name_is_none_of_them),
		cmocka_unit_test(lines_that_say_something_else_are_passed_over),
		cmocka_unit_test(more_devices_than_there_is_room_for_are_left_out),
		cmocka_unit_test(nodes_of_trusted_devices_are_known_by_their_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
