/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/container_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct collected {
	char lines[1024];
	size_t count;
};

static void collect(void *context, const char *key, const char *text)
{
	struct collected *all = context;
	size_t used = strlen(all->lines);

	snprintf(all->lines + used, sizeof(all->lines) - used, "%s=%s\n", key, text);
	all->count++;
}

static void test_known(void **state)
{
	char id[] = "0123", name[] = "web", image[] = "shop:1", pod[] = "", namespace[] = "", uid[] = "",
	     path[] = "/docker/0123";
	struct container container = {
		.id = id,
		.name = name,
		.image = image,
		.pod = pod,
		.namespace = namespace,
		.pod_uid = uid,
		.runtime = "docker",
		.cgroup_path = path,
		.isolation = { .class = ISOLATION_WASM, .engine = "wasmedge", .evidence = EVIDENCE_MAPS },
		.quarantine = "pause",
	};
	struct collected all = { .count = 0 };

	(void)state;
	container_each_text(&container, collect, &all);
	assert_string_equal(all.lines,
			    "id=0123\nname=web\nimage=shop:1\npod=\nnamespace=\npod_uid=\nruntime=docker\n"
			    "isolation=wasm\nhandler=\nengine=wasmedge\ntee=\nevidence=maps\n"
			    "attribution=container\nunseen=What the module computes stays within its "
			    "memory; counted is what its engine does for it.\nquarantine=pause\ncgroup=/docker/0123\n");
}

static void test_unknown(void **state)
{
	struct container container = { .isolation = { .evidence = EVIDENCE_NONE } };
	struct collected all = { .count = 0 };

	(void)state;
	container_each_text(&container, collect, &all);
	assert_non_null(strstr(all.lines, "engine=\ntee=\nevidence=none\n"));
	assert_non_null(strstr(all.lines, "quarantine=\n"));
	assert_int_equal(all.count, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "every key of a container has its text", test_known, NULL, NULL, NULL },
		{ "what is unknown is an empty text, never a null pointer", test_unknown, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
