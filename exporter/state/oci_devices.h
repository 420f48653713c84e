/* SPDX-License-Identifier: GPL-2.0-only */
/* Which devices a container was given on purpose, by the configuration that the OCI runtime was given. */
#ifndef OCI_DEVICES_H
#define OCI_DEVICES_H

#include <jansson.h>
#include <stdint.h>

/**
 * oci_devices() - 1 << enum picket_device for each kind that @config makes a node of or mounts; all of them where it
 * mounts the host's /dev. What a device plugin of Kubernetes hands out arrives there as well.
 */
uint32_t oci_devices(const json_t *config);

#endif
