/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <pthread.h>
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
#include "fake_proc.h"
#include "respond/proc_read.h"
#include "respond/process_kill.h"

#define TICK_NS (1000000000ULL / sysconf(_SC_CLK_TCK))
#define CONTAINER "/docker/0123456789abcdef"

/* Processes are real here, only the cgroup is not: who runs this may be unable to make one. Stands before libc's. */
static const char *cgroup_text;

int openat(int folder, const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;
	int fd;

	if (cgroup_text && strcmp(path, "cgroup") == 0) {
		fd = memfd_create("cgroup", MFD_CLOEXEC);
		assert_int_equal(write(fd, cgroup_text, strlen(cgroup_text)), strlen(cgroup_text));
		lseek(fd, 0, SEEK_SET);
		return fd;
	}
	va_start(arguments, flags);
	mode = va_arg(arguments, int);
	va_end(arguments);
	return syscall(SYS_openat, folder, path, flags, mode);
}

struct fixture {
	pid_t child;
	char folder[32]; /* a false procfs, for what no test can bring about */
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	fixture->child = start_child();
	make_folder(fixture->folder);
	cgroup_text = "5:cpu:/elsewhere\n0::" CONTAINER "\n";
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	if (fixture->child)
		end_child(fixture->child);
	remove_folder(fixture->folder);
	free(fixture);
	return 0;
}

static void kills_the_process_of_the_event(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(process_kill("/proc", fixture->child, start_time_of(fixture->child), CONTAINER), 0);
	assert_int_equal(reap(fixture->child), SIGKILL);
	fixture->child = 0;
}

static void kills_in_a_cgroup_below_the_container(void **state)
{
	struct fixture *fixture = *state;

	cgroup_text = "0::" CONTAINER "/app.slice/x\n";
	assert_int_equal(process_kill("/proc", fixture->child, start_time_of(fixture->child), CONTAINER), 0);
	assert_int_equal(reap(fixture->child), SIGKILL);
	fixture->child = 0;
}

static void never_hits_a_process_that_got_the_pid_since(void **state)
{
	struct fixture *fixture = *state;
	uint64_t start = start_time_of(fixture->child);
	const uint64_t others[] = { start - TICK_NS, start + TICK_NS, 0, start * 2, UINT64_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(process_kill("/proc", fixture->child, others[i], CONTAINER), -ESRCH);
	assert_true(is_alive(fixture->child));
}

static void a_time_within_the_tick_is_the_same_start(void **state)
{
	struct fixture *fixture = *state;
	uint64_t start = start_time_of(fixture->child) / TICK_NS * TICK_NS;

	assert_int_equal(process_kill("/proc", fixture->child, start - 1, CONTAINER), -ESRCH);
	assert_int_equal(process_kill("/proc", fixture->child, start + TICK_NS, CONTAINER), -ESRCH);
	assert_true(is_alive(fixture->child));
	assert_int_equal(process_kill("/proc", fixture->child, start + TICK_NS - 1, CONTAINER), 0);
	assert_int_equal(reap(fixture->child), SIGKILL);
	fixture->child = 0;
}

static void never_hits_a_process_of_another_cgroup(void **state)
{
	static const char *const texts[] = {
		"0::/\n",
		"0::/docker\n",
		"0::" CONTAINER "0\n",
		"0::/system.slice" CONTAINER "\n",
		"0::/../x\n",
		"1:cpu:" CONTAINER "\n",
		"0::",
		"10::" CONTAINER "\n",
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		cgroup_text = texts[i];
		assert_int_equal(process_kill("/proc", fixture->child, start_time_of(fixture->child), CONTAINER),
				 -EXDEV);
	}
	assert_true(is_alive(fixture->child));
}

static void never_hits_pid_1_itself_or_the_root_cgroup(void **state)
{
	struct fixture *fixture = *state;

	cgroup_text = NULL;
	assert_int_equal(process_kill("/proc", 0, 0, CONTAINER), -EPERM);
	assert_int_equal(process_kill("/proc", 1, start_time_of(1), CONTAINER), -EPERM);
	assert_int_equal(process_kill("/proc", getpid(), start_time_of(getpid()), CONTAINER), -EPERM);
	assert_int_equal(process_kill("/proc", fixture->child, start_time_of(fixture->child), "/"), -EPERM);
	assert_int_equal(process_kill("/proc", fixture->child, start_time_of(fixture->child), ""), -EPERM);
	assert_true(is_alive(fixture->child));
}

static void knows_itself_by_the_pid_of_the_hosts_procfs(void **state)
{
	struct fixture *fixture = *state;
	char path[512];

	assert_int_equal(symlink("4711", make_path(path, fixture->folder, "self")), 0);
	assert_int_equal(process_kill(fixture->folder, 4711, 0, CONTAINER), -EPERM);
	assert_int_equal(process_kill(fixture->folder, 4712, 0, CONTAINER), -ESRCH);
}

static void an_ended_process_is_gone_reaped_or_not(void **state)
{
	struct fixture *fixture = *state;
	uint64_t start = start_time_of(fixture->child);
	siginfo_t info;

	kill(fixture->child, SIGTERM);
	assert_int_equal(waitid(P_PID, fixture->child, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(process_kill("/proc", fixture->child, start, CONTAINER), -ESRCH);
	assert_int_equal(reap(fixture->child), SIGTERM);
	assert_int_equal(process_kill("/proc", fixture->child, start, CONTAINER), -ESRCH);
	fixture->child = 0;
}

static void *sleep_for_ever(void *context)
{
	for (;;)
		pause();
	return context;
}

static void a_process_whose_first_thread_has_ended_is_killed(void **state)
{
	pid_t child = fork();
	char folder[32], text[1024] = "";
	pthread_t thread;

	(void)state;
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pthread_create(&thread, NULL, sleep_for_ever, NULL);
		syscall(SYS_exit, 0); /* this thread only */
	}
	snprintf(folder, sizeof(folder), "/proc/%d", child);
	for (int i = 0; i < 100000 && !strstr(text, ") Z "); i++) {
		usleep(1000);
		get_text(folder, "stat", text, sizeof(text));
	}
	assert_non_null(strstr(text, ") Z "));
	assert_int_equal(process_kill("/proc", child, start_time_of(child), CONTAINER), 0);
	assert_int_equal(reap(child), SIGKILL);
}

static void a_name_that_looks_like_fields_hides_nothing(void **state)
{
	pid_t child = fork();
	char folder[32], text[1024] = "";

	(void)state;
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "a) Z 1 1 (b) S");
		for (;;)
			pause();
	}
	snprintf(folder, sizeof(folder), "/proc/%d", child);
	for (int i = 0; i < 100000 && !strstr(text, "Z 1 1"); i++) {
		usleep(1000);
		get_text(folder, "stat", text, sizeof(text));
	}
	assert_int_equal(process_kill("/proc", child, start_time_of(child), CONTAINER), 0);
	assert_int_equal(reap(child), SIGKILL);
}

