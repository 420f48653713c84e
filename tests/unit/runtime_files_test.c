/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cleanup.h"
#include "host_root.h"
#include "state/runtime_files.h"

#define A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define B "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define U "6c5fbb0c-1b2e-4c4d-9a6b-0f1e2d3c4b5a"
#define POD "/kubepods/burstable/pod" U "/"
#define USER_SLICE "/user.slice/user-1000.slice/user@1000.service/user.slice"
#define TASKS "/io.containerd.runtime.v2.task/"

static int read_path(const char *cgroup_path, struct container_names *ret_names)
{
	struct cgroup_identity identity;

	cgroup_path_identify(cgroup_path, &identity);
	return runtime_files_read(host_root, &identity, ret_names);
}

/* Expected names; "" where absent. */
struct expected {
	const char *name, *image, *pod, *namespace, *pod_uid, *runtime;
	enum container_isolation isolation;
};

static void check(const char *cgroup_path, struct expected expected)
{
	struct container_names names;
	int error = read_path(cgroup_path, &names);

	if (error)
		fail_msg("%s: %s", cgroup_path, strerror(-error));
	assert_string_equal(names.name, expected.name);
	assert_string_equal(names.image, expected.image);
	assert_string_equal(names.pod, expected.pod);
	assert_string_equal(names.namespace, expected.namespace);
	assert_string_equal(names.pod_uid, expected.pod_uid);
	assert_string_equal(names.runtime ? names.runtime : "", expected.runtime);
	assert_string_equal(container_isolation_name(names.isolation.class),
			    container_isolation_name(expected.isolation));
	container_names_free(&names);
}

static void reads_dockers_own_files(void **state)
{
	(void)state;
	host_root_write("var/lib/docker/containers/" A "/config.v2.json",
			"{\"Name\":\"/web1\",\"Image\":\"sha256:12\",\"Config\":{\"Image\":\"nginx:1.25\",\"Labels\":{"
			"\"io.kubernetes.pod.name\":\"not-a-pod\"}}}");
	check("/docker/" A, (struct expected){ "web1", "nginx:1.25", "", "", "", "docker", ISOLATION_NAMESPACE });
	check("/actions_job/" A, (struct expected){ "web1", "nginx:1.25", "", "", "", "docker", ISOLATION_NAMESPACE });
	check("/a/b/" A, (struct expected){ "web1", "nginx:1.25", "", "", "", "docker", ISOLATION_NAMESPACE });
	check("/ecs/0123/" A, (struct expected){ "web1", "nginx:1.25", "", "", "", "docker", ISOLATION_NAMESPACE });
}

static void docker_under_kubernetes_is_named_by_its_labels(void **state)
{
	(void)state;
	host_root_write("var/lib/docker/containers/" A "/config.v2.json",
			"{\"Name\":\"/k8s_web_pod_ns_0\",\"Config\":{\"Image\":\"nginx\",\"Labels\":{"
			"\"io.kubernetes.container.name\":\"web\",\"io.kubernetes.pod.name\":\"pod-1\","
			"\"io.kubernetes.pod.namespace\":\"prod\",\"io.kubernetes.pod.uid\":\"" U "\"}}}");
	check(POD A, (struct expected){ "web", "nginx", "pod-1", "prod", U, "docker", ISOLATION_NAMESPACE });
}

static void docker_is_found_where_its_data_was_moved(void **state)
{
	static const char *const roots[] = { "var/lib/docker/165536.165536", "srv/docker-data",
					     "srv/docker-data/100000.100000", "var/snap/docker/common/var-lib-docker" };

	(void)state;
	host_root_write("etc/docker/daemon.json", "{\"data-root\":\"/srv/docker-data\"}");
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		char path[PATH_MAX], cgroup[128];

		snprintf(path, sizeof(path), "%s/containers/%064zx/config.v2.json", roots[i], i);
		host_root_write(path, "{\"Name\":\"/moved\",\"Config\":{\"Image\":\"img\"}}");
		snprintf(cgroup, sizeof(cgroup), "/docker/%064zx", i);
		check(cgroup, (struct expected){ "moved", "img", "", "", "", "docker", ISOLATION_NAMESPACE });
	}
}

