/* SPDX-License-Identifier: GPL-2.0-only */
/* Privileged operations, most of them attempts that must fail; rights gained; boundaries crossed. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cleanup.h"
#include "kernel/cgroup_fs.h"
#include "operations.h"

#define NOBODY 65534
#define NO_PID 0x3ffffff
#define NO_DESCRIPTOR 9999

static int outer_fd = -1, inner_fd = -1, own_fd = -1, host_mounts_fd = -1, host_fd = -1;
static char inner[300];

#define OPERATION(name, call) \
	static void name(const struct operations_place *place) \
	{ \
		(void)place; \
		call; \
	}

OPERATION(by_mount, syscall(SYS_mount, "none", "/absent", "tmpfs", 0, NULL))
OPERATION(by_umount2, syscall(SYS_umount2, "/absent", 0))
OPERATION(by_fsopen, close(syscall(SYS_fsopen, "tmpfs", 0)))
OPERATION(by_move_mount, syscall(SYS_move_mount, NO_DESCRIPTOR, "", NO_DESCRIPTOR, "", 0))
OPERATION(by_pivot_root, syscall(SYS_pivot_root, "/absent", "/absent"))
OPERATION(by_chroot, syscall(SYS_chroot, "/"))
OPERATION(by_setns, syscall(SYS_setns, NO_DESCRIPTOR, 0))
OPERATION(by_unshare, syscall(SYS_unshare, CLONE_NEWUTS))
OPERATION(by_unshare_files, syscall(SYS_unshare, CLONE_FILES))
OPERATION(by_clone, syscall(SYS_clone, CLONE_NEWNS | CLONE_FS, 0, 0, 0, 0)) /* these two exclude each other */
OPERATION(by_ptrace_attach, ptrace(PTRACE_ATTACH, NO_PID, NULL, NULL))
OPERATION(by_ptrace_continue, ptrace(PTRACE_CONT, NO_PID, NULL, NULL))
OPERATION(by_process_vm_readv, syscall(SYS_process_vm_readv, NO_PID, NULL, 0, NULL, 0, 0))
OPERATION(by_name_to_handle_at, syscall(SYS_name_to_handle_at, NO_DESCRIPTOR, "x", NULL, NULL, 0))
OPERATION(by_bpf, syscall(SYS_bpf, -1, NULL, 0))
OPERATION(by_perf_event_open, syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0))
OPERATION(by_keyctl, syscall(SYS_keyctl, -1, 0, 0, 0, 0))
OPERATION(by_userfaultfd, syscall(SYS_userfaultfd, -1))
OPERATION(by_memfd_create, close(syscall(SYS_memfd_create, "x", MFD_CLOEXEC)))
OPERATION(by_iopl, syscall(SYS_iopl, 9))
OPERATION(by_clock_settime, syscall(SYS_clock_settime, 999, NULL))
OPERATION(by_syslog, syscall(SYS_syslog, 10, NULL, 0))
OPERATION(by_personality, personality(ADDR_NO_RANDOMIZE))
OPERATION(by_personality_query, personality(0xffffffff))

/* Down to nobody, and up again by the right to do so that was kept. */
static void put_down_and_regain(const struct operations_place *place)
{
	(void)place;
	if (syscall(SYS_setresuid, -1, NOBODY, 0) || syscall(SYS_setresuid, -1, 0, -1))
		printf("FAIL privilege/setresuid %s\n", strerror(errno));
}

static int open_procs(const char *directory)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/cgroup.procs", directory);
	return open(path, O_WRONLY | O_CLOEXEC);
}

/* What it is allowed is remembered from its first privileged operation on, or that of whoever made it. */
static int with_cgroups(const struct operations_place *place)
{
	AUTO_FREE char *cgroup2 = NULL;
	char own[256];

	(void)place;
	if (cgroup_fs_find_mount("/proc", &cgroup2))
		return -ENOENT;
	snprintf(own, sizeof(own), "%s/picket-suite-%d", cgroup2, getppid());
	snprintf(inner, sizeof(inner), "%s/inner", own);
	if (mkdir(inner, 0755))
		return -errno;
	outer_fd = open_procs(cgroup2);
	own_fd = open_procs(own);
	inner_fd = open_procs(inner);
	syscall(SYS_chroot, "/");
	return outer_fd < 0 || own_fd < 0 || inner_fd < 0 ? -errno : 0;
}

static void move_to(int procs_fd)
{
	if (write(procs_fd, "0", 1) != 1)
		printf("FAIL escape/move %s\n", strerror(errno));
}

static void leave_cgroup(const struct operations_place *place)
{
	(void)place;
	rmdir(inner);
	move_to(outer_fd);
}

static void divide_cgroup(const struct operations_place *place)
{
	(void)place;
	move_to(inner_fd);
	move_to(own_fd);
	rmdir(inner);
}

