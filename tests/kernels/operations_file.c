/* SPDX-License-Identifier: GPL-2.0-only */
/* Every way to open a file. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cleanup.h"
#include "operations.h"
#include "operations_ring.h"

/* State that prepare() leaves for run(). */
static int directory_fd = -1, secret_fd = -1;
static char *low_memory, *untouched;
static union {
	struct file_handle handle;
	char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
} handle;

/* Files. Raw system calls, so that the libraries cannot choose another one. */

static long raw_openat(int base, const char *path, int flags)
{
	return syscall(SYS_openat, base, path, flags, 0600);
}

static void open_close(int base, const char *path, int flags)
{
	close(raw_openat(base, path, flags));
}

static void file_absolute(const struct operations_place *place)
{
	open_close(AT_FDCWD, place->secret, O_RDONLY);
}

static int in_directory(const struct operations_place *place)
{
	directory_fd = open(place->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return chdir(place->directory) ? -errno : 0;
}

static void file_relative(const struct operations_place *place)
{
	(void)place;
	open_close(AT_FDCWD, "secret", O_RDONLY);
}

static void file_dot_dot(const struct operations_place *place)
{
	(void)place;
	open_close(AT_FDCWD, "sub/.././sub/../secret", O_RDONLY);
}

static void file_symlink(const struct operations_place *place)
{
	(void)place;
	open_close(AT_FDCWD, "link", O_RDONLY);
}

static void file_hard_link(const struct operations_place *place)
{
	(void)place;
	open_close(AT_FDCWD, "hard", O_RDONLY);
}

static void file_descriptor_base(const struct operations_place *place)
{
	(void)place;
	open_close(directory_fd, "secret", O_RDONLY);
}

static void file_legacy_open(const struct operations_place *place)
{
	close(syscall(SYS_open, place->secret, O_RDONLY, 0));
}

static void file_openat2(const struct operations_place *place)
{
	struct open_how how = { .flags = O_RDONLY };

	close(syscall(SYS_openat2, AT_FDCWD, place->secret, &how, sizeof(how)));
}

static void file_proc_root(const struct operations_place *place)
{
	char path[160];

	snprintf(path, sizeof(path), "/proc/self/root%s", place->secret);
	open_close(AT_FDCWD, path, O_RDONLY);
}

static void file_proc_cwd(const struct operations_place *place)
{
	(void)place;
	open_close(AT_FDCWD, "/proc/self/cwd/secret", O_RDONLY);
}

static int with_path_descriptor(const struct operations_place *place)
{
	secret_fd = raw_openat(AT_FDCWD, place->secret, O_PATH);
	return secret_fd < 0 ? -errno : 0;
}

static void file_reopen(const struct operations_place *place)
{
	char path[64];

	(void)place;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", secret_fd);
	open_close(AT_FDCWD, path, O_RDONLY);
}

static void file_path_only(const struct operations_place *place)
{
	open_close(AT_FDCWD, place->secret, O_PATH);
}

static int with_handle(const struct operations_place *place)
{
	char path[128];
	int mount;

	directory_fd = open(place->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	handle.handle.handle_bytes = MAX_HANDLE_SZ;
	snprintf(path, sizeof(path), "%s/plain", place->directory); /* one name only */
	if (name_to_handle_at(AT_FDCWD, path, &handle.handle, &mount, 0))
		return -errno;
	return 0;
}

static void file_by_handle(const struct operations_place *place)
{
	(void)place;
	close(open_by_handle_at(directory_fd, &handle.handle, O_RDONLY));
}

static int with_bind_mount(const struct operations_place *place)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/sub", place->directory);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount(place->directory, path, NULL, MS_BIND, NULL))
		return -errno;
	return in_directory(place);
}

static void file_bind_mount(const struct operations_place *place)
{
	(void)place;
	open_close(AT_FDCWD, "sub/secret", O_RDONLY);
}

static int with_chroot(const struct operations_place *place)
{
	if (chroot(place->directory) || chdir("/"))
		return -errno;
	return 0;
}

static void file_chroot(const struct operations_place *place)
{
	(void)place;
	open_close(AT_FDCWD, "/secret", O_RDONLY);
}

static int with_low_memory(const struct operations_place *place)
{
	int error = operations_low_memory((void **)&low_memory);

	if (!error)
		strcpy(low_memory, place->secret);
	return error;
}

static void file_int80(const struct operations_place *place)
{
	int result;

	(void)place;
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(295), "b"(AT_FDCWD), "c"((uint32_t)(uintptr_t)low_memory), "d"(O_RDONLY), "S"(0)
			 : "memory");
	close(result);
}

