/* SPDX-License-Identifier: GPL-2.0-only */
#include "respond/investigator.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "cleanup.h"
#include "respond/incident_child.h"

#define CHILDREN_MAX 4
#define TIMEOUT_MS 5000
#define DOCUMENT_MAX_BYTES (4 << 20) /* a child that hands back more is not believed */
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* One snapshot under way. */
struct child {
	struct investigator *investigator;
	int pid_fd, result_fd, timer;
	investigator_done *done; /* NULL: was told already */
	void *context;
	struct child *next;
};

struct investigator {
	struct investigator_options options;
	struct self_metrics *metrics;
	struct child *children;
	unsigned int count;
};

int investigator_new(const struct investigator_options *options, struct self_metrics *metrics,
		     struct investigator **ret_investigator)
{
	struct investigator *investigator = calloc(1, sizeof(*investigator));

	if (!investigator)
		return -ENOMEM;
	investigator->options = *options;
	if (!options->timeout_ms)
		investigator->options.timeout_ms = TIMEOUT_MS;
	investigator->metrics = metrics;
	*ret_investigator = investigator;
	return 0;
}

static void kill_child(const struct child *child)
{
	syscall(SYS_pidfd_send_signal, child->pid_fd, SIGKILL, NULL, 0);
}

static void tell(struct child *child, enum response_outcome outcome, const char *detail)
{
	investigator_done *done = child->done;

	child->done = NULL;
	if (done)
		done(child->context, outcome, detail);
}

static void free_child(struct child *child)
{
	struct child **link = &child->investigator->children;

	while (*link && *link != child)
		link = &(*link)->next;
	if (*link) {
		*link = child->next;
		child->investigator->count--;
	}
	if (child->timer >= 0)
		event_loop_remove_timer(child->investigator->options.loop, child->timer);
	if (child->pid_fd >= 0) {
		event_loop_unwatch(child->investigator->options.loop, child->pid_fd);
		close(child->pid_fd);
	}
	if (child->result_fd >= 0)
		close(child->result_fd);
	free(child);
}

void investigator_free(struct investigator *investigator)
{
	if (!investigator)
		return;
	while (investigator->children) {
		kill_child(investigator->children);
		tell(investigator->children, OUTCOME_FAILED, "picket is ending");
		free_child(investigator->children);
	}
	free(investigator);
}

/* Return: the document, for free(3); NULL: there is none. */
static char *read_document(int result_fd, size_t size)
{
	char *text;

	if (!size || size > DOCUMENT_MAX_BYTES)
		return NULL;
	text = malloc(size + 1);
	if (text && pread(result_fd, text, size, sizeof(struct incident_result)) != (ssize_t)size) {
		free(text);
		return NULL;
	}
	if (text)
		text[size] = '\0';
	return text;
}

static void count_stored(struct self_metrics *metrics, const struct incident_result *result)
{
	if (result->store_error) {
		metrics->incident_write_failures++;
		return;
	}
	metrics->incidents_written++;
	metrics->incidents_rotated += result->stored.rotated;
	metrics->incidents_kept = result->stored.count;
	metrics->incidents_bytes = result->stored.bytes;
}

static void take_result(struct child *child)
{
	const struct investigator_options *options = &child->investigator->options;
	struct incident_result result = { 0 };
	AUTO_FREE char *document = NULL;
	char detail[320];

	if (pread(child->result_fd, &result, sizeof(result), 0) != sizeof(result) || !result.complete) {
		tell(child, OUTCOME_FAILED, "the snapshot could not be taken");
		return;
	}
	count_stored(child->investigator->metrics, &result);
	document = read_document(child->result_fd, result.document_size);
	if (document && options->on_document)
		options->on_document(options->context, document, result.document_size);
	if (result.store_error)
		snprintf(detail, sizeof(detail), "%.200s: %s", options->path, strerror(-result.store_error));
	else
		snprintf(detail, sizeof(detail), "%.200s/%.*s", options->path, INCIDENT_NAME_SIZE - 1,
			 result.stored.name);
	tell(child, result.store_error ? OUTCOME_FAILED : OUTCOME_DONE, detail);
}

static void on_end(void *context, int fd, uint32_t events)
{
	struct child *child = context;
	siginfo_t info;

	(void)events;
	waitid(P_PIDFD, fd, &info, WEXITED | WNOHANG);
	if (child->done)
		take_result(child);
	free_child(child);
}

/* Whoever waits goes on; the child is forgotten when it has ended, which a stuck disk may put off. */
static void on_timeout(void *context)
{
	struct child *child = context;
	char detail[64];

	kill_child(child);
	event_loop_remove_timer(child->investigator->options.loop, child->timer);
	child->timer = -1;
	snprintf(detail, sizeof(detail), "the snapshot took longer than %u ms",
		 child->investigator->options.timeout_ms);
	tell(child, OUTCOME_FAILED, detail);
}

static int watch(struct child *child)
{
	struct investigator *investigator = child->investigator;

	child->timer =
		event_loop_add_timer(investigator->options.loop, investigator->options.timeout_ms, on_timeout, child);
	if (child->timer < 0)
		return child->timer;
	return event_loop_watch(investigator->options.loop, child->pid_fd, EPOLLIN, on_end, child);
}

static int start(struct child *child, const struct finding *finding)
{
	pid_t pid;
	int error;

	child->result_fd = memfd_create("incident", MFD_CLOEXEC);
	if (child->result_fd < 0)
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		incident_child_run(&child->investigator->options, finding, child->result_fd);
	child->pid_fd = syscall(SYS_pidfd_open, pid, 0);
	error = child->pid_fd < 0 ? -errno : watch(child);
	if (error) {
		kill(pid, SIGKILL); /* a child that was not waited for keeps its pid */
		waitpid(pid, NULL, 0);
	}
	return error;
}

int investigator_start(struct investigator *investigator, const struct finding *finding, investigator_done *done,
		       void *context)
{
	struct child *child;
	int error;

	if (investigator->count == CHILDREN_MAX)
		return -EBUSY;
	child = calloc(1, sizeof(*child));
	if (!child)
		return -ENOMEM;
	*child = (struct child){ investigator, -1, -1, -1, done, context, investigator->children };
	investigator->children = child;
	investigator->count++;
	error = start(child, finding);
	if (error)
		free_child(child);
	return error;
}
