/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <cmocka.h>

#include "event_loop.h"

struct counted {
	struct event_loop *loop;
	int calls, fd;
	uint32_t events;
	int other; /* to forget from the callback; -1: none */
	int timer;
	bool stop;
};

static int setup(void **state)
{
	struct event_loop *loop;

	assert_int_equal(event_loop_new(&loop), 0);
	*state = loop;
	return 0;
}

static int teardown(void **state)
{
	event_loop_free(*state);
	return 0;
}

static void on_ready(void *context, int fd, uint32_t events)
{
	struct counted *counted = context;

	counted->calls++;
	counted->fd = fd;
	counted->events = events;
	if (counted->other >= 0)
		event_loop_unwatch(counted->loop, counted->other);
	if (counted->stop)
		event_loop_stop(counted->loop);
}

static void make_pipe(int fds[2])
{
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
}

static void close_pipe(int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

static void a_descriptor_is_reported_as_long_as_it_is_ready(void **state)
{
	struct counted counted = { .loop = *state, .other = -1 };
	int fds[2];

	make_pipe(fds);
	assert_int_equal(event_loop_watch(*state, fds[0], EPOLLIN, on_ready, &counted), 0);
	assert_int_equal(event_loop_run_once(*state, 0), 0);
	assert_int_equal(counted.calls, 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(event_loop_run_once(*state, 1000), 0);
	assert_int_equal(event_loop_run_once(*state, 1000), 0);
	assert_int_equal(counted.calls, 2);
	assert_int_equal(counted.fd, fds[0]);
	assert_true(counted.events & EPOLLIN);
	event_loop_unwatch(*state, fds[0]);
	assert_int_equal(event_loop_run_once(*state, 0), 0);
	assert_int_equal(counted.calls, 2);
	close_pipe(fds);
}

static void watching_again_changes_the_callback_and_the_events(void **state)
{
	struct counted first = { .loop = *state, .other = -1 }, second = first;
	int fds[2];

	make_pipe(fds);
	assert_int_equal(event_loop_watch(*state, fds[1], EPOLLIN, on_ready, &first), 0);
	event_loop_run_once(*state, 0);
	assert_int_equal(event_loop_watch(*state, fds[1], EPOLLOUT, on_ready, &second), 0);
	event_loop_run_once(*state, 1000);
	assert_int_equal(first.calls, 0);
	assert_int_equal(second.calls, 1);
	close_pipe(fds);
}

static void a_callback_may_forget_itself_and_others_of_the_same_round(void **state)
{
	struct counted counted[2] = { { .loop = *state }, { .loop = *state } };
	int one[2], two[2];

	make_pipe(one);
	make_pipe(two);
	counted[0].other = two[0];
	counted[1].other = one[0];
	event_loop_watch(*state, one[0], EPOLLIN, on_ready, &counted[0]);
	event_loop_watch(*state, two[0], EPOLLIN, on_ready, &counted[1]);
	assert_int_equal(write(one[1], "x", 1), 1);
	assert_int_equal(write(two[1], "x", 1), 1);
	event_loop_run_once(*state, 1000);
	assert_int_equal(counted[0].calls + counted[1].calls, 1);
	close_pipe(one);
	close_pipe(two);
}

struct swap {
	struct event_loop *loop;
	int victim, replacement[2];
	struct counted *fresh;
	int calls;
};

/* Closes a descriptor that is ready in the same round, and watches another file under the same number. */
static void on_swap(void *context, int fd, uint32_t events)
{
	struct swap *swap = context;

	(void)fd;
	(void)events;
	if (swap->calls++)
		return;
	event_loop_unwatch(swap->loop, swap->victim);
	assert_int_equal(dup2(swap->replacement[0], swap->victim), swap->victim);
	event_loop_watch(swap->loop, swap->victim, EPOLLIN, on_ready, swap->fresh);
}

static void an_event_of_a_closed_descriptor_never_reaches_the_next_owner_of_its_number(void **state)
{
	struct counted fresh = { .loop = *state, .other = -1 };
	struct swap swap = { .loop = *state, .fresh = &fresh };
	int one[2], two[2];

	make_pipe(one);
	make_pipe(two);
	make_pipe(swap.replacement);
	swap.victim = two[0];
	event_loop_watch(*state, one[0], EPOLLIN, on_swap, &swap);
	event_loop_watch(*state, two[0], EPOLLIN, on_swap, &swap);
	assert_int_equal(write(one[1], "x", 1), 1);
	assert_int_equal(write(two[1], "x", 1), 1);
	event_loop_run_once(*state, 1000);
	event_loop_run_once(*state, 0);
	assert_true(swap.calls >= 1);
	assert_int_equal(fresh.calls, 0);
	close_pipe(one);
	close_pipe(two);
	close_pipe(swap.replacement);
}

static void a_new_file_under_a_number_that_was_closed_unsaid_is_watched(void **state)
{
	struct counted old = { .loop = *state, .other = -1 }, fresh = old;
	int one[2], two[2];

	make_pipe(one);
	make_pipe(two);
	assert_int_equal(event_loop_watch(*state, one[0], EPOLLIN, on_ready, &old), 0);
	assert_int_equal(dup2(two[0], one[0]), one[0]);
	assert_int_equal(event_loop_watch(*state, one[0], EPOLLIN, on_ready, &fresh), 0);
	assert_int_equal(write(two[1], "x", 1), 1);
	event_loop_run_once(*state, 1000);
	assert_int_equal(old.calls, 0);
	assert_int_equal(fresh.calls, 1);
	close_pipe(one);
	close_pipe(two);
}

static void what_cannot_be_watched_is_an_error(void **state)
{
	struct counted counted = { .loop = *state, .other = -1 };

	assert_int_equal(event_loop_watch(*state, -1, EPOLLIN, on_ready, &counted), -EBADF);
	assert_int_equal(event_loop_watch(*state, 1 << 20, EPOLLIN, on_ready, &counted), -EBADF);
	event_loop_unwatch(*state, 12345);
}

static void on_tick(void *context)
{
	struct counted *counted = context;

	counted->calls++;
	if (counted->stop)
		event_loop_stop(counted->loop);
	if (counted->timer >= 0)
		event_loop_remove_timer(counted->loop, counted->timer);
}

static void a_timer_ticks_until_it_is_removed_by_its_own_callback(void **state)
{
	struct counted counted = { .loop = *state };

	counted.timer = event_loop_add_timer(*state, 1, on_tick, &counted);
	assert_true(counted.timer >= 0);
	assert_int_equal(event_loop_run_once(*state, 1000), 0);
	assert_int_equal(event_loop_run_once(*state, 5), 0);
	assert_int_equal(counted.calls, 1);
}

static void a_timer_can_be_set_once_and_stopped(void **state)
{
	struct counted counted = { .loop = *state, .timer = -1 };
	int timer = event_loop_add_timer(*state, 3600000, on_tick, &counted);

	assert_true(timer >= 0);
	assert_int_equal(event_loop_set_timer(*state, timer, 1, 0), 0);
	event_loop_run_once(*state, 1000);
	event_loop_run_once(*state, 5);
	assert_int_equal(counted.calls, 1);
	assert_int_equal(event_loop_set_timer(*state, timer, 1, 1), 0);
	event_loop_run_once(*state, 1000);
	event_loop_run_once(*state, 1000);
	assert_int_equal(counted.calls, 3);
	assert_int_equal(event_loop_set_timer(*state, timer, 0, 0), 0);
	event_loop_run_once(*state, 5);
	assert_int_equal(counted.calls, 3);
}

static void the_loop_runs_until_it_is_stopped(void **state)
{
	struct counted counted = { .loop = *state, .timer = -1, .stop = true };

	assert_true(event_loop_add_timer(*state, 1, on_tick, &counted) >= 0);
	assert_int_equal(event_loop_run(*state), 0);
	assert_int_equal(counted.calls, 1);
	assert_int_equal(event_loop_run(*state), 0);
	assert_int_equal(counted.calls, 2);
}

static void on_signal(void *context, int signal_number)
{
	int *last = context;

	*last = signal_number;
}

static void signals_come_as_callbacks_and_are_unblocked_afterwards(void **state)
{
	int usr1 = 0, usr2 = 0;
	sigset_t now;

	assert_int_equal(event_loop_add_signal(*state, SIGUSR1, on_signal, &usr1), 0);
	assert_int_equal(event_loop_add_signal(*state, SIGUSR2, on_signal, &usr2), 0);
	assert_int_equal(event_loop_add_signal(*state, 0, on_signal, &usr2), -EINVAL);
	assert_int_equal(event_loop_add_signal(*state, 4711, on_signal, &usr2), -EINVAL);
	kill(getpid(), SIGUSR2);
	event_loop_run_once(*state, 1000);
	assert_int_equal(usr1, 0);
	assert_int_equal(usr2, SIGUSR2);
	kill(getpid(), SIGUSR1);
	event_loop_run_once(*state, 1000);
	assert_int_equal(usr1, SIGUSR1);
	event_loop_free(*state);
	sigprocmask(SIG_BLOCK, NULL, &now);
	assert_false(sigismember(&now, SIGUSR1));
	assert_int_equal(event_loop_new((struct event_loop **)state), 0);
}

static void freeing_closes_what_the_loop_opened_and_nothing_else(void **state)
{
	struct counted counted = { .loop = *state, .timer = -1, .other = -1 };
	struct event_loop *loop;
	int fds[2], ignored = 0, lowest, timer;

	(void)state;
	make_pipe(fds);
	lowest = dup(fds[0]);
	close(lowest);
	assert_int_equal(event_loop_new(&loop), 0);
	timer = event_loop_add_timer(loop, 1000, on_tick, &counted);
	assert_true(timer >= 0);
	assert_int_equal(event_loop_add_signal(loop, SIGUSR1, on_signal, &ignored), 0);
	assert_int_equal(event_loop_watch(loop, fds[0], EPOLLIN, on_ready, &counted), 0);
	event_loop_free(loop);
	assert_int_equal(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	assert_int_equal(dup(fds[0]), lowest);
	close(lowest);
	event_loop_free(NULL);
	close_pipe(fds);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_descriptor_is_reported_as_long_as_it_is_ready),
		TEST(watching_again_changes_the_callback_and_the_events),
		TEST(a_callback_may_forget_itself_and_others_of_the_same_round),
		TEST(an_event_of_a_closed_descriptor_never_reaches_the_next_owner_of_its_number),
		TEST(a_new_file_under_a_number_that_was_closed_unsaid_is_watched),
		TEST(what_cannot_be_watched_is_an_error),
		TEST(a_timer_ticks_until_it_is_removed_by_its_own_callback),
		TEST(a_timer_can_be_set_once_and_stopped),
		TEST(the_loop_runs_until_it_is_stopped),
		TEST(signals_come_as_callbacks_and_are_unblocked_afterwards),
		TEST(freeing_closes_what_the_loop_opened_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
