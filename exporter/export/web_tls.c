/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/web_tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

#define CHAIN_MAX 32
#define NAME_SIZE 1024

struct web_tls {
	struct web_tls_settings settings;
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t priorities;
	unsigned int references;
};

static const struct {
	gnutls_certificate_request_t request;
	bool verify;
} client_auths[] = {
	[WEB_CLIENT_NONE] = { GNUTLS_CERT_IGNORE, false },
	[WEB_CLIENT_REQUEST] = { GNUTLS_CERT_REQUEST, false },
	[WEB_CLIENT_REQUIRE_ANY] = { GNUTLS_CERT_REQUIRE, false },
	[WEB_CLIENT_VERIFY_GIVEN] = { GNUTLS_CERT_REQUEST, true },
	[WEB_CLIENT_REQUIRE_AND_VERIFY] = { GNUTLS_CERT_REQUIRE, true },
};

static void forget(struct web_pem *pem)
{
	if (pem->bytes)
		explicit_bzero(pem->bytes, pem->size);
	free(pem->bytes);
	*pem = (struct web_pem){ NULL, 0 };
}

static void forget_texts(struct web_tls_settings *settings)
{
	forget(&settings->cert);
	forget(&settings->key);
	forget(&settings->client_ca);
}

void web_tls_settings_clear(struct web_tls_settings *settings)
{
	forget_texts(settings);
	for (size_t i = 0; i < settings->allowed_san_count; i++)
		free(settings->allowed_sans[i]);
	free(settings->allowed_sans);
	free(settings->priorities);
	memset(settings, 0, sizeof(*settings));
}

static gnutls_datum_t datum(const struct web_pem *pem)
{
	return (gnutls_datum_t){ (unsigned char *)pem->bytes, pem->size };
}

/* Whether a text holds certificates, apart from what key they are of. Return: a code of GnuTLS. */
static int check_chain(const struct web_pem *pem)
{
	gnutls_datum_t text = datum(pem);
	gnutls_x509_crt_t *chain;
	unsigned int count;
	int code = gnutls_x509_crt_list_import2(&chain, &count, &text, GNUTLS_X509_FMT_PEM, 0);

	if (code < 0)
		return code;
	for (unsigned int i = 0; i < count; i++)
		gnutls_x509_crt_deinit(chain[i]);
	gnutls_free(chain);
	return count > CHAIN_MAX ? GNUTLS_E_CERTIFICATE_LIST_UNSORTED : 0;
}

