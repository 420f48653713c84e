/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * System calls that are looked at when they end, once each.
 *
 * SYSCALL(name, handler, operation, directory, path, source directory, source
 * path, value): the last five are argument numbers counted from 0, NA where
 * there is none. Calls that only one ABI has are in _NATIVE and _COMPAT.
 */
#ifndef PICKET_SYSCALLS_H
#define PICKET_SYSCALLS_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#include "operations.h"

#ifndef __VMLINUX_H__
/* Newer than the headers of the systems that picket is built on; the same number in both ABIs. */
#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif
#endif

#define PICKET_NO_ARGUMENT 7

/* clang-format off: a table */
#define PICKET_SYSCALLS(SYSCALL, NA) \
	/*      name               handler      operation        dir path src-dir src value */ \
	SYSCALL(open, OPEN, 0, NA, 0, NA, NA, NA) \
	SYSCALL(creat, OPEN, 0, NA, 0, NA, NA, NA) \
	SYSCALL(openat, OPEN, 0, 0, 1, NA, NA, NA) \
	SYSCALL(openat2, OPEN, 0, 0, 1, NA, NA, NA) \
	SYSCALL(open_by_handle_at, OPEN_HANDLE, OP(FILE_HANDLE), 0, NA, NA, NA, 2) \
	SYSCALL(name_to_handle_at, PRIVILEGED, OP(FILE_HANDLE), 0, 1, NA, NA, 4) \
	SYSCALL(connect, CONNECT, 0, 0, NA, NA, NA, NA) \
	SYSCALL(accept4, ACCEPT, 0, 0, NA, NA, NA, NA) \
	SYSCALL(socket, SOCKET, 0, NA, NA, NA, NA, NA) \
	SYSCALL(dup2, DUPLICATE, 0, 0, NA, NA, NA, 1) \
	SYSCALL(dup3, DUPLICATE, 0, 0, NA, NA, NA, 1) \
	SYSCALL(dup, DUPLICATE, 0, 0, NA, NA, NA, NA) \
	SYSCALL(fcntl, DUPLICATE, 0, 0, NA, NA, NA, NA) \
	SYSCALL(ioctl, IOCTL, 0, 0, NA, NA, NA, 1) \
	SYSCALL(unlink, MODIFY, MOD(DELETE), NA, 0, NA, NA, NA) \
	SYSCALL(unlinkat, MODIFY, MOD(DELETE), 0, 1, NA, NA, NA) \
	SYSCALL(rmdir, MODIFY, MOD(DELETE), NA, 0, NA, NA, NA) \
	SYSCALL(rename, MODIFY, MOD(RENAME), NA, 1, NA, 0, NA) \
	SYSCALL(renameat, MODIFY, MOD(RENAME), 2, 3, 0, 1, NA) \
	SYSCALL(renameat2, MODIFY, MOD(RENAME), 2, 3, 0, 1, NA) \
	SYSCALL(link, MODIFY, MOD(LINK), NA, 1, NA, 0, NA) \
	SYSCALL(linkat, MODIFY, MOD(LINK), 2, 3, 0, 1, NA) \
	SYSCALL(symlink, MODIFY, MOD(SYMLINK), NA, 1, NA, 0, NA) \
	SYSCALL(symlinkat, MODIFY, MOD(SYMLINK), 1, 2, NA, 0, NA) \
	SYSCALL(mkdir, MODIFY, MOD(MKDIR), NA, 0, NA, NA, 1) \
	SYSCALL(mkdirat, MODIFY, MOD(MKDIR), 0, 1, NA, NA, 2) \
	SYSCALL(mknod, MODIFY, MOD(MKNOD), NA, 0, NA, NA, 1) \
	SYSCALL(mknodat, MODIFY, MOD(MKNOD), 0, 1, NA, NA, 2) \
	SYSCALL(chmod, MODIFY, MOD(MODE), NA, 0, NA, NA, 1) \
	SYSCALL(fchmod, MODIFY, MOD(MODE), 0, NA, NA, NA, 1) \
	SYSCALL(fchmodat, MODIFY, MOD(MODE), 0, 1, NA, NA, 2) \
	SYSCALL(fchmodat2, MODIFY, MOD(MODE), 0, 1, NA, NA, 2) \
	SYSCALL(chown, MODIFY, MOD(OWNER), NA, 0, NA, NA, 1) \
	SYSCALL(lchown, MODIFY, MOD(OWNER), NA, 0, NA, NA, 1) \
	SYSCALL(fchown, MODIFY, MOD(OWNER), 0, NA, NA, NA, 1) \
	SYSCALL(fchownat, MODIFY, MOD(OWNER), 0, 1, NA, NA, 2) \
	SYSCALL(truncate, MODIFY, MOD(TRUNCATE), NA, 0, NA, NA, NA) \
	SYSCALL(ftruncate, MODIFY, MOD(TRUNCATE), 0, NA, NA, NA, NA) \
	SYSCALL(setxattr, MODIFY, MOD(XATTR), NA, 0, NA, 1, NA) \
	SYSCALL(lsetxattr, MODIFY, MOD(XATTR), NA, 0, NA, 1, NA) \
	SYSCALL(fsetxattr, MODIFY, MOD(XATTR), 0, NA, NA, 1, NA) \
	SYSCALL(removexattr, MODIFY, MOD(XATTR), NA, 0, NA, 1, NA) \
	SYSCALL(lremovexattr, MODIFY, MOD(XATTR), NA, 0, NA, 1, NA) \
	SYSCALL(fremovexattr, MODIFY, MOD(XATTR), 0, NA, NA, 1, NA) \
	SYSCALL(utime, MODIFY, MOD(TIMES), NA, 0, NA, NA, NA) \
	SYSCALL(utimes, MODIFY, MOD(TIMES), NA, 0, NA, NA, NA) \
	SYSCALL(futimesat, MODIFY, MOD(TIMES), 0, 1, NA, NA, NA) \
	SYSCALL(utimensat, MODIFY, MOD(TIMES), 0, 1, NA, NA, NA) \
	SYSCALL(mount, PRIVILEGED, OP(MOUNT), NA, 1, NA, 0, 3) \
	SYSCALL(umount2, PRIVILEGED, OP(MOUNT), NA, 0, NA, NA, 1) \
	SYSCALL(fsopen, PRIVILEGED, OP(MOUNT), NA, NA, NA, 0, 1) \
	SYSCALL(fsmount, PRIVILEGED, OP(MOUNT), 0, NA, NA, NA, 2) \
	SYSCALL(move_mount, PRIVILEGED, OP(MOUNT), 2, 3, 0, 1, 4) \
	SYSCALL(open_tree, PRIVILEGED, OP(MOUNT), 0, 1, NA, NA, 2) \
	SYSCALL(mount_setattr, PRIVILEGED, OP(MOUNT), 0, 1, NA, NA, 2) \
	SYSCALL(pivot_root, PRIVILEGED, OP(PIVOT_ROOT), NA, 0, NA, 1, NA) \
	SYSCALL(chroot, PRIVILEGED, OP(CHROOT), NA, 0, NA, NA, NA) \
	SYSCALL(setns, PRIVILEGED, OP(SETNS), 0, NA, NA, NA, 1) \
	SYSCALL(unshare, PRIVILEGED, OP(UNSHARE), NA, NA, NA, NA, 0) \
	SYSCALL(clone, CLONE, OP(CLONE_NAMESPACE), NA, NA, NA, NA, 0) \
	SYSCALL(clone3, CLONE, OP(CLONE_NAMESPACE), NA, NA, NA, NA, 0) \
	SYSCALL(ptrace, PTRACE, OP(PTRACE), NA, NA, NA, NA, 0) \
	SYSCALL(process_vm_readv, PRIVILEGED, OP(PROCESS_MEMORY), NA, NA, NA, NA, 0) \
	SYSCALL(process_vm_writev, PRIVILEGED, OP(PROCESS_MEMORY), NA, NA, NA, NA, 0) \
	SYSCALL(init_module, PRIVILEGED, OP(MODULE), NA, NA, NA, NA, NA) \
	SYSCALL(finit_module, PRIVILEGED, OP(MODULE), 0, NA, NA, NA, NA) \
	SYSCALL(delete_module, PRIVILEGED, OP(MODULE), NA, NA, NA, 0, NA) \
	SYSCALL(bpf, PRIVILEGED, OP(BPF), NA, NA, NA, NA, 0) \
	SYSCALL(perf_event_open, PRIVILEGED, OP(PERF_EVENT), NA, NA, NA, NA, 1) \
	SYSCALL(kexec_load, PRIVILEGED, OP(KEXEC), NA, NA, NA, NA, NA) \
	SYSCALL(add_key, PRIVILEGED, OP(KEYRING), NA, NA, NA, 0, NA) \
	SYSCALL(request_key, PRIVILEGED, OP(KEYRING), NA, NA, NA, 0, NA) \
	SYSCALL(keyctl, PRIVILEGED, OP(KEYRING), NA, NA, NA, NA, 0) \
	SYSCALL(userfaultfd, PRIVILEGED, OP(USERFAULTFD), NA, NA, NA, NA, 0) \
	SYSCALL(memfd_create, PRIVILEGED, OP(MEMFD), NA, NA, NA, 0, 1) \
	SYSCALL(io_uring_setup, PRIVILEGED, OP(IO_URING), NA, NA, NA, NA, 0) \
	SYSCALL(iopl, PRIVILEGED, OP(PORT_IO), NA, NA, NA, NA, 0) \
	SYSCALL(ioperm, PRIVILEGED, OP(PORT_IO), NA, NA, NA, NA, 0) \
	SYSCALL(settimeofday, PRIVILEGED, OP(CLOCK), NA, NA, NA, NA, NA) \
	SYSCALL(clock_settime, PRIVILEGED, OP(CLOCK), NA, NA, NA, NA, 0) \
	SYSCALL(syslog, PRIVILEGED, OP(SYSTEM), NA, NA, NA, NA, 0) \
	SYSCALL(quotactl, PRIVILEGED, OP(SYSTEM), NA, 1, NA, NA, 0) \
	SYSCALL(acct, PRIVILEGED, OP(SYSTEM), NA, 0, NA, NA, NA) \
	SYSCALL(swapon, PRIVILEGED, OP(SYSTEM), NA, 0, NA, NA, 1) \
	SYSCALL(swapoff, PRIVILEGED, OP(SYSTEM), NA, 0, NA, NA, NA) \
	SYSCALL(reboot, PRIVILEGED, OP(SYSTEM), NA, NA, NA, NA, 2) \
	SYSCALL(sethostname, PRIVILEGED, OP(SYSTEM), NA, NA, NA, NA, NA) \
	SYSCALL(personality, PERSONALITY, OP(SYSTEM), NA, NA, NA, NA, 0) \
	SYSCALL(setuid, CREDENTIAL, 0, NA, NA, NA, NA, NA) \
	SYSCALL(setgid, CREDENTIAL, 0, NA, NA, NA, NA, NA) \
	SYSCALL(setreuid, CREDENTIAL, 0, NA, NA, NA, NA, NA) \
	SYSCALL(setregid, CREDENTIAL, 0, NA, NA, NA, NA, NA) \
	SYSCALL(setresuid, CREDENTIAL, 0, NA, NA, NA, NA, NA) \
	SYSCALL(setresgid, CREDENTIAL, 0, NA, NA, NA, NA, NA) \
	SYSCALL(setfsuid, CREDENTIAL, 0, NA, NA, NA, NA, NA) \
	SYSCALL(setfsgid, CREDENTIAL, 0, NA, NA, NA, NA, NA) \
	SYSCALL(capset, CREDENTIAL, 0, NA, NA, NA, NA, NA)

