/* SPDX-License-Identifier: GPL-2.0-only */
/* Every way to change a file other than by writing into it. All of it happens on a file system of its own, which goes
 * with the process. Raw system calls, so that the libraries cannot choose another one. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cleanup.h"
#include "operations.h"

#define TIMES 10

/* State that prepare() leaves for run(). */
static int directory_fd = -1, file_fd = -1;
static unsigned int next_name;

static const char *numbered(const char *stem)
{
	static char name[32];

	snprintf(name, sizeof(name), "%s%u", stem, next_name++);
	return name;
}

/* "file", and ten files and ten directories to remove. */
static int with_files(const struct operations_place *place)
{
	const char *path = place->directory;

	if (mount("none", path, "tmpfs", 0, NULL) || chdir(path))
		return -errno;
	operations_write(path, "file", "text\n", 0644);
	for (int i = 0; i < TIMES; i++) {
		operations_write(path, numbered("old"), "text\n", 0644);
		next_name--;
		if (mkdir(numbered("folder"), 0755))
			return -errno;
	}
	next_name = 0;
	directory_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	file_fd = open("file", O_RDWR | O_CLOEXEC);
	return 0;
}

static int with_files_as_nobody(const struct operations_place *place)
{
	int error = with_files(place);

	return error || !setresuid(65534, 65534, 65534) ? error : -errno;
}

#define OPERATION(name, call) \
	static void name(const struct operations_place *place) \
	{ \
		(void)place; \
		call; \
	}

OPERATION(by_unlink, syscall(SYS_unlink, numbered("old")))
OPERATION(by_unlinkat, syscall(SYS_unlinkat, directory_fd, numbered("old"), 0))
OPERATION(by_unlinkat_directory, syscall(SYS_unlinkat, directory_fd, numbered("folder"), AT_REMOVEDIR))
OPERATION(by_rmdir, syscall(SYS_rmdir, numbered("folder")))
OPERATION(by_rename, syscall(SYS_rename, numbered("old"), "new"))
OPERATION(by_renameat, syscall(SYS_renameat, AT_FDCWD, numbered("old"), directory_fd, "new"))
OPERATION(by_renameat2, syscall(SYS_renameat2, AT_FDCWD, numbered("old"), directory_fd, "new", 0))
OPERATION(by_link, syscall(SYS_link, "file", numbered("hard")))
OPERATION(by_linkat, syscall(SYS_linkat, AT_FDCWD, "file", directory_fd, numbered("hard"), 0))
OPERATION(by_symlink, syscall(SYS_symlink, "/etc/shadow", numbered("soft")))
OPERATION(by_symlinkat, syscall(SYS_symlinkat, "/etc/shadow", directory_fd, numbered("soft")))
OPERATION(by_mkdir, syscall(SYS_mkdir, numbered("made"), 0755))
OPERATION(by_mkdirat, syscall(SYS_mkdirat, directory_fd, numbered("made"), 0755))
OPERATION(by_mknod, syscall(SYS_mknod, numbered("pipe"), S_IFIFO | 0600, 0))
OPERATION(by_mknodat, syscall(SYS_mknodat, directory_fd, numbered("pipe"), S_IFIFO | 0600, 0))
OPERATION(by_chmod, syscall(SYS_chmod, "file", 0600))
OPERATION(by_fchmod, syscall(SYS_fchmod, file_fd, 04755))
OPERATION(by_fchmodat, syscall(SYS_fchmodat, directory_fd, "./file", 0600))
OPERATION(by_chown, syscall(SYS_chown, "file", 0, 0))
OPERATION(by_lchown, syscall(SYS_lchown, "file", 0, 0))
OPERATION(by_fchown, syscall(SYS_fchown, file_fd, 0, 0))
OPERATION(by_fchownat, syscall(SYS_fchownat, directory_fd, "file", 0, 0, 0))
OPERATION(by_truncate, syscall(SYS_truncate, "file", 0))
OPERATION(by_ftruncate, syscall(SYS_ftruncate, file_fd, 0))
OPERATION(by_setxattr, syscall(SYS_setxattr, "file", "trusted.x", "v", 1, 0))
OPERATION(by_fsetxattr, syscall(SYS_fsetxattr, file_fd, "trusted.x", "v", 1, 0))
OPERATION(by_utimensat, syscall(SYS_utimensat, directory_fd, "file", NULL, 0))
OPERATION(by_chmod_absent, syscall(SYS_chmod, "absent", 0600))

