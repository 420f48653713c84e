/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/rule_yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "state/near.h"

#define NAME_SIZE 4096 /* PATH_MAX */
#define MESSAGE_SIZE (NAME_SIZE + 1024)

struct rule_quote rule_quote(const char *text)
{
	struct rule_quote quote;
	size_t size = 0;

	for (; text[size] && size < sizeof(quote.text) - 4; size++) {
		unsigned char byte = text[size];

		quote.text[size] = byte < ' ' || byte >= 0x7f ? '?' : byte;
	}
	strcpy(quote.text + size, text[size] ? "..." : "");
	return quote;
}

static void report_place(struct rule_report *report, const char *name, yaml_mark_t mark, const char *format,
			 va_list arguments)
{
	char message[MESSAGE_SIZE];
	int used;

	if (++report->error_count > RULE_MAX_ERRORS)
		return;
	used = snprintf(message, sizeof(message), "%.*s:%zu:%zu: ", NAME_SIZE, name, mark.line + 1, mark.column + 1);
	vsnprintf(message + used, sizeof(message) - used, format, arguments);
	if (report->on_error)
		report->on_error(report->context, message);
}

void rule_report_at(struct rule_report *report, const struct rule_file *file, const yaml_node_t *node,
		    const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report_place(report, file->name, node->start_mark, format, arguments);
	va_end(arguments);
}

static void report_mark(struct rule_report *report, const char *name, yaml_mark_t mark, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void report_mark(struct rule_report *report, const char *name, yaml_mark_t mark, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report_place(report, name, mark, format, arguments);
	va_end(arguments);
}

void rule_report_file(struct rule_report *report, const char *name, const char *format, ...)
{
	yaml_mark_t start = { 0 };
	va_list arguments;

	va_start(arguments, format);
	report_place(report, name, start, format, arguments);
	va_end(arguments);
}

/* What libyaml found wrong. */
static int report_syntax(struct rule_report *report, const char *name, const yaml_parser_t *parser)
{
	yaml_mark_t mark = parser->problem_mark;

	if (parser->error == YAML_MEMORY_ERROR) {
		report->failure = -ENOMEM;
		return -ENOMEM;
	}
	if (parser->error == YAML_READER_ERROR)
		mark = parser->mark;
	report_mark(report, name, mark, "not YAML: %s%s%s", parser->context ? parser->context : "",
		    parser->context ? ", " : "", parser->problem ? parser->problem : "cannot be read");
	return -EINVAL;
}

/* What has been seen of a file's events. */
struct scan {
	size_t nodes;
	unsigned int depth;
	unsigned int documents;
};

/* Return: what is wrong with the file at this event, or NULL. */
static const char *scan_event(struct scan *scan, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return "aliases are refused; give the values a name under lists: and write $name";
	case YAML_DOCUMENT_START_EVENT:
		return ++scan->documents > 1 ? "a second document; write one per file" : NULL;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		if (++scan->depth > RULE_FILE_MAX_DEPTH)
			return "nested too deeply";
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		scan->depth--;
		return NULL;
	case YAML_SCALAR_EVENT:
		break;
	default:
		return NULL;
	}
	return ++scan->nodes > RULE_FILE_MAX_NODES ? "too many values in one file" : NULL;
}

/* Check the file without keeping any of it. */
static int scan_file(const char *name, const void *bytes, size_t size, struct rule_report *report)
{
	struct scan scan = { 0 };
	const char *problem = NULL;
	yaml_parser_t parser;
	bool more = true;
	int error = 0;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, bytes, size);
	while (more && !error) {
		yaml_event_t event;

		if (!yaml_parser_parse(&parser, &event)) {
			error = report_syntax(report, name, &parser);
			break;
		}
		problem = scan_event(&scan, &event);
		if (problem) {
			report_mark(report, name, event.start_mark, "%s", problem);
			error = -EINVAL;
		}
		more = event.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return error;
}

int rule_file_parse(const char *name, const void *bytes, size_t size, struct rule_report *report,
		    struct rule_file *ret_file)
{
	struct rule_file file = { 0 };
	yaml_parser_t parser;
	int error = scan_file(name, bytes, size, report);

	if (error)
		return error;
	file.name = strdup(name);
	if (!file.name || !yaml_parser_initialize(&parser)) {
		free(file.name);
		return -ENOMEM;
	}
	yaml_parser_set_input_string(&parser, bytes, size);
	if (!yaml_parser_load(&parser, &file.document))
		error = report_syntax(report, name, &parser);
	yaml_parser_delete(&parser);
	if (error)
		free(file.name);
	else
		*ret_file = file;
	return error;
}