static void reads_containerds_bundle_of_kubernetes(void **state)
{
	static const char config[] =
		"{\"annotations\":{\"io.kubernetes.cri.container-type\":\"container\",\"io.kubernetes.cri.container-name\":"
		"\"web\",\"io.kubernetes.cri.image-name\":\"docker.io/library/nginx:1\",\"io.kubernetes.cri.sandbox-name\":"
		"\"web-7f\",\"io.kubernetes.cri.sandbox-namespace\":\"prod\",\"io.kubernetes.cri.sandbox-uid\":\"" U
		"\"}}";

	(void)state;
	host_root_write("run/containerd" TASKS "k8s.io/" A "/config.json", config);
	host_root_write("run/k3s/containerd" TASKS "k8s.io/" B "/config.json", config);
	check(POD A, (struct expected){ "web", "docker.io/library/nginx:1", "web-7f", "prod", U, "containerd",
					ISOLATION_NAMESPACE });
	check("/kubepods.slice/cri-containerd-" B ".scope",
	      (struct expected){ "web", "docker.io/library/nginx:1", "web-7f", "prod", U, "containerd",
				 ISOLATION_NAMESPACE });
}

static void a_pods_own_container_is_called_pod(void **state)
{
	(void)state;
	host_root_write("run/containerd" TASKS "k8s.io/" A "/config.json",
			"{\"annotations\":{\"io.kubernetes.cri.container-type\":\"sandbox\","
			"\"io.kubernetes.cri.sandbox-name\":\"web-7f\"}}");
	check(POD A, (struct expected){ "POD", "", "web-7f", "", U, "containerd", ISOLATION_NAMESPACE });
	host_root_write(
		"run/containers/storage/overlay-containers/" B "/userdata/config.json",
		"{\"annotations\":{\"io.kubernetes.cri-o.ContainerType\":\"sandbox\",\"io.kubernetes.cri-o.KubeName\":"
		"\"web-7f\",\"io.kubernetes.cri-o.Namespace\":\"prod\",\"io.kubernetes.cri-o.Metadata\":"
		"\"{\\\"name\\\":\\\"web-7f\\\"}\"}}");
	check("/kubepods/pod" U "/crio-" B,
	      (struct expected){ "POD", "", "web-7f", "prod", U, "cri-o", ISOLATION_NAMESPACE });
}

static void containerd_namespaces_are_kept_apart(void **state)
{
	(void)state;
	host_root_write("run/containerd" TASKS "default/ctr1/config.json",
			"{\"annotations\":{\"nerdctl/name\":\"one\"}}");
	host_root_write("run/containerd" TASKS "k8s.io/ctr1/config.json",
			"{\"annotations\":{\"nerdctl/name\":\"two\"}}");
	host_root_write("run/containerd" TASKS "mine/" A "/config.json",
			"{\"annotations\":{\"nerdctl/name\":\"three\"}}");
	check("/default/ctr1", (struct expected){ "one", "", "", "default", "", "containerd", ISOLATION_NAMESPACE });
	check("/k8s.io/ctr1", (struct expected){ "two", "", "", "k8s.io", "", "containerd", ISOLATION_NAMESPACE });
	check("/mine/" A, (struct expected){ "three", "", "", "mine", "", "containerd", ISOLATION_NAMESPACE });
	/* systemd's path tells no namespace: all are searched */
	check("/system.slice/nerdctl-" A ".scope",
	      (struct expected){ "three", "", "", "", "", "containerd", ISOLATION_NAMESPACE });
}

