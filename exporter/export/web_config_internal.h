/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the web_config*.c. */
#ifndef WEB_CONFIG_INTERNAL_H
#define WEB_CONFIG_INTERNAL_H

#include "export/web_config.h"

/* Where each key's value stands; NULL: it is not there, or empty. */
#define WEB_TOP_KEYS(KEY) KEY(tls_server_config) KEY(http_server_config) KEY(basic_auth_users) KEY(rate_limit)
#define WEB_TLS_KEYS(KEY) \
	KEY(cert_file) \
	KEY(cert) \
	KEY(key_file) \
	KEY(key) \
	KEY(client_ca_file) \
	KEY(client_ca) \
	KEY(client_auth_type) \
	KEY(client_allowed_sans) \
	KEY(min_version) \
	KEY(max_version) \
	KEY(cipher_suites) \
	KEY(prefer_server_cipher_suites) \
	KEY(curve_preferences)
#define WEB_HTTP_KEYS(KEY) KEY(http2) KEY(headers)
#define WEB_RATE_KEYS(KEY) KEY(interval) KEY(burst)

struct web_reader {
	struct rule_report report;
	struct rule_file file;
	const char *path;
	struct web_config *config;
#define WEB_NODE(key) const yaml_node_t *key;
	WEB_TOP_KEYS(WEB_NODE) WEB_TLS_KEYS(WEB_NODE) WEB_HTTP_KEYS(WEB_NODE) WEB_RATE_KEYS(WEB_NODE)
#undef WEB_NODE
};

/* A reader of each key that keeps its place, and the table of them. */
#define WEB_KEEP(key) \
	static void keep_##key(void *context, const yaml_node_t *node) \
	{ \
		((struct web_reader *)context)->key = web_unset(node) ? NULL : node; \
	}
#define WEB_KEY(key) { #key, keep_##key },

#define WEB_REPORT(reader, node, ...) rule_report_at(&(reader)->report, &(reader)->file, (node), __VA_ARGS__)

/** web_text() - a scalar's text; NULL when @node is NULL, or after a report. */
const char *web_text(struct web_reader *reader, const yaml_node_t *node, const char *what);

/** web_choice() - one of the names; @otherwise when @node is NULL, or after a report. */
unsigned int web_choice(struct web_reader *reader, const yaml_node_t *node, const char *what,
			const char *(*name_of)(unsigned int), unsigned int otherwise);

/** web_flag() - true or false. */
bool web_flag(struct web_reader *reader, const yaml_node_t *node, const char *what, bool otherwise);

/** web_each() - each text of a sequence. */
void web_each(struct web_reader *reader, const yaml_node_t *node, const char *what,
	      void (*each)(struct web_reader *reader, const yaml_node_t *node, const char *text, void *context),
	      void *context);

/** web_unset() - nothing was written, or "", which is the same in this format. */
bool web_unset(const yaml_node_t *node);

/** web_add_file() - remember how it is now; before it is read. @path: from the configuration's folder. */
const char *web_add_file(struct web_config *config, const char *path);

/** web_config_read_tls() - tls_server_config. */
void web_config_read_tls(struct web_reader *reader);

#endif
