/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SYSCALL_NAME_H
#define SYSCALL_NAME_H

#include <stdbool.h>
#include <stdint.h>

/** syscall_name() - of a call in picket/syscalls.h, by its number in the ABI that was used; NULL for others. */
const char *syscall_name(uint32_t number, bool compat);

/* The half that only a file built with the 32-bit numbers can answer. */
const char *syscall_name_compat(uint32_t number);

#endif
