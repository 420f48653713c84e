/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/incident_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cleanup.h"
#include "respond/proc_text.h"
#include "state/redact.h"

#define BLOCK_MAX_BYTES 65536
#define ARGUMENT_MAX_BYTES 4096
#define ARGUMENTS_MAX 256
#define VARIABLES_MAX 256
#define VALUE_MAX_BYTES 512
#define HASH_CHUNK 65536

/* The only variables whose values are kept: what they hold is no secret, and tells of an attack. */
static const char *const open_names[] = {
	"PATH",	    "HOME", "HOSTNAME", "LANG",	 "TERM",      "PWD",	    "OLDPWD",
	"SHLVL",    "USER", "LOGNAME",	"SHELL", "container", "LD_PRELOAD", "LD_LIBRARY_PATH",
	"LD_AUDIT", "TZ",   "HISTFILE", "IFS",
};

static const char *const secret_words[] = {
	"pass",	     "pwd",	"secret",     "token", "apikey", "api_key", "api-key", "access_key", "access-key",
	"accesskey", "private", "credential", "cred",  "auth",	 "session", "cookie",  "key",
};

bool incident_is_secret_name(const char *name, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(secret_words); i++) {
		size_t length = strlen(secret_words[i]);

		for (size_t at = 0; at + length <= size; at++)
			if (strncasecmp(name + at, secret_words[i], length) == 0)
				return true;
	}
	return false;
}

static bool is_open(const char *name, size_t size)
{
	if (size > 3 && strncmp(name, "LC_", 3) == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(open_names); i++)
		if (strlen(open_names[i]) == size && memcmp(name, open_names[i], size) == 0)
			return true;
	return false;
}

static json_t *variable(struct incident_bounds *bounds, const char *text, size_t size)
{
	const char *sign = memchr(text, '=', size);
	size_t name_size = sign ? (size_t)(sign - text) : 0;
	json_t *object = json_object();

	/* what has no name may be a secret as a whole */
	json_object_set_new(object, "name", incident_text(bounds, text, name_size, VALUE_MAX_BYTES));
	if (sign && is_open(text, name_size))
		json_object_set_new(object, "value",
				    incident_text(bounds, sign + 1, size - name_size - 1, VALUE_MAX_BYTES));
	else
		json_object_set_new(object, "redacted", json_true());
	return object;
}

json_t *incident_environment(struct incident_bounds *bounds, const char *block, size_t size)
{
	json_t *list = json_array();

	for (size_t at = 0; at < size && !incident_bounds_over(bounds);) {
		size_t length = strnlen(block + at, size - at);

		if (json_array_size(list) == VARIABLES_MAX) {
			incident_left_out(bounds, "more than %d variables of one process", VARIABLES_MAX);
			break;
		}
		if (length)
			json_array_append_new(list, variable(bounds, block + at, length));
		at += length + 1;
	}
	return list;
}

static json_t *argument_list(struct incident_bounds *bounds, const char *block, size_t size)
{
	json_t *list = json_array();

	for (size_t at = 0; at < size && !incident_bounds_over(bounds);) {
		size_t length = strnlen(block + at, size - at);

		if (json_array_size(list) == ARGUMENTS_MAX) {
			incident_left_out(bounds, "more than %d arguments of one process", ARGUMENTS_MAX);
			break;
		}
		json_array_append_new(list, incident_text(bounds, block + at, length, ARGUMENT_MAX_BYTES));
		at += length + 1;
	}
	return list;
}

static size_t read_block(int process_fd, const char *name, char *buffer, struct incident_bounds *bounds)
{
	AUTO_CLOSE int fd = openat(process_fd, name, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t got;

	while (fd >= 0 && used < BLOCK_MAX_BYTES && (got = read(fd, buffer + used, BLOCK_MAX_BYTES - used)) > 0)
		used += got;
	if (used == BLOCK_MAX_BYTES)
		incident_left_out(bounds, "what goes beyond 64 KiB of one process's %s", name);
	return used;
}

/* Return: NULL: it may be read; else why not. A user's or a remote server may take its time to answer. */
static const char *slow_file_system(int process_fd, const struct statx *status)
{
	static const char *const slow[] = { "fuse", "nfs", "cifs", "smb3", "9p", "ceph", "glusterfs", "afs" };
	int fd = openat(process_fd, "mountinfo", O_RDONLY | O_CLOEXEC);
	AUTO_FCLOSE FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	AUTO_FREE char *line = NULL;
	struct proc_mount mount;
	size_t room = 0;

	if (!file && fd >= 0)
		close(fd);
	while (file && getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (proc_text_mount(line, &mount) || mount.major != status->stx_dev_major ||
		    mount.minor != status->stx_dev_minor)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(slow); i++)
			if (strncmp(mount.type, slow[i], strlen(slow[i])) == 0)
				return "it lies on a file system of somebody else";
	}
	return NULL;
}

