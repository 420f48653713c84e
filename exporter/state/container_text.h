/* SPDX-License-Identifier: GPL-2.0-only */
/* A container in words: the keys and texts that the control socket's answers and the incident files share. */
#ifndef CONTAINER_TEXT_H
#define CONTAINER_TEXT_H

#include "container.h"

/** container_each_text() - call @each with every key and its text, "" where it is unknown; both are borrowed. */
void container_each_text(const struct container *container,
			 void (*each)(void *context, const char *key, const char *text), void *context);

#endif
