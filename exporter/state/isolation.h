/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What keeps a workload apart from the host, and what proved it: the names that runtimes go by, and what an OCI
 * configuration tells. Tables.
 */
#ifndef ISOLATION_H
#define ISOLATION_H

#include <jansson.h>
#include <stdbool.h>

enum container_isolation {
	ISOLATION_NAMESPACE,
	ISOLATION_USERNS,
	ISOLATION_GVISOR,
	ISOLATION_MICROVM,
	ISOLATION_WASM,
	ISOLATION_CONFIDENTIAL,
	ISOLATION_COUNT
};

/* Most trustworthy first: what the runtime was told to do, then what its process shows. */
enum isolation_evidence {
	EVIDENCE_RUNTIME_TYPE,	/* runtime type, shim, handler or RuntimeClass in the runtime's files */
	EVIDENCE_ANNOTATION,	/* of the OCI configuration */
	EVIDENCE_CONFIGURATION, /* other parts of it */
	EVIDENCE_CGROUP,	/* the path: who makes such */
	EVIDENCE_EXE,		/* the host's program that the workload's process runs */
	EVIDENCE_CMDLINE,	/* arguments of that program */
	EVIDENCE_MAPS,		/* a library within it */
	EVIDENCE_ENTRYPOINT,	/* the first bytes of the file that is started */
	EVIDENCE_NONE,
	EVIDENCE_COUNT
};

#define ISOLATION_HANDLER_SIZE 64

struct isolation {
	enum container_isolation class;
	enum isolation_evidence evidence;
	const char *engine;		      /* static: "wasmedge", "runsc", "qemu"; NULL: unknown */
	const char *tee;		      /* static: "sev-snp", "tdx", ...; NULL: none, or unknown */
	bool native;			      /* the entrypoint is a program of the machine's own kind */
	char handler[ISOLATION_HANDLER_SIZE]; /* runtime's name as it was found, "" when unknown */
};

/* Nothing is known yet. */
#define ISOLATION_UNKNOWN ((struct isolation){ .evidence = EVIDENCE_NONE })

/* Label values: "namespace", "userns", ...; "runtime_type", "annotation", ... */
const char *container_isolation_name(enum container_isolation isolation);
const char *isolation_evidence_name(enum isolation_evidence evidence);

/**
 * isolation_attribution() - what the kernel can tell apart: "container"; "sandbox" for what runs a kernel of its own;
 * "node" where one process runs the modules of all pods.
 */
const char *isolation_attribution(const struct isolation *isolation);

/** isolation_is_shared() - whether that is "node". */
bool isolation_is_shared(const struct isolation *isolation);

/** isolation_unseen() - one sentence about what the host's kernel is not told; "" for ordinary containers. */
const char *isolation_unseen(const struct isolation *isolation);

/**
 * isolation_of_runtime() - of a runtime type, handler, shim or RuntimeClass: "io.containerd.runsc.v1",
 * "/usr/bin/containerd-shim-spin-v2". Only what follows the last "/" and precedes a newline counts.
 */
struct isolation isolation_of_runtime(const char *name, enum isolation_evidence evidence);

/** isolation_of_oci() - of an OCI config.json: its annotations, and whether it has a user namespace. */
struct isolation isolation_of_oci(const json_t *config);

/** isolation_of_entrypoint() - of the first bytes of the program. */
struct isolation isolation_of_entrypoint(const unsigned char *head, size_t size);

/**
 * isolation_raise() - evidence adds up: what keeps the workload further apart from the host wins, and of the same
 * kind the most trustworthy. Shims for WebAssembly start programs of the machine's own kind as any runtime does.
 */
void isolation_raise(struct isolation *isolation, struct isolation found);

#endif
