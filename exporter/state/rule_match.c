/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include "state/glob.h"
#include "state/rule_compile.h"
#include "state/rules_internal.h"

#define CACHED_FIELDS 64 /* fields of a higher index are read each time */

/* What has been read of an event: many rules ask for the same fields. */
struct value_cache {
	const struct event_context *context;
	uint64_t known, present; /* bit per field */
	struct field_value values[CACHED_FIELDS];
	char buffer[FIELD_BUFFER_SIZE]; /* of the value read last */
};

static bool lives_in(const struct field_value *value, const char *buffer)
{
	uintptr_t text = (uintptr_t)value->string.text, start = (uintptr_t)buffer;

	return value->type == FIELD_STRING && text >= start && text < start + FIELD_BUFFER_SIZE;
}

/* NULL: absent. Valid until the next call. */
static const struct field_value *cache_get(struct value_cache *cache, const struct field *field,
					   struct field_value *scratch)
{
	size_t index = field - catalogue_fields;
	uint64_t bit = 1ULL << (index % CACHED_FIELDS);
	bool cached = index < CACHED_FIELDS;

	if (cached && (cache->known & bit))
		return cache->present & bit ? &cache->values[index] : NULL;
	if (!field->get(cache->context, cache->buffer, scratch)) {
		cache->known |= cached ? bit : 0;
		return NULL;
	}
	if (cached && !lives_in(scratch, cache->buffer)) {
		cache->known |= bit;
		cache->present |= bit;
		cache->values[index] = *scratch;
	}
	return scratch;
}

static bool in_hash_set(const struct condition *condition, const char *text, size_t size)
{
	const struct condition_matcher *matcher = condition_matcher(condition);
	size_t slot = condition_hash(text, size) & matcher->slot_mask;

	for (; matcher->slots[slot]; slot = (slot + 1) & matcher->slot_mask) {
		size_t i = matcher->slots[slot] - 1;

		if (matcher->sizes[i] == size && memcmp(condition->values[i], text, size) == 0)
			return true;
	}
	return false;
}

static bool text_matches_one(const struct condition *condition, size_t i, const char *text, size_t size)
{
	const struct condition_matcher *matcher = condition_matcher(condition);
	const char *wanted = condition->values[i];
	size_t wanted_size = matcher->sizes[i];

	switch (condition->op) {
	case OPERATOR_EQUALS:
		return wanted_size == size && memcmp(wanted, text, size) == 0;
	case OPERATOR_PREFIX:
		return wanted_size <= size && memcmp(wanted, text, wanted_size) == 0;
	case OPERATOR_SUFFIX:
		return wanted_size <= size && memcmp(wanted, text + size - wanted_size, wanted_size) == 0;
	case OPERATOR_GLOB:
		return glob_match(wanted, text, size, condition->field->syntax == SYNTAX_PATH);
	case OPERATOR_REGEX:
		return regexec(&matcher->regexes[i], text, 0, NULL, 0) == 0;
	default:
		return false;
	}
}

static bool text_matches(const struct condition *condition, const struct field_value *value)
{
	const char *text = value->string.text;
	size_t size = value->string.size;

	if (condition_matcher(condition)->slots)
		return in_hash_set(condition, text, size);
	for (size_t i = 0; i < condition->value_count; i++)
		if (text_matches_one(condition, i, text, size))
			return true;
	return false;
}

static bool integer_matches(const struct condition *condition, int64_t integer)
{
	for (size_t i = 0; i < condition->value_count; i++) {
		int64_t wanted = condition->integers[i];

		if (condition->op == OPERATOR_LESS
			    ? integer < wanted
			    : (condition->op == OPERATOR_GREATER ? integer > wanted : integer == wanted))
			return true;
	}
	return false;
}

static bool range_holds(const struct address_range *range, const struct field_value *value)
{
	size_t whole = range->bits / 8;
	unsigned int rest = range->bits % 8;

	if (range->family != value->address.family || memcmp(range->bytes, value->address.bytes, whole) != 0)
		return false;
	return !rest || (range->bytes[whole] ^ value->address.bytes[whole]) >> (8 - rest) == 0;
}

