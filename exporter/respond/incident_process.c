/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/incident_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cleanup.h"
#include "respond/proc_read.h"
#include "respond/proc_text.h"
#include "state/host_process.h"
#include "state/posture.h"

#define STATUS_MAX_BYTES 16384
#define DELETED " (deleted)"
#define MOUNTS_MAX 256

static const char *const capability_sets[PROC_CAPABILITIES_COUNT] = {
	[PROC_CAPABILITIES_INHERITABLE] = "inheritable", [PROC_CAPABILITIES_PERMITTED] = "permitted",
	[PROC_CAPABILITIES_EFFECTIVE] = "effective",	 [PROC_CAPABILITIES_BOUNDING] = "bounding",
	[PROC_CAPABILITIES_AMBIENT] = "ambient",
};

static const char *const namespaces[] = { "cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts" };

/* NUL-terminated. Return: size; 0: nothing. */
static size_t read_file(int folder, const char *name, char *buffer, size_t size)
{
	AUTO_CLOSE int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t got;

	while (fd >= 0 && used + 1 < size && (got = read(fd, buffer + used, size - 1 - used)) > 0)
		used += got;
	buffer[used] = '\0';
	return used;
}

static bool read_link(int folder, const char *name, char buffer[PATH_MAX])
{
	ssize_t size = readlinkat(folder, name, buffer, PATH_MAX - 1);

	if (size < 0)
		return false;
	buffer[size] = '\0';
	return true;
}

static json_t *identities(const uint32_t numbers[4])
{
	return json_pack("{s:I, s:I, s:I, s:I}", "real", (json_int_t)numbers[0], "effective", (json_int_t)numbers[1],
			 "saved", (json_int_t)numbers[2], "file_system", (json_int_t)numbers[3]);
}

static json_t *capability_list(uint64_t set)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < 64; i++) {
		const char *name = posture_capability_name(i);
		char number[16];

		if (!(set & 1ULL << i))
			continue;
		snprintf(number, sizeof(number), "%u", i);
		json_array_append_new(list, json_string(name ? name : number));
	}
	return list;
}

static void add_capabilities(json_t *process, const struct proc_status *status)
{
	json_t *sets = json_object();

	for (int i = 0; i < PROC_CAPABILITIES_COUNT; i++)
		json_object_set_new(sets, capability_sets[i], capability_list(status->capabilities[i]));
	json_object_set_new(process, "capabilities", sets);
}

static void add_groups(json_t *process, const struct proc_status *status)
{
	json_t *groups = json_array();

	for (size_t i = 0; i < status->group_count; i++)
		json_array_append_new(groups, json_integer(status->groups[i]));
	json_object_set_new(process, "groups", groups);
}

static void add_status(json_t *process, const struct proc_status *status, struct incident_bounds *bounds)
{
	static const char *const seccomp[] = { "disabled", "strict", "filter" };
	const char state[] = { status->state, '\0' };

	incident_set_text(bounds, process, "name", status->name, PROC_TEXT_NAME_SIZE);
	json_object_set_new(process, "state", json_string(state));
	json_object_set_new(process, "parent_pid", json_integer(status->parent_pid));
	json_object_set_new(process, "pid_in_namespace", json_integer(status->namespace_pid));
	json_object_set_new(process, "tracer_pid", json_integer(status->tracer_pid));
	json_object_set_new(process, "threads", json_integer(status->threads));
	json_object_set_new(process, "resident_kib", json_integer((json_int_t)status->resident_kib));
	json_object_set_new(process, "user", identities(status->uids));
	json_object_set_new(process, "group", identities(status->gids));
	json_object_set_new(process, "no_new_privileges", json_boolean(status->no_new_privileges));
	json_object_set_new(process, "seccomp",
			    json_string(status->seccomp < ARRAY_SIZE(seccomp) ? seccomp[status->seccomp] : "unknown"));
	add_groups(process, status);
	add_capabilities(process, status);
}

/* When it was started: from the clock that runs since boot. */
static void add_start(json_t *process, const struct proc_stat *stat)
{
	struct timespec now, boot;
	char text[32];
	struct tm parts;
	time_t start;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	start = now.tv_sec - boot.tv_sec + (time_t)(stat->start_ticks / sysconf(_SC_CLK_TCK));
	if (gmtime_r(&start, &parts) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts))
		json_object_set_new(process, "start_time", json_string(text));
}

/* "mnt:[4026531841]", and whether the host's own is the same. */
static void add_namespaces(json_t *process, const char *procfs_path, int process_fd)
{
	const char *host_process = host_process_find(procfs_path);
	json_t *object = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		char name[32], path[PATH_MAX], own[PATH_MAX], host[PATH_MAX];

		snprintf(name, sizeof(name), "ns/%s", namespaces[i]);
		if (!read_link(process_fd, name, own))
			continue;
		snprintf(path, sizeof(path), "%s/%s/%s", procfs_path, host_process ? host_process : "1", name);
		json_object_set_new(object, namespaces[i],
				    json_pack("{s:s, s:b}", "id", own, "host",
					      read_link(AT_FDCWD, path, host) && strcmp(own, host) == 0));
	}
	json_object_set_new(process, "namespaces", object);
}

