/* SPDX-License-Identifier: GPL-2.0-only */
#include "isolation_process.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "catalogue.h"
#include "cleanup.h"
#include "proc_text.h"

#define TEXT_MAX (1 << 20) /* more of a file is not read */

static const struct {
	const char *library, *engine;
} engines[] = {
	{ "/libwasmedge.so", "wasmedge" },
	{ "/libwasmtime.so", "wasmtime" },
	{ "/libwasmer.so", "wasmer" },
	{ "/libiwasm.so", "wamr" },
};

struct isolation isolation_of_maps(const char *text)
{
	struct isolation found = ISOLATION_UNKNOWN;

	for (size_t i = 0; i < ARRAY_SIZE(engines); i++) {
		if (!strstr(text, engines[i].library))
			continue;
		found.class = ISOLATION_WASM;
		found.evidence = EVIDENCE_MAPS;
		found.engine = engines[i].engine;
		return found;
	}
	return found;
}

/* Objects that QEMU is asked for, "-object sev-snp-guest,id=...". */
static const struct {
	const char *object, *tee;
} guests[] = {
	{ "sev-snp-guest", "sev-snp" },
	{ "sev-guest", "sev" },
	{ "tdx-guest", "tdx" },
	{ "s390-pv-guest", "secure-execution" },
};

/* "sev-guest,id=1" and {"qom-type":"sev-guest"} name it. */
static bool names_object(const char *argument, const char *object)
{
	size_t size = strlen(object);
	const char *at = strstr(argument, object);

	if (!at || (at != argument && at[-1] != '"' && at[-1] != '='))
		return false;
	return at[size] == '\0' || at[size] == ',' || at[size] == '"';
}

struct isolation isolation_of_arguments(const char *arguments, size_t size)
{
	struct isolation found = ISOLATION_UNKNOWN;

	for (const char *at = arguments; at < arguments + size; at += strlen(at) + 1) {
		for (size_t i = 0; i < ARRAY_SIZE(guests); i++)
			if (names_object(at, guests[i].object))
				found.tee = guests[i].tee;
		if (found.tee || strstr(at, "confidential-guest-support="))
			found.class = ISOLATION_CONFIDENTIAL;
	}
	if (found.class == ISOLATION_CONFIDENTIAL)
		found.evidence = EVIDENCE_CMDLINE;
	return found;
}

enum program { PROGRAM_OTHER, PROGRAM_HOSTS, PROGRAM_NAMELESS };

/* @link: what /proc/<pid>/exe leads to, as text. */
static enum program program_of(const char *exe, const char *root_path, const char *link)
{
	struct stat own, hosts;
	char path[PATH_MAX];

	if (strcmp(link, "/") == 0 || strncmp(link, "/memfd:", 7) == 0)
		return PROGRAM_NAMELESS;
	if (snprintf(path, sizeof(path), "%s%s", root_path ? root_path : "", link) >= (int)sizeof(path))
		return PROGRAM_OTHER;
	if (stat(exe, &own) || stat(path, &hosts) || own.st_dev != hosts.st_dev || own.st_ino != hosts.st_ino)
		return PROGRAM_OTHER;
	return PROGRAM_HOSTS;
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* wasmCloud's shell is a host of modules only when it is told to be one. */
static bool is_wash_host(const char *process)
{
	static const char *const commands[] = { "host", "up" };
	char path[PATH_MAX];
	AUTO_FREE char *arguments = NULL;
	size_t size = 0, first;

	snprintf(path, sizeof(path), "%s/cmdline", process);
	arguments = proc_text_read(path, TEXT_MAX, &size);
	first = arguments ? strlen(arguments) + 1 : 0;
	for (size_t i = 0; first < size && i < ARRAY_SIZE(commands); i++)
		if (strcmp(arguments + first, commands[i]) == 0)
			return true;
	return false;
}

static struct isolation isolation_of_hosts(const char *process, const char *link)
{
	struct isolation found = isolation_of_runtime(link, EVIDENCE_EXE);
	char path[PATH_MAX];
	size_t size;

	if (strcmp(name_of(link), "wash") == 0 && is_wash_host(process))
		found = isolation_of_runtime("wasmcloud", EVIDENCE_EXE);
	if (found.class == ISOLATION_MICROVM) {
		AUTO_FREE char *arguments = NULL;

		snprintf(path, sizeof(path), "%s/cmdline", process);
		arguments = proc_text_read(path, TEXT_MAX, &size);
		if (arguments)
			isolation_raise(&found, isolation_of_arguments(arguments, size));
	}
	return found;
}

/* Programs of the host that run modules themselves, besides those whose name says so. */
static bool may_hold_engine(const char *link)
{
	static const char *const names[] = { "crun", "youki", "crun-wasm" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name_of(link), names[i]) == 0)
			return true;
	return false;
}

/* Programs that belong to a virtual machine and whose names do not say so. */
static bool serves_machine(const char *path)
{
	static const char *const names[] = { "virtiofsd", "jailer", "dragonball", "crun" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name_of(path), names[i]) == 0)
			return true;
	return false;
}

static bool runs_machine(enum container_isolation class)
{
	return class == ISOLATION_MICROVM || class == ISOLATION_CONFIDENTIAL;
}

