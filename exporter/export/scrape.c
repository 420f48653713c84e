/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/scrape.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#define GZIP_WINDOW (15 + 16)
#define GZIP_LEVEL 1 /* the text repeats itself: more effort hardly makes it shorter */
#define PLAIN_BYTES 16384
#define PLAIN_AT_ONCE 16 /* of them for one block: more keep everything else waiting */

struct scrape {
	struct exposition *exposition;
	bool gzip, plain_ended, ended;
	z_stream stream;
	char plain[PLAIN_BYTES];
};

int scrape_new(const struct exposition_source *source, enum exposition_format format, unsigned int collectors,
	       bool gzip, struct scrape **ret_scrape)
{
	struct scrape *scrape = calloc(1, sizeof(*scrape));
	int error;

	if (!scrape)
		return -ENOMEM;
	scrape->gzip = gzip;
	error = exposition_new(source, format, collectors, &scrape->exposition);
	if (error) {
		free(scrape);
		return error;
	}
	if (gzip && deflateInit2(&scrape->stream, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		exposition_free(scrape->exposition, false);
		free(scrape);
		return -ENOMEM;
	}
	*ret_scrape = scrape;
	return 0;
}

/* Give the compressor something to do. Return: 0, -ENOMEM. */
static int refill(struct scrape *scrape)
{
	ssize_t size = exposition_read(scrape->exposition, scrape->plain, sizeof(scrape->plain));

	if (size < 0)
		return size;
	scrape->plain_ended = size == 0;
	scrape->stream.next_in = (Bytef *)scrape->plain;
	scrape->stream.avail_in = size;
	return 0;
}

ssize_t scrape_read(struct scrape *scrape, char *buffer, size_t size)
{
	int result, refills = 0;

	if (!scrape->gzip)
		return exposition_read(scrape->exposition, buffer, size);
	scrape->stream.next_out = (Bytef *)buffer;
	scrape->stream.avail_out = size;
	while (scrape->stream.avail_out && !scrape->ended) {
		if (!scrape->stream.avail_in && !scrape->plain_ended) {
			if (refills++ >= PLAIN_AT_ONCE && scrape->stream.avail_out < size)
				break;
			if (refill(scrape))
				return -ENOMEM;
		}
		result = deflate(&scrape->stream, scrape->plain_ended ? Z_FINISH : Z_NO_FLUSH);
		if (result == Z_STREAM_END)
			scrape->ended = true;
		else if (result != Z_OK && result != Z_BUF_ERROR)
			return -ENOMEM;
	}
	return size - scrape->stream.avail_out;
}

void scrape_free(struct scrape *scrape, bool delivered)
{
	if (!scrape)
		return;
	if (scrape->gzip)
		deflateEnd(&scrape->stream);
	exposition_free(scrape->exposition, delivered);
	free(scrape);
}
