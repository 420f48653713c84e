/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cleanup.h"
#include "export/web_guard.h"
#include "web_files.h"

#define SECRET "Basic am9lOnNlY3JldA=="	 /* joe:secret */
#define WRONG "Basic am9lOndyb25n"	 /* joe:wrong */
#define UNKNOWN "Basic amltOnNlY3JldA==" /* jim:secret */
#define USERS "basic_auth_users: {joe: \"" WEB_HASH "\"}\n"

struct fixture {
	struct web_files files;
	struct event_loop *loop;
	struct web_guard *guard;
	int answers, allowed;
};

static void keep(void *context, const char *message)
{
	web_keep_error(&((struct fixture *)context)->files, message);
}

static int setup(void **state)
{
	static struct fixture fixture;

	memset(&fixture, 0, sizeof(fixture));
	web_files_open(&fixture.files);
	assert_int_equal(event_loop_new(&fixture.loop), 0);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	web_guard_free(fixture->guard);
	event_loop_free(fixture->loop);
	web_files_close(&fixture->files);
	return 0;
}

static void start(struct fixture *fixture, const char *text)
{
	struct web_guard_options options = { .path = fixture->files.config, .problem = keep, .context = fixture };

	web_write(&fixture->files, "web.yml", text);
	assert_int_equal(web_guard_new(fixture->loop, &options, &fixture->guard), 0);
}

static void on_done(void *context, bool allowed)
{
	struct fixture *fixture = context;

	fixture->answers++;
	fixture->allowed += allowed;
}

static enum web_guard_verdict admit(struct fixture *fixture, const char *authorization)
{
	return web_guard_admit(fixture->guard, authorization, on_done, fixture);
}

static void wait_answers(struct fixture *fixture, int answers)
{
	for (int i = 0; fixture->answers < answers && i < 200; i++)
		assert_int_equal(event_loop_run_once(fixture->loop, 50), 0);
	assert_int_equal(fixture->answers, answers);
}

static void without_a_file_everything_is_open(void **state)
{
	struct fixture *fixture = *state;
	struct web_guard_options options = { .path = NULL };

	assert_int_equal(web_guard_new(fixture->loop, &options, &fixture->guard), 0);
	assert_int_equal(admit(fixture, NULL), WEB_GUARD_PASSES);
	assert_false(web_guard_uses_tls(fixture->guard));
}

static void a_right_password_waits_once_and_is_then_known(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, USERS);
	assert_int_equal(admit(fixture, SECRET), WEB_GUARD_WAITS);
	wait_answers(fixture, 1);
	assert_int_equal(fixture->allowed, 1);
	assert_int_equal(admit(fixture, SECRET), WEB_GUARD_PASSES);
	assert_int_equal(admit(fixture, "basic   am9lOnNlY3JldA=="), WEB_GUARD_PASSES);
}

static void wrong_passwords_and_unknown_users_wait_as_long_and_are_refused(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, USERS);
	assert_int_equal(admit(fixture, WRONG), WEB_GUARD_WAITS);
	assert_int_equal(admit(fixture, UNKNOWN), WEB_GUARD_WAITS);
	wait_answers(fixture, 2);
	assert_int_equal(fixture->allowed, 0);
	assert_int_equal(admit(fixture, WRONG), WEB_GUARD_UNAUTHORIZED);
	assert_int_equal(admit(fixture, UNKNOWN), WEB_GUARD_UNAUTHORIZED);
}

static void what_is_no_password_is_refused_at_once(void **state)
{
	static const char *const texts[] = {
		NULL,
		"",
		"Basic",
		"Basic ",
		"Basic !!!!",
		"Basic am9l",		  /* joe */
		"Basic am9lOnNlY3JldAB4", /* joe:secret\0x */
		"Basic am9lOnNlY3JldA",	  /* cut */
		"Bearer am9lOnNlY3JldA==",
		SECRET "AAAA",
	};
	struct fixture *fixture = *state;
	char longer[8192] = "Basic ";

	start(fixture, USERS);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(admit(fixture, texts[i]), WEB_GUARD_UNAUTHORIZED);
	memset(longer + 6, 'A', 8000);
	assert_int_equal(admit(fixture, longer), WEB_GUARD_UNAUTHORIZED);
}

static void more_guesses_than_may_wait_are_turned_away(void **state)
{
	struct fixture *fixture = *state;
	char text[64];
	int waiting = 0;

	start(fixture, USERS);
	for (int i = 0; i < 100; i++) {
		/* "joe:" and two characters that differ */
		snprintf(text, sizeof(text), "Basic am9lO%c%c=", 'g' + i % 16, "AEIMQUYc"[i / 16]);
		waiting += admit(fixture, text) == WEB_GUARD_WAITS;
	}
	assert_in_range(waiting, 1, 40); /* the worker takes some of them meanwhile */
	assert_int_equal(admit(fixture, SECRET), WEB_GUARD_BUSY);
	wait_answers(fixture, waiting);
	assert_int_equal(fixture->allowed, 0);
}

