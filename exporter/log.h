/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's log: one line per message on standard error, in logfmt or JSON.
 *
 * Modules return errors; daemon.c, the responder and the command line log them.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_LOGFMT, LOG_JSON };

/** log_configure() - set once at start; default: LOG_INFO, LOG_LOGFMT. */
void log_configure(enum log_level level, enum log_format format);

/** log_level_parse() - "debug", "info", "warn" or "error". Return: 0, -EINVAL. */
int log_level_parse(const char *text, enum log_level *ret_level);

/** log_format_parse() - "logfmt" or "json". Return: 0, -EINVAL. */
int log_format_parse(const char *text, enum log_format *ret_format);

/** log_enabled() - whether a message of this level would be written. */
bool log_enabled(enum log_level level);

/**
 * log_message() - write one line.
 * @subsystem: value of "subsystem=", e.g. "otlp".
 * @message: a plain sentence, no newline.
 * Then pairs of key and printf format with its arguments are not supported on
 * purpose: use log_pairs() for values.
 */
void log_message(enum log_level level, const char *subsystem, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* One key=value of a line; value is escaped as the format needs. */
struct log_pair {
	const char *key;
	const char *value;
};

/** log_pairs() - a line with values: log_pairs(LOG_WARN, "rules", "match", pairs, n). */
void log_pairs(enum log_level level, const char *subsystem, const char *message, const struct log_pair *pairs,
	       unsigned int count);

#define log_debug(subsystem, ...) log_message(LOG_DEBUG, subsystem, __VA_ARGS__)
#define log_info(subsystem, ...) log_message(LOG_INFO, subsystem, __VA_ARGS__)
#define log_warn(subsystem, ...) log_message(LOG_WARN, subsystem, __VA_ARGS__)
#define log_error(subsystem, ...) log_message(LOG_ERROR, subsystem, __VA_ARGS__)

#endif
