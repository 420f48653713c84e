/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "priority.h"

/* In a child, so that the other tests run as ever. Return: its exit status. */
static int in_child(int (*run)(void))
{
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(run());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int raise_and_fork(void)
{
	int before = getpriority(PRIO_PROCESS, 0), error = priority_raise(), after = getpriority(PRIO_PROCESS, 0),
	    status;
	pid_t child;

	if (error)
		return after == before ? 0 : 1; /* not permitted: nothing has changed */
	if (after > -10)
		return 2;
	child = fork();
	if (child == 0)
		_exit(getpriority(PRIO_PROCESS, 0) < 0);
	return waitpid(child, &status, 0) == child && status == 0 ? 0 : 3;
}

static void is_raised_where_permitted_and_children_are_ordinary(void **state)
{
	(void)state;
	assert_int_equal(in_child(raise_and_fork), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_raised_where_permitted_and_children_are_ordinary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
