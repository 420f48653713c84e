/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One open: what it is, whether a rule wants it, and the record about it.
 * Shared by all file backends; they differ in where they learn of it.
 */
#ifndef OPEN_H
#define OPEN_H

#include "descriptor.h"
#include "device_open.h"
#include "directory.h"
#include "file_verdict.h"
#include "record.h"
#include "via_proc.h"

#define FMODE_READ 0x1
#define FMODE_WRITE 0x2
#define FMODE_PATH 0x4000
#define FMODE_CREATED 0x100000
#define SIGKILL 9
#define SIGSTOP 19
#define S_ISDIR(mode) (((mode)&0170000) == 0040000)
#define ENOENT 2
#define EPERM 1
#define EACCES 13
#define AT_FDCWD -100

/* Without branches: see open_request_get(). Access mode 3 of open(2) is for ioctl(2) only. */
static __always_inline __u32 open_access(struct file *file)
{
	__u32 mode = KERNEL_READ(kernel_cast(file), f_mode), access;

	_Static_assert(FMODE_READ == PICKET_ACCESS_READ && FMODE_WRITE == PICKET_ACCESS_WRITE, "the same bits");
	access = mode & (FMODE_READ | FMODE_WRITE);
	access |= mode / (FMODE_CREATED / PICKET_ACCESS_CREATE) & PICKET_ACCESS_CREATE;
	access |= mode / (FMODE_PATH / PICKET_ACCESS_PATH) & PICKET_ACCESS_PATH;
	return access;
}

static __always_inline enum picket_counter open_counter(__u32 access)
{
	if (access & PICKET_ACCESS_CREATE)
		return PICKET_COUNTER_FILE_OPENS_CREATE;
	if (access & PICKET_ACCESS_WRITE)
		return PICKET_COUNTER_FILE_OPENS_WRITE;
	if (access & PICKET_ACCESS_READ)
		return PICKET_COUNTER_FILE_OPENS_READ;
	return PICKET_COUNTER_FILE_OPENS_PATH;
}

static __always_inline __u64 open_watch_classes(__u32 access)
{
	if (access & (PICKET_ACCESS_WRITE | PICKET_ACCESS_CREATE))
		return access & PICKET_ACCESS_READ ? PICKET_WATCH_WRITE | PICKET_WATCH_READ : PICKET_WATCH_WRITE;
	return access & PICKET_ACCESS_READ ? PICKET_WATCH_READ : PICKET_WATCH_PATH;
}

/* Which kernel rules spare the program that runs now; overwrites @path. */
static __always_inline __u64 open_sparing_rules(struct path_buffer *path, const struct picket_policy *rules)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct file *program = BPF_CORE_READ(task, mm, exe_file);
	struct picket_path_policy *found;

	if (!program)
		return ~0ULL; /* a kernel thread */
	path_of_file(path, program);
	found = policy_find_path(path, rules->generation);
	return found && found->size == path_size(path) ? found->subject : 0;
}

/* Whether one of the kernel rules of @watches for @kind says @action. Global: see path_step(). */
__noinline int open_rule_says(__u64 watches, __u32 access, __u32 kind, __u32 action)
{
	struct path_buffer *path = path_buffer_get();
	struct picket_policy *rules = policy_get();
	__u64 sparing;
	int i;

	if (!path || !rules)
		return 0;
	sparing = open_sparing_rules(path, rules);
#pragma clang loop unroll(disable)
	for (i = 0; i < PICKET_KERNEL_RULES; i++) {
		const struct picket_kernel_rule *rule = &rules->rules[i];
		__u64 bit = 1ULL << (i + PICKET_WATCH_RULE_FIRST);

		if ((watches & bit) && !(sparing & bit) && (rule->kinds & (1ULL << (kind & 63))) &&
		    (rule->access & access) && rule->action == action)
			return 1;
	}
	return 0;
}

/* Never the daemon, never init: with host pids. */
static __always_inline bool open_signal(const struct picket_policy *rules, int signal)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;

	return pid > 1 && pid != rules->self && bpf_send_signal(signal) == 0;
}

/* What the kernel rules of @watches do to the process. Return: PICKET_EVENT_KILLED, _STOPPED, 0. */
static __always_inline __u32 open_act(const struct picket_policy *rules, __u64 watches, __u32 access)
{
	if (open_rule_says(watches, access, PICKET_KIND_FILE_OPEN, PICKET_KERNEL_KILL) && open_signal(rules, SIGKILL))
		return PICKET_EVENT_KILLED;
	if (rules->flags & PICKET_POLICY_STOP &&
	    open_rule_says(watches, access, PICKET_KIND_FILE_OPEN, PICKET_KERNEL_STOP) && open_signal(rules, SIGSTOP))
		return PICKET_EVENT_STOPPED;
	return 0;
}

