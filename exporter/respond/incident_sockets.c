/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/incident_sockets.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "respond/proc_text.h"

#define NAMESPACES_MAX 8
#define NAMESPACE_SIZE 64
#define UNIX_PATH_SIZE 128

struct entry {
	uint64_t inode;
	const char *protocol; /* static */
	const char *state;    /* static; NULL: has none */
	char local[UNIX_PATH_SIZE], remote[PROC_TEXT_ADDRESS_SIZE];
};

struct incident_sockets {
	struct entry *entries;
	size_t count;
	char namespaces[NAMESPACES_MAX][NAMESPACE_SIZE];
	size_t namespace_count;
};

struct incident_sockets *incident_sockets_new(void)
{
	struct incident_sockets *sockets = calloc(1, sizeof(*sockets));

	if (sockets)
		sockets->entries = calloc(INCIDENT_SOCKETS_MAX, sizeof(*sockets->entries));
	if (sockets && !sockets->entries) {
		free(sockets);
		return NULL;
	}
	return sockets;
}

void incident_sockets_free(struct incident_sockets *sockets)
{
	if (sockets)
		free(sockets->entries);
	free(sockets);
}

static bool read_internet(const char *line, struct entry *entry)
{
	bool has_states = strncmp(entry->protocol, "tcp", 3) == 0;
	struct proc_socket socket;

	if (proc_text_socket(line, &socket))
		return false;
	entry->inode = socket.inode;
	strcpy(entry->local, socket.local);
	strcpy(entry->remote, socket.remote);
	entry->state = has_states ? proc_text_socket_state(socket.state) : NULL;
	return true;
}

static bool read_unix(const char *line, struct entry *entry)
{
	const char *path;

	if (proc_text_unix_socket(line, &entry->inode, &path))
		return false;
	snprintf(entry->local, sizeof(entry->local), "%s", path);
	return true;
}

static const struct {
	const char *file, *protocol;
	bool (*read)(const char *line, struct entry *entry);
} tables[] = {
	{ "net/tcp", "tcp", read_internet }, { "net/tcp6", "tcp", read_internet },
	{ "net/udp", "udp", read_internet }, { "net/udp6", "udp", read_internet },
	{ "net/raw", "raw", read_internet }, { "net/raw6", "raw", read_internet },
	{ "net/unix", "unix", read_unix },
};

static void read_table(struct incident_sockets *sockets, struct incident_bounds *bounds, int process_fd, size_t table)
{
	int fd = openat(process_fd, tables[table].file, O_RDONLY | O_CLOEXEC);
	AUTO_FCLOSE FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	AUTO_FREE char *line = NULL;
	size_t room = 0;

	if (!file) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while (!incident_bounds_over(bounds) && getline(&line, &room, file) > 0) {
		struct entry *entry = &sockets->entries[sockets->count];

		if (sockets->count == INCIDENT_SOCKETS_MAX) {
			incident_left_out(bounds, "more than %d sockets", INCIDENT_SOCKETS_MAX);
			return;
		}
		line[strcspn(line, "\n")] = '\0';
		*entry = (struct entry){ .protocol = tables[table].protocol };
		sockets->count += tables[table].read(line, entry);
	}
}

void incident_sockets_read(struct incident_sockets *sockets, struct incident_bounds *bounds, int process_fd,
			   const char *namespace)
{
	for (size_t i = 0; i < sockets->namespace_count; i++)
		if (strcmp(sockets->namespaces[i], namespace) == 0)
			return;
	if (sockets->namespace_count == NAMESPACES_MAX) {
		incident_left_out(bounds, "sockets of more than %d network namespaces", NAMESPACES_MAX);
		return;
	}
	snprintf(sockets->namespaces[sockets->namespace_count++], NAMESPACE_SIZE, "%s", namespace);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		read_table(sockets, bounds, process_fd, i);
}

json_t *incident_sockets_find(const struct incident_sockets *sockets, struct incident_bounds *bounds, uint64_t inode)
{
	for (size_t i = 0; i < sockets->count; i++) {
		const struct entry *entry = &sockets->entries[i];
		json_t *object;

		if (entry->inode != inode)
			continue;
		object = json_object();
		json_object_set_new(object, "protocol", json_string(entry->protocol));
		incident_set_text(bounds, object, "local", entry->local, sizeof(entry->local));
		if (*entry->remote)
			incident_set_text(bounds, object, "remote", entry->remote, sizeof(entry->remote));
		if (entry->state)
			json_object_set_new(object, "state", json_string(entry->state));
		return object;
	}
	return NULL;
}
