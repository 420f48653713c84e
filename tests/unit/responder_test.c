/* SPDX-License-Identifier: GPL-2.0-only */
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

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DOCKER_PATH "/docker/" ID
#define PODMAN_PATH "/machine.slice/libpod-" ID ".scope"
#define CONTAINERD_PATH "/kubepods/besteffort/pod6c5fbb0c-1b2e-4c4d-9a6b-0f1e2d3c4b5a/" ID
#define AUDITS_MAX 300

#define DOCKER_DONE "HTTP/1.1 204 No Content\r\n\r\n"
#define DOCKER_SAYS(status, text) "HTTP/1.1 " status " X\r\nConnection: close\r\n\r\n{\"message\":\"" text "\"}"

/*
 * Processes are real here; their cgroup, the kernel's freezer and the clock are
 * not. These functions stand before libc's.
 */
static struct {
	const char *cgroup_text; /* of every process but this one; NULL: the truth */
	bool freezes_at_once;
	unsigned int event_reads;
	int64_t clock_shift_s;
} fake;

static int open_text(const char *text)
{
	int fd = memfd_create("text", MFD_CLOEXEC);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static bool is_own_folder(int folder)
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

int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
	int error = syscall(SYS_clock_gettime, clock, ret_time);

	if (!error && clock == CLOCK_MONOTONIC)
		ret_time->tv_sec += fake.clock_shift_s;
	return error;
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

static void keep_audit(void *context, const char *action, const struct container *container, uint32_t pid,
		       enum response_outcome outcome, const char *detail)
{
	struct fixture *fixture = context;
	struct audit *audit = &fixture->audits[fixture->audit_count++];

	assert_true(fixture->audit_count < AUDITS_MAX);
	assert_true(strlen(detail) > 0);
	snprintf(audit->action, sizeof(audit->action), "%s", action);
	snprintf(audit->detail, sizeof(audit->detail), "%s", detail);
	audit->outcome = outcome;
	audit->pid = pid;
	audit->has_container = container != NULL;
}

static void keep_release(void *context, int error, const char *text)
{
	struct fixture *fixture = context;

	fixture->released++;
	fixture->release_error = error;
	snprintf(fixture->release_text, sizeof(fixture->release_text), "%s", text);
}

static char *cgroup_file(char buffer[256], const struct fixture *fixture, const char *file)
{
	snprintf(buffer, 256, "cgroup%s/%s", fixture->cgroup_path, file);
	return buffer;
}

static void set_frozen(struct fixture *fixture, bool frozen)
{
	char name[256];

	put_text(fixture->folder, cgroup_file(name, fixture, "cgroup.events"),
		 frozen ? "populated 1\nfrozen 1\n" : "populated 1\nfrozen 0\n");
}

static char freeze_asked(struct fixture *fixture)
{
	char name[256], text[8];

	get_text(fixture->folder, cgroup_file(name, fixture, "cgroup.freeze"), text, sizeof(text));
	return text[0];
}

static void make_responder(struct fixture *fixture)
{
	assert_int_equal(responder_new(&fixture->options, fixture->http, fixture->registry, &fixture->metrics,
				       &fixture->responder),
			 0);
}

static void add_container(struct fixture *fixture, const char *path)
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

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	static char cgroup2_path[64];
	struct registry_options registry = { .max_slots = 16, .retention_ns = 1000000000000LL };

	assert_non_null(fixture);
	memset(&fake, 0, sizeof(fake));
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

static int tear_down(void **state)
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

static void listen_at(struct fixture *fixture, const char *socket, const struct peer_answer *answers, size_t count)
{
	peer_init(&fixture->peer, answers, count);
	peer_start_unix(&fixture->peer, socket);
}

/* A finding about the child, by a rule that asks for @responses. */
static struct finding act(struct fixture *fixture, unsigned int responses, uint32_t flags, bool in_container)
{
	struct rule rule = { .name = "some_rule", .responses = responses };
	struct event_builder builder;
	struct finding finding = {
		.context = { &builder.event, in_container ? fixture->container : NULL },
		.rule = &rule,
	};

	builder_open(&builder, "/bin/cat", "/etc/shadow", PICKET_ACCESS_READ);
	builder.event.flags = flags;
	builder.event.pid = fixture->child;
	builder.event.start_time_ns = start_time_of(fixture->child);
	builder.event.cgroup_id = fixture->container->cgroup_id;
	responder_act(fixture->responder, &finding);
	return finding;
}

static enum response_outcome outcome_of(struct fixture *fixture, enum response_action which)
{
	return act(fixture, 1U << which, 0, true).outcomes[which];
}

static const struct audit *last_audit(const struct fixture *fixture)
{
	assert_true(fixture->audit_count > 0);
	return &fixture->audits[fixture->audit_count - 1];
}

static void kills_the_process(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(outcome_of(fixture, RESPONSE_KILL), OUTCOME_DONE);
	assert_int_equal(reap(fixture->child), SIGKILL);
	assert_int_equal(fixture->metrics.responses[RESPONSE_KILL], 1);
	assert_int_equal(fixture->audit_count, 1);
	assert_string_equal(last_audit(fixture)->action, "kill");
	assert_int_equal(last_audit(fixture)->pid, fixture->child);
	assert_int_equal(last_audit(fixture)->outcome, OUTCOME_DONE);
	assert_true(last_audit(fixture)->has_container);
	fixture->child = 0;
}

static void a_rule_without_responses_does_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = act(fixture, 0, 0, true);

	for (size_t i = 0; i < RESPONSE_COUNT; i++)
		assert_int_equal(finding.outcomes[i], OUTCOME_NONE);
	assert_int_equal(fixture->audit_count, 0);
	assert_true(is_alive(fixture->child));
}

