/* SPDX-License-Identifier: GPL-2.0-only */
/* Fields of the process, and of the cgroup and the event in general. */
#include "state/field_get.h"
#include "state/redact.h"

/* What follows the last "/". */
static bool set_last_component(struct field_value *ret_value, const char *path)
{
	const char *slash = strrchr(path, '/');

	return field_set_string(ret_value, slash ? slash + 1 : path);
}

/* Events about a cgroup have no process. */
static bool set_process_number(const struct event_context *context, struct field_value *ret_value, int64_t number)
{
	return context->event->pid && field_set_integer(ret_value, number);
}

static bool set_flag(const struct event_context *context, struct field_value *ret_value, uint32_t flags)
{
	return field_set_boolean(ret_value, context->event->flags & flags);
}

FIELD_GETTER(field_get_pid)
{
	return set_process_number(context, ret_value, context->event->pid);
}

FIELD_GETTER(field_get_vpid)
{
	return context->event->vpid && field_set_integer(ret_value, context->event->vpid);
}

FIELD_GETTER(field_get_interactive)
{
	return set_flag(context, ret_value, PICKET_EVENT_TERMINAL);
}

FIELD_GETTER(field_get_parent_pid)
{
	return context->event->parent_pid && set_process_number(context, ret_value, context->event->parent_pid);
}

FIELD_GETTER(field_get_uid)
{
	return set_process_number(context, ret_value, context->event->uid);
}

FIELD_GETTER(field_get_gid)
{
	return set_process_number(context, ret_value, context->event->gid);
}

FIELD_GETTER(field_get_start_time)
{
	return set_process_number(context, ret_value, context->event->start_time_ns);
}

FIELD_GETTER(field_get_age)
{
	uint64_t start_ns = context->event->start_time_ns, time_ns = context->event->time_ns;

	return start_ns &&
	       set_process_number(context, ret_value, time_ns > start_ns ? (time_ns - start_ns) / 1000000000 : 0);
}

FIELD_GETTER(field_get_executable_path)
{
	return field_set_string(ret_value, event_text(context->event, PICKET_TEXT_EXECUTABLE));
}

FIELD_GETTER(field_get_executable_name)
{
	return set_last_component(ret_value, event_text(context->event, PICKET_TEXT_EXECUTABLE));
}

FIELD_GETTER(field_get_comm)
{
	return field_set_string(ret_value, context->event->comm);
}

FIELD_GETTER(field_get_requested_path)
{
	return field_set_string(ret_value, event_text(context->event, PICKET_TEXT_REQUESTED));
}

/* Arguments from byte @from on, joined by spaces, behind the @used bytes of @buffer. */
static bool join_arguments(const struct event_context *context, char buffer[FIELD_BUFFER_SIZE], size_t used,
			   size_t from, struct field_value *ret_value)
{
	const struct picket_text *text = &context->event->text[PICKET_TEXT_ARGS];
	const char *arguments = event_text(context->event, PICKET_TEXT_ARGS);
	char redacted[FIELD_BUFFER_SIZE];
	size_t size = text->size;

	if (context->redacted) {
		size = redact_arguments(arguments, size, redacted, sizeof(redacted));
		arguments = redacted;
	}
	while (size > from && !arguments[size - 1])
		size--;
	if (used && from < size)
		buffer[used++] = ' ';
	for (size_t i = from; i < size && used < FIELD_BUFFER_SIZE - 1; i++)
		buffer[used++] = arguments[i] ? arguments[i] : ' ';
	buffer[used] = '\0';
	return field_set_text(ret_value, buffer, used);
}

FIELD_GETTER(field_get_command_line)
{
	return join_arguments(context, buffer, 0, 0, ret_value);
}

/* Where the second argument begins. */
static size_t second_argument(const struct event_context *context)
{
	return context->event->text[PICKET_TEXT_ARGS].size ? strlen(event_text(context->event, PICKET_TEXT_ARGS)) + 1
							   : 0;
}

FIELD_GETTER(field_get_arguments)
{
	return join_arguments(context, buffer, 0, second_argument(context), ret_value);
}

FIELD_GETTER(field_get_name_and_arguments)
{
	size_t used = stpcpy(buffer, context->event->comm) - buffer;

	return join_arguments(context, buffer, used, second_argument(context), ret_value);
}

/* One name more, unless it is there already. */
static size_t add_program(struct field_value *values, size_t count, const char *path)
{
	if (!set_last_component(&values[count], path))
		return count;
	for (size_t i = 0; i < count; i++)
		if (strcmp(values[i].string.text, values[count].string.text) == 0)
			return count;
	return count + 1;
}

