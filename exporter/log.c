/* SPDX-License-Identifier: GPL-2.0-only */
#include "log.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"

#define LOG_MESSAGE_SIZE 1024

static const char *const level_names[] = { "debug", "info", "warn", "error" };
static const char *const format_names[] = { "logfmt", "json" };

static enum log_level minimum = LOG_INFO;
static enum log_format line_format = LOG_LOGFMT;

void log_configure(enum log_level level, enum log_format format)
{
	minimum = level;
	line_format = format;
}

static int find_name(const char *const *names, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], text) == 0)
			return i;
	return -EINVAL;
}

int log_level_parse(const char *text, enum log_level *ret_level)
{
	int found = find_name(level_names, ARRAY_SIZE(level_names), text);

	if (found < 0)
		return found;
	*ret_level = found;
	return 0;
}

int log_format_parse(const char *text, enum log_format *ret_format)
{
	int found = find_name(format_names, ARRAY_SIZE(format_names), text);

	if (found < 0)
		return found;
	*ret_format = found;
	return 0;
}

bool log_enabled(enum log_level level)
{
	return level >= minimum;
}

static void format_time(char *buffer, size_t size)
{
	struct timespec now;
	struct tm parts;
	size_t length;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	length = strftime(buffer, size, "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(buffer + length, size - length, ".%03ldZ", now.tv_nsec / 1000000);
}

/* Neither a control character of ASCII nor one of C1 in UTF-8 (U+0080 to U+009F): a terminal would obey them. */
static bool is_control(const unsigned char *byte)
{
	return *byte < ' ' || *byte == 0x7f || (*byte == 0xc2 && byte[1] >= 0x80 && byte[1] <= 0x9f);
}

static bool is_plain(const char *value)
{
	for (const unsigned char *byte = (const unsigned char *)value; *byte; byte++)
		if (is_control(byte) || strchr(" \"=\\", *byte))
			return false;
	return *value;
}

/* Quoted when it must be; control bytes and quotes escaped, so a value can never start a line of its own. */
static void write_logfmt_value(FILE *out, const char *value)
{
	if (is_plain(value)) {
		fputs(value, out);
		return;
	}
	fputc('"', out);
	for (const unsigned char *byte = (const unsigned char *)value; *byte; byte++) {
		if (*byte == '"' || *byte == '\\')
			fprintf(out, "\\%c", *byte);
		else if (*byte == '\n')
			fputs("\\n", out);
		else if (is_control(byte) && *byte != 0xc2)
			fprintf(out, "\\x%02x", *byte);
		else if (is_control(byte))
			fprintf(out, "\\xc2\\x%02x", *++byte);
		else
			fputc(*byte, out);
	}
	fputc('"', out);
}

static void write_logfmt(FILE *out, const struct log_pair *pairs, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		fprintf(out, "%s%s=", i ? " " : "", pairs[i].key);
		write_logfmt_value(out, pairs[i].value);
	}
}

/* A text that is no UTF-8 is taken as Latin-1: nothing is lost and the line stays JSON. */
static json_t *json_text(const char *value)
{
	json_t *text = json_string(value);
	AUTO_FREE char *wide = NULL;
	char *out;

	if (text)
		return text;
	wide = malloc(2 * strlen(value) + 1);
	if (!wide)
		return json_null();
	for (out = wide; *value; value++) {
		unsigned char byte = *value;

		if (byte < 0x80) {
			*out++ = byte;
		} else {
			*out++ = 0xc0 | byte >> 6;
			*out++ = 0x80 | (byte & 0x3f);
		}
	}
	*out = '\0';
	return json_string(wide);
}

static void write_json(FILE *out, const struct log_pair *pairs, unsigned int count)
{
	json_t *line = json_object();

	for (unsigned int i = 0; line && i < count; i++)
		json_object_set_new(line, pairs[i].key, json_text(pairs[i].value));
	json_dumpf(line, out, JSON_COMPACT);
	json_decref(line);
}

#define LOG_FIXED_PAIRS 4
#define LOG_PAIRS_MAX 64

void log_pairs(enum log_level level, const char *subsystem, const char *message, const struct log_pair *pairs,
	       unsigned int count)
{
	char time_text[40];
	struct log_pair all[LOG_FIXED_PAIRS + LOG_PAIRS_MAX] = {
		{ "ts", time_text },
		{ "level", level_names[level] },
		{ "subsystem", subsystem },
		{ "msg", message },
	};
	AUTO_FREE char *line = NULL;
	size_t size = 0;
	FILE *out;

	if (!log_enabled(level))
		return;
	format_time(time_text, sizeof(time_text));
	if (count > LOG_PAIRS_MAX)
		count = LOG_PAIRS_MAX;
	if (count)
		memcpy(&all[LOG_FIXED_PAIRS], pairs, count * sizeof(*pairs));
	out = open_memstream(&line, &size);
	if (!out)
		return;
	(line_format == LOG_JSON ? write_json : write_logfmt)(out, all, LOG_FIXED_PAIRS + count);
	fputc('\n', out);
	if (fclose(out) == 0)
		fwrite(line, 1, size, stderr); /* in one piece, whatever it holds */
}

void log_message(enum log_level level, const char *subsystem, const char *format, ...)
{
	char message[LOG_MESSAGE_SIZE];
	va_list arguments;

	if (!log_enabled(level))
		return;
	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	log_pairs(level, subsystem, message, NULL, 0);
}
