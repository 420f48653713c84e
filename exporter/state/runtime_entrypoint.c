/* SPDX-License-Identifier: GPL-2.0-only */
/* What kind of program a container starts, told by the file's first bytes. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "isolation.h"
#include "runtime_json.h"
#include "runtime_sources.h"

#define HEAD_BYTES 4

/* Only where the answer can change something: a file is opened for it in the container's own file system. */
static bool is_worth_it(const struct reading *reading, const char *program)
{
	const char *dot = strrchr(program, '.');

	return reading->names->isolation.class == ISOLATION_WASM || (dot && strcmp(dot, ".wasm") == 0);
}

/* The container's root directory, in which its symbolic links stay. Return: descriptor, -errno. */
static int open_root(int root_fd, const char *bundle, const json_t *config)
{
	const char *root = runtime_json_text(json_object_get(config, "root"), "path");
	char path[PATH_MAX];
	int size;

	if (!*root)
		return -ENOENT;
	size = *root == '/' ? snprintf(path, sizeof(path), "%s", root + 1)
			    : snprintf(path, sizeof(path), "%s/%s", bundle, root);
	if (size >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return runtime_file_open(root_fd, path, O_DIRECTORY);
}

static int open_program(int container_fd, const char *directory, const char *program)
{
	char path[PATH_MAX];
	int size = *program == '/' ? snprintf(path, sizeof(path), "%s", program + 1)
				   : snprintf(path, sizeof(path), "./%s/%s", directory, program);

	return size >= (int)sizeof(path) ? -ENAMETOOLONG : runtime_file_open(container_fd, path, 0);
}

void reading_take_entrypoint(struct reading *reading, int root_fd, const char *bundle, const json_t *config)
{
	const json_t *process = json_object_get(config, "process");
	const char *program = json_string_value(json_array_get(json_object_get(process, "args"), 0));
	AUTO_CLOSE int container_fd = -1, program_fd = -1;
	unsigned char head[HEAD_BYTES];
	struct stat status;
	ssize_t size;

	if (!program || !is_worth_it(reading, program))
		return;
	container_fd = open_root(root_fd, bundle, config);
	if (container_fd >= 0)
		program_fd = open_program(container_fd, runtime_json_text(process, "cwd"), program);
	if (program_fd < 0 || fstat(program_fd, &status) || !S_ISREG(status.st_mode))
		return;
	size = pread(program_fd, head, sizeof(head), 0);
	if (size > 0)
		isolation_raise(&reading->names->isolation, isolation_of_entrypoint(head, (size_t)size));
}
