/* SPDX-License-Identifier: GPL-2.0-only */
/* tls_server_config: what it says, and the certificates that it names. */
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "export/web_ciphers.h"
#include "export/web_config_internal.h"

#define PEM_MAX_BYTES (1 << 20)
#define SANS_MAX 100

WEB_TLS_KEYS(WEB_KEEP)
static const struct rule_key tls_keys[] = { WEB_TLS_KEYS(WEB_KEY) };

static const char *client_auth_name(unsigned int auth)
{
#define AUTH_NAME(id, name) name,
	static const char *const names[] = {
		WEB_CLIENT_AUTHS(AUTH_NAME) "RequireClientCert" /* an alias of RequireAnyClientCert */
	};

	return auth < ARRAY_SIZE(names) ? names[auth] : NULL;
}

/* A text that stands in the configuration, or in a file that it names. */
static void read_pem(struct web_reader *reader, const yaml_node_t *file_node, const yaml_node_t *inline_node,
		     const char *what, struct web_pem *pem)
{
	const char *path = web_text(reader, file_node, what), *text = web_text(reader, inline_node, what);
	int error;

	if (path && text) {
		WEB_REPORT(reader, inline_node, "%s is in a file and here; one of them is too much", what);
	} else if (text) {
		pem->bytes = strdup(text);
		pem->size = strlen(text);
		if (!pem->bytes)
			reader->report.failure = -ENOMEM;
	} else if (path) {
		const char *whole = web_add_file(reader->config, path);

		error = whole ? rule_file_read(whole, &pem->bytes, &pem->size) : -ENOMEM;
		if (error == -ENOMEM)
			reader->report.failure = -ENOMEM;
		else if (error)
			WEB_REPORT(reader, file_node, "%s: %s: %s", what, rule_quote(path).text,
				   error == -EINVAL ? "it is no file" : strerror(-error));
		else if (pem->size > PEM_MAX_BYTES)
			WEB_REPORT(reader, file_node, "%s: more than %d bytes", what, PEM_MAX_BYTES);
	}
}

static void add_san(struct web_reader *reader, const yaml_node_t *node, const char *text, void *context)
{
	struct web_tls_settings *settings = context;
	char **sans;

	if (settings->allowed_san_count == SANS_MAX) {
		WEB_REPORT(reader, node, "client_allowed_sans: more than %d", SANS_MAX);
		return;
	}
	sans = realloc(settings->allowed_sans, (settings->allowed_san_count + 1) * sizeof(*sans));
	if (sans)
		settings->allowed_sans = sans;
	if (!sans || !(sans[settings->allowed_san_count] = strdup(text)))
		reader->report.failure = -ENOMEM;
	else
		settings->allowed_san_count++;
}

static void read_clients(struct web_reader *reader, struct web_tls_settings *settings)
{
	bool verifies, ca = reader->client_ca_file || reader->client_ca;
	const yaml_node_t *node = reader->client_auth_type ? reader->client_auth_type : reader->tls_server_config;

	settings->client_auth =
		web_choice(reader, reader->client_auth_type, "client_auth_type", client_auth_name, WEB_CLIENT_NONE);
	if (settings->client_auth == WEB_CLIENT_AUTH_COUNT)
		settings->client_auth = WEB_CLIENT_REQUIRE_ANY;
	verifies = settings->client_auth == WEB_CLIENT_VERIFY_GIVEN ||
		   settings->client_auth == WEB_CLIENT_REQUIRE_AND_VERIFY;
	read_pem(reader, reader->client_ca_file, reader->client_ca, "client_ca", &settings->client_ca);
	web_each(reader, reader->client_allowed_sans, "client_allowed_sans", add_san, settings);
	if (ca && settings->client_auth == WEB_CLIENT_NONE)
		WEB_REPORT(reader, reader->client_ca_file ? reader->client_ca_file : reader->client_ca,
			   "client_ca without a client_auth_type that asks for certificates");
	else if (verifies && !ca)
		WEB_REPORT(reader, node, "%s needs a client_ca_file", client_auth_name(settings->client_auth));
	if (settings->allowed_san_count && !verifies)
		WEB_REPORT(reader, reader->client_allowed_sans,
			   "client_allowed_sans without a client_auth_type that verifies certificates");
}

