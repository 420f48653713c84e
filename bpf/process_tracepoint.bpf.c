// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Programs started, processes forked and ended. Scheduler tracepoints: other system calls cost nothing. */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "boundary_given.h"
#include "network.h"
#include "program_names.h"
#include "setup.h"
#include "syscall.h"
#include "tree_epoch.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define OVERLAYFS_MAGIC 0x794c7630
#define SIGKILL 9
#define S_ISCHR(mode) (((mode)&0170000) == 0020000)

/* overlayfs keeps the dentry of the writable layer right behind its inode. */
static __always_inline bool file_is_upper(struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	void *upper = NULL;

	if (BPF_CORE_READ(inode, i_sb, s_magic) != OVERLAYFS_MAGIC)
		return false;
	bpf_probe_read_kernel(&upper, sizeof(upper), (char *)inode + bpf_core_type_size(struct inode));
	return upper != NULL;
}

static __always_inline __u32 executable_flags(struct task_struct *task, struct file *file)
{
	struct mount *mount = mount_of(BPF_CORE_READ(file, f_path.mnt));
	struct mnt_namespace *own = BPF_CORE_READ(task, nsproxy, mnt_ns);
	__u32 flags = 0;

	if (BPF_CORE_READ(file, f_inode, i_nlink) == 0) {
		flags |= PICKET_EVENT_DELETED;
		if (BPF_CORE_READ(mount, mnt_ns) != own)
			flags |= PICKET_EVENT_MEMFD;
	}
	if (file_is_upper(file))
		flags |= PICKET_EVENT_UPPER;
	return flags;
}

static __always_inline void record_add_args(struct event_scratch *record, struct task_struct *task)
{
	unsigned long start = BPF_CORE_READ(task, mm, arg_start), end = BPF_CORE_READ(task, mm, arg_end);
	__u32 used = record->used, size = end - start;

	if (used > PICKET_DATA_SIZE - 1 || start >= end)
		return;
	if (end - start > PICKET_ARGS_SIZE - 1)
		size = PICKET_ARGS_SIZE - 1;
	if (bpf_probe_read_user(&record->data[bounded(used, PICKET_DATA_SIZE)], bounded(size, PICKET_ARGS_SIZE),
				(void *)start))
		return;
	record->event.text[PICKET_TEXT_ARGS].offset = used;
	record->event.text[PICKET_TEXT_ARGS].size = size;
	used += size;
	record->data[bounded(used, PICKET_DATA_SIZE)] = 0;
	record->used = used + 1;
}

/* The family of the network socket behind a descriptor; 0: none. Local sockets are how sshd and init run programs. */
static __noinline __u32 descriptor_network(__u32 descriptor)
{
	struct file *file = file_of_descriptor(descriptor);
	struct sock *socket = file ? socket_of_file(file) : NULL;
	__u16 family = socket ? BPF_CORE_READ(socket, __sk_common.skc_family) : 0;

	return family_is_inet(family) || family == AF_VSOCK ? family : 0;
}

/* Bit per descriptor 0 to 2 that is a network socket: a shell on one is somebody else's. */
static __noinline __u32 standard_sockets(void)
{
	return !!descriptor_network(0) | !!descriptor_network(1) << 1 | !!descriptor_network(2) << 2;
}

/* What the process may do and where it reads and writes. */
static __noinline int record_add_standing(struct event_scratch *record, struct task_struct *task)
{
	const struct cred *cred = BPF_CORE_READ(task, cred);
	struct file *input = file_of_descriptor(0);

	if (!record)
		return 0;
	record->event.exec.host_namespaces = namespaces_of_host(bpf_get_current_task());
	record->event.exec.sockets = standard_sockets();
	bpf_core_read(&record->event.exec.capabilities, sizeof(record->event.exec.capabilities), &cred->cap_effective);
	if (input && S_ISCHR(BPF_CORE_READ(input, f_inode, i_mode)) && BPF_CORE_READ(task, signal, tty))
		record->event.flags |= PICKET_EVENT_TERMINAL;
	return 0;
}

