/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of fields; where each value is found is in field_get.h's functions. */
#include "cleanup.h"
#include "state/field_get.h"

#define KIND(id) (1ULL << PICKET_KIND_##id)
#define KINDS_ALL ((1ULL << PICKET_KIND_COUNT) - 1)
#define KINDS_CGROUP (KIND(CGROUP_CREATE) | KIND(CGROUP_REMOVE))
#define KINDS_PROCESS (KINDS_ALL & ~KINDS_CGROUP)
#define KINDS_PATH (KIND(FILE_OPEN) | KIND(FILE_MODIFY) | KIND(PRIVILEGED_OPERATION) | KIND(UNIX_CONNECT))
#define KINDS_CHANGE (KIND(FILE_OPEN) | KIND(FILE_MODIFY))
#define KINDS_PEER (KIND(NETWORK_CONNECT) | KIND(NETWORK_SEND) | KIND(DNS_QUERY))
#define KINDS_LOCAL (KIND(NETWORK_BIND) | KIND(NETWORK_LISTEN) | KIND(NETWORK_ACCEPT))
#define KINDS_SOCKET (KINDS_PEER | KINDS_LOCAL | KIND(NETWORK_SOCKET))

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
#define EVIDENCE_VALUES "runtime_type annotation configuration cgroup exe cmdline maps entrypoint none"
#define MODIFICATION_VALUES "delete rename link symlink mkdir mknod mode owner truncate xattr times"
#define OPERATION_VALUES \
	"mount pivot_root chroot setns unshare clone_namespace ptrace process_memory file_handle module bpf perf_event " \
	"kexec keyring userfaultfd memfd io_uring port_io clock system"
#define NAMESPACE_VALUES "mount pid user network ipc uts cgroup time"
#define BOUNDARY_VALUES \
	"mount_namespace cgroup pid_namespace user_namespace network_namespace ipc_namespace uts_namespace " \
	"cgroup_namespace"
