/* SPDX-License-Identifier: GPL-2.0-only */
#include "runtime_json.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "cleanup.h"
#include "runtime_files.h"

int runtime_file_open(int root_fd, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));

	/* before Linux 5.6, and where a seccomp filter does not know it */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = openat(root_fd, path, (int)how.flags);
	return fd < 0 ? -errno : (int)fd;
}

/* Up to @size bytes; fewer when the file is cut meanwhile. */
static int read_all(int fd, char *text, size_t size, size_t *ret_size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t got = read(fd, text + used, size - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		used += (size_t)got;
	}
	*ret_size = used;
	return 0;
}

int runtime_file_read(int root_fd, const char *path, char **ret_text, size_t *ret_size)
{
	AUTO_CLOSE int fd = runtime_file_open(root_fd, path, 0);
	AUTO_FREE char *text = NULL;
	struct stat status;
	size_t used = 0;
	int error;

	if (fd < 0)
		return fd == -ENOTDIR ? -ENOENT : fd;
	if (fstat(fd, &status))
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EBADMSG;
	if (status.st_size > RUNTIME_FILES_MAX_BYTES)
		return -EFBIG;
	text = malloc((size_t)status.st_size + 1);
	if (!text)
		return -ENOMEM;
	error = read_all(fd, text, (size_t)status.st_size, &used);
	if (error)
		return error;
	text[used] = '\0';
	*ret_text = text;
	*ret_size = used;
	text = NULL;
	return 0;
}

/*
 * Whoever makes an image chooses its labels. Jansson refuses a NUL in a key,
 * and a refused file would hide the container's name.
 */
static void replace_escaped_nul(char *text, size_t size)
{
	for (size_t i = 0; i + 1 < size; i++) {
		if (text[i] != '\\')
			continue;
		if (i + 6 <= size && memcmp(text + i, "\\u0000", 6) == 0)
			memcpy(text + i, "\\ufffd", 6);
		i++; /* what follows a backslash is not one that escapes */
	}
}

int runtime_json_parse(char *text, size_t size, json_t **ret_json)
{
	json_error_t error;
	json_t *json;

	replace_escaped_nul(text, size);
	json = json_loadb(text, size, 0, &error);
	if (!json)
		return json_error_code(&error) == json_error_out_of_memory ? -ENOMEM : -EBADMSG;
	*ret_json = json;
	return 0;
}

int runtime_json_load(int root_fd, const char *path, json_t **ret_json)
{
	AUTO_FREE char *text = NULL;
	size_t size;
	int error = runtime_file_read(root_fd, path, &text, &size);

	return error ? error : runtime_json_parse(text, size, ret_json);
}

int runtime_json_loadf(int root_fd, json_t **ret_json, const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	if (size < 0 || size >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return runtime_json_load(root_fd, path, ret_json);
}

const char *runtime_json_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}
