/* SPDX-License-Identifier: GPL-2.0-only */
/* A registry over a host's root of its own, for tests. */
#ifndef REGISTRY_FIXTURE_H
#define REGISTRY_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>

#include "cleanup.h"
#include "host_root.h"
#include "state/container_labels.h"
#include "state/counter_table.h"
#include "state/registry.h"

#define A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define B "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define U "6c5fbb0c-1b2e-4c4d-9a6b-0f1e2d3c4b5a"
#define SECOND 1000000000LL
#define RETENTION (300 * SECOND)
#define SLOTS 64

static struct registry *registry;
static struct picket_counters counters[SLOTS];
static const struct counter_table table = { counters, SLOTS };

/* Slots that came back, as kernel/ would see it. */
static unsigned int freed[8192];
static unsigned int freed_count;

static inline void free_slot(void *context, uint32_t slot)
{
	assert_ptr_equal(context, freed);
	assert_true(slot >= PICKET_SLOT_FIRST && slot < ARRAY_SIZE(freed));
	if (slot < SLOTS)
		memset(&counters[slot], 0, sizeof(counters[slot]));
	freed[slot]++;
	freed_count++;
}

static inline int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

static inline int make_registry(unsigned int slots, bool systemd)
{
	const struct registry_options options = { host_root, slots, systemd, RETENTION, 0 };

	memset(freed, 0, sizeof(freed));
	memset(counters, 0, sizeof(counters));
	freed_count = 0;
	return registry_new(&options, &registry);
}

static inline int set_up(void **state)
{
	return host_root_make(state) ? -1 : make_registry(SLOTS, false);
}

static inline int tear_down(void **state)
{
	registry_free(registry);
	registry = NULL;
	return host_root_remove(state);
}

static inline void remake(unsigned int slots, bool systemd)
{
	registry_free(registry);
	registry = NULL;
	assert_int_equal(make_registry(slots, systemd), 0);
}

static inline unsigned int expire_at(int64_t time_ns)
{
	return registry_expire(registry, time_ns, free_slot, freed);
}

static inline struct registry_verdict add(uint64_t id, uint64_t parent, const char *path, uint32_t kernel_slot)
{
	struct registry_verdict verdict;

	assert_int_equal(registry_add(registry, id, parent, path, kernel_slot, &verdict), 0);
	return verdict;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
