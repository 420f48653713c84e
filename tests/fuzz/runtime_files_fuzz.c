/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as the files of every runtime. The first byte chooses whose
 * container it is, the rest is what each of its files holds.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "state/container_labels.h"
#include "state/runtime_files.h"
#include "state/utf8.h"

#define A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define BUNDLE "run/containerd/io.containerd.runtime.v2.task/k8s.io/" A
#define STORAGE "var/lib/containers/storage/overlay-containers"

static const char *const directories[] = {
	"run",
	"run/containerd",
	"run/containerd/io.containerd.runtime.v2.task",
	"run/containerd/io.containerd.runtime.v2.task/k8s.io",
	BUNDLE,
	"run/crun",
	"run/crun/rc1",
	"var",
	"var/lib",
	"var/lib/docker",
	"var/lib/docker/containers",
	"var/lib/docker/containers/" A,
	"var/lib/containers",
	"var/lib/containers/storage",
	STORAGE,
	STORAGE "/" A,
	STORAGE "/" A "/userdata",
	"etc",
	"etc/docker",
};

static const char *const files[] = {
	BUNDLE "/config.json",
	BUNDLE "/options.json",
	BUNDLE "/shim-binary-path",
	"run/crun/rc1/config.json",
	"var/lib/docker/containers/" A "/config.v2.json",
	"var/lib/docker/containers/" A "/hostconfig.json",
	STORAGE "/containers.json",
	STORAGE "/" A "/userdata/config.json",
	"etc/docker/daemon.json",
	"etc/passwd",
};

static const char *const paths[] = {
	"/docker/" A,	     "/kubepods/pod6c5fbb0c-1b2e-4c4d-9a6b-0f1e2d3c4b5a/" A,
	"/crio/crio-" A,     "/libpod_parent/libpod-" A,
	"/k8s.io/" A,	     "/rc1",
	"/kata_overhead/" A, "/user.slice/user-1000.slice/user@1000.service/libpod-" A ".scope",
};

static char root[] = "/dev/shm/picket-fuzz-XXXXXX";
static int root_fd;

static void remove_root(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlinkat(root_fd, files[i], 0);
	for (size_t i = ARRAY_SIZE(directories); i > 0; i--)
		unlinkat(root_fd, directories[i - 1], AT_REMOVEDIR);
	rmdir(root);
}

static void make_root(void)
{
	if (!mkdtemp(root))
		abort();
	root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		if (mkdirat(root_fd, directories[i], 0700))
			abort();
	atexit(remove_root);
}

static void write_files(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int fd = openat(root_fd, files[i], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		if (fd < 0 || write(fd, data, size) != (ssize_t)size)
			abort();
		close(fd);
	}
}

/* What Prometheus would be sent. */
static void check_labels(const struct container_names *names)
{
	struct container container = { .id = (char *)"",
				       .name = names->name,
				       .image = names->image,
				       .pod = names->pod,
				       .namespace = names->namespace,
				       .pod_uid = names->pod_uid,
				       .runtime = "",
				       .cgroup_path = (char *)"/",
				       .isolation = names->isolation };

	if (names->isolation.class >= ISOLATION_COUNT)
		abort();
	if (container_render_labels(&container))
		return;
	if (utf8_valid_size(container.labels, container.labels_size) != container.labels_size ||
	    strchr(container.labels, '\n') || strchr(container.info_labels, '\n'))
		abort();
	free(container.labels);
	free(container.info_labels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool made;
	struct cgroup_identity identity;
	struct container_names names;

	if (!size)
		return 0;
	if (!made)
		make_root();
	made = true;
	write_files(data + 1, size - 1);
	cgroup_path_identify(paths[data[0] % ARRAY_SIZE(paths)], &identity);
	if (!runtime_files_read(root, &identity, &names)) {
		check_labels(&names);
		container_names_free(&names);
	}
	return 0;
}
