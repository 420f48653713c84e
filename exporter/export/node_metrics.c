/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/node_metrics.h"

#include <stdio.h>

#include "export/family.h"

static void write_tee(void *context, const char *technology, const char *role, const char *state)
{
	char labels[128];

	snprintf(labels, sizeof(labels), "tee=\"%s\",role=\"%s\",state=\"%s\"", technology, role, state);
	family_sample(context, FAMILY_INFO, "picket_node_tee", labels, "", 1);
}

void node_metrics_write(struct text *out, enum exposition_format format, const struct node_tee *tee)
{
	char label[32];

	family_begin(out, format, FAMILY_INFO, "picket_node_tee",
		     "Trusted execution environments of this machine; none without a sample.");
	node_tee_visit(tee, write_tee, out);
	family_begin(out, format, FAMILY_GAUGE, "picket_node_sgx_epc_bytes", "Memory for SGX enclaves.");
	for (unsigned int node = 0; node < NODE_TEE_NUMA_MAX; node++) {
		if (!(tee->epc_nodes & 1ULL << node))
			continue;
		snprintf(label, sizeof(label), "numa_node=\"%u\"", node);
		family_sample(out, FAMILY_GAUGE, "picket_node_sgx_epc_bytes", label, "", tee->epc_bytes[node]);
	}
	family_begin(out, format, FAMILY_GAUGE, "picket_node_tee_capacity",
		     "How many confidential guests of a kind can run, or how many bytes enclaves can get.");
	for (unsigned int i = 0; i < NODE_TEE_RESOURCE_COUNT; i++) {
		if (!(tee->capacities & 1U << i))
			continue;
		snprintf(label, sizeof(label), "resource=\"%s\"", node_tee_resource_name(i));
		family_sample(out, FAMILY_GAUGE, "picket_node_tee_capacity", label, "", tee->capacity[i]);
	}
}
