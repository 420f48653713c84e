/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/syscall_table.h"

#include <string.h>
#include <sys/syscall.h>

#define ENTRY(name, handler_id, directory, path) \
	table[__NR_##name].native = (struct picket_syscall){ PICKET_HANDLER_##handler_id, directory, path, 0 };

void syscall_table_fill(struct picket_syscall_entry table[PICKET_SYSCALL_NUMBERS])
{
	memset(table, 0, PICKET_SYSCALL_NUMBERS * sizeof(table[0]));
	PICKET_SYSCALLS(ENTRY)
	syscall_table_fill_compat(table);
}
