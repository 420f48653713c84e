/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/program_metrics.h"

#include <stdio.h>

#include "export/family.h"

static void write_seconds(void *context, const char *name, double seconds, uint64_t runs)
{
	char label[96];

	(void)runs;
	snprintf(label, sizeof(label), "program=\"%s\"", name);
	family_sample_real(context, FAMILY_COUNTER, "picket_bpf_program_run_seconds", label, seconds);
}

static void write_runs(void *context, const char *name, double seconds, uint64_t runs)
{
	char label[96];

	(void)seconds;
	snprintf(label, sizeof(label), "program=\"%s\"", name);
	family_sample(context, FAMILY_COUNTER, "picket_bpf_program_runs", label, "", runs);
}

static void write_memory(void *context, const char *name, uint64_t bytes)
{
	char label[96];

	snprintf(label, sizeof(label), "map=\"%s\"", name);
	family_sample(context, FAMILY_GAUGE, "picket_bpf_map_memory_bytes", label, "", bytes);
}

void program_metrics_write(struct text *out, enum exposition_format format, const struct exposition_source *source)
{
	family_begin(out, format, FAMILY_COUNTER, "picket_bpf_program_run_seconds",
		     "Time spent in BPF programs; measured while kernel.bpf_stats_enabled is 1.");
	source->for_each_program(source->kernel, write_seconds, out);
	family_begin(out, format, FAMILY_COUNTER, "picket_bpf_program_runs",
		     "Runs of BPF programs; measured while kernel.bpf_stats_enabled is 1.");
	source->for_each_program(source->kernel, write_runs, out);
	if (!source->for_each_map)
		return;
	family_begin(out, format, FAMILY_GAUGE, "picket_bpf_map_memory_bytes",
		     "Memory of BPF maps as the kernel accounts it; before Linux 6.4 an estimate.");
	source->for_each_map(source->kernel, write_memory, out);
}
