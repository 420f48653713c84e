/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cleanup.h"
#include "host_root.h"
#include "picket/operations.h"
#include "state/runtime_files.h"

#define TASKS "/io.containerd.runtime.v2.task/"

static int read_path(const char *cgroup_path, struct container_names *ret_names)
{
	struct cgroup_identity identity;

	cgroup_path_identify(cgroup_path, &identity);
	return runtime_files_read(host_root, &identity, ret_names);
}

static void the_program_of_the_bundle_tells_modules_from_others(void **state)
{
	static const struct {
		const char *head;
		enum container_isolation isolation;
		enum isolation_evidence evidence;
	} programs[] = {
		{ "\177ELF", ISOLATION_NAMESPACE, EVIDENCE_ENTRYPOINT },
		{ "asm", ISOLATION_WASM, EVIDENCE_RUNTIME_TYPE },
	};

	(void)state;
	host_root_write("run/containerd" TASKS "default/m/config.json",
			"{\"root\":{\"path\":\"rootfs\"},\"process\":{\"args\":[\"/app\"]},"
			"\"linux\":{\"devices\":[{\"path\":\"/dev/sev-guest\"},{\"path\":7}]}}");
	host_root_write("run/containerd" TASKS "default/m/runtime", "io.containerd.wasmtime.v1");
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		struct container_names names;

		host_root_write("run/containerd" TASKS "default/m/rootfs/app", programs[i].head);
		assert_int_equal(read_path("/default/m", &names), 0);
		assert_int_equal(names.isolation.class, programs[i].isolation);
		assert_int_equal(names.isolation.evidence, programs[i].evidence);
		assert_string_equal(names.isolation.handler, "io.containerd.wasmtime.v1");
		assert_int_equal(names.devices, 1U << PICKET_DEVICE_SEV_GUEST);
		container_names_free(&names);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_program_of_the_bundle_tells_modules_from_others, host_root_make,
						host_root_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
