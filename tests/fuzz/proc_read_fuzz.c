/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as a process's stat and cgroup files: a name may hold anything. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "respond/proc_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_file(int directory, const char *name, const uint8_t *data, size_t size)
{
	int fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[] = "/tmp/picket-proc-fuzz-XXXXXX";
	static int directory = -1;
	struct proc_stat stat;
	char *cgroup = NULL;

	if (directory < 0) {
		if (!mkdtemp(path))
			abort();
		directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	write_file(directory, "stat", data, size);
	write_file(directory, "cgroup", data, size);
	proc_read_stat(directory, &stat);
	if (proc_read_cgroup(directory, &cgroup) == 0) {
		if (!cgroup_path_is_within(cgroup, cgroup))
			abort();
		free(cgroup);
	}
	return 0;
}