/* Whether a rule wants this program's start; leaves its path in @path. @flags: PICKET_EVENT_* of the program. */
static __always_inline bool exec_wanted(struct path_buffer *path, struct linux_binprm *bprm, __u32 flags,
					const struct picket_policy *rules)
{
	struct file *file = BPF_CORE_READ(bprm, file);
	__u64 watches = rules->any_path;

	path_of_file(path, file);
	watches |= policy_watches(policy_find_path(path, rules->generation), path_size(path));
	if (watches & PICKET_WATCH_EXEC || flags & rules->program_flags)
		return true;
	if (rules->program_sockets && standard_sockets() & rules->program_sockets)
		return true;
	watches |= policy_match_file_name(path, file, rules);
	if (!(watches & PICKET_WATCH_EXEC) && rules->flags & PICKET_POLICY_PROGRAMS)
		watches |= program_names_match(path, bprm);
	return watches & PICKET_WATCH_EXEC;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct subject subject = subject_current();
	struct picket_policy *rules = policy_get();
	struct path_buffer *path = path_buffer_get();
	struct file *file = BPF_CORE_READ(bprm, file);
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct event_scratch *record;
	__u32 flags;

	if (!rules || !path)
		return 0;
	if (subject.setup && !setup_goes_on(pid, task, file)) {
		setup_end(pid, &subject);
		subject.setup = false;
		boundary_begin(&subject);
	}
	subject_count_phase(&subject, PICKET_COUNTER_PROCESS_EXECS, PICKET_COUNTER_SETUP_EXECS);
	if (!subject_watched(&subject, rules, PICKET_KIND_PROCESS_EXEC))
		return 0;
	flags = executable_flags(task, file);
	if (subject.counters && subject.counters->isolated)
		flags |= PICKET_EVENT_ISOLATED;
	if (!exec_wanted(path, bprm, flags, rules))
		return 0;
	record = record_begin(PICKET_KIND_PROCESS_EXEC, &subject);
	if (!record)
		return 0;
	record_set_task(record, task);
	record->event.flags |= flags | path->flags;
	record_add_standing(record, task);
	record->event.exec.inode = BPF_CORE_READ(file, f_inode, i_ino);
	record->event.exec.device = BPF_CORE_READ(file, f_inode, i_sb, s_dev);
	record_add_path(record, PICKET_TEXT_EXECUTABLE, path);
	record_add_string(record, PICKET_TEXT_REQUESTED, BPF_CORE_READ(bprm, filename), false);
	if (rules->flags & PICKET_POLICY_ARGS)
		record_add_args(record, task);
	record_submit(ctx, record);
	return 0;
}

/* What crun calls itself once it is done and its engine for WebAssembly takes over; 7 characters are enough. */
static __always_inline bool names_engine(const char *comm)
{
	__u64 name = 0;

	bpf_probe_read_kernel_str(&name, sizeof(name), comm);
	switch (name) {
	case 0x006764656d736177ULL: /* wasmedge */
	case 0x006d69746d736177ULL: /* wasmtime */
	case 0x000072656d736177ULL: /* wasmer */
	case 0x00000000726d6177ULL: /* wamr */
	case 0x000000006e697073ULL: /* spin */
	case 0x000000006e75726bULL: /* krun: a virtual machine within the runtime's process */
		return true;
	}
	return false;
}

