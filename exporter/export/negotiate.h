/* SPDX-License-Identifier: GPL-2.0-only */
/* What a client can read, by its Accept and Accept-Encoding headers. */
#ifndef NEGOTIATE_H
#define NEGOTIATE_H

#include <stdbool.h>

#include "export/prometheus.h"

/**
 * negotiate_format() - format for an Accept header.
 * Only a format that the header names counts; q is clamped to 0..1, the greater wins; when equal protobuf, then
 * OpenMetrics.
 * NULL, wildcards only, or nothing that we write: text.
 */
enum exposition_format negotiate_format(const char *accept);

/** negotiate_content_type() - what answers of this format say they are. Static. */
const char *negotiate_content_type(enum exposition_format format);

/** negotiate_gzip() - whether an Accept-Encoding header (NULL: none) allows gzip. */
bool negotiate_gzip(const char *accept_encoding);

#endif
