/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon's place among those that want a processor. */
#ifndef PRIORITY_H
#define PRIORITY_H

/**
 * priority_raise() - be run soon after a wake-up, for short: what is to be killed goes on until then.
 * Ordinary scheduling with a nice value of -10 and, from Linux 6.12 on, a short slice. What this thread starts has
 * neither.
 * Return: 0; -errno: not permitted (CAP_SYS_NICE), as when the nice value was given by who started it.
 */
int priority_raise(void);

#endif
