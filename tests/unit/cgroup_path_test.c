/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cleanup.h"
#include "state/cgroup_path.h"

#define A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define B "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define U "6c5fbb0c-1b2e-4c4d-9a6b-0f1e2d3c4b5a"
#define U_ "6c5fbb0c_1b2e_4c4d_9a6b_0f1e2d3c4b5a"
#define H "b2c0a1d4e5f60718293a4b5c6d7e8f90"

#define CONTAINER CGROUP_OWNER_CONTAINER
#define MONITOR CGROUP_OWNER_MONITOR
#define SYSTEMD CGROUP_OWNER_SYSTEMD
#define NONE CGROUP_OWNER_NONE

struct row {
	const char *path;
	enum cgroup_owner owner;
	const char *runtime, *manager, *id, *pod_uid;
	const char *below; /* of the path, what lies below the owner's own directory */
};

#define KUBEPODS "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" U_ ".slice"
#define USER_SLICE "/user.slice/user-1000.slice/user@1000.service/user.slice"
#define KIND "/system.slice/docker-" B ".scope"

static const struct row rows[] = {
	/* docker */
	{ "/docker/" A, CONTAINER, "docker", "docker", A, "", "" },
	{ "/system.slice/docker-" A ".scope", CONTAINER, "docker", "docker", A, "", "" },
	{ "/system.slice/docker-" A ".scope/init.scope", CONTAINER, "docker", "docker", A, "", "/init.scope" },
	{ USER_SLICE "/docker-" A ".scope", CONTAINER, "docker", "docker", A, "", "" },
	{ "/docker/" B "/docker/" A, CONTAINER, "docker", "docker", A, "", "" },
	{ "/custom/parent/" A, CONTAINER, "", "", A, "", "" },
	/* containerd */
	{ "/default/ctr1", CONTAINER, "containerd", "containerd", "ctr1", "", "" },
	{ "/k8s.io/ctr1/sub", CONTAINER, "containerd", "containerd", "ctr1", "", "/sub" },
	{ "/my-namespace/" A, CONTAINER, "containerd", "containerd", A, "", "" },
	{ USER_SLICE "/nerdctl-" A ".scope", CONTAINER, "nerdctl", "containerd", A, "", "" },
	{ "/kubepods/burstable/pod" U "/" A, CONTAINER, "cri", "cri", A, U, "" },
	{ "/kubepods/pod" U "/" A, CONTAINER, "cri", "cri", A, U, "" },
	{ "/custom/kubepods/pod" U "/" A, CONTAINER, "cri", "cri", A, U, "" },
	{ KUBEPODS "/cri-containerd-" A ".scope", CONTAINER, "cri-containerd", "containerd", A, U, "" },
	{ "/podruntime.slice/containerd.service/kubepods-burstable-pod" U_ ".slice:cri-containerd:" A, CONTAINER,
	  "cri-containerd", "containerd", A, U, "" },
	/* dockershim */
	{ "/kubepods.slice/kubepods-pod" U_ ".slice/docker-" A ".scope", CONTAINER, "docker", "docker", A, U, "" },
	/* CRI-O */
	{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" H ".slice/crio-" A ".scope", CONTAINER,
	  "cri-o", "cri-o", A, H, "" },
	{ KUBEPODS "/crio-" A ".scope/container", CONTAINER, "cri-o", "cri-o", A, U, "/container" },
	{ KUBEPODS "/crio-conmon-" A ".scope", MONITOR, "cri-o", "cri-o", A, "", "" },
	{ "/kubepods/besteffort/pod" U "/crio-" A, CONTAINER, "cri-o", "cri-o", A, U, "" },
	{ "/kubepods/besteffort/pod" U "/crio-conmon-" A, MONITOR, "cri-o", "cri-o", A, "", "" },
	{ "/crio/crio-" A, CONTAINER, "cri-o", "cri-o", A, "", "" },
	/* Podman */
	{ "/libpod_parent/libpod-" A, CONTAINER, "podman", "podman", A, "", "" },
	{ "/libpod_parent/conmon", MONITOR, "podman", "podman", "conmon", "", "" },
	{ "/libpod_parent/libpod-conmon-" A, MONITOR, "podman", "podman", A, "", "" },
	{ "/machine.slice/libpod-conmon-" A ".scope", MONITOR, "podman", "podman", A, "", "" },
	{ "/machine.slice/libpod-" A ".scope/container", CONTAINER, "podman", "podman", A, "", "/container" },
	{ USER_SLICE "/libpod-" A ".scope/container", CONTAINER, "podman", "podman", A, "", "/container" },
	{ "/machine.slice/machine-libpod_pod_" B ".slice/libpod-" A ".scope", CONTAINER, "podman", "podman", A, "",
	  "" },
	{ "/system.slice/web.service/libpod-payload-" A, CONTAINER, "podman", "podman", A, "", "" },
	/* containers in containers: kind and minikube */
	{ KIND "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
	       "kubelet-kubepods-burstable-pod" U_ ".slice/cri-containerd-" A ".scope",
	  CONTAINER, "cri-containerd", "containerd", A, U, "" },
	{ KIND "/kubelet/kubepods/burstable/pod" H "/" A, CONTAINER, "cri", "cri", A, H, "" },
	{ "/docker/" B KUBEPODS "/crio-" A ".scope", CONTAINER, "cri-o", "cri-o", A, U, "" },
	{ KIND "/system.slice/containerd.service", CONTAINER, "docker", "docker", B, "",
	  "/system.slice/containerd.service" },
	{ KIND "/kubelet.slice/crio-conmon-" A ".scope", CONTAINER, "docker", "docker", B, "",
	  "/kubelet.slice/crio-conmon-" A ".scope" },
	/* others */
	{ "/ecs/" H "/" A, CONTAINER, "ecs", "docker", A, "", "" },
	{ "/ecstasks.slice/ecstasks-" H ".slice/docker-" A ".scope", CONTAINER, "ecs", "docker", A, "", "" },
	{ "/nomad.slice/share.slice/" U ".web.scope", CONTAINER, "nomad", "nomad", U, "", "" },
	{ "/nomad.slice/reserve.slice/" U ".web.scope", CONTAINER, "nomad", "nomad", U, "", "" },
	{ "/nomad.slice/" U ".web.scope", CONTAINER, "nomad", "nomad", U, "", "" },
	{ "/garden/good/7a1b/init", CONTAINER, "garden", "garden", "7a1b", "", "/init" },
	{ "/garden/bad/7a1b", CONTAINER, "garden", "garden", "7a1b", "", "" },
	{ "/garden/7a1b/init", CONTAINER, "garden", "garden", "7a1b", "", "/init" },
	{ "/garden/good", NONE, "", "", "", "", "" },
	{ "/lxc.payload.c1", CONTAINER, "lxc", "lxc", "c1", "", "" },
	{ "/lxc.payload.proj_web/init.scope", CONTAINER, "lxc", "lxc", "proj_web", "", "/init.scope" },
	{ "/lxc.payload/c1", CONTAINER, "lxc", "lxc", "c1", "", "" },
	{ "/lxc/c1", CONTAINER, "lxc", "lxc", "c1", "", "" },
	{ "/lxc.monitor.c1-1", MONITOR, "lxc", "lxc", "c1-1", "", "" },
	{ "/lxc.monitor/c1", MONITOR, "lxc", "lxc", "c1", "", "" },
	{ "/machine.slice/machine-web\\x2d1.scope/payload", CONTAINER, "nspawn", "nspawn", "web-1", "", "/payload" },
	{ "/machine.slice/systemd-nspawn@web.service/payload", CONTAINER, "nspawn", "nspawn", "web", "", "/payload" },
	{ "/machine.slice/machine-lxc\\x2d7\\x2dweb.scope", CONTAINER, "lxc", "lxc", "7-web", "", "" },
	{ "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator", SYSTEMD, "systemd", "systemd",
	  "machine-qemu\\x2d1\\x2dvm.scope", "", "/libvirt/emulator" },
	{ "/kubepods/burstable/pod" U "/kata_" A, CONTAINER, "kata", "kata", A, U, "" },
	{ "/kata_overhead/" A, CONTAINER, "kata", "kata", A, "", "" },
	{ "/kata-overhead.slice/runtime-rs-" A ".scope", CONTAINER, "kata", "kata", A, "", "" },
	{ "/kata_sandboxed_pod/" A, CONTAINER, "kata", "kata", A, "", "" },
	{ "/firecracker/vm-7", CONTAINER, "firecracker", "firecracker", "vm-7", "", "" },
	{ "/buildkit/x1y2z3", CONTAINER, "buildkit", "buildkit", "x1y2z3", "", "" },
	{ "/system.slice/runc-web.scope", CONTAINER, "runc", "runc", "web", "", "" },
	{ "/system.slice/crun-web.scope/container", CONTAINER, "crun", "crun", "web", "", "/container" },
	{ "/system.slice/youki-web.scope", CONTAINER, "youki", "youki", "web", "", "" },
	{ "/:youki:web", CONTAINER, "youki", "youki", "web", "", "" },
	{ "/rc1", CONTAINER, "runc", "runc", "rc1", "", "" },
	{ "/rc1/sub", CONTAINER, "runc", "runc", "rc1", "", "/sub" },
	/* systemd */
	{ "/system.slice/cron.service", SYSTEMD, "systemd", "systemd", "cron.service", "", "" },
	{ "/system.slice/cron.service/child", SYSTEMD, "systemd", "systemd", "cron.service", "", "/child" },
	{ "/system.slice/foo.service/made-by-it.scope", SYSTEMD, "systemd", "systemd", "foo.service", "",
	  "/made-by-it.scope" },
	{ "/system.slice/system-getty.slice/getty@tty1.service", SYSTEMD, "systemd", "systemd", "getty@tty1.service",
	  "", "" },
	{ "/user.slice/user-1000.slice/session-3.scope", SYSTEMD, "systemd", "systemd", "session-3.scope", "", "" },
	{ "/user.slice/user-1000.slice/user@1000.service", SYSTEMD, "systemd", "systemd", "user@1000.service", "", "" },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice", SYSTEMD, "systemd", "systemd", "user@1000.service",
	  "", "/app.slice" },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/dbus.service", SYSTEMD, "systemd", "systemd",
	  "dbus.service", "", "" },
	{ "/init.scope", NONE, "", "", "", "", "" },
	/* what groups others, or is nobody's */
	{ "/", NONE, "", "", "", "", "" },
	{ "/system.slice", NONE, "", "", "", "", "" },
	{ "/docker", NONE, "", "", "", "", "" },
	{ "/default", NONE, "", "", "", "", "" },
	{ "/kubepods", NONE, "", "", "", "", "" },
	{ "/kubepods/burstable/pod" U, NONE, "", "", "", "", "" },
	{ KUBEPODS, NONE, "", "", "", "", "" },
	{ "/machine.slice/machine-libpod_pod_" B ".slice", NONE, "", "", "", "", "" },
	{ "/ecs/" H, NONE, "", "", "", "", "" },
	{ "/system.slice/dev-hugepages.mount", NONE, "", "", "", "", "" },
	{ "/lxc.pivot", NONE, "", "", "", "", "" },
};

