/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which container was given which device by a device plugin of Kubernetes, as the kubelet's PodResources API tells.
 * Source: k8s.io/kubelet/pkg/apis/podresources/v1/api.proto.
 */
#ifndef POD_RESOURCES_H
#define POD_RESOURCES_H

#include <stddef.h>
#include <stdint.h>

struct pod_resources;

/**
 * pod_resources_parse() - the body of the answer to List: one message of gRPC, not compressed.
 * Return: 0; -EBADMSG: it is none; -ENOMEM.
 */
int pod_resources_parse(const void *body, size_t size, struct pod_resources **ret_resources);
void pod_resources_free(struct pod_resources *resources);

/** pod_resources_devices() - 1 << enum picket_device of each device that the container was given. */
uint32_t pod_resources_devices(const struct pod_resources *resources, const char *namespace, const char *pod,
			       const char *container);

/** pod_resources_device() - of a resource's name, "sgx.intel.com/enclave"; 0: of no kind that is told apart. */
uint32_t pod_resources_device(const char *resource_name);

#endif
