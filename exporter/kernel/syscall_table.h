/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers of the system calls in picket/syscalls.h, for the native and the 32-bit ABI. */
#ifndef SYSCALL_TABLE_H
#define SYSCALL_TABLE_H

#include "picket/syscalls.h"

/** syscall_table_fill() - every element of the array "syscalls". */
void syscall_table_fill(struct picket_syscall_entry table[PICKET_SYSCALL_NUMBERS]);

/**
 * syscall_table_leave_out() - drop the calls of one handler: nothing is there for it to see, and every such call would
 * pay for it.
 */
void syscall_table_leave_out(struct picket_syscall_entry table[PICKET_SYSCALL_NUMBERS],
			     enum picket_syscall_handler handler);

/* The half that only a file built with the 32-bit numbers can fill. */
void syscall_table_fill_compat(struct picket_syscall_entry table[PICKET_SYSCALL_NUMBERS]);

#endif
