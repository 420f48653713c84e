/* SPDX-License-Identifier: GPL-2.0-only */
/* The ways to open one file for reading that a rule must not be evaded by. Part of ops.c. */
#ifndef OPS_OPEN_H
#define OPS_OPEN_H

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_absolute(const char *path)
{
	return open(path, O_RDONLY);
}

static int open_relative(const char *path)
{
	char copy[256], *slash;

	snprintf(copy, sizeof(copy), "%s", path);
	slash = strrchr(copy, '/');
	*slash = '\0';
	return chdir(*copy ? copy : "/") ? -1 : open(slash + 1, O_RDONLY);
}

static int open_symlink(const char *path)
{
	return symlink(path, "/tmp/symlink") ? -1 : open("/tmp/symlink", O_RDONLY);
}

static int open_hardlink(const char *path)
{
	return link(path, "/tmp/hardlink") ? -1 : open("/tmp/hardlink", O_RDONLY);
}

static int open_openat2(const char *path)
{
	struct open_how how = { .flags = O_RDONLY };

	return syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

static int open_proc_root(const char *path)
{
	char through[300];

	snprintf(through, sizeof(through), "/proc/self/root%s", path);
	return open(through, O_RDONLY);
}

/* The directory's name goes to @buffer. Return: that of the file in it. */
static const char *split(const char *path, char buffer[256])
{
	char *slash;

	snprintf(buffer, 256, "%s", path);
	slash = strrchr(buffer, '/');
	*slash = '\0';
	return slash + 1;
}

static int open_dot_dot(const char *path)
{
	char through[300];

	snprintf(through, sizeof(through), "/tmp/../out/.././/%s", path);
	return open(through, O_RDONLY);
}

static int open_descriptor(const char *path)
{
	char directory[256];
	const char *name = split(path, directory);

	return openat(open(directory, O_PATH | O_DIRECTORY), name, O_RDONLY);
}

static int open_proc_cwd(const char *path)
{
	char directory[256], through[300];
	const char *name = split(path, directory);

	snprintf(through, sizeof(through), "/proc/self/cwd/%s", name);
	return chdir(directory) ? -1 : open(through, O_RDONLY);
}

static int open_chroot(const char *path)
{
	char directory[256], short_path[256];

	snprintf(short_path, sizeof(short_path), "/%s", split(path, directory));
	return chroot(directory) ? -1 : open(short_path, O_RDONLY);
}

/* A descriptor that cannot read, opened anew by its number. */
static int open_again(const char *path)
{
	char through[64];

	snprintf(through, sizeof(through), "/proc/%d/fd/%d", getpid(), open(path, O_PATH));
	return open(through, O_RDONLY);
}

/* A page of the path that the process has not touched: it comes from a file when the kernel asks for it. */
static int open_untouched(const char *path)
{
	int fd = open("/tmp/path", O_RDWR | O_CREAT, 0600);
	char *page;

	if (fd < 0 || write(fd, path, strlen(path) + 1) < 0)
		return -1;
	page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	return page == MAP_FAILED ? -1 : open(page, O_RDONLY);
}

/* The open of 32-bit programs; its path must lie below 4 GiB. */
static int open_int80(const char *path)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long result = 5;

	strcpy(low, path);
	__asm__ volatile("int $0x80"
			 : "+a"(result)
			 : "b"(low), "c"(O_RDONLY), "d"(0)
			 : "memory", "r8", "r9", "r10", "r11");
	return result < 0 ? -1 : (int)result;
}

static const struct {
	const char *name;
	int (*open)(const char *path);
} methods[] = {
	{ "absolute", open_absolute }, { "relative", open_relative },	  { "symlink", open_symlink },
	{ "hardlink", open_hardlink }, { "openat2", open_openat2 },	  { "proc-root", open_proc_root },
	{ "dot-dot", open_dot_dot },   { "descriptor", open_descriptor }, { "proc-cwd", open_proc_cwd },
	{ "chroot", open_chroot },     { "again", open_again },		  { "untouched", open_untouched },
	{ "int80", open_int80 },
};

#endif
