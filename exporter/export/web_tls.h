/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TLS of the HTTP side: what a connection is served with. Made whole from one
 * reading of the files; connections keep the one that they began with.
 */
#ifndef WEB_TLS_H
#define WEB_TLS_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>

/* As Go names them. */
#define WEB_CLIENT_AUTHS(AUTH) \
	AUTH(NONE, "NoClientCert") \
	AUTH(REQUEST, "RequestClientCert") \
	AUTH(REQUIRE_ANY, "RequireAnyClientCert") \
	AUTH(VERIFY_GIVEN, "VerifyClientCertIfGiven") \
	AUTH(REQUIRE_AND_VERIFY, "RequireAndVerifyClientCert")

#define WEB_CLIENT_AUTH_ENUM(id, name) WEB_CLIENT_##id,
enum web_client_auth { WEB_CLIENT_AUTHS(WEB_CLIENT_AUTH_ENUM) WEB_CLIENT_AUTH_COUNT };
#undef WEB_CLIENT_AUTH_ENUM

struct web_pem {
	char *bytes; /* NULL: none */
	size_t size;
};

struct web_tls_settings {
	struct web_pem cert, key, client_ca;
	enum web_client_auth client_auth;
	char **allowed_sans; /* exact names, one of which a verified client must have; NULL: any */
	size_t allowed_san_count;
	char *priorities; /* of web_ciphers.h */
};

/** web_tls_settings_clear() - frees what they hold. */
void web_tls_settings_clear(struct web_tls_settings *settings);

/* Which of the settings is wrong. */
enum web_tls_part { WEB_TLS_CERT, WEB_TLS_KEY, WEB_TLS_CLIENT_CA, WEB_TLS_PRIORITIES };

struct web_tls;

/**
 * web_tls_new() - @settings are taken when it succeeds.
 * @ret_part, @ret_why: what is wrong and why (static).
 * Return: 0 and one reference; -EINVAL, -ENOMEM.
 */
int web_tls_new(struct web_tls_settings *settings, struct web_tls **ret_tls, enum web_tls_part *ret_part,
		const char **ret_why);
struct web_tls *web_tls_ref(struct web_tls *tls);
/** web_tls_unref() - NULL is fine. */
void web_tls_unref(struct web_tls *tls);

/** web_tls_start() - serve @session, before its handshake; it must keep a reference until the session has ended. */
int web_tls_start(struct web_tls *tls, gnutls_session_t session);

#endif
