/* SPDX-License-Identifier: GPL-2.0-only */
/* Any JSON as an incident: what is shown has no control character that a terminal would obey. */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/incident_render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *incident = json_loadb((const char *)data, size, 0, NULL);
	char *text = NULL;
	size_t text_size = 0;
	FILE *out;

	if (!incident)
		return 0;
	out = open_memstream(&text, &text_size);
	if (out) {
		incident_render(out, incident, size % 2);
		fclose(out);
	}
	for (size_t i = 0; i < text_size; i++)
		if ((unsigned char)text[i] < ' ' && text[i] != '\n')
			abort();
	free(text);
	json_decref(incident);
	return 0;
}
