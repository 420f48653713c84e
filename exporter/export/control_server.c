/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/control_server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "export/control_client.h"

#define CLIENTS_MAX 64
#define BACKLOG 16

/* Root, or whoever runs the daemon. */
static bool peer_is_allowed(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == 0 || peer.uid == geteuid());
}

static void refuse(int fd, const char *line)
{
	send(fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

/* No descriptor is left: give the waiting client the spare one, only to hang up, else it would wake us for ever. */
static void hang_up(struct control_server *server, int listen_fd)
{
	int fd;

	close(server->spare_fd);
	fd = accept(listen_fd, NULL, NULL);
	if (fd >= 0)
		close(fd);
	server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void on_connection(void *context, int listen_fd, uint32_t events)
{
	struct control_server *server = context;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0 && (errno == EMFILE || errno == ENFILE))
		hang_up(server, listen_fd);
	if (fd < 0)
		return;
	if (!peer_is_allowed(fd))
		refuse(fd, "{\"error\":\"only root may ask\"}\n");
	else if (server->client_count == CLIENTS_MAX)
		refuse(fd, "{\"error\":\"too many clients; try again later\"}\n");
	else if (control_client_open(server, fd))
		refuse(fd, "{\"error\":\"no memory\"}\n");
}

/* The directory above the socket, for root only. */
static int make_directory(const char *path)
{
	AUTO_FREE char *directory = strdup(path);
	char *slash = directory ? strrchr(directory, '/') : NULL;

	if (!directory)
		return -ENOMEM;
	if (!slash || slash == directory)
		return 0;
	*slash = '\0';
	return mkdir(directory, 0700) && errno != EEXIST ? -errno : 0;
}

/* A socket file that nobody answers on is left over from a daemon that was killed. */
static int remove_stale(const struct sockaddr_un *address)
{
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat status;

	if (fd < 0)
		return -errno;
	if (lstat(address->sun_path, &status))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode))
		return -EEXIST;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN)
		return -EADDRINUSE;
	if (errno != ECONNREFUSED)
		return -errno;
	return unlink(address->sun_path) ? -errno : 0;
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t old_mask;
	int fd, error;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	error = make_directory(path);
	if (!error)
		error = remove_stale(&address);
	if (error)
		return error;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	old_mask = umask(0177);
	error = bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, BACKLOG) ? -errno : 0;
	umask(old_mask);
	if (error) {
		close(fd);
		return error;
	}
	return fd;
}

static int describe(const char *path, int error, char **ret_error)
{
	const char *what = error == -EADDRINUSE ? "another picket runs there; stop it or choose --control.socket"
			   : error == -EEXIST	? "is there already and is no socket; choose --control.socket"
						: strerror(-error);

	if (asprintf(ret_error, "%s: %s", path, what) < 0)
		*ret_error = NULL;
	return error;
}

static int start(struct control_server *server, char **ret_error)
{
	int fd;

	server->path = strdup(server->options.path);
	server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (!server->path)
		return -ENOMEM;
	fd = listen_at(server->path);
	if (fd < 0)
		return describe(server->path, fd, ret_error);
	server->fd = fd;
	return event_loop_watch(server->loop, fd, EPOLLIN, on_connection, server);
}

int control_server_open(struct event_loop *loop, const struct control_server_options *options,
			struct control_server **ret_server, char **ret_error)
{
	struct control_server *server = calloc(1, sizeof(*server));
	int error;

	if (!server)
		return -ENOMEM;
	server->loop = loop;
	server->options = *options;
	server->fd = server->spare_fd = -1;
	error = start(server, ret_error);
	if (error)
		control_server_close(server);
	else
		*ret_server = server;
	return error;
}

void control_server_close(struct control_server *server)
{
	if (!server)
		return;
	while (server->clients)
		control_client_close(server->clients);
	if (server->fd >= 0) {
		event_loop_unwatch(server->loop, server->fd);
		close(server->fd);
		unlink(server->path);
	}
	if (server->spare_fd >= 0)
		close(server->spare_fd);
	finding_history_clear(&server->history);
	free(server->path);
	free(server);
}

void control_server_publish(struct control_server *server, const struct finding *finding)
{
	struct control_client *client, *next;

	if (!server)
		return;
	if (finding_history_full(&server->history))
		for (client = server->clients; client; client = client->next)
			control_answer_skip(client);
	if (finding_history_add(&server->history, finding))
		server->options.metrics->lost[LOST_STREAM]++;
	for (client = server->clients; client; client = next) {
		next = client->next;
		if (client->follow)
			control_client_update(client);
	}
}
