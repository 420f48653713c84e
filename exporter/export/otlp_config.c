/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/otlp_config.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <sys/utsname.h>

#include "cleanup.h"
#include "state/utf8.h"
#include "version.h"

#define RETRY_AFTER_MAX_S 3600
#define PAIRS_MAX 64
#define RESOURCE_MAX (PAIRS_MAX + 16) /* those, and our own */

static bool has_http_scheme(const char *url)
{
	return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

/* The path gets v1/logs behind it; a query stays. */
static bool add_signal_path(CURLU *url)
{
	char *path = NULL;
	AUTO_FREE char *longer = NULL;
	size_t size;

	if (curl_url_get(url, CURLUPART_PATH, &path, 0))
		return false;
	size = strlen(path);
	while (size && path[size - 1] == '/')
		size--;
	if (asprintf(&longer, "%.*s/v1/logs", (int)size, path) < 0)
		longer = NULL;
	curl_free(path);
	return longer && !curl_url_set(url, CURLUPART_PATH, longer, 0);
}

int otlp_url(const char *endpoint, bool is_base, char **ret_url)
{
	CURLU *url = curl_url();
	char *text = NULL, *copy = NULL;
	int error = -EINVAL;

	if (url && !has_http_scheme(endpoint))
		goto end;
	if (url && curl_url_set(url, CURLUPART_URL, endpoint, 0))
		goto end;
	error = -ENOMEM;
	if (!url || (is_base && !add_signal_path(url)) || curl_url_get(url, CURLUPART_URL, &text, 0))
		goto end;
	copy = strdup(text);
	if (copy) {
		*ret_url = copy;
		error = 0;
	}
end:
	curl_free(text);
	curl_url_cleanup(url);
	return error;
}

int otlp_metrics_url(const char *endpoint, bool is_base, char **ret_url)
{
	static const char logs[] = "v1/logs", metrics[] = "v1/metrics";
	AUTO_FREE char *text = NULL;
	int error = otlp_url(endpoint, is_base, &text);
	char *signal = error || !is_base ? NULL : strstr(text, logs), *after;

	if (error)
		return error;
	while (signal && (after = strstr(signal + 1, logs)))
		signal = after; /* the last one was added */
	if (asprintf(ret_url, "%.*s%s%s", signal ? (int)(signal - text) : (int)strlen(text), text,
		     signal ? metrics : "", signal ? signal + strlen(logs) : "") < 0)
		return -ENOMEM;
	return 0;
}

static int hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit = tolower((unsigned char)digit);
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Return: a copy to free(3); NULL for a bad escape, a NUL or a line break in it. */
static char *percent_decode(const char *text, size_t size)
{
	char *copy = malloc(size + 1), *out = copy;

	for (size_t i = 0; copy && i < size; i++) {
		int byte = (unsigned char)text[i];

		if (byte == '%') {
			int high = i + 2 < size ? hex_digit(text[i + 1]) : -1;
			int low = i + 2 < size ? hex_digit(text[i + 2]) : -1;

			byte = high < 0 || low < 0 ? 0 : high << 4 | low;
			i += 2;
		}
		if (!byte || byte == '\r' || byte == '\n') {
			free(copy);
			return NULL;
		}
		*out++ = byte;
	}
	if (copy)
		*out = '\0';
	return copy;
}

static const char *trim(const char *text, size_t *size)
{
	while (*size && isspace((unsigned char)*text)) {
		text++;
		(*size)--;
	}
	while (*size && isspace((unsigned char)text[*size - 1]))
		(*size)--;
	return text;
}

static void pairs_free(struct otlp_attribute *pairs, int count)
{
	for (int i = 0; i < count; i++) {
		free(pairs[i].key);
		free(pairs[i].value);
	}
}

/* "k=v,k=v". Return: pairs found, or -EINVAL, with nothing left to free. */
static int parse_pairs(const char *text, struct otlp_attribute pairs[PAIRS_MAX])
{
	int count = 0;

	while (*text) {
		size_t size = strcspn(text, ","), key_size, value_size;
		const char *item = text, *equals, *key, *value;

		text += size + (text[size] == ',');
		item = trim(item, &size);
		if (!size)
			continue;
		equals = memchr(item, '=', size);
		if (!equals || equals == item || count == PAIRS_MAX)
			goto fail;
		key_size = equals - item;
		value_size = size - key_size - 1;
		key = trim(item, &key_size);
		value = trim(equals + 1, &value_size);
		pairs[count].key = percent_decode(key, key_size);
		pairs[count].value = percent_decode(value, value_size);
		count++;
		if (!pairs[count - 1].key || !pairs[count - 1].value || !*pairs[count - 1].key)
			goto fail;
	}
	return count;
fail:
	pairs_free(pairs, count);
	return -EINVAL;
}

/* RFC 9110: the characters of a header's name. */
static bool is_token(const char *text)
{
	static const char characters[] = "!#$%&'*+-.^_`|~0123456789"
					 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return text[strspn(text, characters)] == '\0';
}

/* libcurl's way to write a header without a value is "name;". */
static char *header_line(const struct otlp_attribute *pair)
{
	char *line;

	if (asprintf(&line, *pair->value ? "%s: %s" : "%s;", pair->key, pair->value) < 0)
		return NULL;
	return line;
}

int otlp_headers(const char *text, char ***ret_headers)
{
	struct otlp_attribute pairs[PAIRS_MAX];
	int count = parse_pairs(text ? text : "", pairs), error;
	char **headers;

	if (count < 0)
		return count;
	headers = calloc(count + 1, sizeof(*headers));
	error = headers ? 0 : -ENOMEM;
	for (int i = 0; i < count && !error; i++) {
		error = is_token(pairs[i].key) ? 0 : -EINVAL;
		if (!error && !(headers[i] = header_line(&pairs[i])))
			error = -ENOMEM;
	}
	pairs_free(pairs, count);
	if (error) {
		otlp_headers_free(headers);
		return error;
	}
	*ret_headers = headers;
	return 0;
}

void otlp_headers_free(char **headers)
{
	for (char **header = headers; header && *header; header++)
		free(*header);
	free(headers);
}

/* Takes both texts, also when there is no room. */
static int resource_set(struct otlp_resource *resource, char *key, char *value)
{
	if (!key || !value || resource->count == RESOURCE_MAX)
		goto fail;
	for (size_t i = 0; i < resource->count; i++)
		if (strcmp(resource->attributes[i].key, key) == 0) {
			free(resource->attributes[i].value);
			resource->attributes[i].value = value;
			free(key);
			return 0;
		}
	resource->attributes[resource->count++] = (struct otlp_attribute){ key, value };
	return 0;
fail:
	free(key);
	free(value);
	return -ENOMEM;
}

static int resource_copy(struct otlp_resource *resource, const char *key, const char *value)
{
	return value && *value ? resource_set(resource, strdup(key), strdup(value)) : 0;
}

/* First line of a file below @root_path; "" when there is none. */
static void read_line(const char *root_path, const char *name, char *buffer, size_t size)
{
	AUTO_FCLOSE FILE *file = NULL;
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s%s", root_path, name) < (int)sizeof(path))
		file = fopen(path, "re");
	if (!file || !fgets(buffer, size, file))
		buffer[0] = '\0';
	buffer[strcspn(buffer, "\r\n")] = '\0';
}

/* OpenTelemetry's name of a machine type; others are used as they are. */
static const char *arch_of(const char *machine)
{
	static const char *const names[][2] = {
		{ "x86_64", "amd64" }, { "aarch64", "arm64" }, { "armv7l", "arm32" },
		{ "i686", "x86" },     { "ppc64le", "ppc64" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(machine, names[i][0]) == 0)
			return names[i][1];
	return machine;
}

static int set_defaults(struct otlp_resource *resource, const char *root_path)
{
	char machine_id[64], host_name[256] = "";
	bool own_root = strcmp(root_path, "/") == 0;
	struct utsname name;

	if (uname(&name))
		return -errno;
	read_line(root_path, "/etc/machine-id", machine_id, sizeof(machine_id));
	if (!own_root) /* in a container, whose own name uname(2) tells */
		read_line(root_path, "/etc/hostname", host_name, sizeof(host_name));
	return resource_copy(resource, "service.name", "picket") ||
			       resource_copy(resource, "service.version", PICKET_VERSION) ||
			       resource_copy(resource, "host.name", *host_name ? host_name : name.nodename) ||
			       resource_copy(resource, "host.id", machine_id) ||
			       resource_copy(resource, "host.arch", arch_of(name.machine)) ||
			       resource_copy(resource, "os.type", "linux") ||
			       resource_copy(resource, "k8s.node.name", getenv("NODE_NAME"))
		       ? -ENOMEM
		       : 0;
}

static bool is_utf8(const char *text)
{
	return utf8_valid_size(text, strlen(text)) == strlen(text);
}

/* Return: pairs, or -EINVAL when any of them is not as it should be. */
static int parse_attributes(const char *text, struct otlp_attribute pairs[PAIRS_MAX])
{
	int count = parse_pairs(text ? text : "", pairs);

	for (int i = 0; i < count; i++)
		if (!is_utf8(pairs[i].key) || !is_utf8(pairs[i].value)) {
			pairs_free(pairs, count);
			return -EINVAL;
		}
	return count;
}

int otlp_resource_make(const char *attributes, const char *service_name, const char *root_path,
		       struct otlp_resource *ret_resource)
{
	struct otlp_resource resource = { calloc(RESOURCE_MAX, sizeof(struct otlp_attribute)), 0 };
	struct otlp_attribute pairs[PAIRS_MAX];
	int count, error;

	if (!resource.attributes)
		return -ENOMEM;
	count = parse_attributes(attributes, pairs);
	error = set_defaults(&resource, root_path);
	for (int i = 0; i < count; i++)
		if (resource_set(&resource, pairs[i].key, pairs[i].value))
			error = -ENOMEM;
	if (!error)
		error = resource_copy(&resource, "service.name", service_name);
	if (error) {
		otlp_resource_free(&resource);
		return error;
	}
	*ret_resource = resource;
	return count < 0 ? -EINVAL : 0;
}

void otlp_resource_free(struct otlp_resource *resource)
{
	for (size_t i = 0; i < resource->count; i++) {
		free(resource->attributes[i].key);
		free(resource->attributes[i].value);
	}
	free(resource->attributes);
	resource->attributes = NULL;
	resource->count = 0;
}

int64_t otlp_retry_after_ms(const char *value, int64_t now_s)
{
	int64_t seconds;
	char *end;

	if (isdigit((unsigned char)*value)) {
		seconds = strtoll(value, &end, 10);
		if (*end)
			return -EINVAL;
	} else {
		time_t when = curl_getdate(value, NULL);

		if (when == -1)
			return -EINVAL;
		seconds = when > now_s ? when - now_s : 0;
	}
	return (seconds > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : seconds) * 1000;
}
