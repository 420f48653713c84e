/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device numbers that the kernel gives out as drivers come: which of them stand for a kind of device that picket tells
 * apart.
 */
#ifndef DEVICE_NAMES_H
#define DEVICE_NAMES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "picket/operations.h"

#define DEVICE_NAMES_MAX 64

struct device_names {
	size_t count;
	struct {
		uint32_t node;	 /* kernel encoding: major << 20 | minor */
		uint32_t device; /* enum picket_device */
	} items[DEVICE_NAMES_MAX];
};

/**
 * device_names_add_misc() - from the text of /proc/misc: "<minor> <name>" a line, all of major 10.
 * Lines that say anything else are passed over.
 */
void device_names_add_misc(struct device_names *names, FILE *misc);

/** device_names_add_devices() - from the text of /proc/devices: the major number of "tee", all of whose minors count. */
void device_names_add_devices(struct device_names *names, FILE *devices);

/**
 * device_of_path() - the kind of the device that has its node at @path on every machine: "/dev/sgx_enclave".
 * PICKET_DEVICE_COUNT: none of those that have names.
 */
enum picket_device device_of_path(const char *path);

#endif
