/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last findings as lines of JSON, numbered from 0 for ever: what readers
 * of `picket events` are sent, each at its own pace.
 */
#ifndef FINDING_HISTORY_H
#define FINDING_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "state/finding.h"

#define FINDING_HISTORY_SIZE 1000

struct history_entry {
	char *line;				    /* without newline */
	char *rule, *container_id, *container_name; /* "" for the host's */
};

struct finding_history {
	struct history_entry entries[FINDING_HISTORY_SIZE];
	uint64_t first, end; /* numbers of the oldest one kept, and of the next one to come */
};

/** finding_history_full() - the next finding takes the oldest one's place. */
bool finding_history_full(const struct finding_history *history);

/** finding_history_add() - Return: 0; -ENOMEM, and nothing changed. */
int finding_history_add(struct finding_history *history, const struct finding *finding);

/** finding_history_at() - @number from first to end - 1. */
const struct history_entry *finding_history_at(const struct finding_history *history, uint64_t number);

void finding_history_clear(struct finding_history *history);

/** history_entry_matches() - by rule, and by a container's name or (the start of, from 12 characters) its id; NULL: all. */
bool history_entry_matches(const struct history_entry *entry, const char *rule, const char *container);

#endif