static void without_enforce_all_is_only_reported(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding;

	responder_free(fixture->responder);
	fixture->options.enforce = false;
	make_responder(fixture);
	finding = act(fixture, (1U << RESPONSE_COUNT) - 1, 0, true);
	for (size_t i = 0; i < RESPONSE_COUNT; i++) {
		bool available = i == RESPONSE_KILL || i == RESPONSE_PAUSE;

		assert_int_equal(finding.outcomes[i], OUTCOME_DRY_RUN);
		assert_int_equal(fixture->metrics.responses_dry_run[i], 1);
		assert_int_equal(fixture->metrics.responses[i] + fixture->metrics.response_failures[i], 0);
		assert_string_equal(fixture->audits[i].action, response_name(i));
		assert_int_equal(!strstr(fixture->audits[i].detail, "not available"), available);
	}
	assert_int_equal(fixture->audit_count, RESPONSE_COUNT);
	assert_true(is_alive(fixture->child));
	assert_int_equal(freeze_asked(fixture), '0');
	assert_null(fixture->container->quarantine);
}

static void what_is_not_available_fails_and_says_so(void **state)
{
	static const enum response_action actions[] = { RESPONSE_DENY, RESPONSE_ISOLATE, RESPONSE_INVESTIGATE };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		assert_int_equal(outcome_of(fixture, actions[i]), OUTCOME_FAILED);
		assert_int_equal(fixture->metrics.response_failures[actions[i]], 1);
		assert_string_equal(last_audit(fixture)->detail, "not available in this version");
	}
	assert_true(is_alive(fixture->child));
}

static void what_the_kernel_has_killed_gets_no_second_signal(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = act(fixture, 1U << RESPONSE_KILL, PICKET_EVENT_KILLED, true);

	assert_int_equal(finding.outcomes[RESPONSE_KILL], OUTCOME_DONE);
	assert_int_equal(fixture->metrics.responses[RESPONSE_KILL], 1);
	assert_true(is_alive(fixture->child));
}

