/* SPDX-License-Identifier: GPL-2.0-only */
/* What this build calls itself; the Makefile defines these three. */
#ifndef VERSION_H
#define VERSION_H

#ifndef PICKET_VERSION
#define PICKET_VERSION "0.0.0"
#endif
#ifndef PICKET_REVISION
#define PICKET_REVISION "unknown"
#endif
#ifndef PICKET_BRANCH
#define PICKET_BRANCH "unknown"
#endif

#endif
