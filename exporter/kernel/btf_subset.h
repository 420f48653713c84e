/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of the kernel's type information that a BPF object asks for.
 *
 * libbpf would read all of it, more than 100,000 types, for each object, and go through all of it for each type of the
 * object: a quarter of the time that picket takes to start.
 */
#ifndef BTF_SUBSET_H
#define BTF_SUBSET_H

#include <bpf/btf.h>

/**
 * btf_subset_new() - types of @kernel that are named as types of @object, and what these consist of.
 * Enough for the places, sizes and presence of members, of types and of values of enumerations. It is not for type ids,
 * which are others here, nor for what pointers point to: that is void.
 * Return: 0 and an object for btf__free(), -errno.
 */
int btf_subset_new(const struct btf *kernel, const struct btf *object, struct btf **ret_subset);

/** btf_subset_write() - the same into a file. Return: 0, -errno. */
int btf_subset_write(const struct btf *kernel, const struct btf *object, int fd);

#endif
