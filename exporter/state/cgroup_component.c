/* SPDX-License-Identifier: GPL-2.0-only */
#include "cgroup_component.h"

#include <stdlib.h>
#include <string.h>

#define HASH_DIGITS 64
#define UUID_SIZE 36
#define STATIC_POD_DIGITS 32 /* the hash of a static pod's manifest */

void components_split(const char *path, struct components *ret_components)
{
	ret_components->count = 0;
	ret_components->cut = false;
	while (*path) {
		size_t size = strcspn(path, "/");

		if (size && ret_components->count == COMPONENTS_MAX) {
			ret_components->cut = true;
			return;
		}
		if (size)
			ret_components->at[ret_components->count++] = (struct component){ path, size };
		path += size + (path[size] == '/');
	}
}

bool component_equals(struct component component, const char *text)
{
	return component.size == strlen(text) && memcmp(component.text, text, component.size) == 0;
}

bool component_starts(struct component component, const char *prefix)
{
	size_t size = strlen(prefix);

	return component.size >= size && memcmp(component.text, prefix, size) == 0;
}

bool component_ends(struct component component, const char *suffix)
{
	size_t size = strlen(suffix);

	return component.size >= size && memcmp(component.text + component.size - size, suffix, size) == 0;
}

bool component_strip(struct component component, const char *prefix, const char *suffix, struct component *ret_inner)
{
	size_t around = strlen(prefix) + strlen(suffix);

	if (component.size <= around || !component_starts(component, prefix) || !component_ends(component, suffix))
		return false;
	*ret_inner = (struct component){ component.text + strlen(prefix), component.size - around };
	return true;
}

static bool is_hex_digit(char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
}

static bool is_hex(struct component component, size_t size)
{
	if (component.size != size)
		return false;
	for (size_t i = 0; i < size; i++)
		if (!is_hex_digit(component.text[i]))
			return false;
	return true;
}

bool component_is_hash(struct component component)
{
	return is_hex(component, HASH_DIGITS);
}

bool component_is_uuid(struct component component, char dash)
{
	if (component.size != UUID_SIZE)
		return false;
	for (size_t i = 0; i < UUID_SIZE; i++) {
		bool at_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (at_dash ? component.text[i] != dash : !is_hex_digit(component.text[i]))
			return false;
	}
	return true;
}

/* @rest: what follows "pod". */
static bool read_pod_uid(struct component rest, char ret_uid[CGROUP_POD_SIZE])
{
	const char *end = rest.text;

	while (end < rest.text + rest.size && *end != '.' && *end != ':')
		end++;
	rest.size = (size_t)(end - rest.text);
	if (!component_is_uuid(rest, '-') && !component_is_uuid(rest, '_') && !is_hex(rest, STATIC_POD_DIGITS))
		return false;
	component_copy(rest, ret_uid, CGROUP_POD_SIZE);
	for (char *byte = ret_uid; *byte; byte++)
		if (*byte == '_')
			*byte = '-';
	return true;
}

bool component_pod_uid(struct component component, char ret_uid[CGROUP_POD_SIZE])
{
	for (size_t i = 0; i + 3 < component.size; i++) {
		struct component rest = { component.text + i, component.size - i };

		if (!component_starts(rest, "pod") || (i > 0 && component.text[i - 1] != '-'))
			continue;
		rest.text += 3;
		rest.size -= 3;
		if (read_pod_uid(rest, ret_uid))
			return true;
	}
	return false;
}

bool component_user(struct component component, uint32_t *ret_user)
{
	struct component digits;
	uint64_t user = 0;

	if (!component_strip(component, "user@", ".service", &digits) || digits.size > 10)
		return false;
	for (size_t i = 0; i < digits.size; i++) {
		if (digits.text[i] < '0' || digits.text[i] > '9')
			return false;
		user = user * 10 + (uint64_t)(digits.text[i] - '0');
	}
	if (user >= CGROUP_NO_USER)
		return false;
	*ret_user = (uint32_t)user;
	return true;
}

bool component_copy(struct component component, char *target, size_t target_size)
{
	if (component.size >= target_size)
		return false;
	if (component.size)
		memcpy(target, component.text, component.size);
	target[component.size] = '\0';
	return true;
}

void component_unescape(char *text)
{
	char *out = text;

	while (*text) {
		char byte = 0;

		if (strncmp(text, "\\x", 2) == 0 && is_hex_digit(text[2]) && is_hex_digit(text[3])) {
			char digits[] = { text[2], text[3], '\0' };

			byte = (char)strtoul(digits, NULL, 16);
		}
		if (byte && byte != '/') {
			*out++ = byte;
			text += 4;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}
