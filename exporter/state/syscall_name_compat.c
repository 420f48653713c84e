/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's header of 32-bit numbers uses the same names as the native one: hence a file of its own. */
#include "state/syscall_name.h"

#include <asm/unistd_32.h>
#include <stddef.h>

#include "picket/syscalls.h"

#define NAME(name, ...) [__NR_##name] = #name,

static const char *const names[PICKET_SYSCALL_NUMBERS] = { PICKET_SYSCALLS(NAME, ) PICKET_SYSCALLS_COMPAT(NAME, ) };

const char *syscall_name_compat(uint32_t number)
{
	return number < PICKET_SYSCALL_NUMBERS ? names[number] : NULL;
}
