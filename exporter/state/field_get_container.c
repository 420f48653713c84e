/* SPDX-License-Identifier: GPL-2.0-only */
/* Fields of the container; the host has none of them. */
#include "state/field_get.h"

#define CONTAINER_TEXT(name, member) \
	FIELD_GETTER(name) \
	{ \
		return context->container && field_set_string(ret_value, context->container->member); \
	}

CONTAINER_TEXT(field_get_container_id, id)
CONTAINER_TEXT(field_get_container_name, name)
CONTAINER_TEXT(field_get_image, image)
CONTAINER_TEXT(field_get_runtime, runtime)
CONTAINER_TEXT(field_get_pod, pod)
CONTAINER_TEXT(field_get_pod_uid, pod_uid)

/* containerd has namespaces of its own. */
FIELD_GETTER(field_get_namespace)
{
	const struct container *container = context->container;

	if (!container || !((container->pod && container->pod[0]) || (container->pod_uid && container->pod_uid[0])))
		return false;
	return field_set_string(ret_value, container->namespace);
}

FIELD_GETTER(field_get_isolation)
{
	const struct container *container = context->container;

	return container && field_set_string(ret_value, container_isolation_name(container->isolation.class));
}

FIELD_GETTER(field_get_isolation_evidence)
{
	const struct container *container = context->container;

	return container && field_set_string(ret_value, isolation_evidence_name(container->isolation.evidence));
}

FIELD_GETTER(field_get_engine)
{
	const struct container *container = context->container;

	return container && container->isolation.engine && field_set_string(ret_value, container->isolation.engine);
}

FIELD_GETTER(field_get_handler)
{
	const struct container *container = context->container;

	return container && *container->isolation.handler && field_set_string(ret_value, container->isolation.handler);
}

/* Kind of the device that the event is about; none for blocks and others, of which there are many. */
static bool device_of_event(const struct picket_event *event, uint32_t *ret_device)
{
	uint32_t device = event->kind == PICKET_KIND_TEE_REQUEST ? event->tee.device : event->file.kind - 1U;

	if (device < PICKET_DEVICE_KVM || device > PICKET_DEVICE_UV)
		return false;
	*ret_device = device;
	return true;
}

FIELD_GETTER(field_get_device_given)
{
	const struct container *container = context->container;
	uint32_t device;

	if (!container || !device_of_event(context->event, &device))
		return false;
	if (container->devices >> device & 1)
		return field_set_boolean(ret_value, true); /* perhaps only the kubelet knows */
	return !(container->posture.weaknesses & 1U << WEAKNESS_UNKNOWN) && field_set_boolean(ret_value, false);
}

/* "registry:5000/name:tag@sha256:..." without what follows the name. */
static size_t image_name_size(const char *image)
{
	size_t size = strcspn(image, "@");
	const char *slash = memrchr(image, '/', size);
	const char *last = slash ? slash + 1 : image;
	const char *colon = memchr(last, ':', size - (last - image));

	return colon ? (size_t)(colon - image) : size;
}

FIELD_GETTER(field_get_image_name)
{
	const char *image = context->container ? context->container->image : NULL;
	size_t size;

	if (!image || strncmp(image, "sha256:", 7) == 0)
		return false;
	size = image_name_size(image);
	if (size >= FIELD_BUFFER_SIZE)
		return false;
	memcpy(buffer, image, size);
	buffer[size] = '\0';
	return field_set_text(ret_value, buffer, size);
}
