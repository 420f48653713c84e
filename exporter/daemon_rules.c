/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules: loaded at start, and anew without a moment in which half of them is in force. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "clock.h"
#include "daemon_internal.h"

#define OLD_RULES_SECONDS 5 /* until their last events have been read from the buffer */
#define RULES_QUIET_MS 300  /* after the last of several changes */

static void log_rule_error(void *context, const char *message)
{
	(void)context;
	log_error("rules", "%s", message);
}

static int load_rules(const struct daemon *daemon, struct rule_set **ret_rules)
{
	const struct config *config = daemon->config;

	return rules_load(config->rules_paths.items, config->rules_paths.count, config->rules_defaults, log_rule_error,
			  NULL, ret_rules);
}

/* What the kernel cannot deny is killed after it was done: nobody should learn of that from an incident. */
static void log_fallbacks(const struct rule_set *rules, const struct compiled_policy *policy)
{
	for (size_t i = 0; i < policy->note_count; i++)
		if (rules_at(rules, i)->responses & 1U << RESPONSE_DENY && !policy->notes[i].denied)
			log_warn("rules", "%s cannot be denied and kills instead: %s", rules_at(rules, i)->name,
				 policy->notes[i].reason);
}

static unsigned int policy_powers(const struct daemon *daemon)
{
	return (daemon->config->enforce ? POLICY_ENFORCE : 0) |
	       (kernel_denies_files(daemon->kernel) ? POLICY_DENY_FILES : 0);
}

void daemon_forget_old_rules(struct daemon *daemon, bool now)
{
	if (!daemon->old_rules || (!now && time(NULL) - daemon->old_since < OLD_RULES_SECONDS))
		return;
	judge_forget_old_rules(daemon->judge);
	rules_free(daemon->old_rules);
	free(daemon->old_places);
	daemon->old_rules = NULL;
	daemon->old_places = NULL;
}

/* Where the rules of before are now; most often where they were. */
static void find_places(const struct rule_set *old, const struct rule_set *rules, int *places)
{
	for (size_t i = 0; old && i < rules_count(old); i++) {
		const struct rule *kept = rules_at(rules, i);

		if (!kept || strcmp(kept->name, rules_at(old, i)->name) != 0)
			kept = rules_find(rules, rules_at(old, i)->name);
		places[i] = kept ? (int)kept->index : -1;
	}
}

/* Put @rules in force in the kernel, then here. Takes @rules when it succeeds. */
static int use_rules(struct daemon *daemon, struct rule_set *rules)
{
	struct judge_old_rules old_rules = { .rules = daemon->rules,
					     .generation = kernel_policy_generation(daemon->kernel) };
	struct rule_set *old = daemon->rules;
	struct compiled_policy *policy;
	size_t old_count = old ? rules_count(old) : 0;
	AUTO_FREE int *map = calloc(old_count + 1, sizeof(*map));
	int error;

	if (!map || judge_prepare(daemon->judge, rules))
		return -ENOMEM;
	error = policy_compile(rules, policy_powers(daemon), &policy);
	if (error)
		return error;
	error = kernel_install_policy(daemon->kernel, policy);
	if (!error && daemon->config->enforce)
		log_fallbacks(rules, policy);
	policy_free(policy);
	if (error)
		return error;
	find_places(old, rules, map);
	error = registry_reset_rules(daemon->registry, rules_count(rules), map, old_count);
	if (error)
		return error;
	daemon->rules = rules;
	daemon_forget_old_rules(daemon, true);
	old_rules.places = map;
	if (judge_rules_changed(daemon->judge, &old_rules))
		log_error("rules", "no memory: sequences and counts are not judged");
	responder_rules_changed(daemon->responder);
	daemon->metrics.rules_loaded = rules_count(rules);
	daemon->metrics.rules_last_reload_time = time(NULL);
	daemon->old_rules = old;
	daemon->old_places = map;
	daemon->old_since = time(NULL);
	map = NULL;
	return 0;
}

int daemon_reload(void *context, char *text, size_t text_size)
{
	struct daemon *daemon = context;
	struct rule_set *rules = NULL;
	const int64_t start_ns = clock_ns(CLOCK_MONOTONIC);
	int error;

	error = load_rules(daemon, &rules);
	if (!error) {
		error = use_rules(daemon, rules);
		if (error)
			rules_free(rules);
	}
	daemon->metrics.rules_last_reload_successful = !error;
	if (error) {
		snprintf(text, text_size, "reload failed, the old rules stay in force: %s",
			 error == -EINVAL ? "see the log for each error" : strerror(-error));
		log_error("rules", "%s", text);
		return error;
	}
	snprintf(text, text_size, "%llu rules loaded in %.1f ms", (unsigned long long)daemon->metrics.rules_loaded,
		 (clock_ns(CLOCK_MONOTONIC) - start_ns) / 1e6);
	log_info("rules", "%s", text);
	return 0;
}

static void on_files_changed(void *context)
{
	char text[256];

	log_info("rules", "files have changed");
	daemon_reload(context, text, sizeof(text));
}

/* Without it rules are loaded anew when somebody asks. */
static void watch_files(struct daemon *daemon)
{
	const struct config_list *paths = &daemon->config->rules_paths;
	int error = paths->count ? rules_watch_new(daemon->loop, paths->items, paths->count, RULES_QUIET_MS,
						   on_files_changed, daemon, &daemon->rules_watch)
				 : 0;

	if (error)
		log_warn("rules", "changes of files are not noticed (%s); send SIGHUP after them", strerror(-error));
}

int daemon_start_rules(struct daemon *daemon)
{
	struct rule_set *rules = NULL;
	int error;

	watch_files(daemon); /* first, or a change meanwhile would be missed */
	error = load_rules(daemon, &rules);
	if (error)
		return daemon_start_failed("rules", error,
					   "correct the errors above; `picket check FILE` tries a file");
	error = use_rules(daemon, rules);
	if (error) {
		rules_free(rules);
		return daemon_start_failed("rules", error, NULL);
	}
	daemon->metrics.rules_last_reload_successful = 1;
	return 0;
}