/* Whether workloads of @isolation are run by a program of this name. */
static bool has_runtime_name(const struct isolation *isolation, const char *path)
{
	struct isolation named = isolation_of_runtime(path, EVIDENCE_EXE);

	if (runs_machine(isolation->class))
		return runs_machine(named.class) || serves_machine(path);
	return named.class == isolation->class ||
	       (isolation->engine && strcmp(isolation->engine, "wasmcloud") == 0 && strcmp(name_of(path), "wash") == 0);
}

/* As the kernel has them; some file systems tell other device numbers to who asks for a file's status. */
static bool is_same_file(const struct stat *status, const struct picket_event *event)
{
	return status->st_ino == event->exec.inode && major(status->st_dev) == event->exec.device >> 20 &&
	       minor(status->st_dev) == (event->exec.device & 0xfffff);
}

bool isolation_is_runtime_program(const char *procfs_path, const char *root_path, const struct isolation *isolation,
				  const struct picket_event *event)
{
	const char *program = event_text(event, PICKET_TEXT_EXECUTABLE);
	char path[PATH_MAX], exe[PATH_MAX];
	struct stat hosts, own;

	if (isolation->class < ISOLATION_GVISOR || program[0] != '/' || !has_runtime_name(isolation, program))
		return false;
	if (snprintf(path, sizeof(path), "%s%s", root_path ? root_path : "", program) >= (int)sizeof(path) ||
	    lstat(path, &hosts) || !S_ISREG(hosts.st_mode))
		return false;
	if (is_same_file(&hosts, event))
		return true;
	snprintf(exe, sizeof(exe), "%s/%u/exe", procfs_path, event->pid);
	return stat(exe, &own) == 0 && own.st_dev == hosts.st_dev && own.st_ino == hosts.st_ino;
}

struct isolation isolation_of_process(const char *procfs_path, const char *root_path, uint32_t pid)
{
	struct isolation found = ISOLATION_UNKNOWN;
	char process[PATH_MAX - 16], path[PATH_MAX], link[PATH_MAX];
	AUTO_FREE char *maps = NULL;
	enum program program;
	ssize_t link_size;
	size_t size;

	if (snprintf(process, sizeof(process), "%s/%u", procfs_path, pid) >= (int)sizeof(process))
		return found;
	snprintf(path, sizeof(path), "%s/exe", process);
	link_size = readlink(path, link, sizeof(link) - 1);
	if (link_size <= 0)
		return found;
	link[link_size] = '\0';
	program = program_of(path, root_path, link);
	if (program == PROGRAM_HOSTS && !may_hold_engine(link))
		return isolation_of_hosts(process, link);
	if (program == PROGRAM_OTHER)
		return found;
	snprintf(path, sizeof(path), "%s/maps", process);
	maps = proc_text_read(path, TEXT_MAX, &size);
	return maps ? isolation_of_maps(maps) : found;
}

struct isolation isolation_of_monitor_arguments(const char *arguments, size_t size)
{
	static const char *const names[] = { "-r", "--runtime" };

	for (const char *at = arguments; at < arguments + size; at += strlen(at) + 1) {
		const char *value = at + strlen(at) + 1;

		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (strcmp(at, names[i]) == 0 && value < arguments + size && *value)
				return isolation_of_runtime(value, EVIDENCE_CMDLINE);
		if (strncmp(at, "--runtime=", 10) == 0)
			return isolation_of_runtime(at + 10, EVIDENCE_CMDLINE);
	}
	return ISOLATION_UNKNOWN;
}

/* Field 4 of stat, behind the name in parentheses, which may hold any. 0: unknown. */
static uint32_t parent_of(const char *procfs_path, uint32_t pid)
{
	AUTO_FREE char *text = NULL;
	char path[PATH_MAX];
	const char *name_end;
	unsigned int parent = 0;
	size_t size;

	snprintf(path, sizeof(path), "%s/%u/stat", procfs_path, pid);
	text = proc_text_read(path, TEXT_MAX, &size);
	name_end = text ? strrchr(text, ')') : NULL;
	return name_end && sscanf(name_end, ") %*c %u", &parent) == 1 ? parent : 0;
}

struct isolation isolation_of_monitor(const char *procfs_path, const char *root_path, uint32_t pid)
{
	uint32_t parent = parent_of(procfs_path, pid);
	AUTO_FREE char *arguments = NULL;
	char path[PATH_MAX], link[PATH_MAX];
	ssize_t link_size;
	size_t size;

	snprintf(path, sizeof(path), "%s/%u/exe", procfs_path, parent);
	link_size = parent ? readlink(path, link, sizeof(link) - 1) : -1;
	if (link_size <= 0)
		return ISOLATION_UNKNOWN;
	link[link_size] = '\0';
	if (strcmp(name_of(link), "conmon") != 0 || program_of(path, root_path, link) != PROGRAM_HOSTS)
		return ISOLATION_UNKNOWN;
	snprintf(path, sizeof(path), "%s/%u/cmdline", procfs_path, parent);
	arguments = proc_text_read(path, TEXT_MAX, &size);
	return arguments ? isolation_of_monitor_arguments(arguments, size) : ISOLATION_UNKNOWN;
}
