/* SPDX-License-Identifier: GPL-2.0-only */
/* Several responses of one rule, with real snapshots; limits, the list of those never touched, timeouts. */
#include "responder_fixture.h"

#include <dirent.h>
#include <jansson.h>

#include "respond/investigator.h"
#include "respond/never_touch.h"

#define INVESTIGATE (1U << RESPONSE_INVESTIGATE)
#define ISOLATE (1U << RESPONSE_ISOLATE)
#define KILL (1U << RESPONSE_KILL)
#define MS 1000000ULL

/* A kernel part that only remembers. */
static uint64_t isolated;

static int fake_apply(void *context, uint64_t cgroup_id, int cgroup_fd)
{
	(void)context;
	(void)cgroup_fd;
	isolated = cgroup_id;
	return 0;
}

static int fake_release(void *context, uint64_t cgroup_id)
{
	(void)context;
	if (isolated != cgroup_id)
		return -ENOENT;
	isolated = 0;
	return 0;
}

static bool fake_holds(void *context, uint64_t cgroup_id)
{
	(void)context;
	return isolated == cgroup_id;
}

static char incidents[64], document[1 << 20];
static struct investigator_options investigations;

static void keep_document(void *context, const char *text, size_t size)
{
	(void)context;
	assert_true(size < sizeof(document));
	memcpy(document, text, size + 1);
}

static int set_up_all(void **state)
{
	struct fixture *fixture;

	assert_int_equal(set_up(state), 0);
	fixture = *state;
	isolated = 0;
	document[0] = '\0';
	responder_free(fixture->responder);
	snprintf(incidents, sizeof(incidents), "%s/incidents", fixture->folder);
	investigations = (struct investigator_options){
		.loop = fixture->loop,
		.procfs_path = "/proc",
		.rootfs_path = fixture->folder,
		.cgroup2_path = fixture->options.cgroup2_path,
		.path = incidents,
		.max_count = 10,
		.max_bytes = 1 << 20,
		.on_document = keep_document,
	};
	fixture->options.isolator = (struct isolator){ fake_apply, fake_release, fake_holds, NULL };
	fixture->options.investigations = &investigations;
	make_responder(fixture);
	return 0;
}

static void make_again(struct fixture *fixture)
{
	responder_free(fixture->responder);
	make_responder(fixture);
}

static void run_until_audits(struct fixture *fixture, size_t count)
{
	for (int i = 0; i < 1000 && fixture->audit_count < count; i++)
		event_loop_run_once(fixture->loop, 10);
	assert_int_equal(fixture->audit_count, count);
}

static char state_of(pid_t pid)
{
	char folder[32], text[1024] = "", *end;

	snprintf(folder, sizeof(folder), "/proc/%d", pid);
	get_text(folder, "stat", text, sizeof(text));
	end = strrchr(text, ')');
	return end ? end[2] : 'X';
}

static void wait_state(pid_t pid, char state)
{
	for (int i = 0; i < 1000 && state_of(pid) != state; i++)
		usleep(1000);
	assert_int_equal(state_of(pid), state);
}

static void assert_audit(const struct fixture *fixture, size_t index, const char *action, enum response_outcome outcome)
{
	assert_string_equal(fixture->audits[index].action, action);
	if (fixture->audits[index].outcome != outcome)
		print_error("%s\n", fixture->audits[index].detail);
	assert_int_equal(fixture->audits[index].outcome, outcome);
}

static void the_network_is_cut_then_the_process_is_looked_at_then_killed(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = act(fixture, INVESTIGATE | ISOLATE | KILL, 0, true);
	json_t *incident, *process;

	assert_int_equal(finding.outcomes[RESPONSE_ISOLATE], OUTCOME_DONE);
	assert_int_equal(finding.outcomes[RESPONSE_INVESTIGATE], OUTCOME_PENDING);
	assert_int_equal(finding.outcomes[RESPONSE_KILL], OUTCOME_PENDING);
	wait_state(fixture->child, 'T');
	assert_int_equal(fixture->metrics.responses[RESPONSE_KILL], 0);
	run_until_audits(fixture, 4);
	assert_audit(fixture, 0, "isolate", OUTCOME_DONE);
	assert_audit(fixture, 1, "investigate", OUTCOME_PENDING);
	assert_audit(fixture, 2, "investigate", OUTCOME_DONE);
	assert_audit(fixture, 3, "kill", OUTCOME_DONE);
	assert_int_equal(reap(fixture->child), SIGKILL);
	incident = json_loads(document, 0, NULL);
	process = json_array_get(json_object_get(incident, "processes"), 0);
	assert_int_equal(json_integer_value(json_object_get(process, "pid")), fixture->child);
	assert_string_equal(json_string_value(json_object_get(process, "state")), "T");
	json_decref(incident);
	assert_int_equal(fixture->metrics.incidents_written, 1);
	fixture->child = 0;
}

