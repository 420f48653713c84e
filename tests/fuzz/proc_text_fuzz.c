/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as the texts of procfs that snapshots read: all is bounded and NUL-terminated. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "respond/proc_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t size)
{
	if (!memchr(text, '\0', size))
		abort();
}

static void read_line(const char *line)
{
	struct proc_mount mount;
	struct proc_socket socket;
	const char *path;
	uint64_t inode;

	if (!proc_text_mount(line, &mount)) {
		check_text(mount.root, sizeof(mount.root));
		check_text(mount.point, sizeof(mount.point));
		check_text(mount.source, sizeof(mount.source));
		check_text(mount.type, sizeof(mount.type));
		check_text(mount.options, sizeof(mount.options));
	}
	if (!proc_text_socket(line, &socket)) {
		check_text(socket.local, sizeof(socket.local));
		check_text(socket.remote, sizeof(socket.remote));
		if (!*proc_text_socket_state(socket.state))
			abort();
	}
	if (!proc_text_unix_socket(line, &inode, &path) && (path < line || path > line + strlen(line)) && *path)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *line, *save;
	struct proc_status status;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (!proc_text_status(text, &status)) {
		check_text(status.name, sizeof(status.name));
		if (!status.state || status.group_count > PROC_TEXT_GROUPS_MAX)
			abort();
	}
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		read_line(line);
	free(text);
	return 0;
}
