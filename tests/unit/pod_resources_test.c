/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "picket/operations.h"
#include "state/pod_resources.h"

/*
 * As a kubelet sends it: pod "p" in "n", of which container "c" has device "sgx0" of sgx.intel.com/enclave, "d" a resource
 * sgx.intel.com/provision without any device; and fields of a later version.
 */
/* clang-format off */
static const unsigned char answer[] = {
	0x00, 0x00, 0x00, 0x00, 0x50, 0x0a, 0x4e, 0x0a, 0x01, 0x70, 0x12, 0x01, 0x6e, 0x1a, 0x22, 0x0a,
	0x01, 0x63, 0x12, 0x1d, 0x0a, 0x15, 0x73, 0x67, 0x78, 0x2e, 0x69, 0x6e, 0x74, 0x65, 0x6c, 0x2e,
	0x63, 0x6f, 0x6d, 0x2f, 0x65, 0x6e, 0x63, 0x6c, 0x61, 0x76, 0x65, 0x12, 0x04, 0x73, 0x67, 0x78,
	0x30, 0x1a, 0x20, 0x0a, 0x01, 0x64, 0x12, 0x19, 0x0a, 0x17, 0x73, 0x67, 0x78, 0x2e, 0x69, 0x6e,
	0x74, 0x65, 0x6c, 0x2e, 0x63, 0x6f, 0x6d, 0x2f, 0x70, 0x72, 0x6f, 0x76, 0x69, 0x73, 0x69, 0x6f,
	0x6e, 0x18, 0x01, 0x20, 0x07,
};
/* clang-format on */

static uint32_t given(const char *namespace, const char *pod, const char *container)
{
	struct pod_resources *resources = NULL;
	uint32_t found;

	assert_int_equal(pod_resources_parse(answer, sizeof(answer), &resources), 0);
	found = pod_resources_devices(resources, namespace, pod, container);
	pod_resources_free(resources);
	return found;
}

static void a_device_belongs_to_the_container_it_was_given(void **state)
{
	(void)state;
	assert_int_equal(given("n", "p", "c"), 1U << PICKET_DEVICE_SGX_ENCLAVE);
	assert_int_equal(given("n", "p", "d"), 0);
	assert_int_equal(given("n", "q", "c"), 0);
	assert_int_equal(given("m", "p", "c"), 0);
	assert_int_equal(given("", "", ""), 0);
}

static void resources_are_known_by_their_names(void **state)
{
	static const struct {
		const char *resource;
		uint32_t device;
	} names[] = {
		{ "sgx.intel.com/provision", 1U << PICKET_DEVICE_SGX_PROVISION },
		{ "sgx.intel.com/epc", 0 },
		{ "smarter-devices/sev-guest", 1U << PICKET_DEVICE_SEV_GUEST },
		{ "plugin.example/dev_tdx_guest", 1U << PICKET_DEVICE_TDX_GUEST },
		{ "nvidia.com/gpu", 0 },
		{ "sev", 0 },
		{ "x/", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(pod_resources_device(names[i].resource), names[i].device);
}

/* Each cut of a good answer, and one that is compressed. */
static void what_is_no_answer_is_refused(void **state)
{
	unsigned char damaged[sizeof(answer)];
	struct pod_resources *resources = (struct pod_resources *)&damaged;

	(void)state;
	for (size_t size = 0; size < sizeof(answer); size++)
		assert_int_equal(pod_resources_parse(answer, size, &resources), -EBADMSG);
	memcpy(damaged, answer, sizeof(answer));
	damaged[0] = 1;
	assert_int_equal(pod_resources_parse(damaged, sizeof(damaged), &resources), -EBADMSG);
	damaged[0] = 0;
	damaged[6] = 0x7f; /* longer than what is there */
	assert_int_equal(pod_resources_parse(damaged, sizeof(damaged), &resources), -EBADMSG);
	assert_ptr_equal(resources, &damaged);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_belongs_to_the_container_it_was_given),
		cmocka_unit_test(resources_are_known_by_their_names),
		cmocka_unit_test(what_is_no_answer_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