/* Return: a code of GnuTLS, of @ret_part. */
static int load(struct web_tls *tls, enum web_tls_part *ret_part)
{
	const struct web_tls_settings *settings = &tls->settings;
	gnutls_datum_t cert = datum(&settings->cert), key = datum(&settings->key), ca = datum(&settings->client_ca);
	int code;

	*ret_part = WEB_TLS_CERT;
	code = check_chain(&settings->cert);
	if (code < 0)
		return code;
	*ret_part = WEB_TLS_KEY;
	code = gnutls_certificate_set_x509_key_mem2(tls->credentials, &cert, &key, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (code < 0)
		return code;
	*ret_part = WEB_TLS_CLIENT_CA;
	if (ca.size) {
		code = gnutls_certificate_set_x509_trust_mem(tls->credentials, &ca, GNUTLS_X509_FMT_PEM);
		if (code <= 0)
			return code < 0 ? code : GNUTLS_E_NO_CERTIFICATE_FOUND;
	}
	*ret_part = WEB_TLS_PRIORITIES;
	return gnutls_priority_init(&tls->priorities, settings->priorities, NULL);
}

int web_tls_new(struct web_tls_settings *settings, struct web_tls **ret_tls, enum web_tls_part *ret_part,
		const char **ret_why)
{
	struct web_tls *tls = calloc(1, sizeof(*tls));
	int code;

	if (!tls)
		return -ENOMEM;
	tls->references = 1;
	if (gnutls_certificate_allocate_credentials(&tls->credentials) < 0) {
		free(tls);
		return -ENOMEM;
	}
	tls->settings = *settings;
	code = load(tls, ret_part);
	if (code < 0) {
		memset(&tls->settings, 0, sizeof(tls->settings)); /* they stay the caller's */
		web_tls_unref(tls);
		*ret_why = gnutls_strerror(code);
		return code == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : -EINVAL;
	}
	forget_texts(&tls->settings); /* GnuTLS has what it needs of them */
	memset(settings, 0, sizeof(*settings));
	*ret_tls = tls;
	return 0;
}

struct web_tls *web_tls_ref(struct web_tls *tls)
{
	tls->references++;
	return tls;
}

void web_tls_unref(struct web_tls *tls)
{
	if (!tls || --tls->references)
		return;
	web_tls_settings_clear(&tls->settings);
	gnutls_certificate_free_credentials(tls->credentials);
	if (tls->priorities)
		gnutls_priority_deinit(tls->priorities);
	free(tls);
}

/* One name of a certificate as text. Return: false for a kind that cannot be asked for. */
static bool name_text(unsigned int kind, const unsigned char *name, size_t size, char *text, size_t text_size)
{
	if (kind == GNUTLS_SAN_IPADDRESS)
		return (size == 4 || size == 16) &&
		       inet_ntop(size == 4 ? AF_INET : AF_INET6, name, text, (socklen_t)text_size);
	if (kind != GNUTLS_SAN_DNSNAME && kind != GNUTLS_SAN_RFC822NAME && kind != GNUTLS_SAN_URI)
		return false;
	if (size >= text_size || memchr(name, '\0', size))
		return false;
	memcpy(text, name, size);
	text[size] = '\0';
	return true;
}

static bool has_allowed_name(const struct web_tls *tls, gnutls_x509_crt_t certificate)
{
	unsigned char name[NAME_SIZE];
	char text[NAME_SIZE];

	for (unsigned int i = 0;; i++) {
		size_t size = sizeof(name);
		unsigned int kind;
		int code = gnutls_x509_crt_get_subject_alt_name2(certificate, i, name, &size, &kind, NULL);

		if (code == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue;
		if (code < 0)
			return false;
		if (!name_text(kind, name, size, text, sizeof(text)))
			continue;
		for (size_t j = 0; j < tls->settings.allowed_san_count; j++)
			if (strcmp(text, tls->settings.allowed_sans[j]) == 0)
				return true;
	}
}

static bool is_allowed(const struct web_tls *tls, const gnutls_datum_t *raw)
{
	gnutls_x509_crt_t certificate;
	bool allowed;

	if (!tls->settings.allowed_san_count)
		return true;
	if (gnutls_x509_crt_init(&certificate) < 0)
		return false;
	allowed = gnutls_x509_crt_import(certificate, raw, GNUTLS_X509_FMT_DER) == 0 &&
		  has_allowed_name(tls, certificate);
	gnutls_x509_crt_deinit(certificate);
	return allowed;
}

/* Called within the handshake, when the client's certificate is there. Return: 0; else the handshake fails. */
static int verify_client(gnutls_session_t session)
{
	const struct web_tls *tls = gnutls_session_get_ptr(session);
	gnutls_typed_vdata_st purpose = { .type = GNUTLS_DT_KEY_PURPOSE_OID,
					  .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT };
	const gnutls_datum_t *chain;
	unsigned int count = 0, status = 0;

	chain = gnutls_certificate_get_peers(session, &count);
	if (!chain || !count)
		return client_auths[tls->settings.client_auth].request == GNUTLS_CERT_REQUIRE; /* none was given */
	if (gnutls_certificate_verify_peers(session, &purpose, 1, &status) < 0 || status)
		return 1;
	return is_allowed(tls, &chain[0]) ? 0 : 1;
}

int web_tls_start(struct web_tls *tls, gnutls_session_t session)
{
	enum web_client_auth auth = tls->settings.client_auth;

	if (gnutls_priority_set(session, tls->priorities) < 0 ||
	    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, tls->credentials) < 0)
		return -ENOMEM;
	gnutls_session_set_ptr(session, tls);
	gnutls_certificate_server_set_request(session, client_auths[auth].request);
	if (client_auths[auth].verify)
		gnutls_session_set_verify_function(session, verify_client);
	return 0;
}