/* A path whose page no instruction has touched: not readable when the call begins. */
static int with_untouched_page(const struct operations_place *place)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/made", place->directory);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || pwrite(fd, place->secret, strlen(place->secret) + 1, 0) < 0)
		return -errno;
	untouched = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	return untouched == MAP_FAILED ? -errno : 0;
}

static void file_untouched_page(const struct operations_place *place)
{
	(void)place;
	open_close(AT_FDCWD, untouched, O_RDONLY);
}

static void file_read_write(const struct operations_place *place)
{
	open_close(AT_FDCWD, place->secret, O_RDWR);
}

static int without_made(const struct operations_place *place)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/made", place->directory);
	unlink(path);
	return in_directory(place);
}

static void file_create(const struct operations_place *place)
{
	(void)place;
	close(syscall(SYS_creat, "made", 0600));
}

static void file_plain(const struct operations_place *place)
{
	(void)place;
	open_close(AT_FDCWD, "plain", O_RDONLY);
}

static void file_absent(const struct operations_place *place)
{
	(void)place;
	open_close(AT_FDCWD, "absent", O_RDONLY);
}

static int as_nobody(const struct operations_place *place)
{
	if (chmod(place->secret, 0600) || setgid(65534) || setuid(65534))
		return -errno;
	return 0;
}

static int after_rename(const struct operations_place *place)
{
	char from[128], to[128];

	snprintf(from, sizeof(from), "%s/leaving", place->directory);
	snprintf(to, sizeof(to), "%s/moved/plain", place->directory);
	unlink(to); /* of the run before */
	*strrchr(to, '/') = '\0';
	rmdir(to);
	if (mkdir(from, 0755))
		return -errno;
	operations_write(from, "plain", "text\n", 0644);
	if (chdir(from))
		return -errno;
	open_close(AT_FDCWD, "plain", O_RDONLY); /* the directory cache knows the old name */
	return rename(from, to) ? -errno : 0;
}

static int with_ring(const struct operations_place *place)
{
	int error = in_directory(place);

	return error ? error : ring_open(0);
}

static int with_polling_ring(const struct operations_place *place)
{
	int error = in_directory(place);

	return error ? error : ring_open(IORING_SETUP_SQPOLL);
}

static int with_own_descriptors(const struct operations_place *place)
{
	int error = with_ring(place);

	return error ? error : ring_own_descriptors();
}