/* Of "busybox wget ...": wget. The arguments are NUL-separated. */
static const char *applet_of(const struct picket_event *event)
{
	const char *arguments = event_text(event, PICKET_TEXT_ARGS), *slash = strrchr(arguments, '/');
	const char *program = slash ? slash + 1 : arguments;
	size_t first = strlen(arguments);

	if ((strcmp(program, "busybox") != 0 && strcmp(program, "toybox") != 0) ||
	    first + 1 >= event->text[PICKET_TEXT_ARGS].size)
		return "";
	return arguments + first + 1;
}

/* Also when it was renamed, linked or is one of many in a binary: file, path as requested and first argument. */
FIELD_GETTER_ALL(field_get_all_programs)
{
	static const enum picket_text_id ids[] = { PICKET_TEXT_EXECUTABLE, PICKET_TEXT_REQUESTED, PICKET_TEXT_ARGS };
	size_t count = 0;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		count = add_program(ret_values, count, event_text(context->event, ids[i]));
	return add_program(ret_values, count, applet_of(context->event));
}

FIELD_GETTER(field_get_programs)
{
	struct field_value values[FIELD_VALUES_MAX];

	return field_join(buffer, values, field_get_all_programs(context, values), ",", ret_value);
}

FIELD_GETTER(field_get_parent_name)
{
	const struct picket_ancestor *parent = &context->event->ancestors[0];

	return parent->pid && field_set_string(ret_value, parent->comm);
}

FIELD_GETTER_ALL(field_get_all_ancestors)
{
	const struct picket_ancestor *ancestors = context->event->ancestors;
	size_t count = 0;

	_Static_assert(PICKET_ANCESTORS <= FIELD_VALUES_MAX, "no room for all ancestors");
	for (size_t i = 0; i < PICKET_ANCESTORS && ancestors[i].pid; i++)
		if (field_set_string(&ret_values[count], ancestors[i].comm))
			count++;
	return count;
}

FIELD_GETTER(field_get_ancestors)
{
	struct field_value values[FIELD_VALUES_MAX];

	return field_join(buffer, values, field_get_all_ancestors(context, values), " < ", ret_value);
}

FIELD_GETTER(field_get_exit_code)
{
	return !context->event->exit.signal && field_set_integer(ret_value, context->event->exit.code);
}

FIELD_GETTER(field_get_exit_signal)
{
	return context->event->exit.signal && field_set_integer(ret_value, context->event->exit.signal);
}

FIELD_GETTER(field_get_oom_killed)
{
	return field_set_boolean(ret_value, context->event->exit.oom);
}

FIELD_GETTER(field_get_memfd)
{
	return set_flag(context, ret_value, PICKET_EVENT_MEMFD);
}

FIELD_GETTER(field_get_deleted)
{
	return set_flag(context, ret_value, PICKET_EVENT_DELETED);
}

FIELD_GETTER(field_get_upper)
{
	return set_flag(context, ret_value, PICKET_EVENT_UPPER);
}

/* Asked of those that are no ordinary containers: of others every program may be one of the runtime's. */
FIELD_GETTER(field_get_runtime_program)
{
	return context->container && context->container->isolation.class >= ISOLATION_GVISOR &&
	       field_set_boolean(ret_value, context->runtime_program);
}

FIELD_GETTER(field_get_io_uring)
{
	return set_flag(context, ret_value, PICKET_EVENT_IO_URING);
}

FIELD_GETTER(field_get_compat)
{
	return set_flag(context, ret_value, PICKET_EVENT_COMPAT);
}

FIELD_GETTER(field_get_via_proc)
{
	return set_flag(context, ret_value, PICKET_EVENT_VIA_PROC);
}

FIELD_GETTER(field_get_foreign_mount)
{
	return set_flag(context, ret_value, PICKET_EVENT_FOREIGN_MNT);
}

FIELD_GETTER(field_get_outside_container)
{
	return set_flag(context, ret_value, PICKET_EVENT_VIA_PROC | PICKET_EVENT_FOREIGN_MNT);
}

FIELD_GETTER(field_get_path_cut)
{
	return set_flag(context, ret_value, PICKET_EVENT_PATH_CUT);
}

FIELD_GETTER(field_get_cgroup_path)
{
	return field_set_string(ret_value, event_text(context->event, PICKET_TEXT_PATH));
}
