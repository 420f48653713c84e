/* SPDX-License-Identifier: GPL-2.0-only */
#include "slot_pool.h"

#include <errno.h>
#include <stdlib.h>

#include "picket/counters.h"

enum slot_state { SLOT_FREE, SLOT_HANDED_OUT, SLOT_OWNED, SLOT_RESTING };

/* An element of a list; 0, which no slot of the pool is, ends it. */
struct slot {
	uint32_t next, previous;
	enum slot_state state;
	int64_t resting_since_ns; /* 0: not seen by slot_pool_expire() yet */
};

struct slot_list {
	uint32_t first, last;
};

struct slot_pool {
	uint32_t count;
	size_t used;
	struct slot_list free, resting;
	struct slot slots[];
};

static void list_append(struct slot_pool *pool, struct slot_list *list, uint32_t slot)
{
	pool->slots[slot].next = 0;
	pool->slots[slot].previous = list->last;
	*(list->last ? &pool->slots[list->last].next : &list->first) = slot;
	list->last = slot;
}

static void list_remove(struct slot_pool *pool, struct slot_list *list, uint32_t slot)
{
	struct slot *removed = &pool->slots[slot];

	*(removed->previous ? &pool->slots[removed->previous].next : &list->first) = removed->next;
	*(removed->next ? &pool->slots[removed->next].previous : &list->last) = removed->previous;
}

int slot_pool_new(uint32_t slot_count, struct slot_pool **ret_pool)
{
	struct slot_pool *pool = calloc(1, sizeof(*pool) + slot_count * sizeof(pool->slots[0]));

	if (!pool)
		return -ENOMEM;
	pool->count = slot_count;
	for (uint32_t slot = PICKET_SLOT_FIRST; slot < slot_count; slot++)
		list_append(pool, &pool->free, slot);
	*ret_pool = pool;
	return 0;
}

void slot_pool_free(struct slot_pool *pool)
{
	free(pool);
}

static bool slot_exists(const struct slot_pool *pool, uint32_t slot)
{
	return slot >= PICKET_SLOT_FIRST && slot < pool->count;
}

uint32_t slot_pool_take(struct slot_pool *pool)
{
	uint32_t slot = pool->free.first;

	if (!slot)
		return 0;
	list_remove(pool, &pool->free, slot);
	pool->slots[slot].state = SLOT_HANDED_OUT;
	return slot;
}

void slot_pool_hold(struct slot_pool *pool, uint32_t slot)
{
	if (!slot_exists(pool, slot) || pool->slots[slot].state != SLOT_FREE)
		return;
	list_remove(pool, &pool->free, slot);
	pool->slots[slot].state = SLOT_HANDED_OUT;
}

bool slot_pool_own(struct slot_pool *pool, uint32_t slot)
{
	if (!slot_exists(pool, slot) || pool->slots[slot].state == SLOT_OWNED ||
	    pool->slots[slot].state == SLOT_RESTING)
		return false;
	/* a slot that the kernel knows from before the daemon started */
	if (pool->slots[slot].state == SLOT_FREE)
		list_remove(pool, &pool->free, slot);
	pool->slots[slot].state = SLOT_OWNED;
	pool->used++;
	return true;
}

void slot_pool_rest(struct slot_pool *pool, uint32_t slot)
{
	if (!slot_exists(pool, slot) || pool->slots[slot].state == SLOT_OWNED ||
	    pool->slots[slot].state == SLOT_RESTING)
		return;
	if (pool->slots[slot].state == SLOT_FREE)
		list_remove(pool, &pool->free, slot);
	pool->used++;
	pool->slots[slot].state = SLOT_RESTING;
	pool->slots[slot].resting_since_ns = 0;
	list_append(pool, &pool->resting, slot);
}

void slot_pool_release(struct slot_pool *pool, uint32_t slot)
{
	if (!slot_exists(pool, slot) || pool->slots[slot].state != SLOT_OWNED)
		return;
	pool->slots[slot].state = SLOT_FREE;
	pool->used--;
	list_append(pool, &pool->free, slot);
}

static bool has_rested(struct slot *slot, int64_t now_ns)
{
	if (!slot->resting_since_ns || slot->resting_since_ns > now_ns) {
		slot->resting_since_ns = now_ns;
		return false;
	}
	return now_ns - slot->resting_since_ns >= SLOT_GRACE_NS;
}

void slot_pool_expire(struct slot_pool *pool, int64_t now_ns, void (*free_slot)(void *context, uint32_t slot),
		      void *context)
{
	uint32_t next;

	for (uint32_t slot = pool->resting.first; slot; slot = next) {
		next = pool->slots[slot].next;
		if (!has_rested(&pool->slots[slot], now_ns))
			continue;
		list_remove(pool, &pool->resting, slot);
		pool->slots[slot].state = SLOT_OWNED;
		slot_pool_release(pool, slot);
		free_slot(context, slot);
	}
}

size_t slot_pool_used(const struct slot_pool *pool)
{
	return pool->used;
}
