/* SPDX-License-Identifier: GPL-2.0-only */
/* The labels of a container, ready for the exposition formats. */
#ifndef CONTAINER_LABELS_H
#define CONTAINER_LABELS_H

#include "container.h"

#define CONTAINER_LABEL_MAX 1024 /* bytes of one value; longer ones are cut between characters */

/** container_render_labels() - set labels and info_labels anew. Return: 0; -ENOMEM and both stay as they were. */
int container_render_labels(struct container *container);

#endif
