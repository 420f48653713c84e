/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/throttle.h"

#include <errno.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(bucket) ((bucket)->known = false)
#include <uthash.h>
#include <utlist.h>

struct bucket_key {
	uint64_t container_id;
	size_t rule;
};

/*
 * Credit is time: a match costs interval / burst of it, and one nanosecond
 * comes back each nanosecond, so nothing is lost to rounding.
 */
struct bucket {
	struct bucket_key key;
	uint64_t credit_ns;
	uint64_t refilled_ns; /* when */
	bool known;	      /* in the hash table */
	struct bucket *prev, *next;
	UT_hash_handle hh;
};

struct throttle {
	struct bucket *table;
	struct bucket *by_age; /* the known ones, used last comes last */
	struct bucket *unused; /* taken from the pool before */
	struct bucket *pool;
	size_t taken, max; /* of the pool */
};

int throttle_new(size_t max_buckets, struct throttle **ret_throttle)
{
	struct throttle *throttle;

	if (!max_buckets)
		return -EINVAL;
	throttle = calloc(1, sizeof(*throttle));
	if (!throttle)
		return -ENOMEM;
	throttle->max = max_buckets;
	throttle->pool = calloc(max_buckets, sizeof(*throttle->pool));
	if (!throttle->pool) {
		free(throttle);
		return -ENOMEM;
	}
	*ret_throttle = throttle;
	return 0;
}

void throttle_reset(struct throttle *throttle)
{
	HASH_CLEAR(hh, throttle->table);
	throttle->by_age = NULL;
	throttle->unused = NULL;
	throttle->taken = 0;
}

void throttle_free(struct throttle *throttle)
{
	if (!throttle)
		return;
	throttle_reset(throttle);
	free(throttle->pool);
	free(throttle);
}

size_t throttle_bucket_count(const struct throttle *throttle)
{
	return HASH_COUNT(throttle->table);
}

/* Rounded up, so that a full bucket never holds more than the burst. */
static uint64_t match_cost(const struct rule_rate *rate)
{
	uint64_t burst = rate->burst ? rate->burst : 1;

	return rate->interval_ns / burst + (rate->interval_ns % burst != 0);
}

static uint64_t full_credit(const struct rule_rate *rate)
{
	uint64_t credit;

	if (__builtin_mul_overflow(match_cost(rate), rate->burst ? rate->burst : 1, &credit))
		return UINT64_MAX;
	return credit;
}

static struct bucket *bucket_take(struct throttle *throttle)
{
	struct bucket *bucket = throttle->unused;

	if (bucket) {
		LL_DELETE(throttle->unused, bucket);
	} else if (throttle->taken < throttle->max) {
		bucket = &throttle->pool[throttle->taken++];
	} else {
		bucket = throttle->by_age;
		HASH_DEL(throttle->table, bucket);
		DL_DELETE(throttle->by_age, bucket);
	}
	return bucket;
}

/* A full bucket. NULL: no memory. */
static struct bucket *bucket_add(struct throttle *throttle, const struct bucket_key *key, uint64_t credit_ns,
				 uint64_t now_ns)
{
	struct bucket *bucket = bucket_take(throttle);

	bucket->key = *key;
	bucket->credit_ns = credit_ns;
	bucket->refilled_ns = now_ns;
	bucket->known = true;
	HASH_ADD(hh, throttle->table, key, sizeof(bucket->key), bucket);
	if (!bucket->known) {
		LL_PREPEND(throttle->unused, bucket);
		return NULL;
	}
	DL_APPEND(throttle->by_age, bucket);
	return bucket;
}

/* The match's bucket, now the one used last. NULL: no memory. */
static struct bucket *bucket_get(struct throttle *throttle, size_t rule, const struct rule_rate *rate,
				 uint64_t container_id, uint64_t now_ns)
{
	struct bucket_key key = {
		.container_id = rate->per_container ? container_id : 0,
		.rule = rule,
	};
	struct bucket *bucket;

	HASH_FIND(hh, throttle->table, &key, sizeof(key), bucket);
	if (!bucket)
		return bucket_add(throttle, &key, full_credit(rate), now_ns);
	DL_DELETE(throttle->by_age, bucket);
	DL_APPEND(throttle->by_age, bucket);
	return bucket;
}

static void bucket_refill(struct bucket *bucket, const struct rule_rate *rate, uint64_t now_ns)
{
	uint64_t full = full_credit(rate), elapsed;

	if (now_ns <= bucket->refilled_ns)
		return;
	elapsed = now_ns - bucket->refilled_ns;
	bucket->credit_ns = elapsed >= full - bucket->credit_ns ? full : bucket->credit_ns + elapsed;
	bucket->refilled_ns = now_ns;
}

bool throttle_take(struct throttle *throttle, size_t rule, const struct rule_rate *rate, uint64_t container_id,
		   uint64_t now_ns)
{
	struct bucket *bucket;

	if (!rate->interval_ns)
		return true;
	bucket = bucket_get(throttle, rule, rate, container_id, now_ns);
	if (!bucket)
		return true;
	bucket_refill(bucket, rate, now_ns);
	if (bucket->credit_ns < match_cost(rate))
		return false;
	bucket->credit_ns -= match_cost(rate);
	return true;
}

bool throttle_allow(struct throttle *throttle, const struct rule *rule, uint64_t container_id, uint64_t now_ns)
{
	struct rule_rate rate = { rule->throttle_interval_ns, rule->throttle_burst, rule->throttle_per_container };

	return throttle_take(throttle, rule->index, &rate, container_id, now_ns);
}
