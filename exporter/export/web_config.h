/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * --web.config.file, in the format of Prometheus' exporter-toolkit: TLS, users, headers, a rate limit.
 * Read strictly: an unknown key, and what cannot be done here, is an error with its place.
 */
#ifndef WEB_CONFIG_H
#define WEB_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "export/web_tls.h"
#include "state/rule_yaml.h"

#define WEB_HEADERS_MAX 5
#define WEB_FILES_MAX 4	 /* the file itself, certificate, key, authorities of clients */
#define WEB_HASH_SIZE 61 /* of bcrypt, with its NUL */

struct web_user {
	char *name;
	char hash[WEB_HASH_SIZE];
};

struct web_header {
	const char *name; /* static */
	char *value;
};

/* A file as it was when it was read; all zero: it was not there. */
struct web_file {
	char *path;
	struct stat status;
};

struct web_config {
	struct web_tls *tls; /* NULL: plain HTTP */
	struct web_user *users;
	size_t user_count; /* 0: nobody is asked */
	struct web_header headers[WEB_HEADERS_MAX];
	size_t header_count;
	uint64_t rate_interval_ns; /* one more request in each; 0: no limit */
	unsigned int rate_burst;
	struct web_file files[WEB_FILES_MAX];
	size_t file_count;
};

/**
 * web_config_load() - read a file, and the certificates that it names.
 * @on_error: each error as "file:line:column: what is wrong".
 * @ret_config: when it fails, only its files are there, for web_config_changed(); web_config_clear() it either way.
 * Return: 0; -EINVAL after at least one report; -ENOMEM.
 */
int web_config_load(const char *path, rule_error *on_error, void *context, struct web_config *ret_config);

/** web_config_changed() - whether one of its files is another than when it was read. */
bool web_config_changed(const struct web_config *config);
void web_config_clear(struct web_config *config);

/** web_config_is_one() - whether a file looks like one, rather than like rules: by its first level of keys. */
bool web_config_is_one(const char *path);

#endif