static void an_ended_process_is_gone_and_not_counted(void **state)
{
	struct fixture *fixture = *state;

	kill(fixture->child, SIGTERM);
	waitid(P_PID, fixture->child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	assert_int_equal(outcome_of(fixture, RESPONSE_KILL), OUTCOME_GONE);
	assert_int_equal(fixture->metrics.responses[RESPONSE_KILL], 0);
	assert_int_equal(fixture->metrics.response_failures[RESPONSE_KILL], 0);
}

static void a_process_that_left_the_container_is_a_failure(void **state)
{
	struct fixture *fixture = *state;

	fake.cgroup_text = "0::/elsewhere\n";
	assert_int_equal(outcome_of(fixture, RESPONSE_KILL), OUTCOME_FAILED);
	assert_int_equal(fixture->metrics.response_failures[RESPONSE_KILL], 1);
	assert_non_null(strstr(last_audit(fixture)->detail, "cgroup"));
	assert_true(is_alive(fixture->child));
}

static void the_host_is_spared_enforced_or_not(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = act(fixture, 1U << RESPONSE_KILL | 1U << RESPONSE_PAUSE, PICKET_EVENT_HOST, false);

	assert_int_equal(finding.outcomes[RESPONSE_KILL], OUTCOME_SPARED);
	assert_int_equal(finding.outcomes[RESPONSE_PAUSE], OUTCOME_SPARED);
	assert_int_equal(fixture->metrics.responses[RESPONSE_KILL] + fixture->metrics.response_failures[RESPONSE_KILL], 0);
	assert_true(is_alive(fixture->child));
}

static void a_rule_gone_wild_is_stopped_at_a_hundred_a_second(void **state)
{
	struct fixture *fixture = *state;
	size_t failed = 0;

	fake.cgroup_text = "0::/elsewhere\n"; /* each try fails, but is one */
	for (int i = 0; i < 120; i++) {
		fake.clock_shift_s += i == 110; /* a new second, at the latest */
		outcome_of(fixture, RESPONSE_KILL);
		failed += strstr(last_audit(fixture)->detail, "more than 100") != NULL;
	}
	assert_true(failed >= 1 && failed <= 10);
	assert_null(strstr(last_audit(fixture)->detail, "more than 100"));
	assert_int_equal(fixture->metrics.response_failures[RESPONSE_KILL], 120);
	assert_true(is_alive(fixture->child));
}

static void the_process_is_stopped_before_the_container(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding;

	fake.freezes_at_once = true;
	finding = act(fixture, 1U << RESPONSE_KILL | 1U << RESPONSE_PAUSE, 0, true);
	assert_int_equal(finding.outcomes[RESPONSE_KILL], OUTCOME_DONE);
	assert_int_equal(finding.outcomes[RESPONSE_PAUSE], OUTCOME_DONE);
	assert_string_equal(fixture->audits[0].action, "kill");
	assert_string_equal(fixture->audits[1].action, "pause");
}

static void docker_is_asked_to_pause_its_container(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = DOCKER_DONE } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 1);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	assert_null(fixture->container->quarantine);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING); /* under way: not asked again */
	LOOP_UNTIL(fixture->loop, fixture->audit_count == 3);
	assert_int_equal(last_audit(fixture)->outcome, OUTCOME_DONE);
	assert_string_equal(last_audit(fixture)->detail, "by Docker");
	assert_string_equal(fixture->container->quarantine, "pause");
	assert_int_equal(fixture->metrics.responses[RESPONSE_PAUSE], 1);
	assert_int_equal(peer_count(&fixture->peer), 1);
	assert_int_equal(strncmp(peer_request_at(&fixture->peer, 0).head, "POST /containers/" ID "/pause ", 24 + 64), 0);
	assert_int_equal(freeze_asked(fixture), '0');
}

static void where_docker_fails_the_freezer_does_it(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = DOCKER_SAYS("500", "out of order"), .close = true } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 1);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	LOOP_UNTIL(fixture->loop, freeze_asked(fixture) == '1');
	assert_int_equal(fixture->audit_count, 1);
	set_frozen(fixture, true);
	LOOP_UNTIL(fixture->loop, fixture->audit_count == 2);
	assert_int_equal(last_audit(fixture)->outcome, OUTCOME_DONE);
	assert_string_equal(last_audit(fixture)->detail, "by cgroup.freeze; not by Docker: out of order");
	assert_string_equal(fixture->container->quarantine, "pause");
	assert_int_equal(fixture->metrics.responses[RESPONSE_PAUSE], 1);
}

static void a_container_that_docker_does_not_have_is_gone(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = DOCKER_SAYS("404", "No such container: x"), .close = true } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 1);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	LOOP_UNTIL(fixture->loop, fixture->audit_count == 2);
	assert_int_equal(last_audit(fixture)->outcome, OUTCOME_GONE);
	assert_null(fixture->container->quarantine);
	assert_int_equal(freeze_asked(fixture), '0');
}

static void a_container_that_ends_meanwhile_is_gone(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = DOCKER_DONE } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 1);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	registry_remove(fixture->registry, fixture->container->cgroup_id);
	LOOP_UNTIL(fixture->loop, fixture->audit_count == 2);
	assert_int_equal(last_audit(fixture)->outcome, OUTCOME_GONE);
	assert_false(last_audit(fixture)->has_container);
	assert_int_equal(fixture->metrics.responses[RESPONSE_PAUSE], 0);
}

static void a_freeze_waits_until_all_stand_still(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	assert_int_equal(freeze_asked(fixture), '1');
	for (int i = 0; i < 3; i++)
		event_loop_run_once(fixture->loop, 15);
	assert_int_equal(fixture->audit_count, 1);
	set_frozen(fixture, true);
	LOOP_UNTIL(fixture->loop, fixture->audit_count == 2);
	assert_int_equal(last_audit(fixture)->outcome, OUTCOME_DONE);
	assert_string_equal(last_audit(fixture)->detail, "by cgroup.freeze");
	assert_string_equal(fixture->container->quarantine, "pause");
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_DONE); /* already */
}

