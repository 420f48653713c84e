/* SPDX-License-Identifier: GPL-2.0-only */
/* Findings in OTLP's form, and the collector's answer out of it. Pure: bytes in, bytes out. */
#ifndef OTLP_ENCODE_H
#define OTLP_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "state/finding.h"

/* An encoded message; free(3) bytes. */
struct otlp_bytes {
	uint8_t *bytes;
	size_t size;
};

/* Attributes of the node and of this service. */
struct otlp_attribute {
	char *key;
	char *value;
};

struct otlp_resource {
	struct otlp_attribute *attributes;
	size_t count;
};

/* What is no finding: an audit record, a snapshot. Texts are any bytes; all borrowed. */
struct otlp_text {
	const char *name, *text;
};

struct otlp_record {
	const char *event_name;
	enum severity severity;
	const char *body;
	size_t body_size;
	const struct otlp_text *attributes;
	size_t attribute_count;
};

/** otlp_encode_record() - of what has just happened. Return: 0, -ENOMEM. */
int otlp_encode_record(const struct otlp_record *record, int64_t unix_ns, struct otlp_bytes *ret_record);

/**
 * otlp_encode_finding() - one LogRecord.
 * event_name is "picket.finding.<kind>" with the kind's name in rules ("picket.finding.file_open"); the body is a
 * sentence for people; everything else is an attribute, named as in finding_visit(). Texts become valid UTF-8: a
 * collector refuses a whole request for one bad byte.
 * Return: 0, -ENOMEM.
 */
int otlp_encode_finding(const struct finding *finding, int64_t observed_unix_ns, struct otlp_bytes *ret_record);

/** otlp_encode_request() - an ExportLogsServiceRequest of encoded records. Return: 0, -ENOMEM. */
int otlp_encode_request(const struct otlp_resource *resource, const struct otlp_bytes *records, size_t count,
			struct otlp_bytes *ret_request);

/**
 * otlp_decode_response() - what the collector rejected.
 * @message: its words as printable UTF-8, cut at @size. An empty answer is a full success.
 * Return: 0; -EBADMSG when it is no ExportLogsServiceResponse; outputs are untouched then.
 */
int otlp_decode_response(const void *bytes, size_t bytes_size, uint64_t *ret_rejected, char *message, size_t size);

/**
 * otlp_decode_status() - the collector's words in an answer that is an error (google.rpc.Status).
 * Return: 0; -EBADMSG when it is none; @message is untouched then.
 */
int otlp_decode_status(const void *bytes, size_t bytes_size, char *message, size_t size);

/** otlp_compress() - gzip. Return: 0, -ENOMEM. */
int otlp_compress(const struct otlp_bytes *plain, struct otlp_bytes *ret_gzip);

#endif
