/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/finding.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "state/utf8.h"

#define TAGS_SIZE 2200 /* all tags that a rule can have */
#define SUMMARY_SIZE 1024

static const char *const outcome_names[OUTCOME_COUNT] = {
	[OUTCOME_NONE] = "none",       [OUTCOME_DRY_RUN] = "dry_run",	   [OUTCOME_DONE] = "done",
	[OUTCOME_PENDING] = "pending", [OUTCOME_FAILED] = "failed",	   [OUTCOME_SPARED] = "spared",
	[OUTCOME_GONE] = "gone",       [OUTCOME_LIMITED] = "rate_limited",
};

static const char *const response_attributes[RESPONSE_COUNT] = {
	[RESPONSE_DENY] = "picket.response.deny",
	[RESPONSE_KILL] = "picket.response.kill",
	[RESPONSE_PAUSE] = "picket.response.pause",
	[RESPONSE_ISOLATE] = "picket.response.isolate",
	[RESPONSE_INVESTIGATE] = "picket.response.investigate",
};

const char *outcome_name(enum response_outcome outcome)
{
	return (unsigned int)outcome < OUTCOME_COUNT ? outcome_names[outcome] : "unknown";
}

static void visit_text(finding_visitor *visit, void *context, const char *name, const char *text)
{
	struct field_value value = { .type = FIELD_STRING, .string = { .text = text, .size = strlen(text) } };

	if (value.string.size)
		visit(context, name, &value);
}

static bool rfc3339(int64_t time_unix_ns, char *buffer, size_t size)
{
	int64_t ns = time_unix_ns % 1000000000;
	time_t seconds = time_unix_ns / 1000000000 - (ns < 0);
	struct tm parts;
	size_t used;

	if (!gmtime_r(&seconds, &parts))
		return false;
	used = strftime(buffer, size, "%Y-%m-%dT%H:%M:%S", &parts);
	return used && snprintf(buffer + used, size - used, ".%09lldZ", (long long)(ns < 0 ? ns + 1000000000 : ns)) > 0;
}

static void visit_tags(const struct rule *rule, finding_visitor *visit, void *context)
{
	char tags[TAGS_SIZE] = "";
	size_t used = 0;

	for (size_t i = 0; i < rule->tag_count && used + 1 + strlen(rule->tags[i]) < sizeof(tags); i++)
		used = stpcpy(stpcpy(tags + used, i ? "," : ""), rule->tags[i]) - tags;
	visit_text(visit, context, "picket.rule.tags", tags);
}

static void visit_rule(const struct finding *finding, finding_visitor *visit, void *context)
{
	visit_text(visit, context, "security_rule.name", finding->rule->name);
	visit_text(visit, context, "security_rule.description", finding->rule->description);
	visit_text(visit, context, "picket.severity", severity_name(finding->rule->severity));
	visit_text(visit, context, "picket.finding.id", finding->id);
	visit_tags(finding->rule, visit, context);
	visit_text(visit, context, "picket.event.kind", catalogue_kind_name(finding->context.event->kind));
}

static void visit_time(const struct finding *finding, uint64_t time_ns, const char *name, finding_visitor *visit,
		       void *context)
{
	char time[64] = "";

	if (rfc3339(finding->unix_offset_ns + (int64_t)time_ns, time, sizeof(time)))
		visit_text(visit, context, name, time);
}

#define STEP(number) \
	{ \
		"picket.step." #number ".time", "picket.step." #number ".event.kind", \
			"picket.step." #number ".summary" \
	}
static const char *const step_names[RULE_STEPS_MAX][3] = { STEP(1), STEP(2), STEP(3), STEP(4), STEP(5) };
#undef STEP

