/* SPDX-License-Identifier: GPL-2.0-only */
/* The page at "/": what picket sees, for people. No script, nothing from elsewhere. */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include "export/prometheus.h"
#include "text.h"

/** web_page_write() - the whole page; names are escaped. out->error tells when it did not fit. */
void web_page_write(struct text *out, const struct exposition_source *source, const char *telemetry_path);

#endif
