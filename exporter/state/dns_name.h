/* SPDX-License-Identifier: GPL-2.0-only */
/* What a DNS message asks for (RFC 1035). The bytes come from a workload: anything may be in them. */
#ifndef DNS_NAME_H
#define DNS_NAME_H

#include <stddef.h>

#define DNS_NAME_SIZE 1024 /* the longest name as text, each byte escaped, with its NUL */

/**
 * dns_name_read() - name of the first question of a query, or as much of it as the message holds.
 * In lower case, without the dot at its end ("." for the root); a dot, a backslash and what is not printable within a
 * label are written as "\." "\\" and "\DDD".
 * Return: length of the text; -EINVAL: an answer, no question, or no name.
 */
int dns_name_read(const void *message, size_t size, char ret_name[DNS_NAME_SIZE]);

#endif