/* The suite itself runs in the host's namespaces. */
static int with_host_mounts(const struct operations_place *place)
{
	char path[64];

	(void)place;
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", getppid());
	host_mounts_fd = open(path, O_RDONLY | O_CLOEXEC);
	return host_mounts_fd < 0 ? -errno : 0;
}

static void run_in_host_mounts(const struct operations_place *place)
{
	char path[128];
	pid_t child = fork();

	snprintf(path, sizeof(path), "%s/program", place->directory);
	if (child == 0) {
		if (syscall(SYS_setns, host_mounts_fd, CLONE_NEWNS) == 0)
			execl(path, "program", NULL);
		_exit(1);
	}
	waitpid(child, NULL, 0);
}

static int open_host_namespace(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", getppid(), name);
	host_fd = open(path, O_RDONLY | O_CLOEXEC);
	syscall(SYS_chroot, "/"); /* from here on it is known what it was given */
	return host_fd < 0 ? -errno : 0;
}

#define HOST_NAMESPACE(name) \
	static int with_host_##name(const struct operations_place *place) \
	{ \
		(void)place; \
		return open_host_namespace(#name); \
	}

HOST_NAMESPACE(net)
HOST_NAMESPACE(ipc)
HOST_NAMESPACE(uts)
HOST_NAMESPACE(pid)
HOST_NAMESPACE(cgroup)

static int with_host_process(const struct operations_place *place)
{
	(void)place;
	host_fd = syscall(SYS_pidfd_open, getppid(), 0);
	syscall(SYS_chroot, "/");
	return host_fd < 0 ? -errno : 0;
}

static void enter(int namespaces)
{
	if (syscall(SYS_setns, host_fd, namespaces))
		printf("FAIL escape/setns %s\n", strerror(errno));
}

/* In a child, which does nothing else there. */
static void enter_host(int namespaces)
{
	pid_t child = fork();

	if (child == 0) {
		enter(namespaces);
		fflush(stdout);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void enter_host_namespace(const struct operations_place *place)
{
	(void)place;
	enter_host(0);
}

/* Its children would be born into the other one that it was given: from there is no way back. */
static void have_child_in_host_namespace(const struct operations_place *place)
{
	pid_t child;

	(void)place;
	enter(0);
	child = fork();
	if (child == 0)
		_exit(0);
	waitpid(child, NULL, 0);
}

static void enter_host_process(const struct operations_place *place)
{
	(void)place;
	enter_host(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS);
}

/* cap_net_raw+ep, as setcap(8) writes it. */
static const struct vfs_cap_data net_raw = { .magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
					     .data[0].permitted = 1 << CAP_NET_RAW };

/* A program of its own, below "give". */
static int with_giving_program(const struct operations_place *place, mode_t mode, bool capable)
{
	char path[128], giving[128];
	AUTO_CLOSE int from = -1;
	AUTO_CLOSE int to = -1;
	int error = 0;

	snprintf(path, sizeof(path), "%s/program", place->directory);
	snprintf(giving, sizeof(giving), "%s/giving", place->directory);
	chmod(place->directory, 0755);
	unlink(giving);
	from = open(path, O_RDONLY | O_CLOEXEC);
	to = open(giving, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (from < 0 || to < 0 || sendfile(to, from, NULL, 64 << 20) <= 0 || fchmod(to, mode))
		error = -errno;
	if (!error && capable && fsetxattr(to, "security.capability", &net_raw, XATTR_CAPS_SZ_2, 0))
		error = -errno;
	syscall(SYS_chroot, "/");
	return error;
}

static int with_setuid_program(const struct operations_place *place)
{
	return with_giving_program(place, 04755, false);
}

static int with_capable_program(const struct operations_place *place)
{
	return with_giving_program(place, 0755, true);
}

/* As nobody. */
static void start_giving(const struct operations_place *place, bool no_new_privs)
{
	char path[128];
	pid_t child = fork();

	snprintf(path, sizeof(path), "%s/giving", place->directory);
	if (child == 0) {
		if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY) ||
		    (no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)))
			_exit(1);
		execl(path, "giving", NULL);
		printf("FAIL privilege/giving %s\n", strerror(errno));
		fflush(stdout);
		_exit(1);
	}
	waitpid(child, NULL, 0);
}

static void take_from_file(const struct operations_place *place)
{
	start_giving(place, false);
}

static void take_nothing(const struct operations_place *place)
{
	start_giving(place, true);
}

/* All capabilities, but over that namespace only. */
static void own_user_namespace(const struct operations_place *place)
{
	pid_t child = fork();

	(void)place;
	if (child == 0) {
		if (setresuid(NOBODY, NOBODY, NOBODY) == 0)
			syscall(SYS_unshare, CLONE_NEWUSER);
		if (fork() == 0)
			_exit(0);
		wait(NULL);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void socket_to_stdin(const struct operations_place *place)
{
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)place;
	dup2(fd, 0);
}

#define CALLS(kind) \
	.adds = { { PICKET_COUNTER_PRIVILEGED_OPERATIONS_##kind, 1 } }, .add_count = 1, \
	.event = PICKET_KIND_PRIVILEGED_OPERATION
#define STARTS_PROGRAM \
	.adds[0] = { PICKET_COUNTER_PROCESS_EXECS, 1 }, .adds[1] = { PICKET_COUNTER_PROCESS_FORKS, 1 }, \
	.adds[2] = { PICKET_COUNTER_PROCESS_EXITS_EXITED, 1 }
/* A child that enters a namespace; @processes: with children of its own. */
#define ENTERS(processes) \
	.adds[0] = { PICKET_COUNTER_PRIVILEGED_OPERATIONS_SETNS, 1 }, \
	.adds[1] = { PICKET_COUNTER_PROCESS_FORKS, processes }, \
	.adds[2] = { PICKET_COUNTER_PROCESS_EXITS_EXITED, processes }
#define BREAKS(boundary, amount) .adds[3] = { PICKET_COUNTER_ISOLATION_BREAKS_##boundary, amount }
static const struct operation operations[] = {
	{ "privilege/mount", NULL, by_mount, 10, CALLS(MOUNT), .text = "/absent" },
	{ "privilege/umount2", NULL, by_umount2, 10, CALLS(MOUNT), .text = "/absent" },
	{ "privilege/fsopen", NULL, by_fsopen, 10, CALLS(MOUNT) },
	{ "privilege/move_mount", NULL, by_move_mount, 10, CALLS(MOUNT) },
	{ "privilege/pivot_root", NULL, by_pivot_root, 10, CALLS(PIVOT_ROOT), .text = "/absent" },
	{ "privilege/chroot", NULL, by_chroot, 10, CALLS(CHROOT), .text = "/" },
	{ "privilege/setns", NULL, by_setns, 10, CALLS(SETNS) },
	{ "privilege/unshare", NULL, by_unshare, 10, CALLS(UNSHARE) },
	{ "privilege/unshare_files", NULL, by_unshare_files, 10, CALLS(UNSHARE) },
	{ "privilege/clone", NULL, by_clone, 10, CALLS(CLONE_NAMESPACE) },
	{ "privilege/ptrace_attach", NULL, by_ptrace_attach, 10, CALLS(PTRACE) },
	{ "privilege/ptrace_continue", NULL, by_ptrace_continue, 10, .event = -1 },
	{ "privilege/process_vm_readv", NULL, by_process_vm_readv, 10, CALLS(PROCESS_MEMORY) },
	{ "privilege/name_to_handle_at", NULL, by_name_to_handle_at, 10, CALLS(FILE_HANDLE) },
	{ "privilege/bpf", NULL, by_bpf, 10, CALLS(BPF) },
	{ "privilege/perf_event_open", NULL, by_perf_event_open, 10, CALLS(PERF_EVENT) },
	{ "privilege/keyctl", NULL, by_keyctl, 10, CALLS(KEYRING) },
	{ "privilege/userfaultfd", NULL, by_userfaultfd, 10, CALLS(USERFAULTFD) },
	{ "privilege/memfd_create", NULL, by_memfd_create, 10, CALLS(MEMFD) },
	{ "privilege/iopl", NULL, by_iopl, 10, CALLS(PORT_IO) },
	{ "privilege/clock_settime", NULL, by_clock_settime, 10, CALLS(CLOCK) },
	{ "privilege/syslog", NULL, by_syslog, 10, CALLS(SYSTEM) },
	{ "privilege/personality", NULL, by_personality, 10, CALLS(SYSTEM) },
	{ "privilege/personality_query", NULL, by_personality_query, 10, .event = -1 },
	{ "privilege/regain_root", NULL, put_down_and_regain, 10,
	  .adds = { { PICKET_COUNTER_CREDENTIAL_CHANGES_ROOT, 1 } }, .add_count = 1,
	  .event = PICKET_KIND_CREDENTIAL_CHANGE },
	{ "privilege/setuid_program", with_setuid_program, take_from_file, 5, STARTS_PROGRAM,
	  .adds[3] = { PICKET_COUNTER_CREDENTIAL_CHANGES_ROOT, 1 }, .add_count = 4,
	  .event = PICKET_KIND_CREDENTIAL_CHANGE },
	{ "privilege/file_capabilities", with_capable_program, take_from_file, 5, STARTS_PROGRAM,
	  .adds[3] = { PICKET_COUNTER_CREDENTIAL_CHANGES_CAPABILITIES, 1 }, .add_count = 4,
	  .event = PICKET_KIND_CREDENTIAL_CHANGE },
	{ "privilege/setuid_no_new_privs", with_setuid_program, take_nothing, 5, STARTS_PROGRAM, .add_count = 3,
	  .event = PICKET_KIND_CREDENTIAL_CHANGE, .event_count = OPERATION_NO_EVENT },
	{ "privilege/capabilities_no_new_privs", with_capable_program, take_nothing, 5, STARTS_PROGRAM, .add_count = 3,
	  .event = PICKET_KIND_CREDENTIAL_CHANGE, .event_count = OPERATION_NO_EVENT },
	{ "privilege/own_user_namespace", NULL, own_user_namespace, 5,
	  .adds = { { PICKET_COUNTER_PRIVILEGED_OPERATIONS_UNSHARE, 1 },
		    { PICKET_COUNTER_PROCESS_FORKS, 2 },
		    { PICKET_COUNTER_PROCESS_EXITS_EXITED, 2 } },
	  .add_count = 3, .event = PICKET_KIND_CREDENTIAL_CHANGE, .event_count = OPERATION_NO_EVENT },
	{ "escape/leave_cgroup", with_cgroups, leave_cgroup, 1,
	  .adds = { { PICKET_COUNTER_FILE_MODIFICATIONS_DELETE, 1 }, { PICKET_COUNTER_ISOLATION_BREAKS_CGROUP, 1 } },
	  .add_count = 2, .event = PICKET_KIND_ISOLATION_BREAK },
	{ "escape/divide_cgroup", with_cgroups, divide_cgroup, 1,
	  .adds = { { PICKET_COUNTER_FILE_MODIFICATIONS_DELETE, 1 } }, .add_count = 1, .event = -1 },
	{ "escape/host_mounts", with_host_mounts, run_in_host_mounts, 5,
	  .adds = { { PICKET_COUNTER_PRIVILEGED_OPERATIONS_SETNS, 1 },
		    { PICKET_COUNTER_ISOLATION_BREAKS_MOUNT_NAMESPACE, 1 },
		    { PICKET_COUNTER_PROCESS_EXECS, 1 },
		    { PICKET_COUNTER_PROCESS_FORKS, 1 },
		    { PICKET_COUNTER_PROCESS_EXITS_EXITED, 1 } },
	  .add_count = 5, .event = PICKET_KIND_ISOLATION_BREAK },
	{ "escape/host_network", with_host_net, enter_host_namespace, 5, ENTERS(1), BREAKS(NETWORK_NAMESPACE, 1),
	  .add_count = 4, .event = PICKET_KIND_ISOLATION_BREAK, .unshare = CLONE_NEWNET },
	{ "escape/host_ipc", with_host_ipc, enter_host_namespace, 5, ENTERS(1), BREAKS(IPC_NAMESPACE, 1),
	  .add_count = 4, .event = PICKET_KIND_ISOLATION_BREAK, .unshare = CLONE_NEWIPC },
	{ "escape/host_uts", with_host_uts, enter_host_namespace, 5, ENTERS(1), BREAKS(UTS_NAMESPACE, 1),
	  .add_count = 4, .event = PICKET_KIND_ISOLATION_BREAK, .unshare = CLONE_NEWUTS },
	{ "escape/host_cgroup_namespace", with_host_cgroup, enter_host_namespace, 5, ENTERS(1),
	  BREAKS(CGROUP_NAMESPACE, 1), .add_count = 4, .event = PICKET_KIND_ISOLATION_BREAK,
	  .unshare = CLONE_NEWCGROUP },
	/* who enters it is told of, and so is the child that lives there */
	{ "escape/host_pid", with_host_pid, have_child_in_host_namespace, 1, ENTERS(1), BREAKS(PID_NAMESPACE, 2),
	  .add_count = 4, .event = PICKET_KIND_ISOLATION_BREAK, .event_count = 2, .unshare = CLONE_NEWPID },
	{ "escape/host_by_pidfd", with_host_process, enter_host_process, 5, ENTERS(1), BREAKS(NETWORK_NAMESPACE, 1),
	  .adds[4] = { PICKET_COUNTER_ISOLATION_BREAKS_IPC_NAMESPACE, 1 },
	  .adds[5] = { PICKET_COUNTER_ISOLATION_BREAKS_UTS_NAMESPACE, 1 }, .add_count = 6,
	  .event = PICKET_KIND_ISOLATION_BREAK, .event_count = 3,
	  .unshare = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS },
	{ "escape/host_network_given", with_host_net, enter_host_namespace, 5, ENTERS(1), .add_count = 3,
	  .event = PICKET_KIND_ISOLATION_BREAK, .event_count = OPERATION_NO_EVENT },
	{ "process/socket_to_stdin", NULL, socket_to_stdin, 10, .event = PICKET_KIND_STDIO_SOCKET },
};
const struct operation_set privilege_operations = { operations, ARRAY_SIZE(operations) };
