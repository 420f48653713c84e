/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "state/utf8.h"

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

	if (!json_is_object(answer) || error) {
		fprintf(stderr, "picket: %s\n", error ? error : "the daemon's answer cannot be read");
		result = -1;
	} else if (json_is_true(json_object_get(answer, "end")) || !on_answer(context, answer)) {
		result = 0;
	}
	json_decref(answer);
	return result;
}

/* One line. A daemon that hangs up at once has told why: that is for the reader to find. */
static int send_line(int fd, const char *text)
{
	struct iovec parts[] = { { (char *)text, strlen(text) }, { "\n", 1 } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = ARRAY_SIZE(parts) };
	ssize_t size = (ssize_t)(parts[0].iov_len + 1), sent;

	do
		sent = sendmsg(fd, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return errno == EPIPE || errno == ECONNRESET ? 0 : -errno;
	return sent == size ? 0 : -EIO;
}

int client_ask(json_t *request, client_answer *on_answer, void *context)
{
	AUTO_FREE char *text = json_dumps(request, JSON_COMPACT), *line = NULL;
	AUTO_FCLOSE FILE *stream = NULL;
	size_t size = 0;
	int fd = connect_daemon(), more = 1, error;

	json_decref(request);
	if (fd < 0)
		return complain(fd);
	stream = fdopen(fd, "r");
	if (!stream) {
		close(fd);
		return complain(-ENOMEM);
	}
	error = text ? send_line(fd, text) : -ENOMEM;
	if (error)
		return complain(error);
	while (more == 1 && getline(&line, &size, stream) > 0)
		more = take_line(line, on_answer, context);
	if (more == 1)
		fprintf(stderr, "picket: the daemon closed the connection\n");
	return more ? 1 : 0;
}

bool client_print_json(void *context, const json_t *answer)
{
	(void)context;
	json_dumpf(answer, stdout, JSON_COMPACT);
	putchar('\n');
	return fflush(stdout) == 0;
}

const char *client_string(const json_t *value, char buffer[CLIENT_TEXT_SIZE])
{
	const char *text = json_string_value(value);

	buffer[0] = '\0';
	if (text)
		utf8_append_printable(buffer, CLIENT_TEXT_SIZE, 0, text, strlen(text));
	return buffer;
}

const char *client_text(const json_t *object, const char *key, char buffer[CLIENT_TEXT_SIZE])
{
	return client_string(json_object_get(object, key), buffer);
}

void client_column(const json_t *object, const char *key, int width)
{
	char text[CLIENT_TEXT_SIZE];
	size_t used = 0, size;
	int columns = 0;

	client_text(object, key, text);
	while (columns < width && (size = utf8_character(text + used, strlen(text + used))) > 0) {
		used += size;
		columns++;
	}
	printf("%.*s%*s", (int)used, text, width - columns + 2, "");
}
