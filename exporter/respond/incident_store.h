/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Incidents as files of one directory: "<UTC time>-<id>.json", so that their
 * names sort by age. Mode 0600 in a directory of mode 0700; written whole or
 * not at all; the oldest go when there are too many.
 */
#ifndef INCIDENT_STORE_H
#define INCIDENT_STORE_H

#include <stddef.h>
#include <stdint.h>

#define INCIDENT_NAME_SIZE 96

/* What a write has led to. */
struct incident_stored {
	char name[INCIDENT_NAME_SIZE]; /* in the directory */
	uint32_t rotated;	       /* files that went */
	uint64_t count, bytes;	       /* that are there now */
};

/**
 * incident_store_write() - the directory is made when it is missing.
 * @id: 32 hex digits.
 * Return: 0; -ENOSPC, -EDQUOT and others: nothing is left of it, and nothing older went.
 */
int incident_store_write(const char *path, const char *id, const char *text, size_t size, unsigned int max_count,
			 uint64_t max_bytes, struct incident_stored *ret_stored);

/* One file, oldest first. */
typedef void incident_store_each(void *context, const char *name);

/** incident_store_list() - Return: how many; -ENOENT when there is no directory; -errno. */
int incident_store_list(const char *path, incident_store_each *each, void *context);

#endif
