/* SPDX-License-Identifier: GPL-2.0-only */
/* What cgroup_sync.c and cgroup_recall.c share: for them only. */
#ifndef CGROUP_SYNC_INTERNAL_H
#define CGROUP_SYNC_INTERNAL_H

#include <time.h>

#include "cgroup_sync.h"
#include "state/cgroup_journal.h"

/* Why a slot that an earlier daemon gave away is not free. */
#define SLOT_WAITING 1 /* in the kernel's queue */
#define SLOT_MAPPED 2  /* some cgroup is counted on it */
#define SLOT_NOTED 4   /* the journal says whose it is */

/* A cgroup that the kernel counts apart. */
struct inherited_cgroup {
	uint64_t id;
	bool adopted; /* gone, and known as part of a container until all events are read */
};

/* What an earlier daemon left; empty once it is settled. */
struct cgroup_heritage {
	struct cgroup_history history;
	unsigned char *slots; /* SLOT_* of each */
	struct inherited_cgroup *cgroups;
	size_t cgroup_count, cgroup_capacity;
};

struct cgroup_sync {
	struct cgroup_sync_options options;
	uint32_t spare_slot; /* taken, but the kernel's queue was full; 0: none */
	time_t last_rescan, last_check;
	uint64_t lost_seen;		/* events lost when cgroups were looked at last */
	struct cgroup_journal *journal; /* NULL: none is kept */
	int journal_error;
	bool settled;
	struct cgroup_heritage heritage;
};

/** cgroup_sync_take_in() - one cgroup, with the slot that the kernel counts it on. */
void cgroup_sync_take_in(struct cgroup_sync *sync, uint64_t id, uint64_t parent_id, const char *path,
			 uint32_t kernel_slot);

/** cgroup_sync_exists() - whether @path still is the cgroup of that id; true when that cannot be told. */
bool cgroup_sync_exists(void *sync, const char *path, uint64_t cgroup_id);

/** cgroup_heritage_open() - go on from an earlier daemon's slots and journal. Return: 0, -ENOMEM. */
int cgroup_heritage_open(struct cgroup_sync *sync);
void cgroup_heritage_close(struct cgroup_heritage *heritage);

#endif
