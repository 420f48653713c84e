/* SPDX-License-Identifier: GPL-2.0-only */
/* How a row of picket/syscalls.h becomes an element of the table; the ABI's numbers come from whoever includes this. */
#ifndef SYSCALL_TABLE_ENTRY_H
#define SYSCALL_TABLE_ENTRY_H

#include "kernel/syscall_table.h"

#define MOD(id) PICKET_MODIFICATION_##id
#define OP(id) PICKET_OPERATION_##id

#define SYSCALL_INFO(name, handler_id, operation_id, directory, path, source_directory, source, value) \
	(struct picket_syscall) \
	{ \
		PICKET_HANDLER_##handler_id, operation_id, directory, path, source_directory, source, value, 0 \
	}

#endif
