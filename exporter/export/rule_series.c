/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/rule_series.h"

#include <string.h>

/* picket_rule_matches_total{<container's labels>,rule="<name>",severity="<name>"} <count> */
#define MATCHES_HEAD "picket_rule_matches_total{"
#define MATCHES_RULE ",rule=\""
#define MATCHES_SEVERITY "\",severity=\""
#define MATCHES_END "\"} "
#define MATCHES_SIZE (sizeof(MATCHES_HEAD MATCHES_RULE MATCHES_SEVERITY MATCHES_END) + TEXT_U64_SIZE)

void rule_series_write(struct text *out, const struct container *container, const struct rule *rule, uint64_t matches)
{
	const char *severity = severity_name(rule->severity);
	size_t name_size = strlen(rule->name), severity_size = strlen(severity);
	char *at = text_reserve(out, container->labels_size + name_size + severity_size + MATCHES_SIZE);

	if (!at)
		return;
	at = mempcpy(at, MATCHES_HEAD, strlen(MATCHES_HEAD));
	at = mempcpy(at, container->labels, container->labels_size);
	at = mempcpy(at, MATCHES_RULE, strlen(MATCHES_RULE));
	at = mempcpy(at, rule->name, name_size);
	at = mempcpy(at, MATCHES_SEVERITY, strlen(MATCHES_SEVERITY));
	at = mempcpy(at, severity, severity_size);
	at = mempcpy(at, MATCHES_END, strlen(MATCHES_END));
	at = text_put_u64(at, matches);
	*at++ = '\n';
	out->size = (size_t)(at - out->data);
}
