/* SPDX-License-Identifier: GPL-2.0-only */
#include "refuse.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int refuse(char **ret_why, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(ret_why, format, arguments) < 0)
		*ret_why = NULL;
	va_end(arguments);
	return -EINVAL;
}
