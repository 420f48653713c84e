/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/proc_text.h"

#include <fcntl.h>
#include <stdlib.h>

#include "cleanup.h"

#define ROOM_FIRST 4096

char *proc_text_read(const char *path, size_t max, size_t *ret_size)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0, room = ROOM_FIRST;
	char *text = fd < 0 ? NULL : malloc(room + 1);

	while (text) {
		ssize_t got = read(fd, text + used, room - used);

		if (got <= 0)
			break;
		used += (size_t)got;
		if (used < room)
			continue;
		if (room >= max)
			break;
		room *= 2;
		char *more = realloc(text, room + 1);

		if (!more)
			break;
		text = more;
	}
	if (!text)
		return NULL;
	text[used] = '\0';
	*ret_size = used;
	return text;
}