/* The record of an opened file, but for its path. */
static __always_inline struct event_scratch *open_record(const struct subject *subject, struct file *file, __u32 access,
							 __u32 device)
{
	struct event_scratch *record = record_begin(PICKET_KIND_FILE_OPEN, subject);
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	if (!record)
		return NULL;
	record_set_task(record, (struct task_struct *)bpf_get_current_task());
	record->event.file.inode = BPF_CORE_READ(inode, i_ino);
	record->event.file.device = BPF_CORE_READ(inode, i_sb, s_dev);
	record->event.file.mode = BPF_CORE_READ(inode, i_mode);
	record->event.file.node = BPF_CORE_READ(inode, i_rdev);
	record->event.file.flags = BPF_CORE_READ(file, f_flags);
	record->event.file.access = access;
	record->event.file.kind = device;
	if (BPF_CORE_READ(inode, i_nlink) == 0)
		record->event.flags |= PICKET_EVENT_DELETED;
	return record;
}

/* Watches for the last component and, where its directory asks for more, the whole path. */
static __always_inline __u64 open_watches(struct path_buffer *path, struct directory *directory,
					  const struct picket_policy *rules)
{
	const struct qstr *name = &path->request.name;
	__u64 watches = directory->watches;

	if (directory->inside) {
		directory_path(directory, path);
		watches |= policy_watches(policy_find_path(path, rules->generation), path_size(path));
	}
	return watches | policy_match_text(path, name->name, name->len, rules);
}

/*
 * What rules ask of a file under another of its names, (@alias, @mount): left in the request. Return: whether that is
 * what the open does. Global: see path_step().
 */
__noinline int open_wants_alias(__u64 alias, __u64 mount)
{
	struct path_buffer *path = path_buffer_get();
	struct picket_policy *rules = policy_get();

	if (!path || !rules)
		return 0;
	path_reset(path);
	path_walk(path, (struct dentry *)alias, (struct mount *)mount);
	path->request.watches = policy_watches(policy_find_path(path, rules->generation), path_size(path));
	if (!(path->request.watches & path->request.classes))
		return 0;
	path->request.alias = (struct dentry *)alias;
	return 1;
}

#define ALIASES_MAX 8 /* names of one file that are looked at */

/*
 * The other names of a hard link. A link made to a file under watch would else
 * be a way around every rule that names a path; whoever made it has looked the
 * watched name up, so the dentry cache has it.
 */
static __noinline int open_find_alias(struct dentry *dentry, struct mount *mount)
{
	struct hlist_node *node;
	int i;

	node = BPF_CORE_READ(dentry, d_inode, i_dentry.first);
#pragma clang loop unroll(disable)
	for (i = 0; i < ALIASES_MAX && node; i++) {
		struct dentry *alias =
			(struct dentry *)((char *)node - bpf_core_field_offset(struct dentry, d_u.d_alias));

		if (alias != dentry && open_wants_alias((__u64)alias, (__u64)mount))
			return 1;
		node = BPF_CORE_READ(node, next);
	}
	return 0;
}

/*
 * The request that runs now. It lives in map memory: what the verifier has to
 * take as unknown it looks at once, not once for each value.
 */
static __always_inline struct open_request *open_request_get(void)
{
	struct path_buffer *path = path_buffer_get();

	return path ? &path->request : NULL;
}

/* Where a relative path starts. NULL: not known. */
static __always_inline struct path *open_base(const struct open_request *request)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct fs_struct *fs;
	struct file *file;

	if (request->directory == AT_FDCWD) {
		fs = BPF_CORE_READ(task, fs);
		return &fs->pwd;
	}
	file = file_of_descriptor(request->directory);
	return file ? &file->f_path : NULL;
}

/* Mark the request when it goes around the container's root, as far as it was written so. Global: see path_step(). */
__noinline int open_scan_written(void)
{
	struct path_buffer *path = path_buffer_get();
	struct open_request *request;
	struct path *base;
	bool in_proc;

	if (!path)
		return 0;
	request = &path->request;
	base = open_base(request);
	in_proc = base && BPF_CORE_READ(base, dentry, d_inode, i_sb, s_magic) == PROC_SUPER_MAGIC;
	if (via_proc_written(path, request->written, request->in_user_memory, in_proc))
		request->flags |= PICKET_EVENT_VIA_PROC;
	return 0;
}

/* Mark the request when it goes around the container's root. @mount_namespace: of the file's mount, 0: no file. */
static __always_inline void open_detour(struct path_buffer *path, struct task_struct *task, __u64 mount_namespace)
{
	struct open_request *request = &path->request;

	if (namespace_is_foreign(task, mount_namespace))
		request->flags |= PICKET_EVENT_FOREIGN_MNT;
	if (request->written && via_proc_possible(request->written, request->in_user_memory))
		open_scan_written();
}

