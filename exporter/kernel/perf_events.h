/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of the processors, for the perf sensor: one of each kind per
 * processor, however many containers there are.
 */
#ifndef PERF_EVENTS_H
#define PERF_EVENTS_H

#include <stddef.h>
#include <stdint.h>

struct perf_events;

/**
 * perf_events_open() - let every processor count what it can. Raises the limit of open files as far as it may.
 * @ret_failures: that a processor has and that could not be opened, for lack of descriptors or rights.
 * @reason: why it is not all; "" when it is.
 * Return: 0, also when there are none at all; -ENOMEM.
 */
int perf_events_open(struct perf_events **ret_events, uint64_t *ret_failures, char *reason, size_t reason_size);
void perf_events_close(struct perf_events *events);

/** perf_events_mask() - bit per enum picket_perf_event that every processor counts. */
uint32_t perf_events_mask(const struct perf_events *events);

/** perf_events_install() - give them to the programs. @map_fd: processor * PICKET_PERF_EVENT_COUNT + event. Return: 0, -errno. */
int perf_events_install(const struct perf_events *events, int map_fd);

/** perf_events_flush() - run @program_fd on every processor. Return: 0, -errno. */
int perf_events_flush(int program_fd);

#endif
