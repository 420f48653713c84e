/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts the plain walk in place of the handler of opens in a picket that runs, until that ends: walk_bench PID
 * For bench.py, which measures both. Its maps are those of the process.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "picket/syscalls.h"
#include "walk.skel.h"

/* The id of the map behind one descriptor of another process; 0: it is no map. */
static unsigned int map_id(const char *pid, const char *descriptor)
{
	unsigned int id = 0;
	char path[600], line[128];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, descriptor);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "map_id: %u", &id) == 1)
			break;
	if (file)
		fclose(file);
	return id;
}

/* A map of the process by its name (cut at 15 bytes); -1: none. */
static int map_of(const char *pid, const char *name)
{
	char path[300];
	struct dirent *entry;
	DIR *directory;
	int found = -1;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo", pid);
	directory = opendir(path);
	while (found < 0 && directory && (entry = readdir(directory))) {
		unsigned int id = map_id(pid, entry->d_name);
		struct bpf_map_info info = {};
		unsigned int size = sizeof(info);
		int fd = id ? bpf_map_get_fd_by_id(id) : -1;

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &size) && strncmp(info.name, name, BPF_OBJ_NAME_LEN - 1) == 0)
			found = fd;
		else
			close(fd);
	}
	if (directory)
		closedir(directory);
	return found;
}

int main(int argc, char **argv)
{
	struct walk *walk = argc == 2 ? walk__open() : NULL;
	unsigned int handler = PICKET_HANDLER_OPEN;
	struct bpf_map *map;
	int program, handlers;

	if (!walk)
		return 2;
	bpf_object__for_each_map(map, walk->obj)
	{
		int fd = bpf_map__is_internal(map) ? -1 : map_of(argv[1], bpf_map__name(map));

		if (fd >= 0 && bpf_map__reuse_fd(map, fd))
			return 1;
	}
	handlers = map_of(argv[1], "handlers");
	if (walk__load(walk) || handlers < 0)
		return 1;
	program = bpf_program__fd(walk->progs.plain_open);
	if (bpf_map_update_elem(handlers, &handler, &program, BPF_ANY)) {
		perror("walk_bench: handlers");
		return 1;
	}
	return 0;
}
