/* SPDX-License-Identifier: GPL-2.0-only */
#include "module_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "proc_text.h"

#define DEPTH_MAX 12	  /* folders of a registry's, a repository's and a tag's names */
#define ENTRIES_MAX 20000 /* looked at in all */
#define ENVIRONMENT_MAX (1 << 17)
#define STORE "/.oci/modules"
#define MODULE_NAME "module.wasm"

struct search {
	struct module_list *list;
	unsigned int entries;
	int error;
};

static bool has_suffix(const char *text, size_t size, const char *suffix)
{
	size_t suffix_size = strlen(suffix);

	return size > suffix_size && memcmp(text + size - suffix_size, suffix, suffix_size) == 0;
}

static bool is_module(const char *path, size_t size)
{
	static const char *const suffixes[] = { ".wasm", ".cwasm", ".wat" };

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (has_suffix(path, size, suffixes[i]))
			return true;
	return false;
}

/* ".../.oci/modules/registry/repository/tag/module.wasm" is "registry/repository:tag". */
static char *name_of(const char *path, size_t size)
{
	const char *store = memmem(path, size, STORE "/", strlen(STORE "/"));
	char *name, *slash;

	if (!store || !has_suffix(path, size, "/" MODULE_NAME))
		return strndup(path, size);
	size -= (size_t)(store - path) + strlen(STORE "/");
	path = store + strlen(STORE "/");
	if (size <= strlen("/" MODULE_NAME))
		return strdup(MODULE_NAME);
	name = strndup(path, size - strlen("/" MODULE_NAME));
	slash = name ? strrchr(name, '/') : NULL;
	if (slash)
		*slash = ':';
	return name;
}

/* In order, each once. */
static void add(struct search *search, const char *path, size_t size)
{
	struct module_list *list = search->list;
	char *name = name_of(path, size);
	size_t at = 0;

	if (!name) {
		search->error = -ENOMEM;
		return;
	}
	while (at < list->name_count && strcmp(list->names[at], name) < 0)
		at++;
	if (at < list->name_count && strcmp(list->names[at], name) == 0) {
		free(name);
		return;
	}
	if (list->count < MODULE_COUNT_MAX)
		list->count++;
	if (list->name_count == MODULE_NAMES_MAX) {
		free(name);
		return;
	}
	memmove(list->names + at + 1, list->names + at, (list->name_count - at) * sizeof(*list->names));
	list->names[at] = name;
	list->name_count++;
}

const char *module_of_map(const char *line)
{
	size_t size = strcspn(line, "\n");
	const char *path = memchr(line, '/', size);

	return path && is_module(path, size - (size_t)(path - line)) ? path : NULL;
}

static void search_maps(struct search *search, const char *process)
{
	AUTO_FREE char *line = NULL;
	AUTO_FCLOSE FILE *file = NULL;
	char path[PATH_MAX];
	size_t room = 0;

	snprintf(path, sizeof(path), "%s/maps", process);
	file = fopen(path, "re");
	while (file && !search->error && search->entries++ < ENTRIES_MAX && getline(&line, &room, file) > 0) {
		const char *module = module_of_map(line);

		if (module)
			add(search, module, strcspn(module, "\n"));
	}
}

static void search_descriptors(struct search *search, const char *process)
{
	AUTO_CLOSEDIR DIR *directory = NULL;
	const struct dirent *entry;
	char path[PATH_MAX], link[PATH_MAX];

	snprintf(path, sizeof(path), "%s/fd", process);
	directory = opendir(path);
	while (directory && !search->error && search->entries++ < ENTRIES_MAX && (entry = readdir(directory))) {
		ssize_t size = readlinkat(dirfd(directory), entry->d_name, link, sizeof(link));

		if (size > 0 && link[0] == '/' && is_module(link, (size_t)size))
			add(search, link, (size_t)size);
	}
}

/* @path: of @directory_fd within the store, its end is written over. Takes the descriptor. */
static void search_store(struct search *search, int directory_fd, char path[PATH_MAX], unsigned int depth)
{
	AUTO_CLOSEDIR DIR *directory = fdopendir(directory_fd);
	size_t size = strlen(path);
	const struct dirent *entry;

	if (!directory) {
		close(directory_fd);
		return;
	}
	while (!search->error && search->entries++ < ENTRIES_MAX && (entry = readdir(directory))) {
		int fd;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    size + strlen(entry->d_name) + 2 > PATH_MAX)
			continue;
		sprintf(path + size, "/%s", entry->d_name);
		fd = openat(dirfd(directory), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && strcmp(entry->d_name, MODULE_NAME) == 0)
			add(search, path, strlen(path));
		else if (fd >= 0 && depth < DEPTH_MAX)
			search_store(search, fd, path, depth + 1);
		else if (fd >= 0)
			close(fd);
		path[size] = '\0';
	}
}

/* The value of NAME in the environment that the process was started with; "" when it has none. */
static const char *variable(const char *environment, size_t size, const char *name)
{
	size_t name_size = strlen(name);

	for (const char *at = environment; at < environment + size; at += strlen(at) + 1)
		if (strncmp(at, name, name_size) == 0 && at[name_size] == '=')
			return at + name_size + 1;
	return "";
}

/* Below the process' own root, whatever links it has there. */
static int open_store(const char *process, const char *store)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	AUTO_CLOSE int root_fd = -1;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/root", process);
	root_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root_fd < 0 ? -1 : (int)syscall(SYS_openat2, root_fd, store, &how, sizeof(how));
}

static void search_files(struct search *search, const char *process)
{
	AUTO_FREE char *environment = NULL;
	char path[PATH_MAX];
	const char *data;
	size_t size = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/environ", process);
	environment = proc_text_read(path, ENVIRONMENT_MAX, &size);
	if (!environment)
		return;
	data = variable(environment, size, "KRUSTLET_DATA_DIR");
	if (snprintf(path, sizeof(path), "%s%s" STORE, *data ? data : variable(environment, size, "HOME"),
		     *data ? "" : "/.krustlet") >= (int)sizeof(path))
		return;
	fd = open_store(process, path);
	if (fd >= 0)
		search_store(search, fd, path, 0);
}

int module_files_list(const char *procfs_path, uint32_t pid, struct module_list *ret_list)
{
	struct module_list list = { .count = 0 };
	struct search search = { .list = &list };
	char process[PATH_MAX - 32];

	if (snprintf(process, sizeof(process), "%s/%u", procfs_path, pid) >= (int)sizeof(process))
		return -ENAMETOOLONG;
	if (access(process, F_OK))
		return -ESRCH;
	search_files(&search, process);
	search.entries = 0;
	search_maps(&search, process);
	search_descriptors(&search, process);
	if (search.error) {
		module_list_free(&list);
		return search.error;
	}
	*ret_list = list;
	return 0;
}

void module_list_free(struct module_list *list)
{
	for (size_t i = 0; i < list->name_count; i++)
		free(list->names[i]);
	*list = (struct module_list){ .count = 0 };
}
