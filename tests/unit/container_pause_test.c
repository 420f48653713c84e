/* SPDX-License-Identifier: GPL-2.0-only */
#include "responder_fixture.h"

static void docker_is_asked_to_pause_its_container(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = DOCKER_DONE } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 1);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	assert_null(fixture->container->quarantine);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING); /* under way: not asked again */
	LOOP_UNTIL(fixture->loop, fixture->audit_count == 3);
	assert_int_equal(last_audit(fixture)->outcome, OUTCOME_DONE);
	assert_string_equal(last_audit(fixture)->detail, "by Docker");
	assert_string_equal(fixture->container->quarantine, "pause");
	assert_int_equal(fixture->metrics.responses[RESPONSE_PAUSE], 1);
	assert_int_equal(peer_count(&fixture->peer), 1);
	assert_int_equal(strncmp(peer_request_at(&fixture->peer, 0).head, "POST /containers/" ID "/pause ", 24 + 64),
			 0);
	assert_int_equal(freeze_asked(fixture), '0');
}

static void where_docker_fails_the_freezer_does_it(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = DOCKER_SAYS("500", "out of order"), .close = true } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 1);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	LOOP_UNTIL(fixture->loop, freeze_asked(fixture) == '1');
	assert_int_equal(fixture->audit_count, 1);
	set_frozen(fixture, true);
	LOOP_UNTIL(fixture->loop, fixture->audit_count == 2);
	assert_int_equal(last_audit(fixture)->outcome, OUTCOME_DONE);
	assert_string_equal(last_audit(fixture)->detail, "by cgroup.freeze; not by Docker: out of order");
	assert_string_equal(fixture->container->quarantine, "pause");
	assert_int_equal(fixture->metrics.responses[RESPONSE_PAUSE], 1);
}

static void a_container_that_docker_does_not_have_is_gone(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = DOCKER_SAYS("404", "No such container: x"),
							.close = true } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 1);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	LOOP_UNTIL(fixture->loop, fixture->audit_count == 2);
	assert_int_equal(last_audit(fixture)->outcome, OUTCOME_GONE);
	assert_null(fixture->container->quarantine);
	assert_int_equal(freeze_asked(fixture), '0');
}

static void a_container_that_ends_meanwhile_is_gone(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = DOCKER_DONE } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 1);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	registry_remove(fixture->registry, fixture->container->cgroup_id);
	LOOP_UNTIL(fixture->loop, fixture->audit_count == 2);
	assert_int_equal(last_audit(fixture)->outcome, OUTCOME_GONE);
	assert_false(last_audit(fixture)->has_container);
	assert_int_equal(fixture->metrics.responses[RESPONSE_PAUSE], 0);
}

static void a_freeze_waits_until_all_stand_still(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	assert_int_equal(freeze_asked(fixture), '1');
	for (int i = 0; i < 3; i++)
		event_loop_run_once(fixture->loop, 15);
	assert_int_equal(fixture->audit_count, 1);
	set_frozen(fixture, true);
	LOOP_UNTIL(fixture->loop, fixture->audit_count == 2);
	assert_int_equal(last_audit(fixture)->outcome, OUTCOME_DONE);
	assert_string_equal(last_audit(fixture)->detail, "by cgroup.freeze");
	assert_string_equal(fixture->container->quarantine, "pause");
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_DONE); /* already */
}

static void a_freeze_that_is_done_at_once_is_told_at_once(void **state)
{
	struct fixture *fixture = *state;

	fake.freezes_at_once = true;
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_DONE);
	assert_int_equal(fixture->audit_count, 1);
	assert_string_equal(fixture->container->quarantine, "pause");
	assert_int_equal(fixture->metrics.responses[RESPONSE_PAUSE], 1);
}