static void add_places(json_t *process, int process_fd, struct incident_bounds *bounds)
{
	static const struct {
		const char *link, *key;
	} places[] = { { "cwd", "working_directory" }, { "root", "root" } };
	AUTO_FREE char *cgroup = NULL;
	char target[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (read_link(process_fd, places[i].link, target))
			incident_set_text(bounds, process, places[i].key, target, INCIDENT_PATH_MAX);
	if (!proc_read_cgroup(process_fd, &cgroup))
		incident_set_text(bounds, process, "cgroup", cgroup, INCIDENT_PATH_MAX);
}

static void add_executable(json_t *process, int process_fd, struct incident_bounds *bounds)
{
	json_t *executable;
	char target[PATH_MAX];
	size_t size;
	bool deleted;

	if (!read_link(process_fd, "exe", target))
		return;
	size = strlen(target);
	deleted = size > sizeof(DELETED) - 1 && strcmp(target + size - (sizeof(DELETED) - 1), DELETED) == 0;
	if (deleted)
		target[size - (sizeof(DELETED) - 1)] = '\0';
	executable = json_object();
	incident_set_text(bounds, executable, "path", target, INCIDENT_PATH_MAX);
	json_object_set_new(executable, "deleted", json_boolean(deleted));
	json_object_set_new(process, "executable", executable);
}

static const char *access_of(int process_fd, const char *descriptor)
{
	static const char *const names[] = { "read", "write", "read_write", "unknown" };
	char name[NAME_MAX + 16], text[1024];
	const char *flags;

	snprintf(name, sizeof(name), "fdinfo/%s", descriptor);
	read_file(process_fd, name, text, sizeof(text));
	flags = strstr(text, "flags:");
	return flags ? names[strtoul(flags + 6, NULL, 8) & O_ACCMODE] : "unknown";
}

static void add_descriptor(json_t *files, json_t *found, int process_fd, const char *name,
			   const struct incident_sockets *sockets, struct incident_bounds *bounds)
{
	char link[NAME_MAX + 8], target[PATH_MAX];
	json_t *entry = NULL;
	uint64_t inode;

	snprintf(link, sizeof(link), "fd/%s", name);
	if (!read_link(process_fd, link, target))
		return;
	if (sscanf(target, "socket:[%" SCNu64 "]", &inode) == 1)
		entry = incident_sockets_find(sockets, bounds, inode);
	if (entry) {
		json_object_set_new(entry, "descriptor", json_integer(strtol(name, NULL, 10)));
		json_array_append_new(found, entry);
		return;
	}
	entry = json_pack("{s:i, s:s}", "descriptor", (int)strtol(name, NULL, 10), "access",
			  access_of(process_fd, name));
	incident_set_text(bounds, entry, "target", target, INCIDENT_PATH_MAX);
	json_array_append_new(files, entry);
}

static void add_files(json_t *process, int process_fd, const struct incident_sockets *sockets,
		      struct incident_bounds *bounds)
{
	json_t *files = json_array(), *found = json_array();
	int fd = openat(process_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSEDIR DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (fd >= 0 && !directory)
		close(fd);
	while (directory && !incident_bounds_over(bounds) && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		if (json_array_size(files) + json_array_size(found) == INCIDENT_FILES_MAX) {
			incident_left_out(bounds, "more than %d open files of one process", INCIDENT_FILES_MAX);
			break;
		}
		add_descriptor(files, found, process_fd, entry->d_name, sockets, bounds);
	}
	json_object_set_new(process, "files", files);
	json_object_set_new(process, "sockets", found);
}

json_t *incident_process(const char *procfs_path, int process_fd, uint32_t pid, struct incident_sockets *sockets,
			 struct incident_bounds *bounds)
{
	char text[STATUS_MAX_BYTES], network[PATH_MAX];
	struct proc_status status;
	struct proc_stat stat;
	json_t *process;

	read_file(process_fd, "status", text, sizeof(text));
	if (proc_text_status(text, &status) || proc_read_stat(process_fd, &stat))
		return NULL;
	process = json_pack("{s:I}", "pid", (json_int_t)pid);
	if (!process)
		return NULL;
	add_status(process, &status, bounds);
	add_start(process, &stat);
	add_namespaces(process, procfs_path, process_fd);
	add_places(process, process_fd, bounds);
	add_executable(process, process_fd, bounds);
	if (read_link(process_fd, "ns/net", network))
		incident_sockets_read(sockets, bounds, process_fd, network);
	add_files(process, process_fd, sockets, bounds);
	return process;
}

static json_t *mount_json(const struct proc_mount *mount, struct incident_bounds *bounds)
{
	json_t *object = json_object();

	incident_set_text(bounds, object, "point", mount->point, INCIDENT_PATH_MAX);
	incident_set_text(bounds, object, "type", mount->type, PROC_TEXT_NAME_SIZE);
	incident_set_text(bounds, object, "source", mount->source, INCIDENT_PATH_MAX);
	incident_set_text(bounds, object, "root", mount->root, INCIDENT_PATH_MAX);
	incident_set_text(bounds, object, "options", mount->options, sizeof(mount->options));
	return object;
}

json_t *incident_mounts(int process_fd, struct incident_bounds *bounds)
{
	int fd = openat(process_fd, "mountinfo", O_RDONLY | O_CLOEXEC);
	AUTO_FCLOSE FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	AUTO_FREE char *line = NULL;
	json_t *mounts;
	size_t room = 0;

	if (!file) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	mounts = json_array();
	while (!incident_bounds_over(bounds) && getline(&line, &room, file) > 0) {
		struct proc_mount mount;

		line[strcspn(line, "\n")] = '\0';
		if (json_array_size(mounts) == MOUNTS_MAX) {
			incident_left_out(bounds, "more than %d mounts of one namespace", MOUNTS_MAX);
			break;
		}
		if (!proc_text_mount(line, &mount))
			json_array_append_new(mounts, mount_json(&mount, bounds));
	}
	return mounts;
}
