/* SPDX-License-Identifier: GPL-2.0-only */
#include "isolation.h"

#include <string.h>

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *container_isolation_name(enum container_isolation isolation)
{
	static const char *const names[ISOLATION_COUNT] = {
		[ISOLATION_NAMESPACE] = "namespace", [ISOLATION_USERNS] = "userns", [ISOLATION_GVISOR] = "gvisor",
		[ISOLATION_MICROVM] = "microvm",     [ISOLATION_WASM] = "wasm",	    [ISOLATION_CONFIDENTIAL] = "confidential",
	};

	return names[isolation];
}

/* First match wins, so the more particular come first. */
static const struct {
	const char *part; /* of the basename */
	enum container_isolation isolation;
} runtimes[] = {
	{ "kata-qemu-coco-dev", ISOLATION_MICROVM },
	{ "kata-qemu-snp", ISOLATION_CONFIDENTIAL },
	{ "kata-qemu-tdx", ISOLATION_CONFIDENTIAL },
	{ "kata-qemu-se", ISOLATION_CONFIDENTIAL },
	{ "kata-qemu-nvidia-gpu-snp", ISOLATION_CONFIDENTIAL },
	{ "kata-qemu-nvidia-gpu-tdx", ISOLATION_CONFIDENTIAL },
	{ "enclave-cc", ISOLATION_CONFIDENTIAL },
	{ "kata", ISOLATION_MICROVM },
	{ "firecracker", ISOLATION_MICROVM },
	{ "runsc", ISOLATION_GVISOR },
	{ "gvisor", ISOLATION_GVISOR },
	{ "wasmtime", ISOLATION_WASM },
	{ "wasmedge", ISOLATION_WASM },
	{ "wasmer", ISOLATION_WASM },
	{ "wamr", ISOLATION_WASM },
	{ "wasm", ISOLATION_WASM },
	{ "-spin", ISOLATION_WASM },
	{ ".spin.", ISOLATION_WASM },
	{ "slight", ISOLATION_WASM },
	{ "lunatic", ISOLATION_WASM },
	{ "-wws", ISOLATION_WASM },
	{ ".wws.", ISOLATION_WASM },
};

enum container_isolation isolation_of_runtime(const char *name)
{
	const char *slash = strrchr(name, '/');

	name = slash ? slash + 1 : name;
	for (size_t i = 0; i < ARRAY_COUNT(runtimes); i++)
		if (strstr(name, runtimes[i].part))
			return runtimes[i].isolation;
	return ISOLATION_NAMESPACE;
}

static bool is_wasm_annotation(const char *key, const char *value)
{
	if (strcmp(key, "run.oci.handler") == 0)
		return strncmp(value, "wasm", 4) == 0 || isolation_of_runtime(value) == ISOLATION_WASM;
	return strcmp(key, "module.wasm.image/variant") == 0 && strncmp(value, "compat", 6) == 0;
}

static bool has_user_namespace(const json_t *config)
{
	const json_t *linux_part = json_object_get(config, "linux"), *namespace;
	size_t i;

	if (!json_array_size(json_object_get(linux_part, "uidMappings")))
		return false;
	json_array_foreach(json_object_get(linux_part, "namespaces"), i, namespace) {
		const char *type = json_string_value(json_object_get(namespace, "type"));

		if (type && strcmp(type, "user") == 0)
			return true;
	}
	return false;
}

enum container_isolation isolation_of_oci(const json_t *config)
{
	json_t *annotations = json_object_get(config, "annotations"), *value;
	const char *key;

	json_object_foreach(annotations, key, value)
		if (json_is_string(value) && is_wasm_annotation(key, json_string_value(value)))
			return ISOLATION_WASM;
	return has_user_namespace(config) ? ISOLATION_USERNS : ISOLATION_NAMESPACE;
}
