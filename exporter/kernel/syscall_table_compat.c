/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's header of 32-bit numbers uses the same names as the native one: hence a file of its own. */
#include "kernel/syscall_table.h"

#include <asm/unistd_32.h>

#include "kernel/syscall_table_entry.h"

#define ENTRY(name, ...) table[__NR_##name].compat = SYSCALL_INFO(name, __VA_ARGS__);
#define TREE(name, change) table[__NR_##name].compat.tree = PICKET_TREE_##change;

void syscall_table_fill_compat(struct picket_syscall_entry table[PICKET_SYSCALL_NUMBERS])
{
	PICKET_SYSCALLS(ENTRY, PICKET_NO_ARGUMENT)
	PICKET_SYSCALLS_COMPAT(ENTRY, PICKET_NO_ARGUMENT)
	PICKET_TREE_CALLS(TREE)
}