static void visit_progress(const struct finding *finding, finding_visitor *visit, void *context)
{
	const struct progress_match *match = finding->progress;
	struct field_value count = { .type = FIELD_INTEGER, .integer = match->count };

	for (size_t i = 0; i < match->step_count; i++) {
		const struct progress_step *step = &match->steps[i];

		visit_time(finding, step->time_ns, step_names[i][0], visit, context);
		visit_text(visit, context, step_names[i][1], catalogue_kind_name(step->kind));
		visit_text(visit, context, step_names[i][2], step->text);
	}
	if (!match->count)
		return;
	visit(context, "picket.count", &count);
	visit_time(finding, match->first_ns, "picket.count.first_time", visit, context);
	visit_time(finding, match->last_ns, "picket.count.last_time", visit, context);
}

static void visit_repeats(const struct finding *finding, finding_visitor *visit, void *context)
{
	const struct finding_repeats *repeats = finding->repeats;
	struct field_value count = { .type = FIELD_INTEGER, .integer = repeats->count };

	visit(context, "picket.repeats", &count);
	visit_time(finding, repeats->first_ns, "picket.repeats.first_time", visit, context);
	visit_time(finding, repeats->last_ns, "picket.repeats.last_time", visit, context);
	visit_text(visit, context, "picket.repeats.reason", repeats->throttled ? "throttled" : "same");
	visit_text(visit, context, "picket.repeats.of", repeats->of);
}

void finding_visit(const struct finding *finding, finding_visitor *visit, void *context)
{
	const struct event_context shown = event_context_shown(&finding->context);

	visit_rule(finding, visit, context);
	if (finding->progress)
		visit_progress(finding, visit, context);
	if (finding->repeats)
		visit_repeats(finding, visit, context);
	for (unsigned int i = 0; i < RESPONSE_COUNT; i++)
		if (finding->outcomes[i] != OUTCOME_NONE)
			visit_text(visit, context, response_attributes[i], outcome_name(finding->outcomes[i]));
	for (size_t i = 0; i < catalogue_field_count; i++) {
		const struct field *field = &catalogue_fields[i];
		char buffer[FIELD_BUFFER_SIZE];
		struct field_value value;

		if (!(field->kinds & 1ULL << finding->context.event->kind))
			continue;
		if (!field->get(&shown, buffer, &value))
			continue;
		if (value.type != FIELD_BOOLEAN || value.boolean)
			visit(context, field->name, &value);
	}
}

static json_t *json_text(const char *text, size_t size)
{
	AUTO_FREE char *repaired = NULL;

	if (utf8_valid_size(text, size) == size)
		return json_stringn(text, size);
	repaired = utf8_repair(text, size, &size);
	return repaired ? json_stringn(repaired, size) : NULL;
}

static json_t *json_value(const struct field_value *value)
{
	char address[64];

	switch (value->type) {
	case FIELD_INTEGER:
		return json_integer(value->integer);
	case FIELD_BOOLEAN:
		return json_boolean(value->boolean);
	case FIELD_ADDRESS:
		field_format(value, address, sizeof(address));
		return json_string(address);
	default:
		return json_text(value->string.text, value->string.size);
	}
}

struct json_writer {
	json_t *object;
	bool failed;
};

static void json_add(struct json_writer *writer, const char *name, json_t *value)
{
	writer->failed |= json_object_set_new(writer->object, name, value) != 0;
}

static void json_add_attribute(void *context, const char *name, const struct field_value *value)
{
	json_add(context, name, json_value(value));
}

char *finding_to_json(const struct finding *finding)
{
	struct json_writer writer = { .object = json_object() };
	char time[64] = "", summary[SUMMARY_SIZE], *text = NULL;

	if (!rfc3339(finding->time_unix_ns, time, sizeof(time)))
		time[0] = '\0';
	finding_summary(finding, summary, sizeof(summary));
	json_add(&writer, "time", json_string(time));
	json_add(&writer, "severity", json_string(severity_name(finding->rule->severity)));
	json_add(&writer, "rule", json_string(finding->rule->name));
	json_add(&writer, "summary", json_text(summary, strlen(summary)));
	finding_visit(finding, json_add_attribute, &writer);
	if (!writer.failed)
		text = json_dumps(writer.object, JSON_COMPACT);
	json_decref(writer.object);
	return text;
}
