/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/control_server.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "state/utf8.h"
#include "version.h"

#define REQUEST_MAX_BYTES 65536
#define UNREAD_MAX_BYTES (1 << 20)
#define CLIENTS_MAX 64
#define KEPT_FINDINGS 1000
#define BACKLOG 16

struct client {
	struct control_server *server;
	int fd;
	char *request;
	size_t request_size;
	char *unread; /* what the client has not taken yet */
	size_t unread_size;
	bool answered; /* one request per connection */
	bool follow;
	bool releasing; /* its release is under way: it must stay until the answer */
	bool gone;
	char *rule, *container;
	uint64_t lost; /* findings it was too slow for, not told yet */
	struct client *next;
};

/* A finding as JSON, with what followers may ask for. */
struct kept {
	char *line;
	char *rule, *container_id, *container_name;
};

struct control_server {
	struct event_loop *loop;
	struct control_server_options options;
	char *path;
	int fd;
	struct client *clients;
	unsigned int client_count;
	struct kept kept[KEPT_FINDINGS];
	size_t kept_first, kept_count;
};

static void on_client(void *context, int fd, uint32_t events);

static void client_free(struct client *client)
{
	struct client **link = &client->server->clients;

	if (client->releasing) {
		client->gone = true; /* freed when the release has ended */
		event_loop_unwatch(client->server->loop, client->fd);
		return;
	}
	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
	client->server->client_count--;
	event_loop_unwatch(client->server->loop, client->fd);
	close(client->fd);
	free(client->request);
	free(client->unread);
	free(client->rule);
	free(client->container);
	free(client);
}

/* Return: false when there would be too much unread, or no memory. */
static bool client_write(struct client *client, const char *text, size_t size)
{
	char *larger;

	if (client->unread_size + size > UNREAD_MAX_BYTES)
		return false;
	larger = realloc(client->unread, client->unread_size + size);
	if (!larger)
		return false;
	memcpy(larger + client->unread_size, text, size);
	client->unread = larger;
	client->unread_size += size;
	return true;
}

/* Takes @object. */
static bool client_send(struct client *client, json_t *object)
{
	AUTO_FREE char *line = json_dumps(object, JSON_COMPACT);
	bool sent;

	json_decref(object);
	if (!line)
		return false;
	sent = client_write(client, line, strlen(line)) && client_write(client, "\n", 1);
	return sent;
}

static void client_end(struct client *client)
{
	client_send(client, json_pack("{s:b}", "end", 1));
}

static void client_refuse(struct client *client, const char *why)
{
	client_send(client, json_pack("{s:s}", "error", why));
}