static void reads_podmans_list_for_each_driver(void **state)
{
	static const char *const drivers[] = { "overlay", "vfs" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		char path[PATH_MAX], text[1024];

		snprintf(path, sizeof(path), "var/lib/containers/storage/%s-containers/containers.json", drivers[i]);
		snprintf(text, sizeof(text),
			 "[{\"id\":\"%s\",\"names\":[\"other\"]},{\"id\":\"%064zx\",\"names\":[\"%s-1\"],\"metadata\":"
			 "\"{\\\"image-name\\\":\\\"docker.io/library/alpine:3\\\",\\\"name\\\":\\\"%s-2\\\"}\"}]",
			 B, i, drivers[i], drivers[i]);
		host_root_write(path, text);
	}
	host_root_write("var/lib/containers/storage/overlay-containers/"
			"0000000000000000000000000000000000000000000000000000000000000000/userdata/config.json",
			"{\"annotations\":{\"io.container.manager\":\"libpod\"}}");
	check("/machine.slice/libpod-0000000000000000000000000000000000000000000000000000000000000000.scope/container",
	      (struct expected){ "overlay-2", "docker.io/library/alpine:3", "", "", "", "podman",
				 ISOLATION_NAMESPACE });
	check("/libpod_parent/libpod-0000000000000000000000000000000000000000000000000000000000000001",
	      (struct expected){ "vfs-2", "docker.io/library/alpine:3", "", "", "", "", ISOLATION_NAMESPACE });
	check("/libpod_parent/libpod-" B, (struct expected){ "other", "", "", "", "", "", ISOLATION_NAMESPACE });
}

static void the_infra_container_of_a_podman_pod_keeps_its_name(void **state)
{
	(void)state;
	host_root_write("var/lib/containers/storage/overlay-containers/" A "/userdata/config.json",
			"{\"annotations\":{\"io.container.manager\":\"libpod\","
			"\"io.kubernetes.cri-o.ContainerType\":\"sandbox\"}}");
	host_root_write("var/lib/containers/storage/overlay-containers/containers.json",
			"[{\"id\":\"" A "\",\"names\":[\"b1-infra\"]}]");
	check("/libpod_parent/libpod-" A,
	      (struct expected){ "b1-infra", "", "", "", "", "podman", ISOLATION_NAMESPACE });
}

static void reads_crios_userdata(void **state)
{
	(void)state;
	host_root_write(
		"run/containers/storage/overlay-containers/" A "/userdata/config.json",
		"{\"annotations\":{\"io.kubernetes.container.name\":\"web\",\"io.kubernetes.pod.name\":\"web-7f\","
		"\"io.kubernetes.pod.namespace\":\"prod\",\"io.kubernetes.pod.uid\":\"" U "\","
		"\"io.kubernetes.cri-o.ContainerType\":\"container\",\"io.kubernetes.cri-o.ImageName\":\"quay.io/n:1\","
		"\"io.kubernetes.cri-o.Image\":\"sha256:1\",\"io.kubernetes.cri-o.RuntimeHandler\":\"kata-qemu-snp\"}}");
	host_root_write("var/lib/containers/storage/overlay-containers/containers.json",
			"[{\"id\":\"" A "\",\"names\":[\"k8s_web_web-7f_prod\"]}]");
	check("/kubepods/besteffort/pod" U "/crio-" A,
	      (struct expected){ "web", "quay.io/n:1", "web-7f", "prod", U, "cri-o", ISOLATION_CONFIDENTIAL });
	check(POD A, (struct expected){ "web", "quay.io/n:1", "web-7f", "prod", U, "cri-o", ISOLATION_CONFIDENTIAL });
	host_root_write(
		"run/containers/storage/overlay-containers/" B "/userdata/config.json",
		"{\"annotations\":{\"io.kubernetes.cri-o.Metadata\":\"{\\\"name\\\":\\\"bare\\\",\\\"attempt\\\":0}\","
		"\"io.kubernetes.cri-o.ContainerType\":\"container\"}}");
	check("/crio/crio-" B, (struct expected){ "bare", "", "", "", "", "cri-o", ISOLATION_NAMESPACE });
}

