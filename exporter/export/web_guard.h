/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who gets in: what --web.config.file says, applied to each connection and
 * each request, and read anew when one of its files has changed. A file that
 * cannot be read opens nothing: requests are answered with an error until it
 * is whole again.
 */
#ifndef WEB_GUARD_H
#define WEB_GUARD_H

#include "export/web_auth.h"
#include "export/web_config.h"

struct web_guard;

struct web_guard_options {
	const char *path; /* NULL: everything is open */
	void (*problem)(void *context, const char *message);
	void *context;
};

/* What to answer a request with. */
enum web_guard_verdict {
	WEB_GUARD_PASSES,
	WEB_GUARD_WAITS,	/* ask again when told */
	WEB_GUARD_LIMITED,	/* 429 */
	WEB_GUARD_UNAUTHORIZED, /* 401 */
	WEB_GUARD_BUSY,		/* 503 */
	WEB_GUARD_BROKEN,	/* 500 */
};

/** web_guard_new() - Return: 0; -EINVAL after problem() was told; -errno. */
int web_guard_new(struct event_loop *loop, const struct web_guard_options *options, struct web_guard **ret_guard);

/** web_guard_settle() - refuse whoever still waits; before the end of the connections. */
void web_guard_settle(struct web_guard *guard);
void web_guard_free(struct web_guard *guard);

/** web_guard_uses_tls() - whether TLS is spoken; it stays so until the daemon ends. */
bool web_guard_uses_tls(const struct web_guard *guard);

/** web_guard_tls() - what a new connection is served with; borrowed. */
struct web_tls *web_guard_tls(struct web_guard *guard);

/** web_guard_admit() - a new request. @authorization: the header; NULL: none. @done: when the verdict is to wait. */
enum web_guard_verdict web_guard_admit(struct web_guard *guard, const char *authorization, web_auth_done *done,
				       void *context);

/** web_guard_headers() - those that each answer gets. */
const struct web_header *web_guard_headers(const struct web_guard *guard, size_t *ret_count);

#endif