/* Modules are run by the runtime's own process, which never executes a program: set-up ends with its name. */
SEC("tp_btf/task_rename")
int BPF_PROG(process_rename, struct task_struct *task, const char *comm)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct picket_setup_task *setup = bpf_map_lookup_elem(&setup_tasks, &pid);
	struct subject subject;

	if (!setup || task_mount_namespace(task) == setup->runtime_namespace || !names_engine(comm))
		return 0;
	subject = subject_current();
	setup_end(pid, &subject);
	boundary_begin(&subject);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *parent, struct task_struct *child)
{
	__u32 parent_pid = BPF_CORE_READ(parent, tgid), child_pid = BPF_CORE_READ(child, tgid);
	struct picket_setup_task setup = {}, *parent_setup;
	__u64 parent_cgroup, child_cgroup;
	struct subject subject, creator;

	if (parent_pid == child_pid)
		return 0;
	if (BPF_CORE_READ(parent, nsproxy, mnt_ns) != BPF_CORE_READ(child, nsproxy, mnt_ns))
		tree_epoch_advance(); /* a new mount namespace */
	child_cgroup = task_cgroup_id(child);
	subject = subject_of_cgroup(child_cgroup);
	subject_count(&subject, PICKET_COUNTER_PROCESS_FORKS);
	setup_born(child_pid, subject.class);
	if (subject.class == PICKET_CGROUP_HOST)
		return 0;
	parent_cgroup = task_cgroup_id(parent);
	if (child_cgroup != parent_cgroup) {
		/* clone3(CLONE_INTO_CGROUP) enters without an attach */
		creator = subject_of_cgroup(parent_cgroup);
		setup.runtime_namespace = task_mount_namespace(parent);
		if (setup_enters(&creator, &subject))
			setup_begin(child_pid, &subject, &setup);
	} else if (subject.counters && subject.counters->setup) {
		parent_setup = bpf_map_lookup_elem(&setup_tasks, &parent_pid);
		if (!parent_setup)
			return 0;
		setup.runtime_namespace = parent_setup->runtime_namespace;
		setup_begin(child_pid, &subject, &setup);
	}
	return 0;
}

static __always_inline __u32 exit_selector(__u32 signal)
{
	return signal < PICKET_SELECTOR_OOM ? signal : PICKET_SELECTOR_OTHER;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	struct subject subject = subject_current();
	struct picket_policy *rules = policy_get();
	struct path_buffer *path = path_buffer_get();
	int code = BPF_CORE_READ(task, signal, group_exit_code);
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct event_scratch *record;
	__u32 signal, oom;

	if (BPF_CORE_READ(task, signal, live.counter) != 0)
		return 0; /* other threads live on */
	if (!code)
		code = BPF_CORE_READ(task, exit_code);
	signal = code & 0x7f;
	oom = signal == SIGKILL && BPF_CORE_READ(task, signal, oom_mm) != NULL;
	subject_count(&subject,
		      !signal ? PICKET_COUNTER_PROCESS_EXITS_EXITED
			      : (oom ? PICKET_COUNTER_PROCESS_EXITS_OOM : PICKET_COUNTER_PROCESS_EXITS_SIGNAL));
	setup_end(pid, &subject);
	bpf_map_delete_elem(&outsiders, &pid);
	if (!rules || !path ||
	    !subject_selected(&subject, rules, PICKET_KIND_PROCESS_EXIT,
			      oom ? PICKET_SELECTOR_OOM : exit_selector(signal)))
		return 0;
	record = record_begin(PICKET_KIND_PROCESS_EXIT, &subject);
	if (!record)
		return 0;
	record_set_task(record, task);
	record->event.exit.code = (code >> 8) & 0xff;
	record->event.exit.signal = signal;
	record->event.exit.oom = oom;
	record_add_executable(record, task, path);
	record_submit(ctx, record);
	return 0;
}

/* dup(2) and its like, when what they made is descriptor 0, 1 or 2 on a network socket. */
SEC("tp_btf/sys_exit")
int BPF_PROG(process_duplicate, struct pt_regs *regs, long result)
{
	struct subject subject = subject_current();
	struct event_scratch *record;
	__u32 family = descriptor_network(result);

	if (!family)
		return 0;
	record = record_begin_wanted(PICKET_KIND_STDIO_SOCKET, &subject);
	if (!record)
		return 0;
	record->event.result = result;
	record->event.stdio.descriptor = result;
	record->event.stdio.family = family;
	record_send(ctx, record);
	return 0;
}
