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

/*
 * Backslash, quote and newline escaped; what is not UTF-8 becomes U+FFFD, or Prometheus would refuse the scrape.
 * Return: whether @value was cut.
 */
static bool write_value(FILE *out, const char *value)
{
	size_t size = strlen(value), used = 0;

	while (size) {
		size_t character = utf8_character(value, size), taken = character ? character : 1;
		const char *text = character ? value : UTF8_REPLACEMENT;
		size_t text_size = character ? character : strlen(UTF8_REPLACEMENT);

		used += text_size;
		if (used > CONTAINER_LABEL_MAX)
			return true;
		if (*text == '\\' || *text == '"' || *text == '\n')
			fputc('\\', out);
		if (*text == '\n')
			fputc('n', out);
		else
			fwrite(text, 1, text_size, out);
		value += taken;
		size -= taken;
	}
	return false;
}

static char *render(const struct label *labels, size_t count, size_t *ret_size, unsigned int *cut)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "%s%s=\"", i ? "," : "", labels[i].name);
		*cut += write_value(out, labels[i].value);
		fputc('"', out);
	}
	if (ferror(out) | fclose(out)) {
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
		{ "isolation", container_isolation_name(container->isolation.class) },
		{ "handler", container->isolation.handler },
		{ "pod_uid", container->pod_uid },
		{ "cgroup", container->cgroup_path },
	};
	size_t size, info_size;
	unsigned int cut = 0;
	char *text = render(labels, ARRAY_SIZE(labels), &size, &cut);
	char *info_text = render(info, ARRAY_SIZE(info), &info_size, &cut);

	if (!text || !info_text) {
		free(text);
		free(info_text);
		return -ENOMEM;
	}
	free(container->labels);
	free(container->info_labels);
	container->labels = text;
	container->labels_size = size;
	container->labels_cut = cut;
	container->info_labels = info_text;
	return 0;
}
