/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which trusted execution environments this machine has, as a host that can
 * start them or as a guest inside of one.
 * Source: Documentation/arch/x86/{sgx,tdx,amd-memory-encryption}.rst,
 * Documentation/ABI/testing/sysfs-*, of the Linux kernel.
 */
#ifndef NODE_TEE_H
#define NODE_TEE_H

#include <stddef.h>
#include <stdint.h>

#define NODE_TEE_NUMA_MAX 64

struct node_tee {
	uint64_t found;			       /* rows of the table of evidence */
	uint64_t epc_bytes[NODE_TEE_NUMA_MAX]; /* SGX memory of each NUMA node */
	uint64_t epc_nodes;		       /* 1 << node: that has any */
};

/**
 * node_tee_read() - look at everything that tells.
 * @procfs_path, @sysfs_path: where the host's are mounted. @rootfs_path: below which its /dev is; NULL: "/".
 * What cannot be read is as good as absent.
 */
void node_tee_read(const char *procfs_path, const char *sysfs_path, const char *rootfs_path, struct node_tee *ret_tee);

/**
 * node_tee_visit() - each (technology, "host" or "guest", state) once. State: "cpu" the processor has it,
 * "enabled" the kernel uses it, "device" programs can ask for it; of SGX also "launch_control" (enclaves of any
 * signer), "provisioning" and "guests"; of TrustZone "supplicant".
 */
void node_tee_visit(const struct node_tee *tee,
		    void (*visit)(void *context, const char *technology, const char *role, const char *state),
		    void *context);

#endif
