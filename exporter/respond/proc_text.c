/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/proc_text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

static void read_name(struct proc_status *status, const char *value)
{
	snprintf(status->name, sizeof(status->name), "%.*s", (int)strcspn(value, "\n"), value);
}

static void read_state(struct proc_status *status, const char *value)
{
	status->state = *value >= 'A' && *value <= 'z' ? *value : '\0';
}

static void read_parent(struct proc_status *status, const char *value)
{
	status->parent_pid = strtoul(value, NULL, 10);
}

static void read_tracer(struct proc_status *status, const char *value)
{
	status->tracer_pid = strtoul(value, NULL, 10);
}

static void read_threads(struct proc_status *status, const char *value)
{
	status->threads = strtoul(value, NULL, 10);
}

static size_t read_numbers(const char *value, uint32_t *numbers, size_t max)
{
	const char *end = value + strcspn(value, "\n");
	size_t count = 0;

	while (count < max && value < end) {
		char *after;
		unsigned long number = strtoul(value, &after, 10);

		if (after == value || after > end)
			break;
		numbers[count++] = number;
		value = after;
	}
	return count;
}

static void read_uids(struct proc_status *status, const char *value)
{
	read_numbers(value, status->uids, ARRAY_SIZE(status->uids));
}

static void read_gids(struct proc_status *status, const char *value)
{
	read_numbers(value, status->gids, ARRAY_SIZE(status->gids));
}

static void read_groups(struct proc_status *status, const char *value)
{
	status->group_count = read_numbers(value, status->groups, ARRAY_SIZE(status->groups));
}

/* From the outermost namespace that the reader sees to its own: the last one counts. */
static void read_namespace_pids(struct proc_status *status, const char *value)
{
	uint32_t pids[32];
	size_t count = read_numbers(value, pids, ARRAY_SIZE(pids));

	status->namespace_pid = count ? pids[count - 1] : 0;
}

static void read_no_new_privileges(struct proc_status *status, const char *value)
{
	status->no_new_privileges = *value == '1';
}

static void read_seccomp(struct proc_status *status, const char *value)
{
	status->seccomp = strtoul(value, NULL, 10);
}

static void read_resident(struct proc_status *status, const char *value)
{
	status->resident_kib = strtoull(value, NULL, 10);
}

#define CAPABILITY_READER(name, set) \
	static void name(struct proc_status *status, const char *value) \
	{ \
		status->capabilities[set] = strtoull(value, NULL, 16); \
	}
CAPABILITY_READER(read_inheritable, PROC_CAPABILITIES_INHERITABLE)
CAPABILITY_READER(read_permitted, PROC_CAPABILITIES_PERMITTED)
CAPABILITY_READER(read_effective, PROC_CAPABILITIES_EFFECTIVE)
CAPABILITY_READER(read_bounding, PROC_CAPABILITIES_BOUNDING)
CAPABILITY_READER(read_ambient, PROC_CAPABILITIES_AMBIENT)

static const struct {
	const char *key;
	void (*read)(struct proc_status *status, const char *value);
} status_keys[] = {
	{ "Name:", read_name },		 { "State:", read_state },	{ "PPid:", read_parent },
	{ "TracerPid:", read_tracer },	 { "Threads:", read_threads },	{ "Uid:", read_uids },
	{ "Gid:", read_gids },		 { "Groups:", read_groups },	{ "NSpid:", read_namespace_pids },
	{ "CapInh:", read_inheritable }, { "CapPrm:", read_permitted }, { "CapEff:", read_effective },
	{ "CapBnd:", read_bounding },	 { "CapAmb:", read_ambient },	{ "NoNewPrivs:", read_no_new_privileges },
	{ "Seccomp:", read_seccomp },	 { "VmRSS:", read_resident },
};

static void read_status_line(struct proc_status *status, const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(status_keys); i++) {
		size_t size = strlen(status_keys[i].key);

		if (strncmp(line, status_keys[i].key, size) != 0)
			continue;
		status_keys[i].read(status, line + size + strspn(line + size, " \t"));
		return;
	}
}

