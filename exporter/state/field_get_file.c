/* SPDX-License-Identifier: GPL-2.0-only */
/* Fields of an opened, or refused, file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "state/field_get.h"

struct flag_name {
	uint32_t flag;
	const char *name;
};

static const struct flag_name access_names[] = {
	{ PICKET_ACCESS_READ, "read" },
	{ PICKET_ACCESS_WRITE, "write" },
	{ PICKET_ACCESS_CREATE, "create" },
	{ PICKET_ACCESS_PATH, "path" },
};

static const struct flag_name open_flag_names[] = {
	{ O_APPEND, "O_APPEND" },     { O_NONBLOCK, "O_NONBLOCK" }, { O_DSYNC, "O_DSYNC" },
	{ O_SYNC, "O_SYNC" },	      { O_DIRECT, "O_DIRECT" },	    { O_DIRECTORY, "O_DIRECTORY" },
	{ O_NOFOLLOW, "O_NOFOLLOW" }, { O_NOATIME, "O_NOATIME" },   { O_TMPFILE, "O_TMPFILE" },
	{ O_PATH, "O_PATH" },
};
_Static_assert(ARRAY_SIZE(open_flag_names) <= FIELD_VALUES_MAX, "no room for all flags");

static const struct flag_name type_names[] = {
	{ S_IFREG, "regular" },	  { S_IFDIR, "directory" }, { S_IFLNK, "symlink" }, { S_IFBLK, "block" },
	{ S_IFCHR, "character" }, { S_IFIFO, "fifo" },	    { S_IFSOCK, "socket" },
};

static bool was_opened(const struct event_context *context)
{
	return context->event->result >= 0;
}

static size_t names_of_flags(const struct flag_name *names, size_t name_count, uint32_t flags,
			     struct field_value *ret_values)
{
	size_t count = 0;

	for (size_t i = 0; i < name_count; i++)
		if ((flags & names[i].flag) == names[i].flag && field_set_string(&ret_values[count], names[i].name))
			count++;
	return count;
}

/*
 * Add the components of @path to the absolute path of @used bytes in @buffer,
 * "." and ".." taken as text. Return: false when there is no room.
 */
static bool append_components(char buffer[FIELD_BUFFER_SIZE], size_t *used, const char *path)
{
	while (*path) {
		size_t size = strcspn(path, "/");

		if (size == 2 && memcmp(path, "..", 2) == 0) {
			while (*used && buffer[--*used] != '/')
				;
		} else if (size && !(size == 1 && *path == '.')) {
			if (*used + 1 + size >= FIELD_BUFFER_SIZE)
				return false;
			buffer[(*used)++] = '/';
			memcpy(buffer + *used, path, size);
			*used += size;
		}
		path += size;
		path += *path == '/';
	}
	return true;
}

/* A refused open has no file to ask: what was written, put behind the directory that it starts from. */
static bool set_written_path(const struct event_context *context, char buffer[FIELD_BUFFER_SIZE],
			     struct field_value *ret_value)
{
	const char *written = event_text(context->event, PICKET_TEXT_REQUESTED);
	const char *base = event_text(context->event, PICKET_TEXT_BASE);
	size_t used = 0;

	if (!*written || (*written != '/' && *base != '/'))
		return false;
	if (*written != '/' && !append_components(buffer, &used, base))
		return false;
	if (!append_components(buffer, &used, written))
		return false;
	if (!used)
		buffer[used++] = '/';
	buffer[used] = '\0';
	return field_set_text(ret_value, buffer, used);
}

FIELD_GETTER(field_get_file_path)
{
	if (field_set_string(ret_value, event_text(context->event, PICKET_TEXT_PATH)))
		return true;
	return !was_opened(context) && set_written_path(context, buffer, ret_value);
}

FIELD_GETTER(field_get_file_name)
{
	struct field_value path;

	if (!field_get_file_path(context, buffer, &path))
		return false;
	return field_set_string(ret_value,
				strrchr(path.string.text, '/') ? strrchr(path.string.text, '/') + 1 : path.string.text);
}

FIELD_GETTER(field_get_file_directory)
{
	struct field_value path;
	const char *slash;
	size_t size;

	if (!field_get_file_path(context, buffer, &path))
		return false;
	slash = strrchr(path.string.text, '/');
	if (!slash)
		return false;
	size = slash == path.string.text ? 1 : slash - path.string.text;
	if (size >= FIELD_BUFFER_SIZE)
		return false;
	memmove(buffer, path.string.text, size);
	buffer[size] = '\0';
	return field_set_text(ret_value, buffer, size);
}

size_t field_get_all_file_access(const struct event_context *context, struct field_value ret_values[FIELD_VALUES_MAX])
{
	if (!was_opened(context))
		return 0;
	return names_of_flags(access_names, ARRAY_SIZE(access_names), context->event->file.access, ret_values);
}

FIELD_GETTER(field_get_file_access)
{
	struct field_value values[FIELD_VALUES_MAX];

	return field_join(buffer, values, field_get_all_file_access(context, values), ",", ret_value);
}

size_t field_get_all_file_flags(const struct event_context *context, struct field_value ret_values[FIELD_VALUES_MAX])
{
	if (!was_opened(context))
		return 0;
	return names_of_flags(open_flag_names, ARRAY_SIZE(open_flag_names), context->event->file.flags, ret_values);
}

FIELD_GETTER(field_get_file_flags)
{
	struct field_value values[FIELD_VALUES_MAX];

	return field_join(buffer, values, field_get_all_file_flags(context, values), ",", ret_value);
}

FIELD_GETTER(field_get_file_type)
{
	for (size_t i = 0; was_opened(context) && i < ARRAY_SIZE(type_names); i++)
		if ((context->event->file.mode & S_IFMT) == type_names[i].flag)
			return field_set_string(ret_value, type_names[i].name);
	return false;
}

FIELD_GETTER(field_get_file_mode)
{
	if (!was_opened(context))
		return false;
	snprintf(buffer, FIELD_BUFFER_SIZE, "%04o", context->event->file.mode & 07777);
	return field_set_string(ret_value, buffer);
}

FIELD_GETTER(field_get_file_inode)
{
	if (!was_opened(context) || !context->event->file.inode)
		return false;
	snprintf(buffer, FIELD_BUFFER_SIZE, "%llu", (unsigned long long)context->event->file.inode);
	return field_set_string(ret_value, buffer);
}

FIELD_GETTER(field_get_device_node)
{
	uint32_t type = context->event->file.mode & S_IFMT, node = context->event->file.node;

	if (!was_opened(context) || (type != S_IFBLK && type != S_IFCHR))
		return false;
	snprintf(buffer, FIELD_BUFFER_SIZE, "%u:%u", node >> 20, node & 0xfffff);
	return field_set_string(ret_value, buffer);
}

/* Of any operation. A connection that is still being made has not failed. */
FIELD_GETTER(field_get_error)
{
	int32_t result = context->event->result;

	if (result >= 0 || result == -EINPROGRESS || result == INT32_MIN)
		return false;
	return field_set_string(ret_value, strerrorname_np(-result));
}
