/* SPDX-License-Identifier: GPL-2.0-only */
/* Attempts that must end with a given error; another end is a FAIL of the suite. */
#ifndef OPERATIONS_TRY_H
#define OPERATIONS_TRY_H

#include <stdint.h>

/** try_expect() - @result: of a call that sets errno. */
void try_expect(int result, int error);

void try_connect4(const char *text, uint16_t port, int error);
void try_connect6(const char *text, uint16_t port, int error);

/** try_connect_by_ring() - to this machine; the ring must be open. */
void try_connect_by_ring(uint16_t port, int error);

/** try_datagram() - to this machine. */
void try_datagram(uint16_t port, int error);

#endif