/* Send what waits. Return: false when the client is gone. */
static bool client_flush(struct client *client)
{
	while (client->unread_size) {
		ssize_t sent = send(client->fd, client->unread, client->unread_size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (sent <= 0)
			return false;
		memmove(client->unread, client->unread + sent, client->unread_size - sent);
		client->unread_size -= sent;
	}
	event_loop_watch(client->server->loop, client->fd, client->unread_size ? EPOLLIN | EPOLLOUT : EPOLLIN,
			 on_client, client);
	return true;
}

/* Any bytes as a JSON string. */
static json_t *json_text(const char *text)
{
	size_t size;
	AUTO_FREE char *repaired = utf8_repair(text, strlen(text), &size);

	return json_string(repaired ? repaired : "");
}

static json_t *container_counters(const struct control_server *server, const struct container *container)
{
	json_t *counters = json_object();
	char name[256];

	for (int i = 0; i < PICKET_COUNTER_COUNT; i++) {
		const struct counter_info *info = &counter_infos[i];

		snprintf(name, sizeof(name), "%s_total%s%s%s", counter_families[info->family].name,
			 *info->labels ? "{" : "", info->labels, *info->labels ? "}" : "");
		json_object_set_new(counters, name,
				    json_integer(counter_table_read(server->options.counters, server->options.registry,
								    container, i)));
	}
	return counters;
}

static json_t *container_json(const struct control_server *server, const struct container *container)
{
	json_t *object = json_object();

	json_object_set_new(object, "id", json_text(container->id));
	json_object_set_new(object, "name", json_text(container->name));
	json_object_set_new(object, "image", json_text(container->image));
	json_object_set_new(object, "pod", json_text(container->pod));
	json_object_set_new(object, "namespace", json_text(container->namespace));
	json_object_set_new(object, "pod_uid", json_text(container->pod_uid));
	json_object_set_new(object, "runtime", json_string(container->runtime));
	json_object_set_new(object, "isolation", json_string(container_isolation_name(container->isolation)));
	json_object_set_new(object, "quarantine", json_string(container->quarantine ? container->quarantine : ""));
	json_object_set_new(object, "cgroup", json_text(container->cgroup_path));
	json_object_set_new(object, "running", json_boolean(container->removed_unix_ns == 0));
	json_object_set_new(object, "counters", container_counters(server, container));
	return object;
}

static void answer_containers(struct client *client, const json_t *request)
{
	struct control_server *server = client->server;

	(void)request;
	for (size_t i = 0; i < registry_count(server->options.registry); i++) {
		const struct container *container = registry_at(server->options.registry, i);

		if (container->removed_unix_ns)
			continue;
		if (!client_send(client, container_json(server, container))) {
			/* what fits was sent; a list of thousands is for /metrics */
			client->unread_size = 0;
			client_refuse(client, "the list is too long for this socket; read /metrics instead");
			return;
		}
	}
	client_end(client);
}

static void answer_sensors(struct client *client, const json_t *request)
{
	(void)request;
	for (int i = 0; i < PICKET_SENSOR_COUNT; i++) {
		const struct sensor_status *status = &client->server->options.metrics->sensors[i];

		client_send(client, json_pack("{s:s, s:s, s:b, s:s}", "sensor", picket_sensor_name(i), "backend",
					      picket_backend_name(status->backend), "up", status->up, "reason",
					      status->reason));
	}
	client_end(client);
}

#define STATUS_NUMBER(field, kind, name, help) \
	json_object_set_new(status, name, json_integer(client->server->options.metrics->field));

static void answer_status(struct client *client, const json_t *request)
{
	json_t *status = json_pack("{s:s, s:b}", "version", PICKET_VERSION, "ready",
				   client->server->options.metrics->ready);

	(void)request;
	SELF_NUMBERS(STATUS_NUMBER)
	client_send(client, status);
	client_end(client);
}

static void on_released(void *context, int error, const char *text)
{
	struct client *client = context;

	client->releasing = false;
	if (client->gone) {
		client_free(client);
		return;
	}
	if (error) {
		client_refuse(client, text);
	} else {
		client_send(client, json_pack("{s:s}", "text", "released"));
		client_end(client);
	}
	if (!client_flush(client))
		client_free(client);
}

static void answer_release(struct client *client, const json_t *request)
{
	const struct control_server_options *options = &client->server->options;
	const char *name = json_string_value(json_object_get(request, "container"));
	struct container *container = name ? registry_find_by_name(options->registry, name) : NULL;

	if (!container || container->removed_unix_ns) {
		client_refuse(client, "no container, or more than one, has this name");
		return;
	}
	client->releasing = true;
	options->release(options->context, container, on_released, client);
}

static bool client_wants(const struct client *client, const struct kept *kept)
{
	if (client->rule && strcmp(client->rule, kept->rule) != 0)
		return false;
	return !client->container || strcmp(client->container, kept->container_name) == 0 ||
	       (strlen(client->container) >= 12 &&
		strncmp(client->container, kept->container_id, strlen(client->container)) == 0);
}

static void client_send_kept(struct client *client, const struct kept *kept)
{
	if (client->lost && client_send(client, json_pack("{s:I}", "lost", (json_int_t)client->lost)))
		client->lost = 0;
	if (!client->lost && client->unread_size + strlen(kept->line) + 1 <= UNREAD_MAX_BYTES &&
	    client_write(client, kept->line, strlen(kept->line)) && client_write(client, "\n", 1))
		return;
	client->lost++;
	client->server->options.metrics->lost[LOST_STREAM]++;
}

static const struct kept *kept_at(const struct control_server *server, size_t index)
{
	return &server->kept[(server->kept_first + index) % KEPT_FINDINGS];
}

static void answer_events(struct client *client, const json_t *request)
{
	const struct control_server *server = client->server;
	const char *rule = json_string_value(json_object_get(request, "rule"));
	const char *container = json_string_value(json_object_get(request, "container"));
	json_int_t lines = json_integer_value(json_object_get(request, "lines"));
	size_t start = server->kept_count;

	client->rule = rule ? strdup(rule) : NULL;
	client->container = container ? strdup(container) : NULL;
	while (start > 0 && lines > 0) {
		start--;
		lines -= client_wants(client, kept_at(server, start));
	}
	for (; start < server->kept_count; start++)
		if (client_wants(client, kept_at(server, start)))
			client_send_kept(client, kept_at(server, start));
	client->follow = json_is_true(json_object_get(request, "follow"));
	if (!client->follow)
		client_end(client);
}

static const struct {
	const char *name;
	void (*answer)(struct client *client, const json_t *request);
} commands[] = {
	{ "events", answer_events },   { "containers", answer_containers }, { "sensors", answer_sensors },
	{ "status", answer_status }, { "release", answer_release },
};

static void answer(struct client *client, size_t size)
{
	json_t *request = json_loadb(client->request, size, JSON_REJECT_DUPLICATES, NULL);
	const char *command = json_string_value(json_object_get(request, "command"));

	client->answered = true;
	for (size_t i = 0; command && i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, command) != 0)
			continue;
		commands[i].answer(client, request);
		json_decref(request);
		return;
	}
	client_refuse(client, request ? "unknown command" : "the request is not one line of JSON");
	json_decref(request);
}

