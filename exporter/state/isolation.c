/* SPDX-License-Identifier: GPL-2.0-only */
#include "isolation.h"

#include <ctype.h>
#include <string.h>

#include "cleanup.h"

const char *container_isolation_name(enum container_isolation isolation)
{
	static const char *const names[ISOLATION_COUNT] = {
		[ISOLATION_NAMESPACE] = "namespace", [ISOLATION_USERNS] = "userns",
		[ISOLATION_GVISOR] = "gvisor",	     [ISOLATION_MICROVM] = "microvm",
		[ISOLATION_WASM] = "wasm",	     [ISOLATION_CONFIDENTIAL] = "confidential",
	};

	return isolation < ISOLATION_COUNT ? names[isolation] : "";
}

/*
 * Words of names that are cut at "-", "_", ".", and between words and what
 * follows: "kata-qemu" is in "io.containerd.kata-qemu.v2", not in
 * "strikata-qemu". First match wins, so the more particular come first.
 */
static const struct {
	const char *words;
	enum container_isolation isolation;
} runtimes[] = {
	{ "kata-qemu-coco-dev", ISOLATION_MICROVM }, /* made for trying; no trusted hardware */
	{ "kata-qemu-snp", ISOLATION_CONFIDENTIAL },
	{ "kata-qemu-tdx", ISOLATION_CONFIDENTIAL },
	{ "kata-qemu-se", ISOLATION_CONFIDENTIAL },
	{ "kata-qemu-nvidia-gpu-snp", ISOLATION_CONFIDENTIAL },
	{ "kata-qemu-nvidia-gpu-tdx", ISOLATION_CONFIDENTIAL },
	{ "enclave-cc", ISOLATION_CONFIDENTIAL },
	{ "kata", ISOLATION_MICROVM },
	{ "firecracker", ISOLATION_MICROVM },
	{ "krun", ISOLATION_MICROVM },
	{ "runsc", ISOLATION_GVISOR },
	{ "gvisor", ISOLATION_GVISOR },
	{ "wasmtime", ISOLATION_WASM },
	{ "wasmedge", ISOLATION_WASM },
	{ "wasmer", ISOLATION_WASM },
	{ "wamr", ISOLATION_WASM },
	{ "wasm", ISOLATION_WASM },
	{ "spin", ISOLATION_WASM },
	{ "slight", ISOLATION_WASM },
	{ "lunatic", ISOLATION_WASM },
	{ "wws", ISOLATION_WASM },
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

enum container_isolation isolation_of_runtime(const char *name)
{
	size_t size = strcspn(name, "\n");
	const char *slash = memrchr(name, '/', size);

	if (slash) {
		size -= (size_t)(slash + 1 - name);
		name = slash + 1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(runtimes); i++)
		if (has_words(name, size, runtimes[i].words))
			return runtimes[i].isolation;
	return ISOLATION_NAMESPACE;
}

void isolation_raise(enum container_isolation *isolation, enum container_isolation found)
{
	if (found > *isolation)
		*isolation = found;
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

static enum container_isolation isolation_of_annotations(const json_t *config)
{
	const json_t *annotations = json_object_get(config, "annotations");
	enum container_isolation isolation = ISOLATION_NAMESPACE;

	for (size_t i = 0; i < ARRAY_SIZE(wasm_annotations); i++) {
		const char *value = json_string_value(json_object_get(annotations, wasm_annotations[i].key));

		if (!value)
			continue;
		if (strcmp(value, wasm_annotations[i].smart) == 0)
			isolation_raise(&isolation, starts_module(config) ? ISOLATION_WASM : ISOLATION_NAMESPACE);
		else if (!wasm_annotations[i].always)
			isolation_raise(&isolation, isolation_of_runtime(value));
		else if (strcmp(value, wasm_annotations[i].always) == 0)
			isolation_raise(&isolation, ISOLATION_WASM);
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

enum container_isolation isolation_of_oci(const json_t *config)
{
	enum container_isolation isolation = isolation_of_annotations(config);

	if (has_user_namespace(config))
		isolation_raise(&isolation, ISOLATION_USERNS);
	return isolation;
}
