/* SPDX-License-Identifier: GPL-2.0-only */
/* Networks as they are written: "10.0.0.0/8", "2001:db8::/32", or one address. */
#ifndef ADDRESS_RANGE_H
#define ADDRESS_RANGE_H

#include <stdbool.h>
#include <stdint.h>

struct address_range {
	uint8_t bytes[16];
	uint16_t family;
	uint16_t bits; /* of bytes that must be equal */
};

/** address_range_parse() - Return: 0, -EINVAL. */
int address_range_parse(const char *text, struct address_range *ret_range);

/** address_range_has_host_bits() - whether bits are set behind the prefix: "10.0.0.1/8". */
bool address_range_has_host_bits(const struct address_range *range);

/** address_range_unmap() - ::ffff:a.b.c.d/96+n becomes a.b.c.d/n, as events say it. */
void address_range_unmap(struct address_range *range);

/** address_range_contains() - whether every address of @inner lies in @outer. Of the same family only. */
bool address_range_contains(const struct address_range *outer, const struct address_range *inner);

/** address_range_map() - IPv4 written as IPv6, as the kernel part looks addresses up. Return: length of the prefix. */
uint32_t address_range_map(const struct address_range *range, uint8_t ret_bytes[16]);

#endif
