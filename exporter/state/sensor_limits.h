/* SPDX-License-Identifier: GPL-2.0-only */
/* What gets past a sensor on the backend that it uses: said by `picket sensors`, beside what works. */
#ifndef SENSOR_LIMITS_H
#define SENSOR_LIMITS_H

#include <jansson.h>
#include <stddef.h>

#include "picket/sensors.h"

/** sensor_limits_kernel() - a release ("6.12.1-amd64") as a number, 6012; 0: it is none. */
unsigned int sensor_limits_kernel(const char *release);

/**
 * sensor_limits_next() - the next limit of a sensor.
 * @kernel: of sensor_limits_kernel(). @position: 0 at first; kept between the calls.
 * Return: a sentence, never freed; NULL: there is no other.
 */
const char *sensor_limits_next(enum picket_sensor sensor, enum picket_backend backend, unsigned int kernel,
			       size_t *position);

/** sensor_limits_list() - all of them on the kernel that runs now. Return: a new JSON array of sentences. */
json_t *sensor_limits_list(enum picket_sensor sensor, enum picket_backend backend);

#endif
