/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a container was started, where that is weaker than it could be: read
 * from the configuration that the OCI runtime was given.
 * Source: Open Container Initiative, runtime-spec, config.md and config-linux.md.
 */
#ifndef POSTURE_H
#define POSTURE_H

#include <jansson.h>
#include <stdint.h>

enum weakness {
	WEAKNESS_UNKNOWN, /* no configuration was found; all others are then absent */
	WEAKNESS_PRIVILEGED,
	WEAKNESS_HOST_PID,
	WEAKNESS_HOST_NETWORK,
	WEAKNESS_HOST_IPC,
	WEAKNESS_HOST_DEVICE,
	WEAKNESS_SENSITIVE_MOUNT,
	WEAKNESS_RUNTIME_SOCKET,
	WEAKNESS_ROOT_USER,
	WEAKNESS_NO_SECCOMP,
	WEAKNESS_NO_LSM_PROFILE,
	WEAKNESS_NEW_PRIVILEGES,
	WEAKNESS_WRITABLE_ROOT,
	WEAKNESS_COUNT
};

/* All 0: nothing weak is known. */
struct posture {
	uint32_t weaknesses;   /* 1 << enum weakness */
	uint64_t capabilities; /* 1 << CAP_*: beyond the usual ones; 0 for a privileged container, which has all */
};

/** posture_of_oci() - @config: a config.json; members of another type than they should have are as good as absent. */
struct posture posture_of_oci(const json_t *config);

/** posture_visit() - each weakness as the metric's label has it: "privileged", "added_capability:SYS_ADMIN". */
void posture_visit(const struct posture *posture, void (*visit)(void *context, const char *weakness), void *context);

/** posture_capability_name() - "SYS_ADMIN"; static. NULL: unknown. */
const char *posture_capability_name(unsigned int capability);

#endif
