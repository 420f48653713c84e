/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * System calls that the tracepoint backend looks at, once each, when they end.
 *
 * SYSCALL(name, handler, directory argument, path argument): arguments are
 * counted from 0, PICKET_NO_ARGUMENT where there is none. A call that an ABI
 * does not have is left out of that ABI's table.
 */
#ifndef PICKET_SYSCALLS_H
#define PICKET_SYSCALLS_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define PICKET_NO_ARGUMENT 7

#define PICKET_SYSCALLS(SYSCALL) \
	SYSCALL(open, OPEN, PICKET_NO_ARGUMENT, 0) \
	SYSCALL(creat, OPEN, PICKET_NO_ARGUMENT, 0) \
	SYSCALL(openat, OPEN, 0, 1) \
	SYSCALL(openat2, OPEN, 0, 1) \
	SYSCALL(open_by_handle_at, OPEN, 0, PICKET_NO_ARGUMENT) \
	SYSCALL(connect, CONNECT, 0, PICKET_NO_ARGUMENT) \
	SYSCALL(rename, TREE, PICKET_NO_ARGUMENT, 0) \
	SYSCALL(renameat, TREE, 0, 1) \
	SYSCALL(renameat2, TREE, 0, 1) \
	SYSCALL(rmdir, TREE, PICKET_NO_ARGUMENT, 0) \
	SYSCALL(unlinkat, REMOVE, 0, 1) \
	SYSCALL(mount, TREE, PICKET_NO_ARGUMENT, 1) \
	SYSCALL(umount2, TREE, PICKET_NO_ARGUMENT, 0) \
	SYSCALL(move_mount, TREE, 0, 1) \
	SYSCALL(open_tree, TREE, 0, 1) \
	SYSCALL(fsmount, TREE, 0, PICKET_NO_ARGUMENT) \
	SYSCALL(pivot_root, TREE, PICKET_NO_ARGUMENT, 0) \
	SYSCALL(unshare, UNSHARE, PICKET_NO_ARGUMENT, PICKET_NO_ARGUMENT)

/* Programs that sys_exit hands over to; index of the program array. */
enum picket_syscall_handler {
	PICKET_HANDLER_NONE,
	PICKET_HANDLER_OPEN,
	PICKET_HANDLER_CONNECT,
	PICKET_HANDLER_TREE,	/* the tree of directories and mounts changed */
	PICKET_HANDLER_REMOVE,	/* ... when the call removed a directory */
	PICKET_HANDLER_UNSHARE, /* ... when it made a mount namespace */
	PICKET_HANDLER_COUNT
};

#define PICKET_SYSCALL_NUMBERS 512

/* One system call of one ABI; all zero: not looked at. */
struct picket_syscall {
	__u8 handler;
	__u8 directory_argument;
	__u8 path_argument;
	__u8 pad;
};

/* Element of the array "syscalls", indexed by number. */
struct picket_syscall_entry {
	struct picket_syscall native;
	struct picket_syscall compat;
};

#endif
