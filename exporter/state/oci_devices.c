/* SPDX-License-Identifier: GPL-2.0-only */
#include "oci_devices.h"

#include <stdbool.h>
#include <string.h>

#include "device_names.h"
#include "picket/operations.h"

_Static_assert(PICKET_DEVICE_COUNT <= 32, "one bit per kind");

/* By the member @key of each item of @list, a path. */
static uint32_t devices_of(const json_t *list, const char *key)
{
	const json_t *item;
	uint32_t found = 0;
	size_t i;

	json_array_foreach (list, i, item) {
		const char *path = json_string_value(json_object_get(item, key));
		enum picket_device device = path ? device_of_path(path) : PICKET_DEVICE_COUNT;

		if (path && strcmp(path, "/dev") == 0)
			found = UINT32_MAX;
		else if (device < PICKET_DEVICE_COUNT)
			found |= 1U << device;
	}
	return found;
}

uint32_t oci_devices(const json_t *config)
{
	const json_t *linux_part = json_object_get(config, "linux");

	return devices_of(json_object_get(linux_part, "devices"), "path") |
	       devices_of(json_object_get(config, "mounts"), "source");
}
