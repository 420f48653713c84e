/* SPDX-License-Identifier: GPL-2.0-only */
#include "priority.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NICE (-10)
#define SLICE_NS 500000
#define RESET_ON_FORK 1 /* SCHED_FLAG_RESET_ON_FORK */

/* struct sched_attr of sched_setattr(2), which Debian 12's C library does not know. */
struct scheduling {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime_ns, deadline_ns, period_ns;
};
_Static_assert(sizeof(struct scheduling) == 48, "the first version of struct sched_attr");

static int set(int nice)
{
	struct scheduling scheduling = { .size = sizeof(scheduling),
					 .policy = SCHED_OTHER,
					 .flags = RESET_ON_FORK,
					 .nice = nice,
					 .runtime_ns = SLICE_NS };

	return syscall(SYS_sched_setattr, 0, &scheduling, 0) ? -errno : 0;
}

int priority_raise(void)
{
	int nice = getpriority(PRIO_PROCESS, 0), error = set(nice < NICE ? nice : NICE);

	if (error)
		set(nice); /* the slice alone needs no right */
	return error;
}
