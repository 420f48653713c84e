/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as the kubelet's answer, framed rightly and as they are. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "state/pod_resources.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try(const void *body, size_t size)
{
	struct pod_resources *resources = NULL;

	if (pod_resources_parse(body, size, &resources))
		return;
	pod_resources_devices(resources, "", "", "");
	pod_resources_devices(resources, "a", "b", "c");
	pod_resources_free(resources);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *framed = calloc(1, size + 5);
	uint32_t message_size = htonl((uint32_t)size);

	try(data, size);
	if (framed) {
		memcpy(framed + 1, &message_size, sizeof(message_size));
		memcpy(framed + 5, data, size);
		try(framed, size + 5);
	}
	free(framed);
	return 0;
}
