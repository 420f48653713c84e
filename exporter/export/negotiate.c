/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/negotiate.h"

#include <string.h>
#include <strings.h>

#define Q_ONE 1000 /* q is kept in thousandths, as RFC 9110 writes it */

/* Part of a header, without the spaces around it. */
struct span {
	const char *start;
	size_t size;
};

struct choice {
	struct span name;     /* "text/plain", "gzip" */
	struct span version;  /* value of the first version parameter; empty: none */
	struct span message;  /* the same of proto */
	struct span encoding; /* the same of encoding */
	int q;		      /* 0..Q_ONE */
};

static bool is_space(char byte)
{
	return byte == ' ' || byte == '\t';
}

static struct span span_trim(struct span span)
{
	while (span.size && is_space(*span.start)) {
		span.start++;
		span.size--;
	}
	while (span.size && is_space(span.start[span.size - 1]))
		span.size--;
	return span;
}

static bool span_is(struct span span, const char *text)
{
	return span.size == strlen(text) && !strncasecmp(span.start, text, span.size);
}

/* Cut the part before @separator off @rest; separators within quotes do not count. False: nothing is left. */
static bool span_next(struct span *rest, char separator, struct span *ret_part)
{
	bool quoted = false;
	size_t size = 0;

	if (!rest->start)
		return false;
	for (; size < rest->size && (quoted || rest->start[size] != separator); size++)
		if (rest->start[size] == '"')
			quoted = !quoted;
	*ret_part = span_trim((struct span){ rest->start, size });
	if (size < rest->size)
		*rest = (struct span){ rest->start + size + 1, rest->size - size - 1 };
	else
		*rest = (struct span){ NULL, 0 };
	return true;
}

/* "0.75" in thousandths; more than 1 is 1; what is no number is 0: not wanted. */
static int parse_q(struct span text)
{
	int q = 0, scale = Q_ONE;
	bool point = false;

	if (!text.size)
		return 0;
	for (size_t i = 0; i < text.size; i++) {
		char byte = text.start[i];

		if (byte == '.' && !point) {
			point = true;
		} else if (byte < '0' || byte > '9') {
			return 0;
		} else if (!point) {
			q = q * 10 + (byte - '0') * Q_ONE;
			if (q > Q_ONE)
				q = Q_ONE;
		} else {
			scale /= 10;
			q += (byte - '0') * scale;
		}
	}
	return q > Q_ONE ? Q_ONE : q;
}

static void parse_parameter(struct span parameter, struct choice *choice)
{
	struct span name, value = parameter;

	span_next(&value, '=', &name);
	value = span_trim(value);
	if (value.size >= 2 && value.start[0] == '"' && value.start[value.size - 1] == '"')
		value = (struct span){ value.start + 1, value.size - 2 };
	if (span_is(name, "q"))
		choice->q = parse_q(value);
	else if (span_is(name, "version") && !choice->version.start)
		choice->version = value;
	else if (span_is(name, "proto") && !choice->message.start)
		choice->message = value;
	else if (span_is(name, "encoding") && !choice->encoding.start)
		choice->encoding = value;
}

static bool next_choice(struct span *header, struct choice *ret_choice)
{
	struct choice choice = { .q = Q_ONE };
	struct span rest, part;

	if (!span_next(header, ',', &rest))
		return false;
	span_next(&rest, ';', &choice.name);
	while (span_next(&rest, ';', &part))
		parse_parameter(part, &choice);
	*ret_choice = choice;
	return true;
}

static const struct {
	const char *name;
	const char *version, *message, *encoding; /* NULL: none is asked for */
} formats[EXPOSITION_FORMAT_COUNT] = {
	[EXPOSITION_TEXT] = { "text/plain", "0.0.4", NULL, NULL },
	[EXPOSITION_OPENMETRICS] = { "application/openmetrics-text", "1.0.0", NULL, NULL },
	[EXPOSITION_PROTOBUF] = { "application/vnd.google.protobuf", NULL, "io.prometheus.client.MetricFamily",
				  "delimited" },
};

static bool parameter_fits(struct span value, const char *wanted)
{
	return !value.size || !wanted || span_is(value, wanted);
}

static bool choice_takes(const struct choice *choice, enum exposition_format format)
{
	return span_is(choice->name, formats[format].name) &&
	       parameter_fits(choice->version, formats[format].version) &&
	       parameter_fits(choice->message, formats[format].message) &&
	       parameter_fits(choice->encoding, formats[format].encoding);
}

enum exposition_format negotiate_format(const char *accept)
{
	struct span header = { accept, accept ? strlen(accept) : 0 };
	int best[EXPOSITION_FORMAT_COUNT] = { 0 };
	enum exposition_format chosen = EXPOSITION_TEXT;
	struct choice choice;

	while (next_choice(&header, &choice))
		for (int format = 0; format < EXPOSITION_FORMAT_COUNT; format++)
			if (choice_takes(&choice, format) && choice.q > best[format])
				best[format] = choice.q;
	for (int format = 0; format < EXPOSITION_FORMAT_COUNT; format++)
		if (best[format] && best[format] >= best[chosen])
			chosen = format;
	return chosen;
}

bool negotiate_gzip(const char *accept_encoding)
{
	struct span header = { accept_encoding, accept_encoding ? strlen(accept_encoding) : 0 };
	int named = -1, any = 0;
	struct choice choice;

	while (next_choice(&header, &choice)) {
		if (span_is(choice.name, "gzip") || span_is(choice.name, "x-gzip"))
			named = choice.q > named ? choice.q : named;
		else if (span_is(choice.name, "*"))
			any = choice.q;
	}
	return named >= 0 ? named > 0 : any > 0;
}

const char *negotiate_content_type(enum exposition_format format)
{
	static const char *const types[] = {
		[EXPOSITION_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
		[EXPOSITION_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
		[EXPOSITION_PROTOBUF] =
			"application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
	};

	return types[format];
}
