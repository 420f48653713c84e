/* SPDX-License-Identifier: GPL-2.0-only */
#include "import/falco_fields.h"

#include "cleanup.h"

#define KIND(id) (1ULL << PICKET_KIND_##id)
#define EVERY_KIND (~0ULL)
#define SENT (KIND(NETWORK_CONNECT) | KIND(NETWORK_SEND))
#define OWN (KIND(NETWORK_BIND) | KIND(NETWORK_LISTEN))
#define ACCEPTED KIND(NETWORK_ACCEPT)
#define SOCKETS (SENT | OWN | ACCEPTED)
#define OPENED KIND(FILE_OPEN)
#define CHANGED KIND(FILE_MODIFY)

#define ARGUMENTS_NOTE "of the arguments the first 511 bytes are known"
#define ANCESTORS_NOTE "of the ancestors the nearest 6 are known"
#define USER_NOTE "user and group ids are those of the host, also in user namespaces"

/* clang-format off: a table */
const struct falco_field falco_fields[] = {
	{ "proc.name", NULL, EVERY_KIND, "process.name", FIELD_ALWAYS, NULL },
	{ "proc.aname", "0", EVERY_KIND, "process.name", FIELD_ALWAYS, NULL },
	{ "proc.aname", "1", EVERY_KIND, "process.parent.name", 0, NULL },
	{ "proc.aname", NULL, EVERY_KIND, "process.ancestors", FIELD_SEVERAL, ANCESTORS_NOTE },
	{ "proc.pname", NULL, EVERY_KIND, "process.parent.name", 0, NULL },
	{ "proc.exepath", NULL, EVERY_KIND, "process.executable.path", FIELD_ALWAYS, NULL },
	{ "proc.cmdline", NULL, EVERY_KIND, "process.name_and_arguments", FIELD_ALWAYS, ARGUMENTS_NOTE },
	{ "proc.args", NULL, EVERY_KIND, "process.arguments", FIELD_ALWAYS, ARGUMENTS_NOTE },
	{ "proc.pid", NULL, EVERY_KIND, "process.pid", FIELD_ALWAYS, NULL },
	{ "proc.vpid", NULL, EVERY_KIND, "process.vpid", FIELD_ALWAYS, NULL },
	{ "proc.ppid", NULL, EVERY_KIND, "process.parent_pid", 0, NULL },
	{ "proc.is_exe_upper_layer", NULL, EVERY_KIND, "process.upper_layer", FIELD_ALWAYS, NULL },
	{ "proc.is_exe_from_memfd", NULL, EVERY_KIND, "process.memfd", FIELD_ALWAYS, NULL },
	{ "user.uid", NULL, EVERY_KIND, "process.user.id", FIELD_ALWAYS, USER_NOTE },
	{ "group.gid", NULL, EVERY_KIND, "process.group.id", FIELD_ALWAYS, USER_NOTE },
	{ "container.name", NULL, EVERY_KIND, "container.name", FIELD_ALWAYS, NULL },
	{ "container.image", NULL, EVERY_KIND, "container.image", 0, NULL },
	{ "container.image.repository", NULL, EVERY_KIND, "container.image.name", 0, NULL },
	{ "k8s.ns.name", NULL, EVERY_KIND, "k8s.namespace.name", 0, NULL },
	{ "k8s.pod.name", NULL, EVERY_KIND, "k8s.pod.name", 0, NULL },
	{ "k8s.pod.uid", NULL, EVERY_KIND, "k8s.pod.uid", 0, NULL },
	{ "fd.name", NULL, OPENED, "file.path", FIELD_ALWAYS, NULL },
	{ "fd.nameraw", NULL, OPENED, "file.requested_path", FIELD_ALWAYS, NULL },
	{ "fd.directory", NULL, OPENED, "file.directory", FIELD_ALWAYS, NULL },
	{ "fd.filename", NULL, OPENED, "file.name", FIELD_ALWAYS, NULL },
	{ "fs.path.name", NULL, OPENED, "file.path", FIELD_ALWAYS, NULL },
	{ "fs.path.name", NULL, CHANGED, "file.path", 0, NULL },
	{ "fs.path.source", NULL, CHANGED, "file.source_path", 0, NULL },
	{ "fs.path.target", NULL, CHANGED, "file.path", 0, NULL },
	{ "evt.abspath", NULL, CHANGED, "file.path", 0, NULL },
	{ "fd.sip", NULL, SENT, "destination.address", FIELD_ALWAYS, NULL },
	{ "fd.snet", NULL, SENT, "destination.address", FIELD_ALWAYS, NULL },
	{ "fd.sport", NULL, SENT, "destination.port", FIELD_ALWAYS, NULL },
	{ "fd.rip", NULL, SENT, "destination.address", FIELD_ALWAYS, NULL },
	{ "fd.rnet", NULL, SENT, "destination.address", FIELD_ALWAYS, NULL },
	{ "fd.rport", NULL, SENT, "destination.port", FIELD_ALWAYS, NULL },
	{ "fd.rip", NULL, ACCEPTED, "source.address", FIELD_ALWAYS, NULL },
	{ "fd.rnet", NULL, ACCEPTED, "source.address", FIELD_ALWAYS, NULL },
	{ "fd.rport", NULL, ACCEPTED, "source.port", FIELD_ALWAYS, NULL },
	{ "fd.cip", NULL, ACCEPTED, "source.address", FIELD_ALWAYS, NULL },
	{ "fd.cnet", NULL, ACCEPTED, "source.address", FIELD_ALWAYS, NULL },
	{ "fd.cport", NULL, ACCEPTED, "source.port", FIELD_ALWAYS, NULL },
	{ "fd.sport", NULL, ACCEPTED | OWN, "network.local.port", FIELD_ALWAYS, NULL },
	{ "fd.lport", NULL, ACCEPTED | OWN, "network.local.port", FIELD_ALWAYS, NULL },
	{ "fd.sip", NULL, OWN, "network.local.address", FIELD_ALWAYS, NULL },
	{ "fd.lip", NULL, OWN, "network.local.address", FIELD_ALWAYS, NULL },
	{ "fd.l4proto", NULL, SOCKETS, "network.transport", FIELD_ALWAYS, NULL },
	{ "proc.exe", NULL, EVERY_KIND, NULL, 0,
	  "the first argument alone is no field; write proc.name or proc.exepath" },
	{ "proc.pcmdline", NULL, EVERY_KIND, NULL, 0, "of the parent only the name is known; write proc.pname" },
	{ "proc.pexepath", NULL, EVERY_KIND, NULL, 0, "of the parent only the name is known; write proc.pname" },
	{ "proc.tty", NULL, EVERY_KIND, NULL, 0,
	  "picket knows whether standard input is a terminal (process.interactive), which is not the same" },
	{ "user.name", NULL, EVERY_KIND, NULL, 0, "users are known by their ids; write user.uid" },
	{ "user.loginuid", NULL, EVERY_KIND, NULL, 0, "picket does not know who logged in" },
	{ "container.privileged", NULL, EVERY_KIND, NULL, 0,
	  "that is no field, but the metric picket_container_posture" },
	{ "fd.name", NULL, SOCKETS, NULL, 0, "write fd.sip and fd.sport for a connection" },
};
/* clang-format on */

const size_t falco_field_count = ARRAY_SIZE(falco_fields);
