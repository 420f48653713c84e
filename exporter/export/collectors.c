/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/collectors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *collector_name(enum collector collector)
{
#define COLLECTOR_NAME(id, name) name,
	static const char *const names[] = { COLLECTORS(COLLECTOR_NAME) };
#undef COLLECTOR_NAME

	return names[collector];
}

static unsigned int collector_find(const char *name)
{
	for (int collector = 0; collector < COLLECTOR_COUNT; collector++)
		if (!strcmp(name, collector_name(collector)))
			return COLLECTOR_BIT(collector);
	return 0;
}

void collector_filter_add(struct collector_filter *filter, const char *key, const char *value)
{
	unsigned int *list = !strcmp(key, "collect[]")	 ? &filter->collected
			     : !strcmp(key, "exclude[]") ? &filter->excluded
							 : NULL;
	unsigned int bit;

	if (!list)
		return;
	bit = collector_find(value ? value : "");
	*list |= bit;
	if (!bit && !filter->unknown)
		filter->unknown = value ? value : "";
}

int collector_filter_apply(const struct collector_filter *filter, unsigned int *ret_collectors, char *error,
			   size_t error_size)
{
	if (filter->unknown) {
		snprintf(
			error, error_size,
			"there is no collector \"%.64s\"; the collectors are containers, perf, rules, self, process, bpf",
			filter->unknown);
		return -EINVAL;
	}
	if (filter->collected && filter->excluded) {
		snprintf(error, error_size, "collect[] and exclude[] cannot be used together");
		return -EINVAL;
	}
	*ret_collectors = filter->collected ? filter->collected
					    : COLLECTORS_ALL & ~filter->excluded & ~filter->unwanted;
	return 0;
}
