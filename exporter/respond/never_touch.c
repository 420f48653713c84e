/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/never_touch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "refuse.h"
#include "state/glob.h"

static const char *image_of(const struct container *container)
{
	return container->image;
}

static const char *namespace_of(const struct container *container)
{
	return container->namespace;
}

static const char *name_of(const struct container *container)
{
	return container->name;
}

static const char *cgroup_of(const struct container *container)
{
	return container->cgroup_path;
}

static const struct subject {
	const char *key;
	const char *(*get)(const struct container *container);
	bool path;
	bool named; /* comes from the runtime's files */
} subjects[] = {
	{ "image=", image_of, false, true },
	{ "namespace=", namespace_of, false, true },
	{ "container=", name_of, false, true },
	{ "cgroup=", cgroup_of, true, false },
};

struct pattern {
	const struct subject *subject;
	const char *glob;
	char *reason;
};

struct never_touch {
	struct pattern *patterns;
	size_t count;
	bool needs_names;
};

static int add_pattern(struct never_touch *list, const char *text, char **ret_why)
{
	struct pattern *pattern = &list->patterns[list->count];
	const char *wrong;

	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++)
		if (strncmp(text, subjects[i].key, strlen(subjects[i].key)) == 0)
			pattern->subject = &subjects[i];
	if (!pattern->subject)
		return refuse(ret_why, "\"%s\" is none of image=GLOB, namespace=GLOB, container=GLOB and cgroup=GLOB",
			      text);
	pattern->glob = text + strlen(pattern->subject->key);
	wrong = *pattern->glob ? glob_check(pattern->glob) : "it is empty";
	if (wrong)
		return refuse(ret_why, "\"%s\": %s", text, wrong);
	if (asprintf(&pattern->reason, "it is on the list of those never to be touched: %s", text) < 0) {
		pattern->reason = NULL;
		return -ENOMEM;
	}
	list->needs_names |= pattern->subject->named;
	list->count++;
	return 0;
}

int never_touch_new(const char *const *patterns, size_t count, struct never_touch **ret_list, char **ret_why)
{
	struct never_touch *list = calloc(1, sizeof(*list));
	int error = list ? 0 : -ENOMEM;

	if (list)
		list->patterns = calloc(count + 1, sizeof(*list->patterns));
	if (list && !list->patterns)
		error = -ENOMEM;
	for (size_t i = 0; i < count && !error; i++)
		error = add_pattern(list, patterns[i], ret_why);
	if (error) {
		never_touch_free(list);
		return error;
	}
	*ret_list = list;
	return 0;
}

void never_touch_free(struct never_touch *list)
{
	if (!list)
		return;
	for (size_t i = 0; list->patterns && i < list->count; i++)
		free(list->patterns[i].reason);
	free(list->patterns);
	free(list);
}

const char *never_touch_reason(const struct never_touch *list, const struct container *container)
{
	for (size_t i = 0; list && i < list->count; i++) {
		const struct pattern *pattern = &list->patterns[i];
		const char *text = pattern->subject->get(container);

		if (*text && glob_match(pattern->glob, text, strlen(text), pattern->subject->path))
			return pattern->reason;
	}
	if (list && list->needs_names && !container->named)
		return "its names are not known yet, and some are never to be touched";
	return NULL;
}
