/* SPDX-License-Identifier: GPL-2.0-only */
#include "container_labels.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "utf8.h"

struct label {
	const char *name;
	const char *value;
};

/* Backslash, quote and newline escaped; what is not UTF-8 becomes U+FFFD, or Prometheus would refuse the scrape. */
static void write_value(FILE *out, const char *value)
{
	size_t size = strlen(value), used = 0;

	while (*value && used < CONTAINER_LABEL_MAX) {
		size_t character = utf8_character(value, size);

		if (!character) {
			fputs(UTF8_REPLACEMENT, out);
			character = 1;
		} else if (*value == '\n') {
			fputs("\\n", out);
		} else {
			if (*value == '\\' || *value == '"')
				fputc('\\', out);
			fwrite(value, 1, character, out);
		}
		value += character;
		size -= character;
		used += character;
	}
}

static char *render(const struct label *labels, size_t count, size_t *ret_size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "%s%s=\"", i ? "," : "", labels[i].name);
		write_value(out, labels[i].value);
		fputc('"', out);
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

int container_render_labels(struct container *container)
{
	const struct label labels[] = {
		{ "container_id", container->id },
		{ "container", container->name },
		{ "pod", container->pod },
		{ "namespace", container->namespace },
	};
	const struct label info[] = {
		{ "image", container->image },
		{ "runtime", container->runtime },
		{ "isolation", container_isolation_name(container->isolation) },
		{ "pod_uid", container->pod_uid },
		{ "cgroup", container->cgroup_path },
	};
	size_t size, info_size;
	char *text = render(labels, ARRAY_SIZE(labels), &size);
	char *info_text = render(info, ARRAY_SIZE(info), &info_size);

	if (!text || !info_text) {
		free(text);
		free(info_text);
		return -ENOMEM;
	}
	free(container->labels);
	free(container->info_labels);
	container->labels = text;
	container->labels_size = size;
	container->info_labels = info_text;
	return 0;
}
