/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices opened and asked. The suite tells the kernel part that /dev/zero's number is a TDX guest's device. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cleanup.h"
#include "operations.h"

#define TDX_CMD_GET_REPORT0 0xc4405401

static int device_fd = -1;
static char device_path[128];

static int make_device(const struct operations_place *place, mode_t type, dev_t number)
{
	snprintf(device_path, sizeof(device_path), "%s/device", place->directory);
	unlink(device_path);
	return mknod(device_path, type | 0600, number) ? -errno : 0;
}

static int with_tdx_node(const struct operations_place *place)
{
	return make_device(place, S_IFCHR, OPERATIONS_TDX_DEVICE);
}

static int with_tdx_open(const struct operations_place *place)
{
	int error = with_tdx_node(place);

	if (error)
		return error;
	device_fd = open(device_path, O_RDWR | O_CLOEXEC);
	return device_fd < 0 ? -errno : 0;
}

static int with_kmsg_node(const struct operations_place *place)
{
	return make_device(place, S_IFCHR, makedev(1, 11));
}

static int with_null_node(const struct operations_place *place)
{
	return make_device(place, S_IFCHR, makedev(1, 3));
}

static void open_device(const struct operations_place *place)
{
	int fd = open(device_path, O_RDONLY | O_CLOEXEC);

	(void)place;
	close(fd);
}

/* The driver behind the number knows no such command: a failed request. */
static void ask_for_report(const struct operations_place *place)
{
	(void)place;
	ioctl(device_fd, TDX_CMD_GET_REPORT0, NULL);
}

static void ask_for_something_else(const struct operations_place *place)
{
	(void)place;
	ioctl(device_fd, TIOCGWINSZ, NULL);
}

#define OPENS(kind) \
	.adds = { { PICKET_COUNTER_FILE_OPENS_READ, 1 }, { PICKET_COUNTER_DEVICE_OPENS_##kind, 1 } }, .add_count = 2, \
	.event = PICKET_KIND_FILE_OPEN, .text = "/device"
static const struct operation operations[] = {
	{ "device/open_tdx_guest", with_tdx_node, open_device, 10, OPENS(TDX_GUEST) },
	{ "device/open_kmsg", with_kmsg_node, open_device, 10, OPENS(KMSG) },
	{ "device/open_null", with_null_node, open_device, 10, .adds = { { PICKET_COUNTER_FILE_OPENS_READ, 1 } },
	  .add_count = 1, .event = PICKET_KIND_FILE_OPEN, .text = "/device" },
	{ "device/failed_report", with_tdx_open, ask_for_report, 10,
	  .adds = { { PICKET_COUNTER_TEE_ATTESTATIONS_TDX, 1 }, { PICKET_COUNTER_TEE_ATTESTATION_FAILURES_TDX, 1 } },
	  .add_count = 2, .event = PICKET_KIND_TEE_REQUEST, .text = "/device" },
	{ "device/other_request", with_tdx_open, ask_for_something_else, 10, .event = -1 },
};
const struct operation_set device_operations = { operations, ARRAY_SIZE(operations) };
