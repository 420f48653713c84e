/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's structures of io_uring as far as picket reads them; see kernel_types.h. */
#ifndef RING_TYPES_H
#define RING_TYPES_H

#include "kernel_types.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct io_cqe {
	u64 user_data;
	s32 res;
};

struct io_uring_cqe {
	u64 user_data;
	s32 res;
};

struct io_kiocb {
	struct file *file;
	u8 opcode;
	struct io_cqe cqe;
	struct io_ring_ctx *ctx;
};

/* What an accept of io_uring was asked for; lies at the beginning of its struct io_kiocb. */
struct io_accept {
	u32 file_slot; /* 0: an ordinary descriptor */
};

struct open_how {
	u64 flags;
};

struct io_open {
	int dfd;
	u32 file_slot; /* 0: an ordinary descriptor */
	struct filename *filename;
	struct open_how how;
};

struct io_unlink {
	int dfd;
	struct filename *filename;
};

struct io_rename {
	int old_dfd;
	int new_dfd;
	struct filename *oldpath;
	struct filename *newpath;
};

struct io_mkdir {
	int dfd;
	struct filename *filename;
};

/* Of links and of symlinks. */
struct io_link {
	int old_dfd;
	int new_dfd;
	struct filename *oldpath;
	struct filename *newpath;
};

struct io_xattr {
	struct filename *filename;
};

struct io_socket {
	int domain;
	int type;
	u32 file_slot;
};

struct trace_event_raw_io_uring_complete {
	void *req;
};

#pragma clang attribute pop

#endif
