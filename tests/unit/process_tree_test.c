/* SPDX-License-Identifier: GPL-2.0-only */
/* Trees and whole containers: real processes, whose cgroup is a folder that says who is in it. */
#include <dirent.h>
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
#include "fake_proc.h"
#include "respond/container_kill.h"
#include "respond/process_tree.h"

#define CONTAINER "/docker/0123456789abcdef"
#define MEMBERS_MAX 8
#define FORKS_MAX 2000

/* Stands before libc's: what cgroupfs would say. */
static struct {
	const char *cgroup_text; /* of every process */
	pid_t members[MEMBERS_MAX];
	pid_t group; /* instead: all of this process group */
} fake;

static int text_file(const char *text, size_t size)
{
	int fd = memfd_create("text", MFD_CLOEXEC);

	assert_int_equal(write(fd, text, size), size);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* All processes of a group that have not ended, as lines. Return: how many. */
static size_t list_group(pid_t group, char *text, size_t size)
{
	AUTO_CLOSEDIR DIR *directory = opendir("/proc");
	struct dirent *entry;
	size_t count = 0, used = 0;

	while ((entry = readdir(directory))) {
		char folder[300], stat[1024], state;
		const char *end;
		pid_t found;

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(folder, sizeof(folder), "/proc/%s", entry->d_name);
		get_text(folder, "stat", stat, sizeof(stat));
		end = strrchr(stat, ')');
		if (!end || sscanf(end + 1, " %c %*d %d", &state, &found) != 2 || found != group || state == 'Z')
			continue;
		count++;
		if (used < size)
			used += snprintf(text + used, size - used, "%s\n", entry->d_name);
	}
	return count;
}

static size_t count_alive(pid_t group)
{
	char text[1];

	return list_group(group, text, sizeof(text));
}

static int members_file(void)
{
	static char text[FORKS_MAX * 16];
	size_t used = 0;

	text[0] = '\0';
	if (fake.group)
		list_group(fake.group, text, sizeof(text));
	for (size_t i = 0; i < MEMBERS_MAX && fake.members[i] && !fake.group; i++)
		used += snprintf(text + used, sizeof(text) - used, "%d\n", fake.members[i]);
	return text_file(text, strlen(text));
}

int openat(int folder, const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	if (strcmp(path, "cgroup") == 0)
		return text_file(fake.cgroup_text, strlen(fake.cgroup_text));
	if (strcmp(path, "cgroup.procs") == 0)
		return members_file();
	va_start(arguments, flags);
	mode = va_arg(arguments, int);
	va_end(arguments);
	return syscall(SYS_openat, folder, path, flags, mode);
}

/* root -> child -> grandchild, and a process beside them. Their pids come through a pipe. */
struct fixture {
	char folder[32], mount[64];
	struct cgroup_place place;
	pid_t root, child, grandchild, other;
	int out;
};

static void sleep_for_ever(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

static pid_t start_tree(pid_t *child, pid_t *grandchild)
{
	int pipes[2];
	pid_t root, pids[2];

	assert_int_equal(pipe(pipes), 0);
	root = fork();
	if (root == 0) {
		pid_t own = fork();

		if (own == 0) {
			pids[0] = getpid();
			pids[1] = fork();
			if (pids[1] == 0)
				sleep_for_ever();
			if (write(pipes[1], pids, sizeof(pids)) != sizeof(pids))
				abort();
		}
		sleep_for_ever();
	}
	assert_int_equal(read(pipes[0], pids, sizeof(pids)), sizeof(pids));
	close(pipes[0]);
	close(pipes[1]);
	*child = pids[0];
	*grandchild = pids[1];
	return root;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	char path[512];
	struct stat status;

	assert_non_null(fixture);
	memset(&fake, 0, sizeof(fake));
	fake.cgroup_text = "0::" CONTAINER "\n";
	make_folder(fixture->folder);
	put_text(fixture->folder, "cgroup" CONTAINER "/cgroup.freeze", "0\n");
	snprintf(fixture->mount, sizeof(fixture->mount), "%s/cgroup", fixture->folder);
	assert_int_equal(stat(make_path(path, fixture->folder, "cgroup" CONTAINER), &status), 0);
	fixture->place = (struct cgroup_place){ fixture->mount, CONTAINER, status.st_ino };
	fixture->root = start_tree(&fixture->child, &fixture->grandchild);
	fixture->other = start_child();
	fake.members[0] = fixture->root;
	fake.members[1] = fixture->grandchild; /* before its parent: the order says nothing */
	fake.members[2] = fixture->child;
	fake.members[3] = fixture->other;
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	kill(fixture->grandchild, SIGKILL);
	kill(fixture->child, SIGKILL);
	if (fixture->root)
		end_child(fixture->root);
	if (fixture->other)
		end_child(fixture->other);
	remove_folder(fixture->folder);
	free(fixture);
	return 0;
}

static char state_of(pid_t pid)
{
	char folder[32], text[1024] = "", *end;

	snprintf(folder, sizeof(folder), "/proc/%d", pid);
	get_text(folder, "stat", text, sizeof(text));
	end = strrchr(text, ')');
	return end ? end[2] : 'X';
}

static void wait_state(pid_t pid, const char *states)
{
	for (int i = 0; i < 2000 && !strchr(states, state_of(pid)); i++)
		usleep(1000);
	assert_non_null(strchr(states, state_of(pid)));
}

static struct process_tree_root root_of(const struct fixture *fixture)
{
	return (struct process_tree_root){ fixture->root, start_time_of(fixture->root) };
}

static void the_tree_is_killed_and_nothing_beside_it(void **state)
{
	struct fixture *fixture = *state;
	struct process_tree_root root = root_of(fixture);
	size_t count = 0;

	assert_int_equal(process_tree_kill("/proc", &fixture->place, &root, &count), 0);
	assert_int_equal(count, 3);
	assert_int_equal(reap(fixture->root), SIGKILL);
	fixture->root = 0;
	wait_state(fixture->child, "XZ");
	wait_state(fixture->grandchild, "XZ");
	assert_true(is_alive(fixture->other));
}

static void nothing_forks_its_way_out(void **state)
{
	struct fixture *fixture = *state;
	struct process_tree_root root;
	pid_t forker = fork();
	size_t count = 0;

	if (forker == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpgid(0, 0);
		for (int i = 0; i < FORKS_MAX; i++) {
			if (fork() == 0)
				for (;;)
					pause();
			usleep(20);
		}
		for (;;)
			pause();
	}
	setpgid(forker, forker);
	usleep(20000);
	fake.group = forker;
	root = (struct process_tree_root){ forker, start_time_of(forker) };
	assert_int_equal(process_tree_kill("/proc", &fixture->place, &root, &count), 0);
	assert_int_equal(reap(forker), SIGKILL);
	for (int i = 0; i < 2000 && count_alive(forker); i++)
		usleep(1000);
	assert_true(count > 1);
	assert_int_equal(count_alive(forker), 0);
}

static void a_pid_that_was_used_again_is_no_root(void **state)
{
	struct fixture *fixture = *state;
	struct process_tree_root root = root_of(fixture);
	size_t count = 1;

	root.start_time_ns -= 1000000000ULL;
	assert_int_equal(process_tree_kill("/proc", &fixture->place, &root, &count), -ESRCH);
	assert_int_equal(count, 0);
	usleep(20000);
	assert_true(is_alive(fixture->root));
	wait_state(fixture->child, "S");
}

static void a_process_that_is_older_than_its_parent_is_none_of_the_tree(void **state)
{
	struct fixture *fixture = *state;
	struct process_tree_root root;
	size_t count;
	char text[256];

	/* a procfs in which the pid of the parent was given away since: the child began before it */
	snprintf(text, sizeof(text), "%s", "4711 (a) S 1 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5000 0 0 1\n");
	put_text(fixture->folder, "4711/stat", text);
	put_text(fixture->folder, "4712/stat", "4712 (b) S 4711 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4000 0 0 1\n");
	memset(fake.members, 0, sizeof(fake.members));
	fake.members[0] = 4711;
	fake.members[1] = 4712;
	root = (struct process_tree_root){ 4711, 5000 * (1000000000ULL / sysconf(_SC_CLK_TCK)) };
	/* a signal through a folder that is no process fails: the root's is refused before any other */
	assert_int_equal(process_tree_kill(fixture->folder, &fixture->place, &root, &count), -EBADF);
	assert_int_equal(count, 0);
}

static void a_stopped_tree_goes_on(void **state)
{
	struct fixture *fixture = *state;
	struct process_tree_root root = root_of(fixture);
	size_t count;

	assert_int_equal(process_tree_stop("/proc", &fixture->place, &root, &count), 0);
	assert_int_equal(count, 3);
	wait_state(fixture->grandchild, "T");
	wait_state(fixture->other, "S");
	assert_int_equal(process_tree_continue("/proc", &fixture->place, &root, &count), 0);
	wait_state(fixture->root, "S");
	wait_state(fixture->grandchild, "S");
}

static void nobody_outside_of_the_container_is_killed(void **state)
{
	struct fixture *fixture = *state;
	struct process_tree_root root = root_of(fixture);
	size_t count;

	fake.cgroup_text = "0::/elsewhere\n";
	assert_int_equal(process_tree_kill("/proc", &fixture->place, &root, &count), -EXDEV);
	wait_state(fixture->root, "S");
}

static void a_kernel_without_cgroup_kill_gets_each_process_in_a_frozen_cgroup(void **state)
{
	struct fixture *fixture = *state;
	const char *how = "";
	char text[8];
	int error = container_kill("/proc", &fixture->place, &how);

	/* those that were killed are not reaped while this looks: they count as ended */
	assert_int_equal(error, 0);
	assert_non_null(strstr(how, "one by one"));
	assert_int_equal(reap(fixture->root), SIGKILL);
	assert_int_equal(reap(fixture->other), SIGKILL);
	fixture->root = fixture->other = 0;
	wait_state(fixture->grandchild, "XZ");
	get_text(fixture->folder, "cgroup" CONTAINER "/cgroup.freeze", text, sizeof(text));
	assert_int_equal(text[0], '0'); /* thawed again */
}

static void a_cgroup_with_a_kill_file_is_killed_through_it(void **state)
{
	struct fixture *fixture = *state;
	const char *how = "";
	char text[8];

	put_text(fixture->folder, "cgroup" CONTAINER "/cgroup.kill", "");
	assert_int_equal(container_kill("/proc", &fixture->place, &how), 0);
	assert_non_null(strstr(how, "cgroup.kill"));
	get_text(fixture->folder, "cgroup" CONTAINER "/cgroup.kill", text, sizeof(text));
	assert_string_equal(text, "1");
	assert_true(is_alive(fixture->root));
}

static void another_cgroup_of_the_same_path_is_not_killed(void **state)
{
	struct fixture *fixture = *state;
	struct process_tree_root root = root_of(fixture);
	const char *how;
	size_t count;

	fixture->place.id++;
	assert_int_equal(container_kill("/proc", &fixture->place, &how), -ENOENT);
	assert_int_equal(process_tree_kill("/proc", &fixture->place, &root, &count), -ESRCH);
	assert_true(is_alive(fixture->other));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(the_tree_is_killed_and_nothing_beside_it),
		TEST(nothing_forks_its_way_out),
		TEST(a_pid_that_was_used_again_is_no_root),
		TEST(a_process_that_is_older_than_its_parent_is_none_of_the_tree),
		TEST(a_stopped_tree_goes_on),
		TEST(nobody_outside_of_the_container_is_killed),
		TEST(a_kernel_without_cgroup_kill_gets_each_process_in_a_frozen_cgroup),
		TEST(a_cgroup_with_a_kill_file_is_killed_through_it),
		TEST(another_cgroup_of_the_same_path_is_not_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