/* A set of names. */
struct chosen {
	const char *what, *(*name_of)(unsigned int);
	uint32_t bits;
};

static void add_chosen(struct web_reader *reader, const yaml_node_t *node, const char *text, void *context)
{
	struct chosen *chosen = context;
	unsigned int found = web_choice(reader, node, chosen->what, chosen->name_of, 32);

	(void)text;
	if (found < 32)
		chosen->bits |= 1U << found;
}

static uint32_t read_chosen(struct web_reader *reader, const yaml_node_t *node, const char *what,
			    const char *(*name_of)(unsigned int))
{
	struct chosen chosen = { what, name_of, 0 };

	web_each(reader, node, what, add_chosen, &chosen);
	return chosen.bits;
}

static void read_ciphers(struct web_reader *reader, struct web_tls_settings *settings)
{
	const size_t before = reader->report.error_count;
	struct web_ciphers ciphers = {
		.minimum = web_choice(reader, reader->min_version, "min_version", web_tls_version_name, WEB_TLS_12),
		.maximum = web_choice(reader, reader->max_version, "max_version", web_tls_version_name, WEB_TLS_13),
		.suites = read_chosen(reader, reader->cipher_suites, "cipher_suites", web_cipher_name),
		.curves = read_chosen(reader, reader->curve_preferences, "curve_preferences", web_curve_name),
		.prefer_server =
			web_flag(reader, reader->prefer_server_cipher_suites, "prefer_server_cipher_suites", true),
	};
	const yaml_node_t *node = reader->cipher_suites	      ? reader->cipher_suites
				  : reader->curve_preferences ? reader->curve_preferences
							      : reader->tls_server_config;
	char why[256] = "";
	int error;

	if (reader->report.error_count != before)
		return;
	if (ciphers.minimum > ciphers.maximum) {
		WEB_REPORT(reader, reader->max_version ? reader->max_version : reader->min_version,
			   "max_version is less than min_version");
		return;
	}
	error = web_ciphers_priorities(&ciphers, &settings->priorities, why, sizeof(why));
	if (error == -ENOMEM)
		reader->report.failure = -ENOMEM;
	else if (error)
		WEB_REPORT(reader, node, "%s%s", reader->cipher_suites ? "cipher_suites: " : "", why);
}

/* What is there of two keys. */
static const yaml_node_t *either(const yaml_node_t *one, const yaml_node_t *other)
{
	return one ? one : other;
}

static void use(struct web_reader *reader, struct web_tls_settings *settings)
{
	static const char *const names[] = { "cert", "key", "client_ca", "cipher_suites" };
	const yaml_node_t *places[] = {
		either(reader->cert_file, reader->cert),
		either(reader->key_file, reader->key),
		either(reader->client_ca_file, reader->client_ca),
		reader->tls_server_config,
	};
	enum web_tls_part part = WEB_TLS_PRIORITIES;
	const char *why = "";
	int error = web_tls_new(settings, &reader->config->tls, &part, &why);

	if (error == -ENOMEM)
		reader->report.failure = -ENOMEM;
	else if (error)
		WEB_REPORT(reader, places[part], "%s: %s", names[part], why);
}

void web_config_read_tls(struct web_reader *reader)
{
	const size_t before = reader->report.error_count;
	struct web_tls_settings settings = { 0 };
	uint64_t seen;

	if (!reader->tls_server_config)
		return;
	seen = rule_read_mapping(&reader->file, reader->tls_server_config, &reader->report, "tls_server_config",
				 tls_keys, ARRAY_SIZE(tls_keys), reader);
	if (seen && !either(reader->cert_file, reader->cert))
		WEB_REPORT(reader, reader->tls_server_config, "tls_server_config needs a cert_file");
	if (seen && !either(reader->key_file, reader->key))
		WEB_REPORT(reader, reader->tls_server_config, "tls_server_config needs a key_file");
	read_pem(reader, reader->cert_file, reader->cert, "cert", &settings.cert);
	read_pem(reader, reader->key_file, reader->key, "key", &settings.key);
	read_clients(reader, &settings);
	read_ciphers(reader, &settings);
	if (seen && reader->report.error_count == before && !reader->report.failure)
		use(reader, &settings);
	web_tls_settings_clear(&settings);
}
