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

void program_metrics_write(struct text *out, enum exposition_format format, const struct exposition_source *source)
{
	family_begin(out, format, FAMILY_COUNTER, "picket_bpf_program_run_seconds",
		     "Time spent in BPF programs; measured while kernel.bpf_stats_enabled is 1.");
	source->for_each_program(source->kernel, write_seconds, out);
	family_begin(out, format, FAMILY_COUNTER, "picket_bpf_program_runs",
		     "Runs of BPF programs; measured while kernel.bpf_stats_enabled is 1.");
	source->for_each_program(source->kernel, write_runs, out);
}
