/* SPDX-License-Identifier: GPL-2.0-only */
/* Ways to an open file that lead around its path, or around the numbers of system calls. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "operations.h"

#define X32_SYSCALL_BIT 0x40000000

/* State that prepare() leaves for run(). */
static int secret_fd = -1, ends[2] = { -1, -1 };
static pid_t other;

static int with_descriptor(const struct operations_place *place)
{
	secret_fd = open(place->secret, O_PATH | O_CLOEXEC);
	return secret_fd < 0 || access("/dev/fd", F_OK) ? -errno : 0;
}

static void by_dev_fd(const struct operations_place *place)
{
	char path[64];

	(void)place;
	snprintf(path, sizeof(path), "/dev/fd/%d", secret_fd);
	close(open(path, O_RDONLY | O_CLOEXEC));
}

/* Another process holds the file. */
static int with_other_process(const struct operations_place *place)
{
	pid_t self;

	secret_fd = open(place->secret, O_PATH | O_CLOEXEC);
	if (secret_fd < 0)
		return -errno;
	self = getpid();
	other = fork();
	if (other == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == self) /* else it is gone already, and nobody will send the signal */
			pause();
		_exit(0);
	}
	return other < 0 ? -errno : 0;
}

static void by_other_process(const struct operations_place *place)
{
	char path[64];

	(void)place;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", other, secret_fd);
	close(open(path, O_RDONLY | O_CLOEXEC));
}

static int with_socket(const struct operations_place *place)
{
	(void)place;
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) ? -errno : 0;
}

/* Sent and received: the read is counted where the file was opened, once. */
static void by_received_descriptor(const struct operations_place *place)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int fd = open(place->secret, O_RDONLY | O_CLOEXEC), received;

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	if (sendmsg(ends[0], &message, 0) < 0 || recvmsg(ends[1], &message, MSG_CMSG_CLOEXEC) < 0)
		perror("descriptor");
	memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(received));
	if (read(received, &byte, 1) != 1)
		perror("read");
	close(received);
	close(fd);
}

static int with_x32(const struct operations_place *place)
{
	(void)place;
	return syscall(SYS_getpid | X32_SYSCALL_BIT) < 0 ? -errno : 0;
}

static void by_x32(const struct operations_place *place)
{
	close(syscall(SYS_openat | X32_SYSCALL_BIT, AT_FDCWD, place->secret, O_RDONLY, 0));
}

/* Where the kernel was built without x32, such a call is refused: the sensor tells its number from others even so. */
static int without_x32(const struct operations_place *place)
{
	return place->file_tracepoint && syscall(SYS_getpid | X32_SYSCALL_BIT) < 0 ? 0 : -EOPNOTSUPP;
}

static int with_file_renamed_over(const struct operations_place *place)
{
	operations_write(place->directory, "made", "old\n", 0600);
	operations_write(place->directory, "other", "new\n", 0600);
	if (chdir(place->directory))
		return -errno;
	close(open("made", O_RDONLY | O_CLOEXEC)); /* the directory cache knows the old one */
	return rename("other", "made") ? -errno : 0;
}

static void open_made(const struct operations_place *place)
{
	(void)place;
	close(open("made", O_RDONLY | O_CLOEXEC));
}

static int with_file_mount(const struct operations_place *place)
{
	operations_write(place->directory, "other", "text\n", 0644);
	return chdir(place->directory) || mount(place->secret, "other", NULL, MS_BIND, NULL) ? -errno : 0;
}

static void open_other(const struct operations_place *place)
{
	(void)place;
	close(open("other", O_RDONLY | O_CLOEXEC));
}

/* A bind mount of a bind mount, one of which is made where no rule looks. */
static int with_second_mount(const struct operations_place *place)
{
	if (chdir(place->directory) || mount(".", "sub", NULL, MS_BIND, NULL) ||
	    mount("none", "/mnt", "tmpfs", 0, NULL) || mkdir("/mnt/twice", 0755) ||
	    mount("sub", "/mnt/twice", NULL, MS_BIND, NULL))
		return -errno;
	return 0;
}

static void open_twice(const struct operations_place *place)
{
	(void)place;
	close(open("/mnt/twice/secret", O_RDONLY | O_CLOEXEC));
}

/* A mount that is nowhere in the tree. */
static int with_detached_mount(const struct operations_place *place)
{
	secret_fd = syscall(SYS_open_tree, AT_FDCWD, place->directory, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	return secret_fd < 0 ? -errno : 0;
}

static void open_detached(const struct operations_place *place)
{
	(void)place;
	close(openat(secret_fd, "secret", O_RDONLY | O_CLOEXEC));
}

#define READS_OF(path) \
	.adds = { { PICKET_COUNTER_FILE_OPENS_READ, 1 } }, .add_count = 1, .event = PICKET_KIND_FILE_OPEN, \
	.text = path, .rule = "read"
#define READS \
	.adds = { { PICKET_COUNTER_FILE_OPENS_READ, 1 } }, .add_count = 1, .event = PICKET_KIND_FILE_OPEN, \
	.text = "/secret", .rule = "read"
static const struct operation operations[] = {
	{ "file/dev_fd", with_descriptor, by_dev_fd, 10, READS },
	{ "file/proc_pid_fd", with_other_process, by_other_process, 10, READS },
	{ "file/descriptor_over_unix_socket", with_socket, by_received_descriptor, 10, READS },
	{ "file/x32", with_x32, by_x32, 10, READS },
	{ "file/x32_refused", without_x32, by_x32, 10, .adds = { { PICKET_COUNTER_FILE_OPEN_FAILURES_OTHER, 1 } },
	  .add_count = 1, .event = PICKET_KIND_FILE_OPEN, .text = "/secret" },
	{ "file/bind_mount_of_the_file", with_file_mount, open_other, 10, READS_OF("/other") },
	{ "file/bind_mount_of_a_bind_mount", with_second_mount, open_twice, 10, READS_OF("/mnt/twice/secret") },
	{ "file/detached_mount", with_detached_mount, open_detached, 10, READS },
	{ "file/rename_over", with_file_renamed_over, open_made, 10, .adds = { { PICKET_COUNTER_FILE_OPENS_READ, 1 } },
	  .add_count = 1, .event = PICKET_KIND_FILE_OPEN, .text = "/made", .rule = "read_made" },
};
const struct operation_set detour_operations = { operations, ARRAY_SIZE(operations) };