#define PICKET_SYSCALLS_NATIVE(SYSCALL, NA) \
	SYSCALL(accept, ACCEPT, 0, 0, NA, NA, NA, NA) \
	SYSCALL(kexec_file_load, PRIVILEGED, OP(KEXEC), 0, NA, NA, NA, NA)

#define PICKET_SYSCALLS_COMPAT(SYSCALL, NA) \
	SYSCALL(chown32, MODIFY, MOD(OWNER), NA, 0, NA, NA, 1) \
	SYSCALL(lchown32, MODIFY, MOD(OWNER), NA, 0, NA, NA, 1) \
	SYSCALL(fchown32, MODIFY, MOD(OWNER), 0, NA, NA, NA, 1) \
	SYSCALL(truncate64, MODIFY, MOD(TRUNCATE), NA, 0, NA, NA, NA) \
	SYSCALL(ftruncate64, MODIFY, MOD(TRUNCATE), 0, NA, NA, NA, NA) \
	SYSCALL(utimensat_time64, MODIFY, MOD(TIMES), 0, 1, NA, NA, NA) \
	SYSCALL(umount, PRIVILEGED, OP(MOUNT), NA, 0, NA, NA, NA) \
	SYSCALL(stime, PRIVILEGED, OP(CLOCK), NA, NA, NA, NA, NA) \
	SYSCALL(clock_settime64, PRIVILEGED, OP(CLOCK), NA, NA, NA, NA, 0) \
	SYSCALL(fcntl64, DUPLICATE, 0, 0, NA, NA, NA, NA) \
	SYSCALL(socketcall, SOCKETCALL, 0, NA, NA, NA, NA, 0) \
	SYSCALL(setuid32, CREDENTIAL, 0, NA, NA, NA, NA, NA) \
	SYSCALL(setgid32, CREDENTIAL, 0, NA, NA, NA, NA, NA) \
	SYSCALL(setreuid32, CREDENTIAL, 0, NA, NA, NA, NA, NA) \
	SYSCALL(setregid32, CREDENTIAL, 0, NA, NA, NA, NA, NA) \
	SYSCALL(setresuid32, CREDENTIAL, 0, NA, NA, NA, NA, NA) \
	SYSCALL(setresgid32, CREDENTIAL, 0, NA, NA, NA, NA, NA) \
	SYSCALL(setfsuid32, CREDENTIAL, 0, NA, NA, NA, NA, NA) \
	SYSCALL(setfsgid32, CREDENTIAL, 0, NA, NA, NA, NA, NA)
