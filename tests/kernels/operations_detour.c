/* SPDX-License-Identifier: GPL-2.0-only */
/* Ways to an open file that lead around its path, or around the numbers of system calls. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
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
	secret_fd = open(place->secret, O_PATH | O_CLOEXEC);
	if (secret_fd < 0)
		return -errno;
	other = fork();
	if (other == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
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

#define READS \
	.adds = { { PICKET_COUNTER_FILE_OPENS_READ, 1 } }, .add_count = 1, .event = PICKET_KIND_FILE_OPEN, \
	.text = "/secret"
static const struct operation operations[] = {
	{ "detour/dev_fd", with_descriptor, by_dev_fd, 10, READS },
	{ "detour/descriptor_of_another_process", with_other_process, by_other_process, 10, READS },
	{ "detour/received_descriptor", with_socket, by_received_descriptor, 10, READS },
	{ "detour/x32", with_x32, by_x32, 10, READS },
};
const struct operation_set detour_operations = { operations, ARRAY_SIZE(operations) };