static bool address_matches(const struct condition *condition, const struct field_value *value)
{
	for (size_t i = 0; i < condition->value_count; i++)
		if (range_holds(&condition_matcher(condition)->ranges[i], value))
			return true;
	return false;
}

static bool value_matches(const struct condition *condition, const struct field_value *value)
{
	switch (value->type) {
	case FIELD_STRING:
		return text_matches(condition, value);
	case FIELD_INTEGER:
		return integer_matches(condition, value->integer);
	case FIELD_BOOLEAN:
		return integer_matches(condition, value->boolean);
	case FIELD_ADDRESS:
		return address_matches(condition, value);
	}
	return false;
}

/* Any of several values; "not" holds when none does, but there is one. */
static bool any_matches(const struct condition *condition, const struct event_context *context)
{
	struct field_value values[FIELD_VALUES_MAX];
	size_t count = condition->field->get_all(context, values);
	bool found = false;

	for (size_t i = 0; i < count && !found; i++)
		found = value_matches(condition, &values[i]);
	return count && found != condition->negate;
}

static bool holds(const struct condition *condition, struct value_cache *cache)
{
	const struct field_value *value;
	struct field_value scratch;

	if (condition->field->get_all)
		return any_matches(condition, cache->context);
	value = cache_get(cache, condition->field, &scratch);
	return value && value_matches(condition, value) != condition->negate;
}

static void cache_start(struct value_cache *cache, const struct event_context *context)
{
	cache->context = context;
	cache->known = 0;
	cache->present = 0;
}

bool condition_holds(const struct condition *condition, const struct event_context *context)
{
	struct value_cache cache;

	if (!(condition->field->kinds & 1ULL << context->event->kind))
		return false;
	cache_start(&cache, context);
	return holds(condition, &cache);
}

static bool in_scope(const struct rule *rule, const struct event_context *context)
{
	switch (rule->scope) {
	case RULE_SCOPE_CONTAINER:
		return context->container != NULL;
	case RULE_SCOPE_HOST:
		return context->container == NULL;
	default:
		return true;
	}
}

static bool rule_matches(const struct rule *rule, struct value_cache *cache, bool refused)
{
	if (rule->refused != refused || !in_scope(rule, cache->context))
		return false;
	for (size_t i = 0; i < rule->where_count; i++)
		if (!holds(&rule->where[i], cache))
			return false;
	for (size_t i = 0; i < rule->unless_count; i++)
		if (holds(&rule->unless[i], cache))
			return false;
	return true;
}

/* A bit for each part that the event may match: those that its values lead to, and those that nothing leads to. */
static void find_candidates(const struct rule_index *index, struct value_cache *cache, uint64_t *parts)
{
	const struct field *field = NULL;
	const struct field_value *value = NULL;
	struct field_value scratch;

	memcpy(parts, index->others, (index->part_count + 63) / 64 * sizeof(*parts));
	for (size_t i = 0; i < index->lookup_count; i++) {
		const struct rule_lookup *lookup = &index->lookups[i];

		if (lookup->field != field)
			value = cache_get(cache, lookup->field, &scratch);
		field = lookup->field;
		if (value)
			rule_lookup_mark(lookup, value->string.text, value->string.size, parts);
	}
}

size_t rules_judge(const struct rule_set *set, const struct event_context *context, const struct rule **ret_matches,
		   size_t max)
{
	const struct rule_index *index = &set->kinds[context->event->kind];
	/* what picket denied would have been done, and its rule is about that */
	bool refused = catalogue_kind_has_refusals(context->event->kind) && context->event->result < 0 &&
		       !(context->event->flags & PICKET_EVENT_DENIED);
	uint64_t parts[RULE_PART_WORDS];
	struct value_cache cache;
	size_t count = 0;

	cache_start(&cache, context);
	find_candidates(index, &cache, parts);
	for (size_t word = 0; word * 64 < index->part_count; word++) {
		for (uint64_t bits = parts[word]; bits && count < max; bits &= bits - 1) {
			const struct rule *rule = index->parts[word * 64 + __builtin_ctzll(bits)];

			if (rule_matches(rule, &cache, refused))
				ret_matches[count++] = rule;
		}
	}
	return count;
}