static void every_path_of_the_table_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct cgroup_identity found;
		size_t own = strlen(row->path) - strlen(row->below);

		cgroup_path_identify(row->path, &found);
		if (found.owner != row->owner || strcmp(found.runtime, row->runtime) != 0 ||
		    strcmp(found.manager, row->manager) != 0 || strcmp(found.id, row->id) != 0 ||
		    strcmp(found.pod_uid, row->pod_uid) != 0)
			fail_msg("%s: %d %s %s %s %s", row->path, found.owner, found.runtime, found.manager, found.id,
				 found.pod_uid);
		if (found.owner == NONE)
			continue;
		assert_int_equal(found.nested, *row->below != '\0');
		assert_int_equal(found.path_size, own);
	}
}

static void what_only_some_paths_tell_is_told(void **state)
{
	struct cgroup_identity found;

	(void)state;
	cgroup_path_identify("/default/ctr1", &found);
	assert_string_equal(found.namespace, "default");
	cgroup_path_identify("/my-namespace/" A, &found);
	assert_string_equal(found.namespace, "my-namespace");
	cgroup_path_identify("/docker/" A, &found);
	assert_string_equal(found.namespace, "");
	cgroup_path_identify("/nomad.slice/share.slice/" U ".web.server.scope", &found);
	assert_string_equal(found.name, "web.server");
	cgroup_path_identify("/user.slice/user-1000.slice/user@1000.service/app.slice/dbus.service", &found);
	assert_string_equal(found.namespace, "user@1000.service");
	assert_int_equal(found.user, 1000);
	cgroup_path_identify("/user.slice/user-1000.slice/user@1000.service/app.slice", &found);
	assert_string_equal(found.namespace, "");
	cgroup_path_identify("/rc1", &found);
	assert_true(found.guessed);
	cgroup_path_identify("/docker/" A, &found);
	assert_false(found.guessed);
}

