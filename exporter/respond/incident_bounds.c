/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/incident_bounds.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "clock.h"
#include "state/utf8.h"

bool incident_bounds_new(struct incident_bounds *bounds, size_t bytes, unsigned int milliseconds)
{
	bounds->bytes_left = bytes;
	bounds->keep_secrets = false;
	bounds->deadline_ns = clock_ns(CLOCK_MONOTONIC) + milliseconds * 1000000ULL;
	bounds->left_out = json_array();
	return bounds->left_out;
}

static bool is_said(const json_t *sentences, const char *sentence)
{
	size_t index;
	json_t *value;

	json_array_foreach (sentences, index, value)
		if (strcmp(json_string_value(value), sentence) == 0)
			return true;
	return false;
}

void incident_left_out(struct incident_bounds *bounds, const char *format, ...)
{
	char sentence[160];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	if (json_array_size(bounds->left_out) < 64 && !is_said(bounds->left_out, sentence))
		json_array_append_new(bounds->left_out, json_string(sentence));
}

bool incident_bounds_over(struct incident_bounds *bounds)
{
	if (!bounds->bytes_left)
		incident_left_out(bounds, "more text than a snapshot may hold");
	else if ((uint64_t)clock_ns(CLOCK_MONOTONIC) > bounds->deadline_ns)
		incident_left_out(bounds, "what took longer than a snapshot may take");
	else
		return false;
	return true;
}

json_t *incident_text(struct incident_bounds *bounds, const char *text, size_t size, size_t max)
{
	size_t repaired_size, kept = 0, next;
	AUTO_FREE char *repaired = utf8_repair(text, size < max ? size : max, &repaired_size);

	if (!repaired)
		return NULL;
	if (max > bounds->bytes_left)
		max = bounds->bytes_left;
	while (kept < repaired_size && (next = utf8_character(repaired + kept, repaired_size - kept)) > 0 &&
	       kept + next <= max)
		kept += next;
	bounds->bytes_left -= kept;
	return json_stringn(repaired, kept);
}

void incident_set_text(struct incident_bounds *bounds, json_t *object, const char *key, const char *text, size_t max)
{
	json_object_set_new(object, key, incident_text(bounds, text, strlen(text), max));
}
