/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Devices, and proofs of trusted execution environments, counted as they are opened. */
#ifndef DEVICE_OPEN_H
#define DEVICE_OPEN_H

#include "device.h"

#define S_IFBLK 0060000
#define S_IFREG 0100000
#define MEMORY_MAJOR 1	     /* null, zero, random, mem, kmsg, ... */
#define TERMINAL_MAJOR 4     /* consoles and serial lines */
#define TERMINAL_OWN_MAJOR 5 /* tty, console, ptmx */
#define PTY_MAJOR_FIRST 128
#define PTY_MAJOR_LAST 143
#define CONFIGFS_MAGIC 0x62656570

/* Set by the loader: 1 when this machine offers proofs through configfs. */
const volatile __u32 watch_tsm SEC(".rodata.picket_tsm") = 0;

static __always_inline __u32 memory_device(__u32 minor)
{
	switch (minor) {
	case 1: /* mem */
	case 2: /* kmem */
	case 4: /* port */
		return PICKET_DEVICE_MEMORY;
	case 11:
		return PICKET_DEVICE_KMSG;
	}
	return PICKET_DEVICE_COUNT;
}

/* Kind of the device node @node (kernel encoding); PICKET_DEVICE_COUNT: one that everybody uses. */
static __always_inline __u32 device_kind(__u32 mode, __u32 node)
{
	__u32 major = node >> 20, *named;

	named = bpf_map_lookup_elem(&devices, &node);
	if (named)
		return *named - 1;
	if ((mode & S_IFMT) == S_IFBLK)
		return PICKET_DEVICE_BLOCK;
	if (major == MEMORY_MAJOR)
		return memory_device(node & 0xfffff);
	if (major == TERMINAL_MAJOR || major == TERMINAL_OWN_MAJOR ||
	    (major >= PTY_MAJOR_FIRST && major <= PTY_MAJOR_LAST))
		return PICKET_DEVICE_COUNT;
	return PICKET_DEVICE_OTHER;
}

static __always_inline bool is_tsm_proof(struct dentry *dentry)
{
	char name[8] = {};

	if (BPF_CORE_READ(dentry, d_inode, i_sb, s_magic) != CONFIGFS_MAGIC)
		return false;
	bpf_probe_read_kernel(name, sizeof(name), BPF_CORE_READ(dentry, d_name.name));
	return *(__u64 *)name == 0x00626f6c6274756fULL; /* "outblob" */
}

/*
 * Count the open of a device, or of a proof of a trusted execution environment, on @slot. @address: of its dentry. Global:
 * see path_step().
 * Return: enum picket_device + 1; 0 for other files, and for devices that everybody uses.
 */
__noinline int device_count_open(__u64 address, __u32 slot)
{
	struct dentry *dentry = (struct dentry *)address;
	struct subject subject = { .counters = bpf_map_lookup_elem(&counters, &slot) };
	struct inode *inode = BPF_CORE_READ(dentry, d_inode);
	__u32 mode = BPF_CORE_READ(inode, i_mode), kind;

	if ((mode & S_IFMT) == S_IFCHR || (mode & S_IFMT) == S_IFBLK) {
		kind = device_kind(mode, BPF_CORE_READ(inode, i_rdev));
		if (kind >= PICKET_DEVICE_COUNT)
			return 0;
		subject_count(&subject, PICKET_COUNTER_DEVICE_OPENS_BLOCK + kind);
		return kind + 1;
	}
	if (watch_tsm && (mode & S_IFMT) == S_IFREG && is_tsm_proof(dentry))
		subject_count(&subject, PICKET_COUNTER_TEE_ATTESTATIONS_TSM);
	return 0;
}

#endif