static void a_freeze_that_does_not_end_is_a_failure_that_can_be_released(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	slow_clock.shift_s += 3;
	LOOP_UNTIL(fixture->loop, fixture->audit_count == 2);
	assert_int_equal(last_audit(fixture)->outcome, OUTCOME_FAILED);
	assert_int_equal(fixture->metrics.response_failures[RESPONSE_PAUSE], 1);
	assert_string_equal(fixture->container->quarantine, "pause");
	responder_release(fixture->responder, fixture->container, keep_release, fixture);
	assert_int_equal(fixture->released, 1);
	assert_int_equal(fixture->release_error, 0);
	assert_int_equal(freeze_asked(fixture), '0');
	assert_null(fixture->container->quarantine);
}

static void a_container_that_ends_while_it_freezes_is_gone(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	registry_remove(fixture->registry, fixture->container->cgroup_id);
	LOOP_UNTIL(fixture->loop, fixture->audit_count == 2);
	assert_int_equal(last_audit(fixture)->outcome, OUTCOME_GONE);
}

static void a_cgroup_that_cannot_be_frozen_is_a_failure(void **state)
{
	struct fixture *fixture = *state;
	char name[256], path[512];

	assert_int_equal(unlink(make_path(path, fixture->folder, cgroup_file(name, fixture, "cgroup.freeze"))), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_FAILED);
	assert_null(fixture->container->quarantine);
	assert_int_equal(fixture->metrics.response_failures[RESPONSE_PAUSE], 1);
}

static void docker_is_not_asked_for_the_containers_of_others(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = DOCKER_DONE } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 1);
	add_container(fixture, CONTAINERD_PATH);
	assert_string_not_equal(fixture->container->runtime, "docker");
	fake.freezes_at_once = true;
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_DONE);
	assert_int_equal(freeze_asked(fixture), '1');
	assert_int_equal(peer_count(&fixture->peer), 0);
}

static void podman_is_asked_by_its_own_socket(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = DOCKER_DONE } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->podman_socket, answers, 1);
	add_container(fixture, PODMAN_PATH);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	LOOP_UNTIL(fixture->loop, fixture->audit_count == 2);
	assert_string_equal(last_audit(fixture)->detail, "by Podman");
	assert_int_equal(strncmp(peer_request_at(&fixture->peer, 0).head, "POST /containers/" ID "/pause ", 24 + 64),
			 0);
}

/* Pause by Docker, to its end. */

static void pause_by_docker(struct fixture *fixture)
{
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	LOOP_UNTIL(fixture->loop, fixture->audit_count == 2);
	assert_string_equal(fixture->container->quarantine, "pause");
}

static void a_release_undoes_what_docker_did(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = DOCKER_DONE } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 1);
	pause_by_docker(fixture);
	responder_release(fixture->responder, fixture->container, keep_release, fixture);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_FAILED); /* not while it is released */
	LOOP_UNTIL(fixture->loop, fixture->released);
	assert_int_equal(fixture->released, 1);
	assert_int_equal(fixture->release_error, 0);
	assert_null(fixture->container->quarantine);
	assert_int_equal(strncmp(peer_request_at(&fixture->peer, 1).head, "POST /containers/" ID "/unpause ", 26 + 64),
			 0);
	assert_string_equal(last_audit(fixture)->action, "release");
	assert_int_equal(last_audit(fixture)->outcome, OUTCOME_DONE);
	assert_int_equal(fixture->metrics.responses[RESPONSE_PAUSE], 1);
}

static void a_release_that_docker_refuses_leaves_the_container_paused(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = DOCKER_DONE },
						      { .bytes = DOCKER_SAYS("500", "no"), .close = true } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 2);
	pause_by_docker(fixture);
	responder_release(fixture->responder, fixture->container, keep_release, fixture);
	LOOP_UNTIL(fixture->loop, fixture->released);
	assert_true(fixture->release_error < 0);
	assert_string_equal(fixture->release_text, "no");
	assert_string_equal(fixture->container->quarantine, "pause");
	assert_int_equal(last_audit(fixture)->outcome, OUTCOME_FAILED);
}

