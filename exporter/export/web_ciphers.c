/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/web_ciphers.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "text.h"

#define PRIORITIES_MAX 4096

static const struct {
	const char *name, *priority;
} versions[] = {
	[WEB_TLS_10] = { "TLS10", "TLS1.0" },
	[WEB_TLS_11] = { "TLS11", "TLS1.1" },
	[WEB_TLS_12] = { "TLS12", "TLS1.2" },
	[WEB_TLS_13] = { "TLS13", "TLS1.3" },
};

/* All that Go calls secure. The exchange of TLS 1.3 is no part of its suites. */
static const struct suite {
	const char *name;
	uint8_t id[2]; /* IANA's */
	const char *exchange, *cipher, *hash;
} suites[] = {
	{ "TLS_AES_128_GCM_SHA256", { 0x13, 0x01 }, NULL, "AES-128-GCM", "AEAD" },
	{ "TLS_AES_256_GCM_SHA384", { 0x13, 0x02 }, NULL, "AES-256-GCM", "AEAD" },
	{ "TLS_CHACHA20_POLY1305_SHA256", { 0x13, 0x03 }, NULL, "CHACHA20-POLY1305", "AEAD" },
	{ "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", { 0xc0, 0x2b }, "ECDHE-ECDSA", "AES-128-GCM", "AEAD" },
	{ "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", { 0xc0, 0x2c }, "ECDHE-ECDSA", "AES-256-GCM", "AEAD" },
	{ "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", { 0xc0, 0x2f }, "ECDHE-RSA", "AES-128-GCM", "AEAD" },
	{ "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", { 0xc0, 0x30 }, "ECDHE-RSA", "AES-256-GCM", "AEAD" },
	{ "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", { 0xcc, 0xa8 }, "ECDHE-RSA", "CHACHA20-POLY1305", "AEAD" },
	{ "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", { 0xcc, 0xa9 }, "ECDHE-ECDSA", "CHACHA20-POLY1305", "AEAD" },
	{ "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", { 0xc0, 0x09 }, "ECDHE-ECDSA", "AES-128-CBC", "SHA1" },
	{ "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", { 0xc0, 0x0a }, "ECDHE-ECDSA", "AES-256-CBC", "SHA1" },
	{ "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", { 0xc0, 0x13 }, "ECDHE-RSA", "AES-128-CBC", "SHA1" },
	{ "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", { 0xc0, 0x14 }, "ECDHE-RSA", "AES-256-CBC", "SHA1" },
	{ "TLS_RSA_WITH_AES_128_GCM_SHA256", { 0x00, 0x9c }, "RSA", "AES-128-GCM", "AEAD" },
	{ "TLS_RSA_WITH_AES_256_GCM_SHA384", { 0x00, 0x9d }, "RSA", "AES-256-GCM", "AEAD" },
	{ "TLS_RSA_WITH_AES_128_CBC_SHA", { 0x00, 0x2f }, "RSA", "AES-128-CBC", "SHA1" },
	{ "TLS_RSA_WITH_AES_256_CBC_SHA", { 0x00, 0x35 }, "RSA", "AES-256-CBC", "SHA1" },
};

static const struct {
	const char *name, *group;
} curves[] = {
	{ "CurveP256", "SECP256R1" },
	{ "CurveP384", "SECP384R1" },
	{ "CurveP521", "SECP521R1" },
	{ "X25519", "X25519" },
};

const char *web_tls_version_name(unsigned int version)
{
	return version < ARRAY_SIZE(versions) ? versions[version].name : NULL;
}

const char *web_cipher_name(unsigned int cipher)
{
	return cipher < ARRAY_SIZE(suites) ? suites[cipher].name : NULL;
}

const char *web_curve_name(unsigned int curve)
{
	return curve < ARRAY_SIZE(curves) ? curves[curve].name : NULL;
}

static void add_suites(struct text *out, uint32_t wanted)
{
	text_add(out, ":-KX-ALL:-CIPHER-ALL:-MAC-ALL");
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		if (!(wanted & 1U << i))
			continue;
		if (suites[i].exchange)
			text_add_format(out, ":+%s", suites[i].exchange);
		text_add_format(out, ":+%s:+%s", suites[i].cipher, suites[i].hash);
	}
}

static void write_priorities(struct text *out, const struct web_ciphers *ciphers)
{
	text_add(out, "NORMAL:-VERS-ALL");
	for (unsigned int i = ciphers->minimum; i <= ciphers->maximum; i++)
		text_add_format(out, ":+VERS-%s", versions[i].priority);
	if (ciphers->suites)
		add_suites(out, ciphers->suites);
	if (ciphers->curves)
		text_add(out, ":-GROUP-ALL");
	for (size_t i = 0; i < ARRAY_SIZE(curves); i++)
		if (ciphers->curves & 1U << i)
			text_add_format(out, ":+GROUP-%s", curves[i].group);
	if (ciphers->prefer_server)
		text_add(out, ":%SERVER_PRECEDENCE");
	text_add_bytes(out, "", 1);
}

static const struct suite *find_suite(const unsigned char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++)
		if (memcmp(suites[i].id, id, sizeof(suites[i].id)) == 0)
			return &suites[i];
	return NULL;
}

/* What GnuTLS makes of it: no suite of TLS 1.2 and before but those asked for; some for each end of the versions. */
static int check_suites(gnutls_priority_t priorities, const struct web_ciphers *ciphers, char *why, size_t why_size)
{
	bool any[2] = { false }; /* before TLS 1.3, and of it */
	unsigned int index;
	int code;

	for (unsigned int i = 0; (code = gnutls_priority_get_cipher_suite_index(priorities, i, &index)) !=
				 GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
	     i++) {
		unsigned char id[2];
		const char *name = code < 0 ? NULL : gnutls_cipher_suite_info(index, id, NULL, NULL, NULL, NULL);
		const struct suite *suite = name ? find_suite(id) : NULL;

		if (!name)
			continue;
		any[id[0] == 0x13] = true;
		if (id[0] != 0x13 && (!suite || !(ciphers->suites & 1U << (suite - suites)))) {
			snprintf(why, why_size, "GnuTLS cannot take these without %s; add it, or take one of them away",
				 suite ? suite->name : name);
			return -EINVAL;
		}
	}
	if (ciphers->maximum == WEB_TLS_13 && !any[1])
		snprintf(why, why_size,
			 "no TLS 1.3 is possible with these; add one with GCM, or set max_version: TLS12");
	else if (ciphers->minimum < WEB_TLS_13 && !any[0])
		snprintf(why, why_size, "none of these is of %s; set min_version: TLS13",
			 versions[ciphers->minimum].name);
	else
		return 0;
	return -EINVAL;
}

int web_ciphers_priorities(const struct web_ciphers *ciphers, char **ret_priorities, char *why, size_t why_size)
{
	gnutls_priority_t priorities;
	struct text text;
	int error = 0;

	text_init(&text, PRIORITIES_MAX);
	write_priorities(&text, ciphers);
	if (text.error) {
		text_free(&text);
		return -ENOMEM;
	}
	if (gnutls_priority_init(&priorities, text.data, NULL) < 0) {
		snprintf(why, why_size, "this GnuTLS cannot do it (%s)", text.data);
		text_free(&text);
		return -EINVAL;
	}
	if (ciphers->suites)
		error = check_suites(priorities, ciphers, why, why_size);
	gnutls_priority_deinit(priorities);
	if (error)
		text_free(&text);
	else
		*ret_priorities = text.data;
	return error;
}
