/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one thread of the daemon: descriptors, timers and signals by epoll.
 *
 * Everything in picket runs from here, so no module needs a lock. Callbacks
 * must not block.
 */
#ifndef EVENT_LOOP_H
#define EVENT_LOOP_H

#include <stdint.h>

struct event_loop;

/* @events: EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP as of epoll_wait(2). */
typedef void event_loop_ready(void *context, int fd, uint32_t events);
typedef void event_loop_tick(void *context);
typedef void event_loop_signal(void *context, int signal_number);

/** event_loop_new() - Return: 0 and a loop to free with event_loop_free(), or -errno. */
int event_loop_new(struct event_loop **ret_loop);

/** event_loop_free() - closes its own descriptors, not those it watched. NULL is fine. */
void event_loop_free(struct event_loop *loop);

/** event_loop_watch() - call @ready when @fd has @events. Again for the same fd: changes it. Return: 0, -errno. */
int event_loop_watch(struct event_loop *loop, int fd, uint32_t events, event_loop_ready *ready, void *context);

/** event_loop_unwatch() - forget @fd; may be called from its own callback. Unknown: nothing happens. */
void event_loop_unwatch(struct event_loop *loop, int fd);

/**
 * event_loop_add_timer() - call @tick every @interval_ms, first after @interval_ms.
 * Return: timer id >= 0 (for event_loop_set_timer()), or -errno.
 */
int event_loop_add_timer(struct event_loop *loop, uint64_t interval_ms, event_loop_tick *tick, void *context);

/** event_loop_set_timer() - once after @delay_ms, then every @interval_ms (0: only once); both 0 stops it. */
int event_loop_set_timer(struct event_loop *loop, int timer, uint64_t delay_ms, uint64_t interval_ms);

/** event_loop_remove_timer() - stop and forget; may be called from its own callback. */
void event_loop_remove_timer(struct event_loop *loop, int timer);

/** event_loop_add_signal() - block @signal_number and deliver it as a callback. Return: 0, -errno. */
int event_loop_add_signal(struct event_loop *loop, int signal_number, event_loop_signal *on_signal, void *context);

/** event_loop_run() - until event_loop_stop(). Return: 0, -errno of epoll_wait(2). */
int event_loop_run(struct event_loop *loop);

/** event_loop_run_once() - one wait of at most @timeout_ms (-1: for ever) and its callbacks. Return: 0, -errno. */
int event_loop_run_once(struct event_loop *loop, int timeout_ms);

void event_loop_stop(struct event_loop *loop);

#endif
