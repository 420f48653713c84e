/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/finding_history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ID_PREFIX_MIN 12

static struct history_entry *place(struct finding_history *history, uint64_t number)
{
	return &history->entries[number % FINDING_HISTORY_SIZE];
}

static void entry_clear(struct history_entry *entry)
{
	free(entry->line);
	free(entry->rule);
	free(entry->container_id);
	free(entry->container_name);
	memset(entry, 0, sizeof(*entry));
}

bool finding_history_full(const struct finding_history *history)
{
	return history->end - history->first == FINDING_HISTORY_SIZE;
}

int finding_history_add(struct finding_history *history, const struct finding *finding)
{
	const struct container *container = finding->context.container;
	struct history_entry entry = {
		.line = finding_to_json(finding),
		.rule = strdup(finding->rule->name),
		.container_id = strdup(container ? container->id : ""),
		.container_name = strdup(container ? container->name : ""),
	};

	if (!entry.line || !entry.rule || !entry.container_id || !entry.container_name) {
		entry_clear(&entry);
		return -ENOMEM;
	}
	if (finding_history_full(history))
		entry_clear(place(history, history->first++));
	*place(history, history->end++) = entry;
	return 0;
}

const struct history_entry *finding_history_at(const struct finding_history *history, uint64_t number)
{
	return &history->entries[number % FINDING_HISTORY_SIZE];
}

void finding_history_clear(struct finding_history *history)
{
	while (history->first != history->end)
		entry_clear(place(history, history->first++));
}

bool history_entry_matches(const struct history_entry *entry, const char *rule, const char *container)
{
	if (rule && strcmp(rule, entry->rule) != 0)
		return false;
	return !container || strcmp(container, entry->container_name) == 0 ||
	       strcmp(container, entry->container_id) == 0 ||
	       (strlen(container) >= ID_PREFIX_MIN && strncmp(container, entry->container_id, strlen(container)) == 0);
}
