/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/http_server.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "cleanup.h"
#include "export/http_server_internal.h"
#include "export/listen_address.h"

#define CONNECTIONS_MAX 128
#define CONNECTIONS_OF_ONE_MAX 96 /* one address leaves some to others */
#define CONNECTION_TIMEOUT_S 30
#define BODY_MAX_BYTES 65536
#define CONNECTION_MEMORY_BYTES 131072 /* headers of one request and one block of its answer */
#define RUNS_AT_ONCE 4		       /* blocks of an answer, before others have their turn */

void http_request_unref(struct request *request)
{
	if (--request->references)
		return;
	if (request->scrape) {
		scrape_free(request->scrape, request->delivered);
		request->server->scrapes--;
	}
	free(request);
}

/* The verdict on the password of a request that waits. */
static void on_checked(void *context, bool allowed)
{
	struct request *request = context;

	request->checked = true;
	request->allowed = allowed;
	MHD_resume_connection(request->connection);
	event_loop_set_timer(request->server->loop, request->server->timer, 1, 0); /* it is not looked at by itself */
}

static enum web_guard_verdict admit(struct request *request, struct MHD_Connection *connection)
{
	if (request->checked)
		return request->allowed ? WEB_GUARD_PASSES : WEB_GUARD_UNAUTHORIZED;
	request->connection = connection;
	return web_guard_admit(request->server->guard,
			       MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION),
			       on_checked, request);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *path,
				  const char *method, const char *version, const char *upload, size_t *upload_size,
				  void **request_context)
{
	struct request *request = *request_context;
	enum web_guard_verdict verdict;

	(void)version;
	(void)upload;
	if (!request) {
		request = calloc(1, sizeof(*request));
		if (!request)
			return MHD_NO;
		request->server = context;
		request->references = 1;
		*request_context = request;
		return MHD_YES; /* again when the headers are complete */
	}
	if (*upload_size) {
		request->body_size += *upload_size;
		*upload_size = 0; /* bodies are of no interest */
		return request->body_size > BODY_MAX_BYTES ? MHD_NO : MHD_YES;
	}
	verdict = admit(request, connection);
	if (verdict == WEB_GUARD_WAITS) {
		MHD_suspend_connection(connection);
		return MHD_YES; /* again when it goes on */
	}
	return verdict == WEB_GUARD_PASSES ? http_answer(request, connection, path, method)
					   : http_refuse(request, connection, verdict);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request_context,
			 enum MHD_RequestTerminationCode how)
{
	struct request *request = *request_context;

	(void)context;
	(void)connection;
	if (!request)
		return;
	request->delivered = how == MHD_REQUEST_TERMINATED_COMPLETED_OK;
	*request_context = NULL;
	http_request_unref(request);
}

/* Before the handshake. A connection keeps the certificates that it began with. */
static void on_connection(void *context, struct MHD_Connection *connection, void **connection_context,
			  enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info;
	struct http_server *server = context;
	struct web_tls *tls;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		web_tls_unref(*connection_context);
		*connection_context = NULL;
		return;
	}
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	tls = info && info->tls_session ? web_guard_tls(server->guard) : NULL;
	if (tls && web_tls_start(tls, info->tls_session) == 0)
		*connection_context = web_tls_ref(tls);
}

/* What a connection has that on_connection() gave nothing: a handshake that fails. */
static int no_certificate(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
			  const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **chain,
			  unsigned int *chain_size, gnutls_privkey_t *key)
{
	(void)session;
	(void)authorities;
	(void)authority_count;
	(void)algorithms;
	(void)algorithm_count;
	(void)chain;
	(void)chain_size;
	(void)key;
	return -1;
}

/* libmicrohttpd says when it wants to be called next, whatever its descriptors do. Return: ms; -1: never. */
static int64_t next_run_ms(const struct http_server *server)
{
	MHD_UNSIGNED_LONG_LONG timeout;
	int64_t soonest = -1;

	for (size_t i = 0; i < server->listener_count; i++)
		if (MHD_get_timeout(server->listeners[i].daemon, &timeout) == MHD_YES &&
		    (soonest < 0 || (int64_t)timeout < soonest))
			soonest = (int64_t)timeout;
	return soonest;
}

static void set_timer(struct http_server *server)
{
	int64_t next = next_run_ms(server);

	event_loop_set_timer(server->loop, server->timer, next < 0 ? 0 : next ? (uint64_t)next : 1, 0);
}

