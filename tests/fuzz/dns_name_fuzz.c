/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as a DNS message: the name is printable, bounded, and as long as told. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "state/dns_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[DNS_NAME_SIZE];
	int length = dns_name_read(data, size, name);

	if (length < 0)
		return 0;
	if (length == 0 || length >= DNS_NAME_SIZE || strlen(name) != (size_t)length)
		abort();
	for (int i = 0; i < length; i++)
		if (name[i] < '!' || name[i] > '~' || (name[i] >= 'A' && name[i] <= 'Z'))
			abort();
	return 0;
}
