/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading picket's own text format again: one table of metrics is written as
 * lines, and whoever needs another form of it takes the lines apart here.
 */
#ifndef EXPOSITION_LINES_H
#define EXPOSITION_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

/* A line of the text: the samples that follow, up to the next family, count since then. */
#define EXPOSITION_CREATED_MARK "#@ "
#define EXPOSITION_LABELS_MAX 32
#define EXPOSITION_NAME_SIZE 128
#define EXPOSITION_HELP_SIZE 512

struct exposition_label {
	char *name, *value;
};

/* Borrowed for the call. */
struct exposition_sample {
	struct exposition_label labels[EXPOSITION_LABELS_MAX];
	size_t label_count;
	double value;
	uint64_t whole; /* the value, where is_whole */
	bool is_whole;
	int64_t created_ns; /* 0: not told */
};

struct exposition_family {
	char name[EXPOSITION_NAME_SIZE]; /* as its samples have it, with _total */
	char help[EXPOSITION_HELP_SIZE];
	bool is_counter;
};

/* Each returns 0, or -errno, which ends the reading. */
struct exposition_sink {
	int (*family)(void *context, const struct exposition_family *family);
	int (*sample)(void *context, const struct exposition_family *family, const struct exposition_sample *sample);
	void *context;
};

struct exposition_lines {
	struct exposition_sink sink;
	struct exposition_family family;
	int64_t created_ns;
	struct text labels; /* names and values of one sample, each with its NUL */
};

void exposition_lines_init(struct exposition_lines *lines, const struct exposition_sink *sink);
void exposition_lines_clear(struct exposition_lines *lines);

/**
 * exposition_lines_take() - whole lines, of one or several documents.
 * Return: 0; -EBADMSG: a line that is none; -ENOMEM; what the sink returned.
 */
int exposition_lines_take(struct exposition_lines *lines, const char *text, size_t size);

#endif