static void a_freeze_that_is_done_at_once_is_told_at_once(void **state)
{
	struct fixture *fixture = *state;

	fake.freezes_at_once = true;
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_DONE);
	assert_int_equal(fixture->audit_count, 1);
	assert_string_equal(fixture->container->quarantine, "pause");
	assert_int_equal(fixture->metrics.responses[RESPONSE_PAUSE], 1);
}

static void a_freeze_that_does_not_end_is_a_failure_that_can_be_released(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	fake.clock_shift_s += 3;
	LOOP_UNTIL(fixture->loop, fixture->audit_count == 2);
	assert_int_equal(last_audit(fixture)->outcome, OUTCOME_FAILED);
	assert_int_equal(fixture->metrics.response_failures[RESPONSE_PAUSE], 1);
	assert_string_equal(fixture->container->quarantine, "pause");
	responder_release(fixture->responder, fixture->container, keep_release, fixture);
	assert_int_equal(fixture->released, 1);
	assert_int_equal(fixture->release_error, 0);
	assert_int_equal(freeze_asked(fixture), '0');
	assert_null(fixture->container->quarantine);
}

static void a_container_that_ends_while_it_freezes_is_gone(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	registry_remove(fixture->registry, fixture->container->cgroup_id);
	LOOP_UNTIL(fixture->loop, fixture->audit_count == 2);
	assert_int_equal(last_audit(fixture)->outcome, OUTCOME_GONE);
}

static void a_cgroup_that_cannot_be_frozen_is_a_failure(void **state)
{
	struct fixture *fixture = *state;
	char name[256], path[512];

	assert_int_equal(unlink(make_path(path, fixture->folder, cgroup_file(name, fixture, "cgroup.freeze"))), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_FAILED);
	assert_null(fixture->container->quarantine);
	assert_int_equal(fixture->metrics.response_failures[RESPONSE_PAUSE], 1);
}

static void docker_is_not_asked_for_the_containers_of_others(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = DOCKER_DONE } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 1);
	add_container(fixture, CONTAINERD_PATH);
	assert_string_not_equal(fixture->container->runtime, "docker");
	fake.freezes_at_once = true;
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_DONE);
	assert_int_equal(freeze_asked(fixture), '1');
	assert_int_equal(peer_count(&fixture->peer), 0);
}

static void podman_is_asked_by_its_own_socket(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = DOCKER_DONE } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->podman_socket, answers, 1);
	add_container(fixture, PODMAN_PATH);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	LOOP_UNTIL(fixture->loop, fixture->audit_count == 2);
	assert_string_equal(last_audit(fixture)->detail, "by Podman");
	assert_int_equal(strncmp(peer_request_at(&fixture->peer, 0).head, "POST /containers/" ID "/pause ", 24 + 64), 0);
}

/* Pause by Docker, to its end. */
static void pause_by_docker(struct fixture *fixture)
{
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	LOOP_UNTIL(fixture->loop, fixture->audit_count == 2);
	assert_string_equal(fixture->container->quarantine, "pause");
}

static void a_release_undoes_what_docker_did(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = DOCKER_DONE } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 1);
	pause_by_docker(fixture);
	responder_release(fixture->responder, fixture->container, keep_release, fixture);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_FAILED); /* not while it is released */
	LOOP_UNTIL(fixture->loop, fixture->released);
	assert_int_equal(fixture->released, 1);
	assert_int_equal(fixture->release_error, 0);
	assert_null(fixture->container->quarantine);
	assert_int_equal(strncmp(peer_request_at(&fixture->peer, 1).head, "POST /containers/" ID "/unpause ", 26 + 64), 0);
	assert_string_equal(last_audit(fixture)->action, "release");
	assert_int_equal(last_audit(fixture)->outcome, OUTCOME_DONE);
	assert_int_equal(fixture->metrics.responses[RESPONSE_PAUSE], 1);
}

static void a_release_that_docker_refuses_leaves_the_container_paused(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = DOCKER_DONE },
						      { .bytes = DOCKER_SAYS("500", "no"), .close = true } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 2);
	pause_by_docker(fixture);
	responder_release(fixture->responder, fixture->container, keep_release, fixture);
	LOOP_UNTIL(fixture->loop, fixture->released);
	assert_true(fixture->release_error < 0);
	assert_string_equal(fixture->release_text, "no");
	assert_string_equal(fixture->container->quarantine, "pause");
	assert_int_equal(last_audit(fixture)->outcome, OUTCOME_FAILED);
}

