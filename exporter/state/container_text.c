/* SPDX-License-Identifier: GPL-2.0-only */
#include "container_text.h"

#include "cleanup.h"
#include "isolation.h"

void container_each_text(const struct container *container,
			 void (*each)(void *context, const char *key, const char *text), void *context)
{
	const struct {
		const char *key, *text;
	} texts[] = {
		{ "id", container->id },
		{ "name", container->name },
		{ "image", container->image },
		{ "pod", container->pod },
		{ "namespace", container->namespace },
		{ "pod_uid", container->pod_uid },
		{ "runtime", container->runtime },
		{ "isolation", container_isolation_name(container->isolation.class) },
		{ "handler", container->isolation.handler },
		{ "engine", container->isolation.engine },
		{ "tee", container->isolation.tee },
		{ "evidence", isolation_evidence_name(container->isolation.evidence) },
		{ "attribution", isolation_attribution(&container->isolation) },
		{ "unseen", isolation_unseen(&container->isolation) },
		{ "quarantine", container->quarantine },
		{ "cgroup", container->cgroup_path },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		each(context, texts[i].key, texts[i].text ? texts[i].text : "");
}
