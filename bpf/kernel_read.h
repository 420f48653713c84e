/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reading the kernel's structures: by a helper's call for each pointer on the
 * way, some 35 ns each, or by plain loads where the kernel allows that. A bad
 * address reads as 0 either way. There are three kinds of objects:
 *
 * - with KERNEL_CAST: for kernels with bpf_rdonly_cast() (since Linux 6.2), where anything may be read by loads.
 *   What a cast gives is a pointer to the verifier: it may be compared with NULL, kept in map memory and read
 *   through, not calculated with;
 * - with TYPED_TASK: the task that runs now, and what it leads to, is read by loads (since Linux 5.11). Each such read
 *   costs the verifier a search through all types of the kernel, so only programs that run often ask for it;
 * - neither: by helpers.
 */
#ifndef KERNEL_READ_H
#define KERNEL_READ_H

#include "picket/casts.h"

enum bpf_func_id___task { BPF_FUNC_get_current_task_btf___task };

#ifdef KERNEL_CAST
extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym;

/* Set by the loader: known to the verifier. */
const volatile struct picket_cast_types cast_types SEC(".rodata.picket_casts") = {};

#define CAST_ID(type) struct type * : cast_types.type##_id, const struct type * : cast_types.type##_id,
#define kernel_cast(pointer) \
	((typeof(pointer))bpf_rdonly_cast((pointer), _Generic((pointer), PICKET_CAST_TYPES(CAST_ID) void * : 0)))
#define KERNEL_READ(pointer, ...) ___arrow(pointer, __VA_ARGS__)
#else
#define kernel_cast(pointer) (pointer)
#define KERNEL_READ(pointer, ...) BPF_CORE_READ(pointer, __VA_ARGS__)
#endif

/* Whether what task_current() leads to can be read by loads. */
static __always_inline bool task_is_typed(void)
{
#if defined(KERNEL_CAST)
	return true;
#elif defined(TYPED_TASK)
	return bpf_core_enum_value_exists(enum bpf_func_id___task, BPF_FUNC_get_current_task_btf___task);
#else
	return false;
#endif
}

static __always_inline struct task_struct *task_current(void)
{
#ifdef KERNEL_CAST
	return kernel_cast((struct task_struct *)bpf_get_current_task());
#endif
	if (task_is_typed())
		return bpf_get_current_task_btf();
	return (struct task_struct *)bpf_get_current_task();
}

/* TASK_READ(task, field, ...): of task_current(). */
#define TASK_READ(task, ...) \
	({ \
		typeof(___arrow(task, __VA_ARGS__)) ___value; \
		if (task_is_typed()) \
			___value = ___arrow(task, __VA_ARGS__); \
		else \
			___value = BPF_CORE_READ(task, __VA_ARGS__); \
		___value; \
	})

#endif
