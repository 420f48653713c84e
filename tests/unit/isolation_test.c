/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cleanup.h"
#include "state/isolation.h"

static void a_runtimes_name_tells_the_isolation(void **state)
{
	static const struct {
		const char *name;
		enum container_isolation isolation;
	} names[] = {
		{ "", ISOLATION_NAMESPACE },
		{ "runc", ISOLATION_NAMESPACE },
		{ "crun", ISOLATION_NAMESPACE },
		{ "io.containerd.runc.v2", ISOLATION_NAMESPACE },
		{ "/opt/wasmtime/bin/containerd-shim-runc-v2", ISOLATION_NAMESPACE },
		{ "/usr/bin/runc\n/usr/bin/runsc", ISOLATION_NAMESPACE },
		{ "strikatas", ISOLATION_NAMESPACE },
		{ "inspinner", ISOLATION_NAMESPACE },
		{ "io.containerd.runsc.v1", ISOLATION_GVISOR },
		{ "runsc", ISOLATION_GVISOR },
		{ "/usr/local/bin/containerd-shim-runsc-v1\n", ISOLATION_GVISOR },
		{ "gvisor", ISOLATION_GVISOR },
		{ "io.containerd.kata.v2", ISOLATION_MICROVM },
		{ "io.containerd.kata-fc.v2", ISOLATION_MICROVM },
		{ "/opt/kata/bin/containerd-shim-kata-v2", ISOLATION_MICROVM },
		{ "kata-qemu", ISOLATION_MICROVM },
		{ "kata-clh", ISOLATION_MICROVM },
		{ "kata-dragonball", ISOLATION_MICROVM },
		{ "kata-remote", ISOLATION_MICROVM },
		{ "kata-qemu-coco-dev", ISOLATION_MICROVM },
		{ "krun", ISOLATION_MICROVM },
		{ "kata-qemu-snp", ISOLATION_CONFIDENTIAL },
		{ "kata-qemu-tdx", ISOLATION_CONFIDENTIAL },
		{ "kata-qemu-se", ISOLATION_CONFIDENTIAL },
		{ "kata-qemu-nvidia-gpu-snp", ISOLATION_CONFIDENTIAL },
		{ "kata-qemu-nvidia-gpu-tdx", ISOLATION_CONFIDENTIAL },
		{ "kata-qemu-nvidia-gpu", ISOLATION_MICROVM },
		{ "enclave-cc", ISOLATION_CONFIDENTIAL },
		{ "containerd-shim-wasmtime-v1", ISOLATION_WASM },
		{ "containerd-shim-wasmedge-v1", ISOLATION_WASM },
		{ "containerd-shim-wasmer-v1", ISOLATION_WASM },
		{ "containerd-shim-wamr-v1", ISOLATION_WASM },
		{ "/var/lib/kwasm/containerd-shim-spin-v2", ISOLATION_WASM },
		{ "containerd-shim-slight-v1", ISOLATION_WASM },
		{ "containerd-shim-lunatic-v1", ISOLATION_WASM },
		{ "containerd-shim-wws-v1", ISOLATION_WASM },
		{ "io.containerd.spin.v2", ISOLATION_WASM },
		{ "io.containerd.wasmedge.v1", ISOLATION_WASM },
		{ "wasmtime-spin-v2", ISOLATION_WASM },
		{ "wasm", ISOLATION_WASM },
		{ "/usr/bin/crun-wasm", ISOLATION_WASM },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (isolation_of_runtime(names[i].name, EVIDENCE_EXE).class != names[i].isolation)
			fail_msg("%s: %s", names[i].name,
				 container_isolation_name(isolation_of_runtime(names[i].name, EVIDENCE_EXE).class));
}

static void an_oci_configuration_tells_the_isolation(void **state)
{
	static const struct {
		const char *config;
		enum container_isolation isolation;
	} configs[] = {
		{ "{}", ISOLATION_NAMESPACE },
		{ "[]", ISOLATION_NAMESPACE },
		{ "{\"annotations\":[\"run.oci.handler\"]}", ISOLATION_NAMESPACE },
		{ "{\"annotations\":{\"run.oci.handler\":7}}", ISOLATION_NAMESPACE },
		{ "{\"annotations\":{\"run.oci.handler\":\"wasm\"}}", ISOLATION_WASM },
		{ "{\"annotations\":{\"run.oci.handler\":\"wasmedge\"}}", ISOLATION_WASM },
		{ "{\"annotations\":{\"run.oci.handler\":\"krun\"}}", ISOLATION_MICROVM },
		{ "{\"annotations\":{\"run.oci.handler\":\"wasm-smart\"}}", ISOLATION_NAMESPACE },
		{ "{\"annotations\":{\"run.oci.handler\":\"wasm-smart\"},\"process\":{\"args\":[\"/bin/sh\"]}}",
		  ISOLATION_NAMESPACE },
		{ "{\"annotations\":{\"run.oci.handler\":\"wasm-smart\"},\"process\":{\"args\":[\"/hi.wasm\"]}}",
		  ISOLATION_WASM },
		{ "{\"annotations\":{\"module.wasm.image/variant\":\"compat\"}}", ISOLATION_WASM },
		{ "{\"annotations\":{\"module.wasm.image/variant\":\"compat-smart\"},\"process\":{\"args\":[\"hi.wat\"]}}",
		  ISOLATION_WASM },
		{ "{\"annotations\":{\"module.wasm.image/variant\":\"compat-smart\"},\"process\":{\"args\":[\"sh\"]}}",
		  ISOLATION_NAMESPACE },
		{ "{\"linux\":{\"uidMappings\":[{\"containerID\":0}],\"namespaces\":[{\"type\":\"user\"}]}}",
		  ISOLATION_USERNS },
		{ "{\"linux\":{\"uidMappings\":[],\"namespaces\":[{\"type\":\"user\"}]}}", ISOLATION_NAMESPACE },
		{ "{\"linux\":{\"uidMappings\":[{}],\"namespaces\":[{\"type\":\"mount\"}]}}", ISOLATION_NAMESPACE },
		{ "{\"linux\":{\"uidMappings\":{},\"namespaces\":7}}", ISOLATION_NAMESPACE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		json_t *config = json_loads(configs[i].config, 0, NULL);

		assert_non_null(config);
		if (isolation_of_oci(config).class != configs[i].isolation)
			fail_msg("%s: %s", configs[i].config, container_isolation_name(isolation_of_oci(config).class));
		json_decref(config);
	}
}

static struct isolation proof(enum container_isolation class, enum isolation_evidence evidence)
{
	return (struct isolation){ .class = class, .evidence = evidence };
}

static void evidence_only_adds_up(void **state)
{
	struct isolation isolation = ISOLATION_UNKNOWN;

	(void)state;
	isolation_raise(&isolation, proof(ISOLATION_USERNS, EVIDENCE_CONFIGURATION));
	assert_int_equal(isolation.class, ISOLATION_USERNS);
	isolation_raise(&isolation, proof(ISOLATION_MICROVM, EVIDENCE_EXE));
	isolation_raise(&isolation, proof(ISOLATION_USERNS, EVIDENCE_CONFIGURATION));
	isolation_raise(&isolation, ISOLATION_UNKNOWN);
	assert_int_equal(isolation.class, ISOLATION_MICROVM);
	assert_int_equal(isolation.evidence, EVIDENCE_EXE);
}

static void of_the_same_kind_the_most_trustworthy_evidence_is_told(void **state)
{
	struct isolation isolation = ISOLATION_UNKNOWN, maps = proof(ISOLATION_WASM, EVIDENCE_MAPS);

	(void)state;
	maps.engine = "wasmedge";
	isolation_raise(&isolation, maps);
	isolation_raise(&isolation, isolation_of_runtime("wasm", EVIDENCE_ANNOTATION));
	assert_int_equal(isolation.evidence, EVIDENCE_ANNOTATION);
	assert_string_equal(isolation.engine, "wasmedge");
	assert_string_equal(isolation.handler, "wasm");
	isolation_raise(&isolation, proof(ISOLATION_WASM, EVIDENCE_ENTRYPOINT));
	assert_int_equal(isolation.evidence, EVIDENCE_ANNOTATION);
}

static void engine_tee_and_handler_are_told_by_the_name(void **state)
{
	struct isolation found = isolation_of_runtime("/opt/kata/bin/kata-qemu-snp\n", EVIDENCE_RUNTIME_TYPE);

	(void)state;
	assert_string_equal(found.engine, "qemu");
	assert_string_equal(found.tee, "sev-snp");
	assert_string_equal(found.handler, "kata-qemu-snp");
	assert_string_equal(isolation_attribution(&found), "sandbox");
	found = isolation_of_runtime("io.containerd.runc.v2", EVIDENCE_RUNTIME_TYPE);
	assert_null(found.engine);
	assert_int_equal(found.evidence, EVIDENCE_NONE);
	assert_string_equal(found.handler, "io.containerd.runc.v2");
	assert_string_equal(isolation_attribution(&found), "container");
}

static void endless_name_is_cut(void **state)
{
	char name[4096];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(strlen(isolation_of_runtime(name, EVIDENCE_EXE).handler), ISOLATION_HANDLER_SIZE - 1);
}

static void program_under_a_shim_for_modules_is_an_ordinary_container(void **state)
{
	static const unsigned char elf[] = "\177ELF", module[] = "\0asm";
	const struct isolation shim = isolation_of_runtime("containerd-shim-wasmtime-v1", EVIDENCE_RUNTIME_TYPE);
	struct isolation isolation = shim;

	(void)state;
	isolation_raise(&isolation, isolation_of_entrypoint(module, 4));
	assert_int_equal(isolation.class, ISOLATION_WASM);
	assert_int_equal(isolation.evidence, EVIDENCE_RUNTIME_TYPE);
	isolation_raise(&isolation, isolation_of_entrypoint(elf, 4));
	isolation_raise(&isolation, shim);
	assert_int_equal(isolation.class, ISOLATION_NAMESPACE);
	assert_int_equal(isolation.evidence, EVIDENCE_ENTRYPOINT);
	assert_int_equal(isolation_of_entrypoint(module, 4).class, ISOLATION_WASM);
	assert_int_equal(isolation_of_entrypoint(module, 3).class, ISOLATION_NAMESPACE);
}

static void every_isolation_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < ISOLATION_COUNT; i++) {
		assert_true(*container_isolation_name(i) != '\0');
		for (int j = 0; j < i; j++)
			assert_string_not_equal(container_isolation_name(i), container_isolation_name(j));
	}
	assert_string_equal(container_isolation_name(ISOLATION_COUNT), "");
	assert_string_equal(container_isolation_name(ISOLATION_WASM), "wasm");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_runtimes_name_tells_the_isolation),
		cmocka_unit_test(an_oci_configuration_tells_the_isolation),
		cmocka_unit_test(evidence_only_adds_up),
		cmocka_unit_test(of_the_same_kind_the_most_trustworthy_evidence_is_told),
		cmocka_unit_test(engine_tee_and_handler_are_told_by_the_name),
		cmocka_unit_test(endless_name_is_cut),
		cmocka_unit_test(program_under_a_shim_for_modules_is_an_ordinary_container),
		cmocka_unit_test(every_isolation_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