/* clang-format on */

/* CALL(name, PICKET_TREE_*): calls after which directories and mounts may not be where they were. */
#define PICKET_TREE_CALLS(CALL) \
	CALL(rename, ALWAYS) \
	CALL(renameat, ALWAYS) \
	CALL(renameat2, ALWAYS) \
	CALL(rmdir, ALWAYS) \
	CALL(unlinkat, REMOVEDIR) \
	CALL(mount, ALWAYS) \
	CALL(umount2, ALWAYS) \
	CALL(move_mount, ALWAYS) \
	CALL(open_tree, ALWAYS) \
	CALL(fsmount, ALWAYS) \
	CALL(pivot_root, ALWAYS) \
	CALL(unshare, NEWNS)

/* Programs that sys_exit hands over to; index of the program array. */
enum picket_syscall_handler {
	PICKET_HANDLER_NONE,
	PICKET_HANDLER_OPEN,
	PICKET_HANDLER_OPEN_HANDLE, /* an open, and a privileged operation */
	PICKET_HANDLER_CONNECT,
	PICKET_HANDLER_ACCEPT,
	PICKET_HANDLER_SOCKET,
	PICKET_HANDLER_SOCKETCALL, /* 32-bit only: which one is in its first argument */
	PICKET_HANDLER_DUPLICATE,
	PICKET_HANDLER_IOCTL,
	PICKET_HANDLER_MODIFY,
	PICKET_HANDLER_PRIVILEGED,
	PICKET_HANDLER_CLONE,	    /* privileged when it makes namespaces */
	PICKET_HANDLER_PTRACE,	    /* privileged when it attaches */
	PICKET_HANDLER_PERSONALITY, /* privileged when it sets something */
	PICKET_HANDLER_CREDENTIAL,
	PICKET_HANDLER_COUNT
};

#define PICKET_SYSCALL_NUMBERS 512

/* One system call of one ABI; all zero: not looked at. */
struct picket_syscall {
	__u8 handler;
	__u8 operation;
	__u8 directory_argument;
	__u8 path_argument;
	__u8 source_directory_argument;
	__u8 source_argument;
	__u8 value_argument;
	__u8 tree; /* PICKET_TREE_*: whether its success voids what is kept about paths */
};

#define PICKET_TREE_NEVER 0
#define PICKET_TREE_ALWAYS 1
#define PICKET_TREE_REMOVEDIR 2 /* AT_REMOVEDIR is in argument 2 */
#define PICKET_TREE_NEWNS 3	/* CLONE_NEWNS is in argument 0 */

/* Element of the array "syscalls", indexed by number. */
struct picket_syscall_entry {
	struct picket_syscall native;
	struct picket_syscall compat;
};

#endif
