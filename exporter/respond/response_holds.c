/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/response_holds.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"

#define HOLDS_MAX 65536
#define RETRY_NS 10000000000ULL
#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_SIZE 64

struct hold {
	uint64_t cgroup_id;
	enum response_action action;
	uint64_t deadline_ns; /* CLOCK_BOOTTIME */
};

struct response_holds {
	struct event_loop *loop;
	char *path;
	response_hold_over *over;
	void *context;
	struct hold *items;
	size_t count;
	int timer;
};

static void read_boot_id(char id[BOOT_ID_SIZE])
{
	AUTO_FCLOSE FILE *file = fopen(BOOT_ID_FILE, "re");

	if (!file || !fgets(id, BOOT_ID_SIZE, file))
		strcpy(id, "unknown");
	id[strcspn(id, "\n")] = '\0';
}

static void arm(struct response_holds *holds)
{
	uint64_t first = UINT64_MAX, now = clock_ns(CLOCK_BOOTTIME);

	for (size_t i = 0; i < holds->count; i++)
		if (holds->items[i].deadline_ns < first)
			first = holds->items[i].deadline_ns;
	if (first == UINT64_MAX)
		event_loop_set_timer(holds->loop, holds->timer, 0, 0);
	else
		event_loop_set_timer(holds->loop, holds->timer, first > now ? (first - now) / 1000000 + 1 : 1, 0);
}

static int write_lines(int fd, const struct response_holds *holds)
{
	FILE *file = fdopen(fd, "w");
	char id[BOOT_ID_SIZE];
	int error = 0;

	if (!file) {
		close(fd);
		return -errno;
	}
	read_boot_id(id);
	fprintf(file, "%s\n", id);
	for (size_t i = 0; i < holds->count; i++)
		fprintf(file, "%s %" PRIu64 " %" PRIu64 "\n", response_name(holds->items[i].action),
			holds->items[i].cgroup_id, holds->items[i].deadline_ns);
	if (ferror(file))
		error = -EIO;
	return fclose(file) ? -errno : error;
}

static int save(const struct response_holds *holds)
{
	char temporary[PATH_MAX];
	int fd, error;

	if (!holds->path)
		return 0;
	if (snprintf(temporary, sizeof(temporary), "%s.new", holds->path) >= (int)sizeof(temporary))
		return -ENAMETOOLONG;
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	error = write_lines(fd, holds);
	if (!error && rename(temporary, holds->path))
		error = -errno;
	if (error)
		unlink(temporary);
	return error;
}

static struct hold *find(struct response_holds *holds, uint64_t cgroup_id, enum response_action action)
{
	for (size_t i = 0; i < holds->count; i++)
		if (holds->items[i].cgroup_id == cgroup_id && holds->items[i].action == action)
			return &holds->items[i];
	return NULL;
}

static int add(struct response_holds *holds, const struct hold *hold)
{
	struct hold *larger;

	if (holds->count == HOLDS_MAX)
		return -ENOSPC;
	larger = reallocarray(holds->items, holds->count + 1, sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	holds->items = larger;
	larger[holds->count++] = *hold;
	return 0;
}

static void drop(struct response_holds *holds, struct hold *hold)
{
	*hold = holds->items[--holds->count];
}

/* One that is due, and is taken out. */
static bool take_due(struct response_holds *holds, struct hold *ret_hold)
{
	uint64_t now = clock_ns(CLOCK_BOOTTIME);

	for (size_t i = 0; i < holds->count; i++)
		if (holds->items[i].deadline_ns <= now) {
			*ret_hold = holds->items[i];
			drop(holds, &holds->items[i]);
			return true;
		}
	return false;
}

static void on_time(void *context)
{
	struct response_holds *holds = context;
	struct hold hold;

	while (take_due(holds, &hold)) {
		if (holds->over(holds->context, hold.cgroup_id, hold.action))
			continue;
		hold.deadline_ns = clock_ns(CLOCK_BOOTTIME) + RETRY_NS;
		add(holds, &hold);
	}
	save(holds);
	arm(holds);
}

int response_holds_new(struct event_loop *loop, const char *path, response_hold_over *over, void *context,
		       struct response_holds **ret_holds)
{
	struct response_holds *holds = calloc(1, sizeof(*holds));
	int error = -ENOMEM;

	if (!holds)
		return -ENOMEM;
	*holds = (struct response_holds){ .loop = loop, .over = over, .context = context, .timer = -1 };
	if (path && !(holds->path = strdup(path)))
		goto fail;
	holds->timer = event_loop_add_timer(loop, 1000, on_time, holds);
	error = holds->timer;
	if (error < 0)
		goto fail;
	event_loop_set_timer(loop, holds->timer, 0, 0);
	*ret_holds = holds;
	return 0;
fail:
	response_holds_free(holds);
	return error;
}

void response_holds_free(struct response_holds *holds)
{
	if (!holds)
		return;
	if (holds->timer >= 0)
		event_loop_remove_timer(holds->loop, holds->timer);
	free(holds->path);
	free(holds->items);
	free(holds);
}

/* Return: whether @line is "pause|isolate CGROUP DEADLINE". */
static bool parse_line(const char *line, struct hold *ret_hold)
{
	struct hold hold;
	char name[16];
	int end = 0;

	if (sscanf(line, "%15s %" SCNu64 " %" SCNu64 "\n%n", name, &hold.cgroup_id, &hold.deadline_ns, &end) != 3 ||
	    line[end] || !hold.cgroup_id)
		return false;
	hold.action = strcmp(name, response_name(RESPONSE_PAUSE)) == 0 ? RESPONSE_PAUSE : RESPONSE_ISOLATE;
	if (strcmp(name, response_name(hold.action)) != 0)
		return false;
	*ret_hold = hold;
	return true;
}

int response_holds_read(struct response_holds *holds)
{
	AUTO_FCLOSE FILE *file = holds->path ? fopen(holds->path, "re") : NULL;
	char line[128], id[BOOT_ID_SIZE];
	struct hold hold;
	int count = 0;

	if (!file)
		return !holds->path || errno == ENOENT ? 0 : -errno;
	read_boot_id(id);
	if (!fgets(line, sizeof(line), file) || strncmp(line, id, strlen(id)) != 0)
		return 0; /* of another boot: those cgroups are no more */
	while (fgets(line, sizeof(line), file))
		if (parse_line(line, &hold) && !find(holds, hold.cgroup_id, hold.action) && !add(holds, &hold))
			count++;
	arm(holds);
	return count;
}

int response_holds_set(struct response_holds *holds, uint64_t cgroup_id, enum response_action action,
		       uint64_t timeout_ns, bool held)
{
	struct hold hold = { cgroup_id, action, clock_ns(CLOCK_BOOTTIME) + timeout_ns },
		    *known = find(holds, cgroup_id, action);
	int error = 0;

	if (!known && (held || !timeout_ns))
		return 0; /* for ever */
	if (known && !timeout_ns)
		drop(holds, known);
	else if (known && known->deadline_ns < hold.deadline_ns)
		known->deadline_ns = hold.deadline_ns;
	else if (!known)
		error = add(holds, &hold);
	if (error)
		return error;
	arm(holds);
	return save(holds);
}

void response_holds_forget(struct response_holds *holds, uint64_t cgroup_id, unsigned int actions)
{
	bool changed = false;

	for (size_t i = holds->count; i-- > 0;)
		if (holds->items[i].cgroup_id == cgroup_id && actions & 1U << holds->items[i].action) {
			drop(holds, &holds->items[i]);
			changed = true;
		}
	if (!changed)
		return;
	save(holds);
	arm(holds);
}
