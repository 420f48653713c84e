/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of fields; where each value is found is in field_get.h's functions. */
#include "cleanup.h"
#include "state/field_get.h"

#define KIND(id) (1ULL << PICKET_KIND_##id)
#define KINDS_PROCESS (KIND(PROCESS_EXEC) | KIND(PROCESS_EXIT) | KIND(FILE_OPEN) | KIND(NETWORK_CONNECT))
#define KINDS_CGROUP (KIND(CGROUP_CREATE) | KIND(CGROUP_REMOVE))
#define KINDS_ALL ((1ULL << PICKET_KIND_COUNT) - 1)

#define FIELD(field_name, field_alias, field_kinds, field_type, field_help, ...) \
	{ \
		.name = (field_name), .alias = (field_alias), .kinds = (field_kinds), .type = (field_type), \
		.help = (field_help), __VA_ARGS__ \
	}

#define STRING FIELD_STRING
#define INTEGER FIELD_INTEGER
#define BOOLEAN FIELD_BOOLEAN
#define ADDRESS FIELD_ADDRESS

#define FILE_ACCESS_VALUES "read write create path"
#define FILE_FLAG_VALUES "O_APPEND O_NONBLOCK O_DSYNC O_SYNC O_DIRECT O_DIRECTORY O_NOFOLLOW O_NOATIME O_TMPFILE O_PATH"
#define FILE_TYPE_VALUES "regular directory symlink block character fifo socket"
#define ISOLATION_VALUES "namespace userns gvisor microvm wasm confidential"
#define TRANSPORT_VALUES "tcp udp udplite sctp dccp icmp other"

