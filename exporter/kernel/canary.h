/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Canaries: a harmless operation through each sensor. When the counter that it
 * must move stays where it was, the sensor is blind, whatever it says.
 */
#ifndef CANARY_H
#define CANARY_H

#include <stdbool.h>
#include <stdint.h>

#include "picket/counters.h"
#include "picket/sensors.h"

/**
 * canary_fly() - do it and look.
 * @slot: where operations of this process are counted.
 * Return: false when this sensor has no canary or it could not be done (no verdict).
 */
bool canary_fly(enum picket_sensor sensor, const struct picket_counters *slots, uint32_t slot, bool *ret_seen);

#endif
