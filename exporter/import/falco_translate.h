/* SPDX-License-Identifier: GPL-2.0-only */
/* A condition as alternatives of single events of ours. */
#ifndef IMPORT_FALCO_TRANSLATE_H
#define IMPORT_FALCO_TRANSLATE_H

#include "import/falco_events.h"
#include "import/falco_formula.h"

#define FALCO_MAX_REASONS 8

struct falco_alternatives {
	const struct falco_event *event;
	const struct formula_alternative *items;
	size_t count;
	const char *note; /* what else the event holds; NULL: nothing */
};

struct falco_translation {
	struct arena *arena; /* owns all of it */
	bool approximate;    /* go on without what cannot be said */
	struct falco_alternatives *events;
	size_t count;
	const char *reasons[FALCO_MAX_REASONS]; /* why the rule cannot be translated */
	size_t reason_count;			/* 0: it can, and just what it matches is matched */
};

/** falco_translate() - Return: 0, also when there are reasons; -ENOMEM. */
int falco_translate(const struct falco_node *condition, struct falco_translation *translation);

#endif
