/* SPDX-License-Identifier: GPL-2.0-only */
/* One ring of io_uring, by system calls alone. */
#ifndef OPERATIONS_RING_H
#define OPERATIONS_RING_H

#include <linux/io_uring.h>

/** ring_open() - the one ring of this process. @flags: IORING_SETUP_*. Return: 0, -errno. */
int ring_open(unsigned int flags);

/** ring_own_descriptors() - make room for some of the ring's own (file_slot, from 1). Return: 0, -errno. */
int ring_own_descriptors(void);

/** ring_submit() - hand in one entry. Return: 0, -errno. */
int ring_submit(const struct io_uring_sqe *entry);

/** ring_wait() - Return: the result of the next completion. */
int ring_wait(void);

/** ring_do() - both. Return: its result. */
int ring_do(const struct io_uring_sqe *entry);

#endif
