/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/web_guard.h"

#include <errno.h>
#include <nettle/base64.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cleanup.h"
#include "clock.h"

#define CREDENTIALS_MAX 1024

struct web_guard {
	struct web_guard_options options;
	struct web_config config;
	bool broken; /* the file cannot be read now; what was in force before is kept for TLS alone */
	bool uses_tls;
	struct web_auth *auth;
	uint64_t full_ns; /* when the bucket of requests will be full again */
};

static void report(void *context, const char *message)
{
	struct web_guard *guard = context;

	guard->options.problem(guard->options.context, message);
}

/* Take what the files say now. What is broken keeps the certificates, so that the error can be told. */
static int reload(struct web_guard *guard)
{
	struct web_config config;
	int error = web_config_load(guard->options.path, report, guard, &config);

	if (!error && guard->config.file_count && !config.tls != !guard->uses_tls) {
		report(guard, guard->uses_tls ? "tls_server_config is gone; restart picket to serve without TLS"
					      : "tls_server_config is new; restart picket to serve with TLS");
		error = -EINVAL;
	}
	if (error && guard->config.tls) {
		web_tls_unref(config.tls);
		config.tls = web_tls_ref(guard->config.tls);
	}
	web_config_clear(&guard->config);
	guard->config = config;
	guard->broken = error;
	return error;
}

int web_guard_new(struct event_loop *loop, const struct web_guard_options *options, struct web_guard **ret_guard)
{
	struct web_guard *guard = calloc(1, sizeof(*guard));
	int error;

	if (!guard)
		return -ENOMEM;
	guard->options = *options;
	error = options->path ? reload(guard) : 0;
	if (!error)
		error = options->path ? web_auth_new(loop, &guard->auth) : 0;
	if (error) {
		web_guard_free(guard);
		return error;
	}
	guard->uses_tls = guard->config.tls != NULL;
	*ret_guard = guard;
	return 0;
}

void web_guard_settle(struct web_guard *guard)
{
	web_auth_free(guard->auth);
	guard->auth = NULL;
}

void web_guard_free(struct web_guard *guard)
{
	if (!guard)
		return;
	web_guard_settle(guard);
	web_config_clear(&guard->config);
	free(guard);
}

bool web_guard_uses_tls(const struct web_guard *guard)
{
	return guard->uses_tls;
}

static void refresh(struct web_guard *guard)
{
	if (guard->options.path && web_config_changed(&guard->config))
		reload(guard);
}

struct web_tls *web_guard_tls(struct web_guard *guard)
{
	refresh(guard);
	return guard->config.tls;
}

/* A bucket of @burst requests that one drops into every interval, kept as the time when it will be full. */
static bool take_token(struct web_guard *guard)
{
	const uint64_t interval = guard->config.rate_interval_ns;
	const uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);

	if (!interval)
		return true;
	if (guard->full_ns < now_ns)
		guard->full_ns = now_ns;
	if (guard->full_ns - now_ns > interval * (guard->config.rate_burst - 1))
		return false;
	guard->full_ns += interval;
	return true;
}

/* "Basic dXNlcjpwYXNzd29yZA==". @text: "user\0password\0". Return: where the password begins; NULL: it is none. */
static const char *decode(const char *authorization, char text[CREDENTIALS_MAX])
{
	static const char scheme[] = "Basic ";
	struct base64_decode_ctx base64;
	size_t size = CREDENTIALS_MAX, length;
	char *colon;

	if (!authorization || strncasecmp(authorization, scheme, strlen(scheme)) != 0)
		return NULL;
	authorization += strlen(scheme);
	authorization += strspn(authorization, " ");
	length = strlen(authorization);
	if (BASE64_DECODE_LENGTH(length) >= CREDENTIALS_MAX)
		return NULL;
	base64_decode_init(&base64);
	if (!base64_decode_update(&base64, &size, (uint8_t *)text, length, authorization) ||
	    !base64_decode_final(&base64))
		return NULL;
	text[size] = '\0';
	colon = strchr(text, ':');
	if (!colon || strlen(text) != size) /* what is behind a NUL would not be compared */
		return NULL;
	*colon = '\0';
	return colon + 1;
}

static enum web_guard_verdict authenticate(struct web_guard *guard, const char *authorization, web_auth_done *done,
					   void *context)
{
	static const enum web_guard_verdict verdicts[] = {
		[WEB_AUTH_ALLOWED] = WEB_GUARD_PASSES,
		[WEB_AUTH_REFUSED] = WEB_GUARD_UNAUTHORIZED,
		[WEB_AUTH_WAITS] = WEB_GUARD_WAITS,
		[WEB_AUTH_BUSY] = WEB_GUARD_BUSY,
	};
	const struct web_config *config = &guard->config;
	char text[CREDENTIALS_MAX];
	struct web_credentials credentials = { .user = text,
					       .password = decode(authorization, text),
					       .hash = config->users[0].hash };
	enum web_auth_verdict verdict;

	if (!credentials.password)
		return WEB_GUARD_UNAUTHORIZED;
	for (size_t i = 0; i < config->user_count && !credentials.known; i++)
		if (strcmp(config->users[i].name, text) == 0) {
			credentials.hash = config->users[i].hash;
			credentials.known = true;
		}
	verdict = web_auth_check(guard->auth, &credentials, done, context);
	explicit_bzero(text, sizeof(text));
	return verdicts[verdict];
}

enum web_guard_verdict web_guard_admit(struct web_guard *guard, const char *authorization, web_auth_done *done,
				       void *context)
{
	refresh(guard);
	if (guard->broken)
		return WEB_GUARD_BROKEN;
	if (!take_token(guard))
		return WEB_GUARD_LIMITED;
	if (!guard->config.user_count)
		return WEB_GUARD_PASSES;
	return guard->auth ? authenticate(guard, authorization, done, context) : WEB_GUARD_BUSY;
}

const struct web_header *web_guard_headers(const struct web_guard *guard, size_t *ret_count)
{
	*ret_count = guard->config.header_count;
	return guard->config.headers;
}