static void rootless_containers_are_looked_for_at_their_users(void **state)
{
	(void)state;
	host_root_write("etc/passwd", "root:x:0:0::/root:/bin/sh\njo:x:1000:1000::/srv/home/jo:/bin/sh\n");
	host_root_write("srv/home/jo/.local/share/containers/storage/overlay-containers/containers.json",
			"[{\"id\":\"" A "\",\"names\":[\"mine\"]}]");
	host_root_write("srv/home/jo/.local/share/docker/containers/" B "/config.v2.json",
			"{\"Name\":\"/own\",\"Config\":{\"Image\":\"img\"}}");
	check(USER_SLICE "/libpod-" A ".scope/container",
	      (struct expected){ "mine", "", "", "", "", "", ISOLATION_USERNS });
	check(USER_SLICE "/docker-" B ".scope",
	      (struct expected){ "own", "img", "", "", "", "docker", ISOLATION_USERNS });
}

static void a_user_cannot_borrow_a_name_from_the_system(void **state)
{
	struct container_names names;

	(void)state;
	host_root_write("var/lib/docker/containers/" A "/config.v2.json", "{\"Name\":\"/web1\"}");
	assert_int_equal(read_path(USER_SLICE "/docker-" A ".scope", &names), -ENOENT);
}

static void plain_runtimes_are_told_by_their_state(void **state)
{
	struct container_names names;

	(void)state;
	assert_int_equal(read_path("/rc1", &names), -ENOENT);
	host_root_mkdir("run/runc");
	host_root_mkdir("run/runc/rc1");
	check("/rc1", (struct expected){ "rc1", "", "", "", "", "runc", ISOLATION_NAMESPACE });
	host_root_write("run/crun/rc2/config.json", "{\"annotations\":{\"run.oci.handler\":\"wasm\"}}");
	check("/rc2", (struct expected){ "rc2", "", "", "", "", "crun", ISOLATION_WASM });
	host_root_write("run/youki/rc3/config.json", "{}");
	check("/:youki:rc3", (struct expected){ "rc3", "", "", "", "", "youki", ISOLATION_NAMESPACE });
}

static void those_without_files_are_named_by_their_path(void **state)
{
	(void)state;
	check("/lxc.payload.c1", (struct expected){ "c1", "", "", "", "", "", ISOLATION_NAMESPACE });
	check("/machine.slice/machine-web\\x2d1.scope",
	      (struct expected){ "web-1", "", "", "", "", "", ISOLATION_NAMESPACE });
	check("/nomad.slice/share.slice/" U ".web.scope",
	      (struct expected){ "web", "", "", "", "", "", ISOLATION_NAMESPACE });
	check("/firecracker/vm1", (struct expected){ "vm1", "", "", "", "", "", ISOLATION_MICROVM });
	check("/user.slice/user-7.slice/user@7.service/app.slice/dbus.service",
	      (struct expected){ "dbus.service", "", "", "user@7.service", "", "", ISOLATION_NAMESPACE });
}

