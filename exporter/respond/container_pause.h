/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pause and release of whole containers.
 *
 * Through the runtime's API where it has one (Docker, Podman), so that its own tools show the pause; through
 * cgroup.freeze otherwise, and when the API does not do it. A release looks at what is so, not only at what was done:
 * it also thaws what was frozen before a restart of picket.
 */
#ifndef CONTAINER_PAUSE_H
#define CONTAINER_PAUSE_H

#include "respond/responder.h"

struct container_pause;

/*
 * What became of a pause or release that could not end at once.
 * @container: NULL when it is forgotten by now.
 */
typedef void container_pause_end(void *context, bool pause, const struct container *container,
				 enum response_outcome outcome, const char *detail);

int container_pause_new(const struct responder_options *options, struct http_client *http, struct registry *registry,
			container_pause_end *end, void *context, struct container_pause **ret_pauses);

/** container_pause_free() - forgets what is under way without a word; after http_client_free(). NULL is fine. */
void container_pause_free(struct container_pause *pauses);

/**
 * container_pause_start() - stop all processes of a container.
 * @detail: how, or why not. Return: OUTCOME_PENDING when it ends later, with a call of container_pause_end.
 */
enum response_outcome container_pause_start(struct container_pause *pauses, struct container *container, char *detail,
					    size_t size);

/** container_pause_holds() - whether there is something to release, also from before a restart. */
bool container_pause_holds(const struct container_pause *pauses, const struct container *container);

/** container_pause_release() - see responder_release(). Each release ends with a call of container_pause_end, too. */
void container_pause_release(struct container_pause *pauses, struct container *container, responder_released *done,
			     void *context);

#endif
