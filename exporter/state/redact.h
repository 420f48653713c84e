/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Secrets in command lines: values of options, variables, headers and URLs
 * that by their name, or by their own look, are passwords, tokens or keys.
 * Rules judge what was really written; what leaves picket is redacted.
 */
#ifndef REDACT_H
#define REDACT_H

#include <stddef.h>

#define REDACTED "[redacted]"

/**
 * redact_arguments() - copy a process' arguments without the secrets among them.
 * @arguments: NUL-separated, the program's name first; any bytes, of which the last argument may be cut off.
 * @buffer: has room for @room bytes; what does not fit is left out.
 * Return: bytes written, NUL-separated like what was given.
 */
size_t redact_arguments(const char *arguments, size_t size, char *buffer, size_t room);

#endif