static void a_snapshot_that_cannot_be_kept_does_not_save_the_process(void **state)
{
	struct fixture *fixture = *state;

	put_text(fixture->folder, "incidents", "a file, no directory");
	act(fixture, INVESTIGATE | KILL, 0, true);
	run_until_audits(fixture, 3);
	assert_audit(fixture, 1, "investigate", OUTCOME_FAILED);
	assert_non_null(strstr(fixture->audits[1].detail, strerror(ENOTDIR)));
	assert_audit(fixture, 2, "kill", OUTCOME_DONE);
	assert_int_equal(fixture->metrics.incident_write_failures, 1);
	assert_true(*document); /* a collector gets it all the same */
	assert_int_equal(reap(fixture->child), SIGKILL);
	fixture->child = 0;
}

static void a_snapshot_that_takes_too_long_does_not_save_the_process(void **state)
{
	struct fixture *fixture = *state;

	investigations.timeout_ms = 1;
	investigations.procfs_path = "/proc";
	make_again(fixture);
	fake.cgroup_text = "0::" DOCKER_PATH "\n";
	act(fixture, INVESTIGATE | KILL, 0, true);
	run_until_audits(fixture, 3);
	assert_string_equal(fixture->audits[1].action, "investigate");
	assert_audit(fixture, 2, "kill", OUTCOME_DONE);
	assert_int_equal(reap(fixture->child), SIGKILL);
	fixture->child = 0;
}

static void what_waits_for_a_snapshot_is_done_when_the_daemon_ends(void **state)
{
	struct fixture *fixture = *state;

	act(fixture, INVESTIGATE | KILL, 0, true);
	responder_free(fixture->responder);
	fixture->responder = NULL;
	assert_audit(fixture, 1, "investigate", OUTCOME_FAILED);
	assert_audit(fixture, 2, "kill", OUTCOME_DONE);
	assert_int_equal(reap(fixture->child), SIGKILL);
	fixture->child = 0;
}

static void who_is_only_looked_at_never_stands_still(void **state)
{
	struct fixture *fixture = *state;

	act(fixture, INVESTIGATE, 0, true);
	assert_int_not_equal(state_of(fixture->child), 'T');
	run_until_audits(fixture, 2);
	assert_audit(fixture, 1, "investigate", OUTCOME_DONE);
	assert_true(is_alive(fixture->child));
}

static void a_process_that_the_kernel_part_has_stopped_goes_on_when_it_is_spared(void **state)
{
	const char *patterns[] = { "cgroup=/docker/*" };
	struct fixture *fixture = *state;
	struct never_touch *list = NULL;
	struct finding finding;
	char *why = NULL;

	assert_int_equal(never_touch_new(patterns, 1, &list, &why), 0);
	fixture->options.never_touch = list;
	make_again(fixture);
	kill(fixture->child, SIGSTOP);
	wait_state(fixture->child, 'T');
	finding = act(fixture, KILL | ISOLATE | INVESTIGATE, PICKET_EVENT_STOPPED, true);
	assert_int_equal(finding.outcomes[RESPONSE_KILL], OUTCOME_SPARED);
	assert_int_equal(finding.outcomes[RESPONSE_ISOLATE], OUTCOME_SPARED);
	assert_int_equal(finding.outcomes[RESPONSE_INVESTIGATE], OUTCOME_PENDING); /* looking is not touching */
	assert_int_equal(fixture->metrics.responses_spared[RESPONSE_KILL], 1);
	assert_int_equal(isolated, 0);
	run_until_audits(fixture, 4);
	wait_state(fixture->child, 'S');
	never_touch_free(list);
}

