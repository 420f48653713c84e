/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who has which counter slot. A slot is free, handed out (it waits in the
 * kernel's queue, or for registry_add()), owned by a container, or resting.
 * Nothing but slot_pool_new() allocates, so giving back cannot fail.
 */
#ifndef SLOT_POOL_H
#define SLOT_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLOT_GRACE_NS 1000000000LL /* a program under way may still add to a slot that was just taken from its cgroup */

struct slot_pool;

/** slot_pool_new() - slots PICKET_SLOT_FIRST to @slot_count - 1, all free. Return: 0, -ENOMEM. */
int slot_pool_new(uint32_t slot_count, struct slot_pool **ret_pool);
void slot_pool_free(struct slot_pool *pool);

/** slot_pool_take() - hand out the slot that is free for longest. Return: 0 when none is free. */
uint32_t slot_pool_take(struct slot_pool *pool);

/** slot_pool_hold() - hand out this very slot, which somebody has already; ignored unless it is free. */
void slot_pool_hold(struct slot_pool *pool, uint32_t slot);

/** slot_pool_own() - false when @slot is none, reserved, out of range, resting, or owned already. */
bool slot_pool_own(struct slot_pool *pool, uint32_t slot);

/** slot_pool_rest() - free again after SLOT_GRACE_NS. An owned slot, and one that nobody may have, is left alone. */
void slot_pool_rest(struct slot_pool *pool, uint32_t slot);

/** slot_pool_release() - free again at once; ignored unless @slot is owned. */
void slot_pool_release(struct slot_pool *pool, uint32_t slot);

/**
 * slot_pool_expire() - free the slots that have rested.
 * Time is counted from the first call that sees a slot resting, so a clock that is set does no harm.
 * @free_slot: called for each.
 */
void slot_pool_expire(struct slot_pool *pool, int64_t now_ns, void (*free_slot)(void *context, uint32_t slot),
		      void *context);

/** slot_pool_used() - slots that are owned or rest. */
size_t slot_pool_used(const struct slot_pool *pool);

#endif
