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

/* Keys of the misc controller that are about trusted execution. */
#define NODE_TEE_RESOURCES(RESOURCE) \
	RESOURCE(SEV, "sev") \
	RESOURCE(SEV_ES, "sev_es") \
	RESOURCE(TDX, "tdx") \
	RESOURCE(SGX_EPC, "sgx_epc")

#define NODE_TEE_RESOURCE_ENUM(id, name) NODE_TEE_##id,
enum node_tee_resource { NODE_TEE_RESOURCES(NODE_TEE_RESOURCE_ENUM) NODE_TEE_RESOURCE_COUNT };
#undef NODE_TEE_RESOURCE_ENUM

/* Where the host's files are. */
struct node_tee_places {
	const char *procfs_path, *sysfs_path;
	const char *rootfs_path;  /* below which its /dev is; NULL: "/" */
	const char *cgroup2_path; /* NULL: not known */
};

struct node_tee {
	uint64_t found;				    /* rows of the table of evidence */
	uint64_t epc_bytes[NODE_TEE_NUMA_MAX];	    /* SGX memory of each NUMA node */
	uint64_t epc_nodes;			    /* 1 << node: that has any */
	uint64_t capacity[NODE_TEE_RESOURCE_COUNT]; /* what guests and enclaves can get in all; bytes of sgx_epc */
	unsigned int capacities;		    /* 1 << enum node_tee_resource: that is told */
};

/**
 * node_tee_read() - look at everything that tells.
 * What cannot be read is as good as absent. Which kind of secure world is behind /dev/tee0 is asked of sysfs, else of
 * the device itself, which opens it.
 */
void node_tee_read(const struct node_tee_places *places, struct node_tee *ret_tee);

/** node_tee_resource_name() - "sev", "sgx_epc", ...; static. */
const char *node_tee_resource_name(enum node_tee_resource resource);

/** node_tee_take_capacity() - one line of misc.capacity. */
void node_tee_take_capacity(const char *line, struct node_tee *tee);

/**
 * node_tee_visit() - each (technology, "host" or "guest", state) once. State: "cpu" the processor has it,
 * "enabled" the kernel uses it, "device" programs can ask for it; of SGX also "launch_control" (enclaves of any
 * signer), "provisioning" and "guests"; of TrustZone "supplicant".
 */
void node_tee_visit(const struct node_tee *tee,
		    void (*visit)(void *context, const char *technology, const char *role, const char *state),
		    void *context);

#endif
