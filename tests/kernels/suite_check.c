/* SPDX-License-Identifier: GPL-2.0-only */
/* What an operation was seen to do, against what it does. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "state/catalogue.h"
#include "state/dns_name.h"
#include "suite_internal.h"
#include "suite_judge.h"

static bool is_network(const struct picket_event *event)
{
	return event->kind == PICKET_KIND_NETWORK_CONNECT ||
	       (event->kind >= PICKET_KIND_NETWORK_BIND && event->kind <= PICKET_KIND_NETWORK_SOCKET);
}

/* As rules see it: where there is no file to ask, what was written, made absolute. */
static void read_field(const struct picket_event *event, const char *name, char *path, size_t size)
{
	const struct field *field = catalogue_find_field(name);
	const struct event_context context = { .event = event };
	char buffer[FIELD_BUFFER_SIZE];
	struct field_value value;

	if (field->kinds & 1ULL << event->kind && field->get(&context, buffer, &value))
		field_format(&value, path, size);
}

void suite_on_record(void *context, const void *record, size_t size)
{
	const struct picket_event *event = record;
	struct seen *seen = &suite.events[suite.event_count];

	(void)context;
	if (!event_valid(record, size)) {
		printf("FAIL transport/valid_record size %zu\n", size);
		suite.failed++;
		return;
	}
	if (event->slot != suite.slot || event->slot < PICKET_SLOT_FIRST) {
		suite.foreign++;
		return;
	}
	suite.flood_count += event->kind == PICKET_KIND_FILE_OPEN;
	if (suite.event_count == EVENTS_MAX)
		return;
	suite_judge_event(event);
	seen->kind = event->kind;
	snprintf(seen->path, sizeof(seen->path), "%s", event_text(event, PICKET_TEXT_PATH));
	if (event->kind == PICKET_KIND_FILE_OPEN || event->kind == PICKET_KIND_FILE_MODIFY ||
	    event->kind == PICKET_KIND_PRIVILEGED_OPERATION || event->kind == PICKET_KIND_UNIX_CONNECT)
		read_field(event, "file.path", seen->path, sizeof(seen->path));
	seen->source[0] = '\0';
	if (event->kind == PICKET_KIND_FILE_MODIFY)
		read_field(event, "file.source_path", seen->source, sizeof(seen->source));
	snprintf(seen->executable, sizeof(seen->executable), "%s", event_text(event, PICKET_TEXT_EXECUTABLE));
	if (event->flags & PICKET_EVENT_DENIED && event->result != -EPERM)
		printf("FAIL denied/result %d\n", event->result);
	if (is_network(event) &&
	    !inet_ntop(event->network.family, event->network.address, seen->path, INET6_ADDRSTRLEN))
		seen->path[0] = '\0';
	if (event->kind == PICKET_KIND_DNS_QUERY) {
		char name[DNS_NAME_SIZE] = "";

		dns_name_read(event_text(event, PICKET_TEXT_PATH), event->text[PICKET_TEXT_PATH].size, name);
		snprintf(seen->path, sizeof(seen->path), "%.*s", (int)sizeof(seen->path) - 1, name);
	}
	suite.event_count++;
}

void suite_report(const char *result, const char *name, const char *format, ...)
{
	va_list arguments;

	printf("%s %s%s ", result, name, suite.by_rules ? "@rule" : "");
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
	suite.failed += strcmp(result, "FAIL") == 0;
	suite.passed += strcmp(result, "PASS") == 0;
	suite.skipped += strcmp(result, "SKIP") == 0;
}

/* How many packets a connection takes is TCP's business: only looked at where an operation says so. */
static bool is_left_out(const struct operation *operation, int counter)
{
	if (counter >= PICKET_COUNTER_PERF_FIRST)
		return true; /* time and faults are never the same, see check_perf() */
	if (counter < PICKET_COUNTER_NETWORK_TRANSMIT_BYTES || counter > PICKET_COUNTER_NETWORK_RECEIVE_PACKETS)
		return false;
	for (size_t i = 0; i < operation->add_count; i++)
		if ((int)operation->adds[i].counter == counter)
			return false;
	return true;
}

static bool check_counters(const struct operation *operation, const struct picket_counters *before,
			   const struct picket_counters *after)
{
	bool right = true;

	for (int i = 0; i < PICKET_COUNTER_COUNT; i++) {
		uint64_t wanted = 0, got = after->value[i] - before->value[i];

		for (size_t j = 0; j < operation->add_count; j++)
			if ((int)operation->adds[j].counter == i)
				wanted = (uint64_t)operation->adds[j].amount * operation->times;
		if (got == wanted || is_left_out(operation, i))
			continue;
		suite_report("FAIL", operation->name, "%s{%s} moved by %llu, expected %llu",
			     counter_families[counter_infos[i].family].name, counter_infos[i].labels,
			     (unsigned long long)got, (unsigned long long)wanted);
		right = false;
	}
	return right;
}

static bool ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), end_size = strlen(end);

	return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

static bool check_events(const struct operation *operation)
{
	unsigned int count = 0, wanted = operation->times * (operation->event_count ? operation->event_count : 1);

	if (operation->event_count == OPERATION_NO_EVENT)
		wanted = 0;
	if (operation->event < 0)
		return true;
	for (size_t i = 0; i < suite.event_count; i++) {
		const struct seen *seen = &suite.events[i];
		const char *text = seen->kind == PICKET_KIND_PROCESS_EXEC ? seen->executable : seen->path;

		if (seen->kind != operation->event)
			continue;
		count++;
		if (operation->text && !ends_with(text, operation->text)) {
			suite_report("FAIL", operation->name, "the event says %s, expected ...%s", text,
				     operation->text);
			return false;
		}
		if (operation->source && !ends_with(seen->source, operation->source)) {
			suite_report("FAIL", operation->name, "the event's source is %s, expected ...%s", seen->source,
				     operation->source);
			return false;
		}
	}
	if (count == wanted)
		return true;
	suite_report("FAIL", operation->name, "%u events, expected %u", count, wanted);
	return false;
}

/* Each rule that the operation names matched once for each event, and no other rule did. */
static bool check_rules(const struct operation *operation)
{
	unsigned int wanted = operation->times * (operation->event_count ? operation->event_count : 1), named = 0;
	char names[128], *save, *name;

	snprintf(names, sizeof(names), "%s", operation->rule);
	for (name = strtok_r(names, " ", &save); name; name = strtok_r(NULL, " ", &save), named++) {
		unsigned int count = suite_judge_matches(name);

		if (count == wanted)
			continue;
		suite_report("FAIL", operation->name, "rule %s matched %u times, expected %u", name, count, wanted);
		return false;
	}
	if (suite_judge_matches(NULL) == wanted * named)
		return true;
	suite_report("FAIL", operation->name, "%u matches of all rules, expected %u", suite_judge_matches(NULL),
		     wanted * named);
	return false;
}

bool suite_check(const struct operation *operation, const struct picket_counters *before,
		 const struct picket_counters *after)
{
	/* both, so that one run shows all that is wrong */
	return check_counters(operation, before, after) &
	       (suite.by_rules ? check_rules(operation) : check_events(operation));
}
