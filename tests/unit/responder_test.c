/* SPDX-License-Identifier: GPL-2.0-only */
#include "responder_fixture.h"

static void kills_the_process(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(outcome_of(fixture, RESPONSE_KILL), OUTCOME_DONE);
	assert_int_equal(reap(fixture->child), SIGKILL);
	assert_int_equal(fixture->metrics.responses[RESPONSE_KILL], 1);
	assert_int_equal(fixture->audit_count, 1);
	assert_string_equal(last_audit(fixture)->action, "kill");
	assert_int_equal(last_audit(fixture)->pid, fixture->child);
	assert_int_equal(last_audit(fixture)->outcome, OUTCOME_DONE);
	assert_true(last_audit(fixture)->has_container);
	fixture->child = 0;
}

static void a_rule_without_responses_does_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = act(fixture, 0, 0, true);

	for (size_t i = 0; i < RESPONSE_COUNT; i++)
		assert_int_equal(finding.outcomes[i], OUTCOME_NONE);
	assert_int_equal(fixture->audit_count, 0);
	assert_true(is_alive(fixture->child));
}

static void without_enforce_all_is_only_reported(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding;

	responder_free(fixture->responder);
	fixture->options.enforce = false;
	make_responder(fixture);
	finding = act(fixture, (1U << RESPONSE_COUNT) - 1, 0, true);
	for (size_t i = 0; i < RESPONSE_COUNT; i++) {
		assert_int_equal(finding.outcomes[i], OUTCOME_DRY_RUN);
		assert_int_equal(fixture->metrics.responses_dry_run[i], 1);
		assert_int_equal(fixture->metrics.responses[i] + fixture->metrics.response_failures[i], 0);
		assert_non_null(strstr(fixture->audits[i].detail, "--enforce"));
	}
	assert_int_equal(fixture->audit_count, RESPONSE_COUNT);
	assert_true(is_alive(fixture->child));
	assert_int_equal(freeze_asked(fixture), '0');
	assert_null(fixture->container->quarantine);
}

static void what_is_not_available_fails_and_says_so(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(outcome_of(fixture, RESPONSE_INVESTIGATE), OUTCOME_FAILED);
	assert_int_equal(fixture->metrics.response_failures[RESPONSE_INVESTIGATE], 1);
	assert_string_equal(last_audit(fixture)->detail, "no snapshots are made here");
	assert_int_equal(outcome_of(fixture, RESPONSE_ISOLATE), OUTCOME_FAILED);
	assert_non_null(strstr(last_audit(fixture)->detail, "did not take"));
	assert_null(fixture->container->quarantine);
	assert_true(is_alive(fixture->child));
}

static void what_the_kernel_has_denied_is_done(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = act(fixture, 1U << RESPONSE_DENY, PICKET_EVENT_DENIED, true);

	assert_int_equal(finding.outcomes[RESPONSE_DENY], OUTCOME_DONE);
	assert_int_equal(fixture->metrics.responses[RESPONSE_DENY], 1);
	assert_true(is_alive(fixture->child));
}

static void what_came_too_late_to_deny_is_killed(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = act(fixture, 1U << RESPONSE_DENY, 0, true);

	assert_int_equal(finding.outcomes[RESPONSE_DENY], OUTCOME_DONE);
	assert_string_equal(last_audit(fixture)->action, "deny");
	assert_non_null(strstr(last_audit(fixture)->detail, "killed instead: SIGKILL"));
	assert_int_equal(reap(fixture->child), SIGKILL);
}

/* A kernel part that only remembers. */
struct isolator_fake {
	uint64_t cgroup_id; /* that is cut off; 0: none */
	int error;
};

static int fake_apply(void *context, uint64_t cgroup_id, int cgroup_fd)
{
	struct isolator_fake *fake_isolator = context;

	assert_true(cgroup_fd >= 0);
	if (!fake_isolator->error)
		fake_isolator->cgroup_id = cgroup_id;
	return fake_isolator->error;
}

static int fake_release(void *context, uint64_t cgroup_id)
{
	struct isolator_fake *fake_isolator = context;

	if (fake_isolator->cgroup_id != cgroup_id)
		return -ENOENT;
	fake_isolator->cgroup_id = 0;
	return 0;
}

static bool fake_holds(void *context, uint64_t cgroup_id)
{
	return ((struct isolator_fake *)context)->cgroup_id == cgroup_id;
}

static void note_release(void *context, int error, const char *text)
{
	(void)text;
	*(int *)context = error;
}

