/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How often a rule may speak: one token bucket per rule, or per rule and
 * container. Counting is never throttled, only what is sent on.
 */
#ifndef THROTTLE_H
#define THROTTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules.h"

struct throttle;

/**
 * throttle_new() - @max_buckets bounds the memory. When all are in use the one
 * unused for longest is forgotten, so that too much is sent rather than too little.
 * Return: 0, -EINVAL (no bucket), -ENOMEM.
 */
int throttle_new(size_t max_buckets, struct throttle **ret_throttle);
void throttle_free(struct throttle *throttle);

/**
 * throttle_allow() - whether this match may be sent on.
 * At most rule->throttle_burst at once, and as many again in each
 * rule->throttle_interval_ns, evenly. A rule without throttle always may, and
 * so does any when there is no memory.
 * @container_id: cgroup id of the container, 0 for the host.
 * @now_ns: any clock that does not run backwards; the event's own time will do.
 */
bool throttle_allow(struct throttle *throttle, const struct rule *rule, uint64_t container_id, uint64_t now_ns);

/** throttle_take() - the same for another rate than the rule's throttle; @rule: index of the rule. */
bool throttle_take(struct throttle *throttle, size_t rule, const struct rule_rate *rate, uint64_t container_id,
		   uint64_t now_ns);

/** throttle_reset() - forget all buckets; after a reload, since rules are known by their index. */
void throttle_reset(struct throttle *throttle);

size_t throttle_bucket_count(const struct throttle *throttle);

#endif
