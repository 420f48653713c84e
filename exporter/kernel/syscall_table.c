/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/syscall_table.h"

#include <string.h>
#include <sys/syscall.h>

#include "kernel/syscall_table_entry.h"

#define ENTRY(name, ...) table[__NR_##name].native = SYSCALL_INFO(name, __VA_ARGS__);
#define TREE(name, change) table[__NR_##name].native.tree = PICKET_TREE_##change;

void syscall_table_fill(struct picket_syscall_entry table[PICKET_SYSCALL_NUMBERS])
{
	memset(table, 0, PICKET_SYSCALL_NUMBERS * sizeof(table[0]));
	PICKET_SYSCALLS(ENTRY, PICKET_NO_ARGUMENT)
	PICKET_SYSCALLS_NATIVE(ENTRY, PICKET_NO_ARGUMENT)
	PICKET_TREE_CALLS(TREE)
	syscall_table_fill_compat(table);
}
