// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * System calls that ordinary workloads have no use for, attempts included, and
 * rights gained by set*id(2) and capset(2). Seen when the call ends.
 */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "boundary.h"
#include "written_path.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define NAMESPACE_FLAGS \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define PTRACE_TRACEME 0
#define PTRACE_ATTACH 16
#define PTRACE_SEIZE 0x4206
#define PERSONALITY_QUERY 0xffffffffU
#define MOUNT_TYPE_ARGUMENT 2 /* of mount(2) */
#define CLONE3_NUMBER 435     /* in both ABIs */

static __always_inline __u32 namespaces_of_call(const struct written_call *call)
{
	switch (call->info.operation) {
	case PICKET_OPERATION_SETNS:
	case PICKET_OPERATION_UNSHARE:
	case PICKET_OPERATION_CLONE_NAMESPACE:
		return namespaces_of_flags(written_argument(call, call->info.value_argument));
	}
	return 0;
}

static __noinline int add_texts(struct event_scratch *record, struct path_buffer *buffer, struct written_call *call)
{
	const struct picket_syscall *info;
	__s32 descriptor;

	if (!record || !buffer || !call)
		return 0;
	info = &call->info;
	descriptor = info->directory_argument == PICKET_NO_ARGUMENT
			     ? AT_FDCWD
			     : (__s32)written_argument(call, info->directory_argument);
	if (info->directory_argument != PICKET_NO_ARGUMENT || info->path_argument != PICKET_NO_ARGUMENT)
		record_add_written(record, buffer, descriptor,
				   (const char *)written_argument(call, info->path_argument), PICKET_TEXT_REQUESTED,
				   PICKET_TEXT_BASE, PICKET_TEXT_PATH);
	if (info->source_argument != PICKET_NO_ARGUMENT)
		record_add_string(record, PICKET_TEXT_SOURCE,
				  (const char *)written_argument(call, info->source_argument), true);
	if (info->operation == PICKET_OPERATION_MOUNT && info->path_argument == 1 && info->value_argument == 3)
		record_add_string(record, PICKET_TEXT_ARGS, (const char *)call->arguments[MOUNT_TYPE_ARGUMENT], true);
	return 0;
}

/* Count the call, and tell of it where a rule asks for it. */
static __noinline int privileged(void *ctx, struct written_call *call, long result)
{
	struct subject subject = subject_current();
	struct path_buffer *buffer = path_buffer_get();
	struct event_scratch *record;
	__u32 operation;

	if (!call || !buffer)
		return 0;
	operation = bounded(call->info.operation, 32);
	if (subject.setup) {
		subject_count(&subject, PICKET_COUNTER_SETUP_PRIVILEGED);
		return 0;
	}
	if (operation < PICKET_OPERATION_COUNT)
		subject_count(&subject, PICKET_COUNTER_PRIVILEGED_OPERATIONS_MOUNT + operation);
	if (subject.class != PICKET_CGROUP_HOST) {
		process_check(ctx, &subject, false);
		boundary_check(ctx, &subject);
	}
	record = record_begin_selected(PICKET_KIND_PRIVILEGED_OPERATION, operation, &subject);
	if (!record)
		return 0;
	record->event.result = result;
	record->event.flags |= call->compat ? PICKET_EVENT_COMPAT : 0;
	record->event.privileged.operation = operation;
	record->event.privileged.syscall = call->number;
	record->event.privileged.arguments[0] = written_argument(call, call->info.value_argument);
	record->event.privileged.arguments[1] = call->arguments[1];
	record->event.privileged.namespaces = namespaces_of_call(call);
	record->event.privileged.host_namespaces = namespaces_of_host(bpf_get_current_task());
	add_texts(record, buffer, call);
	record_send(ctx, record);
	return 0;
}

/* clone3(2) has its flags first in a structure. */
static __always_inline bool clone_makes_namespace(struct written_call *call)
{
	__u64 flags = call->arguments[0];

	if (call->number == CLONE3_NUMBER && bpf_probe_read_user(&flags, sizeof(flags), (void *)call->arguments[0]))
		return false;
	call->arguments[0] = flags;
	return flags & NAMESPACE_FLAGS;
}

/* Of some calls only what they ask for makes them privileged. */
static __always_inline bool is_privileged(struct written_call *call, long result)
{
	__u64 first = call->arguments[0];

	switch (call->info.handler) {
	case PICKET_HANDLER_CLONE: /* the child returns from it as well, with 0 */
		return result && clone_makes_namespace(call);
	case PICKET_HANDLER_PTRACE:
		return first == PTRACE_TRACEME || first == PTRACE_ATTACH || first == PTRACE_SEIZE;
	case PICKET_HANDLER_PERSONALITY:
		return (__u32)first && (__u32)first != PERSONALITY_QUERY;
	}
	return true;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(privileged_call, struct pt_regs *regs, long result)
{
	struct written_call *call = written_call_get(regs);

	if (!call || !is_privileged(call, result))
		return 0;
	privileged(ctx, call, result);
	if (call->info.handler == PICKET_HANDLER_OPEN_HANDLE) /* an open as well */
		bpf_tail_call(ctx, &handlers, PICKET_HANDLER_OPEN);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(privileged_credentials, struct pt_regs *regs, long result)
{
	struct subject subject;

	if (result < 0)
		return 0;
	subject = subject_current();
	if (subject.class != PICKET_CGROUP_HOST && !subject.setup)
		process_check(ctx, &subject, true);
	return 0;
}
