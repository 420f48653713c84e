/* SPDX-License-Identifier: GPL-2.0-only */
#include "registry_fixture.h"

static void names_are_read_when_the_runtime_has_written_them(void **state)
{
	struct container *container = add(10, 1, "/docker/" A, 5).container;
	uint64_t version;

	(void)state;
	assert_false(container->named);
	assert_string_equal(container->labels, "container_id=\"" A "\",container=\"\",pod=\"\",namespace=\"\"");
	assert_int_equal(registry_retry_names(registry), 0);
	version = registry_version(registry);
	host_root_write("var/lib/docker/containers/" A "/config.v2.json",
			"{\"Name\":\"/web\",\"Config\":{\"Image\":\"nginx\"}}");
	assert_int_equal(registry_retry_names(registry), 1);
	assert_int_not_equal(registry_version(registry), version);
	assert_true(container->named);
	assert_string_equal(container->labels, "container_id=\"" A "\",container=\"web\",pod=\"\",namespace=\"\"");
	assert_string_equal(container->info_labels,
			    "image=\"nginx\",runtime=\"docker\",isolation=\"namespace\",handler=\"\",pod_uid=\"\","
			    "cgroup=\"/docker/" A "\"");
	assert_int_equal(container->labels_size, strlen(container->labels));
	assert_int_equal(registry_retry_names(registry), 0);
}

static void retries_go_on_for_half_a_minute_at_least(void **state)
{
	struct container *container = add(10, 1, "/docker/" A, 5).container;

	(void)state;
	for (int second = 0; second < 30; second++)
		assert_int_equal(registry_retry_names(registry), 0);
	host_root_write("var/lib/docker/containers/" A "/config.v2.json", "{\"Name\":\"/web\"}");
	for (int second = 0; second < 30 && !container->named; second++)
		registry_retry_names(registry);
	assert_true(container->named);
}

static void a_restart_reads_the_names_again_and_keeps_them_when_it_cannot(void **state)
{
	struct container *container;

	(void)state;
	host_root_write("var/lib/docker/containers/" A "/config.v2.json", "{\"Name\":\"/old\"}");
	container = add(10, 1, "/docker/" A, 5).container;
	assert_string_equal(container->name, "old");
	registry_remove(registry, 10);
	host_root_write("var/lib/docker/containers/" A "/config.v2.json", "{\"Name\":\"/new\"}");
	add(20, 1, "/docker/" A, 6);
	assert_string_equal(container->name, "new");
	registry_remove(registry, 20);
	host_root_write("var/lib/docker/containers/" A "/config.v2.json", "{");
	add(30, 1, "/docker/" A, 7);
	assert_string_equal(container->name, "new");
}

static void two_containers_may_have_one_name(void **state)
{
	struct registry_verdict one, two;

	(void)state;
	host_root_write("var/lib/docker/containers/" A "/config.v2.json", "{\"Name\":\"/same\"}");
	host_root_write("var/lib/docker/containers/" B "/config.v2.json", "{\"Name\":\"/same\"}");
	one = add(10, 1, "/docker/" A, 5);
	two = add(11, 1, "/docker/" B, 6);
	assert_string_equal(one.container->name, "same");
	assert_string_equal(two.container->name, "same");
	assert_string_not_equal(one.container->labels, two.container->labels);
	assert_null(registry_find_by_name(registry, "same"));
	assert_ptr_equal(registry_find_by_name(registry, A), one.container);
	registry_remove(registry, 10);
	assert_ptr_equal(registry_find_by_name(registry, "same"), two.container);
}

static void a_container_is_found_by_id_prefix_and_name(void **state)
{
	struct container *one = add(10, 1, "/docker/" A, 5).container, *two;

	(void)state;
	assert_ptr_equal(registry_find_by_name(registry, "0123456789ab"), one);
	assert_null(registry_find_by_name(registry, "0123456789a"));
	assert_null(registry_find_by_name(registry, ""));
	assert_null(registry_find_by_name(registry, "web"));
	add(11, 1, "/docker/0123456789ab0000000000000000000000000000000000000000000000000000", 6);
	assert_null(registry_find_by_name(registry, "0123456789ab"));
	/* a name that is another's id does not stand in its way */
	host_root_write("var/lib/docker/containers/" B "/config.v2.json", "{\"Name\":\"/" A "\"}");
	two = add(12, 1, "/docker/" B, 7).container;
	assert_string_equal(two->name, A);
	assert_ptr_equal(registry_find_by_name(registry, A), one);
	registry_remove(registry, 12);
	assert_ptr_equal(registry_find_by_name(registry, B), two);
}

