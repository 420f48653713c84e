/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "state/posture.h"
#include "state/runtime_json.h"

#define NAMESPACES \
	"\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\",\"path\":\"/proc/77/ns/net\"},{\"type\":\"ipc\"}]"
#define SAFE_PROCESS \
	"\"process\":{\"user\":{\"uid\":1000},\"noNewPrivileges\":true,\"apparmorProfile\":\"docker-default\"," \
	"\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_NET_RAW\"]}}"
#define SAFE_ROOT "\"root\":{\"readonly\":true}"
#define SECCOMP "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\"}"

struct list {
	char text[1024];
};

static void add(void *context, const char *weakness)
{
	struct list *list = context;

	if (*list->text)
		strcat(list->text, " ");
	strcat(list->text, weakness);
}

static void assert_weak(const char *config, const char *expected)
{
	AUTO_JSON json_t *json = json_loads(config, 0, NULL);
	struct list list = { "" };
	struct posture posture;

	assert_non_null(json);
	posture = posture_of_oci(json);
	posture_visit(&posture, add, &list);
	assert_string_equal(list.text, expected);
}

static void careful_container_has_no_weakness(void **state)
{
	(void)state;
	assert_weak("{" SAFE_PROCESS "," SAFE_ROOT ",\"linux\":{" NAMESPACES "," SECCOMP "}}", "");
}

static void ordinary_container_of_docker_runs_as_root_with_a_writable_root(void **state)
{
	(void)state;
	assert_weak("{\"process\":{\"user\":{\"uid\":0},\"apparmorProfile\":\"docker-default\"},"
		    "\"linux\":{" NAMESPACES "," SECCOMP "}}",
		    "root_user no_new_privs_off writable_rootfs");
}

static void root_of_a_user_namespace_is_not_root(void **state)
{
	(void)state;
	assert_weak("{\"process\":{\"user\":{\"uid\":0},\"noNewPrivileges\":true,\"selinuxLabel\":\"x\"}," SAFE_ROOT
		    ",\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"ipc\"},"
		    "{\"type\":\"user\"}]," SECCOMP "}}",
		    "");
}

static void privileged_says_it_all_about_capabilities(void **state)
{
	(void)state;
	assert_weak(
		"{\"process\":{\"user\":{\"uid\":0},\"capabilities\":{\"bounding\":[\"CAP_SYS_ADMIN\",\"CAP_BPF\"]}},"
		"\"linux\":{" NAMESPACES ",\"resources\":{\"devices\":[{\"allow\":false,\"access\":\"rwm\"},"
		"{\"allow\":true,\"access\":\"rwm\"}]}}}",
		"privileged root_user no_seccomp no_lsm_profile no_new_privs_off writable_rootfs");
}

static void one_allowed_device_is_not_all_devices(void **state)
{
	(void)state;
	assert_weak("{\"process\":{\"user\":{\"uid\":1},\"noNewPrivileges\":true,\"apparmorProfile\":\"p\","
		    "\"capabilities\":{\"bounding\":[\"CAP_SYS_ADMIN\"]}}," SAFE_ROOT ",\"linux\":{" NAMESPACES
		    "," SECCOMP ",\"resources\":{\"devices\":[{\"allow\":false,\"access\":\"rwm\"},"
		    "{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":5,\"access\":\"rwm\"}]}}}",
		    "added_capability:SYS_ADMIN");
}

static void namespaces_that_are_not_made_are_the_hosts(void **state)
{
	(void)state;
	assert_weak("{" SAFE_PROCESS "," SAFE_ROOT ",\"linux\":{\"namespaces\":[{\"type\":\"mount\"},"
		    "{\"type\":\"network\",\"path\":\"/var/run/docker/netns/default\"},"
		    "{\"type\":\"ipc\",\"path\":\"/proc/1/ns/ipc\"}]," SECCOMP "}}",
		    "host_pid host_network host_ipc");
}

static void devices_and_mounts_of_the_host_are_named(void **state)
{
	(void)state;
	assert_weak("{" SAFE_PROCESS "," SAFE_ROOT ",\"linux\":{" NAMESPACES "," SECCOMP
		    ",\"devices\":[{\"path\":\"/dev/sda\",\"type\":\"b\"}]},\"mounts\":["
		    "{\"type\":\"bind\",\"source\":\"/var/run/docker.sock\"},"
		    "{\"type\":\"none\",\"source\":\"/root/.ssh\",\"options\":[\"rbind\"]}]}",
		    "host_device sensitive_mount docker_socket_mounted");
}

static void mounts_that_every_container_has_are_no_weakness(void **state)
{
	(void)state;
	assert_weak("{" SAFE_PROCESS "," SAFE_ROOT ",\"linux\":{" NAMESPACES "," SECCOMP "},\"mounts\":["
		    "{\"type\":\"proc\",\"source\":\"/proc\"},{\"type\":\"sysfs\",\"source\":\"/sys\"},"
		    "{\"type\":\"bind\",\"source\":\"/var/lib/docker/containers/x/hosts\",\"options\":[\"rbind\"]},"
		    "{\"type\":\"bind\",\"source\":\"/var/lib/kubelet/pods/u/volumes/v\"},"
		    "{\"type\":\"bind\",\"source\":\"/etc/localtime\"},{\"type\":\"bind\",\"source\":\"/rootless\"}]}",
		    "");
}

static void members_of_another_type_are_as_good_as_absent(void **state)
{
	(void)state;
	assert_weak(
		"{\"process\":[],\"linux\":{\"namespaces\":{},\"seccomp\":true,\"devices\":7,\"resources\":[]},"
		"\"mounts\":[1,{\"source\":[]}],\"root\":\"/\"}",
		"host_pid host_network host_ipc root_user no_seccomp no_lsm_profile no_new_privs_off writable_rootfs");
	assert_weak("[]", "host_pid host_network host_ipc root_user no_seccomp no_lsm_profile no_new_privs_off "
			  "writable_rootfs");
}

static void unknown_capabilities_are_passed_over(void **state)
{
	(void)state;
	assert_weak(
		"{\"process\":{\"user\":{\"uid\":1},\"noNewPrivileges\":true,\"apparmorProfile\":\"p\",\"capabilities\":"
		"{\"bounding\":[\"CAP_NEXT_YEAR\",\"SYS_ADMIN\",3,\"CAP_\",\"CAP_SYS_PTRACE\"]}}," SAFE_ROOT
		",\"linux\":{" NAMESPACES "," SECCOMP "}}",
		"added_capability:SYS_PTRACE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(careful_container_has_no_weakness),
		cmocka_unit_test(ordinary_container_of_docker_runs_as_root_with_a_writable_root),
		cmocka_unit_test(root_of_a_user_namespace_is_not_root),
		cmocka_unit_test(privileged_says_it_all_about_capabilities),
		cmocka_unit_test(one_allowed_device_is_not_all_devices),
		cmocka_unit_test(namespaces_that_are_not_made_are_the_hosts),
		cmocka_unit_test(devices_and_mounts_of_the_host_are_named),
		cmocka_unit_test(mounts_that_every_container_has_are_no_weakness),
		cmocka_unit_test(members_of_another_type_are_as_good_as_absent),
		cmocka_unit_test(unknown_capabilities_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
