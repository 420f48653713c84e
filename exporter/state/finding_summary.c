/* SPDX-License-Identifier: GPL-2.0-only */
/* A finding as one sentence: "cat (pid 7) in container web opened /etc/shadow for read; kill: done". */
#include <stdarg.h>
#include <string.h>

#include "cleanup.h"
#include "state/finding.h"
#include "state/utf8.h"

#define PHRASE_SIZE 256

struct sentence {
	const struct event_context *context;
	char *buffer;
	size_t size, used;
};

static void add_text(struct sentence *sentence, const char *text)
{
	sentence->used = utf8_append_printable(sentence->buffer, sentence->size, sentence->used, text, strlen(text));
}

static void add_phrase(struct sentence *sentence, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Short texts of our own. */
static void add_phrase(struct sentence *sentence, const char *format, ...)
{
	char phrase[PHRASE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(phrase, sizeof(phrase), format, arguments);
	va_end(arguments);
	add_text(sentence, phrase);
}

/* A field's value, or @otherwise when the event has none. */
static void add_field(struct sentence *sentence, const char *name, const char *otherwise)
{
	const struct field *field = catalogue_find_field(name);
	char buffer[FIELD_BUFFER_SIZE], text[FIELD_BUFFER_SIZE];
	struct field_value value;

	if (!field || !field->get(sentence->context, buffer, &value)) {
		add_text(sentence, otherwise);
		return;
	}
	field_format(&value, text, sizeof(text));
	add_text(sentence, text);
}

static void add_exec(struct sentence *sentence)
{
	add_text(sentence, " started ");
	add_field(sentence, "process.executable.path", "a program");
	add_phrase(sentence, " as pid %u", sentence->context->event->pid);
}

static void add_exit(struct sentence *sentence)
{
	const struct picket_event *event = sentence->context->event;

	if (event->exit.signal)
		add_phrase(sentence, " was ended by signal %u%s", event->exit.signal,
			   event->exit.oom ? ", because memory ran out" : "");
	else
		add_phrase(sentence, " ended with status %u", event->exit.code);
}

static void add_open(struct sentence *sentence)
{
	const struct picket_event *event = sentence->context->event;

	add_text(sentence, event->result < 0 ? " was refused " : " opened ");
	add_field(sentence, "file.path", "a file");
	add_text(sentence, event->result < 0 ? " (" : " for ");
	add_field(sentence, event->result < 0 ? "file.error" : "file.access", "control");
	add_text(sentence, event->result < 0 ? ")" : "");
}

static void add_refusal(struct sentence *sentence)
{
	const struct picket_event *event = sentence->context->event;

	if (event->result < 0)
		add_phrase(sentence, " (refused: %s)",
			   strerrorname_np(-event->result) ? strerrorname_np(-event->result) : "?");
}

static void add_modify(struct sentence *sentence)
{
	add_text(sentence, " changed ");
	add_field(sentence, "file.path", "a file");
	add_text(sentence, " by ");
	add_field(sentence, "file.operation", "an operation");
	add_refusal(sentence);
}

static void add_peer(struct sentence *sentence, const char *deed, const char *address, const char *port)
{
	add_text(sentence, deed);
	add_field(sentence, address, "an address");
	add_text(sentence, " port ");
	add_field(sentence, port, "unknown");
	add_text(sentence, " by ");
	add_field(sentence, "network.transport", "other");
}

static void add_connect(struct sentence *sentence)
{
	bool refused = sentence->context->event->result < 0;

	add_peer(sentence, refused ? " was refused a connection to " : " connected to ", "destination.address",
		 "destination.port");
}

static void add_question(struct sentence *sentence)
{
	add_text(sentence, " asked ");
	add_field(sentence, "destination.address", "a server");
	add_text(sentence, " for the name ");
	add_field(sentence, "dns.question.name", "of nothing");
}

static void add_send(struct sentence *sentence)
{
	bool refused = sentence->context->event->result < 0;

	add_peer(sentence, refused ? " was refused a datagram to " : " sent to ", "destination.address",
		 "destination.port");
}

static void add_bind(struct sentence *sentence)
{
	add_peer(sentence, " bound to ", "network.local.address", "network.local.port");
}

static void add_listen(struct sentence *sentence)
{
	add_peer(sentence, " listens at ", "network.local.address", "network.local.port");
}

static void add_unix(struct sentence *sentence)
{
	add_text(sentence, sentence->context->event->result < 0 ? " was refused the local socket "
								: " connected to the local socket ");
	add_field(sentence, "file.path", "of no name");
}

static void add_accept(struct sentence *sentence)
{
	add_peer(sentence, " accepted a connection from ", "source.address", "source.port");
}

static void add_socket(struct sentence *sentence)
{
	add_text(sentence, " made a socket of the kind ");
	add_field(sentence, "network.socket_kind", "other");
}

static void add_operation(struct sentence *sentence)
{
	add_text(sentence, " called ");
	add_field(sentence, "operation.syscall", "a system call");
	add_refusal(sentence);
}

static void add_credentials(struct sentence *sentence)
{
	const struct picket_event *event = sentence->context->event;

	add_text(sentence, " gained rights (");
	add_field(sentence, "credential.change", "unknown");
	add_phrase(sentence, "), user id %u before and %u now", event->credential.old_uid, event->credential.new_uid);
}

static void add_stdio(struct sentence *sentence)
{
	add_text(sentence, " made a socket its ");
	add_field(sentence, "process.socket_descriptors", "standard descriptor");
}

static void add_break(struct sentence *sentence)
{
	add_text(sentence, " is outside its container's ");
	add_field(sentence, "isolation.boundary", "bounds");
}

static void add_tee(struct sentence *sentence)
{
	add_text(sentence, " asked for a proof of the trusted execution environment ");
	add_field(sentence, "tee.name", "of this machine");
	add_refusal(sentence);
}

static void add_cgroup(struct sentence *sentence)
{
	bool removed = sentence->context->event->kind == PICKET_KIND_CGROUP_REMOVE;

	add_text(sentence, removed ? "the cgroup was removed: " : "a cgroup was made: ");
	add_field(sentence, "cgroup.path", "unknown");
}

static void (*const deeds[PICKET_KIND_COUNT])(struct sentence *sentence) = {
	[PICKET_KIND_CGROUP_CREATE] = add_cgroup,
	[PICKET_KIND_CGROUP_REMOVE] = add_cgroup,
	[PICKET_KIND_PROCESS_EXEC] = add_exec,
	[PICKET_KIND_PROCESS_EXIT] = add_exit,
	[PICKET_KIND_FILE_OPEN] = add_open,
	[PICKET_KIND_NETWORK_CONNECT] = add_connect,
	[PICKET_KIND_UNIX_CONNECT] = add_unix,
	[PICKET_KIND_FILE_MODIFY] = add_modify,
	[PICKET_KIND_NETWORK_SEND] = add_send,
	[PICKET_KIND_NETWORK_BIND] = add_bind,
	[PICKET_KIND_NETWORK_LISTEN] = add_listen,
	[PICKET_KIND_NETWORK_ACCEPT] = add_accept,
	[PICKET_KIND_NETWORK_SOCKET] = add_socket,
	[PICKET_KIND_DNS_QUERY] = add_question,
	[PICKET_KIND_PRIVILEGED_OPERATION] = add_operation,
	[PICKET_KIND_CREDENTIAL_CHANGE] = add_credentials,
	[PICKET_KIND_STDIO_SOCKET] = add_stdio,
	[PICKET_KIND_ISOLATION_BREAK] = add_break,
	[PICKET_KIND_TEE_REQUEST] = add_tee,
};

/* After an exec the process has its new name already: the parent tells who started it. */
static void add_actor(struct sentence *sentence)
{
	const struct event_context *context = sentence->context;
	bool exec = context->event->kind == PICKET_KIND_PROCESS_EXEC;

	if (!context->event->pid)
		return;
	add_field(sentence, exec ? "process.parent.name" : "process.executable.name", "a process");
	if (!exec)
		add_phrase(sentence, " (pid %u)", context->event->pid);
}

static void add_place(struct sentence *sentence)
{
	const struct event_context *context = sentence->context;

	if (!context->event->pid)
		return;
	if (!context->container) {
		add_text(sentence, " on the host");
		return;
	}
	add_text(sentence, " in container ");
	add_field(sentence, "container.name",
		  context->container->id && *context->container->id ? context->container->id : "without a name");
}

/* Who did what; only a finding says in which container. */
static struct sentence sentence_start(const struct event_context *context, char *buffer, size_t size)
{
	buffer[0] = '\0';
	return (struct sentence){ .context = context, .buffer = buffer, .size = size };
}

void finding_event_summary(const struct event_context *context, char *buffer, size_t size)
{
	const struct event_context shown = event_context_shown(context);
	struct sentence sentence;

	if (!size)
		return;
	sentence = sentence_start(&shown, buffer, size);
	add_actor(&sentence);
	if (deeds[context->event->kind])
		deeds[context->event->kind](&sentence);
}

/* How often, or what came before. */
static void add_progress(struct sentence *sentence, const struct progress_match *match)
{
	double seconds = (match->last_ns - match->first_ns) / 1e9;

	if (match->count)
		add_phrase(sentence, "; the last of %u in %.3f s", match->count, seconds);
	for (size_t i = 0; i + 1 < match->step_count; i++) {
		add_phrase(sentence, "; %.3f s before: ", (match->last_ns - match->steps[i].time_ns) / 1e9);
		add_text(sentence, match->steps[i].text);
	}
}

void finding_summary(const struct finding *finding, char *buffer, size_t size)
{
	const struct event_context shown = event_context_shown(&finding->context);
	struct sentence sentence;

	if (!size)
		return;
	sentence = sentence_start(&shown, buffer, size);
	if (finding->repeats)
		add_phrase(&sentence, "%llu times more in %.1f s%s: ", (unsigned long long)finding->repeats->count,
			   (finding->repeats->last_ns - finding->repeats->first_ns) / 1e9,
			   finding->repeats->throttled ? ", throttled, such as" : "");
	add_actor(&sentence);
	add_place(&sentence);
	if (deeds[finding->context.event->kind])
		deeds[finding->context.event->kind](&sentence);
	if (finding->progress)
		add_progress(&sentence, finding->progress);
	for (unsigned int i = 0; i < RESPONSE_COUNT; i++)
		if (finding->outcomes[i] != OUTCOME_NONE)
			add_phrase(&sentence, "; %s: %s", response_name(i), outcome_name(finding->outcomes[i]));
}
