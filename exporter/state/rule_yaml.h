/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rule files as YAML documents. Private to the rules' modules, and to those that read files of the same kind.
 *
 * Files are checked before they are built in memory: size, number of nodes,
 * depth; aliases are refused, so nothing grows when it is read.
 */
#ifndef RULE_YAML_H
#define RULE_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "rules.h"

#define RULE_FILE_MAX_BYTES (4 << 20)
#define RULE_FILE_MAX_NODES 500000
#define RULE_FILE_MAX_DEPTH 16
#define RULE_MAX_ERRORS 1000 /* more are counted, not shown */

/* Where errors go, and what became of it all. */
struct rule_report {
	rule_error *on_error;
	void *context;
	size_t error_count;
	int failure; /* -ENOMEM: stop; 0 */
};

struct rule_file {
	char *name;
	yaml_document_t document;
};

/** rule_file_load() - read and check one file. Return: 0; -EINVAL after a report; -ENOMEM. */
int rule_file_load(const char *path, struct rule_report *report, struct rule_file *ret_file);

/** rule_file_read() - a whole regular file; free(3) it. Return: 0, -errno; -EFBIG, -EISDIR, -EINVAL (no file). */
int rule_file_read(const char *path, char **ret_bytes, size_t *ret_size);

/** rule_file_parse() - the same from memory. */
int rule_file_parse(const char *name, const void *bytes, size_t size, struct rule_report *report,
		    struct rule_file *ret_file);
void rule_file_close(struct rule_file *file);

/** rule_report_at() - "file:line:column: " and the message, for the place where @node starts. */
void rule_report_at(struct rule_report *report, const struct rule_file *file, const yaml_node_t *node,
		    const char *format, ...) __attribute__((format(printf, 4, 5)));

/** rule_report_file() - about a file as a whole. */
void rule_report_file(struct rule_report *report, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** rule_quote() - a text of a file made fit for a message: cut, control bytes replaced. Use: rule_quote(x).text */
struct rule_quote {
	char text[81];
};
struct rule_quote rule_quote(const char *text);

/** rule_node() - a child; never NULL for an index that libyaml gave. */
yaml_node_t *rule_node(const struct rule_file *file, int index);

/** rule_node_empty() - nothing was written, or a null. */
bool rule_node_empty(const yaml_node_t *node);

/** rule_scalar() - a scalar's text; NULL after a report when @node is none, is empty, or holds a NUL byte. */
const char *rule_scalar(const struct rule_file *file, const yaml_node_t *node, struct rule_report *report,
			const char *what);

/* One key of a mapping that has a fixed set of them. */
struct rule_key {
	const char *name;
	void (*read)(void *context, const yaml_node_t *value);
};

/**
 * rule_read_mapping() - hand each value to its key's reader; unknown and repeated keys are reported.
 * @what: for messages, "a rule". @keys: at most 64. Return: bit per key that was there.
 */
uint64_t rule_read_mapping(const struct rule_file *file, const yaml_node_t *node, struct rule_report *report,
			   const char *what, const struct rule_key *keys, size_t key_count, void *context);

#endif
