/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whether a file was reached around the container's root: through
 * /proc/<pid>/root or cwd as the program wrote it (advisory), or in fact, in
 * another mount namespace than the task's own (cannot be evaded).
 */
#ifndef VIA_PROC_H
#define VIA_PROC_H

#include "descriptor.h"
#include "path.h"

#define VIA_PROC_SCAN 128 /* bytes of the written path that are looked at */
#define PROC_SUPER_MAGIC 0x9fa0
#define COMPONENT_ROOT 0x726f6f74ULL /* "root" */
#define COMPONENT_CWD 0x637764ULL    /* "cwd" */
#define COMPONENT_PROC 0x70726f63ULL /* "proc" */

static __always_inline void via_proc_end_component(volatile struct via_proc_scan *scan)
{
	if (scan->component == COMPONENT_PROC)
		scan->in_proc = true;
	else if (scan->in_proc && (scan->component == COMPONENT_ROOT || scan->component == COMPONENT_CWD))
		scan->found = true;
	scan->component = 0;
}

/*
 * @start_in_proc: the path is relative to a directory of procfs. Overwrites
 * @buffer's text. The state stays in map memory (volatile): the verifier
 * would follow each combination of registers.
 */
static __noinline int via_proc_written(struct path_buffer *buffer, const void *written, int in_user_memory,
				       int start_in_proc)
{
	volatile struct via_proc_scan *scan = &buffer->scan;
	long size;
	int i;

	if (!buffer)
		return 0;
	size = in_user_memory ? bpf_probe_read_user_str(buffer->text, VIA_PROC_SCAN, written)
			      : bpf_probe_read_kernel_str(buffer->text, VIA_PROC_SCAN, written);
	if (size <= 0)
		return 0;
	scan->component = 0;
	scan->in_proc = start_in_proc;
	scan->found = 0;
#pragma clang loop unroll(disable)
	for (i = 0; i < VIA_PROC_SCAN; i++) {
		__u8 byte = buffer->text[i];

		if (byte == '/' || !byte)
			via_proc_end_component(scan);
		else
			scan->component = scan->component << 8 | byte;
		if (!byte)
			break;
	}
	return scan->found;
}

/* @task: task_current(). @its: of a file's mount. memfds, pipes and the like lie in the kernel's own: NULL or an error value. */
static __always_inline bool namespace_is_foreign(struct task_struct *task, __u64 its)
{
	return its && its < (__u64)-4095 && its != (__u64)TASK_READ(task, nsproxy, mnt_ns);
}

/*
 * A cheap look at how a written path begins. Most are absolute and not below
 * /proc: those need no scan. "/tmp/../proc/self/root" passes unseen, as does a
 * symlink; what the path leads to does not, see namespace_is_foreign().
 */
static __always_inline bool via_proc_possible(const char *written, bool in_user_memory)
{
	char start[8] = {};
	long size = in_user_memory ? bpf_probe_read_user_str(start, sizeof(start), written)
				   : bpf_probe_read_kernel_str(start, sizeof(start), written);

	return size > 0 && (start[0] != '/' || start[1] == 'p' || start[1] == '.' || start[1] == '/');
}

#endif
