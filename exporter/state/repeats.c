/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/repeats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(repeat) ((repeat)->known = false)
#include <uthash.h>
#include <utlist.h>

#include "cleanup.h"
#include "state/rule_compile.h"

#define THROTTLE_INTERVAL_NS 60000000000ULL
#define NAME_SIZE 72 /* of a container that is gone */

struct repeat_key {
	uint64_t rule, cgroup_id;
	uint64_t hash; /* of what the finding says; of a throttle 0 */
};

/* One finding that may come again. */
struct repeat {
	struct repeat_key key;
	bool known; /* in the hash table */
	bool of_container;
	const struct rule *rule;
	struct finding_repeats repeats;
	uint64_t due_ns;
	int64_t unix_offset_ns;
	enum response_outcome outcomes[RESPONSE_COUNT];
	char container_id[NAME_SIZE], container_name[NAME_SIZE];
	struct repeat *prev, *next; /* by due_ns */
	UT_hash_handle hh;
	struct picket_event event; /* the first one, with its texts */
};

struct repeats {
	struct repeats_options options;
	struct repeat *table, *by_due;
	size_t bytes;
};

int repeats_new(const struct repeats_options *options, struct repeats **ret_repeats)
{
	struct repeats *repeats = calloc(1, sizeof(*repeats));

	if (!repeats)
		return -ENOMEM;
	repeats->options = *options;
	*ret_repeats = repeats;
	return 0;
}

static size_t repeat_size(const struct picket_event *event)
{
	return sizeof(struct repeat) - sizeof(*event) + event->size;
}

static void repeat_drop(struct repeats *repeats, struct repeat *repeat)
{
	if (repeat->known)
		HASH_DEL(repeats->table, repeat);
	DL_DELETE(repeats->by_due, repeat);
	repeats->bytes -= repeat_size(&repeat->event);
	free(repeat);
}

void repeats_free(struct repeats *repeats)
{
	if (!repeats)
		return;
	while (repeats->by_due)
		repeat_drop(repeats, repeats->by_due);
	free(repeats);
}

size_t repeats_bytes(const struct repeats *repeats)
{
	return repeats->bytes;
}