void rule_file_close(struct rule_file *file)
{
	yaml_document_delete(&file->document);
	free(file->name);
}

int rule_file_read(const char *path, char **ret_bytes, size_t *ret_size)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	AUTO_FREE char *bytes = NULL;
	struct stat status;
	size_t size = 0;
	ssize_t got;

	if (fd < 0 || fstat(fd, &status))
		return -errno;
	if (!S_ISREG(status.st_mode))
		return S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
	if (status.st_size > RULE_FILE_MAX_BYTES)
		return -EFBIG;
	bytes = malloc(RULE_FILE_MAX_BYTES + 1);
	if (!bytes)
		return -ENOMEM;
	while (size <= RULE_FILE_MAX_BYTES && (got = read(fd, bytes + size, RULE_FILE_MAX_BYTES + 1 - size)) != 0) {
		if (got < 0 && errno != EINTR)
			return -errno;
		size += got > 0 ? got : 0;
	}
	if (size > RULE_FILE_MAX_BYTES)
		return -EFBIG;
	*ret_bytes = bytes;
	*ret_size = size;
	bytes = NULL;
	return 0;
}

int rule_file_load(const char *path, struct rule_report *report, struct rule_file *ret_file)
{
	AUTO_FREE char *bytes = NULL;
	size_t size = 0;
	int error = rule_file_read(path, &bytes, &size);

	if (error == -ENOMEM)
		return error;
	if (error) {
		rule_report_file(report, path, "cannot be read: %s",
				 error == -EINVAL ? "it is no file" : strerror(-error));
		return -EINVAL;
	}
	return rule_file_parse(path, bytes, size, report, ret_file);
}

yaml_node_t *rule_node(const struct rule_file *file, int index)
{
	return yaml_document_get_node((yaml_document_t *)&file->document, index);
}

bool rule_node_empty(const yaml_node_t *node)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	text = (const char *)node->data.scalar.value;
	return !*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0;
}

const char *rule_scalar(const struct rule_file *file, const yaml_node_t *node, struct rule_report *report,
			const char *what)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE) {
		rule_report_at(report, file, node, "%s must be a single value", what);
		return NULL;
	}
	text = (const char *)node->data.scalar.value;
	if (!node->data.scalar.length || rule_node_empty(node)) {
		rule_report_at(report, file, node, "%s must not be empty", what);
		return NULL;
	}
	if (strlen(text) != node->data.scalar.length) {
		rule_report_at(report, file, node, "%s holds a NUL byte", what);
		return NULL;
	}
	return text;
}

static void report_unknown_key(const struct rule_file *file, const yaml_node_t *node, struct rule_report *report,
			       const char *what, const struct rule_key *keys, size_t key_count)
{
	const char *name = (const char *)node->data.scalar.value;
	struct near near = near_start(name);

	for (size_t i = 0; i < key_count; i++)
		near_offer(&near, keys[i].name);
	if (near.best)
		rule_report_at(report, file, node, "%s has no key \"%s\"; did you mean \"%s\"?", what,
			       rule_quote(name).text, near.best);
	else
		rule_report_at(report, file, node, "%s has no key \"%s\"", what, rule_quote(name).text);
}

uint64_t rule_read_mapping(const struct rule_file *file, const yaml_node_t *node, struct rule_report *report,
			   const char *what, const struct rule_key *keys, size_t key_count, void *context)
{
	uint64_t seen = 0;

	if (node->type != YAML_MAPPING_NODE) {
		rule_report_at(report, file, node, "%s must be a mapping of keys to values", what);
		return 0;
	}
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = rule_node(file, pair->key);
		const char *name = rule_scalar(file, key, report, "a key");
		size_t i = 0;

		if (!name)
			continue;
		while (i < key_count && strcmp(keys[i].name, name) != 0)
			i++;
		if (i == key_count) {
			report_unknown_key(file, key, report, what, keys, key_count);
		} else if (seen & (1ULL << i)) {
			rule_report_at(report, file, key, "%s has the key \"%s\" twice", what, name);
		} else {
			seen |= 1ULL << i;
			keys[i].read(context, rule_node(file, pair->value));
		}
	}
	return seen;
}
