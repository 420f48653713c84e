/* SPDX-License-Identifier: GPL-2.0-only */
/* A responder with a container, a process of it, and runtimes that answer as told. */
#ifndef RESPONDER_FIXTURE_H
#define RESPONDER_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <cmocka.h>

#include "cleanup.h"
#include "event_builder.h"
#include "fake_proc.h"
#include "http_peer.h"
#include "respond/responder.h"
#include "slow_clock.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DOCKER_PATH "/docker/" ID
#define PODMAN_PATH "/machine.slice/libpod-" ID ".scope"
#define CONTAINERD_PATH "/kubepods/besteffort/pod6c5fbb0c-1b2e-4c4d-9a6b-0f1e2d3c4b5a/" ID
#define AUDITS_MAX 300

#define DOCKER_DONE "HTTP/1.1 204 No Content\r\n\r\n"
#define DOCKER_SAYS(status, text) "HTTP/1.1 " status " X\r\nConnection: close\r\n\r\n{\"message\":\"" text "\"}"

/*
 * Processes are real here; their cgroup, the kernel's freezer and the clock are
 * not. What stands before libc's functions gives them.
 */
static struct {
	const char *cgroup_text; /* of every process but this one; NULL: the truth */
	bool freezes_at_once;
	unsigned int event_reads;
} fake;

static inline int open_text(const char *text)
{
	int fd = memfd_create("text", MFD_CLOEXEC);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static inline bool is_own_folder(int folder)
{
	char link[64], target[64] = "", own[32];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", folder);
	snprintf(own, sizeof(own), "/proc/%d", getpid());
	return readlink(link, target, sizeof(target) - 1) > 0 && strcmp(target, own) == 0;
}

int openat(int folder, const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	if (fake.cgroup_text && strcmp(path, "cgroup") == 0 && !is_own_folder(folder))
		return open_text(fake.cgroup_text);
	if (fake.freezes_at_once && strcmp(path, "cgroup.events") == 0)
		return open_text(fake.event_reads++ ? "frozen 1\n" : "frozen 0\n");
	va_start(arguments, flags);
	mode = va_arg(arguments, int);
	va_end(arguments);
	return syscall(SYS_openat, folder, path, flags, mode);
}

struct audit {
	char action[16], detail[320];
	enum response_outcome outcome;
	uint32_t pid;
	bool has_container;
};

struct fixture {
	struct event_loop *loop;
	struct http_client *http;
	struct registry *registry;
	struct self_metrics metrics;
	struct responder_options options;
	struct responder *responder;
	struct http_peer peer;
	char folder[32], docker_socket[64], podman_socket[64];
	const char *cgroup_path;
	struct container *container;
	pid_t child;
	struct audit audits[AUDITS_MAX];
	size_t audit_count;
	int released, release_error;
	char release_text[320];
};

static inline void keep_audit(void *context, const struct response_audit *record)
{
	struct fixture *fixture = context;
	struct audit *audit = &fixture->audits[fixture->audit_count++];

	assert_true(fixture->audit_count < AUDITS_MAX);
	assert_true(strlen(record->detail) > 0);
	snprintf(audit->action, sizeof(audit->action), "%s", record->action);
	snprintf(audit->detail, sizeof(audit->detail), "%s", record->detail);
	audit->outcome = record->outcome;
	audit->pid = record->pid;
	audit->has_container = record->container != NULL;
}

static inline void keep_release(void *context, int error, const char *text)
{
	struct fixture *fixture = context;

	fixture->released++;
	fixture->release_error = error;
	snprintf(fixture->release_text, sizeof(fixture->release_text), "%s", text);
}

static inline char *cgroup_file(char buffer[256], const struct fixture *fixture, const char *file)
{
	snprintf(buffer, 256, "cgroup%s/%s", fixture->cgroup_path, file);
	return buffer;
}

static inline void set_frozen(struct fixture *fixture, bool frozen)
{
	char name[256];

	put_text(fixture->folder, cgroup_file(name, fixture, "cgroup.events"),
		 frozen ? "populated 1\nfrozen 1\n" : "populated 1\nfrozen 0\n");
}

static inline char freeze_asked(struct fixture *fixture)
{
	char name[256], text[8];

	get_text(fixture->folder, cgroup_file(name, fixture, "cgroup.freeze"), text, sizeof(text));
	return text[0];
}

static inline void make_responder(struct fixture *fixture)
{
	assert_int_equal(responder_new(&fixture->options, fixture->http, fixture->registry, &fixture->metrics,
				       &fixture->responder),
			 0);
}

static inline void add_container(struct fixture *fixture, const char *path)
{
	struct registry_verdict verdict;
	char name[256], full[512];
	struct stat status;

	fixture->cgroup_path = path;
	put_text(fixture->folder, cgroup_file(name, fixture, "cgroup.freeze"), "0\n");
	set_frozen(fixture, false);
	snprintf(name, sizeof(name), "cgroup%s", path);
	assert_int_equal(stat(make_path(full, fixture->folder, name), &status), 0);
	assert_int_equal(registry_add(fixture->registry, status.st_ino, 0, path, 0, &verdict), 0);
	assert_non_null(verdict.container);
	fixture->container = verdict.container;
}

static inline int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	static char cgroup2_path[64];
	struct registry_options registry = { .max_slots = 16, .retention_ns = 1000000000000LL };

	assert_non_null(fixture);
	memset(&fake, 0, sizeof(fake));
	memset(&slow_clock, 0, sizeof(slow_clock));
	make_folder(fixture->folder);
	snprintf(cgroup2_path, sizeof(cgroup2_path), "%s/cgroup", fixture->folder);
	snprintf(fixture->docker_socket, sizeof(fixture->docker_socket), "%s/docker.sock", fixture->folder);
	snprintf(fixture->podman_socket, sizeof(fixture->podman_socket), "%s/podman.sock", fixture->folder);
	registry.root_path = fixture->folder;
	assert_int_equal(event_loop_new(&fixture->loop), 0);
	assert_int_equal(http_client_new(fixture->loop, &fixture->http), 0);
	assert_int_equal(registry_new(&registry, &fixture->registry), 0);
	fixture->options = (struct responder_options){
		.loop = fixture->loop,
		.enforce = true,
		.procfs_path = "/proc",
		.cgroup2_path = cgroup2_path,
		.docker_socket = fixture->docker_socket,
		.podman_socket = fixture->podman_socket,
		.audit = keep_audit,
		.audit_context = fixture,
	};
	make_responder(fixture);
	add_container(fixture, DOCKER_PATH);
	fixture->child = start_child();
	fake.cgroup_text = "0::" DOCKER_PATH "\n";
	*state = fixture;
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *fixture = *state;

	http_client_free(fixture->http);
	responder_free(fixture->responder);
	registry_free(fixture->registry);
	event_loop_free(fixture->loop);
	if (fixture->peer.answers)
		peer_free(&fixture->peer);
	if (fixture->child)
		end_child(fixture->child);
	remove_folder(fixture->folder);
	free(fixture);
	return 0;
}