/* Return: NULL: @text is the hash; else why not. */
static const char *hash_file(int fd, struct incident_bounds *bounds, char text[2 * SHA256_DIGEST_SIZE + 1])
{
	AUTO_FREE uint8_t *chunk = malloc(HASH_CHUNK);
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx state;
	size_t total = 0;
	ssize_t got = 1;

	if (!chunk)
		return "no memory";
	sha256_init(&state);
	while (total <= INCIDENT_HASH_MAX_BYTES && (got = read(fd, chunk, HASH_CHUNK)) > 0) {
		if (incident_bounds_over(bounds))
			return "it took too long";
		sha256_update(&state, got, chunk);
		total += got;
	}
	if (got < 0)
		return "it cannot be read";
	if (total > INCIDENT_HASH_MAX_BYTES)
		return "it is larger than 64 MiB";
	sha256_digest(&state, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		sprintf(text + 2 * i, "%02x", digest[i]);
	return NULL;
}

/* The path is none: the link leads to the very file, whatever is at its name now. */
static const char *open_executable(int process_fd, struct statx *ret_status, int *ret_fd)
{
	AUTO_CLOSE int path_fd = openat(process_fd, "exe", O_PATH | O_CLOEXEC);
	const char *reason;

	if (path_fd < 0 || statx(path_fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, ret_status))
		return "it cannot be opened";
	if (!S_ISREG(ret_status->stx_mode))
		return "it is no regular file";
	if (ret_status->stx_size > INCIDENT_HASH_MAX_BYTES)
		return "it is larger than 64 MiB";
	reason = slow_file_system(process_fd, ret_status);
	if (reason)
		return reason;
	*ret_fd = openat(process_fd, "exe", O_RDONLY | O_NONBLOCK | O_NOATIME | O_CLOEXEC);
	if (*ret_fd < 0)
		*ret_fd = openat(process_fd, "exe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return *ret_fd < 0 ? "it cannot be opened" : NULL;
}

static void add_hash(json_t *executable, int process_fd, struct incident_bounds *bounds)
{
	char text[2 * SHA256_DIGEST_SIZE + 1];
	struct statx status = { 0 };
	AUTO_CLOSE int fd = -1;
	const char *reason = open_executable(process_fd, &status, &fd);

	if (!reason)
		reason = hash_file(fd, bounds, text);
	json_object_set_new(executable, "size", json_integer((json_int_t)status.stx_size));
	if (reason)
		json_object_set_new(executable, "not_hashed", json_string(reason));
	else
		json_object_set_new(executable, "sha256", json_string(text));
}

static void add_arguments(json_t *process, const char *block, size_t size, struct incident_bounds *bounds)
{
	AUTO_FREE char *redacted = malloc(2UL * BLOCK_MAX_BYTES);

	if (!bounds->keep_secrets && !redacted)
		return;
	if (!bounds->keep_secrets) {
		size = redact_arguments(block, size, redacted, 2UL * BLOCK_MAX_BYTES);
		block = redacted;
	}
	json_object_set_new(process, "arguments", argument_list(bounds, block, size));
}

void incident_memory(json_t *process, int process_fd, struct incident_bounds *bounds)
{
	AUTO_FREE char *block = malloc(BLOCK_MAX_BYTES);
	json_t *executable = json_object_get(process, "executable");
	size_t size;

	if (!block)
		return;
	size = read_block(process_fd, "cmdline", block, bounds);
	add_arguments(process, block, size, bounds);
	size = read_block(process_fd, "environ", block, bounds);
	json_object_set_new(process, "environment", incident_environment(bounds, block, size));
	if (executable)
		add_hash(executable, process_fd, bounds);
}