int proc_text_status(const char *text, struct proc_status *ret_status)
{
	struct proc_status status = { 0 };

	while (*text) {
		read_status_line(&status, text);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	if (!status.state)
		return -EBADMSG;
	*ret_status = status;
	return 0;
}

static bool is_octal(const char *text)
{
	return text[0] >= '0' && text[0] <= '3' && text[1] >= '0' && text[1] <= '7' && text[2] >= '0' && text[2] <= '7';
}

/* One field, "\040" for a blank and the like. Return: what is behind it; NULL: there is none. */
static const char *take_field(const char *text, char *buffer, size_t size)
{
	size_t used = 0;

	if (!text || !*text)
		return NULL;
	for (; *text && *text != ' '; text++) {
		char byte = *text;

		if (byte == '\\' && is_octal(text + 1)) {
			byte = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
			text += 3;
		}
		if (byte && used + 1 < size)
			buffer[used++] = byte;
	}
	buffer[used] = '\0';
	return *text ? text + 1 : text;
}

/* "id parent major:minor root point options [tag ...] - type source options" */
int proc_text_mount(const char *line, struct proc_mount *ret_mount)
{
	struct proc_mount mount;
	const char *text;
	char field[PROC_TEXT_NAME_SIZE];

	text = take_field(line, field, sizeof(field));
	text = take_field(text, field, sizeof(field));
	text = take_field(text, field, sizeof(field));
	if (!text || sscanf(field, "%" SCNu32 ":%" SCNu32, &mount.major, &mount.minor) != 2)
		return -EBADMSG;
	text = take_field(text, mount.root, sizeof(mount.root));
	text = take_field(text, mount.point, sizeof(mount.point));
	text = take_field(text, mount.options, sizeof(mount.options));
	do
		text = take_field(text, field, sizeof(field));
	while (text && strcmp(field, "-") != 0);
	text = take_field(text, mount.type, sizeof(mount.type));
	text = take_field(text, mount.source, sizeof(mount.source));
	if (!text)
		return -EBADMSG;
	*ret_mount = mount;
	return 0;
}

/* Words of 8 hex digits as the kernel has them in memory: an IPv4 address has one, IPv6 four. */
static int read_address(const char *text, char buffer[PROC_TEXT_ADDRESS_SIZE])
{
	size_t digits = strspn(text, "0123456789ABCDEFabcdef");
	char address[INET6_ADDRSTRLEN];
	uint32_t words[4] = { 0 };
	unsigned int port;

	if ((digits != 8 && digits != 32) || text[digits] != ':' || sscanf(text + digits + 1, "%4x", &port) != 1)
		return -EBADMSG;
	for (size_t i = 0; i < digits / 8; i++)
		if (sscanf(text + 8 * i, "%8" SCNx32, &words[i]) != 1)
			return -EBADMSG;
	if (!inet_ntop(digits == 8 ? AF_INET : AF_INET6, words, address, sizeof(address)))
		return -EBADMSG;
	snprintf(buffer, PROC_TEXT_ADDRESS_SIZE, digits == 8 ? "%s:%u" : "[%s]:%u", address, port);
	return 0;
}

/* "0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 uid timeout inode ..." */
int proc_text_socket(const char *line, struct proc_socket *ret_socket)
{
	char local[48], remote[48];
	struct proc_socket socket;

	if (sscanf(line, " %*[0-9]: %47s %47s %2x %*s %*s %*s %*s %*s %" SCNu64, local, remote, &socket.state,
		   &socket.inode) != 4)
		return -EBADMSG;
	if (read_address(local, socket.local) || read_address(remote, socket.remote))
		return -EBADMSG;
	*ret_socket = socket;
	return 0;
}

const char *proc_text_socket_state(unsigned int state)
{
	static const char *const names[] = {
		"unknown", "established", "syn_sent", "syn_received", "fin_wait_1", "fin_wait_2",   "time_wait",
		"closed",  "close_wait",  "last_ack", "listen",	      "closing",    "syn_received",
	};

	return state < ARRAY_SIZE(names) ? names[state] : "unknown";
}

/* "0000000000000000: 00000002 00000000 00010000 0001 01 12345 /run/x.sock" */
int proc_text_unix_socket(const char *line, uint64_t *ret_inode, const char **ret_path)
{
	uint64_t inode;
	int end = 0;

	if (sscanf(line, " %*[0-9a-fA-F]: %*s %*s %*s %*s %*s %" SCNu64 "%n", &inode, &end) != 1)
		return -EBADMSG;
	*ret_inode = inode;
	*ret_path = line[end] == ' ' ? line + end + 1 : "";
	return 0;
}
