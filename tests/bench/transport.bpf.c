// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Records of the usual size, as many as are asked for, by the way that picket's own take. */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "record.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define BURST 16
static const char executable[] = "/usr/local/bin/some-server";
static const char file[] = "/var/lib/some-server/data/2026/11/segment-0000000042.log";

/* A whole record of an open: what a rule that asks for it costs, but for the look at the task's parents. */
static __noinline int send_one(void *ctx)
{
	struct subject subject = { .cgroup_id = 1, .slot = PICKET_SLOT_FIRST, .class = PICKET_CGROUP_CONTAINER };
	struct event_scratch *record = record_begin(PICKET_KIND_FILE_OPEN, &subject);

	if (!record)
		return 0;
	record->event.pid = record->event.tid = 1;
	record->event.file.access = PICKET_ACCESS_READ;
	record_add_text(record, PICKET_TEXT_EXECUTABLE, executable, sizeof(executable) - 1);
	record_add_text(record, PICKET_TEXT_PATH, file, sizeof(file) - 1);
	record_add_text(record, PICKET_TEXT_REQUESTED, file, sizeof(file) - 1);
	record_submit(ctx, record);
	return 0;
}

SEC("raw_tp/bench")
int send_burst(void *ctx)
{
	int i;

#pragma clang loop unroll(disable)
	for (i = 0; i < BURST; i++)
		send_one(ctx);
	return 0;
}
