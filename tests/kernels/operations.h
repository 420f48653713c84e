/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a workload can do, one function per way of doing it. Each is run by the
 * suite in a process of its own inside a watched cgroup.
 */
#ifndef OPERATIONS_H
#define OPERATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "picket/counters.h"
#include "picket/event.h"
#include "state/policy_compile.h"

/* Where the operations work; made by operations_prepare(). */
struct operations_place {
	char directory[64]; /* holds "secret", "link" -> secret, "hard", "plain", "script", "program" */
	char secret[96];
	char cgroup[256];     /* where they run: its directory */
	bool tracepoints;     /* changes of files are seen by tracepoints alone */
	bool file_tracepoint; /* so are opens */
};

int operations_prepare(struct operations_place *ret_place);

/* A file of this content and mode in @directory. */
void operations_write(const char *directory, const char *name, const char *text, mode_t mode);
void operations_remove(const struct operations_place *place);

/**
 * operations_low_memory() - a page for arguments of 32-bit system calls, which take 32-bit pointers.
 * Return: 0; -ENOSYS where the kernel has no such calls; -errno.
 */
int operations_low_memory(void **ret_memory);

struct operation {
	const char *name; /* sensor/what */
	/* run before the counters are read; 0, or -errno when this kernel cannot do it (told as SKIP) */
	int (*prepare)(const struct operations_place *place);
	void (*run)(const struct operations_place *place);
	unsigned int times; /* run is repeated so often */
	/* what one run adds; everything else must stay as it is */
	struct {
		enum picket_counter counter;
		unsigned int amount;
	} adds[8];
	size_t add_count;
	int event;		  /* enum picket_kind expected once per run; -1: none */
	unsigned int event_count; /* so many per run; 0: one; or OPERATION_NO_EVENT */
	/* end of the event's path; its executable for programs, address or name asked for of the network; NULL: not looked at */
	const char *text;
	int unshare;	    /* CLONE_NEW*: namespaces of its own besides the mount namespace */
	const char *source; /* end of the other path of a rename or a link; NULL: not looked at */
	/* of operations_write_variant_rules(): those that match each event, by spaces apart; NULL: not run by rules */
	const char *rule;
};

#define OPERATION_NO_EVENT 1000000

/* A device that every machine has, which the suite says is a TDX guest's: /dev/zero. */
#define OPERATIONS_TDX_DEVICE makedev(1, 5)

/* Where nobody may connect or send to while the suite runs. */
extern struct policy_address operations_denied[];
extern const size_t operations_denied_count;

/* Operations of one sensor. */
struct operation_set {
	const struct operation *operations;
	size_t count;
};

/* Only where the file sensor can deny. */
extern const struct operation_set denied_file_operations;
/* The rules for that, or none of them, as a file: its path is left in @path. */
void operations_write_rules(const struct operations_place *place, char *path, size_t size, bool deny);

/* Rules about what the variants do, as a file: its path is left in @path. */
void operations_write_variant_rules(const struct operations_place *place, char *path, size_t size);

/* Under rules that ask for few things, and under those that ask about the suite's own connections. */
extern const char operations_filter_rules[], operations_filter_own_rules[];
extern const struct operation_set filtered_operations, filtered_own_operations;

extern const struct operation_set detour_operations, unix_operations, modification_operations, resolved_operations,
	privilege_operations;
extern const struct operation_set file_operations, process_operations, program_operations, send_operations,
	network_operations, device_operations, socket_operations, traffic_operations, denied_operations,
	isolated_operations;

#endif
