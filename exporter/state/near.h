/* SPDX-License-Identifier: GPL-2.0-only */
/* Suggestions for misspelt names. */
#ifndef NEAR_H
#define NEAR_H

#include <stddef.h>

struct near {
	const char *wanted;
	const char *best; /* NULL: none is near */
	size_t distance;  /* of best */
};

struct near near_start(const char *wanted);

/** near_offer() - @candidate becomes the best when it is nearer than what was offered before. */
void near_offer(struct near *near, const char *candidate);

#endif
