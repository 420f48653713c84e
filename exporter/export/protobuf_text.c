/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/protobuf_text.h"

#define VARINT_SIZE 10

void protobuf_add_varint(struct text *out, uint64_t number)
{
	char bytes[VARINT_SIZE];
	size_t size = 0;

	do {
		bytes[size++] = (char)((number & 0x7f) | (number > 0x7f ? 0x80 : 0));
		number >>= 7;
	} while (number);
	text_add_bytes(out, bytes, size);
}

void protobuf_add_head(struct text *out, char tag, size_t size)
{
	text_add_bytes(out, &tag, 1);
	protobuf_add_varint(out, size);
}

void protobuf_add_message(struct text *out, const ProtobufCMessage *message)
{
	char *at = text_reserve(out, protobuf_c_message_get_packed_size(message));

	if (at)
		out->size += protobuf_c_message_pack(message, (uint8_t *)at);
}
