/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The epoch of the directory tree. Paths kept in the directory cache hold for
 * one epoch: renaming or removing a directory, or making mounts, starts the
 * next. Every new struct mount comes from a call that is looked at, so a mount
 * that got the address of a freed one is never mistaken for it.
 */
#ifndef TREE_EPOCH_H
#define TREE_EPOCH_H

#include "subject.h"

static __always_inline __u32 *tree_epoch(void)
{
	struct picket_policy_head *head;
	__u32 zero = 0;

	head = bpf_map_lookup_elem(&policy_head, &zero);
	return head ? &head->tree_epoch : NULL;
}

static __always_inline void tree_epoch_advance(void)
{
	__u32 *epoch = tree_epoch();

	if (epoch)
		__sync_fetch_and_add(epoch, 1);
}

static __always_inline __u32 tree_epoch_now(void)
{
	__u32 *epoch = tree_epoch();

	return epoch ? *epoch : 0;
}

#endif
