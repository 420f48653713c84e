/* SPDX-License-Identifier: GPL-2.0-only */
#include "isolation.h"

#include <ctype.h>
#include <string.h>

#include "cleanup.h"
#include "utf8.h"

const char *container_isolation_name(enum container_isolation isolation)
{
	static const char *const names[ISOLATION_COUNT] = {
		[ISOLATION_NAMESPACE] = "namespace", [ISOLATION_USERNS] = "userns",
		[ISOLATION_GVISOR] = "gvisor",	     [ISOLATION_MICROVM] = "microvm",
		[ISOLATION_WASM] = "wasm",	     [ISOLATION_CONFIDENTIAL] = "confidential",
	};

	return isolation < ISOLATION_COUNT ? names[isolation] : "";
}

const char *isolation_evidence_name(enum isolation_evidence evidence)
{
	static const char *const names[EVIDENCE_COUNT] = {
		[EVIDENCE_RUNTIME_TYPE] = "runtime_type",
		[EVIDENCE_ANNOTATION] = "annotation",
		[EVIDENCE_CONFIGURATION] = "configuration",
		[EVIDENCE_CGROUP] = "cgroup",
		[EVIDENCE_EXE] = "exe",
		[EVIDENCE_CMDLINE] = "cmdline",
		[EVIDENCE_MAPS] = "maps",
		[EVIDENCE_ENTRYPOINT] = "entrypoint",
		[EVIDENCE_NONE] = "none",
	};

	return evidence < EVIDENCE_COUNT ? names[evidence] : "";
}

/* Kubelets and hosts that run the modules of all pods within their own process. */
bool isolation_is_shared(const struct isolation *isolation)
{
	static const char *const engines[] = { "krustlet", "wasmcloud" };

	for (size_t i = 0; isolation->engine && i < ARRAY_SIZE(engines); i++)
		if (strcmp(isolation->engine, engines[i]) == 0)
			return true;
	return false;
}

const char *isolation_attribution(const struct isolation *isolation)
{
	static const bool own_kernel[ISOLATION_COUNT] = {
		[ISOLATION_GVISOR] = true,
		[ISOLATION_MICROVM] = true,
		[ISOLATION_CONFIDENTIAL] = true,
	};

	if (isolation_is_shared(isolation))
		return "node";
	return isolation->class < ISOLATION_COUNT && own_kernel[isolation->class] ? "sandbox" : "container";
}

const char *isolation_unseen(const struct isolation *isolation)
{
	static const char *const sentences[ISOLATION_COUNT] = {
		[ISOLATION_GVISOR] =
			"System calls of the workload are answered within the sandbox; counted are those that the "
			"sandbox itself makes on the host.",
		[ISOLATION_MICROVM] =
			"What happens within the guest stays there; counted is the virtual machine's process.",
		[ISOLATION_WASM] =
			"What the module computes stays within its memory; counted is what its engine does for it.",
		[ISOLATION_CONFIDENTIAL] =
			"The guest is closed to the host by design; counted is what its process does on the "
			"host.",
	};

	if (isolation_is_shared(isolation))
		return "All pods' modules run in one process: which of them opened, connected or used the processor cannot be "
		       "told apart, nor a module that was neither kept as a file nor is mapped or open be listed.";
	return isolation->class < ISOLATION_COUNT && sentences[isolation->class] ? sentences[isolation->class] : "";
}

/*
 * Words of names that are cut at "-", "_", ".", and between words and what
 * follows: "kata-qemu" is in "io.containerd.kata-qemu.v2", not in
 * "strikata-qemu". First match wins, so the more particular come first.
 */
