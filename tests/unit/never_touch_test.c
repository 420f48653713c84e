/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cleanup.h"
#include "event_builder.h"
#include "respond/never_touch.h"

static struct never_touch *list_of(const char *pattern)
{
	struct never_touch *list = NULL;
	char *why = NULL;

	assert_int_equal(never_touch_new(&pattern, 1, &list, &why), 0);
	assert_null(why);
	return list;
}

static struct container container_of(char *image, char *namespace, char *cgroup)
{
	struct container container = builder_container();

	container.image = image;
	container.namespace = namespace;
	container.cgroup_path = cgroup;
	container.named = true;
	return container;
}

static void who_is_on_the_list_is_spared_and_nobody_else(void **state)
{
	static const struct {
		const char *pattern, *image, *namespace, *cgroup;
		bool spared;
	} cases[] = {
		{ "image=registry.example/backup:*", "registry.example/backup:1", "", "/docker/x", true },
		{ "image=registry.example/backup:*", "evil.example/registry.example/backup:1", "", "/docker/x", false },
		{ "image=registry.example/backup:*", "registry.example/backup", "", "/docker/x", false },
		{ "namespace=kube-system", "a", "kube-system", "/kubepods/x", true },
		{ "namespace=kube-system", "a", "kube-system2", "/kubepods/x", false },
		{ "namespace=kube-*", "a", "", "/kubepods/x", false },
		{ "cgroup=/system.slice/*", "a", "", "/system.slice/cron.service", true },
		{ "cgroup=/system.slice/*", "a", "", "/system.slice/a/b", false },
		{ "cgroup=/system.slice/**", "a", "", "/system.slice/a/b", true },
		{ "cgroup=/system.slice/**", "a", "", "/user.slice/system.slice/a", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct never_touch *list = list_of(cases[i].pattern);
		struct container container =
			container_of((char *)cases[i].image, (char *)cases[i].namespace, (char *)cases[i].cgroup);
		const char *reason = never_touch_reason(list, &container);

		if (!!reason != cases[i].spared)
			print_error("%s\n", cases[i].pattern);
		assert_int_equal(!!reason, cases[i].spared);
		if (reason)
			assert_non_null(strstr(reason, cases[i].pattern));
		never_touch_free(list);
	}
}

static void a_container_without_names_is_spared_while_names_are_asked_for(void **state)
{
	struct never_touch *by_image = list_of("image=backup"), *by_cgroup = list_of("cgroup=/x");
	struct container container = container_of("", "", "/docker/x");

	(void)state;
	container.named = false;
	assert_non_null(never_touch_reason(by_image, &container));
	assert_null(never_touch_reason(by_cgroup, &container));
	assert_null(never_touch_reason(NULL, &container));
	never_touch_free(by_image);
	never_touch_free(by_cgroup);
}

static void what_is_no_pattern_is_refused_with_a_reason(void **state)
{
	static const char *const wrong[] = { "backup", "image", "image=", "pod=x", "image=[a", "Image=x", "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		const char *patterns[] = { "image=good", wrong[i] };
		struct never_touch *list = NULL;
		char *why = NULL;

		assert_int_equal(never_touch_new(patterns, 2, &list, &why), -EINVAL);
		assert_null(list);
		assert_non_null(why);
		free(why);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_on_the_list_is_spared_and_nobody_else),
		cmocka_unit_test(a_container_without_names_is_spared_while_names_are_asked_for),
		cmocka_unit_test(what_is_no_pattern_is_refused_with_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