static void an_isolated_container_is_released_and_then_there_is_nothing_left(void **state)
{
	struct fixture *fixture = *state;
	struct isolator_fake isolator = { 0 };
	int error = 1;

	responder_free(fixture->responder);
	fixture->options.isolator = (struct isolator){ fake_apply, fake_release, fake_holds, &isolator };
	make_responder(fixture);
	isolator.error = -EPERM;
	assert_int_equal(outcome_of(fixture, RESPONSE_ISOLATE), OUTCOME_FAILED);
	assert_null(fixture->container->quarantine);
	isolator.error = 0;
	assert_int_equal(outcome_of(fixture, RESPONSE_ISOLATE), OUTCOME_DONE);
	assert_int_equal(isolator.cgroup_id, fixture->container->cgroup_id);
	assert_string_equal(fixture->container->quarantine, "isolate");
	responder_release(fixture->responder, fixture->container, note_release, &error);
	assert_int_equal(error, 0);
	assert_int_equal(isolator.cgroup_id, 0);
	assert_null(fixture->container->quarantine);
	responder_release(fixture->responder, fixture->container, note_release, &error);
	assert_int_equal(error, -EINVAL);
}

static void what_the_kernel_has_killed_gets_no_second_signal(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = act(fixture, 1U << RESPONSE_KILL, PICKET_EVENT_KILLED, true);

	assert_int_equal(finding.outcomes[RESPONSE_KILL], OUTCOME_DONE);
	assert_int_equal(fixture->metrics.responses[RESPONSE_KILL], 1);
	assert_true(is_alive(fixture->child));
}

static void an_ended_process_is_gone_and_not_counted(void **state)
{
	struct fixture *fixture = *state;

	kill(fixture->child, SIGTERM);
	waitid(P_PID, fixture->child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	assert_int_equal(outcome_of(fixture, RESPONSE_KILL), OUTCOME_GONE);
	assert_int_equal(fixture->metrics.responses[RESPONSE_KILL], 0);
	assert_int_equal(fixture->metrics.response_failures[RESPONSE_KILL], 0);
}

static void a_process_that_left_the_container_is_a_failure(void **state)
{
	struct fixture *fixture = *state;

	fake.cgroup_text = "0::/elsewhere\n";
	assert_int_equal(outcome_of(fixture, RESPONSE_KILL), OUTCOME_FAILED);
	assert_int_equal(fixture->metrics.response_failures[RESPONSE_KILL], 1);
	assert_non_null(strstr(last_audit(fixture)->detail, "cgroup"));
	assert_true(is_alive(fixture->child));
}

static void the_host_is_spared_enforced_or_not(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding = act(fixture, 1U << RESPONSE_KILL | 1U << RESPONSE_PAUSE, PICKET_EVENT_HOST, false);

	assert_int_equal(finding.outcomes[RESPONSE_KILL], OUTCOME_SPARED);
	assert_int_equal(finding.outcomes[RESPONSE_PAUSE], OUTCOME_SPARED);
	assert_int_equal(fixture->metrics.responses[RESPONSE_KILL] + fixture->metrics.response_failures[RESPONSE_KILL],
			 0);
	assert_true(is_alive(fixture->child));
}

static void a_rule_gone_wild_is_stopped_at_a_hundred_a_second(void **state)
{
	struct fixture *fixture = *state;
	size_t failed = 0;

	fake.cgroup_text = "0::/elsewhere\n"; /* each try fails, but is one */
	slow_clock.stands_at_s = 1000;
	for (int i = 0; i < 120; i++) {
		slow_clock.shift_s += i == 110; /* a new second */
		outcome_of(fixture, RESPONSE_KILL);
		failed += strstr(last_audit(fixture)->detail, "more than 100") != NULL;
	}
	assert_int_equal(failed, 10);
	assert_null(strstr(last_audit(fixture)->detail, "more than 100"));
	assert_int_equal(fixture->metrics.response_failures[RESPONSE_KILL], 110);
	assert_int_equal(fixture->metrics.responses_limited[RESPONSE_KILL], 10);
	assert_true(is_alive(fixture->child));
}

static void the_process_is_stopped_before_the_container(void **state)
{
	struct fixture *fixture = *state;
	struct finding finding;

	fake.freezes_at_once = true;
	finding = act(fixture, 1U << RESPONSE_KILL | 1U << RESPONSE_PAUSE, 0, true);
	assert_int_equal(finding.outcomes[RESPONSE_KILL], OUTCOME_DONE);
	assert_int_equal(finding.outcomes[RESPONSE_PAUSE], OUTCOME_DONE);
	assert_string_equal(fixture->audits[0].action, "kill");
	assert_string_equal(fixture->audits[1].action, "pause");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(kills_the_process),
		TEST(a_rule_without_responses_does_nothing),
		TEST(without_enforce_all_is_only_reported),
		TEST(what_is_not_available_fails_and_says_so),
		TEST(what_the_kernel_has_denied_is_done),
		TEST(what_came_too_late_to_deny_is_killed),
		TEST(an_isolated_container_is_released_and_then_there_is_nothing_left),
		TEST(what_the_kernel_has_killed_gets_no_second_signal),
		TEST(an_ended_process_is_gone_and_not_counted),
		TEST(a_process_that_left_the_container_is_a_failure),
		TEST(the_host_is_spared_enforced_or_not),
		TEST(a_rule_gone_wild_is_stopped_at_a_hundred_a_second),
		TEST(the_process_is_stopped_before_the_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
