/* SPDX-License-Identifier: GPL-2.0-only */
/* Samples of rules: as fast as memory allows, since there is one for each rule and container. */
#ifndef RULE_SERIES_H
#define RULE_SERIES_H

#include "state/container.h"
#include "state/rules.h"
#include "text.h"

/** rule_series_write() - how often a rule matched for a container. */
void rule_series_write(struct text *out, const struct container *container, const struct rule *rule, uint64_t matches);

#endif