static void labels_are_escaped_repaired_and_cut(void **state)
{
	char long_name[2 * CONTAINER_LABEL_MAX + 1];
	struct container container = { .id = (char *)"a\"b\\c\nd",
				       .name = (char *)"x\xffy\xc3",
				       .pod = (char *)"\xed\xa0\x80\xe2\x82\xac",
				       .namespace = long_name,
				       .image = long_name,
				       .pod_uid = (char *)"",
				       .cgroup_path = (char *)"/\xc0\xaf",
				       .runtime = "docker" };
	const char *value;

	(void)state;
	for (size_t i = 0; i < sizeof(long_name) - 1; i += 2)
		memcpy(long_name + i, "\xc3\xa9", 2);
	long_name[0] = long_name[1] = 'x';
	long_name[2] = 'x'; /* the limit falls into a character, and one byte is none */
	long_name[sizeof(long_name) - 1] = '\0';
	assert_int_equal(container_render_labels(&container), 0);
	value = "container_id=\"a\\\"b\\\\c\\nd\",container=\"x\xef\xbf\xbdy\xef\xbf\xbd\","
		"pod=\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xe2\x82\xac\",namespace=\"";
	assert_memory_equal(container.labels, value, strlen(value));
	assert_int_equal(container.labels_cut, 2);
	/* 3 bytes, U+FFFD, then characters of 2 */
	assert_int_equal(container.labels_size, strlen(value) + CONTAINER_LABEL_MAX + strlen("\""));
	assert_string_equal(container.labels + container.labels_size - 3, "\xc3\xa9\"");
	assert_non_null(strstr(container.info_labels, "cgroup=\"/\xef\xbf\xbd\xef\xbf\xbd\""));
	free(container.labels);
	free(container.info_labels);
}

static void a_label_of_the_limit_is_not_cut(void **state)
{
	char text[CONTAINER_LABEL_MAX + 2];
	struct container container = { .id = text,
				       .name = (char *)"",
				       .pod = (char *)"",
				       .namespace = (char *)"",
				       .image = (char *)"",
				       .pod_uid = (char *)"",
				       .cgroup_path = (char *)"/",
				       .runtime = "" };

	(void)state;
	memset(text, '\\', sizeof(text) - 1);
	text[CONTAINER_LABEL_MAX] = '\0';
	assert_int_equal(container_render_labels(&container), 0);
	assert_int_equal(container.labels_cut, 0);
	assert_int_equal(strspn(container.labels + strlen("container_id=\""), "\\"), 2 * CONTAINER_LABEL_MAX);
	text[CONTAINER_LABEL_MAX] = '\\';
	text[CONTAINER_LABEL_MAX + 1] = '\0';
	assert_int_equal(container_render_labels(&container), 0);
	assert_int_equal(container.labels_cut, 1);
	assert_int_equal(strspn(container.labels + strlen("container_id=\""), "\\"), 2 * CONTAINER_LABEL_MAX);
	free(container.labels);
	free(container.info_labels);
}

static void matches_of_rules_survive_a_reload(void **state)
{
	static const int map[] = { 2, -1, 0, 7 };
	struct container *container = add(10, 1, "/docker/" A, 5).container;

	(void)state;
	assert_int_equal(registry_reset_rules(registry, 4, NULL, 0), 0);
	for (uint64_t i = 0; i < 4; i++)
		container->rule_matches[i] = 10 + i;
	assert_int_equal(registry_reset_rules(registry, 3, map, 4), 0);
	assert_int_equal(container->rule_matches[0], 12);
	assert_int_equal(container->rule_matches[1], 0);
	assert_int_equal(container->rule_matches[2], 10);
	/* a container made after it has room for all */
	add(11, 1, "/docker/" B, 6).container->rule_matches[2] = 1;
	/* a map longer than the old set */
	assert_int_equal(registry_reset_rules(registry, 1, map, 4), 0);
	assert_int_equal(container->rule_matches[0], 10);
}

static void services_are_workloads_only_when_asked_for(void **state)
{
	struct registry_verdict service, inner;

	(void)state;
	assert_int_equal(add(10, 1, "/system.slice/cron.service", 0).class, PICKET_CGROUP_HOST);
	remake(SLOTS, true);
	service = add(10, 1, "/system.slice/cron.service", 5);
	assert_int_equal(service.class, PICKET_CGROUP_CONTAINER);
	assert_string_equal(service.container->name, "cron.service");
	assert_string_equal(service.container->runtime, "systemd");
	assert_ptr_equal(add(11, 10, "/system.slice/cron.service/x", 5).container, service.container);
	inner = add(12, 10, "/system.slice/cron.service/libpod-payload-" A, 6);
	assert_ptr_not_equal(inner.container, service.container);
	assert_int_equal(add(13, 1, "/init.scope", 0).class, PICKET_CGROUP_HOST);
	assert_int_equal(add(14, 1, "/machine.slice/libpod-conmon-" A ".scope", 0).class, PICKET_CGROUP_HOST);
}

static void the_same_unit_of_two_users_is_two_workloads(void **state)
{
	struct registry_verdict one, two;

	(void)state;
	remake(SLOTS, true);
	one = add(10, 1, "/user.slice/user-1.slice/user@1.service/app.slice/dbus.service", 0);
	two = add(11, 1, "/user.slice/user-2.slice/user@2.service/app.slice/dbus.service", 0);
	assert_ptr_not_equal(one.container, two.container);
	assert_string_not_equal(one.container->labels, two.container->labels);
}

