/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/docker_api.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "state/utf8.h"

#define TIMEOUT_MS 2000 /* until then the workload runs on; afterwards cgroup.freeze does it */
#define RESPONSE_MAX_BYTES 65536
#define ID_MAX 64
#define TEXT_SIZE 256

struct call {
	bool pause;
	docker_api_done *done;
	void *context;
};

/* Docker has one status for several things (409: paused already, or not running), and only its words tell them apart. */
static const struct {
	const char *words;
	bool pause, unpause; /* the call it may answer */
	int error;
} answers[] = {
	{ "is already paused", true, false, 0 },     { "is not paused", false, true, 0 },
	{ "is not running", true, true, -ESRCH },    { "No such container", true, true, -ESRCH },
	{ "no such container", true, true, -ESRCH },
};

static int error_of(const struct call *call, const struct http_response *response, const char *message)
{
	if (response->error)
		return response->error;
	if (response->status >= 200 && response->status < 300)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		if ((call->pause ? answers[i].pause : answers[i].unpause) && strstr(message, answers[i].words))
			return answers[i].error;
	return response->status == 409 ? -EBUSY : -EIO;
}

static void read_message(const struct http_response *response, char *text, size_t size)
{
	json_t *body = response->error ? NULL : json_loadb(response->body, response->body_size, 0, NULL);
	const char *message = json_string_value(json_object_get(body, "message"));

	text[0] = '\0';
	if (message)
		utf8_append_printable(text, size, 0, message, strlen(message));
	else if (response->error)
		snprintf(text, size, "%s", response->error_text);
	else
		snprintf(text, size, "HTTP status %ld", response->status);
	json_decref(body);
}

static void on_response(void *context, const struct http_response *response)
{
	struct call *call = context;
	char text[TEXT_SIZE];
	int error;

	read_message(response, text, sizeof(text));
	error = error_of(call, response, text);
	call->done(call->context, error, error ? text : "");
	free(call);
}

int docker_api_pause(struct http_client *http, const char *socket_path, const char *id, bool pause,
		     docker_api_done *done, void *context)
{
	char url[128];
	struct http_request request = {
		.method = "POST",
		.url = url,
		.unix_socket = socket_path,
		.timeout_ms = TIMEOUT_MS,
		.max_response_bytes = RESPONSE_MAX_BYTES,
	};
	struct call *call;
	int error;

	if (!*id || strlen(id) > ID_MAX || id[strspn(id, "0123456789abcdef")])
		return -EINVAL;
	call = calloc(1, sizeof(*call));
	if (!call)
		return -ENOMEM;
	*call = (struct call){ pause, done, context };
	snprintf(url, sizeof(url), "http://localhost/containers/%s/%s", id, pause ? "pause" : "unpause");
	error = http_client_send(http, &request, on_response, call);
	if (error)
		free(call);
	return error;
}
