/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Files changed other than by writing into them: removed, renamed, linked,
 * made, and their mode, owner, size, attributes and times set. Counted and
 * told of when the system call ends, shared by all backends; they differ in
 * how they learn what the kernel found under the path that was written.
 */
#ifndef MODIFICATION_H
#define MODIFICATION_H

#include "change.h"
#include "written_path.h"

#define EPERM 1
#define EACCES 13
#define EROFS 30

/* Others (there is no such file, there is one already) are ordinary life. */
static __always_inline bool refused_for_rights(long result)
{
	return result == -EPERM || result == -EACCES || result == -EROFS;
}

static __always_inline void count_modification(const struct subject *subject, __u32 operation)
{
	if (subject->setup)
		subject_count(subject, PICKET_COUNTER_SETUP_MODIFICATIONS);
	else if (operation < PICKET_MODIFICATION_COUNT)
		subject_count(subject, PICKET_COUNTER_FILE_MODIFICATIONS_DELETE + operation);
}

static __always_inline void set_modification(struct picket_event *event, const struct written_call *call)
{
	__u32 value = call->info.value_argument;

	event->modify.operation = call->info.operation;
	switch (call->info.operation) {
	case PICKET_MODIFICATION_MKNOD:
		event->modify.node = written_argument(call, value + 1);
		event->modify.mode = written_argument(call, value);
		break;
	case PICKET_MODIFICATION_MKDIR:
	case PICKET_MODIFICATION_MODE:
		event->modify.mode = written_argument(call, value);
		break;
	case PICKET_MODIFICATION_OWNER:
		event->modify.uid = written_argument(call, value);
		event->modify.gid = written_argument(call, value + 1);
		break;
	}
}

static __always_inline __s32 written_descriptor(const struct written_call *call, __u32 index)
{
	return index == PICKET_NO_ARGUMENT ? AT_FDCWD : (__s32)written_argument(call, index);
}

/*
 * Add the place that the kernel found, and what was written: of it the last name is of use where the kernel's is not
 * known. Return: false when the kernel was not seen to find one.
 */
static __noinline int add_found(struct event_scratch *record, __u32 which, const char *written)
{
	bool source = which == CHANGE_SOURCE;
	struct place_search *search = place_search_get();
	struct path_buffer *path = path_buffer_get();
	struct change *change = change_find();

	if (!record || !change || !search || !path || !(change->found & which))
		return 0;
	search->place = source ? change->source : change->object;
	if (!place_path())
		return 0;
	if (!source || search->place.nameless)
		record_add_string(record, source ? PICKET_TEXT_SOURCE : PICKET_TEXT_REQUESTED, written, true);
	if (!search->place.nameless) {
		record_add_path(record, source ? PICKET_TEXT_SOURCE : PICKET_TEXT_PATH, path);
		return 1;
	}
	record_add_path(record, source ? PICKET_TEXT_SOURCE_BASE : PICKET_TEXT_BASE, path);
	record->event.flags |= source ? PICKET_EVENT_IN_SOURCE_BASE : PICKET_EVENT_IN_BASE;
	return 1;
}

/* A function of its own: verified once, not for each operation. */
static __noinline int add_paths(struct event_scratch *record, struct path_buffer *buffer, struct written_call *call)
{
	const struct picket_syscall *info;

	if (!record || !buffer || !call)
		return 0;
	info = &call->info;
	if (info->path_argument == PICKET_NO_ARGUMENT ||
	    !add_found(record, CHANGE_OBJECT, (const char *)written_argument(call, info->path_argument)))
		record_add_written(record, buffer, written_descriptor(call, info->directory_argument),
				   (const char *)written_argument(call, info->path_argument), PICKET_TEXT_REQUESTED,
				   PICKET_TEXT_BASE, PICKET_TEXT_PATH);
	if (info->source_argument == PICKET_NO_ARGUMENT)
		return 0;
	if (info->operation == PICKET_MODIFICATION_SYMLINK || info->operation == PICKET_MODIFICATION_XATTR) {
		/* not a path of now: what a link will lead to, and an attribute's name */
		record_add_string(record, PICKET_TEXT_SOURCE,
				  (const char *)written_argument(call, info->source_argument), true);
		return 0;
	}
	if (add_found(record, CHANGE_SOURCE, (const char *)written_argument(call, info->source_argument)))
		return 0;
	record_add_written(record, buffer, written_descriptor(call, info->source_directory_argument),
			   (const char *)written_argument(call, info->source_argument), PICKET_TEXT_SOURCE,
			   PICKET_TEXT_SOURCE_BASE, PICKET_TEXT_SOURCE);
	return 0;
}

/* The call has ended; what the kernel found is kept for it. */
static __always_inline int modification_ended(void *ctx, struct written_call *call, long result)
{
	struct subject subject = subject_current();
	struct path_buffer *buffer = path_buffer_get();
	struct event_scratch *record;

	if (!buffer)
		return 0;
	if (result >= 0)
		count_modification(&subject, call->info.operation);
	else if (!refused_for_rights(result))
		return 0;
	record = record_begin_selected(PICKET_KIND_FILE_MODIFY, call->info.operation, &subject);
	if (!record)
		return 0;
	record->event.result = result;
	record->event.flags |= call->compat ? PICKET_EVENT_COMPAT : 0;
	set_modification(&record->event, call);
	change_settle(call->info.operation);
	add_paths(record, buffer, call);
	record_send(ctx, record);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(file_modify, struct pt_regs *regs, long result)
{
	struct written_call *call = written_call_get(regs);

	if (call)
		modification_ended(ctx, call, result);
	change_forget();
	return 0;
}

#endif
