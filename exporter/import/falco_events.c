/* SPDX-License-Identifier: GPL-2.0-only */
#include "import/falco_events.h"

#include <string.h>

#include "cleanup.h"

const char FALCO_NOT_NEGATIVE[] = ">=0", FALCO_NEGATIVE[] = "<0";

#define MAKES_NO_MATTER "picket's event holds other calls with the same effect as well: "
#define OPENS_NOTE MAKES_NO_MATTER "openat2, creat, open_by_handle_at and io_uring"
#define CHANGE(operation_name, note_text, further_1, further_2, type_1, type_2) \
	CHANGE_OF(operation_name, "", FALCO_SUCCESS, NULL, note_text, further_1, further_2, type_1, type_2), \
		CHANGE_OF(operation_name, "_refused", FALCO_FAILURE, "file.error", note_text, further_1, further_2, \
			  type_1, type_2)
#define CHANGE_OF(operation_name, suffix_text, outcome_id, error, note_text, further_1, further_2, type_1, type_2) \
	{ \
		.kind = PICKET_KIND_FILE_MODIFY, .suffix = "_" operation_name suffix_text, \
		.types = { type_1, type_2 }, .further = { further_1, further_2 }, .further_note = (note_text), \
		.fixed = { { "file.operation", OPERATOR_EQUALS, operation_name }, { error, OPERATOR_GLOB, "*" } }, \
		.outcome = (outcome_id), .error_field = "file.error" \
	}
#define PRIVILEGED(name, note_text) \
	{ \
		.kind = PICKET_KIND_PRIVILEGED_OPERATION, .suffix = "_" name, .types = { name }, \
		.fixed = { { "operation.syscall", OPERATOR_EQUALS, name } }, .outcome = FALCO_ANY_OUTCOME, \
		.error_field = "operation.error", .note = (note_text) \
	}
#define SOCKET_KNOWN \
	{ "fd.sockfamily", "ip" }, \
	{ \
		"fd.num", FALCO_NOT_NEGATIVE \
	}
#define NO_ADDRESS \
	{ "fd.typechar", "u" }, { "fd.type", "unix" }, { "fd.sockfamily", "unix" }, { "fd.l4proto", NULL }, \
	{ \
		"fd.address", NULL \
	}
#define LOCAL_SOCKETS(name) \
	"it also holds for " name " of local sockets, which picket does not see: add fd.typechar in (4, 6)"

