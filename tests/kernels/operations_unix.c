/* SPDX-License-Identifier: GPL-2.0-only */
/* Every way to a local socket: the event must say where its owner bound it. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "operations.h"
#include "operations_ring.h"

#define TIMES 10
#define CONNECT_32 362 /* connect(2) of the 32-bit ABI */

/* State that prepare() leaves for run(). */
static int socket_type = SOCK_STREAM;
static struct sockaddr_un *low_address;

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	return address;
}

/* Bound and listening on a file system that goes with the process: "real/the.sock". */
static int listen_as(const struct operations_place *place, int type)
{
	struct sockaddr_un address = address_of("real/the.sock");
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	socket_type = type;
	if (mount("none", place->directory, "tmpfs", 0, NULL) || chdir(place->directory) || mkdir("real", 0755) ||
	    symlink("real", "way") || symlink("real/the.sock", "other.sock") ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return -errno;
	operations_write(".", "mounted.sock", "", 0644);
	return type == SOCK_DGRAM || !listen(fd, 128) ? 0 : -errno;
}

static int with_listener(const struct operations_place *place)
{
	return listen_as(place, SOCK_STREAM);
}

static int with_packets(const struct operations_place *place)
{
	return listen_as(place, SOCK_SEQPACKET);
}

static int with_datagrams(const struct operations_place *place)
{
	return listen_as(place, SOCK_DGRAM);
}

static int with_mounted(const struct operations_place *place)
{
	int error = with_listener(place);

	return error || !mount("real/the.sock", "mounted.sock", NULL, MS_BIND, NULL) ? error : -errno;
}

static int with_root(const struct operations_place *place)
{
	int error = with_listener(place);

	return error || (!chroot("real") && !chdir("/")) ? error : -errno;
}

static int with_ring(const struct operations_place *place)
{
	int error = with_listener(place);

	return error ? error : ring_open(0);
}

static int with_polling_ring(const struct operations_place *place)
{
	int error = with_listener(place);

	return error ? error : ring_open(IORING_SETUP_SQPOLL);
}

static int with_low_memory(const struct operations_place *place)
{
	int error = with_listener(place);

	if (!error)
		error = operations_low_memory((void **)&low_address);
	if (!error)
		*low_address = address_of("way/the.sock");
	return error;
}

static int as_nobody(const struct operations_place *place)
{
	int error = with_listener(place);

	return error || (!chmod("real/the.sock", 0) && !setresuid(65534, 65534, 65534)) ? error : -errno;
}

static void connect_to(const char *path, int flags)
{
	struct sockaddr_un address = address_of(path);
	AUTO_CLOSE int fd = socket(AF_UNIX, socket_type | SOCK_CLOEXEC | flags, 0);

	(void)!connect(fd, (struct sockaddr *)&address, sizeof(address));
}

#define OPERATION(name, path) \
	static void name(const struct operations_place *place) \
	{ \
		(void)place; \
		connect_to(path, 0); \
	}

OPERATION(by_path, "real/the.sock")
OPERATION(by_directory_link, "way/the.sock")
OPERATION(by_link, "other.sock")
OPERATION(by_dots, "real/.././way/the.sock")
OPERATION(by_refused_dots, "way/.././real/../real/./the.sock")
OPERATION(by_proc_cwd, "/proc/self/cwd/way/the.sock")
OPERATION(by_mounted, "mounted.sock")
OPERATION(in_root, "/the.sock")

static void by_whole_path(const struct operations_place *place)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/self/root%s/way/the.sock", place->directory);
	connect_to(path, 0);
}

static void without_waiting(const struct operations_place *place)
{
	(void)place;
	connect_to("way/the.sock", SOCK_NONBLOCK);
}

static void by_int80(const struct operations_place *place)
{
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int result;

	(void)place;
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(CONNECT_32), "b"(fd), "c"((uint32_t)(uintptr_t)low_address), "d"(sizeof(*low_address))
			 : "memory");
}

static void ring_connect(unsigned int flags)
{
	struct sockaddr_un address = address_of("way/the.sock");
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct io_uring_sqe entry = { .opcode = IORING_OP_CONNECT, .fd = fd, .flags = flags };

	entry.addr = (uintptr_t)&address;
	entry.off = sizeof(address);
	ring_do(&entry);
}

static void by_ring(const struct operations_place *place)
{
	(void)place;
	ring_connect(0);
}

static void by_ring_async(const struct operations_place *place)
{
	(void)place;
	ring_connect(IOSQE_ASYNC);
}

#define CONNECTS .adds = { { PICKET_COUNTER_UNIX_CONNECTS, 1 } }, .add_count = 1, .event = PICKET_KIND_UNIX_CONNECT
#define REAL CONNECTS, .text = "/real/the.sock", .rule = "local_socket"
static const struct operation operations[] = {
	{ "unix/relative_path", with_listener, by_path, TIMES, REAL },
	{ "unix/symlink_to_directory", with_listener, by_directory_link, TIMES, REAL },
	{ "unix/symlink", with_listener, by_link, TIMES, REAL },
	{ "unix/dots", with_listener, by_dots, TIMES, REAL },
	{ "unix/proc_self_cwd", with_listener, by_proc_cwd, TIMES, REAL },
	{ "unix/proc_self_root", with_listener, by_whole_path, TIMES, REAL },
	{ "unix/bind_mount", with_mounted, by_mounted, TIMES, REAL },
	{ "unix/chroot", with_root, in_root, TIMES, REAL },
	{ "unix/not_waiting", with_listener, without_waiting, TIMES, REAL },
	{ "unix/packets", with_packets, by_directory_link, TIMES, REAL },
	{ "unix/datagrams", with_datagrams, by_directory_link, TIMES, REAL },
	{ "unix/int80", with_low_memory, by_int80, TIMES, REAL },
	{ "unix/io_uring", with_ring, by_ring, TIMES, REAL },
	{ "unix/io_uring_async", with_ring, by_ring_async, TIMES, REAL },
	{ "unix/io_uring_polling", with_polling_ring, by_ring, TIMES, REAL },
	{ "unix/refused", as_nobody, by_path, TIMES,
	  .adds = { { PICKET_COUNTER_UNIX_CONNECTS, 1 }, { PICKET_COUNTER_SYSCALL_DENIALS_EACCES, 1 } }, .add_count = 2,
	  .event = PICKET_KIND_UNIX_CONNECT, .text = "/real/the.sock", .rule = "local_socket" },
	{ "unix/refused_dots", as_nobody, by_refused_dots, TIMES,
	  .adds = { { PICKET_COUNTER_UNIX_CONNECTS, 1 }, { PICKET_COUNTER_SYSCALL_DENIALS_EACCES, 1 } }, .add_count = 2,
	  .event = PICKET_KIND_UNIX_CONNECT, .text = "/real/the.sock", .rule = "local_socket" },
};
const struct operation_set unix_operations = { operations, ARRAY_SIZE(operations) };