static void a_rule_responds_no_more_than_its_limit(void **state)
{
	struct fixture *fixture = *state;
	struct rule rule = { .name = "r", .description = "", .responses = ISOLATE };

	rule.limit = (struct rule_rate){ 60000 * MS, 2, true };
	for (int i = 0; i < 5; i++)
		act_by(fixture, &rule, 0, true);
	assert_int_equal(fixture->metrics.responses[RESPONSE_ISOLATE], 2);
	assert_int_equal(fixture->metrics.responses_limited[RESPONSE_ISOLATE], 3);
	assert_audit(fixture, 4, "isolate", OUTCOME_LIMITED);
	responder_rules_changed(fixture->responder);
	act_by(fixture, &rule, 0, true);
	assert_int_equal(fixture->metrics.responses[RESPONSE_ISOLATE], 3);
}

static void an_isolation_ends_by_itself_and_that_is_audited(void **state)
{
	struct fixture *fixture = *state;
	struct rule rule = { .name = "r", .description = "", .responses = ISOLATE };

	rule.timeouts_ns[RESPONSE_ISOLATE] = 30 * MS;
	act_by(fixture, &rule, 0, true);
	assert_int_equal(isolated, fixture->container->cgroup_id);
	run_until_audits(fixture, 2);
	assert_audit(fixture, 1, "release", OUTCOME_DONE);
	assert_non_null(strstr(fixture->audits[1].detail, "time is over"));
	assert_int_equal(isolated, 0);
	assert_null(fixture->container->quarantine);
	assert_int_equal(fixture->metrics.responses_released, 1);
}

static void a_pause_ends_by_itself(void **state)
{
	struct fixture *fixture = *state;
	struct rule rule = { .name = "r", .description = "", .responses = 1U << RESPONSE_PAUSE };

	fake.freezes_at_once = true;
	rule.timeouts_ns[RESPONSE_PAUSE] = 30 * MS;
	act_by(fixture, &rule, 0, true);
	assert_int_equal(freeze_asked(fixture), '1');
	fake.freezes_at_once = false;
	set_frozen(fixture, false);
	run_until_audits(fixture, 2);
	assert_audit(fixture, 1, "release", OUTCOME_DONE);
	assert_int_equal(freeze_asked(fixture), '0');
}

static void a_container_that_vanished_is_no_failure_and_counted(void **state)
{
	struct fixture *fixture = *state;
	struct rule rule = {
		.name = "r", .description = "", .responses = KILL | ISOLATE, .kill_scope = KILL_CONTAINER
	};
	char command[256];
	struct finding finding;

	snprintf(command, sizeof(command), "rm -r %s/cgroup%s", fixture->folder, DOCKER_PATH);
	assert_int_equal(system(command), 0);
	finding = act_by(fixture, &rule, 0, true);
	assert_int_equal(finding.outcomes[RESPONSE_KILL], OUTCOME_GONE);
	assert_int_equal(finding.outcomes[RESPONSE_ISOLATE], OUTCOME_GONE);
	assert_int_equal(fixture->metrics.responses_gone[RESPONSE_KILL], 1);
	assert_int_equal(fixture->metrics.responses_gone[RESPONSE_ISOLATE], 1);
	assert_int_equal(fixture->metrics.response_failures[RESPONSE_KILL], 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_all, tear_down)
		TEST(the_network_is_cut_then_the_process_is_looked_at_then_killed),
		TEST(a_snapshot_that_cannot_be_kept_does_not_save_the_process),
		TEST(a_snapshot_that_takes_too_long_does_not_save_the_process),
		TEST(what_waits_for_a_snapshot_is_done_when_the_daemon_ends),
		TEST(who_is_only_looked_at_never_stands_still),
		TEST(a_process_that_the_kernel_part_has_stopped_goes_on_when_it_is_spared),
		TEST(a_rule_responds_no_more_than_its_limit),
		TEST(an_isolation_ends_by_itself_and_that_is_audited),
		TEST(a_pause_ends_by_itself),
		TEST(a_container_that_vanished_is_no_failure_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
