/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/docker_api.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 5000
#define RESPONSE_MAX_BYTES 65536

struct call {
	docker_api_done *done;
	void *context;
};

static int error_of(const struct http_response *response)
{
	if (response->error)
		return response->error;
	switch (response->status) {
	case 200:
	case 204:
	case 304:
	case 409: /* already so */
		return 0;
	case 404:
		return -ENOENT;
	default:
		return -EIO;
	}
}

static void on_response(void *context, const struct http_response *response)
{
	struct call *call = context;
	json_t *body = json_loadb(response->body ? response->body : "", response->body_size, 0, NULL);
	const char *message = json_string_value(json_object_get(body, "message"));
	int error = error_of(response);

	if (!message)
		message = response->error_text ? response->error_text : "";
	call->done(call->context, error, error ? message : "");
	json_decref(body);
	free(call);
}

int docker_api_pause(struct http_client *http, const char *socket_path, const char *id, bool pause,
		     docker_api_done *done, void *context)
{
	char url[256];
	struct http_request request = {
		.method = "POST",
		.url = url,
		.unix_socket = socket_path,
		.timeout_ms = TIMEOUT_MS,
		.max_response_bytes = RESPONSE_MAX_BYTES,
	};
	struct call *call;
	int error;

	if (!*id || strspn(id, "0123456789abcdef") != strlen(id) || strlen(id) > 64)
		return -EINVAL;
	call = calloc(1, sizeof(*call));
	if (!call)
		return -ENOMEM;
	call->done = done;
	call->context = context;
	snprintf(url, sizeof(url), "http://docker/containers/%s/%s", id, pause ? "pause" : "unpause");
	error = http_client_send(http, &request, on_response, call);
	if (error)
		free(call);
	return error;
}