/* Before Linux 5.18 no tracepoint tells of which request the outcome is. */
static int with_telling_ring(const struct operations_place *place)
{
	struct utsname name;
	unsigned int major = 0, minor = 0;

	if (uname(&name) || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return -EIO;
	return major * 1000 + minor < 5018 ? -EOPNOTSUPP : with_ring(place);
}

static int ring_openat(const char *path, unsigned int flags)
{
	struct io_uring_sqe entry = {
		.opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = (uintptr_t)path, .flags = flags
	};

	return ring_do(&entry);
}

static void file_ring(const struct operations_place *place)
{
	close(ring_openat(place->secret, 0));
}

/* In a thread of the kernel's. */
static void file_ring_async(const struct operations_place *place)
{
	close(ring_openat(place->secret, IOSQE_ASYNC));
}

static void file_ring_openat2(const struct operations_place *place)
{
	struct open_how how = { .flags = O_RDONLY };
	struct io_uring_sqe entry = { .opcode = IORING_OP_OPENAT2,
				      .fd = AT_FDCWD,
				      .addr = (uintptr_t)place->secret,
				      .len = sizeof(how),
				      .off = (uintptr_t)&how };

	close(ring_do(&entry));
}

static void file_ring_own(const struct operations_place *place)
{
	struct io_uring_sqe entry = {
		.opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = (uintptr_t) "./secret", .file_index = 1
	};

	(void)place;
	ring_do(&entry);
}

static void file_ring_absent(const struct operations_place *place)
{
	(void)place;
	ring_openat("absent", 0);
}

#define READS_OTHER .adds = { { PICKET_COUNTER_FILE_OPENS_READ, 1 } }, .add_count = 1, .event = PICKET_KIND_FILE_OPEN
#define READS READS_OTHER, .rule = "read"
static const struct operation operations[] = {
	{ "file/absolute_path", NULL, file_absolute, 100, READS, .text = "/secret" },
	{ "file/relative_path", in_directory, file_relative, 100, READS, .text = "/secret" },
	{ "file/dot_dot", in_directory, file_dot_dot, 10, READS, .text = "/secret" },
	{ "file/symlink", in_directory, file_symlink, 10, READS, .text = "/secret" },
	{ "file/hard_link", in_directory, file_hard_link, 10, READS, .text = "/hard" },
	{ "file/dirfd_and_name", in_directory, file_descriptor_base, 10, READS, .text = "/secret" },
	{ "file/legacy_open", NULL, file_legacy_open, 10, READS, .text = "/secret" },
	{ "file/openat2", NULL, file_openat2, 10, READS, .text = "/secret" },
	{ "file/proc_self_root", NULL, file_proc_root, 10, READS, .text = "/secret" },
	{ "file/proc_self_cwd", in_directory, file_proc_cwd, 10, READS, .text = "/secret" },
	{ "file/o_path_and_reopen", with_path_descriptor, file_reopen, 10, READS, .text = "/secret" },
	{ "file/path_only", NULL, file_path_only, 10, .adds = { { PICKET_COUNTER_FILE_OPENS_PATH, 1 } }, .add_count = 1,
	  .event = PICKET_KIND_FILE_OPEN, .text = "/secret", .rule = "path_only" },
	{ "file/open_by_handle_at", with_handle, file_by_handle, 10,
	  .adds = { { PICKET_COUNTER_FILE_OPENS_READ, 1 }, { PICKET_COUNTER_PRIVILEGED_OPERATIONS_FILE_HANDLE, 1 } },
	  .add_count = 2, .event = PICKET_KIND_FILE_OPEN, .text = "/plain", .rule = "read_plain" },
	{ "file/bind_mount", with_bind_mount, file_bind_mount, 10, READS, .text = "/sub/secret" },
	{ "file/chroot", with_chroot, file_chroot, 10, READS, .text = "/secret" },
	{ "file/int80", with_low_memory, file_int80, 10, READS, .text = "/secret" },
	{ "file/untouched_page", with_untouched_page, file_untouched_page, 1, READS, .text = "/secret" },
	{ "file/renamed_directory", after_rename, file_plain, 10, READS_OTHER, .text = "/moved/plain",
	  .rule = "read_moved" },
	{ "file/read_write", NULL, file_read_write, 10, .adds = { { PICKET_COUNTER_FILE_OPENS_WRITE, 1 } },
	  .add_count = 1, .event = PICKET_KIND_FILE_OPEN, .text = "/secret", .rule = "read write" },
	{ "file/creat", without_made, file_create, 1, .adds = { { PICKET_COUNTER_FILE_OPENS_CREATE, 1 } },
	  .add_count = 1, .event = PICKET_KIND_FILE_OPEN, .text = "/made", .rule = "made" },
	{ "file/fails_with_enoent", in_directory, file_absent, 100,
	  .adds = { { PICKET_COUNTER_FILE_OPEN_FAILURES_ENOENT, 1 } }, .add_count = 1, .event = PICKET_KIND_FILE_OPEN,
	  .rule = "absent" },
	{ "file/io_uring", with_ring, file_ring, 10, READS, .text = "/secret" },
	{ "file/io_uring_async", with_ring, file_ring_async, 10, READS, .text = "/secret" },
	{ "file/io_uring_sqpoll", with_polling_ring, file_ring, 10, READS, .text = "/secret" },
	{ "file/io_uring_openat2", with_ring, file_ring_openat2, 10, READS, .text = "/secret" },
	{ "file/io_uring_own_descriptor", with_own_descriptors, file_ring_own, 10, READS, .text = "/secret" },
	{ "file/io_uring_fails_with_enoent", with_telling_ring, file_ring_absent, 10,
	  .adds = { { PICKET_COUNTER_FILE_OPEN_FAILURES_ENOENT, 1 } }, .add_count = 1, .event = PICKET_KIND_FILE_OPEN,
	  .text = "/absent", .rule = "absent" },
	{ "file/fails_with_eacces", as_nobody, file_absolute, 10,
	  .adds = { { PICKET_COUNTER_FILE_OPEN_FAILURES_EACCES, 1 }, { PICKET_COUNTER_SYSCALL_DENIALS_EACCES, 1 } },
	  .add_count = 2, .event = PICKET_KIND_FILE_OPEN, .rule = "refused" },
};
const struct operation_set file_operations = { operations, ARRAY_SIZE(operations) };