static void run(struct http_server *server)
{
	int runs = 0;

	do
		for (size_t i = 0; i < server->listener_count; i++)
			MHD_run(server->listeners[i].daemon);
	while (++runs < RUNS_AT_ONCE && next_run_ms(server) == 0);
	set_timer(server);
}

static void on_ready(void *context, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	run(context);
}

static void on_timer(void *context)
{
	run(context);
}

/* Takes @fd. */
static int start_daemon(struct http_server *server, int fd)
{
	const union MHD_DaemonInfo *info;
	struct MHD_Daemon *daemon;
	size_t at = server->listener_count;

	const bool tls = web_guard_uses_tls(server->guard);

	daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (tls ? MHD_USE_TLS : 0), 0, NULL, NULL, on_request, server,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTIONS_MAX,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned int)CONNECTIONS_OF_ONE_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned int)CONNECTION_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
		tls ? MHD_OPTION_HTTPS_CERT_CALLBACK : MHD_OPTION_END, no_certificate, MHD_OPTION_END);
	if (!daemon) {
		close(fd);
		return -ENOMEM;
	}
	info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
	server->listeners[at].daemon = daemon;
	server->listeners[at].port = listen_address_port(fd);
	server->listeners[at].epoll_fd = info ? info->epoll_fd : -1;
	server->listener_count++;
	return event_loop_watch(server->loop, server->listeners[at].epoll_fd, EPOLLIN, on_ready, server);
}

static int open_listener(struct http_server *server, const char *address, char **ret_error)
{
	int fd = listen_address_open(address), error = fd;

	if (fd >= 0)
		error = start_daemon(server, fd);
	if (error < 0 && asprintf(ret_error, "cannot listen on %s: %s; choose another --web.listen-address", address,
				  error == -EINVAL ? "it is no HOST:PORT" : strerror(-error)) < 0)
		*ret_error = NULL;
	return error < 0 ? error : 0;
}

static int open_inherited(struct http_server *server, char **ret_error)
{
	unsigned int count = 0;
	int fd, error = 0;

	while (!error && count < CONFIG_MAX_LIST && (fd = listen_address_inherit(count)) != -ENOENT) {
		error = fd < 0 ? fd : start_daemon(server, fd);
		count++;
	}
	if (!error && count)
		return 0;
	*ret_error = strdup("systemd handed over no listening socket; see --web.systemd-socket");
	return error ? error : -ENOENT;
}

static int open_guard(struct http_server *server, char **ret_error)
{
	struct web_guard_options options = { .path = server->options.config->web_config_file,
					     .problem = server->options.problem,
					     .context = server->options.context };
	int error = web_guard_new(server->loop, &options, &server->guard);

	if (error == -EINVAL)
		*ret_error = strdup("correct the errors above; `picket check FILE` tries a file");
	if (!error && web_guard_uses_tls(server->guard) && MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES) {
		*ret_error = strdup("this libmicrohttpd was built without TLS; --web.config.file cannot have it");
		return -ENOTSUP;
	}
	return error;
}

int http_server_open(struct event_loop *loop, const struct http_server_options *options,
		     struct http_server **ret_server, char **ret_error)
{
	const struct config_list *addresses = &options->config->web_listen_addresses;
	struct http_server *server = calloc(1, sizeof(*server));
	int error = 0;

	if (!server)
		return -ENOMEM;
	server->loop = loop;
	server->options = *options;
	error = open_guard(server, ret_error);
	server->timer = event_loop_add_timer(loop, 1000, on_timer, server);
	if (server->timer < 0 && !error)
		error = server->timer;
	if (!error && options->config->web_systemd_socket)
		error = open_inherited(server, ret_error);
	for (size_t i = 0; i < addresses->count && !error && !options->config->web_systemd_socket; i++)
		error = open_listener(server, addresses->items[i], ret_error);
	if (error) {
		http_server_close(server);
		return error;
	}
	set_timer(server);
	*ret_server = server;
	return 0;
}

int http_server_port(const struct http_server *server, size_t listener)
{
	return listener < server->listener_count ? server->listeners[listener].port : -ENOENT;
}

void http_server_close(struct http_server *server)
{
	if (!server)
		return;
	if (server->guard)
		web_guard_settle(server->guard);
	for (size_t i = 0; i < server->listener_count; i++) {
		event_loop_unwatch(server->loop, server->listeners[i].epoll_fd);
		MHD_stop_daemon(server->listeners[i].daemon);
	}
	if (server->timer >= 0)
		event_loop_remove_timer(server->loop, server->timer);
	web_guard_free(server->guard);
	free(server);
}
