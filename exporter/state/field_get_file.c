/* SPDX-License-Identifier: GPL-2.0-only */
/* Fields of a file that was opened or changed, or that was refused. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

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
	return context->event->kind == PICKET_KIND_FILE_OPEN &&
	       (context->event->result >= 0 || context->event->flags & PICKET_EVENT_DENIED);
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

/* Where the last name of @path begins; what follows it is "/" only. */
static const char *last_name(const char *path)
{
	const char *name = path;

	for (; *path; path++)
		if (*path != '/' && (path == name || path[-1] == '/'))
			name = path;
	return name;
}

/*
 * No file is there to ask: what was written, put behind the directory that it starts from, or of which it is an entry
 * (@in_base). An absolute path starts from the process's root, which only a refused open does not tell.
 */
static bool set_written_path(const char *written, const char *base, bool in_base, char buffer[FIELD_BUFFER_SIZE],
			     struct field_value *ret_value)
{
	size_t used = 0;

	if (in_base)
		written = last_name(written);
	if (!*written || (*written != '/' && *base != '/'))
		return false;
	if (!append_components(buffer, &used, base) || !append_components(buffer, &used, written))
		return false;
	if (!used)
		buffer[used++] = '/';
	buffer[used] = '\0';
	return field_set_text(ret_value, buffer, used);
}

FIELD_GETTER(field_get_file_path)
{
	const struct picket_event *event = context->event;
	const char *written = event_text(event, PICKET_TEXT_REQUESTED), *base = event_text(event, PICKET_TEXT_BASE);

	if (field_set_string(ret_value, event_text(event, PICKET_TEXT_PATH)))
		return true;
	if (event->kind == PICKET_KIND_FILE_OPEN && *written == '/')
		base = "";
	if (was_opened(context) && !(event->flags & PICKET_EVENT_IO_URING))
		return false; /* of a descriptor of the ring's own the file is not known */
	return set_written_path(written, base, event->flags & PICKET_EVENT_IN_BASE, buffer, ret_value);
}

/* A symlink's target is not followed: it may lead anywhere by the time that somebody does. */
FIELD_GETTER(field_get_source_path)
{
	const struct picket_event *event = context->event;
	const char *written = event_text(event, PICKET_TEXT_SOURCE);

	switch (event->modify.operation) {
	case PICKET_MODIFICATION_RENAME:
	case PICKET_MODIFICATION_LINK:
		return set_written_path(written, event_text(event, PICKET_TEXT_SOURCE_BASE),
					event->flags & PICKET_EVENT_IN_SOURCE_BASE, buffer, ret_value);
	case PICKET_MODIFICATION_SYMLINK:
		return field_set_string(ret_value, written);
	default:
		return false;
	}
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

FIELD_GETTER_ALL(field_get_all_file_access)
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

FIELD_GETTER_ALL(field_get_all_file_flags)
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

static uint32_t file_type(const struct event_context *context)
{
	const struct picket_event *event = context->event;

	if (event->kind == PICKET_KIND_FILE_MODIFY && event->modify.operation == PICKET_MODIFICATION_MKNOD)
		return event->modify.mode & S_IFMT;
	return was_opened(context) ? event->file.mode & S_IFMT : 0;
}

FIELD_GETTER(field_get_file_type)
{
	for (size_t i = 0; i < ARRAY_SIZE(type_names); i++)
		if (file_type(context) == type_names[i].flag)
			return field_set_string(ret_value, type_names[i].name);
	return false;
}

/* Of a change: the mode that it asked for. */
FIELD_GETTER(field_get_file_mode)
{
	const struct picket_event *event = context->event;
	uint32_t mode = event->file.mode;

	if (event->kind == PICKET_KIND_FILE_MODIFY) {
		mode = event->modify.mode;
		if (event->modify.operation != PICKET_MODIFICATION_MODE &&
		    event->modify.operation != PICKET_MODIFICATION_MKDIR &&
		    event->modify.operation != PICKET_MODIFICATION_MKNOD)
			return false;
	} else if (!was_opened(context)) {
		return false;
	}
	snprintf(buffer, FIELD_BUFFER_SIZE, "%04o", mode & 07777);
	return field_set_string(ret_value, buffer);
}

FIELD_GETTER(field_get_file_inode)
{
	if (!was_opened(context) || !context->event->file.inode)
		return false;
	snprintf(buffer, FIELD_BUFFER_SIZE, "%llu", (unsigned long long)context->event->file.inode);
	return field_set_string(ret_value, buffer);
}

/* mknod(2) is given the number in another encoding than the one that the kernel keeps. */
FIELD_GETTER(field_get_device_node)
{
	const struct picket_event *event = context->event;
	uint32_t type = file_type(context);
	bool made = event->kind == PICKET_KIND_FILE_MODIFY;

	if (type != S_IFBLK && type != S_IFCHR)
		return false;
	snprintf(buffer, FIELD_BUFFER_SIZE, "%u:%u", made ? major(event->modify.node) : event->file.node >> 20,
		 made ? minor(event->modify.node) : event->file.node & 0xfffff);
	return field_set_string(ret_value, buffer);
}

/* Below /proc/<pid>, of another process than the one that opens it. The number is one of the procfs that was used. */
FIELD_GETTER(field_get_other_process)
{
	const struct picket_event *event = context->event;
	const char *path = event_text(event, PICKET_TEXT_PATH);
	unsigned long long pid;
	int end = 0;

	if (sscanf(path, "/proc/%llu/%n", &pid, &end) != 1 || !end)
		return false;
	return field_set_boolean(ret_value, pid != event->vpid && pid != event->pid);
}

/* Of any operation. A connection that is still being made has not failed. */
FIELD_GETTER(field_get_error)
{
	int32_t result = context->event->result;

	if (result >= 0 || result == -EINPROGRESS || result == INT32_MIN)
		return false;
	return field_set_string(ret_value, strerrorname_np(-result));
}