static __always_inline void open_send(void *ctx, struct event_scratch *record, struct path_buffer *path)
{
	const struct open_request *request = &path->request;

	record->event.flags |= request->flags;
	if (request->written)
		record_add_string(record, PICKET_TEXT_REQUESTED, request->written, request->in_user_memory);
	record_add_executable(record, (struct task_struct *)bpf_get_current_task(), path);
	record_submit(ctx, record);
}

/* What rules ask of a file whose own path is of no interest, under its other names: see open_look_up(). */
static __always_inline __u64 open_watches_elsewhere(struct path_buffer *path, struct file *file, struct dentry *dentry,
						    struct mount *mount, __u64 other_mount)
{
	struct inode *inode;

	if (other_mount && open_wants_alias((__u64)BPF_CORE_READ(file, f_path.dentry), other_mount)) {
		path->request.mount = (struct mount *)other_mount;
		return path->request.watches;
	}
	inode = kernel_cast(KERNEL_READ(kernel_cast(file), f_inode));
	if (KERNEL_READ(inode, i_nlink) > 1 && !S_ISDIR(KERNEL_READ(inode, i_mode)) && open_find_alias(dentry, mount))
		return path->request.watches;
	return 0;
}

/* Find out where @file lies and what rules watch there: left in the request, whose classes are set. */
static __always_inline struct directory *open_look_up(struct path_buffer *path, struct file *file,
						      struct picket_policy *rules)
{
	volatile struct open_request *request = &path->request;
	struct dentry *dentry, *parent;
	struct directory *directory;
	__u64 watches, other_mount = 0;
	struct mount *mount;
	bool crossed;

	crossed = path_start(path, file);
	dentry = *(struct dentry *volatile *)&path->dentry;
	mount = *(struct mount *volatile *)&path->mount;
	if (crossed) { /* where it was mounted from */
		request->plain = false;
		parent = BPF_CORE_READ(file, f_path.dentry, d_parent);
		directory = directory_get(parent, mount_of(BPF_CORE_READ(file, f_path.mnt)), path, rules);
		other_mount = directory ? directory->other_mount : 0;
	}
	if (!request->plain)
		request->identity.own.parent = (__u64)KERNEL_READ(kernel_cast(dentry), d_parent);
	parent = (struct dentry *)request->identity.own.parent;
	directory = directory_get(parent, mount, path, rules);
	if (!directory)
		return NULL;
	if (!crossed)
		other_mount = directory->other_mount;
	if (request->plain) { /* as it was looked at: the verdict must be about that name */
		request->name.name = (const unsigned char *)path->request.identity.own.text;
		request->name.len = request->identity.own.name_hash >> 32;
	} else {
		bpf_core_read(&path->request.name, sizeof(path->request.name), &dentry->d_name);
	}
	if (dentry == parent)
		request->name.len = 0; /* the root itself */
	watches = open_watches(path, directory, rules);
	request->alias = NULL;
	request->mount = mount;
	if (!(watches & request->classes))
		watches |= open_watches_elsewhere(path, file, dentry, mount, other_mount);
	request->watches = watches;
	return directory;
}

/* The path by which rules know the file. */
static __always_inline void open_add_path(struct event_scratch *record, struct path_buffer *path,
					  struct directory *directory, enum picket_text_id id)
{
	if (path->request.alias) {
		path_reset(path);
		path_walk(path, path->request.alias, path->request.mount);
	} else {
		directory_path(directory, path);
	}
	record->event.flags |= path->flags;
	record_add_path(record, id, path);
}

/* What a rule asks of an open that is known by @watches or by its way; the request has its classes. */
static __always_inline bool open_is_wanted(const struct open_request *request, __u64 watches)
{
	return watches & request->classes || request->flags & (PICKET_EVENT_FOREIGN_MNT | PICKET_EVENT_VIA_PROC);
}

/* Whether the file was opened before and no rule asks for it. */
static __always_inline bool open_is_of_no_interest(struct path_buffer *path, const struct file_identity *identity,
						   struct task_struct *task, const struct picket_policy *rules)
{
	struct file_verdict *verdict = file_verdict_slot(identity);

	if (!verdict || !file_is(&verdict->identity, identity) || verdict->watches & path->request.classes)
		return false;
	if (rules->flags & PICKET_POLICY_VIA_PROC)
		open_detour(path, task, verdict->mount_namespace);
	return !open_is_wanted(&path->request, verdict->watches);
}

/* The rest, of an open that may be wanted: find out, act and tell. */
static __always_inline int open_judge(void *ctx, struct file *file, const struct subject *subject,
				      struct path_buffer *path, struct picket_policy *rules, long descriptor)
{
	volatile struct open_request *request = &path->request;
	struct event_scratch *record;
	struct directory *directory;
	__u64 watches;

