/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Passwords against bcrypt's hashes, which are slow on purpose: a thread of
 * its own computes them one after the other. What it found is remembered, so
 * that a scrape costs one HMAC; whoever guesses gets a quarter of one core at
 * most, and never the event loop.
 */
#ifndef WEB_AUTH_H
#define WEB_AUTH_H

#include <stdbool.h>

#include "event_loop.h"

#define WEB_PASSWORD_MAX 511

struct web_auth;

enum web_auth_verdict { WEB_AUTH_ALLOWED, WEB_AUTH_REFUSED, WEB_AUTH_WAITS, WEB_AUTH_BUSY };

/* Who asks. */
struct web_credentials {
	const char *user, *password;
	const char *hash; /* the user's; of an unknown user that of another, so that it takes as long */
	bool known;
};

/* From the event loop, never from within web_auth_check(). */
typedef void web_auth_done(void *context, bool allowed);

/** web_auth_new() - the thread begins with the first password. Return: 0, -errno. */
int web_auth_new(struct event_loop *loop, struct web_auth **ret_auth);

/**
 * web_auth_check() - Return: a verdict; WEB_AUTH_WAITS: @done will be called once; WEB_AUTH_BUSY: too many wait.
 */
enum web_auth_verdict web_auth_check(struct web_auth *auth, const struct web_credentials *credentials,
				     web_auth_done *done, void *context);

/** web_auth_free() - whoever waits is refused. NULL is fine. */
void web_auth_free(struct web_auth *auth);

#endif