static void a_release_thaws_what_docker_knows_nothing_of(void **state)
{
	static const struct peer_answer answers[] = {
		{ .bytes = DOCKER_SAYS("500", "out of order"), .close = true },
		{ .bytes = DOCKER_SAYS("500", "Container x is not paused"), .close = true },
	};
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 2);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	LOOP_UNTIL(fixture->loop, freeze_asked(fixture) == '1');
	set_frozen(fixture, true);
	LOOP_UNTIL(fixture->loop, fixture->audit_count == 2);
	responder_release(fixture->responder, fixture->container, keep_release, fixture);
	LOOP_UNTIL(fixture->loop, freeze_asked(fixture) == '0');
	assert_int_equal(fixture->released, 0);
	assert_string_equal(fixture->container->quarantine, "pause");
	set_frozen(fixture, false);
	LOOP_UNTIL(fixture->loop, fixture->released);
	assert_int_equal(fixture->release_error, 0);
	assert_null(fixture->container->quarantine);
}

static void a_release_thaws_what_was_frozen_before_a_restart(void **state)
{
	struct fixture *fixture = *state;
	char name[256];

	put_text(fixture->folder, cgroup_file(name, fixture, "cgroup.freeze"), "1\n");
	assert_null(fixture->container->quarantine);
	responder_release(fixture->responder, fixture->container, keep_release, fixture);
	assert_int_equal(fixture->released, 1);
	assert_int_equal(fixture->release_error, 0);
	assert_int_equal(freeze_asked(fixture), '0');
}

static void a_release_of_nothing_is_refused(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = DOCKER_DONE } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 1);
	responder_release(fixture->responder, fixture->container, keep_release, fixture);
	assert_int_equal(fixture->released, 1);
	assert_int_equal(fixture->release_error, -EINVAL);
	assert_int_equal(peer_count(&fixture->peer), 0);
	assert_int_equal(fixture->audit_count, 0);
}

static void a_release_waits_for_no_pause_that_is_under_way(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = NULL } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 1);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	responder_release(fixture->responder, fixture->container, keep_release, fixture);
	assert_int_equal(fixture->released, 1);
	assert_int_equal(fixture->release_error, -EBUSY);
}

static void the_end_of_the_daemon_forgets_what_is_under_way_without_a_word(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = DOCKER_DONE }, { .bytes = NULL } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 2);
	pause_by_docker(fixture);
	responder_release(fixture->responder, fixture->container, keep_release, fixture);
	LOOP_UNTIL(fixture->loop, peer_count(&fixture->peer) == 2);
	add_container(fixture, CONTAINERD_PATH);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING); /* in the freezer */
	http_client_free(fixture->http);
	fixture->http = NULL;
	responder_free(fixture->responder);
	fixture->responder = NULL;
	event_loop_run_once(fixture->loop, 20);
	assert_int_equal(fixture->released, 0);
	assert_int_equal(fixture->audit_count, 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(kills_the_process),
		TEST(a_rule_without_responses_does_nothing),
		TEST(without_enforce_all_is_only_reported),
		TEST(what_is_not_available_fails_and_says_so),
		TEST(what_the_kernel_has_killed_gets_no_second_signal),
		TEST(an_ended_process_is_gone_and_not_counted),
		TEST(a_process_that_left_the_container_is_a_failure),
		TEST(the_host_is_spared_enforced_or_not),
		TEST(a_rule_gone_wild_is_stopped_at_a_hundred_a_second),
		TEST(the_process_is_stopped_before_the_container),
		TEST(docker_is_asked_to_pause_its_container),
		TEST(where_docker_fails_the_freezer_does_it),
		TEST(a_container_that_docker_does_not_have_is_gone),
		TEST(a_container_that_ends_meanwhile_is_gone),
		TEST(a_freeze_waits_until_all_stand_still),
		TEST(a_freeze_that_is_done_at_once_is_told_at_once),
		TEST(a_freeze_that_does_not_end_is_a_failure_that_can_be_released),
		TEST(a_container_that_ends_while_it_freezes_is_gone),
		TEST(a_cgroup_that_cannot_be_frozen_is_a_failure),
		TEST(docker_is_not_asked_for_the_containers_of_others),
		TEST(podman_is_asked_by_its_own_socket),
		TEST(a_release_undoes_what_docker_did),
		TEST(a_release_that_docker_refuses_leaves_the_container_paused),
		TEST(a_release_thaws_what_docker_knows_nothing_of),
		TEST(a_release_thaws_what_was_frozen_before_a_restart),
		TEST(a_release_of_nothing_is_refused),
		TEST(a_release_waits_for_no_pause_that_is_under_way),
		TEST(the_end_of_the_daemon_forgets_what_is_under_way_without_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
