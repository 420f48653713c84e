/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/web_config.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "cleanup.h"
#include "export/web_config_internal.h"
#include "state/near.h"
#include "state/rule_read.h"

#define USERS_MAX 1000
#define BURST_MAX 1000000
#define BCRYPT_COST_MIN 4
#define BCRYPT_COST_MAX 16 /* seconds for one check; each step more doubles them */

WEB_TOP_KEYS(WEB_KEEP)
WEB_HTTP_KEYS(WEB_KEEP)
WEB_RATE_KEYS(WEB_KEEP)
static const struct rule_key top_keys[] = { WEB_TOP_KEYS(WEB_KEY) };
static const struct rule_key http_keys[] = { WEB_HTTP_KEYS(WEB_KEY) };
static const struct rule_key rate_keys[] = { WEB_RATE_KEYS(WEB_KEY) };

bool web_unset(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE && (rule_node_empty(node) || !node->data.scalar.length);
}

const char *web_text(struct web_reader *reader, const yaml_node_t *node, const char *what)
{
	return node ? rule_scalar(&reader->file, node, &reader->report, what) : NULL;
}

unsigned int web_choice(struct web_reader *reader, const yaml_node_t *node, const char *what,
			const char *(*name_of)(unsigned int), unsigned int otherwise)
{
	const char *text = web_text(reader, node, what), *name;
	struct near near = near_start(text ? text : "");

	if (!text)
		return otherwise;
	for (unsigned int i = 0; (name = name_of(i)); i++) {
		if (strcmp(text, name) == 0)
			return i;
		near_offer(&near, name);
	}
	if (near.best)
		WEB_REPORT(reader, node, "%s: \"%s\" is not known here; did you mean \"%s\"?", what,
			   rule_quote(text).text, near.best);
	else
		WEB_REPORT(reader, node, "%s: \"%s\" is not known here; %s would be", what, rule_quote(text).text,
			   name_of(0));
	return otherwise;
}

bool web_flag(struct web_reader *reader, const yaml_node_t *node, const char *what, bool otherwise)
{
	const char *text = web_text(reader, node, what);

	if (text && strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		WEB_REPORT(reader, node, "%s is true or false", what);
	return text ? strcmp(text, "true") == 0 : otherwise;
}

void web_each(struct web_reader *reader, const yaml_node_t *node, const char *what,
	      void (*each)(struct web_reader *reader, const yaml_node_t *node, const char *text, void *context),
	      void *context)
{
	if (!node)
		return;
	if (node->type != YAML_SEQUENCE_NODE) {
		WEB_REPORT(reader, node, "%s must be a list", what);
		return;
	}
	for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
		const yaml_node_t *value = rule_node(&reader->file, *item);
		const char *text = web_text(reader, value, what);

		if (text)
			each(reader, value, text, context);
	}
}

const char *web_add_file(struct web_config *config, const char *path)
{
	struct web_file *file = &config->files[config->file_count];
	const char *own = config->file_count ? config->files[0].path : "";
	const char *slash = strrchr(own, '/');
	int folder = slash && path[0] != '/' ? (int)(slash - own + 1) : 0;

	if (config->file_count == WEB_FILES_MAX || asprintf(&file->path, "%.*s%s", folder, own, path) < 0)
		return NULL;
	if (stat(file->path, &file->status))
		memset(&file->status, 0, sizeof(file->status));
	config->file_count++;
	return file->path;
}

/* "$2y$10$" and 53 characters more. Return: NULL, or what is wrong. */
static const char *check_hash(const char *hash)
{
	static const char base64[] = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	int cost;

	if (strlen(hash) != WEB_HASH_SIZE - 1 || strncmp(hash, "$2", 2) != 0 || !strchr("aby", hash[2]) ||
	    hash[3] != '$' || hash[6] != '$' || strspn(hash + 7, base64) != WEB_HASH_SIZE - 8 ||
	    strspn(hash + 4, "0123456789") != 2)
		return "is no bcrypt hash; `htpasswd -nBC 10 \"\"` makes one";
	cost = atoi(hash + 4);
	if (cost < BCRYPT_COST_MIN || cost > BCRYPT_COST_MAX)
		return "has a cost that is not from 4 to 16: a check would take longer than a scrape may";
	return NULL;
}

