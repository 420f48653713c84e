/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/container_metrics.h"

#include <stdio.h>

#include "cleanup.h"
#include "picket/operations.h"

static void write_info(const struct container_family *family, struct text *out, const struct container *container)
{
	family_sample(out, family->type, family->name, container->labels, container->info_labels, 1);
}

static void write_quarantine(const struct container_family *family, struct text *out, const struct container *container)
{
	char action[64];

	if (!container->quarantine)
		return;
	snprintf(action, sizeof(action), "action=\"%s\"", container->quarantine);
	family_sample(out, family->type, family->name, container->labels, action, 1);
}

struct weakness_list {
	const struct container_family *family;
	struct text *out;
	const struct container *container;
};

static void write_weakness(void *context, const char *weakness)
{
	const struct weakness_list *list = context;
	char label[64];

	snprintf(label, sizeof(label), "weakness=\"%s\"", weakness);
	family_sample(list->out, list->family->type, list->family->name, list->container->labels, label, 1);
}

static void write_posture(const struct container_family *family, struct text *out, const struct container *container)
{
	posture_visit(&container->posture, write_weakness, &(struct weakness_list){ family, out, container });
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static void write_isolation(const struct container_family *family, struct text *out, const struct container *container)
{
	const struct isolation *isolation = &container->isolation;
	char labels[256];

	snprintf(labels, sizeof(labels),
		 "runtime=\"%s\",isolation=\"%s\",engine=\"%s\",tee=\"%s\",evidence=\"%s\",attribution=\"%s\"",
		 container->runtime, container_isolation_name(isolation->class), or_empty(isolation->engine),
		 or_empty(isolation->tee), isolation_evidence_name(isolation->evidence),
		 isolation_attribution(isolation));
	family_sample(out, family->type, family->name, container->labels, labels, 1);
}

static void write_node_runtime(const struct container_family *family, struct text *out,
			       const struct container *container)
{
	char labels[128];

	if (!isolation_is_shared(&container->isolation))
		return;
	snprintf(labels, sizeof(labels), "runtime=\"%s\",isolation=\"%s\",attribution=\"node\"",
		 container->isolation.engine, container_isolation_name(container->isolation.class));
	family_sample(out, family->type, family->name, container->labels, labels, 1);
}

static void write_node_modules(const struct container_family *family, struct text *out,
			       const struct container *container)
{
	char labels[64];

	if (!isolation_is_shared(&container->isolation))
		return;
	snprintf(labels, sizeof(labels), "runtime=\"%s\"", container->isolation.engine);
	family_sample(out, family->type, family->name, container->labels, labels, container->modules.count);
}

/* Those of trusted execution environments; the others are part of the posture. */
static void write_tee_devices(const struct container_family *family, struct text *out,
			      const struct container *container)
{
#define DEVICE_LABEL(id, name, C) [PICKET_DEVICE_##id] = "device=\"" name "\"",
	static const char *const labels[] = { PICKET_DEVICES(DEVICE_LABEL, ) };

	for (int device = PICKET_DEVICE_SGX_ENCLAVE; device <= PICKET_DEVICE_UV; device++)
		if (container->devices & 1U << device)
			family_sample(out, family->type, family->name, container->labels, labels[device], 1);
}

const struct container_family container_families[] = {
	{ FAMILY_INFO, "picket_container", "What is known of a container; join on container_id.", write_info },
	{ FAMILY_INFO, "picket_container_isolation",
	  "What keeps a container apart from the host, what proved it, and what the kernel can tell apart.",
	  write_isolation },
	{ FAMILY_GAUGE, "picket_container_quarantined",
	  "Containers that a response holds, by action; gone after `picket release`.", write_quarantine },
	{ FAMILY_GAUGE, "picket_container_posture",
	  "How a container was started, where that is weaker than it could be.", write_posture },
	{ FAMILY_GAUGE, "picket_container_tee_devices",
	  "Devices of trusted execution environments that a container's configuration gives it.", write_tee_devices },
	{ FAMILY_INFO, "picket_node_runtime",
	  "A process that runs the modules of all pods of this node, which cannot be told apart.", write_node_runtime },
	{ FAMILY_GAUGE, "picket_node_runtime_modules",
	  "Modules of such a process that leave a trace: kept as files, mapped, or open.", write_node_modules },
};

const size_t container_family_count = ARRAY_SIZE(container_families);
