/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/catalogue.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "state/near.h"

struct kind_info {
	const char *name;
	const char *help;
};

#define KIND_INFO(id, kind_name, sensor, kind_help) [PICKET_KIND_##id] = { .name = (kind_name), .help = (kind_help) },
static const struct kind_info kinds[PICKET_KIND_COUNT] = { PICKET_KINDS(KIND_INFO) };
#undef KIND_INFO

const char *catalogue_kind_name(enum picket_kind kind)
{
	return (unsigned int)kind < PICKET_KIND_COUNT ? kinds[kind].name : "unknown";
}

const char *catalogue_kind_help(enum picket_kind kind)
{
	return (unsigned int)kind < PICKET_KIND_COUNT ? kinds[kind].help : "";
}

int catalogue_find_kind(const char *name, enum picket_kind *ret_kind)
{
	for (unsigned int i = 0; i < PICKET_KIND_COUNT; i++) {
		if (strcmp(kinds[i].name, name) == 0) {
			*ret_kind = i;
			return 0;
		}
	}
	return -ENOENT;
}

const struct field *catalogue_find_field(const char *name)
{
	for (size_t i = 0; i < catalogue_field_count; i++) {
		const struct field *field = &catalogue_fields[i];

		if (strcmp(field->name, name) == 0 || (field->alias && strcmp(field->alias, name) == 0))
			return field;
	}
	return NULL;
}

const char *catalogue_suggest_field(const char *name)
{
	struct near near = near_start(name);

	for (size_t i = 0; i < catalogue_field_count; i++) {
		near_offer(&near, catalogue_fields[i].name);
		if (catalogue_fields[i].alias)
			near_offer(&near, catalogue_fields[i].alias);
	}
	return near.best;
}

static size_t format_text(const char *text, size_t size, char *buffer, size_t buffer_size)
{
	if (size >= buffer_size)
		size = buffer_size - 1;
	memcpy(buffer, text, size);
	buffer[size] = '\0';
	return size;
}

size_t field_format(const struct field_value *value, char *buffer, size_t buffer_size)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (!buffer_size)
		return 0;
	switch (value->type) {
	case FIELD_STRING:
		return format_text(value->string.text, value->string.size, buffer, buffer_size);
	case FIELD_BOOLEAN:
		snprintf(text, sizeof(text), "%s", value->boolean ? "true" : "false");
		break;
	case FIELD_INTEGER:
		snprintf(text, sizeof(text), "%lld", (long long)value->integer);
		break;
	case FIELD_ADDRESS:
		inet_ntop(value->address.family, value->address.bytes, text, sizeof(text));
		break;
	}
	return format_text(text, strlen(text), buffer, buffer_size);
}

/* Text of @size bytes and its NUL lie within the @room bytes of data. */
static bool text_valid(const struct picket_event *event, const struct picket_text *text, size_t room)
{
	if (!text->size)
		return true;
	return (size_t)text->offset + text->size < room && event->data[text->offset + text->size] == '\0';
}

static bool comm_valid(const char comm[PICKET_COMM_SIZE])
{
	return memchr(comm, '\0', PICKET_COMM_SIZE) != NULL;
}

bool event_valid(const void *record, size_t size)
{
	const struct picket_event *event = record;

	if (!record || (uintptr_t)record % _Alignof(struct picket_event) || size < sizeof(*event))
		return false;
	if (event->size < sizeof(*event) || event->size > size || event->kind >= PICKET_KIND_COUNT)
		return false;
	for (size_t i = 0; i < PICKET_TEXT_COUNT; i++)
		if (!text_valid(event, &event->text[i], event->size - sizeof(*event)))
			return false;
	for (size_t i = 0; i < PICKET_ANCESTORS; i++)
		if (!comm_valid(event->ancestors[i].comm))
			return false;
	return comm_valid(event->comm);
}

const char *event_text(const struct picket_event *event, enum picket_text_id id)
{
	return event->text[id].size ? event->data + event->text[id].offset : "";
}