static const struct {
	const char *words;
	enum container_isolation isolation;
	const char *engine, *tee;
} runtimes[] = {
	{ "kata-qemu-coco-dev", ISOLATION_MICROVM, "qemu", NULL }, /* made for trying; no trusted hardware */
	{ "kata-qemu-snp", ISOLATION_CONFIDENTIAL, "qemu", "sev-snp" },
	{ "kata-qemu-sev", ISOLATION_CONFIDENTIAL, "qemu", "sev" },
	{ "kata-qemu-tdx", ISOLATION_CONFIDENTIAL, "qemu", "tdx" },
	{ "kata-qemu-se", ISOLATION_CONFIDENTIAL, "qemu", "secure-execution" },
	{ "kata-qemu-nvidia-gpu-snp", ISOLATION_CONFIDENTIAL, "qemu", "sev-snp" },
	{ "kata-qemu-nvidia-gpu-tdx", ISOLATION_CONFIDENTIAL, "qemu", "tdx" },
	{ "enclave-cc", ISOLATION_CONFIDENTIAL, "enclave-cc", "sgx" },
	{ "kata-fc", ISOLATION_MICROVM, "firecracker", NULL },
	{ "kata-clh", ISOLATION_MICROVM, "cloud-hypervisor", NULL },
	{ "kata-dragonball", ISOLATION_MICROVM, "dragonball", NULL },
	{ "kata-stratovirt", ISOLATION_MICROVM, "stratovirt", NULL },
	{ "kata-qemu", ISOLATION_MICROVM, "qemu", NULL },
	{ "kata", ISOLATION_MICROVM, NULL, NULL },
	{ "firecracker", ISOLATION_MICROVM, "firecracker", NULL },
	{ "cloud-hypervisor", ISOLATION_MICROVM, "cloud-hypervisor", NULL },
	{ "stratovirt", ISOLATION_MICROVM, "stratovirt", NULL },
	{ "qemu-system", ISOLATION_MICROVM, "qemu", NULL },
	{ "krun", ISOLATION_MICROVM, "libkrun", NULL },
	{ "runsc", ISOLATION_GVISOR, "runsc", NULL },
	{ "gvisor", ISOLATION_GVISOR, "runsc", NULL },
	{ "krustlet", ISOLATION_WASM, "krustlet", NULL },
	{ "wasmcloud", ISOLATION_WASM, "wasmcloud", NULL },
	{ "spin", ISOLATION_WASM, "spin", NULL },
	{ "slight", ISOLATION_WASM, "slight", NULL },
	{ "lunatic", ISOLATION_WASM, "lunatic", NULL },
	{ "wws", ISOLATION_WASM, "wws", NULL },
	{ "wasmtime", ISOLATION_WASM, "wasmtime", NULL },
	{ "wasmedge", ISOLATION_WASM, "wasmedge", NULL },
	{ "wasmer", ISOLATION_WASM, "wasmer", NULL },
	{ "wamr", ISOLATION_WASM, "wamr", NULL },
	{ "wasm", ISOLATION_WASM, NULL, NULL },
};

static bool has_words(const char *name, size_t size, const char *words)
{
	size_t words_size = strlen(words);

	for (size_t i = 0; i + words_size <= size; i++) {
		bool begins = i == 0 || !isalnum((unsigned char)name[i - 1]);
		bool ends = i + words_size == size || !isalnum((unsigned char)name[i + words_size]);

		if (begins && ends && memcmp(name + i, words, words_size) == 0)
			return true;
	}
	return false;
}

/* More of it would only be cut by whoever reads it; names are ASCII. */
static void keep_handler(struct isolation *isolation, const char *name, size_t size)
{
	if (size >= sizeof(isolation->handler))
		size = utf8_valid_size(name, sizeof(isolation->handler) - 1);
	memcpy(isolation->handler, name, size);
	isolation->handler[size] = '\0';
}

struct isolation isolation_of_runtime(const char *name, enum isolation_evidence evidence)
{
	struct isolation found = ISOLATION_UNKNOWN;
	size_t size = strcspn(name, "\n");
	const char *slash = memrchr(name, '/', size);

	if (slash) {
		size -= (size_t)(slash + 1 - name);
		name = slash + 1;
	}
	keep_handler(&found, name, size);
	for (size_t i = 0; i < ARRAY_SIZE(runtimes); i++) {
		if (!has_words(name, size, runtimes[i].words))
			continue;
		found.class = runtimes[i].isolation;
		found.engine = runtimes[i].engine;
		found.tee = runtimes[i].tee;
		found.evidence = evidence;
		break;
	}
	return found;
}

/* A shim for WebAssembly was asked to start a program that is none. */
static void settle_native(struct isolation *isolation)
{
	if (!isolation->native || isolation->class != ISOLATION_WASM || isolation->evidence != EVIDENCE_RUNTIME_TYPE)
		return;
	isolation->class = ISOLATION_NAMESPACE;
	isolation->evidence = EVIDENCE_ENTRYPOINT;
	isolation->engine = NULL;
}

