/* SPDX-License-Identifier: GPL-2.0-only */
/* What is forgotten, and when. */
#include "counter_table.h"
#include "registry_internal.h"

struct slot_sink {
	void (*free_slot)(void *context, uint32_t slot);
	void *context;
};

static void release_slot(struct registry *registry, uint32_t slot, const struct slot_sink *sink)
{
	if (slot < PICKET_SLOT_FIRST)
		return;
	sink->free_slot(sink->context, slot);
	slot_pool_release(registry->slots, slot);
}

static void expire_lingering(struct registry *registry, int64_t now_ns)
{
	struct entry *entry, *next;

	for (entry = registry->lingering; entry; entry = next) {
		next = entry->next;
		if (!entry->lingers_since_ns || entry->lingers_since_ns > now_ns)
			entry->lingers_since_ns = now_ns;
		else if (now_ns - entry->lingers_since_ns >= LINGER_NS)
			entry_forget(registry, entry);
	}
}

/* The first call that sees a slot begins its grace, so a clock that is set does no harm. */
static bool fold_is_over(int64_t *since_ns, int64_t now_ns)
{
	if (!*since_ns || *since_ns > now_ns)
		*since_ns = now_ns;
	return now_ns - *since_ns >= SLOT_GRACE_NS;
}

/* Once nothing can add to a folded slot any more, its values move. */
static void unfold(struct registry *registry, struct member *member, int64_t now_ns, const struct slot_sink *sink)
{
	size_t moved = 0;
	bool waits = false;

	for (size_t i = 0; i < member->folded_count; i++) {
		waits |= !fold_is_over(&member->folded_since_ns[i], now_ns);
		if (waits || !registry->counters || member->container.slot < PICKET_SLOT_FIRST)
			continue;
		counter_table_move(registry->counters, member->folded[i], member->container.slot);
		release_slot(registry, member->folded[i], sink);
		moved++;
	}
	member_unfold(member, moved);
}

static bool is_over(const struct registry *registry, struct container *container, int64_t now_ns)
{
	int64_t gone_ns = now_ns - container->removed_unix_ns;

	if (!container->removed_unix_ns)
		return false;
	if (gone_ns < 0) { /* the clock was set back */
		container->removed_unix_ns = now_ns;
		return false;
	}
	return gone_ns >= registry->options.retention_ns ||
	       (container->exposed_after_removal && gone_ns >= SLOT_GRACE_NS &&
		gone_ns >= registry->options.exposed_retention_ns);
}

static void forget_entries(struct registry *registry)
{
	struct entry *entry, *next;

	HASH_ITER (hh, registry->entries, entry, next)
		if (entry->member && entry->member->expired)
			entry_forget(registry, entry);
}

static void leave_outer(struct member *member)
{
	if (!member->outer)
		return;
	if (member->expired)
		member->outer->inner_count--;
	if (member->outer->expired || member->expired)
		member->outer = NULL;
}

static void forget_members(struct registry *registry, const struct slot_sink *sink)
{
	size_t kept = 0;

	for (size_t i = 0; i < registry->member_count; i++)
		leave_outer(registry->members[i]);
	for (size_t i = 0; i < registry->member_count; i++) {
		struct member *member = registry->members[i];

		if (!member->expired) {
			registry->members[kept++] = member;
			continue;
		}
		release_slot(registry, member->container.slot, sink);
		for (size_t j = 0; j < member->folded_count; j++)
			release_slot(registry, member->folded[j], sink);
		registry->rootless_count -= member->identity.user != CGROUP_NO_USER;
		HASH_DELETE(hh, registry->by_key, member);
		member_free(member);
	}
	registry->member_count = kept;
	registry->version++;
}

unsigned int registry_expire(struct registry *registry, int64_t now_unix_ns,
			     void (*free_slot)(void *context, uint32_t slot), void *context)
{
	const struct slot_sink sink = { free_slot, context };
	unsigned int forgotten = 0;

	slot_pool_expire(registry->slots, now_unix_ns, free_slot, context);
	expire_lingering(registry, now_unix_ns);
	for (size_t i = 0; i < registry->member_count; i++) {
		struct member *member = registry->members[i];

		unfold(registry, member, now_unix_ns, &sink);
		member->expired = is_over(registry, &member->container, now_unix_ns);
		forgotten += member->expired;
	}
	if (forgotten) {
		forget_entries(registry);
		forget_members(registry, &sink);
	}
	return forgotten;
}
