/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A record: this header, then text. Of a container "C <cgroup id> <slot> <removed> <isolation>{ <folded slot>}", its
 * path, name, image, pod, namespace and pod's uid, each ended by a NUL; "F <slot>" and a NUL when a slot is free.
 */
#ifndef CGROUP_JOURNAL_FORMAT_H
#define CGROUP_JOURNAL_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "isolation.h"

#define JOURNAL_RECORD_MAX (256 << 10)

struct journal_header {
	uint32_t size; /* of the text */
	uint32_t hash; /* of the text */
};

/* Class and what proved it as one number; journals of before that have the class alone. */
static inline unsigned int journal_isolation(const struct isolation *isolation)
{
	return isolation->class + 10U * (isolation->evidence + 1U);
}

static inline bool journal_isolation_read(unsigned int number, struct isolation *ret_isolation)
{
	if (number % 10 >= ISOLATION_COUNT || number / 10 > EVIDENCE_COUNT)
		return false;
	*ret_isolation = ISOLATION_UNKNOWN;
	ret_isolation->class = number % 10;
	if (number >= 10)
		ret_isolation->evidence = number / 10 - 1;
	return true;
}

_Static_assert(ISOLATION_COUNT <= 10 && EVIDENCE_COUNT < 99, "class and evidence have one number");

static inline uint32_t journal_hash(const char *text, size_t size)
{
	uint32_t hash = 0x811c9dc5;

	while (size--)
		hash = (hash ^ (unsigned char)*text++) * 0x01000193;
	return hash;
}

#endif