/* What differs between findings that say the same. A name that ends in "." stands for all that begin so. */
static bool is_volatile(const char *name)
{
	static const char *const names[] = {
		"picket.finding.id", "process.pid",  "process.parent_pid", "picket.process.start_time",
		"process.vpid",	     "file.inode",   "source.port",	   "network.local.port",
		"picket.step.",	     "picket.count",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static void hash_attribute(void *context, const char *name, const struct field_value *value)
{
	uint64_t *hash = context;
	char text[FIELD_BUFFER_SIZE];

	if (is_volatile(name))
		return;
	*hash = (*hash ^ condition_hash(name, strlen(name))) * 0x9e3779b97f4a7c15ULL;
	*hash = (*hash ^ condition_hash(text, field_format(value, text, sizeof(text)))) * 0xff51afd7ed558ccdULL;
}

static struct repeat_key key_of(const struct finding *finding, enum repeat_reason reason)
{
	struct repeat_key key = { .rule = finding->rule->index, .cgroup_id = finding->context.event->cgroup_id };

	if (finding->context.container)
		key.cgroup_id = finding->context.container->cgroup_id;
	if (reason == REPEAT_THROTTLED)
		return key;
	finding_visit(finding, hash_attribute, &key.hash);
	key.hash |= 1;
	return key;
}

static struct repeat *find(const struct repeats *repeats, const struct repeat_key *key)
{
	struct repeat *repeat;

	HASH_FIND(hh, repeats->table, key, sizeof(*key), repeat);
	return repeat;
}

/* A container that is gone, with what is still known of it. */
static struct container ghost(struct repeat *repeat)
{
	return (struct container){
		.cgroup_id = repeat->key.cgroup_id,
		.cgroup_path = "",
		.id = repeat->container_id,
		.name = repeat->container_name,
		.image = "",
		.pod = "",
		.namespace = "",
		.pod_uid = "",
		.runtime = "",
	};
}

static void send(struct repeats *repeats, struct repeat *repeat)
{
	const struct repeats_options *options = &repeats->options;
	struct container gone = ghost(repeat);
	struct finding finding = {
		.context = { .event = &repeat->event, .keep_secrets = options->keep_secrets },
		.rule = repeat->rule,
		.repeats = &repeat->repeats,
		.unix_offset_ns = repeat->unix_offset_ns,
		.time_unix_ns = repeat->unix_offset_ns + (int64_t)repeat->repeats.last_ns,
	};

	if (!repeat->repeats.count)
		return;
	memcpy(finding.outcomes, repeat->outcomes, sizeof(finding.outcomes));
	if (repeat->of_container)
		finding.context.container = options->find_container(options->context, repeat->key.cgroup_id);
	if (repeat->of_container && !finding.context.container)
		finding.context.container = &gone;
	options->send(options->context, &finding);
}

static void remember(struct repeat *repeat, const struct finding *finding)
{
	const struct container *container = finding->context.container;

	repeat->rule = finding->rule;
	repeat->unix_offset_ns = finding->unix_offset_ns;
	memcpy(repeat->outcomes, finding->outcomes, sizeof(repeat->outcomes));
	memcpy(&repeat->event, finding->context.event, finding->context.event->size);
	if (!container)
		return;
	repeat->of_container = true;
	strncpy(repeat->container_id, container->id, NAME_SIZE - 1);
	strncpy(repeat->container_name, container->name, NAME_SIZE - 1);
}

static uint64_t interval_of(const struct repeats *repeats)
{
	return repeats->options.interval_ns ? repeats->options.interval_ns : THROTTLE_INTERVAL_NS;
}

/* NULL: no memory. */
static struct repeat *add(struct repeats *repeats, const struct finding *finding, const struct repeat_key *key)
{
	const struct picket_event *event = finding->context.event;
	struct repeat *repeat = calloc(1, repeat_size(event));

	if (!repeat)
		return NULL;
	while (repeats->by_due && repeats->bytes + repeat_size(event) > repeats->options.max_bytes) {
		send(repeats, repeats->by_due);
		repeat_drop(repeats, repeats->by_due);
	}
	remember(repeat, finding);
	repeat->key = *key;
	repeat->due_ns = event->time_ns + interval_of(repeats);
	repeat->known = true;
	HASH_ADD(hh, repeats->table, key, sizeof(repeat->key), repeat);
	repeats->bytes += repeat_size(event);
	DL_APPEND(repeats->by_due, repeat);
	if (repeat->known)
		return repeat;
	repeat_drop(repeats, repeat);
	return NULL;
}

static void count(struct repeat *repeat, const struct finding *finding)
{
	uint64_t time_ns = finding->context.event->time_ns;

	if (!repeat->repeats.count++)
		repeat->repeats.first_ns = repeat->repeats.last_ns = time_ns;
	if (time_ns < repeat->repeats.first_ns)
		repeat->repeats.first_ns = time_ns;
	if (time_ns > repeat->repeats.last_ns)
		repeat->repeats.last_ns = time_ns;
}

static bool grouped(const struct repeats *repeats, const struct finding *finding)
{
	return repeats->options.interval_ns && !finding->rule->ungrouped;
}

bool repeats_hold(struct repeats *repeats, const struct finding *finding)
{
	struct repeat_key key;
	struct repeat *repeat;

	if (!grouped(repeats, finding))
		return false;
	key = key_of(finding, REPEAT_SAME);
	repeat = find(repeats, &key);
	if (!repeat)
		return false;
	count(repeat, finding);
	return true;
}

void repeats_sent(struct repeats *repeats, const struct finding *finding)
{
	struct repeat_key key;
	struct repeat *repeat;

	if (!grouped(repeats, finding))
		return;
	key = key_of(finding, REPEAT_SAME);
	repeat = add(repeats, finding, &key);
	if (repeat)
		memcpy(repeat->repeats.of, finding->id, sizeof(repeat->repeats.of));
}

void repeats_throttled(struct repeats *repeats, const struct finding *finding)
{
	struct repeat_key key = key_of(finding, REPEAT_THROTTLED);
	struct repeat *repeat = find(repeats, &key);

	if (!repeat)
		repeat = add(repeats, finding, &key);
	if (!repeat)
		return;
	repeat->repeats.throttled = true;
	count(repeat, finding);
}

void repeats_tick(struct repeats *repeats, uint64_t now_ns)
{
	struct repeat *repeat;

	while ((repeat = repeats->by_due) && repeat->due_ns <= now_ns) {
		send(repeats, repeat);
		if (!repeat->repeats.count) {
			repeat_drop(repeats, repeat);
			continue;
		}
		repeat->repeats.count = 0;
		repeat->due_ns = now_ns + interval_of(repeats);
		DL_DELETE(repeats->by_due, repeat);
		DL_APPEND(repeats->by_due, repeat);
	}
}

void repeats_flush(struct repeats *repeats)
{
	while (repeats->by_due) {
		send(repeats, repeats->by_due);
		repeat_drop(repeats, repeats->by_due);
	}
}
