/* SPDX-License-Identifier: GPL-2.0-only */
#include "rules_watch.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"

#define CHANGES (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)

/* What is watched is always a folder: a file that is replaced is another file. */
struct place {
	int watch;		 /* of inotify */
	char file[NAME_MAX + 1]; /* "": every file of rules in it */
};

struct rules_watch {
	struct event_loop *loop;
	int fd, timer;
	uint64_t quiet_ms;
	event_loop_tick *changed;
	void *context;
	size_t count;
	struct place places[];
};

static bool ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), end_size = strlen(end);

	return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

static bool is_asked_for(const struct rules_watch *watch, const struct inotify_event *event)
{
	const char *name = event->len ? event->name : "";

	if (event->mask & IN_Q_OVERFLOW)
		return true;
	for (size_t i = 0; i < watch->count; i++) {
		const struct place *place = &watch->places[i];

		if (place->watch != event->wd)
			continue;
		if (*place->file ? strcmp(place->file, name) == 0 : ends_with(name, ".yaml") || ends_with(name, ".yml"))
			return true;
		if (strcmp(name, "..data") == 0)
			return true;
	}
	return false;
}

static void on_events(void *context, int fd, uint32_t events)
{
	struct rules_watch *watch = context;
	char buffer[8192] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t size;

	(void)events;
	while ((size = read(fd, buffer, sizeof(buffer))) > 0) {
		for (const char *at = buffer; at < buffer + size;) {
			const struct inotify_event *event = (const void *)at;

			if (is_asked_for(watch, event))
				event_loop_set_timer(watch->loop, watch->timer, watch->quiet_ms, 0);
			at += sizeof(*event) + event->len;
		}
	}
}

static void add_place(struct rules_watch *watch, const char *path)
{
	struct place *place = &watch->places[watch->count];
	char folder[PATH_MAX], name[PATH_MAX];
	struct stat status;

	if (snprintf(folder, sizeof(folder), "%s", path) >= (int)sizeof(folder) || stat(path, &status))
		return;
	if (!S_ISDIR(status.st_mode)) {
		strcpy(name, folder);
		snprintf(place->file, sizeof(place->file), "%s", basename(name));
		dirname(folder);
	}
	place->watch = inotify_add_watch(watch->fd, folder, CHANGES);
	if (place->watch >= 0)
		watch->count++;
}

int rules_watch_new(struct event_loop *loop, const char *const *paths, size_t count, uint64_t quiet_ms,
		    event_loop_tick *changed, void *context, struct rules_watch **ret_watch)
{
	struct rules_watch *watch = calloc(1, sizeof(*watch) + count * sizeof(watch->places[0]));
	int error;

	if (!watch)
		return -ENOMEM;
	*watch = (struct rules_watch){ loop, -1, -1, quiet_ms, changed, context, 0 };
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	error = watch->fd < 0 ? -errno : 0;
	for (size_t i = 0; !error && i < count; i++)
		add_place(watch, paths[i]);
	if (!error)
		error = watch->timer = event_loop_add_timer(loop, quiet_ms, changed, context);
	if (error >= 0) {
		event_loop_set_timer(loop, watch->timer, 0, 0);
		error = event_loop_watch(loop, watch->fd, EPOLLIN, on_events, watch);
	}
	if (error < 0) {
		rules_watch_free(watch);
		return error;
	}
	*ret_watch = watch;
	return 0;
}

void rules_watch_free(struct rules_watch *watch)
{
	if (!watch)
		return;
	if (watch->timer >= 0)
		event_loop_remove_timer(watch->loop, watch->timer);
	if (watch->fd >= 0) {
		event_loop_unwatch(watch->loop, watch->fd);
		close(watch->fd);
	}
	free(watch);
}
