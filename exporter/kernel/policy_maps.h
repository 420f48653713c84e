/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules' kernel part, in the kernel's maps. All keys carry the generation
 * of their rule set; one store of the new generation puts the whole set in force.
 */
#ifndef POLICY_MAPS_H
#define POLICY_MAPS_H

#include "kernel/objects.h"
#include "state/policy_compile.h"

struct policy_maps;

/** policy_maps_open() - @self: the daemon, which is never a target, as host_process_self() numbers it. */
int policy_maps_open(const struct object_maps *maps, uint32_t self, struct policy_maps **ret_maps);
void policy_maps_close(struct policy_maps *maps);

/**
 * policy_maps_install() - Return: 0; -errno and what was in force stays so.
 * The old set's keys stay until policy_maps_forget_old(), for programs that run just now.
 */
int policy_maps_install(struct policy_maps *maps, const struct compiled_policy *policy);
/** policy_maps_generation() - of the set in force: picket_event.policy of the events that it asks for. */
uint32_t policy_maps_generation(const struct policy_maps *maps);
void policy_maps_forget_old(struct policy_maps *maps);

#endif