void isolation_raise(struct isolation *isolation, struct isolation found)
{
	bool further = found.class > isolation->class;
	bool better = found.class == isolation->class && found.evidence < isolation->evidence;

	isolation->native |= found.native;
	if (further || better) {
		isolation->class = found.class;
		isolation->evidence = found.evidence;
	}
	if (found.engine && (further || better || (found.class == isolation->class && !isolation->engine)))
		isolation->engine = found.engine;
	if (further || (found.class == isolation->class && !isolation->tee))
		isolation->tee = found.tee;
	if (*found.handler && (!*isolation->handler || (further && found.class > ISOLATION_USERNS)))
		memcpy(isolation->handler, found.handler, sizeof(isolation->handler));
	settle_native(isolation);
}

static struct isolation proven(enum container_isolation class, enum isolation_evidence evidence)
{
	struct isolation isolation = ISOLATION_UNKNOWN;

	isolation.class = class;
	isolation.evidence = evidence;
	return isolation;
}

struct isolation isolation_of_entrypoint(const unsigned char *head, size_t size)
{
	static const unsigned char module[] = { 0, 'a', 's', 'm' }, program[] = { 0x7f, 'E', 'L', 'F' };
	struct isolation found = ISOLATION_UNKNOWN;

	if (size >= sizeof(module) && memcmp(head, module, sizeof(module)) == 0)
		return proven(ISOLATION_WASM, EVIDENCE_ENTRYPOINT);
	found.native = size >= sizeof(program) && memcmp(head, program, sizeof(program)) == 0;
	return found;
}

/* The program is a WebAssembly module, as far as its name tells. */
static bool starts_module(const json_t *config)
{
	const json_t *arguments = json_object_get(json_object_get(config, "process"), "args");
	const char *program = json_string_value(json_array_get(arguments, 0));
	const char *dot = program ? strrchr(program, '.') : NULL;

	return dot && (strcmp(dot, ".wasm") == 0 || strcmp(dot, ".wat") == 0);
}

/* What crun obeys. The smart ones leave programs of the machine's own kind to Linux. */
static const struct {
	const char *key;
	const char *smart;
	const char *always; /* NULL: the value is a handler's name */
} wasm_annotations[] = {
	{ "run.oci.handler", "wasm-smart", NULL },
	{ "module.wasm.image/variant", "compat-smart", "compat" },
};

static struct isolation isolation_of_annotations(const json_t *config)
{
	const json_t *annotations = json_object_get(config, "annotations");
	struct isolation isolation = ISOLATION_UNKNOWN;

	for (size_t i = 0; i < ARRAY_SIZE(wasm_annotations); i++) {
		const char *value = json_string_value(json_object_get(annotations, wasm_annotations[i].key));

		if (!value)
			continue;
		if (strcmp(value, wasm_annotations[i].smart) == 0) {
			if (starts_module(config))
				isolation_raise(&isolation, proven(ISOLATION_WASM, EVIDENCE_ANNOTATION));
		} else if (!wasm_annotations[i].always) {
			isolation_raise(&isolation, isolation_of_runtime(value, EVIDENCE_ANNOTATION));
		} else if (strcmp(value, wasm_annotations[i].always) == 0) {
			isolation_raise(&isolation, proven(ISOLATION_WASM, EVIDENCE_ANNOTATION));
		}
	}
	return isolation;
}

static bool has_user_namespace(const json_t *config)
{
	const json_t *linux_part = json_object_get(config, "linux"), *namespace;
	size_t i;

	if (!json_array_size(json_object_get(linux_part, "uidMappings")))
		return false;
	json_array_foreach (json_object_get(linux_part, "namespaces"), i, namespace) {
		const char *type = json_string_value(json_object_get(namespace, "type"));

		if (type && strcmp(type, "user") == 0)
			return true;
	}
	return false;
}

struct isolation isolation_of_oci(const json_t *config)
{
	struct isolation isolation = isolation_of_annotations(config);

	if (has_user_namespace(config))
		isolation_raise(&isolation, proven(ISOLATION_USERNS, EVIDENCE_CONFIGURATION));
	return isolation;
}
