/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changes of files by a path that hides where it leads: through a symlink to a directory, on a plain and on a layered
 * file system. The event must name the place that the kernel found.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cleanup.h"
#include "operations.h"
#include "operations_ring.h"
#include "state/sensor_limits.h"

#define OP_FSETXATTR 41
#define OP_SETXATTR 42
#define OP_FTRUNCATE 55

static unsigned int running_kernel(void)
{
	struct utsname name;

	return uname(&name) == 0 ? sensor_limits_kernel(name.release) : 0;
}

/* Without hooks the kernel tells of the files that it changes since Linux 6.13. */
static bool is_resolved(const struct operations_place *place)
{
	return !place->tracepoints || running_kernel() >= 6013;
}

/* "real" with what is to be changed. */
static int fill(void)
{
	if (mkdir("real", 0755) || mkdir("real/folder", 0755) || mkdir("away", 0755))
		return -errno;
	operations_write("real", "victim", "text\n", 0644);
	return symlink("victim", "real/alias") ? -errno : 0;
}

static int with_way(const struct operations_place *place)
{
	int error;

	if (!is_resolved(place))
		return -EOPNOTSUPP;
	if (mount("none", place->directory, "tmpfs", 0, NULL) || chdir(place->directory))
		return -errno;
	error = fill();
	return error || !symlink("real", "way") ? error : -errno;
}

/* A container's root, and in it a bind mount of what rules know by another path. */
static int with_bound_root(const struct operations_place *place)
{
	int error = with_way(place);

	return error || (!mkdir("bound", 0755) && !mount("real", "bound", NULL, MS_BIND, NULL) && !chroot(".") &&
			 !chdir("/bound"))
		       ? error
		       : -errno;
}

/* The files lie in the lower layer, the way to them in the upper one. */
static int with_layers(const struct operations_place *place)
{
	int error;

	if (!is_resolved(place))
		return -EOPNOTSUPP;
	if (mount("none", place->directory, "tmpfs", 0, NULL) || chdir(place->directory) || mkdir("lower", 0755) ||
	    mkdir("upper", 0755) || mkdir("work", 0755) || mkdir("merged", 0755) || chdir("lower"))
		return -errno;
	error = fill();
	if (error)
		return error;
	if (chdir("..") || mount("none", "merged", "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work") ||
	    chdir("merged") || symlink("real", "way"))
		return -errno;
	return 0;
}

/* The same, and the files have been copied up. */
static int with_upper_layer(const struct operations_place *place)
{
	int error = with_layers(place);

	return error || (!chmod("real/victim", 0600) && !chmod("real/folder", 0700)) ? error : -errno;
}

