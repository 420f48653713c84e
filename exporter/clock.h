/* SPDX-License-Identifier: GPL-2.0-only */
/* Time as one number. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>
#include <time.h>

/** clock_ns() - nanoseconds of CLOCK_REALTIME (since 1970), CLOCK_MONOTONIC or CLOCK_BOOTTIME (as events have them). */
static inline int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

#endif
