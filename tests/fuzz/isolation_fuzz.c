/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as the maps and the arguments of a process, as a runtime's name, and as the first bytes of a program. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "state/isolation_process.h"
#include "state/module_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct isolation found)
{
	if (found.class >= ISOLATION_COUNT || found.evidence >= EVIDENCE_COUNT ||
	    !memchr(found.handler, '\0', sizeof(found.handler)))
		abort();
	if (found.class != ISOLATION_NAMESPACE && found.evidence == EVIDENCE_NONE)
		abort(); /* nothing is claimed without a proof */
	if (!*isolation_attribution(&found))
		abort();
}

static void check_maps(const char *text)
{
	for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *module = module_of_map(line);

		if (module && (module < line || module > line + strcspn(line, "\n") || *module != '/'))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	check(isolation_of_maps(text));
	check_maps(text);
	check(isolation_of_arguments(text, size));
	check(isolation_of_monitor_arguments(text, size));
	check(isolation_of_runtime(text, EVIDENCE_RUNTIME_TYPE));
	check(isolation_of_entrypoint(data, size));
	free(text);
	return 0;
}
