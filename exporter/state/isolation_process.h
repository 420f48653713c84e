/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a workload's own process proves of its isolation: engines for
 * WebAssembly run within the runtime's program and never start another one;
 * sandboxes are programs of the host.
 *
 * A workload can name its programs and libraries as it likes. Only programs of
 * the host, at the very path by which they are known, and programs without any
 * name (runtimes run copies of themselves) are believed.
 */
#ifndef ISOLATION_PROCESS_H
#define ISOLATION_PROCESS_H

#include <stddef.h>
#include <stdint.h>

#include "isolation.h"
#include "picket/event.h"

/**
 * isolation_of_process() - look at its program, arguments and libraries.
 * @procfs_path: where @pid is one. @root_path: below which the host's files are; NULL: "/".
 * Nothing is found of a process that is gone.
 */
struct isolation isolation_of_process(const char *procfs_path, const char *root_path, uint32_t pid);

/**
 * isolation_is_runtime_program() - whether the program that @event tells of is the host's own for workloads of this
 * @isolation: known by its name, and the very file that the host has at its path. Names alone prove nothing.
 */
bool isolation_is_runtime_program(const char *procfs_path, const char *root_path, const struct isolation *isolation,
				  const struct picket_event *event);

/**
 * isolation_of_monitor() - of the runtime that conmon, the parent of a container's first process, was told to use
 * (-r /usr/bin/crun-wasm): neither Podman nor CRI-O writes it down where others can read it.
 * Nothing is found when the parent is not the host's own conmon.
 */
struct isolation isolation_of_monitor(const char *procfs_path, const char *root_path, uint32_t pid);

/** isolation_of_monitor_arguments() - of its arguments. */
struct isolation isolation_of_monitor_arguments(const char *arguments, size_t size);

/** isolation_of_maps() - of the text of /proc/<pid>/maps: the engine whose library it has. */
struct isolation isolation_of_maps(const char *text);

/** isolation_of_arguments() - of a virtual machine monitor: whether the guest is a confidential one. */
struct isolation isolation_of_arguments(const char *arguments, size_t size);

#endif
