/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The monotonic clock of tests: slower than the machine's, so that a bound of
 * the code under test is never met only because the machine is slow or busy;
 * a test that wants time to pass moves it. Timers of the event loop are real.
 */
#ifndef SLOW_CLOCK_H
#define SLOW_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SLOW_CLOCK_FACTOR 50

static struct {
	int64_t shift_s;     /* how far it was moved */
	int64_t stands_at_s; /* > 0: the second that it is, whatever the real clock says */
	bool is_real;	     /* for a test of a wait that is real */
} slow_clock;

/* Stands before libc's. */
int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
	int error = syscall(SYS_clock_gettime, clock, ret_time);
	int64_t slow_ns;

	if (error || clock != CLOCK_MONOTONIC || slow_clock.is_real)
		return error;
	slow_ns = (ret_time->tv_sec * 1000000000LL + ret_time->tv_nsec) / SLOW_CLOCK_FACTOR;
	if (slow_clock.stands_at_s)
		slow_ns = slow_clock.stands_at_s * 1000000000LL;
	ret_time->tv_sec = slow_ns / 1000000000LL + slow_clock.shift_s;
	ret_time->tv_nsec = slow_ns % 1000000000LL;
	return 0;
}

#endif