static void a_kernel_thread_is_spared(void **state)
{
	struct fixture *fixture = *state;

	put_text(fixture->folder, "4711/stat",
		 "4711 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 1234 0 0 1\n");
	assert_int_equal(process_kill(fixture->folder, 4711, 1234 * TICK_NS, CONTAINER), -EPERM);
}

static void what_is_no_procfs_gets_no_signal(void **state)
{
	struct fixture *fixture = *state;

	put_text(fixture->folder, "4711/stat", "4711 (cat) S 0 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1234 0 0 1\n");
	assert_int_equal(process_kill(fixture->folder, 4711, 1234 * TICK_NS, CONTAINER), -EBADF);
}

static void a_stat_that_cannot_be_read_is_refused(void **state)
{
	static const struct {
		const char *text;
		int error;
	} cases[] = {
		{ "", -ESRCH },
		{ "4711", -EBADMSG },
		{ "4711 (cat", -EBADMSG },
		{ "4711 (cat)", -EBADMSG },
		{ "4711 (cat) ", -EBADMSG },
		{ "4711 (cat) S 1 2 3", -EBADMSG },
		{ "4711 (cat) S 0 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0", -EBADMSG },
		{ "4711 (cat) S 0 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 x", -ESRCH }, /* another start */
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put_text(fixture->folder, "4711/stat", cases[i].text);
		assert_int_equal(process_kill(fixture->folder, 4711, 1234 * TICK_NS, CONTAINER), cases[i].error);
	}
	put_text(fixture->folder, "4712", "no folder");
	assert_int_equal(process_kill(fixture->folder, 4712, 0, CONTAINER), -ENOTDIR);
}

static void a_stat_of_many_bytes_is_cut_not_trusted(void **state)
{
	struct fixture *fixture = *state;
	char text[8192];

	memset(text, '(', sizeof(text));
	text[0] = '1';
	put_bytes(fixture->folder, "4711/stat", text, sizeof(text));
	assert_int_equal(process_kill(fixture->folder, 4711, 0, CONTAINER), -EBADMSG);
}

static void cgroups_are_compared_by_components(void **state)
{
	(void)state;
	assert_true(cgroup_path_is_within("/a/b", "/a/b"));
	assert_true(cgroup_path_is_within("/a/b/c", "/a/b"));
	assert_false(cgroup_path_is_within("/a/bc", "/a/b"));
	assert_false(cgroup_path_is_within("/a", "/a/b"));
	assert_false(cgroup_path_is_within("/a/b (deleted)", "/a/b"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(kills_the_process_of_the_event),
		TEST(kills_in_a_cgroup_below_the_container),
		TEST(never_hits_a_process_that_got_the_pid_since),
		TEST(a_time_within_the_tick_is_the_same_start),
		TEST(never_hits_a_process_of_another_cgroup),
		TEST(never_hits_pid_1_itself_or_the_root_cgroup),
		TEST(knows_itself_by_the_pid_of_the_hosts_procfs),
		TEST(an_ended_process_is_gone_reaped_or_not),
		TEST(a_process_whose_first_thread_has_ended_is_killed),
		TEST(a_name_that_looks_like_fields_hides_nothing),
		TEST(a_kernel_thread_is_spared),
		TEST(what_is_no_procfs_gets_no_signal),
		TEST(a_stat_that_cannot_be_read_is_refused),
		TEST(a_stat_of_many_bytes_is_cut_not_trusted),
		TEST(cgroups_are_compared_by_components),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