static void read_user(struct web_reader *reader, const yaml_node_t *name_node, const yaml_node_t *hash_node)
{
	struct web_config *config = reader->config;
	const char *name = web_text(reader, name_node, "a user's name");
	const char *hash = name ? web_text(reader, hash_node, "a user's hash") : NULL;
	const char *wrong = hash ? check_hash(hash) : NULL;

	if (!hash)
		return;
	for (size_t i = 0; i < config->user_count; i++)
		if (strcmp(config->users[i].name, name) == 0) {
			WEB_REPORT(reader, name_node, "the user \"%s\" is there twice", rule_quote(name).text);
			return;
		}
	if (strchr(name, ':')) /* it could never be sent */
		WEB_REPORT(reader, name_node, "a user's name has no colon");
	else if (wrong)
		WEB_REPORT(reader, hash_node, "the hash of \"%s\" %s", rule_quote(name).text, wrong);
	else if (!(config->users[config->user_count].name = strdup(name)))
		reader->report.failure = -ENOMEM;
	else
		strcpy(config->users[config->user_count++].hash, hash);
}

static void read_users(struct web_reader *reader)
{
	const yaml_node_t *node = reader->basic_auth_users;
	size_t count;

	if (!node)
		return;
	if (node->type != YAML_MAPPING_NODE) {
		WEB_REPORT(reader, node, "basic_auth_users must be a mapping of names to bcrypt hashes");
		return;
	}
	count = node->data.mapping.pairs.top - node->data.mapping.pairs.start;
	if (count > USERS_MAX) {
		WEB_REPORT(reader, node, "more than %d users", USERS_MAX);
		return;
	}
	reader->config->users = calloc(count + 1, sizeof(*reader->config->users));
	if (!reader->config->users) {
		reader->report.failure = -ENOMEM;
		return;
	}
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++)
		read_user(reader, rule_node(&reader->file, pair->key), rule_node(&reader->file, pair->value));
}

/* Those that the format allows; with values where only these make sense. */
static const struct {
	const char *name, *values[2];
} headers[WEB_HEADERS_MAX] = {
	{ "Strict-Transport-Security", { NULL } },
	{ "Content-Security-Policy", { NULL } },
	{ "X-XSS-Protection", { NULL } },
	{ "X-Content-Type-Options", { "nosniff" } },
	{ "X-Frame-Options", { "deny", "sameorigin" } },
};

static bool header_takes(size_t header, const char *value)
{
	for (const char *at = value; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return false; /* the end of the header, and who knows what behind it */
	if (!headers[header].values[0])
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(headers[header].values); i++)
		if (headers[header].values[i] && strcasecmp(value, headers[header].values[i]) == 0)
			return true;
	return false;
}

static void read_header(struct web_reader *reader, const yaml_node_t *name_node, const yaml_node_t *value_node)
{
	struct web_config *config = reader->config;
	const char *name = web_text(reader, name_node, "a header's name"), *value;
	size_t i = 0;

	if (!name || web_unset(value_node))
		return;
	value = web_text(reader, value_node, name);
	while (i < ARRAY_SIZE(headers) && strcasecmp(headers[i].name, name) != 0)
		i++;
	if (i == ARRAY_SIZE(headers)) {
		WEB_REPORT(reader, name_node, "the header \"%s\" cannot be set", rule_quote(name).text);
		return;
	}
	for (size_t j = 0; j < config->header_count; j++)
		if (config->headers[j].name == headers[i].name) {
			WEB_REPORT(reader, name_node, "the header %s is there twice", headers[i].name);
			return;
		}
	if (!value)
		return;
	if (!header_takes(i, value)) {
		WEB_REPORT(reader, value_node, "\"%s\" is no value of %s", rule_quote(value).text, headers[i].name);
		return;
	}
	config->headers[config->header_count] = (struct web_header){ headers[i].name, strdup(value) };
	if (config->headers[config->header_count].value)
		config->header_count++;
	else
		reader->report.failure = -ENOMEM;
}

static void read_http(struct web_reader *reader)
{
	if (!reader->http_server_config)
		return;
	rule_read_mapping(&reader->file, reader->http_server_config, &reader->report, "http_server_config", http_keys,
			  ARRAY_SIZE(http_keys), reader);
	/* allowed, not promised: clients are never offered more than HTTP/1.1 */
	web_flag(reader, reader->http2, "http2", true);
	if (!reader->headers)
		return;
	if (reader->headers->type != YAML_MAPPING_NODE) {
		WEB_REPORT(reader, reader->headers, "headers must be a mapping of names to values");
		return;
	}
	for (yaml_node_pair_t *pair = reader->headers->data.mapping.pairs.start;
	     pair < reader->headers->data.mapping.pairs.top; pair++)
		read_header(reader, rule_node(&reader->file, pair->key), rule_node(&reader->file, pair->value));
}

