/* SPDX-License-Identifier: GPL-2.0-only */
/* Pausing through the Docker Engine API, so that Docker's own tools show it. Podman's service answers the same. */
#ifndef DOCKER_API_H
#define DOCKER_API_H

#include <stdbool.h>

#include "http_client.h"

/*
 * @error: 0: it is so now, or was already; -ESRCH: no such container, or it does not run; -EBUSY: not possible now;
 * -ECANCELED: http_client_free(); others: the service could not be asked, or failed.
 * @text: why not, for people, printable; borrowed.
 */
typedef void docker_api_done(void *context, int error, const char *text);

/**
 * docker_api_pause() - POST /containers/<id>/pause, or /unpause.
 * @id: hex digits only, 64 at most, or -EINVAL.
 * Return: 0 and @done will be called once, later; -EINVAL, -ENOMEM.
 */
int docker_api_pause(struct http_client *http, const char *socket_path, const char *id, bool pause,
		     docker_api_done *done, void *context);

#endif
