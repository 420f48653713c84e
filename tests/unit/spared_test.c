/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cleanup.h"
#include "event_builder.h"
#include "fake_proc.h"
#include "respond/spared.h"

struct fixture {
	char folder[32]; /* a false procfs; the host's root is 1/root in it */
	struct container container;
	struct event_context context;
	struct event_builder builder;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	make_folder(fixture->folder);
	put_text(fixture->folder, "self/cgroup", "1:cpu:/\n0::/system.slice/picket.service\n");
	builder_open(&fixture->builder, "/bin/cat", "/etc/shadow", PICKET_ACCESS_READ);
	fixture->container = builder_container();
	fixture->context = (struct event_context){ .event = &fixture->builder.event, .container = &fixture->container };
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	remove_folder(fixture->folder);
	free(fixture);
	return 0;
}

/* The event's process runs @target, as procfs shows it. */
static void run_program(struct fixture *fixture, const char *target)
{
	char path[512];

	make_path(path, fixture->folder, "4711/exe");
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

static const char *reason(struct fixture *fixture)
{
	return spared_reason(fixture->folder, &fixture->context);
}

static void a_containers_process_is_no_exception(void **state)
{
	struct fixture *fixture = *state;

	assert_null(reason(fixture));
	run_program(fixture, "/bin/cat");
	assert_null(reason(fixture));
}

static void the_host_is_spared(void **state)
{
	struct fixture *fixture = *state;

	fixture->context.container = NULL;
	assert_non_null(strstr(reason(fixture), "host"));
	fixture->context.container = &fixture->container;
	fixture->builder.event.flags |= PICKET_EVENT_HOST;
	assert_non_null(strstr(reason(fixture), "host"));
}

static void pickets_own_container_is_spared(void **state)
{
	struct fixture *fixture = *state;

	put_text(fixture->folder, "self/cgroup", "0::/docker/0123456789abcdef/below\n");
	assert_non_null(strstr(reason(fixture), "picket"));
	put_text(fixture->folder, "self/cgroup", "0::/docker/0123456789abcdef0\n");
	assert_null(reason(fixture));
}

/*
 * A link of procfs leads to the very file, wherever its text seems to lead;
 * ours leads where its text says, so the host's root is made to be found there.
 */
static void the_hosts_own_runtime_is_spared(void **state)
{
	static const char *const names[] = { "runc", "crun", "conmon", "containerd-shim-runc-v2", "runsc" };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char target[640], name[128], root[512], folder[512];

		snprintf(name, sizeof(name), "host/usr/bin/%s", names[i]);
		put_text(fixture->folder, name, "program");
		snprintf(target, sizeof(target), "%s/%s", fixture->folder, name);
		run_program(fixture, target);
		assert_null(reason(fixture)); /* no host's root: no evidence */
		snprintf(name, sizeof(name), "1/root%s", fixture->folder);
		make_path(folder, fixture->folder, name);
		assert_int_equal(symlink(fixture->folder, folder), 0);
		assert_non_null(strstr(reason(fixture), "runtime"));
		snprintf(root, sizeof(root), "%s", folder);
		assert_int_equal(unlink(root), 0);
	}
}

static void a_name_alone_is_no_evidence(void **state)
{
	static const char *const comms[] = { "runc:[2:INIT]", "runc", "conmon", "containerd-shim" };
	struct fixture *fixture = *state;
	char target[512];

	put_text(fixture->folder, "container/usr/bin/runc", "a shell, in truth");
	snprintf(target, sizeof(target), "%s/container/usr/bin/runc", fixture->folder);
	run_program(fixture, target);
	for (size_t i = 0; i < ARRAY_SIZE(comms); i++) {
		strcpy(fixture->builder.event.comm, comms[i]);
		assert_null(reason(fixture));
	}
	/* the host has a runtime at that path, but it is another file */
	snprintf(target, sizeof(target), "1/root%s/container/usr/bin/runc", fixture->folder);
	put_text(fixture->folder, target, "runc");
	fixture->builder.event.flags = PICKET_EVENT_FOREIGN_MNT;
	assert_null(reason(fixture));
}

static void strange_programs_are_no_runtimes(void **state)
{
	static const char *const targets[] = {
		"/memfd:runc (deleted)", "runc", "/", "/runc/", "/usr/bin/runc (deleted)", "/usr/bin/runcx", "/xrunc",
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		run_program(fixture, targets[i]);
		assert_null(reason(fixture));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(a_containers_process_is_no_exception), TEST(the_host_is_spared),
		TEST(pickets_own_container_is_spared),	    TEST(the_hosts_own_runtime_is_spared),
		TEST(a_name_alone_is_no_evidence),	    TEST(strange_programs_are_no_runtimes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
