/* SPDX-License-Identifier: GPL-2.0-only */
/* Versions, cipher suites and curves by the names that Go gives them, as GnuTLS says them. */
#ifndef WEB_CIPHERS_H
#define WEB_CIPHERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum web_tls_version { WEB_TLS_10, WEB_TLS_11, WEB_TLS_12, WEB_TLS_13, WEB_TLS_VERSION_COUNT };

/** web_tls_version_name() - "TLS12". */
const char *web_tls_version_name(unsigned int version);
/** web_cipher_name() - NULL behind the last. */
const char *web_cipher_name(unsigned int cipher);
/** web_curve_name() - NULL behind the last. */
const char *web_curve_name(unsigned int curve);

struct web_ciphers {
	enum web_tls_version minimum, maximum;
	uint32_t suites; /* bit per web_cipher_name(); 0: the library's choice */
	uint32_t curves; /* bit per web_curve_name(); 0: the library's choice */
	bool prefer_server;
};

/**
 * web_ciphers_priorities() - what is asked for, as a priority string; free(3) it.
 * GnuTLS is told exchanges, ciphers and hashes, not suites: what it would allow beyond those asked for is an error.
 * @why: a sentence, when it cannot be done.
 * Return: 0, -EINVAL, -ENOMEM.
 */
int web_ciphers_priorities(const struct web_ciphers *ciphers, char **ret_priorities, char *why, size_t why_size);

#endif
