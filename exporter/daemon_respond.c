/* SPDX-License-Identifier: GPL-2.0-only */
/* Responses: what they may do, their audit, and the snapshots that they leave. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "daemon_internal.h"
#include "respond/investigator.h"

static void send_audit(struct daemon *daemon, const struct log_pair *pairs, size_t count,
		       const struct response_audit *audit)
{
	static const char *const names[] = {
		"picket.response.action", "picket.response.outcome", "security_rule.name", "picket.finding.id",
		"container.id",		  "container.name",	     "process.pid",	   "picket.response.detail"
	};
	struct otlp_text attributes[ARRAY_SIZE(names)];
	char body[128];
	struct otlp_record record = {
		.event_name = "picket.response",
		.severity = audit->outcome == OUTCOME_FAILED ? SEVERITY_ERROR : SEVERITY_INFO,
		.body = body,
		.attributes = attributes,
	};

	if (audit->outcome == OUTCOME_DRY_RUN)
		return; /* nothing was done, and the finding says so */
	record.body_size = snprintf(body, sizeof(body), "response %s: %s", audit->action, outcome_name(audit->outcome));
	for (size_t i = 0; i < count; i++)
		if (*pairs[i].value)
			attributes[record.attribute_count++] = (struct otlp_text){ names[i], pairs[i].value };
	otlp_sender_push_record(daemon->otlp, &record);
}

static void audit(void *context, const struct response_audit *record)
{
	const struct container *container = record->container;
	char pid_text[16];
	struct log_pair pairs[] = {
		{ "action", record->action },
		{ "outcome", outcome_name(record->outcome) },
		{ "rule", record->rule },
		{ "finding.id", record->finding_id },
		{ "container.id", container ? container->id : "" },
		{ "container.name", container ? container->name : "" },
		{ "process.pid", pid_text },
		{ "detail", record->detail },
	};

	snprintf(pid_text, sizeof(pid_text), "%u", record->pid);
	log_pairs(record->outcome == OUTCOME_FAILED ? LOG_ERROR : LOG_INFO, "audit", "response", pairs,
		  ARRAY_SIZE(pairs));
	send_audit(context, pairs, ARRAY_SIZE(pairs), record);
}

/* The file is for this node; the collector keeps a copy that no intruder can remove. */
static void on_incident(void *context, const char *document, size_t size)
{
	struct daemon *daemon = context;
	struct otlp_record record = {
		.event_name = "picket.incident",
		.severity = SEVERITY_NOTICE,
		.body = document,
		.body_size = size,
	};

	otlp_sender_push_record(daemon->otlp, &record);
}

void daemon_release(void *context, struct container *container,
		    void (*done)(void *done_context, int error, const char *text), void *done_context)
{
	responder_release(((struct daemon *)context)->responder, container, done, done_context);
}

void daemon_state_path(const struct daemon *daemon, const char *name, char path[PATH_MAX])
{
	const char *socket = daemon->config->control_socket, *slash = strrchr(socket, '/');

	snprintf(path, PATH_MAX, "%.*s%s", slash ? (int)(slash + 1 - socket) : 0, socket, name);
}

bool daemon_spares(void *context, const struct container *container)
{
	return isolation_is_shared(&container->isolation) ||
	       never_touch_reason(((struct daemon *)context)->never_touch, container) != NULL;
}

int daemon_start_never_touch(struct daemon *daemon)
{
	const struct config_list *patterns = &daemon->config->never_touch;
	AUTO_FREE char *why = NULL;
	int error = never_touch_new(patterns->items, patterns->count, &daemon->never_touch, &why);

	return error ? daemon_start_failed("respond.never-touch", error, why) : 0;
}

int daemon_start_responder(struct daemon *daemon)
{
	const struct config *config = daemon->config;
	char holds_path[PATH_MAX];
	struct investigator_options investigations = {
		.loop = daemon->loop,
		.procfs_path = config->procfs_path,
		.rootfs_path = config->rootfs_path,
		.cgroup2_path = daemon->cgroup2_path,
		.path = config->incidents_path,
		.max_count = config->incidents_max_count,
		.max_bytes = (uint64_t)config->incidents_max_mib << 20,
		.on_document = on_incident,
		.context = daemon,
	};
	struct responder_options options = {
		.loop = daemon->loop,
		.enforce = config->enforce,
		.max_per_second = config->respond_max_rate,
		.procfs_path = config->procfs_path,
		.cgroup2_path = daemon->cgroup2_path,
		.docker_socket = config->docker_socket,
		.holds_path = holds_path,
		.never_touch = daemon->never_touch,
		.investigations = &investigations,
		.audit = audit,
		.audit_context = daemon,
	};
	int error = daemon_start_isolation(daemon, &options.isolator);

	if (error)
		return error;
	daemon_state_path(daemon, "holds", holds_path);
	daemon->metrics.enforce = config->enforce;
	error = http_client_new(daemon->loop, &daemon->http_client);
	if (!error)
		error = responder_new(&options, daemon->http_client, daemon->registry, &daemon->metrics,
				      &daemon->responder);
	return error ? daemon_start_failed("cannot set up responses", error, NULL) : 0;
}

void daemon_go_on_responding(struct daemon *daemon)
{
	int count = responder_go_on(daemon->responder);

	if (count < 0)
		log_warn("responses", "the timeouts of an earlier daemon cannot be read: %s", strerror(-count));
	else if (count)
		log_info("responses", "going on with %d timeouts of an earlier daemon", count);
}
