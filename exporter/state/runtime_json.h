/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of the container runtimes, below the host's root: bounded, regular, and never outside of it. */
#ifndef RUNTIME_JSON_H
#define RUNTIME_JSON_H

#include <jansson.h>
#include <stddef.h>

static inline void cleanup_json(json_t **json)
{
	json_decref(*json);
}
#define AUTO_JSON __attribute__((cleanup(cleanup_json)))

/**
 * runtime_file_open() - open a regular file or a directory; symbolic links are followed as if @root_fd were "/".
 * @path: relative. @flags: of open(2), besides O_RDONLY | O_CLOEXEC.
 * Return: descriptor, -errno.
 */
int runtime_file_open(int root_fd, const char *path, int flags);

/**
 * runtime_file_read() - a whole regular file, NUL-terminated; free(3) it.
 * Return: 0; -ENOENT; -EFBIG beyond RUNTIME_FILES_MAX_BYTES; -EBADMSG when it is no regular file; -errno.
 */
int runtime_file_read(int root_fd, const char *path, char **ret_text, size_t *ret_size);

/** runtime_json_parse() - @text is changed: what JSON can say but C cannot (an escaped NUL) becomes U+FFFD. */
int runtime_json_parse(char *text, size_t size, json_t **ret_json);

/** runtime_json_load() - Return: as runtime_file_read(), and -EBADMSG for what is not JSON. */
int runtime_json_load(int root_fd, const char *path, json_t **ret_json);

/** runtime_json_loadf() - the path as printf(3) writes it; -ENAMETOOLONG. */
int runtime_json_loadf(int root_fd, json_t **ret_json, const char *format, ...) __attribute__((format(printf, 3, 4)));

/** runtime_json_text() - a string member; "" when there is none. Borrowed. @object may be NULL. */
const char *runtime_json_text(const json_t *object, const char *key);

#endif
