/* SPDX-License-Identifier: GPL-2.0-only */
/* Fields of connections and sockets. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "cleanup.h"
#include "state/dns_name.h"
#include "state/field_get.h"

struct protocol_name {
	uint16_t protocol;
	const char *name;
};

static const struct protocol_name protocols[] = {
	{ IPPROTO_TCP, "tcp" },	  { IPPROTO_MPTCP, "tcp" }, { IPPROTO_UDP, "udp" },   { IPPROTO_UDPLITE, "udplite" },
	{ IPPROTO_SCTP, "sctp" }, { IPPROTO_DCCP, "dccp" }, { IPPROTO_ICMP, "icmp" }, { IPPROTO_ICMPV6, "icmp" },
};

static bool is_ip(const struct picket_event *event)
{
	return event->network.family == AF_INET || event->network.family == AF_INET6;
}

/* What goes over the wire: an IPv4 address written as IPv6 (::ffff:a.b.c.d) is IPv4. */
static bool is_ipv4(const struct picket_event *event)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return event->network.family == AF_INET ||
	       (event->network.family == AF_INET6 && memcmp(event->network.address, mapped, sizeof(mapped)) == 0);
}

FIELD_GETTER(field_get_address)
{
	const struct picket_event *event = context->event;
	bool ipv4 = is_ipv4(event);

	if (!is_ip(event))
		return false;
	ret_value->type = FIELD_ADDRESS;
	ret_value->address.family = ipv4 ? AF_INET : AF_INET6;
	memset(ret_value->address.bytes, 0, sizeof(ret_value->address.bytes));
	if (ipv4)
		memcpy(ret_value->address.bytes, event->network.address + (event->network.family == AF_INET ? 0 : 12),
		       4);
	else
		memcpy(ret_value->address.bytes, event->network.address, 16);
	return true;
}

FIELD_GETTER(field_get_port)
{
	return is_ip(context->event) && field_set_integer(ret_value, context->event->network.port);
}

/* bind and listen have one address, the socket's own; accept has the peer's, and its own port. */
FIELD_GETTER(field_get_local_address)
{
	return context->event->kind != PICKET_KIND_NETWORK_ACCEPT && field_get_address(context, buffer, ret_value);
}

FIELD_GETTER(field_get_local_port)
{
	if (context->event->kind != PICKET_KIND_NETWORK_ACCEPT)
		return field_get_port(context, buffer, ret_value);
	return is_ip(context->event) && field_set_integer(ret_value, context->event->network.local_port);
}

FIELD_GETTER(field_get_source_address)
{
	return field_get_address(context, buffer, ret_value);
}

FIELD_GETTER(field_get_source_port)
{
	return field_get_port(context, buffer, ret_value);
}

FIELD_GETTER(field_get_socket_kind)
{
	const struct picket_event *event = context->event;

	switch (event->network.family) {
	case AF_PACKET:
		return field_set_string(ret_value, "packet");
	case AF_VSOCK:
		return field_set_string(ret_value, "vsock");
	default:
		return event->network.type == SOCK_RAW && field_set_string(ret_value, "raw");
	}
}

FIELD_GETTER(field_get_network_type)
{
	return is_ip(context->event) && field_set_string(ret_value, is_ipv4(context->event) ? "ipv4" : "ipv6");
}

FIELD_GETTER(field_get_transport)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (protocols[i].protocol == context->event->network.protocol)
			return field_set_string(ret_value, protocols[i].name);
	return field_set_string(ret_value, "other");
}

FIELD_GETTER(field_get_question_name)
{
	const struct picket_text *message = &context->event->text[PICKET_TEXT_PATH];

	_Static_assert(FIELD_BUFFER_SIZE >= DNS_NAME_SIZE, "the longest name fits");
	if (!message->size || dns_name_read(event_text(context->event, PICKET_TEXT_PATH), message->size, buffer) < 0)
		return false;
	return field_set_string(ret_value, buffer);
}