static void the_shim_and_its_options_are_evidence(void **state)
{
	static const struct {
		const char *file, *text;
		enum container_isolation isolation;
	} files[] = {
		{ "shim-binary-path", "/usr/bin/containerd-shim-spin-v2", ISOLATION_WASM },
		{ "runtime", "/usr/bin/runsc", ISOLATION_GVISOR },
		{ "options.json", "{\"binary_name\":\"/usr/bin/crun-wasm\"}", ISOLATION_WASM },
		{ "options.json", "{\"binary_name\":[7]}", ISOLATION_NAMESPACE },
		{ "options.json", "not JSON", ISOLATION_NAMESPACE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char path[PATH_MAX], cgroup[64];

		snprintf(path, sizeof(path), "run/containerd" TASKS "default/c%zu/config.json", i);
		host_root_write(path, "{}");
		snprintf(path, sizeof(path), "run/containerd" TASKS "default/c%zu/%s", i, files[i].file);
		host_root_write(path, files[i].text);
		snprintf(cgroup, sizeof(cgroup), "/default/c%zu", i);
		check(cgroup, (struct expected){ "", "", "", "default", "", "containerd", files[i].isolation });
	}
}

static void docker_containers_are_judged_by_their_bundle_too(void **state)
{
	(void)state;
	host_root_write("var/lib/docker/containers/" A "/config.v2.json", "{\"Name\":\"/w\"}");
	host_root_write("run/docker/containerd/daemon" TASKS "moby/" A "/config.json",
			"{\"linux\":{\"uidMappings\":[{}],\"namespaces\":[{\"type\":\"user\"}]}}");
	check("/docker/" A, (struct expected){ "w", "", "", "", "", "docker", ISOLATION_USERNS });
	host_root_write("var/lib/docker/containers/" A "/hostconfig.json",
			"{\"Runtime\":\"io.containerd.wasmedge.v1\"}");
	check("/docker/" A, (struct expected){ "w", "", "", "", "", "docker", ISOLATION_WASM });
}

static void a_file_that_is_not_there_yet_is_no_error_of_the_files(void **state)
{
	static const char *const paths[] = {
		"/docker/" A,	     "/default/ctr1", POD A,	"/crio/crio-" A, "/libpod_parent/libpod-" A,
		"/kata_overhead/" A, "/rc1",	      "/x/y/" A
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct container_names names = { .name = (char *)"untouched" };

		assert_int_equal(read_path(paths[i], &names), -ENOENT);
		assert_string_equal(names.name, "untouched");
	}
}

static void refuses_what_is_not_json(void **state)
{
	static const char *const texts[] = {
		"", "{", "{\"Name\":", "{\"Name\":\"a\xff\"}", "nope", "{} {}", "{\"Name\":\"\\ud800\"}"
	};
	struct container_names names = { .name = (char *)"untouched" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		host_root_write("var/lib/docker/containers/" A "/config.v2.json", texts[i]);
		assert_int_equal(read_path("/docker/" A, &names), -EBADMSG);
	}
	assert_string_equal(names.name, "untouched");
}

static void json_of_another_shape_gives_no_names(void **state)
{
	static const char *const texts[] = {
		"[]", "{}", "7", "null", "{\"Name\":7,\"Config\":[]}", "{\"Config\":{\"Image\":{},\"Labels\":7}}"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		host_root_write("var/lib/docker/containers/" A "/config.v2.json", texts[i]);
		if (texts[i][0] == '7' || texts[i][0] == 'n') {
			struct container_names names;

			assert_int_equal(read_path("/docker/" A, &names), -EBADMSG);
			continue;
		}
		check("/docker/" A, (struct expected){ "", "", "", "", "", "docker", ISOLATION_NAMESPACE });
	}
}

static void refuses_a_file_that_is_too_large(void **state)
{
	char *text = malloc(RUNTIME_FILES_MAX_BYTES + 1);
	struct container_names names;

	(void)state;
	assert_non_null(text);
	memset(text, ' ', RUNTIME_FILES_MAX_BYTES + 1);
	memcpy(text, "{}", 2);
	host_root_write_bytes("var/lib/docker/containers/" A "/config.v2.json", text, RUNTIME_FILES_MAX_BYTES + 1);
	assert_int_equal(read_path("/docker/" A, &names), -EFBIG);
	host_root_write_bytes("var/lib/docker/containers/" A "/config.v2.json", text, RUNTIME_FILES_MAX_BYTES);
	check("/docker/" A, (struct expected){ "", "", "", "", "", "docker", ISOLATION_NAMESPACE });
	free(text);
}

static void refuses_what_is_no_regular_file(void **state)
{
	char path[PATH_MAX];
	struct container_names names;

	(void)state;
	host_root_path(path, "var/lib/docker/containers/" A "/config.v2.json");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(read_path("/docker/" A, &names), -EBADMSG); /* and does not wait for a writer */
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(read_path("/docker/" A, &names), -EBADMSG);
}

static void refuses_ids_that_lead_elsewhere(void **state)
{
	static const char *const ids[] = { "", ".", "..", "../x", "a/b", "/etc" };
	struct container_names names;

	(void)state;
	host_root_write("var/lib/docker/x/config.v2.json", "{\"Name\":\"/x\"}");
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct cgroup_identity identity = { .runtime = "docker", .manager = "docker", .user = CGROUP_NO_USER };

		strcpy(identity.id, ids[i]);
		assert_int_equal(runtime_files_read(host_root, &identity, &names), -EBADMSG);
	}
}

