/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * WebAssembly modules of a process that runs them for a whole node, as far as they leave a trace: kept as files where
 * Krustlet keeps what it fetched, mapped, or open.
 * Source: $HOME/.krustlet/.oci/modules/<registry>/<repository>/<tag>/module.wasm of Krustlet's file store.
 */
#ifndef MODULE_FILES_H
#define MODULE_FILES_H

#include <stddef.h>
#include <stdint.h>

#define MODULE_NAMES_MAX 128 /* kept; more are counted only */
#define MODULE_COUNT_MAX 10000

struct module_list {
	char *names[MODULE_NAMES_MAX]; /* sorted; "registry/repository:tag", or a path */
	size_t name_count;
	unsigned int count; /* all that were found, names kept or not */
};

/**
 * module_files_list() - of process @pid.
 * The files are looked for below the process' own root, never through symbolic links out of it, and in bounds.
 * Return: 0; -ESRCH: it is gone; -ENOMEM.
 */
int module_files_list(const char *procfs_path, uint32_t pid, struct module_list *ret_list);
void module_list_free(struct module_list *list);

/** module_of_map() - the module's path in one line of maps; NULL: none. Points into @line, its end is the line's. */
const char *module_of_map(const char *line);

#endif