#define OPERATION(name, call) \
	static void name(const struct operations_place *place) \
	{ \
		(void)place; \
		if (call) \
			perror(#name); \
	}

OPERATION(by_unlink, syscall(SYS_unlink, "way/victim"))
OPERATION(by_rmdir, syscall(SYS_rmdir, "way/folder"))
OPERATION(by_rename, syscall(SYS_rename, "way/victim", "away/new"))
OPERATION(by_rename_here, syscall(SYS_rename, "way/victim", "way/victi2"))
OPERATION(by_rename_folder, syscall(SYS_rename, "way/folder", "way/other"))
OPERATION(by_rename_over, syscall(SYS_rename, "real/alias", "way/victim"))
OPERATION(by_link, syscall(SYS_link, "way/victim", "away/new"))
OPERATION(by_link_into, syscall(SYS_link, "real/victim", "way/new"))
OPERATION(by_symlink, syscall(SYS_symlink, "/etc/shadow", "way/new"))
OPERATION(by_mkdir, syscall(SYS_mkdir, "way/new", 0755))
OPERATION(by_mknod, syscall(SYS_mknod, "way/new", S_IFIFO | 0600, 0))
OPERATION(by_chmod, syscall(SYS_chmod, "way/victim", 0600))
OPERATION(by_chmod_alias, syscall(SYS_chmod, "way/alias", 0600))
OPERATION(by_chown, syscall(SYS_chown, "way/victim", 0, 0))
OPERATION(by_truncate, syscall(SYS_truncate, "way/victim", 0))
OPERATION(by_setxattr, syscall(SYS_setxattr, "way/victim", "trusted.x", "v", 1, 0))
OPERATION(by_utimensat, syscall(SYS_utimensat, AT_FDCWD, "way/victim", NULL, 0))
OPERATION(bound_unlink, syscall(SYS_unlink, "victim"))
OPERATION(bound_rename, syscall(SYS_rename, "victim", "/bound/victi2"))
OPERATION(bound_chmod, syscall(SYS_chmod, "/bound/victim", 04755))
OPERATION(bound_symlink, syscall(SYS_symlink, "/etc/shadow", "new"))
OPERATION(by_path_of_root, syscall(SYS_unlink, "/proc/self/cwd/way/../real/./victim"))

/* Through io_uring, by the path as it was written. */
static int with_ring_of(const struct operations_place *place, unsigned int flags)
{
	if (mount("none", place->directory, "tmpfs", 0, NULL) || chdir(place->directory))
		return -errno;
	return fill() ? -errno : ring_open(flags);
}

static int with_ring(const struct operations_place *place)
{
	return with_ring_of(place, 0);
}

/* Making directories and links came with Linux 5.15, and not with what 5.10 took over. */
static int with_newer_ring(const struct operations_place *place)
{
	return running_kernel() < 5015 ? -EOPNOTSUPP : with_ring(place);
}

static int with_polling_ring(const struct operations_place *place)
{
	return with_ring_of(place, IORING_SETUP_SQPOLL);
}

static int ring_change(unsigned int opcode, const char *path, const char *second, unsigned int flags)
{
	struct io_uring_sqe entry = {
		.opcode = opcode, .fd = AT_FDCWD, .addr = (uintptr_t)path, .off = (uintptr_t)second, .flags = flags
	};

	if (opcode == IORING_OP_RENAMEAT || opcode == IORING_OP_LINKAT)
		entry.len = AT_FDCWD;
	return ring_do(&entry) < 0;
}

/* io_uring sets attributes since Linux 5.19, and sizes since 6.9. */
static int ring_set_attribute(unsigned int opcode)
{
	struct io_uring_sqe entry = {
		.opcode = opcode, .addr = (uintptr_t) "trusted.x", .off = (uintptr_t) "v", .len = 1
	};
	AUTO_CLOSE int fd = open("real/victim", O_RDWR | O_CLOEXEC);

	entry.fd = opcode == OP_FSETXATTR ? fd : AT_FDCWD;
	entry.addr3 = (uintptr_t) "real/victim";
	return ring_do(&entry);
}

static int ring_truncate(void)
{
	AUTO_CLOSE int fd = open("real/victim", O_RDWR | O_CLOEXEC);
	struct io_uring_sqe entry = { .opcode = OP_FTRUNCATE, .fd = fd };

	return ring_do(&entry);
}

static int with_attribute_ring(const struct operations_place *place)
{
	int error = running_kernel() < 5019 ? -EOPNOTSUPP : with_ring(place);

	return error ? error : (ring_set_attribute(OP_SETXATTR) < 0 ? -EOPNOTSUPP : 0);
}

static int with_size_ring(const struct operations_place *place)
{
	return running_kernel() < 6009 ? -EOPNOTSUPP : with_ring(place);
}

OPERATION(ring_set_by_path, ring_set_attribute(OP_SETXATTR))
OPERATION(ring_set_by_descriptor, ring_set_attribute(OP_FSETXATTR))
OPERATION(ring_truncate_file, ring_truncate())
OPERATION(ring_unlink, ring_change(IORING_OP_UNLINKAT, "real/victim", NULL, 0))
OPERATION(ring_unlink_async, ring_change(IORING_OP_UNLINKAT, "real/victim", NULL, IOSQE_ASYNC))
OPERATION(ring_rename, ring_change(IORING_OP_RENAMEAT, "real/victim", "away/new", 0))
OPERATION(ring_mkdir, ring_change(IORING_OP_MKDIRAT, "real/new", NULL, 0))
OPERATION(ring_link, ring_change(IORING_OP_LINKAT, "real/victim", "away/new", 0))
OPERATION(ring_symlink, ring_change(IORING_OP_SYMLINKAT, "/etc/shadow", "away/new", 0))

#define CHANGES(kind, name) \
	.adds = { { PICKET_COUNTER_FILE_MODIFICATIONS_##kind, 1 } }, .add_count = 1, .event = PICKET_KIND_FILE_MODIFY, \
	.text = name, .rule = "changed"
/* @prepare: on which file system. @link_source: what is known of the old name of a link. */
#define ON(file_system, prepare, link_source) \
	{ file_system "/unlink", prepare, by_unlink, 1, CHANGES(DELETE, "/real/victim") }, \
		{ file_system "/rmdir", prepare, by_rmdir, 1, CHANGES(DELETE, "/real/folder") }, \
		{ file_system "/rename", prepare, by_rename, 1, CHANGES(RENAME, "/away/new"), .source = "/real/victim" }, \
		{ file_system "/rename_here", prepare, by_rename_here, 1, CHANGES(RENAME, "/real/victi2"), \
		  .source = "/real/victim" }, \
		{ file_system "/rename_over", prepare, by_rename_over, 1, CHANGES(RENAME, "/real/victim"), \
		  .source = "/real/alias" }, \
		{ file_system "/link", prepare, by_link, 1, CHANGES(LINK, "/away/new"), .source = link_source }, \
		{ file_system "/link_into", prepare, by_link_into, 1, CHANGES(LINK, "/real/new"), \
		  .source = "/real/victim" }, \
		{ file_system "/symlink", prepare, by_symlink, 1, CHANGES(SYMLINK, "/real/new") }, \
		{ file_system "/mkdir", prepare, by_mkdir, 1, CHANGES(MKDIR, "/real/new") }, \
		{ file_system "/mknod", prepare, by_mknod, 1, CHANGES(MKNOD, "/real/new") }, \
		{ file_system "/chmod", prepare, by_chmod, 1, CHANGES(MODE, "/real/victim") }, \
		{ file_system "/chmod_of_a_symlink", prepare, by_chmod_alias, 1, CHANGES(MODE, "/real/victim") }, \
		{ file_system "/chown", prepare, by_chown, 1, CHANGES(OWNER, "/real/victim") }, \
		{ file_system "/truncate", prepare, by_truncate, 1, CHANGES(TRUNCATE, "/real/victim") }, \
		{ file_system "/setxattr", prepare, by_setxattr, 1, CHANGES(XATTR, "/real/victim") }, \
		{ file_system "/utimensat", prepare, by_utimensat, 1, CHANGES(TIMES, "/real/victim") }, \
	{ \
		file_system "/proc_self_cwd", prepare, by_path_of_root, 1, CHANGES(DELETE, "/real/victim") \
	}

static const struct operation operations[] = {
	ON("resolved", with_way, "/real/victim"),
	{ "resolved/rename_folder", with_way, by_rename_folder, 1, CHANGES(RENAME, "/real/other"),
	  .source = "/real/folder" },
	{ "resolved/bind_mount_unlink", with_bound_root, bound_unlink, 1, CHANGES(DELETE, "/real/victim") },
	{ "resolved/bind_mount_rename", with_bound_root, bound_rename, 1, CHANGES(RENAME, "/real/victi2"),
	  .source = "/real/victim" },
	{ "resolved/bind_mount_chmod", with_bound_root, bound_chmod, 1, CHANGES(MODE, "/real/victim") },
	{ "resolved/bind_mount_symlink", with_bound_root, bound_symlink, 1, CHANGES(SYMLINK, "/real/new") },
	{ "modification_ring/unlink", with_ring, ring_unlink, 1, CHANGES(DELETE, "/real/victim") },
	{ "modification_ring/unlink_async", with_ring, ring_unlink_async, 1, CHANGES(DELETE, "/real/victim") },
	{ "modification_ring/unlink_polling", with_polling_ring, ring_unlink, 1, CHANGES(DELETE, "/real/victim") },
	{ "modification_ring/rename", with_ring, ring_rename, 1, CHANGES(RENAME, "/away/new"),
	  .source = "/real/victim" },
	{ "modification_ring/setxattr", with_attribute_ring, ring_set_by_path, 1,
	  .adds = { { PICKET_COUNTER_FILE_MODIFICATIONS_XATTR, 1 }, { PICKET_COUNTER_FILE_OPENS_WRITE, 1 } },
	  .add_count = 2, .event = PICKET_KIND_FILE_MODIFY, .text = "/real/victim", .rule = "changed" },
	{ "modification_ring/fsetxattr", with_attribute_ring, ring_set_by_descriptor, 1,
	  .adds = { { PICKET_COUNTER_FILE_MODIFICATIONS_XATTR, 1 }, { PICKET_COUNTER_FILE_OPENS_WRITE, 1 } },
	  .add_count = 2, .event = PICKET_KIND_FILE_MODIFY, .text = "/real/victim", .rule = "changed" },
	{ "modification_ring/ftruncate", with_size_ring, ring_truncate_file, 1,
	  .adds = { { PICKET_COUNTER_FILE_MODIFICATIONS_TRUNCATE, 1 }, { PICKET_COUNTER_FILE_OPENS_WRITE, 1 } },
	  .add_count = 2, .event = PICKET_KIND_FILE_MODIFY, .text = "/real/victim", .rule = "changed" },
	{ "modification_ring/mkdir", with_newer_ring, ring_mkdir, 1, CHANGES(MKDIR, "/real/new") },
	{ "modification_ring/link", with_newer_ring, ring_link, 1, CHANGES(LINK, "/away/new"),
	  .source = "/real/victim" },
	{ "modification_ring/symlink", with_newer_ring, ring_symlink, 1, CHANGES(SYMLINK, "/away/new"),
	  .source = "/etc/shadow" },
	ON("resolved_lower", with_layers, "/victim"),
	ON("resolved_upper", with_upper_layer, "/victim"),
};
const struct operation_set resolved_operations = { operations, ARRAY_SIZE(operations) };