static void two_tasks_of_a_nomad_allocation_are_two_containers(void **state)
{
	struct registry_verdict one = add(10, 1, "/nomad.slice/share.slice/" U ".web.scope", 0);
	struct registry_verdict two = add(11, 1, "/nomad.slice/share.slice/" U ".db.scope", 0);

	(void)state;
	assert_string_equal(one.container->id, two.container->id);
	assert_string_equal(one.container->name, "web");
	assert_string_equal(two.container->name, "db");
	assert_string_not_equal(one.container->labels, two.container->labels);
}

static void the_top_directory_of_a_containerd_namespace_is_the_hosts(void **state)
{
	(void)state;
	host_root_write("run/containerd/io.containerd.runtime.v2.task/mine/" A "/config.json", "{}");
	assert_int_equal(add(10, 1, "/mine", 5).class, PICKET_CGROUP_HOST);
	assert_string_equal(add(11, 10, "/mine/" A, 6).container->namespace, "mine");
	assert_string_equal(add(12, 1, "/rc1", 7).container->id, "rc1");
}

static void a_sandbox_without_a_manager_is_known_by_its_state(void **state)
{
	struct container *container;

	(void)state;
	host_root_write("run/runsc/rc1_sandbox:rc1.state", "{}");
	host_root_write("run/runsc/rc22_sandbox:rc1.state", "{}");
	container = add(10, 1, "/rc1", 5).container;
	assert_string_equal(container->runtime, "runsc");
	assert_int_equal(container->isolation.class, ISOLATION_GVISOR);
	assert_int_equal(container->isolation.evidence, EVIDENCE_RUNTIME_TYPE);
	assert_string_equal(add(11, 1, "/rc22", 6).container->runtime, "runsc");
	assert_int_equal(add(12, 1, "/rc2", 7).container->isolation.class, ISOLATION_NAMESPACE);
}

static void a_service_that_runs_modules_is_a_workload_whatever_was_asked_for(void **state)
{
	struct registry_verdict verdict;
	struct container *container;

	(void)state;
	assert_int_equal(add(10, 1, "/system.slice/node.service", 0).class, PICKET_CGROUP_HOST);
	assert_int_equal(registry_add_service(registry, 10, "/system.slice/node.service", 0, "krustlet", &verdict), 0);
	container = verdict.container;
	assert_int_equal(verdict.class, PICKET_CGROUP_CONTAINER);
	assert_true(verdict.slot >= PICKET_SLOT_FIRST);
	assert_string_equal(container->id, "node.service");
	assert_string_equal(container->runtime, "krustlet");
	assert_int_equal(container->isolation.class, ISOLATION_WASM);
	assert_int_equal(container->isolation.evidence, EVIDENCE_EXE);
	assert_string_equal(isolation_attribution(&container->isolation), "node");
	assert_ptr_equal(add(11, 10, "/system.slice/node.service/x", 0).container, container);
	/* it ends, and starts again */
	registry_remove(registry, 10);
	assert_int_equal(add(12, 1, "/system.slice/node.service", 0).class, PICKET_CGROUP_HOST);
	assert_int_equal(registry_add_service(registry, 12, "/system.slice/node.service", 0, "krustlet", &verdict), 0);
	assert_ptr_equal(verdict.container, container);
	assert_int_equal(container->removed_unix_ns, 0);
}

static void only_services_of_the_host_run_modules_for_a_node(void **state)
{
	static const char *const paths[] = { "/docker/" A "/system.slice/krustlet.service", "/system.slice",
					     "/system.slice/krustlet.service/inner" };
	struct registry_verdict verdict;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		assert_int_equal(registry_add_service(registry, 10 + i, paths[i], 0, "krustlet", &verdict), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_are_read_when_the_runtime_has_written_them),
		TEST(retries_go_on_for_half_a_minute_at_least),
		TEST(a_restart_reads_the_names_again_and_keeps_them_when_it_cannot),
		TEST(two_containers_may_have_one_name),
		TEST(a_container_is_found_by_id_prefix_and_name),
		cmocka_unit_test(labels_are_escaped_repaired_and_cut),
		cmocka_unit_test(a_label_of_the_limit_is_not_cut),
		TEST(matches_of_rules_survive_a_reload),
		TEST(services_are_workloads_only_when_asked_for),
		TEST(a_sandbox_without_a_manager_is_known_by_its_state),
		TEST(a_service_that_runs_modules_is_a_workload_whatever_was_asked_for),
		TEST(only_services_of_the_host_run_modules_for_a_node),
		TEST(the_same_unit_of_two_users_is_two_workloads),
		TEST(two_tasks_of_a_nomad_allocation_are_two_containers),
		TEST(the_top_directory_of_a_containerd_namespace_is_the_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