#define DEVICE_VALUES "block memory kmsg kvm fuse tun sgx_enclave sgx_provision sev sev_guest tdx_guest tee uv other"
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
	FIELD("picket.process.arguments", "process.arguments", KIND(PROCESS_EXEC), STRING,
	      "Arguments behind the first, which is the program's name; joined by spaces.", .get = field_get_arguments),
	FIELD("picket.process.name_and_arguments", "process.name_and_arguments", KIND(PROCESS_EXEC), STRING,
	      "picket.process.name and picket.process.arguments with a space between them.",
	      .get = field_get_name_and_arguments),
	FIELD("picket.process.requested_path", "process.requested_path", KIND(PROCESS_EXEC), STRING,
	      "Path that was passed to execve(2): of a script, the script.", .get = field_get_requested_path),
	FIELD("picket.process.programs", "process.programs", KIND(PROCESS_EXEC), STRING,
	      "Names that the program goes by: of its file, as it was asked for, and its first argument; BusyBox and renamed "
	      "programs too. A condition holds when it does for any.",
	      .get = field_get_programs, .get_all = field_get_all_programs),
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
	FIELD("picket.process.age", "process.age", KINDS_PROCESS, INTEGER,
	      "Whole seconds since the process was started.", .get = field_get_age),
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
	FIELD("picket.process.runtime_program", "process.runtime_program", KIND(PROCESS_EXEC), BOOLEAN,
	      "The program is the very file of the host that runs workloads of this isolation (runsc, qemu, ...), by inode; "
	      "absent for ordinary containers.",
	      .get = field_get_runtime_program),
	FIELD("process.vpid", NULL, KINDS_PROCESS, INTEGER,
	      "Process id in its own pid namespace: 1 is the first process of most containers.", .get = field_get_vpid),
	FIELD("process.interactive", NULL, KIND(PROCESS_EXEC), BOOLEAN, "Standard input is a terminal.",
	      .get = field_get_interactive),
	FIELD("picket.process.socket_descriptors", "process.socket_descriptors",
	      KIND(PROCESS_EXEC) | KIND(STDIO_SOCKET), STRING,
	      "Which of its standard descriptors are sockets; a condition holds when it does for any.",
	      .values = "stdin stdout stderr", .get = field_get_socket_descriptors,
	      .get_all = field_get_all_socket_descriptors),
	FIELD("picket.process.host_namespaces", "process.host_namespaces",
	      KIND(PROCESS_EXEC) | KIND(PRIVILEGED_OPERATION) | KIND(ISOLATION_BREAK), STRING,
	      "Namespaces of the process that are the host's; a condition holds when it does for any.",
	      .values = NAMESPACE_VALUES, .get = field_get_host_namespaces, .get_all = field_get_all_host_namespaces),
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
	FIELD("picket.container.isolation_evidence", "container.isolation_evidence", KINDS_ALL, STRING,
	      "What proved container.isolation.", .values = EVIDENCE_VALUES, .get = field_get_isolation_evidence),
	FIELD("picket.container.engine", "container.engine", KINDS_ALL, STRING,
	      "What runs a workload that is no ordinary container: wasmedge, runsc, qemu, ...; absent for others.",
	      .get = field_get_engine),
	FIELD("picket.container.handler", "container.handler", KINDS_ALL, STRING,
	      "Runtime, shim or handler as the runtime's files name it.", .get = field_get_handler),
	FIELD("k8s.pod.name", NULL, KINDS_ALL, STRING, "Kubernetes pod.", .get = field_get_pod),
	FIELD("k8s.pod.uid", NULL, KINDS_ALL, STRING, "UID of the Kubernetes pod.", .get = field_get_pod_uid),
	FIELD("k8s.namespace.name", NULL, KINDS_ALL, STRING, "Kubernetes namespace.", .get = field_get_namespace),
	FIELD("file.path", NULL, KINDS_PATH, STRING,
	      "Path as the kernel resolved it. Of refused opens, of changes and of privileged operations: what was asked "
	      "for, made absolute. Of rename and link: the new name. Of a "
	      "local socket that was connected to: where its owner bound it.",
	      .syntax = SYNTAX_PATH, .get = field_get_file_path),
	FIELD("file.name", NULL, KINDS_PATH, STRING, "Last component of file.path.", .get = field_get_file_name),
	FIELD("file.directory", NULL, KINDS_PATH, STRING, "file.path without its last component.",
	      .syntax = SYNTAX_PATH, .get = field_get_file_directory),
	FIELD("picket.file.requested_path", "file.requested_path", KINDS_PATH, STRING,
	      "Path as the program wrote it; it can change it meanwhile.", .get = field_get_requested_path),
	FIELD("picket.file.access", "file.access", KIND(FILE_OPEN), STRING,
	      "What the descriptor allows; create: the open made the file; path: O_PATH. Absent for refused opens.",
	      .values = FILE_ACCESS_VALUES, .get = field_get_file_access, .get_all = field_get_all_file_access),
	FIELD("picket.file.flags", "file.flags", KIND(FILE_OPEN), STRING, "Flags of open(2) that the open file keeps.",
	      .values = FILE_FLAG_VALUES, .get = field_get_file_flags, .get_all = field_get_all_file_flags),
	FIELD("picket.file.type", "file.type", KINDS_CHANGE, STRING, "Kind of file; of changes: what mknod made.",
	      .values = FILE_TYPE_VALUES, .get = field_get_file_type),
	FIELD("file.mode", NULL, KINDS_CHANGE, STRING,
	      "Permission bits in octal, \"0644\"; of changes: those asked for.", .get = field_get_file_mode),
	FIELD("file.inode", NULL, KIND(FILE_OPEN), STRING, "Inode number.", .get = field_get_file_inode),
	FIELD("picket.file.device_node", "file.device_node", KINDS_CHANGE, STRING,
	      "Device behind a device file, \"8:0\"; absent for other files.", .get = field_get_device_node),
	FIELD("picket.file.error", "file.error", KINDS_CHANGE, STRING,
	      "Why an open or a change was refused (EACCES, ENOENT, ...). A rule sees refused ones, and then only these, "
	      "when its where names this field.",
	      .syntax = SYNTAX_ERROR_NAME, .get = field_get_error),
	FIELD("picket.file.device", "file.device", KIND(FILE_OPEN), STRING,
	      "Kind of device; absent for other files, and for null, zero, random and terminals.",
	      .values = DEVICE_VALUES, .get = field_get_device_kind),
	FIELD("picket.device.given", "device.given", KIND(FILE_OPEN) | KIND(TEE_REQUEST), BOOLEAN,
	      "The container's configuration gives it this kind of device, as a device plugin does; absent for other "
	      "files, for devices without a kind of their own, and where no configuration was found.",
	      .get = field_get_device_given),
	FIELD("picket.file.other_process", "file.other_process", KIND(FILE_OPEN), BOOLEAN,
	      "The file lies below /proc/<pid> of another process.", .get = field_get_other_process),
	FIELD("picket.file.operation", "file.operation", KIND(FILE_MODIFY), STRING, "What was done to the file.",
	      .values = MODIFICATION_VALUES, .get = field_get_modification),
	FIELD("picket.file.source_path", "file.source_path", KIND(FILE_MODIFY), STRING,
	      "The old name of a renamed or linked file; what a symlink leads to, as it was written.",
	      .get = field_get_source_path),
	FIELD("picket.file.setuid", "file.setuid", KIND(FILE_MODIFY), BOOLEAN,
	      "The mode asked for has the setuid or setgid bit.", .get = field_get_setuid),
	FIELD("picket.file.attribute", "file.attribute", KIND(FILE_MODIFY), STRING,
	      "Name of the extended attribute that was set or removed.", .get = field_get_attribute),
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
	FIELD("destination.address", NULL, KINDS_PEER, ADDRESS,
	      "Address connected to; IPv4 inside of IPv6 counts as IPv4.", .get = field_get_address),
	FIELD("destination.port", NULL, KINDS_PEER, INTEGER, "Port connected to.", .get = field_get_port),
	FIELD("network.type", NULL, KINDS_SOCKET, STRING, "Family of the address.", .values = "ipv4 ipv6",
	      .get = field_get_network_type),
	FIELD("network.transport", NULL, KINDS_SOCKET, STRING, "Transport protocol.", .values = TRANSPORT_VALUES,
	      .get = field_get_transport),
	FIELD("picket.network.error", "network.error", KINDS_SOCKET | KIND(UNIX_CONNECT), STRING,
	      "Why the attempt failed, where that is known.", .syntax = SYNTAX_ERROR_NAME, .get = field_get_error),
	FIELD("picket.cgroup.path", "cgroup.path", KINDS_CGROUP, STRING, "Path of the cgroup.",
	      .get = field_get_cgroup_path),
	FIELD("network.local.address", NULL, KIND(NETWORK_BIND) | KIND(NETWORK_LISTEN), ADDRESS,
	      "The socket's own address.", .get = field_get_local_address),
	FIELD("network.local.port", NULL, KINDS_LOCAL, INTEGER, "The socket's own port.", .get = field_get_local_port),
	FIELD("source.address", NULL, KIND(NETWORK_ACCEPT), ADDRESS, "Address that the connection came from.",
	      .get = field_get_source_address),
	FIELD("source.port", NULL, KIND(NETWORK_ACCEPT), INTEGER, "Port that the connection came from.",
	      .get = field_get_source_port),
	FIELD("picket.network.socket_kind", "network.socket_kind", KIND(NETWORK_SOCKET), STRING, "Kind of socket.",
	      .values = "raw packet vsock", .get = field_get_socket_kind),
	FIELD("dns.question.name", NULL, KIND(DNS_QUERY), STRING,
	      "Name that was asked for, in lower case and without the dot at its end; absent when the message has none.",
	      .get = field_get_question_name),
	FIELD("picket.operation.name", "operation.name", KIND(PRIVILEGED_OPERATION), STRING,
	      "What the system call is for; several calls can share a name.", .values = OPERATION_VALUES,
	      .get = field_get_operation),
	FIELD("picket.operation.syscall", "operation.syscall", KIND(PRIVILEGED_OPERATION), STRING,
	      "Name of the system call.", .get = field_get_syscall),
	FIELD("picket.operation.argument", "operation.argument", KIND(PRIVILEGED_OPERATION), INTEGER,
	      "The argument that says what the call is about: request, command or flags.", .get = field_get_argument),
	FIELD("picket.operation.error", "operation.error", KIND(PRIVILEGED_OPERATION), STRING,
	      "Why the attempt failed; absent when it succeeded.", .syntax = SYNTAX_ERROR_NAME, .get = field_get_error),
	FIELD("picket.operation.source", "operation.source", KIND(PRIVILEGED_OPERATION), STRING,
	      "What is mounted, or the name of a file system, module, key or memfd; as the program wrote it.",
	      .get = field_get_operation_source),
	FIELD("picket.operation.namespaces", "operation.namespaces", KIND(PRIVILEGED_OPERATION), STRING,
	      "Namespaces that setns, unshare or clone asked for; a condition holds when it does for any.",
	      .values = NAMESPACE_VALUES, .get = field_get_namespaces, .get_all = field_get_all_namespaces),
	FIELD("picket.mount.type", "mount.type", KIND(PRIVILEGED_OPERATION), STRING, "File system type of a mount.",
	      .get = field_get_mount_type),
	FIELD("picket.credential.change", "credential.change", KIND(CREDENTIAL_CHANGE), STRING,
	      "root and capabilities: by a program or call that may give them; unexplained: by neither.",
	      .values = "root capabilities unexplained", .get = field_get_credential_change),
	FIELD("picket.credential.old_uid", "credential.old_uid", KIND(CREDENTIAL_CHANGE), INTEGER,
	      "Effective user id before, as the host sees it.", .get = field_get_old_uid),
	FIELD("picket.credential.new_uid", "credential.new_uid", KIND(CREDENTIAL_CHANGE), INTEGER,
	      "Effective user id now, as the host sees it.", .get = field_get_new_uid),
	FIELD("picket.process.capabilities", "process.capabilities", KIND(PROCESS_EXEC) | KIND(CREDENTIAL_CHANGE),
	      STRING,
	      "Effective capabilities; of credential_change: those gained. A condition holds when it does for any.",
	      .get = field_get_capabilities, .get_all = field_get_all_capabilities),
	FIELD("picket.isolation.boundary", "isolation.boundary", KIND(ISOLATION_BREAK), STRING,
	      "What the process is outside of.", .values = BOUNDARY_VALUES, .get = field_get_boundary),
	FIELD("picket.tee.name", "tee.name", KIND(TEE_REQUEST), STRING, "The trusted execution environment.",
	      .values = "sgx sev tdx tee tsm uv", .get = field_get_tee),
	FIELD("picket.tee.device", "tee.device", KIND(TEE_REQUEST), STRING, "Device that was asked.",
	      .get = field_get_tee_device),
	FIELD("picket.tee.request", "tee.request", KIND(TEE_REQUEST), INTEGER, "Command of ioctl(2).",
	      .get = field_get_tee_request),
	FIELD("picket.tee.error", "tee.error", KIND(TEE_REQUEST), STRING,
	      "Why the request failed; absent when it succeeded.", .syntax = SYNTAX_ERROR_NAME, .get = field_get_error),
	FIELD("picket.event.io_uring", "event.io_uring", KINDS_PROCESS, BOOLEAN,
	      "The operation came through io_uring, not by a system call.", .get = field_get_io_uring),
	FIELD("picket.event.compat", "event.compat", KINDS_PROCESS, BOOLEAN, "A 32-bit system call.",
	      .get = field_get_compat),
};

const size_t catalogue_field_count = ARRAY_SIZE(catalogue_fields);