static void rootless_containers_belong_to_their_user(void **state)
{
	static const struct {
		const char *path;
		uint32_t user;
	} users[] = {
		{ USER_SLICE "/libpod-" A ".scope/container", 1000 },
		{ "/user.slice/user-0.slice/user@0.service/user.slice/libpod-" A ".scope", CGROUP_NO_USER },
		{ "/user.slice/user-9.slice/user@4294967295.service/libpod-" A ".scope", CGROUP_NO_USER },
		{ "/user.slice/user-9.slice/user@99999999999.service/libpod-" A ".scope", CGROUP_NO_USER },
		{ "/user.slice/user-9.slice/user@9x.service/libpod-" A ".scope", CGROUP_NO_USER },
		{ "/machine.slice/libpod-" A ".scope", CGROUP_NO_USER },
		/* a user's manager inside of a container is not this machine's */
		{ "/docker/" B USER_SLICE "/libpod-" A ".scope", CGROUP_NO_USER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(users); i++) {
		struct cgroup_identity found;

		cgroup_path_identify(users[i].path, &found);
		assert_int_equal(found.owner, CONTAINER);
		assert_int_equal(found.user, users[i].user);
	}
}

static void near_misses_are_no_containers(void **state)
{
	static const char *const paths[] = {
		"/system.slice/docker-0123.scope",
		"/system.slice/docker-" A "0.scope",
		"/system.slice/docker-0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef.scope",
		"/system.slice/docker.scope/..",
		"/default/..",
		"/default/.",
		"/garden/..",
		"/lxc.payload...",
		"/firecracker/.",
		"/machine.slice/machine-\\x2e\\x2e.scope",
		"/..",
		"/.hidden",
		"/docker/not-an-id",
		"/kubepods/besteffort/pod" U "/not-an-id",
		"/nomad.slice/share.slice/" U ".scope",
		"/nomad.slice/share.slice/" U "..",
		"",
		"//",
		"relative.slice",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct cgroup_identity found;

		cgroup_path_identify(paths[i], &found);
		if (found.owner == CONTAINER)
			fail_msg("%s is %s %s", paths[i], found.runtime, found.id);
	}
}

static void an_escape_never_makes_a_slash(void **state)
{
	struct cgroup_identity found;

	(void)state;
	cgroup_path_identify("/machine.slice/machine-a\\x2fb\\x00c\\x2\\x2d.scope", &found);
	assert_int_equal(found.owner, CONTAINER);
	assert_string_equal(found.id, "a\\x2fb\\x00c\\x2-");
}

static void an_id_longer_than_any_runtime_gives_is_refused(void **state)
{
	char path[16 + CGROUP_ID_SIZE] = "/default/";
	struct cgroup_identity found;

	(void)state;
	memset(path + 9, 'x', CGROUP_ID_SIZE - 1);
	cgroup_path_identify(path, &found);
	assert_int_equal(found.owner, CONTAINER);
	assert_int_equal(strlen(found.id), CGROUP_ID_SIZE - 1);
	path[9 + CGROUP_ID_SIZE - 1] = 'x';
	cgroup_path_identify(path, &found);
	assert_int_equal(found.owner, NONE);
	assert_string_equal(found.id, "");
	assert_string_equal(found.runtime, "");
}

static void a_path_deeper_than_any_stays_with_its_container(void **state)
{
	struct cgroup_identity found;
	char path[4096] = "/docker/" A;

	(void)state;
	for (int i = 0; i < 500; i++)
		strcat(path, "/x");
	strcat(path, "/docker-" B ".scope");
	cgroup_path_identify(path, &found);
	assert_int_equal(found.owner, CONTAINER);
	assert_string_equal(found.id, A);
	assert_true(found.nested);
	assert_int_equal(found.path_size, strlen("/docker/" A));
}

static void empty_components_are_nothing(void **state)
{
	struct cgroup_identity found;

	(void)state;
	cgroup_path_identify("//docker///" A "//", &found);
	assert_string_equal(found.id, A);
	assert_false(found.nested);
	assert_int_equal(found.path_size, strlen("//docker///" A));
}

static void a_pod_uid_is_whole_or_not_there(void **state)
{
	static const struct {
		const char *path, *uid;
	} pods[] = {
		{ "/kubepods/podabc/crio-" A, "" },
		{ "/kubepods/pod" U "0/crio-" A, "" },
		{ "/kubepods/pod" H "0/crio-" A, "" },
		{ "/kubepods/tripod" U "/crio-" A, "" },
		{ "/kubepods/pod" U_ ".slice/crio-" A, U },
		/* the innermost pod */
		{ "/kubepods/pod" H "/" B "/kubepods/pod" U "/" A, U },
		{ "/kubepods/pod" U "/" B "/docker/" A, U },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pods); i++) {
		struct cgroup_identity found;

		cgroup_path_identify(pods[i].path, &found);
		assert_string_equal(found.id, A);
		assert_string_equal(found.pod_uid, pods[i].uid);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_path_of_the_table_is_known),
		cmocka_unit_test(what_only_some_paths_tell_is_told),
		cmocka_unit_test(rootless_containers_belong_to_their_user),
		cmocka_unit_test(near_misses_are_no_containers),
		cmocka_unit_test(an_escape_never_makes_a_slash),
		cmocka_unit_test(an_id_longer_than_any_runtime_gives_is_refused),
		cmocka_unit_test(a_path_deeper_than_any_stays_with_its_container),
		cmocka_unit_test(empty_components_are_nothing),
		cmocka_unit_test(a_pod_uid_is_whole_or_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
