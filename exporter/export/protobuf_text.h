/* SPDX-License-Identifier: GPL-2.0-only */
/* Protobuf's wire format into a growing text, for messages that are too large to be built as one. */
#ifndef PROTOBUF_TEXT_H
#define PROTOBUF_TEXT_H

#include <protobuf-c/protobuf-c.h>
#include <stdint.h>

#include "text.h"

/** PROTOBUF_TAG() - of a length-delimited field; its number is below 16. */
#define PROTOBUF_TAG(number) ((number) << 3 | 2)

/** protobuf_add_varint() - a number, seven bits a byte; also the size that stands before a delimited message. */
void protobuf_add_varint(struct text *out, uint64_t number);

/** protobuf_add_head() - what stands before the @size bytes of a length-delimited field. @tag: PROTOBUF_TAG(). */
void protobuf_add_head(struct text *out, char tag, size_t size);

/** protobuf_add_message() - without a head. */
void protobuf_add_message(struct text *out, const ProtobufCMessage *message);

#endif
