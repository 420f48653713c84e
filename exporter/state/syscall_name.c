/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/syscall_name.h"

#include <stddef.h>
#include <sys/syscall.h>

#include "picket/syscalls.h"

#define NAME(name, ...) [__NR_##name] = #name,

static const char *const names[PICKET_SYSCALL_NUMBERS] = { PICKET_SYSCALLS(NAME, ) PICKET_SYSCALLS_NATIVE(NAME, ) };

const char *syscall_name(uint32_t number, bool compat)
{
	if (compat)
		return syscall_name_compat(number);
	return number < PICKET_SYSCALL_NUMBERS ? names[number] : NULL;
}
