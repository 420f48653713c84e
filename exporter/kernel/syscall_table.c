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

static void leave_out(struct picket_syscall *call, enum picket_syscall_handler handler)
{
	if (call->handler == handler)
		*call = (struct picket_syscall){ .tree = call->tree };
}

void syscall_table_leave_out(struct picket_syscall_entry table[PICKET_SYSCALL_NUMBERS],
			     enum picket_syscall_handler handler)
{
	for (size_t i = 0; i < PICKET_SYSCALL_NUMBERS; i++) {
		leave_out(&table[i].native, handler);
		leave_out(&table[i].compat, handler);
	}
}
