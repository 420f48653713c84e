/* SPDX-License-Identifier: GPL-2.0-only */
#include "operations_ring.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct ring {
	int fd;
	unsigned int flags;
	struct io_uring_sqe *entries;
	unsigned int *submit_tail, *submit_mask, *submit_flags, *submit_array;
	unsigned int *complete_head, *complete_tail, *complete_mask;
	struct io_uring_cqe *completions;
} ring = { .fd = -1 };

static void *map(size_t size, uint64_t offset)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd, offset);
}

int ring_open(unsigned int flags)
{
	struct io_uring_params params = { .flags = flags, .sq_thread_idle = 2000 };
	char *submit, *complete;

	ring.fd = syscall(SYS_io_uring_setup, 8, &params);
	if (ring.fd < 0)
		return -errno;
	ring.flags = flags;
	submit = map(params.sq_off.array + params.sq_entries * sizeof(unsigned int), IORING_OFF_SQ_RING);
	complete = map(params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
	ring.entries = map(params.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	if (submit == MAP_FAILED || complete == MAP_FAILED || ring.entries == MAP_FAILED)
		return -errno;
	ring.submit_tail = (unsigned int *)(submit + params.sq_off.tail);
	ring.submit_mask = (unsigned int *)(submit + params.sq_off.ring_mask);
	ring.submit_flags = (unsigned int *)(submit + params.sq_off.flags);
	ring.submit_array = (unsigned int *)(submit + params.sq_off.array);
	ring.complete_head = (unsigned int *)(complete + params.cq_off.head);
	ring.complete_tail = (unsigned int *)(complete + params.cq_off.tail);
	ring.complete_mask = (unsigned int *)(complete + params.cq_off.ring_mask);
	ring.completions = (struct io_uring_cqe *)(complete + params.cq_off.cqes);
	return 0;
}

static int enter(unsigned int submit, unsigned int wait, unsigned int flags)
{
	return syscall(SYS_io_uring_enter, ring.fd, submit, wait, flags, NULL, 0) < 0 ? -errno : 0;
}

int ring_own_descriptors(void)
{
	int none[4] = { -1, -1, -1, -1 };

	return syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES, none, 4) < 0 ? -errno : 0;
}

int ring_submit(const struct io_uring_sqe *entry)
{
	unsigned int tail = *ring.submit_tail, index = tail & *ring.submit_mask;

	ring.entries[index] = *entry;
	ring.submit_array[index] = index;
	__atomic_store_n(ring.submit_tail, tail + 1, __ATOMIC_SEQ_CST);
	if (!(ring.flags & IORING_SETUP_SQPOLL))
		return enter(1, 0, 0);
	if (__atomic_load_n(ring.submit_flags, __ATOMIC_SEQ_CST) & IORING_SQ_NEED_WAKEUP)
		return enter(1, 0, IORING_ENTER_SQ_WAKEUP);
	return 0;
}

int ring_wait(void)
{
	unsigned int head = *ring.complete_head;
	int result;

	while (__atomic_load_n(ring.complete_tail, __ATOMIC_ACQUIRE) == head)
		if (enter(0, 1, IORING_ENTER_GETEVENTS) == -EINVAL)
			return -EINVAL;
	result = ring.completions[head & *ring.complete_mask].res;
	__atomic_store_n(ring.complete_head, head + 1, __ATOMIC_RELEASE);
	return result;
}

int ring_do(const struct io_uring_sqe *entry)
{
	int error = ring_submit(entry);

	return error ? error : ring_wait();
}
