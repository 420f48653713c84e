/* SPDX-License-Identifier: GPL-2.0-only */
/* The keys of one trie while a policy is compiled. Private to policy_compile.c. */
#ifndef POLICY_KEYS_H
#define POLICY_KEYS_H

#include <stdbool.h>

#include "policy_compile.h"

struct policy_keys {
	struct policy_entry *entries; /* texts borrowed until policy_keys_finish() */
	size_t count, room;
	char **texts; /* copies that the entries borrow */
	size_t text_count, text_room;
	bool full; /* more keys than the trie takes */
};

/**
 * policy_keys_add() - one text with its watches; a text that is longer than a key becomes a prefix.
 * @text: copied. @directories: lookups of whole directories must know that a key continues them.
 * Return: 0, -ENOMEM.
 */
int policy_keys_add(struct policy_keys *keys, const char *text, size_t size, const struct picket_path_policy *value,
		    bool directories);

/** policy_keys_finish() - sort, merge what has the same text, and fold shorter keys into longer ones. */
void policy_keys_finish(struct policy_keys *keys);

void policy_keys_clear(struct policy_keys *keys);

#endif