static void a_release_thaws_what_docker_knows_nothing_of(void **state)
{
	static const struct peer_answer answers[] = {
		{ .bytes = DOCKER_SAYS("500", "out of order"), .close = true },
		{ .bytes = DOCKER_SAYS("500", "Container x is not paused"), .close = true },
	};
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 2);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	LOOP_UNTIL(fixture->loop, freeze_asked(fixture) == '1');
	set_frozen(fixture, true);
	LOOP_UNTIL(fixture->loop, fixture->audit_count == 2);
	responder_release(fixture->responder, fixture->container, keep_release, fixture);
	LOOP_UNTIL(fixture->loop, freeze_asked(fixture) == '0');
	assert_int_equal(fixture->released, 0);
	assert_string_equal(fixture->container->quarantine, "pause");
	set_frozen(fixture, false);
	LOOP_UNTIL(fixture->loop, fixture->released);
	assert_int_equal(fixture->release_error, 0);
	assert_null(fixture->container->quarantine);
}

static void a_release_thaws_what_was_frozen_before_a_restart(void **state)
{
	struct fixture *fixture = *state;
	char name[256];

	put_text(fixture->folder, cgroup_file(name, fixture, "cgroup.freeze"), "1\n");
	assert_null(fixture->container->quarantine);
	responder_release(fixture->responder, fixture->container, keep_release, fixture);
	assert_int_equal(fixture->released, 1);
	assert_int_equal(fixture->release_error, 0);
	assert_int_equal(freeze_asked(fixture), '0');
}

static void a_release_of_nothing_is_refused(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = DOCKER_DONE } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 1);
	responder_release(fixture->responder, fixture->container, keep_release, fixture);
	assert_int_equal(fixture->released, 1);
	assert_int_equal(fixture->release_error, -EINVAL);
	assert_int_equal(peer_count(&fixture->peer), 0);
	assert_int_equal(fixture->audit_count, 0);
}

static void a_release_waits_for_no_pause_that_is_under_way(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = NULL } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 1);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING);
	responder_release(fixture->responder, fixture->container, keep_release, fixture);
	assert_int_equal(fixture->released, 1);
	assert_int_equal(fixture->release_error, -EBUSY);
}

static void the_end_of_the_daemon_forgets_what_is_under_way_without_a_word(void **state)
{
	static const struct peer_answer answers[] = { { .bytes = DOCKER_DONE }, { .bytes = NULL } };
	struct fixture *fixture = *state;

	listen_at(fixture, fixture->docker_socket, answers, 2);
	pause_by_docker(fixture);
	responder_release(fixture->responder, fixture->container, keep_release, fixture);
	LOOP_UNTIL(fixture->loop, peer_count(&fixture->peer) == 2);
	add_container(fixture, CONTAINERD_PATH);
	assert_int_equal(outcome_of(fixture, RESPONSE_PAUSE), OUTCOME_PENDING); /* in the freezer */
	http_client_free(fixture->http);
	fixture->http = NULL;
	responder_free(fixture->responder);
	fixture->responder = NULL;
	event_loop_run_once(fixture->loop, 20);
	assert_int_equal(fixture->released, 0);
	assert_int_equal(fixture->audit_count, 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(docker_is_asked_to_pause_its_container),
		TEST(where_docker_fails_the_freezer_does_it),
		TEST(a_container_that_docker_does_not_have_is_gone),
		TEST(a_container_that_ends_meanwhile_is_gone),
		TEST(a_freeze_waits_until_all_stand_still),
		TEST(a_freeze_that_is_done_at_once_is_told_at_once),
		TEST(a_freeze_that_does_not_end_is_a_failure_that_can_be_released),
		TEST(a_container_that_ends_while_it_freezes_is_gone),
		TEST(a_cgroup_that_cannot_be_frozen_is_a_failure),
		TEST(docker_is_not_asked_for_the_containers_of_others),
		TEST(podman_is_asked_by_its_own_socket),
		TEST(a_release_undoes_what_docker_did),
		TEST(a_release_that_docker_refuses_leaves_the_container_paused),
		TEST(a_release_thaws_what_docker_knows_nothing_of),
		TEST(a_release_thaws_what_was_frozen_before_a_restart),
		TEST(a_release_of_nothing_is_refused),
		TEST(a_release_waits_for_no_pause_that_is_under_way),
		TEST(the_end_of_the_daemon_forgets_what_is_under_way_without_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
