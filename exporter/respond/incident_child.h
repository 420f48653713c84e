/* SPDX-License-Identifier: GPL-2.0-only */
/* The child process that takes and keeps one snapshot, and what it hands back through a memory file. */
#ifndef INCIDENT_CHILD_H
#define INCIDENT_CHILD_H

#include "respond/incident_store.h"
#include "respond/investigator.h"

/* At the start of the memory file; the document follows. */
struct incident_result {
	int32_t store_error; /* 0, or -errno: the document is not in a file */
	uint32_t complete;   /* 1: all of this was written */
	uint64_t document_size;
	struct incident_stored stored;
};

/** incident_child_run() - in the child. @result_fd: the memory file. Return: never. */
void incident_child_run(const struct investigator_options *options, const struct finding *finding, int result_fd)
	__attribute__((noreturn));

#endif
