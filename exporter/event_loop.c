/* SPDX-License-Identifier: GPL-2.0-only */
#include "event_loop.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <uthash.h>

#include "cleanup.h"

#define EVENTS_PER_WAIT 32
#define SIGNALS_MAX 65

enum source_type { SOURCE_FD, SOURCE_TIMER, SOURCE_SIGNAL };

/* One watched descriptor. Looked up by number for each event, so one that was forgotten meanwhile is harmless. */
struct source {
	int fd; /* key */
	enum source_type type;
	union {
		event_loop_ready *ready;
		event_loop_tick *tick;
	};
	void *context;
	uint64_t generation; /* an event of an older owner of the same number is stale */
	UT_hash_handle hh;
};

struct event_loop {
	int epoll_fd, signal_fd;
	struct source *sources;
	uint64_t generation;
	bool stopped;
	sigset_t signals;
	struct {
		event_loop_signal *on_signal;
		void *context;
	} handlers[SIGNALS_MAX];
};

int event_loop_new(struct event_loop **ret_loop)
{
	struct event_loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return -ENOMEM;
	loop->signal_fd = -1;
	sigemptyset(&loop->signals);
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0) {
		int error = -errno;

		free(loop);
		return error;
	}
	*ret_loop = loop;
	return 0;
}

static struct source *source_find(struct event_loop *loop, int fd)
{
	struct source *source;

	HASH_FIND_INT(loop->sources, &fd, source);
	return source;
}

static void source_remove(struct event_loop *loop, struct source *source)
{
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
	HASH_DEL(loop->sources, source);
	if (source->type != SOURCE_FD)
		close(source->fd);
	free(source);
}

void event_loop_free(struct event_loop *loop)
{
	struct source *source, *next;

	if (!loop)
		return;
	HASH_ITER (hh, loop->sources, source, next)
		source_remove(loop, source);
	sigprocmask(SIG_UNBLOCK, &loop->signals, NULL);
	close(loop->epoll_fd);
	free(loop);
}

/* Low half: the descriptor; high half: part of the generation. */
static uint64_t source_tag(const struct source *source)
{
	return source->generation << 32 | (uint32_t)source->fd;
}

static int source_add(struct event_loop *loop, int fd, enum source_type type, uint32_t events, void *context,
		      struct source **ret_source)
{
	struct source *source = calloc(1, sizeof(*source));
	struct epoll_event event = { .events = events };

	if (!source)
		return -ENOMEM;
	source->fd = fd;
	source->type = type;
	source->context = context;
	source->generation = ++loop->generation;
	event.data.u64 = source_tag(source);
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event)) {
		int error = -errno;

		free(source);
		return error;
	}
	HASH_ADD_INT(loop->sources, fd, source);
	*ret_source = source;
	return 0;
}

/* The same source for other events, or for a new file behind the same number. */
static int source_change(struct event_loop *loop, struct source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u64 = source_tag(source) };

	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, source->fd, &event) == 0)
		return 0;
	if (errno != ENOENT)
		return -errno;
	source->generation = ++loop->generation;
	event.data.u64 = source_tag(source);
	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, source->fd, &event) ? -errno : 0;
}

int event_loop_watch(struct event_loop *loop, int fd, uint32_t events, event_loop_ready *ready, void *context)
{
	struct source *source = source_find(loop, fd);
	int error = source ? source_change(loop, source, events)
			   : source_add(loop, fd, SOURCE_FD, events, context, &source);

	if (error)
		return error;
	source->ready = ready;
	source->context = context;
	return 0;
}

void event_loop_unwatch(struct event_loop *loop, int fd)
{
	struct source *source = source_find(loop, fd);

	if (source)
		source_remove(loop, source);
}

static struct timespec timespec_of_ms(uint64_t ms)
{
	return (struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
}

int event_loop_set_timer(struct event_loop *loop, int timer, uint64_t delay_ms, uint64_t interval_ms)
{
	struct itimerspec when = { .it_interval = timespec_of_ms(interval_ms), .it_value = timespec_of_ms(delay_ms) };

	(void)loop;
	return timerfd_settime(timer, 0, &when, NULL) ? -errno : 0;
}

int event_loop_add_timer(struct event_loop *loop, uint64_t interval_ms, event_loop_tick *tick, void *context)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), error;
	struct source *source;

	if (fd < 0)
		return -errno;
	error = source_add(loop, fd, SOURCE_TIMER, EPOLLIN, context, &source);
	if (error) {
		close(fd);
		return error;
	}
	source->tick = tick;
	error = event_loop_set_timer(loop, fd, interval_ms, interval_ms);
	if (error) {
		source_remove(loop, source);
		return error;
	}
	return fd;
}

void event_loop_remove_timer(struct event_loop *loop, int timer)
{
	event_loop_unwatch(loop, timer);
}

static int watch_signals(struct event_loop *loop)
{
	struct source *source;
	int fd = signalfd(loop->signal_fd, &loop->signals, SFD_NONBLOCK | SFD_CLOEXEC), error;

	if (fd < 0)
		return -errno;
	if (fd == loop->signal_fd)
		return 0;
	error = source_add(loop, fd, SOURCE_SIGNAL, EPOLLIN, NULL, &source);
	if (error)
		close(fd);
	else
		loop->signal_fd = fd;
	return error;
}

int event_loop_add_signal(struct event_loop *loop, int signal_number, event_loop_signal *on_signal, void *context)
{
	if (signal_number <= 0 || signal_number >= SIGNALS_MAX)
		return -EINVAL;
	loop->handlers[signal_number].on_signal = on_signal;
	loop->handlers[signal_number].context = context;
	sigaddset(&loop->signals, signal_number);
	if (sigprocmask(SIG_BLOCK, &loop->signals, NULL))
		return -errno;
	return watch_signals(loop);
}

static void deliver_signals(struct event_loop *loop)
{
	struct signalfd_siginfo info;

	while (read(loop->signal_fd, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo < SIGNALS_MAX && loop->handlers[info.ssi_signo].on_signal)
			loop->handlers[info.ssi_signo].on_signal(loop->handlers[info.ssi_signo].context,
								 info.ssi_signo);
}

static void dispatch(struct event_loop *loop, const struct epoll_event *event)
{
	struct source *source = source_find(loop, (int)(uint32_t)event->data.u64);
	uint64_t expirations;

	if (!source || source_tag(source) != event->data.u64)
		return; /* forgotten by an earlier callback of this round */
	switch (source->type) {
	case SOURCE_FD:
		source->ready(source->context, source->fd, event->events);
		break;
	case SOURCE_TIMER:
		if (read(source->fd, &expirations, sizeof(expirations)) == sizeof(expirations))
			source->tick(source->context);
		break;
	case SOURCE_SIGNAL:
		deliver_signals(loop);
		break;
	}
}

int event_loop_run_once(struct event_loop *loop, int timeout_ms)
{
	struct epoll_event events[EVENTS_PER_WAIT];
	int count = epoll_wait(loop->epoll_fd, events, EVENTS_PER_WAIT, timeout_ms);

	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < count; i++)
		dispatch(loop, &events[i]);
	return 0;
}

int event_loop_run(struct event_loop *loop)
{
	int error = 0;

	loop->stopped = false;
	while (!loop->stopped && !error)
		error = event_loop_run_once(loop, -1);
	return error;
}

void event_loop_stop(struct event_loop *loop)
{
	loop->stopped = true;
}
