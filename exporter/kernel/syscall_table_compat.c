/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's header of 32-bit numbers uses the same names as the native one: hence a file of its own. */
#include "kernel/syscall_table.h"

#include <asm/unistd_32.h>

#define ENTRY(name, handler_id, directory, path) \
	table[__NR_##name].compat = (struct picket_syscall){ PICKET_HANDLER_##handler_id, directory, path, 0 };

void syscall_table_fill_compat(struct picket_syscall_entry table[PICKET_SYSCALL_NUMBERS])
{
	PICKET_SYSCALLS(ENTRY)
}
