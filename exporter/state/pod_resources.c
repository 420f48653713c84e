/* SPDX-License-Identifier: GPL-2.0-only */
#include "pod_resources.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "device_names.h"
#include "picket/operations.h"
#include "pod_resources.pb-c.h"

#define FRAME_SIZE 5 /* of gRPC: whether it is compressed, and the message's size */

/* Resources that are not named as their device is. */
static const struct {
	const char *resource;
	enum picket_device device;
} resources_by_name[] = {
	{ "sgx.intel.com/enclave", PICKET_DEVICE_SGX_ENCLAVE },
	{ "sgx.intel.com/provision", PICKET_DEVICE_SGX_PROVISION },
	{ "sev-snp.amd.com/esids", PICKET_DEVICE_SEV },
	{ "devices.kubevirt.io/sev", PICKET_DEVICE_SEV },
	{ "devices.kubevirt.io/kvm", PICKET_DEVICE_KVM },
};

struct pod_resources {
	Picket__Kubelet__ListPodResourcesResponse *list;
};

int pod_resources_parse(const void *body, size_t size, struct pod_resources **ret_resources)
{
	const unsigned char *frame = body;
	Picket__Kubelet__ListPodResourcesResponse *list;
	struct pod_resources *resources;
	uint32_t message_size;

	if (size < FRAME_SIZE || frame[0] != 0)
		return -EBADMSG;
	memcpy(&message_size, frame + 1, sizeof(message_size));
	if (ntohl(message_size) != size - FRAME_SIZE)
		return -EBADMSG;
	list = picket__kubelet__list_pod_resources_response__unpack(NULL, size - FRAME_SIZE, frame + FRAME_SIZE);
	if (!list)
		return -EBADMSG;
	resources = malloc(sizeof(*resources));
	if (!resources) {
		picket__kubelet__list_pod_resources_response__free_unpacked(list, NULL);
		return -ENOMEM;
	}
	resources->list = list;
	*ret_resources = resources;
	return 0;
}

void pod_resources_free(struct pod_resources *resources)
{
	if (!resources)
		return;
	picket__kubelet__list_pod_resources_response__free_unpacked(resources->list, NULL);
	free(resources);
}

/* Generic device plugins name a resource after its device: "plugin.example/sev-guest", "plugin.example/dev_sev-guest". */
uint32_t pod_resources_device(const char *resource_name)
{
	const char *slash = strrchr(resource_name, '/');
	char path[128] = "/dev/";
	enum picket_device device;

	for (size_t i = 0; i < ARRAY_SIZE(resources_by_name); i++)
		if (strcmp(resource_name, resources_by_name[i].resource) == 0)
			return 1U << resources_by_name[i].device;
	if (!slash || strlen(slash + 1) >= sizeof(path) - strlen(path))
		return 0;
	strcat(path, strncmp(slash + 1, "dev_", 4) == 0 ? slash + 5 : slash + 1);
	device = device_of_path(path);
	return device < PICKET_DEVICE_COUNT ? 1U << device : 0;
}

static uint32_t devices_of(const Picket__Kubelet__ContainerResources *container)
{
	uint32_t found = 0;

	for (size_t i = 0; i < container->n_devices; i++)
		if (container->devices[i]->n_device_ids)
			found |= pod_resources_device(container->devices[i]->resource_name);
	return found;
}

uint32_t pod_resources_devices(const struct pod_resources *resources, const char *namespace, const char *pod,
			       const char *container)
{
	uint32_t found = 0;

	for (size_t i = 0; i < resources->list->n_pod_resources; i++) {
		const Picket__Kubelet__PodResources *entry = resources->list->pod_resources[i];

		if (strcmp(entry->name, pod) != 0 || strcmp(entry->namespace_, namespace) != 0)
			continue;
		for (size_t j = 0; j < entry->n_containers; j++)
			if (strcmp(entry->containers[j]->name, container) == 0)
				found |= devices_of(entry->containers[j]);
	}
	return found;
}