static void read_rate(struct web_reader *reader)
{
	const char *interval, *burst;
	char *end;
	long number = 0;

	if (!reader->rate_limit)
		return;
	rule_read_mapping(&reader->file, reader->rate_limit, &reader->report, "rate_limit", rate_keys,
			  ARRAY_SIZE(rate_keys), reader);
	interval = web_text(reader, reader->interval, "interval");
	burst = web_text(reader, reader->burst, "burst");
	if (burst) {
		number = strtol(burst, &end, 10);
		if (*end || number < 0 || number > BURST_MAX)
			WEB_REPORT(reader, reader->burst, "burst is a number from 0 to %d", BURST_MAX);
	}
	if (!interval || strcmp(interval, "0") == 0 || strcmp(interval, "0s") == 0)
		return; /* no limit */
	reader->config->rate_interval_ns = rule_parse_duration(interval);
	reader->config->rate_burst = number;
	if (reader->config->rate_interval_ns < RULE_DURATION_MIN_NS)
		WEB_REPORT(reader, reader->interval, "interval is a duration such as 500ms, 1s or 1m");
	else if (number < 1)
		WEB_REPORT(reader, reader->rate_limit, "burst must be 1 or more, or no request is ever answered");
}

static void read_all(struct web_reader *reader)
{
	const yaml_node_t *root = yaml_document_get_root_node(&reader->file.document);

	if (!root || web_unset(root))
		return; /* an empty file asks for nothing */
	rule_read_mapping(&reader->file, root, &reader->report, "a web configuration", top_keys, ARRAY_SIZE(top_keys),
			  reader);
	web_config_read_tls(reader);
	read_http(reader);
	read_users(reader);
	read_rate(reader);
}

int web_config_load(const char *path, rule_error *on_error, void *context, struct web_config *ret_config)
{
	struct web_reader reader = { .report = { .on_error = on_error, .context = context },
				     .path = path,
				     .config = ret_config };
	int error;

	memset(ret_config, 0, sizeof(*ret_config));
	if (!web_add_file(ret_config, path))
		return -ENOMEM;
	error = rule_file_load(path, &reader.report, &reader.file);
	if (!error) {
		read_all(&reader);
		rule_file_close(&reader.file);
		error = reader.report.failure ? reader.report.failure : reader.report.error_count ? -EINVAL : 0;
	}
	return error;
}

bool web_config_changed(const struct web_config *config)
{
	for (size_t i = 0; i < config->file_count; i++) {
		const struct stat *old = &config->files[i].status;
		struct stat now;

		if (stat(config->files[i].path, &now))
			memset(&now, 0, sizeof(now));
		if (now.st_dev != old->st_dev || now.st_ino != old->st_ino || now.st_size != old->st_size ||
		    now.st_mtim.tv_sec != old->st_mtim.tv_sec || now.st_mtim.tv_nsec != old->st_mtim.tv_nsec ||
		    now.st_ctim.tv_sec != old->st_ctim.tv_sec || now.st_ctim.tv_nsec != old->st_ctim.tv_nsec)
			return true;
	}
	return false;
}

void web_config_clear(struct web_config *config)
{
	web_tls_unref(config->tls);
	for (size_t i = 0; i < config->user_count; i++)
		free(config->users[i].name);
	free(config->users);
	for (size_t i = 0; i < config->header_count; i++)
		free(config->headers[i].value);
	for (size_t i = 0; i < config->file_count; i++)
		free(config->files[i].path);
	memset(config, 0, sizeof(*config));
}

static void ignore_error(void *context, const char *message)
{
	(void)context;
	(void)message;
}

bool web_config_is_one(const char *path)
{
	struct rule_report report = { .on_error = ignore_error };
	struct rule_file file;
	const yaml_node_t *root;
	bool found = false;

	if (rule_file_load(path, &report, &file))
		return false;
	root = yaml_document_get_root_node(&file.document);
	if (root && root->type == YAML_MAPPING_NODE)
		for (yaml_node_pair_t *pair = root->data.mapping.pairs.start; pair < root->data.mapping.pairs.top;
		     pair++) {
			const char *key = rule_scalar(&file, rule_node(&file, pair->key), &report, "a key");

			for (size_t i = 0; key && i < ARRAY_SIZE(top_keys); i++)
				found = found || strcmp(key, top_keys[i].name) == 0;
		}
	rule_file_close(&file);
	return found;
}