/* clang-format off: a table */
const struct falco_event falco_events[] = {
	{ .kind = PICKET_KIND_PROCESS_EXEC,
	  .suffix = "_process_exec",
	  .types = { "execve" },
	  .further = { "execveat" },
	  .further_note = MAKES_NO_MATTER "execveat",
	  .known = { { "fd.typechar", NULL }, { "fd.name", NULL } },
	  .outcome = FALCO_SUCCESS,
	  .note = "programs that could not be started are not seen" },
	{ .kind = PICKET_KIND_PROCESS_EXIT,
	  .suffix = "_process_exit",
	  .types = { "procexit" },
	  .outcome = FALCO_SUCCESS,
	  .note = "the end of a process is one event, not one of each thread" },
	{ .kind = PICKET_KIND_FILE_OPEN,
	  .suffix = "_file_open",
	  .types = { "open", "openat" },
	  .further = { "openat2", "creat", "open_by_handle_at" },
	  .further_note = OPENS_NOTE,
	  .known = { { "fd.num", FALCO_NOT_NEGATIVE } },
	  .outcome = FALCO_SUCCESS },
	{ .kind = PICKET_KIND_FILE_OPEN,
	  .suffix = "_file_open_refused",
	  .types = { "open", "openat" },
	  .further = { "openat2", "creat", "open_by_handle_at" },
	  .further_note = OPENS_NOTE,
	  .fixed = { { "file.error", OPERATOR_GLOB, "*" } },
	  .known = { { "fd.num", "-1" }, { "fd.typechar", "f" }, { "fd.type", "file" } },
	  .outcome = FALCO_FAILURE,
	  .error_field = "file.error" },
	CHANGE("delete", MAKES_NO_MATTER "rmdir", "rmdir", NULL, "unlink", "unlinkat"),
	CHANGE("rename", MAKES_NO_MATTER "renameat2", "renameat2", NULL, "rename", "renameat"),
	CHANGE("link", NULL, NULL, NULL, "link", "linkat"),
	CHANGE("symlink", NULL, NULL, NULL, "symlink", "symlinkat"),
	CHANGE("mkdir", NULL, NULL, NULL, "mkdir", "mkdirat"),
	CHANGE("mknod", NULL, NULL, NULL, "mknod", "mknodat"),
	CHANGE("mode", MAKES_NO_MATTER "fchmod and fchmodat2", "fchmod", "fchmodat2", "chmod", "fchmodat"),
	CHANGE("owner", MAKES_NO_MATTER "lchown and fchown", "lchown", "fchown", "chown", "fchownat"),
	{ .kind = PICKET_KIND_NETWORK_CONNECT,
	  .suffix = "_network_connect",
	  .types = { "connect" },
	  .known = { SOCKET_KNOWN },
	  .outcome = FALCO_UNKNOWN_OUTCOME,
	  .error_field = "network.error" },
	{ .types = { "connect" }, .known = { NO_ADDRESS }, .unseen = LOCAL_SOCKETS("connections") },
	{ .kind = PICKET_KIND_NETWORK_SEND,
	  .suffix = "_network_send",
	  .types = { "sendto", "sendmsg" },
	  .further = { "sendmmsg" },
	  .further_note = MAKES_NO_MATTER "sendmmsg",
	  .known = { SOCKET_KNOWN, { "fd.connected", "false" }, { "fd.name_changed", "true" } },
	  .outcome = FALCO_UNKNOWN_OUTCOME,
	  .error_field = "network.error" },
	{ .types = { "sendto", "sendmsg" }, .known = { NO_ADDRESS }, .unseen = LOCAL_SOCKETS("sending") },
	{ .types = { "sendto", "sendmsg" },
	  .known = { { "fd.connected", "true" } },
	  .unseen = "it also holds for sending over a connection, which is no event: add fd.connected=false" },
	{ .types = { "sendto", "sendmsg" },
	  .known = { { "fd.name_changed", "false" } },
	  .unseen =
		  "it also holds for sending to the same address again, which is no event: add fd.name_changed=true" },
	{ .kind = PICKET_KIND_NETWORK_ACCEPT,
	  .suffix = "_network_accept",
	  .types = { "accept", "accept4" },
	  .known = { SOCKET_KNOWN },
	  .outcome = FALCO_SUCCESS,
	  .note = "only connections that were accepted are seen" },
	{ .types = { "accept", "accept4" }, .known = { NO_ADDRESS }, .unseen = LOCAL_SOCKETS("connections") },
	{ .kind = PICKET_KIND_NETWORK_LISTEN,
	  .suffix = "_network_listen",
	  .types = { "listen" },
	  .known = { SOCKET_KNOWN },
	  .outcome = FALCO_UNKNOWN_OUTCOME,
	  .error_field = "network.error" },
	{ .types = { "listen" }, .known = { NO_ADDRESS }, .unseen = LOCAL_SOCKETS("listening") },
	{ .kind = PICKET_KIND_NETWORK_BIND,
	  .suffix = "_network_bind",
	  .types = { "bind" },
	  .known = { SOCKET_KNOWN },
	  .outcome = FALCO_UNKNOWN_OUTCOME,
	  .error_field = "network.error" },
	{ .types = { "bind" }, .known = { NO_ADDRESS }, .unseen = LOCAL_SOCKETS("binding") },
	PRIVILEGED("mount", NULL),
	PRIVILEGED("umount2", NULL),
	PRIVILEGED("pivot_root", NULL),
	PRIVILEGED("chroot", NULL),
	PRIVILEGED("setns", NULL),
	PRIVILEGED("unshare", NULL),
	PRIVILEGED("ptrace", NULL),
	{ .types = { "ptrace" },
	  .known = { { "evt.arg.request", "PTRACE_OTHER" } },
	  .unseen = "it also holds for requests that picket does not see: add evt.arg.request in (PTRACE_TRACEME, "
		    "PTRACE_ATTACH, PTRACE_SEIZE)" },
	PRIVILEGED("process_vm_readv", NULL),
	PRIVILEGED("process_vm_writev", NULL),
	PRIVILEGED("init_module", NULL),
	PRIVILEGED("finit_module", NULL),
	PRIVILEGED("delete_module", NULL),
	PRIVILEGED("bpf", NULL),
	PRIVILEGED("perf_event_open", NULL),
	PRIVILEGED("kexec_load", NULL),
	PRIVILEGED("kexec_file_load", NULL),
	PRIVILEGED("add_key", NULL),
	PRIVILEGED("request_key", NULL),
	PRIVILEGED("keyctl", NULL),
	PRIVILEGED("userfaultfd", NULL),
	PRIVILEGED("memfd_create", NULL),
	PRIVILEGED("io_uring_setup", NULL),
	PRIVILEGED("settimeofday", NULL),
	PRIVILEGED("clock_settime", NULL),
	PRIVILEGED("syslog", NULL),
	PRIVILEGED("quotactl", NULL),
	PRIVILEGED("acct", NULL),
	PRIVILEGED("swapon", NULL),
	PRIVILEGED("swapoff", NULL),
	PRIVILEGED("reboot", NULL),
	PRIVILEGED("sethostname", NULL),
	PRIVILEGED("name_to_handle_at", NULL),
};
/* clang-format on */

const size_t falco_event_count = ARRAY_SIZE(falco_events);

static bool has_type(const char *const types[FALCO_EVENT_TYPES], const char *type)
{
	for (size_t i = 0; i < FALCO_EVENT_TYPES && types[i]; i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

bool falco_event_of_type(const char *type)
{
	for (size_t i = 0; i < falco_event_count; i++)
		if (has_type(falco_events[i].types, type) || has_type(falco_events[i].further, type))
			return true;
	return false;
}