static void many_who_ask_the_same_cost_one_check(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, USERS);
	for (int i = 0; i < 10; i++)
		assert_int_equal(admit(fixture, SECRET), WEB_GUARD_WAITS);
	wait_answers(fixture, 10);
	assert_int_equal(fixture->allowed, 10);
}

static void who_waits_at_the_end_is_refused(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, USERS);
	admit(fixture, SECRET);
	admit(fixture, WRONG);
	web_guard_settle(fixture->guard);
	assert_int_equal(fixture->answers, 2);
	assert_int_equal(fixture->allowed, 0);
	assert_int_equal(admit(fixture, SECRET), WEB_GUARD_BUSY);
}

static void a_new_hash_is_in_force_with_the_next_request(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, USERS);
	admit(fixture, SECRET);
	wait_answers(fixture, 1);
	web_write(&fixture->files, "web.yml", "basic_auth_users: {jim: \"" WEB_HASH "\"}\n");
	assert_int_equal(admit(fixture, SECRET), WEB_GUARD_WAITS);
	assert_int_equal(admit(fixture, UNKNOWN), WEB_GUARD_WAITS);
	wait_answers(fixture, 3);
	assert_int_equal(admit(fixture, SECRET), WEB_GUARD_UNAUTHORIZED);
	assert_int_equal(admit(fixture, UNKNOWN), WEB_GUARD_PASSES);
}

static void a_broken_file_opens_nothing_until_it_is_whole_again(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, USERS);
	admit(fixture, SECRET);
	wait_answers(fixture, 1);
	web_write(&fixture->files, "web.yml", "basic_auth_users: [\n");
	assert_int_equal(admit(fixture, SECRET), WEB_GUARD_BROKEN);
	assert_non_null(strstr(fixture->files.errors, "web.yml:2:1: not YAML"));
	assert_int_equal(unlink(fixture->files.config), 0);
	assert_int_equal(admit(fixture, SECRET), WEB_GUARD_BROKEN);
	assert_int_equal(admit(fixture, NULL), WEB_GUARD_BROKEN);
	web_write(&fixture->files, "web.yml", USERS);
	assert_int_equal(admit(fixture, SECRET), WEB_GUARD_PASSES);
}

static void tls_stays_and_keeps_its_certificates_while_the_files_are_broken(void **state)
{
	static const char text[] = "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n";
	struct fixture *fixture = *state;
	struct web_tls *first;

	start(fixture, text);
	assert_true(web_guard_uses_tls(fixture->guard));
	first = web_guard_tls(fixture->guard);
	assert_non_null(first);
	web_write(&fixture->files, "cert.pem", "nothing\n");
	assert_ptr_equal(web_guard_tls(fixture->guard), first);
	assert_int_equal(admit(fixture, NULL), WEB_GUARD_BROKEN);
	web_write(&fixture->files, "web.yml", "");
	assert_ptr_equal(web_guard_tls(fixture->guard), first);
	assert_int_equal(admit(fixture, NULL), WEB_GUARD_BROKEN);
	assert_non_null(strstr(fixture->files.errors, "tls_server_config is gone"));
}

static void a_burst_of_requests_passes_and_then_one_in_each_interval(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, "rate_limit: {interval: 50ms, burst: 3}\n");
	for (int i = 0; i < 3; i++)
		assert_int_equal(admit(fixture, NULL), WEB_GUARD_PASSES);
	assert_int_equal(admit(fixture, NULL), WEB_GUARD_LIMITED);
	usleep(60000);
	assert_int_equal(admit(fixture, NULL), WEB_GUARD_PASSES);
	usleep(300000);
	for (int i = 0; i < 3; i++)
		assert_int_equal(admit(fixture, NULL), WEB_GUARD_PASSES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_a_file_everything_is_open, setup, teardown),
		cmocka_unit_test_setup_teardown(a_right_password_waits_once_and_is_then_known, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_passwords_and_unknown_users_wait_as_long_and_are_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_is_no_password_is_refused_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(more_guesses_than_may_wait_are_turned_away, setup, teardown),
		cmocka_unit_test_setup_teardown(many_who_ask_the_same_cost_one_check, setup, teardown),
		cmocka_unit_test_setup_teardown(who_waits_at_the_end_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_new_hash_is_in_force_with_the_next_request, setup, teardown),
		cmocka_unit_test_setup_teardown(a_broken_file_opens_nothing_until_it_is_whole_again, setup, teardown),
		cmocka_unit_test_setup_teardown(tls_stays_and_keeps_its_certificates_while_the_files_are_broken, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_burst_of_requests_passes_and_then_one_in_each_interval, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
