/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes event records as the kernel part sends them. */
#ifndef EVENT_BUILDER_H
#define EVENT_BUILDER_H

#include <assert.h>
#include <string.h>

#include "state/catalogue.h"

struct event_builder {
	union {
		struct picket_event event;
		char bytes[sizeof(struct picket_event) + PICKET_DATA_SIZE];
	};
};

static inline void builder_add_bytes(struct event_builder *builder, enum picket_text_id id, const void *text,
				     size_t size)
{
	struct picket_event *event = &builder->event;
	size_t used = event->size - sizeof(*event);

	assert(event->size + size + 1 <= sizeof(builder->bytes));
	memcpy(builder->bytes + event->size, text, size);
	builder->bytes[event->size + size] = '\0';
	event->text[id].offset = used;
	event->text[id].size = size;
	event->size += size + 1;
}

static inline void builder_add_text(struct event_builder *builder, enum picket_text_id id, const char *text)
{
	builder_add_bytes(builder, id, text, strlen(text));
}

static inline void builder_start(struct event_builder *builder, enum picket_kind kind, const char *executable)
{
	const char *slash = strrchr(executable, '/'), *name = slash ? slash + 1 : executable;
	size_t size = strlen(name);

	memset(builder, 0, sizeof(*builder));
	builder->event.size = sizeof(builder->event);
	builder->event.kind = kind;
	builder->event.pid = builder->event.tid = 4711;
	builder->event.parent_pid = 4700;
	builder->event.uid = 1000;
	builder->event.gid = 100;
	builder->event.time_ns = 1000000000;
	builder->event.ancestors[0].pid = 4700;
	strcpy(builder->event.ancestors[0].comm, "bash");
	builder->event.ancestors[1].pid = 1;
	strcpy(builder->event.ancestors[1].comm, "tini");
	memcpy(builder->event.comm, name, size < sizeof(builder->event.comm) ? size : sizeof(builder->event.comm) - 1);
	if (*executable)
		builder_add_text(builder, PICKET_TEXT_EXECUTABLE, executable);
}

static inline void builder_open(struct event_builder *builder, const char *executable, const char *path,
				uint32_t access)
{
	builder_start(builder, PICKET_KIND_FILE_OPEN, executable);
	builder->event.result = 3;
	builder->event.file.access = access;
	builder->event.file.mode = 0100640;
	builder->event.file.inode = 77;
	builder_add_text(builder, PICKET_TEXT_PATH, path);
}

static inline void builder_connect(struct event_builder *builder, uint16_t family, const uint8_t *address,
				   uint16_t port)
{
	builder_start(builder, PICKET_KIND_NETWORK_CONNECT, "/usr/bin/curl");
	builder->event.network.family = family;
	builder->event.network.port = port;
	builder->event.network.protocol = 6;
	memcpy(builder->event.network.address, address, family == 2 ? 4 : 16);
}

static inline struct container builder_container(void)
{
	return (struct container){
		.cgroup_id = 99,
		.cgroup_path = "/docker/0123456789abcdef",
		.id = "0123456789abcdef",
		.name = "web",
		.image = "registry.example:5000/backup:1.2",
		.pod = "",
		.namespace = "moby",
		.pod_uid = "",
		.runtime = "docker",
	};
}

#endif