static inline void listen_at(struct fixture *fixture, const char *socket, const struct peer_answer *answers,
			     size_t count)
{
	peer_init(&fixture->peer, answers, count);
	peer_start_unix(&fixture->peer, socket);
}

/* A finding about the child. */
static inline struct finding act_by(struct fixture *fixture, const struct rule *rule, uint32_t flags, bool in_container)
{
	struct event_builder builder;
	struct finding finding = {
		.context = { &builder.event, in_container ? fixture->container : NULL },
		.rule = rule,
		.id = "0123456789abcdef0123456789abcdef",
	};

	builder_open(&builder, "/bin/cat", "/etc/shadow", PICKET_ACCESS_READ);
	builder.event.flags = flags;
	builder.event.pid = fixture->child;
	builder.event.start_time_ns = start_time_of(fixture->child);
	builder.event.cgroup_id = fixture->container->cgroup_id;
	responder_act(fixture->responder, &finding);
	return finding;
}

/* By a rule that asks for @responses. */
static inline struct finding act(struct fixture *fixture, unsigned int responses, uint32_t flags, bool in_container)
{
	struct rule rule = { .name = "some_rule", .description = "", .responses = responses };

	return act_by(fixture, &rule, flags, in_container);
}

static inline enum response_outcome outcome_of(struct fixture *fixture, enum response_action which)
{
	return act(fixture, 1U << which, 0, true).outcomes[which];
}

static inline const struct audit *last_audit(const struct fixture *fixture)
{
	assert_true(fixture->audit_count > 0);
	return &fixture->audits[fixture->audit_count - 1];
}

#endif
