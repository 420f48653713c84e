/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/incident_child.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "respond/incident_snapshot.h"
#include "respond/proc_read.h"

#define WAIT_FOR_SLOW_MS 1500 /* for what may never come */
#define WAIT_FOR_STOP_MS 50

/* The thread that may be held up; the other one goes on without it. */
struct slow_part {
	struct incident_snapshot *snapshot;
	pthread_mutex_t lock;
	pthread_cond_t over;
	char *text; /* NULL: not there yet */
};

static void *run_slow_part(void *context)
{
	struct slow_part *part = context;
	char *text;

	incident_snapshot_finish(part->snapshot);
	text = incident_snapshot_text(part->snapshot, NULL);
	pthread_mutex_lock(&part->lock);
	part->text = text;
	pthread_cond_signal(&part->over);
	pthread_mutex_unlock(&part->lock);
	return NULL;
}

/* Return: NULL: it did not end in time. */
static char *wait_for_slow_part(struct slow_part *part)
{
	struct timespec until;
	pthread_t thread;
	char *text;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_FOR_SLOW_MS / 1000;
	until.tv_nsec += WAIT_FOR_SLOW_MS % 1000 * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	if (pthread_create(&thread, NULL, run_slow_part, part))
		return NULL;
	pthread_mutex_lock(&part->lock);
	while (!part->text && pthread_cond_timedwait(&part->over, &part->lock, &until) != ETIMEDOUT)
		;
	text = part->text;
	pthread_mutex_unlock(&part->lock);
	return text;
}

/* No descriptor of the daemon may stay open because of a snapshot. Standard error stays: sanitizers speak there. */
static void leave_parent(int result_fd)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "picket-incident");
	if (result_fd > 3)
		syscall(SYS_close_range, 3U, (unsigned int)result_fd - 1, 0U);
	syscall(SYS_close_range, (unsigned int)result_fd + 1, ~0U, 0U);
}

static void hand_back(int result_fd, const char *text, struct incident_result *result)
{
	size_t at = 0;

	while (at < result->document_size) {
		ssize_t written =
			pwrite(result_fd, text + at, result->document_size - at, (off_t)(sizeof(*result) + at));

		if (written <= 0)
			_exit(1);
		at += written;
	}
	result->complete = 1;
	if (pwrite(result_fd, result, sizeof(*result), 0) != sizeof(*result))
		_exit(1);
}

/* Whoever is stopped for the snapshot stands still only once it has run into its signal. */
static void wait_for_stop(const struct investigator_options *options, const struct finding *finding)
{
	const unsigned int ending = 1U << RESPONSE_KILL | 1U << RESPONSE_DENY;
	AUTO_CLOSE int process_fd = -1;
	struct proc_stat stat;
	char pid[16];

	if (!(finding->rule->responses & ending) || finding->rule->kill_scope == KILL_CONTAINER)
		return;
	snprintf(pid, sizeof(pid), "%u", finding->context.event->pid);
	process_fd = proc_open(options->procfs_path, pid);
	for (int i = 0; i < WAIT_FOR_STOP_MS && process_fd >= 0; i++) {
		if (proc_read_stat(process_fd, &stat) || strchr("TtZX", stat.state))
			return;
		usleep(1000);
	}
}

void incident_child_run(const struct investigator_options *options, const struct finding *finding, int result_fd)
{
	static struct slow_part part = { .lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER };
	struct incident_result result = { 0 };
	char *quick, *text;

	leave_parent(result_fd);
	wait_for_stop(options, finding);
	part.snapshot = incident_snapshot_begin(options, finding);
	if (!part.snapshot)
		_exit(1);
	quick = incident_snapshot_text(part.snapshot,
				       "arguments, environments and hashes: a process held up its reader");
	text = wait_for_slow_part(&part);
	if (!text)
		text = quick;
	if (!text)
		_exit(1);
	result.document_size = strlen(text);
	result.store_error = incident_store_write(options->path, finding->id, text, result.document_size,
						  options->max_count, options->max_bytes, &result.stored);
	hand_back(result_fd, text, &result);
	_exit(0); /* also ends the thread, wherever it waits */
}