/* Names without an OpenTelemetry convention begin with "picket."; their alias is the rest. */
const struct field catalogue_fields[] = {
	FIELD("process.pid", NULL, KINDS_PROCESS, INTEGER, "Process id, as the host sees it.", .get = field_get_pid),
	FIELD("process.parent_pid", NULL, KINDS_PROCESS, INTEGER, "Process id of the parent, as the host sees it.",
	      .get = field_get_parent_pid),
	FIELD("process.executable.path", "process.executable", KINDS_PROCESS, STRING,
	      "Path of the program, as the kernel resolves it: no symlinks, no relative parts.", .syntax = SYNTAX_PATH,
	      .get = field_get_executable_path),
	FIELD("process.executable.name", NULL, KINDS_PROCESS, STRING, "Last component of process.executable.path.",
	      .get = field_get_executable_name),
	FIELD("picket.process.name", "process.name", KINDS_PROCESS, STRING,
	      "Name of the thread (comm, at most 15 bytes); a process can change it.", .get = field_get_comm),
	FIELD("process.command_line", "process.args", KIND(PROCESS_EXEC), STRING,
	      "Arguments, joined by spaces, cut at 511 bytes; the process can change them meanwhile.",
	      .get = field_get_command_line),
	FIELD("picket.process.requested_path", "process.requested_path", KIND(PROCESS_EXEC), STRING,
	      "Path that was passed to execve(2): of a script, the script.", .get = field_get_requested_path),
	FIELD("picket.process.parent.name", "process.parent.name", KINDS_PROCESS, STRING,
	      "Name (comm) of the parent process.", .get = field_get_parent_name),
	FIELD("picket.process.ancestors", "process.ancestors", KINDS_PROCESS, STRING,
	      "Names (comm) of the parent, its parent and so on, up to 6; a condition holds when it does for any.",
	      .get = field_get_ancestors, .get_all = field_get_all_ancestors),
	FIELD("process.user.id", NULL, KINDS_PROCESS, INTEGER, "User id, as the host sees it.", .get = field_get_uid),
	FIELD("picket.process.group.id", "process.group.id", KINDS_PROCESS, INTEGER, "Group id, as the host sees it.",
	      .get = field_get_gid),
	FIELD("picket.process.start_time", "process.start_time", KINDS_PROCESS, INTEGER,
	      "Start of the process, nanoseconds since boot: with the pid it names a process for ever.",
	      .get = field_get_start_time),
	FIELD("process.exit.code", NULL, KIND(PROCESS_EXIT), INTEGER,
	      "Exit status; absent when a signal ended the process.", .get = field_get_exit_code),
	FIELD("picket.process.exit.signal", "process.exit.signal", KIND(PROCESS_EXIT), INTEGER,
	      "Number of the signal that ended the process; absent when it ended by itself.",
	      .get = field_get_exit_signal),
	FIELD("picket.process.exit.oom_killed", "process.exit.oom_killed", KIND(PROCESS_EXIT), BOOLEAN,
	      "The kernel ended the process because memory ran out.", .get = field_get_oom_killed),
	FIELD("picket.process.memfd", "process.memfd", KIND(PROCESS_EXEC), BOOLEAN,
	      "The program lies in anonymous memory, not in a file.", .get = field_get_memfd),
	FIELD("picket.process.deleted", "process.deleted", KIND(PROCESS_EXEC), BOOLEAN,
	      "The program's file has no name any more.", .get = field_get_deleted),
	FIELD("picket.process.upper_layer", "process.upper_layer", KIND(PROCESS_EXEC), BOOLEAN,
	      "The program was written after the container's start: it is not from the image.", .get = field_get_upper),
	FIELD("container.id", NULL, KINDS_ALL, STRING, "Full id of the container.", .get = field_get_container_id),
	FIELD("container.name", NULL, KINDS_ALL, STRING, "Name of the container.", .get = field_get_container_name),
	FIELD("container.image.name", NULL, KINDS_ALL, STRING, "Image without tag and digest.",
	      .get = field_get_image_name),
	FIELD("picket.container.image", "container.image", KINDS_ALL, STRING,
	      "Image as the runtime was asked for it, with tag or digest.", .get = field_get_image),
	FIELD("container.runtime.name", NULL, KINDS_ALL, STRING, "docker, containerd, cri-o, podman, ...",
	      .get = field_get_runtime),
	FIELD("picket.container.isolation", "container.isolation", KINDS_ALL, STRING,
	      "How the container is kept apart from the host.", .values = ISOLATION_VALUES, .get = field_get_isolation),
	FIELD("k8s.pod.name", NULL, KINDS_ALL, STRING, "Kubernetes pod.", .get = field_get_pod),
	FIELD("k8s.pod.uid", NULL, KINDS_ALL, STRING, "UID of the Kubernetes pod.", .get = field_get_pod_uid),
	FIELD("k8s.namespace.name", NULL, KINDS_ALL, STRING, "Kubernetes namespace.", .get = field_get_namespace),
	FIELD("file.path", NULL, KIND(FILE_OPEN), STRING,
	      "Path as the kernel resolved it. Of a refused open: what was asked for, symlinks not followed.",
	      .syntax = SYNTAX_PATH, .get = field_get_file_path),
	FIELD("file.name", NULL, KIND(FILE_OPEN), STRING, "Last component of file.path.", .get = field_get_file_name),
	FIELD("file.directory", NULL, KIND(FILE_OPEN), STRING, "file.path without its last component.",
	      .syntax = SYNTAX_PATH, .get = field_get_file_directory),
	FIELD("picket.file.requested_path", "file.requested_path", KIND(FILE_OPEN), STRING,
	      "Path as the program wrote it; it can change it meanwhile.", .get = field_get_requested_path),
	FIELD("picket.file.access", "file.access", KIND(FILE_OPEN), STRING,
	      "What the descriptor allows; create: the open made the file; path: O_PATH. Absent for refused opens.",
	      .values = FILE_ACCESS_VALUES, .get = field_get_file_access, .get_all = field_get_all_file_access),
	FIELD("picket.file.flags", "file.flags", KIND(FILE_OPEN), STRING, "Flags of open(2) that the open file keeps.",
	      .values = FILE_FLAG_VALUES, .get = field_get_file_flags, .get_all = field_get_all_file_flags),
	FIELD("picket.file.type", "file.type", KIND(FILE_OPEN), STRING, "Kind of file.", .values = FILE_TYPE_VALUES,
	      .get = field_get_file_type),
	FIELD("file.mode", NULL, KIND(FILE_OPEN), STRING, "Permission bits in octal, \"0644\".",
	      .get = field_get_file_mode),
	FIELD("file.inode", NULL, KIND(FILE_OPEN), STRING, "Inode number.", .get = field_get_file_inode),
	FIELD("picket.file.device_node", "file.device_node", KIND(FILE_OPEN), STRING,
	      "Device behind a device file, \"8:0\"; absent for other files.", .get = field_get_device_node),
	FIELD("picket.file.error", "file.error", KIND(FILE_OPEN), STRING,
	      "Why an open was refused (EACCES, ENOENT, ...). A rule sees refused opens, and then only these, when its "
	      "where names this field.",
	      .syntax = SYNTAX_ERROR_NAME, .get = field_get_error),
	FIELD("picket.file.via_proc", "file.via_proc", KIND(FILE_OPEN), BOOLEAN,
	      "The path that the program wrote leads through /proc/<pid>/root or cwd.", .get = field_get_via_proc),
	FIELD("picket.file.foreign_mount", "file.foreign_mount", KIND(FILE_OPEN), BOOLEAN,
	      "The file lies in another mount namespace than the process.", .get = field_get_foreign_mount),
	FIELD("picket.file.outside_container", "file.outside_container", KIND(FILE_OPEN), BOOLEAN,
	      "file.via_proc or file.foreign_mount.", .get = field_get_outside_container),
	FIELD("picket.file.deleted", "file.deleted", KIND(FILE_OPEN), BOOLEAN, "The file has no name any more.",
	      .get = field_get_deleted),
	FIELD("picket.file.path_cut", "file.path_cut", KIND(FILE_OPEN), BOOLEAN,
	      "file.path was too long and lost its first components.", .get = field_get_path_cut),
	FIELD("destination.address", NULL, KIND(NETWORK_CONNECT), ADDRESS,
	      "Address connected to; IPv4 inside of IPv6 counts as IPv4.", .get = field_get_address),
	FIELD("destination.port", NULL, KIND(NETWORK_CONNECT), INTEGER, "Port connected to.", .get = field_get_port),
	FIELD("network.type", NULL, KIND(NETWORK_CONNECT), STRING, "Family of destination.address.",
	      .values = "ipv4 ipv6", .get = field_get_network_type),
	FIELD("network.transport", NULL, KIND(NETWORK_CONNECT), STRING, "Transport protocol.",
	      .values = TRANSPORT_VALUES, .get = field_get_transport),
	FIELD("picket.network.error", "network.error", KIND(NETWORK_CONNECT), STRING,
	      "Why the attempt failed, where that is known.", .syntax = SYNTAX_ERROR_NAME, .get = field_get_error),
	FIELD("picket.cgroup.path", "cgroup.path", KINDS_CGROUP, STRING, "Path of the cgroup.",
	      .get = field_get_cgroup_path),
	FIELD("picket.event.io_uring", "event.io_uring", KINDS_PROCESS, BOOLEAN,
	      "The operation came through io_uring, not by a system call.", .get = field_get_io_uring),
	FIELD("picket.event.compat", "event.compat", KINDS_PROCESS, BOOLEAN, "A 32-bit system call.",
	      .get = field_get_compat),
};

const size_t catalogue_field_count = ARRAY_SIZE(catalogue_fields);
