/* SPDX-License-Identifier: GPL-2.0-only */
/* A folder with a certificate, its key, another key, and a configuration that a test writes. */
#ifndef WEB_FILES_H
#define WEB_FILES_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* "secret", at the least cost. */
#define WEB_HASH "$2b$04$7oKKJJSBJQfHyg7M0o8d3uD/r1IfGA6dEHSY0qtw74XpjQqIzqEoi"

struct web_files {
	char folder[64], config[96];
	char errors[16384]; /* reports, a line each */
};

static inline void web_keep_error(void *context, const char *message)
{
	struct web_files *files = context;
	size_t used = strlen(files->errors);

	snprintf(files->errors + used, sizeof(files->errors) - used, "%s\n", message);
}

static inline void web_write(const struct web_files *files, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", files->folder, name);
	file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file))
		abort();
}

static inline gnutls_x509_privkey_t web_write_key(const struct web_files *files, const char *name)
{
	gnutls_x509_privkey_t key;
	char text[8192];
	size_t size = sizeof(text) - 1;

	gnutls_x509_privkey_init(&key);
	if (gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0) <
		    0 ||
	    gnutls_x509_privkey_export(key, GNUTLS_X509_FMT_PEM, text, &size) < 0)
		abort();
	text[size] = '\0';
	web_write(files, name, text);
	return key;
}

static inline void web_write_certificate(const struct web_files *files, const char *name, gnutls_x509_privkey_t key)
{
	gnutls_x509_crt_t certificate;
	char text[8192];
	size_t size = sizeof(text) - 1;

	gnutls_x509_crt_init(&certificate);
	gnutls_x509_crt_set_version(certificate, 3);
	gnutls_x509_crt_set_serial(certificate, "\1", 1);
	gnutls_x509_crt_set_activation_time(certificate, time(NULL) - 60);
	gnutls_x509_crt_set_expiration_time(certificate, time(NULL) + 3600);
	gnutls_x509_crt_set_dn(certificate, "CN=localhost", NULL);
	gnutls_x509_crt_set_key(certificate, key);
	if (gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0) < 0 ||
	    gnutls_x509_crt_export(certificate, GNUTLS_X509_FMT_PEM, text, &size) < 0)
		abort();
	text[size] = '\0';
	web_write(files, name, text);
	gnutls_x509_crt_deinit(certificate);
}

/* cert.pem, key.pem, other.key. */
static inline void web_files_open(struct web_files *files)
{
	gnutls_x509_privkey_t key;

	memset(files, 0, sizeof(*files));
	strcpy(files->folder, "/tmp/picket-web-XXXXXX");
	if (!mkdtemp(files->folder))
		abort();
	snprintf(files->config, sizeof(files->config), "%s/web.yml", files->folder);
	key = web_write_key(files, "key.pem");
	web_write_certificate(files, "cert.pem", key);
	gnutls_x509_privkey_deinit(key);
	gnutls_x509_privkey_deinit(web_write_key(files, "other.key"));
}

static inline void web_files_close(const struct web_files *files)
{
	static const char *const names[] = { "cert.pem", "key.pem", "other.key", "web.yml", "ca.pem" };
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", files->folder, names[i]);
		unlink(path);
	}
	rmdir(files->folder);
}

#endif
