/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/otlp_config.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "cleanup.h"
#include "version.h"

#define RETRY_AFTER_MAX_S 3600
#define PAIRS_MAX 64

int otlp_url(const char *endpoint, bool is_base, char **ret_url)
{
	size_t size = strlen(endpoint);
	char *url;

	if (strncmp(endpoint, "http://", 7) != 0 && strncmp(endpoint, "https://", 8) != 0)
		return -EINVAL;
	if (!is_base) {
		*ret_url = strdup(endpoint);
		return *ret_url ? 0 : -ENOMEM;
	}
	while (size && endpoint[size - 1] == '/')
		size--;
	if (asprintf(&url, "%.*s/v1/logs", (int)size, endpoint) < 0)
		return -ENOMEM;
	*ret_url = url;
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
	while (count--) {
		free(pairs[count].key);
		free(pairs[count].value);
	}
	return -EINVAL;
}

int otlp_headers(const char *text, char ***ret_headers)
{
	struct otlp_attribute pairs[PAIRS_MAX];
	int count = parse_pairs(text ? text : "", pairs);
	char **headers;

	if (count < 0)
		return count;
	headers = calloc(count + 1, sizeof(*headers));
	for (int i = 0; i < count; i++) {
		if (headers && asprintf(&headers[i], "%s: %s", pairs[i].key, pairs[i].value) < 0)
			headers[i] = NULL;
		free(pairs[i].key);
		free(pairs[i].value);
	}
	if (!headers)
		return -ENOMEM;
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
	if (!key || !value || resource->count == PAIRS_MAX)
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

static int set_defaults(struct otlp_resource *resource)
{
	struct utsname name;
	char machine_id[64] = "";
	AUTO_FCLOSE FILE *file = fopen("/etc/machine-id", "re");

	if (file && fgets(machine_id, sizeof(machine_id), file))
		machine_id[strcspn(machine_id, "\n")] = '\0';
	if (uname(&name))
		return -errno;
	return resource_copy(resource, "service.name", "picket") ||
			       resource_copy(resource, "service.version", PICKET_VERSION) ||
			       resource_copy(resource, "host.name", name.nodename) ||
			       resource_copy(resource, "host.id", machine_id) ||
			       resource_copy(resource, "host.arch",
					     strcmp(name.machine, "x86_64") == 0 ? "amd64" : name.machine) ||
			       resource_copy(resource, "os.type", "linux") ||
			       resource_copy(resource, "k8s.node.name", getenv("NODE_NAME"))
		       ? -ENOMEM
		       : 0;
}

int otlp_resource_make(const char *attributes, const char *service_name, struct otlp_resource *ret_resource)
{
	struct otlp_resource resource = { calloc(PAIRS_MAX, sizeof(struct otlp_attribute)), 0 };
	struct otlp_attribute pairs[PAIRS_MAX];
	int count = attributes ? parse_pairs(attributes, pairs) : 0, error;

	if (!resource.attributes)
		return -ENOMEM;
	error = set_defaults(&resource);
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
