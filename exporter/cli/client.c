/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"

#define DEFAULT_SOCKET "/run/picket/control.sock"

static const char *socket_path(void)
{
	const char *path = getenv("PICKET_SOCKET");

	return path && *path ? path : DEFAULT_SOCKET;
}

/* Return: a descriptor, or -errno. */
static int connect_daemon(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(socket_path()) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, socket_path());
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

bool client_running(void)
{
	AUTO_CLOSE int fd = connect_daemon();

	return fd >= 0;
}

static int complain(int error)
{
	if (error == -ENOENT || error == -ECONNREFUSED)
		fprintf(stderr, "picket: no daemon answers at %s; start one with `picket`, or set PICKET_SOCKET\n",
			socket_path());
	else if (error == -EACCES)
		fprintf(stderr, "picket: %s is for root only; try sudo\n", socket_path());
	else
		fprintf(stderr, "picket: %s: %s\n", socket_path(), strerror(-error));
	return 1;
}

/* Return: 1 to go on, 0 at the end, -1 when the daemon refused. */
static int take_line(const char *line, client_answer *on_answer, void *context)
{
	json_t *answer = json_loads(line, 0, NULL);
	const char *error = json_string_value(json_object_get(answer, "error"));
	int result = 1;

	if (!json_is_object(answer)) {
		fprintf(stderr, "picket: the daemon's answer cannot be read\n");
		result = -1;
	} else if (error) {
		fprintf(stderr, "picket: %s\n", error);
		result = -1;
	} else if (json_is_true(json_object_get(answer, "end"))) {
		result = 0;
	} else if (!on_answer(context, answer)) {
		result = 0;
	}
	json_decref(answer);
	return result;
}

int client_ask(json_t *request, client_answer *on_answer, void *context)
{
	AUTO_FREE char *text = json_dumps(request, JSON_COMPACT), *line = NULL;
	AUTO_FCLOSE FILE *stream = NULL;
	size_t size = 0;
	int fd = connect_daemon(), more = 1;

	json_decref(request);
	if (fd < 0)
		return complain(fd);
	stream = fdopen(fd, "r+");
	if (!stream || !text || fprintf(stream, "%s\n", text) < 0 || fflush(stream))
		return complain(-EIO);
	while (more == 1 && getline(&line, &size, stream) > 0)
		more = take_line(line, on_answer, context);
	if (more == 1) {
		fprintf(stderr, "picket: the daemon closed the connection\n");
		return 1;
	}
	return more < 0 ? 1 : 0;
}

const char *client_text(const json_t *object, const char *key)
{
	static char buffers[8][512];
	static unsigned int next;
	const char *text = json_string_value(json_object_get(object, key));
	char *buffer = buffers[next++ % ARRAY_SIZE(buffers)];

	snprintf(buffer, sizeof(buffers[0]), "%s", text ? text : "");
	for (char *byte = buffer; *byte; byte++)
		if ((unsigned char)*byte < ' ' || *byte == 0x7f)
			*byte = '?';
	return buffer;
}

static const struct client_option *find_option(const struct client_option *options, unsigned int count,
					       const char *argument)
{
	for (unsigned int i = 0; i < count; i++)
		if (strcmp(argument, options[i].long_name) == 0 ||
		    (options[i].short_name && strcmp(argument, options[i].short_name) == 0))
			return &options[i];
	return NULL;
}

int client_parse(int argc, char *const *argv, const struct client_option *options, unsigned int count, int positional)
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		const struct client_option *option = find_option(options, count, argv[i]);

		if (!option) {
			fprintf(stderr, "picket: unknown option '%s'; see 'picket %s --help'\n", argv[i], argv[0]);
			return -1;
		}
		if (option->flag) {
			*option->flag = true;
		} else if (i + 1 == argc) {
			fprintf(stderr, "picket: %s needs a value\n", argv[i]);
			return -1;
		} else {
			*option->value = argv[++i];
		}
	}
	if (argc - i > positional) {
		fprintf(stderr, "picket: unexpected argument '%s'; see 'picket %s --help'\n", argv[i + positional],
			argv[0]);
		return -1;
	}
	return i;
}