#define CHANGES(kind) \
	.adds = { { PICKET_COUNTER_FILE_MODIFICATIONS_##kind, 1 } }, .add_count = 1, .event = PICKET_KIND_FILE_MODIFY
static const struct operation operations[] = {
	{ "modification/unlink", with_files, by_unlink, TIMES, CHANGES(DELETE) },
	{ "modification/unlinkat", with_files, by_unlinkat, TIMES, CHANGES(DELETE) },
	{ "modification/unlinkat_directory", with_files, by_unlinkat_directory, TIMES, CHANGES(DELETE) },
	{ "modification/rmdir", with_files, by_rmdir, TIMES, CHANGES(DELETE) },
	{ "modification/rename", with_files, by_rename, TIMES, CHANGES(RENAME), .text = "/new" },
	{ "modification/renameat", with_files, by_renameat, TIMES, CHANGES(RENAME), .text = "/new" },
	{ "modification/renameat2", with_files, by_renameat2, TIMES, CHANGES(RENAME), .text = "/new" },
	{ "modification/link", with_files, by_link, TIMES, CHANGES(LINK) },
	{ "modification/linkat", with_files, by_linkat, TIMES, CHANGES(LINK) },
	{ "modification/symlink", with_files, by_symlink, TIMES, CHANGES(SYMLINK) },
	{ "modification/symlinkat", with_files, by_symlinkat, TIMES, CHANGES(SYMLINK) },
	{ "modification/mkdir", with_files, by_mkdir, TIMES, CHANGES(MKDIR) },
	{ "modification/mkdirat", with_files, by_mkdirat, TIMES, CHANGES(MKDIR) },
	{ "modification/mknod", with_files, by_mknod, TIMES, CHANGES(MKNOD) },
	{ "modification/mknodat", with_files, by_mknodat, TIMES, CHANGES(MKNOD) },
	{ "modification/chmod", with_files, by_chmod, TIMES, CHANGES(MODE), .text = "/file" },
	{ "modification/fchmod", with_files, by_fchmod, TIMES, CHANGES(MODE), .text = "/file" },
	{ "modification/fchmodat", with_files, by_fchmodat, TIMES, CHANGES(MODE), .text = "/file" },
	{ "modification/chown", with_files, by_chown, TIMES, CHANGES(OWNER), .text = "/file" },
	{ "modification/lchown", with_files, by_lchown, TIMES, CHANGES(OWNER), .text = "/file" },
	{ "modification/fchown", with_files, by_fchown, TIMES, CHANGES(OWNER), .text = "/file" },
	{ "modification/fchownat", with_files, by_fchownat, TIMES, CHANGES(OWNER), .text = "/file" },
	{ "modification/truncate", with_files, by_truncate, TIMES, CHANGES(TRUNCATE), .text = "/file" },
	{ "modification/ftruncate", with_files, by_ftruncate, TIMES, CHANGES(TRUNCATE), .text = "/file" },
	{ "modification/setxattr", with_files, by_setxattr, TIMES, CHANGES(XATTR), .text = "/file" },
	{ "modification/fsetxattr", with_files, by_fsetxattr, TIMES, CHANGES(XATTR), .text = "/file" },
	{ "modification/utimensat", with_files, by_utimensat, TIMES, CHANGES(TIMES), .text = "/file" },
	{ "modification/refused", with_files_as_nobody, by_chmod, TIMES,
	  .adds = { { PICKET_COUNTER_SYSCALL_DENIALS_EPERM, 1 } }, .add_count = 1, .event = PICKET_KIND_FILE_MODIFY,
	  .text = "/file" },
	{ "modification/absent", with_files, by_chmod_absent, TIMES, .event = -1 },
};
const struct operation_set modification_operations = { operations, ARRAY_SIZE(operations) };
