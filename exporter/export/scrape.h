/* SPDX-License-Identifier: GPL-2.0-only */
/* One scrape on its way to a client: the exposition, compressed or not, piece by piece. */
#ifndef SCRAPE_H
#define SCRAPE_H

#include "export/prometheus.h"

struct scrape;

int scrape_new(const struct exposition_source *source, enum exposition_format format, unsigned int collectors,
	       bool gzip, struct scrape **ret_scrape);

/** scrape_read() - Return: bytes, 0 at the end, -ENOMEM. */
ssize_t scrape_read(struct scrape *scrape, char *buffer, size_t size);

/** scrape_free() - @delivered: the client got every byte. NULL is fine. */
void scrape_free(struct scrape *scrape, bool delivered);

#endif
