/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/address_range.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

/* Strictly digits. */
static int parse_bits(const char *text, unsigned int max, uint16_t *ret_bits)
{
	size_t size = strlen(text);
	unsigned int bits;

	if (!size || size > 3 || strspn(text, "0123456789") != size)
		return -EINVAL;
	bits = strtoul(text, NULL, 10);
	if (bits > max)
		return -EINVAL;
	*ret_bits = bits;
	return 0;
}

void address_range_unmap(struct address_range *range)
{
	if (range->family != AF_INET6 || range->bits < 96 ||
	    memcmp(range->bytes, mapped_prefix, sizeof(mapped_prefix)) != 0)
		return;
	range->family = AF_INET;
	range->bits -= 96;
	memmove(range->bytes, range->bytes + 12, 4);
	memset(range->bytes + 4, 0, 12);
}

bool address_range_has_host_bits(const struct address_range *range)
{
	size_t size = range->family == AF_INET ? 4 : 16;

	for (size_t i = range->bits / 8; i < size; i++) {
		uint8_t mask = i == range->bits / 8U ? 0xff >> range->bits % 8 : 0xff;

		if (range->bytes[i] & mask)
			return true;
	}
	return false;
}

int address_range_parse(const char *text, struct address_range *ret_range)
{
	struct address_range range = { 0 };
	char address[INET6_ADDRSTRLEN];
	size_t size = strcspn(text, "/");

	if (size >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, size);
	address[size] = '\0';
	range.family = strchr(address, ':') ? AF_INET6 : AF_INET;
	range.bits = range.family == AF_INET ? 32 : 128;
	if (inet_pton(range.family, address, range.bytes) != 1)
		return -EINVAL;
	if (text[size] && parse_bits(text + size + 1, range.bits, &range.bits))
		return -EINVAL;
	*ret_range = range;
	return 0;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned int bits)
{
	uint8_t rest = 0xff << (8 - bits % 8);

	return memcmp(a, b, bits / 8) == 0 && (bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & rest) == 0);
}

bool address_range_contains(const struct address_range *outer, const struct address_range *inner)
{
	return outer->family == inner->family && outer->bits <= inner->bits &&
	       same_bits(outer->bytes, inner->bytes, outer->bits);
}

uint32_t address_range_map(const struct address_range *range, uint8_t ret_bytes[16])
{
	if (range->family == AF_INET6) {
		memcpy(ret_bytes, range->bytes, 16);
		return range->bits;
	}
	memcpy(ret_bytes, mapped_prefix, sizeof(mapped_prefix));
	memcpy(ret_bytes + sizeof(mapped_prefix), range->bytes, 4);
	return 96 + range->bits;
}