	directory = open_look_up(path, file, rules);
	if (!directory)
		return 0;
	watches = request->watches;
	if (request->plain)
		file_verdict_keep(&path->request.identity, directory, watches);
	if (rules->flags & PICKET_POLICY_VIA_PROC)
		open_detour(path, task_current(), directory->mount_namespace);
	if (!open_is_wanted(&path->request, watches))
		return 0;
	if (subject->class == PICKET_CGROUP_CONTAINER && (watches >> PICKET_WATCH_RULE_FIRST))
		request->flags |= open_act(rules, watches, request->access);
	record = open_record(subject, file, request->access, request->device);
	if (!record)
		return 0;
	record->event.result = descriptor;
	open_add_path(record, path, directory, PICKET_TEXT_PATH);
	open_send(ctx, record, path);
	return 0;
}

/* @task: task_current(). */
static __always_inline int open_succeeded(void *ctx, struct task_struct *task, struct file *file, long descriptor)
{
	struct subject subject = subject_of_current(task);
	struct picket_policy *rules = policy_get();
	struct path_buffer *path = path_buffer_get();
	struct file_identity *identity;
	volatile struct open_request *request;
	__u32 access;

	if (!rules || !path || !file)
		return 0;
	request = &path->request;
	identity = &path->request.identity;
	access = open_access(file);
	request->access = access;
	subject_count_phase(&subject, open_counter(access), PICKET_COUNTER_SETUP_OPENS);
	if (subject.setup)
		return 0;
	file_identify(identity, file, rules);
	request->classes = open_watch_classes(access);
	request->device = 0;
	request->plain = file_is_plain(identity);
	if (!request->plain || watch_tsm) {
		request->device = device_count_open(identity->dentry, subject.slot);
		if (request->device)
			request->classes |= PICKET_WATCH_DEVICE;
	}
	if (!subject_watched(&subject, rules, PICKET_KIND_FILE_OPEN))
		return 0;
	if (request->plain && open_is_of_no_interest(path, identity, task, rules))
		return 0;
	return open_judge(ctx, file, &subject, path, rules, descriptor);
}

static __always_inline enum picket_counter open_failure_counter(long error)
{
	switch (-error) {
	case ENOENT:
		return PICKET_COUNTER_FILE_OPEN_FAILURES_ENOENT;
	case EACCES:
		return PICKET_COUNTER_FILE_OPEN_FAILURES_EACCES;
	case EPERM:
		return PICKET_COUNTER_FILE_OPEN_FAILURES_EPERM;
	default:
		return PICKET_COUNTER_FILE_OPEN_FAILURES_OTHER;
	}
}

/*
 * There is no file to follow: the record carries what the program wrote and
 * the directory that a relative path starts from. User space puts them
 * together, without symlinks.
 */
static __noinline int open_send_written(void *ctx, const struct subject *subject, long result, __u32 access)
{
	struct path_buffer *path = path_buffer_get();
	struct event_scratch *record;
	struct path *base;

	record = path && subject ? record_begin_wanted(PICKET_KIND_FILE_OPEN, subject) : NULL;
	if (!record)
		return 0;
	record->event.result = result;
	record->event.file.access = access;
	open_detour(path, task_current(), 0);
	base = open_base(&path->request);
	if (base) {
		path_reset(path);
		path_walk(path, BPF_CORE_READ(base, dentry), mount_of(BPF_CORE_READ(base, mnt)));
		record_add_path(record, PICKET_TEXT_BASE, path);
	}
	open_send(ctx, record, path);
	return 0;
}

static __always_inline int open_refused(void *ctx, long error)
{
	struct subject subject = subject_current();
	struct picket_policy *rules = policy_get();

	subject_count_phase(&subject, open_failure_counter(error), PICKET_COUNTER_SETUP_OPENS);
	if (rules && rules->flags & PICKET_POLICY_FAILED)
		open_send_written(ctx, &subject, error, 0);
	return 0;
}

#define O_ACCMODE 03
#define O_WRONLY 01
#define O_RDWR 02
#define O_PATH 010000000

/* An open, done or about to be, whose file cannot be found. @flags: of open(2). */
static __always_inline int open_unresolved(void *ctx, __u64 flags)
{
	struct subject subject = subject_current();
	__u32 access = PICKET_ACCESS_READ;

	if (flags & O_PATH)
		access = PICKET_ACCESS_PATH;
	else if ((flags & O_ACCMODE) == O_WRONLY)
		access = PICKET_ACCESS_WRITE;
	else if ((flags & O_ACCMODE) == O_RDWR)
		access = PICKET_ACCESS_READ | PICKET_ACCESS_WRITE;
	subject_count_phase(&subject, open_counter(access), PICKET_COUNTER_SETUP_OPENS);
	return open_send_written(ctx, &subject, 0, access);
}

#endif
