/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The catalogue of events and of their fields: one table that the rule
 * compiler, `picket fields`, JSON, the log and OTLP read.
 *
 * Names are OpenTelemetry semantic conventions where one exists.
 */
#ifndef CATALOGUE_H
#define CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "container.h"
#include "picket/event.h"

enum field_type { FIELD_STRING, FIELD_INTEGER, FIELD_BOOLEAN, FIELD_ADDRESS };

/* An event with what is known about it; all borrowed. */
struct event_context {
	const struct picket_event *event;
	const struct container *container; /* NULL: the host's */
	bool runtime_program;		   /* of an exec: see isolation_is_runtime_program() */
	bool keep_secrets;		   /* those among a program's arguments may be shown */
	bool redacted;			   /* this is shown, and they may not */
};

/* The same event as it may leave picket; rules judge it as it was. */
static inline struct event_context event_context_shown(const struct event_context *context)
{
	struct event_context shown = *context;

	shown.redacted = !context->keep_secrets;
	return shown;
}

struct field_value {
	enum field_type type;
	union {
		struct {
			const char *text; /* NUL-terminated as well */
			size_t size;
		} string;
		int64_t integer;
		bool boolean;
		struct {
			uint8_t bytes[16];
			uint16_t family; /* AF_INET: 4 bytes */
		} address;
	};
};

#define FIELD_BUFFER_SIZE 1152 /* two paths joined */
#define FIELD_VALUES_MAX 48

/* What a string field's values look like; rules are checked against it. */
enum field_syntax {
	SYNTAX_TEXT,
	SYNTAX_PATH,	   /* absolute and resolved; in a glob only "**" crosses "/" */
	SYNTAX_ERROR_NAME, /* ENOENT, EACCES, ... */
};

struct field {
	const char *name;
	const char *alias; /* accepted in rules; NULL: none */
	enum field_type type;
	enum field_syntax syntax;
	uint64_t kinds; /* bit per enum picket_kind that has it */
	const char *help;
	const char *values; /* the only values a string can take, "read write create path"; NULL: any */
	/* false: this event has no such value. Strings may live in @buffer. */
	bool (*get)(const struct event_context *context, char buffer[FIELD_BUFFER_SIZE], struct field_value *ret_value);
	/*
	 * Only fields that hold several values at once ("read" and "write"), of which any may match; get() joins
	 * them for display. NULL for the others. Return: how many; the values live in the event.
	 */
	size_t (*get_all)(const struct event_context *context, struct field_value ret_values[FIELD_VALUES_MAX]);
};

extern const struct field catalogue_fields[];
extern const size_t catalogue_field_count;

/** catalogue_find_field() - by name or alias; NULL when unknown. */
const struct field *catalogue_find_field(const char *name);

/** catalogue_suggest_field() - the nearest name to a misspelt one, or NULL when none is near. */
const char *catalogue_suggest_field(const char *name);

const char *catalogue_kind_name(enum picket_kind kind);
const char *catalogue_kind_help(enum picket_kind kind);

/**
 * catalogue_kind_has_refusals() - whether refused operations of this kind are kept apart: only rules that name their
 * error see them, and these see no others.
 */
static inline bool catalogue_kind_has_refusals(enum picket_kind kind)
{
	return kind == PICKET_KIND_FILE_OPEN || kind == PICKET_KIND_FILE_MODIFY;
}

/** catalogue_find_kind() - Return: 0, -ENOENT. */
int catalogue_find_kind(const char *name, enum picket_kind *ret_kind);

/**
 * field_format() - a value as text: numbers in decimal, addresses as inet_ntop(3) writes them; cut at
 * @buffer_size and always NUL-terminated. Return: length of what is in @buffer.
 */
size_t field_format(const struct field_value *value, char *buffer, size_t buffer_size);

/**
 * event_valid() - whether a record of @size bytes can be trusted: kind, sizes and texts within bounds and
 * NUL-terminated. Nothing else may read a record before. @record must be aligned to 8 bytes; what follows
 * its own size (perf buffers pad) is ignored.
 */
bool event_valid(const void *record, size_t size);

/** event_text() - one text of a valid record; "" when absent. */
const char *event_text(const struct picket_event *event, enum picket_text_id id);

#endif
