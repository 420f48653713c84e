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

	return container && field_set_string(ret_value, container_isolation_name(container->isolation));
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
