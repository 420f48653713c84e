/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which container has which counter slots, written down before it holds, so
 * that the next daemon can go on from it however this one ends. A log: each
 * record stands for what earlier ones said of the same slots; every minute it
 * is written anew.
 */
#ifndef CGROUP_JOURNAL_H
#define CGROUP_JOURNAL_H

#include "registry.h"

struct cgroup_journal;

/* What was last known of a container. Texts are never NULL and lie in the history's buffer. */
struct cgroup_record {
	uint64_t cgroup_id;
	uint32_t slot;
	bool removed;		    /* its last values may not have been scraped yet */
	struct isolation isolation; /* class and evidence */
	const char *path, *name, *image, *pod, *namespace, *pod_uid;
	uint32_t *folded; /* slots whose values belong to its own */
	size_t folded_count;
};

struct cgroup_history {
	char *buffer;
	size_t valid_bytes; /* of the file: what follows is damaged */
	struct cgroup_record *records;
	size_t count;
};

/**
 * cgroup_history_parse() - take the bytes of a journal.
 * @buffer: allocated, @size bytes and one more; taken, also when it fails.
 * @slot_count: records of other slots are left out.
 * A damaged record ends it: what came before is good, what follows is not trusted.
 * Return: 0, -ENOMEM.
 */
int cgroup_history_parse(char *buffer, size_t size, uint32_t slot_count, struct cgroup_history *ret_history);

/** cgroup_history_read() - the same from a file; none gives an empty history. Return: 0, -EFBIG, -errno. */
int cgroup_history_read(const char *path, uint32_t slot_count, struct cgroup_history *ret_history);
void cgroup_history_free(struct cgroup_history *history);

/** cgroup_journal_open() - go on behind the first @keep_bytes. Return: 0, -errno. */
int cgroup_journal_open(const char *path, size_t keep_bytes, struct cgroup_journal **ret_journal);
void cgroup_journal_close(struct cgroup_journal *journal);

/** cgroup_journal_add() - what is known of @container now. Return: 0, -errno. */
int cgroup_journal_add(struct cgroup_journal *journal, const struct registry *registry,
		       const struct container *container);

/** cgroup_journal_free_slot() - nobody's any more. Return: 0, -errno. */
int cgroup_journal_free_slot(struct cgroup_journal *journal, uint32_t slot);

/** cgroup_journal_rewrite() - all containers and nothing else, atomically. Return: 0; -errno and the old one goes on. */
int cgroup_journal_rewrite(struct cgroup_journal *journal, const struct registry *registry);

/** cgroup_journal_is_long() - whether it should be written anew before its time. */
bool cgroup_journal_is_long(const struct cgroup_journal *journal);

#endif