/* Return: false when the client is gone. */
static bool client_read(struct client *client)
{
	char bytes[4096], *larger, *end;
	ssize_t size = recv(client->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (size < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK;
	if (size == 0)
		return false;
	if (client->answered)
		return true; /* whatever it says more */
	if (client->request_size + size > REQUEST_MAX_BYTES)
		return false;
	larger = realloc(client->request, client->request_size + size);
	if (!larger)
		return false;
	memcpy(larger + client->request_size, bytes, size);
	client->request = larger;
	client->request_size += size;
	end = memchr(client->request, '\n', client->request_size);
	if (end)
		answer(client, end - client->request);
	return true;
}

static void on_client(void *context, int fd, uint32_t events)
{
	struct client *client = context;

	(void)fd;
	if (((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && !client_read(client)) || !client_flush(client))
		client_free(client);
}

/* Root, or whoever runs the daemon. */
static bool peer_is_allowed(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

static void on_connection(void *context, int listen_fd, uint32_t events)
{
	struct control_server *server = context;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *client;

	(void)events;
	if (fd < 0)
		return;
	client = server->client_count < CLIENTS_MAX && peer_is_allowed(fd) ? calloc(1, sizeof(*client)) : NULL;
	if (!client || event_loop_watch(server->loop, fd, EPOLLIN, on_client, client)) {
		free(client);
		close(fd);
		return;
	}
	client->server = server;
	client->fd = fd;
	client->next = server->clients;
	server->clients = client;
	server->client_count++;
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
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat status;

	if (fd < 0)
		return -errno;
	if (lstat(address->sun_path, &status))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode))
		return -EEXIST;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
		return -EADDRINUSE;
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

int control_server_open(struct event_loop *loop, const struct control_server_options *options,
			struct control_server **ret_server, char **ret_error)
{
	struct control_server *server = calloc(1, sizeof(*server));
	int error;

	if (!server)
		return -ENOMEM;
	server->loop = loop;
	server->options = *options;
	server->fd = listen_at(options->path);
	if (server->fd < 0) {
		error = describe(options->path, server->fd, ret_error);
		free(server);
		return error;
	}
	server->path = strdup(options->path);
	error = event_loop_watch(loop, server->fd, EPOLLIN, on_connection, server);
	if (error || !server->path) {
		control_server_close(server);
		return error ? error : -ENOMEM;
	}
	*ret_server = server;
	return 0;
}

static void kept_clear(struct kept *kept)
{
	free(kept->line);
	free(kept->rule);
	free(kept->container_id);
	free(kept->container_name);
	memset(kept, 0, sizeof(*kept));
}

void control_server_close(struct control_server *server)
{
	if (!server)
		return;
	while (server->clients) {
		server->clients->releasing = false;
		client_free(server->clients);
	}
	for (size_t i = 0; i < KEPT_FINDINGS; i++)
		kept_clear(&server->kept[i]);
	event_loop_unwatch(server->loop, server->fd);
	close(server->fd);
	if (server->path)
		unlink(server->path);
	free(server->path);
	free(server);
}

/* Return: the finding's place among the kept ones, in the place of the oldest; NULL: no memory. */
static const struct kept *keep(struct control_server *server, const struct finding *finding)
{
	const struct container *container = finding->context.container;
	struct kept kept = {
		.line = finding_to_json(finding),
		.rule = strdup(finding->rule->name),
		.container_id = strdup(container ? container->id : ""),
		.container_name = strdup(container ? container->name : ""),
	};
	struct kept *place;

	if (!kept.line || !kept.rule || !kept.container_id || !kept.container_name) {
		kept_clear(&kept);
		return NULL;
	}
	if (server->kept_count == KEPT_FINDINGS) {
		kept_clear(&server->kept[server->kept_first]);
		server->kept_first = (server->kept_first + 1) % KEPT_FINDINGS;
		server->kept_count--;
	}
	place = &server->kept[(server->kept_first + server->kept_count++) % KEPT_FINDINGS];
	*place = kept;
	return place;
}

void control_server_publish(struct control_server *server, const struct finding *finding)
{
	const struct kept *kept = server ? keep(server, finding) : NULL;
	struct client *client, *next;

	if (!kept)
		return;
	for (client = server->clients; client; client = next) {
		next = client->next;
		if (!client->follow || !client_wants(client, kept))
			continue;
		client_send_kept(client, kept);
		if (!client_flush(client))
			client_free(client);
	}
}
