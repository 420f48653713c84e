/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Containers cut off from the network, and given back to it. The kernel part
 * does it; here is which container, and that it is still the one that was meant.
 */
#ifndef CONTAINER_ISOLATE_H
#define CONTAINER_ISOLATE_H

#include "respond/responder.h"

/** container_isolate() - @detail: how, or why not. */
enum response_outcome container_isolate(const struct responder_options *options, struct container *container,
					char *detail, size_t size);

bool container_is_isolated(const struct responder_options *options, const struct container *container);

/** container_isolate_release() - Return: 0, -ENOENT when it is not cut off, -errno. */
int container_isolate_release(const struct responder_options *options, struct container *container);

#endif