static void symbolic_links_stay_below_the_root(void **state)
{
	struct container_names names;
	char outside[PATH_MAX];

	(void)state;
	host_root_write("data/docker/containers/" A "/config.v2.json", "{\"Name\":\"/inside\"}");
	host_root_link("/data/docker", "var/lib/docker");
	check("/docker/" A, (struct expected){ "inside", "", "", "", "", "docker", ISOLATION_NAMESPACE });
	/* the same files by their path on this machine */
	snprintf(outside, sizeof(outside), "%s/data/docker/containers/" A, host_root);
	host_root_link(outside, "data/docker/containers/" B);
	assert_int_equal(read_path("/docker/" B, &names), -ENOENT);
}

static void a_label_with_a_nul_does_not_hide_the_name(void **state)
{
	(void)state;
	host_root_write(
		"var/lib/docker/containers/" A "/config.v2.json",
		"{\"Config\":{\"Labels\":{\"a\\u0000b\":\"c\\u0000d\"},\"Image\":\"evil\\\\u0000x\"},\"Name\":\"/we\\u0000b\"}");
	check("/docker/" A, (struct expected){ "we\xef\xbf\xbd"
					       "b",
					       "evil\\u0000x", "", "", "", "docker", ISOLATION_NAMESPACE });
}

static void a_name_without_end_is_cut_between_characters(void **state)
{
	size_t size = 3 * 100000;
	char *text = malloc(size + 64);
	struct container_names names;
	size_t used;

	(void)state;
	assert_non_null(text);
	used = (size_t)sprintf(text, "{\"Name\":\"/");
	for (size_t i = 0; i < size; i += 3)
		memcpy(text + used + i, "\xe2\x82\xac", 3);
	strcpy(text + used + size, "\"}");
	host_root_write("var/lib/docker/containers/" A "/config.v2.json", text);
	free(text);
	assert_int_equal(read_path("/docker/" A, &names), 0);
	assert_int_equal(strlen(names.name), 4095);
	container_names_free(&names);
}

static void a_namespace_of_containerd_is_no_container(void **state)
{
	(void)state;
	assert_false(runtime_files_is_group(host_root, "mine"));
	host_root_write("run/containerd" TASKS "mine/" A "/config.json", "{}");
	assert_true(runtime_files_is_group(host_root, "mine"));
	assert_false(runtime_files_is_group(host_root, "other"));
	assert_false(runtime_files_is_group(host_root, ".."));
	assert_false(runtime_files_is_group(host_root, "mine/" A));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, host_root_make, host_root_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_dockers_own_files),
		TEST(docker_under_kubernetes_is_named_by_its_labels),
		TEST(docker_is_found_where_its_data_was_moved),
		TEST(reads_containerds_bundle_of_kubernetes),
		TEST(a_pods_own_container_is_called_pod),
		TEST(containerd_namespaces_are_kept_apart),
		TEST(reads_podmans_list_for_each_driver),
		TEST(the_infra_container_of_a_podman_pod_keeps_its_name),
		TEST(reads_crios_userdata),
		TEST(rootless_containers_are_looked_for_at_their_users),
		TEST(a_user_cannot_borrow_a_name_from_the_system),
		TEST(plain_runtimes_are_told_by_their_state),
		TEST(those_without_files_are_named_by_their_path),
		TEST(the_shim_and_its_options_are_evidence),
		TEST(docker_containers_are_judged_by_their_bundle_too),
		TEST(a_file_that_is_not_there_yet_is_no_error_of_the_files),
		TEST(refuses_what_is_not_json),
		TEST(json_of_another_shape_gives_no_names),
		TEST(refuses_a_file_that_is_too_large),
		TEST(refuses_what_is_no_regular_file),
		TEST(refuses_ids_that_lead_elsewhere),
		TEST(symbolic_links_stay_below_the_root),
		TEST(a_label_with_a_nul_does_not_hide_the_name),
		TEST(a_name_without_end_is_cut_between_characters),
		TEST(a_namespace_of_containerd_is_no_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
