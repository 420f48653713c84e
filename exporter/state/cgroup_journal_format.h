/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A record: this header, then text. Of a container "C <cgroup id> <slot> <removed> <isolation>{ <folded slot>}", its
 * path, name, image, pod, namespace and pod's uid, each ended by a NUL; "F <slot>" and a NUL when a slot is free.
 */
#ifndef CGROUP_JOURNAL_FORMAT_H
#define CGROUP_JOURNAL_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define JOURNAL_RECORD_MAX (256 << 10)

struct journal_header {
	uint32_t size; /* of the text */
	uint32_t hash; /* of the text */
};

static inline uint32_t journal_hash(const char *text, size_t size)
{
	uint32_t hash = 0x811c9dc5;

	while (size--)
		hash = (hash ^ (unsigned char)*text++) * 0x01000193;
	return hash;
}

#endif
