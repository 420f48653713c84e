/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of snapshots: procfs' texts, secrets, bounds, files and their rotation. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cleanup.h"
#include "fake_proc.h"
#include "respond/incident_memory.h"
#include "respond/incident_process.h"
#include "respond/incident_store.h"
#include "respond/proc_read.h"
#include "respond/proc_text.h"

#define ID "0123456789abcdef0123456789abcdef"

static void a_status_is_read_whatever_the_name_says(void **state)
{
	static const char text[] = "Name:\tPPid:\\n7\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t42\nPPid:\t1\n"
				   "TracerPid:\t9\nUid:\t1000\t1001\t1002\t1003\nGid:\t5\t6\t7\t8\nGroups:\t10 20 \n"
				   "NSpid:\t42\t3\t1\nThreads:\t2\nCapEff:\t00000000a80425fb\nNoNewPrivs:\t1\n"
				   "Seccomp:\t2\nVmRSS:\t  128 kB\n";
	struct proc_status status;

	(void)state;
	assert_int_equal(proc_text_status(text, &status), 0);
	assert_string_equal(status.name, "PPid:\\n7");
	assert_int_equal(status.state, 'S');
	assert_int_equal(status.parent_pid, 1);
	assert_int_equal(status.tracer_pid, 9);
	assert_int_equal(status.uids[1], 1001);
	assert_int_equal(status.gids[3], 8);
	assert_int_equal(status.group_count, 2);
	assert_int_equal(status.groups[1], 20);
	assert_int_equal(status.namespace_pid, 1);
	assert_int_equal(status.capabilities[PROC_CAPABILITIES_EFFECTIVE], 0xa80425fb);
	assert_true(status.no_new_privileges);
	assert_int_equal(status.seccomp, 2);
	assert_int_equal(status.resident_kib, 128);
	assert_int_equal(proc_text_status("Name:\tx\n", &status), -EBADMSG);
	assert_int_equal(proc_text_status("", &status), -EBADMSG);
}

static void a_mount_is_read_with_its_escapes(void **state)
{
	static const char *const wrong[] = { "", "1 2 3", "1 2 8:1 / /x rw",
					     "1 2 8:1 / /x rw shared:1 ext4 /dev/sda rw", "1 2 x / /x rw - ext4 s rw" };
	struct proc_mount mount;

	(void)state;
	assert_int_equal(
		proc_text_mount("36 35 98:0 /mnt1 /a\\040b\\134 rw,noatime master:1 shared:2 - ext3 /dev/root rw",
				&mount),
		0);
	assert_string_equal(mount.point, "/a b\\");
	assert_string_equal(mount.root, "/mnt1");
	assert_string_equal(mount.type, "ext3");
	assert_string_equal(mount.source, "/dev/root");
	assert_int_equal(mount.major, 98);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(proc_text_mount(wrong[i], &mount), -EBADMSG);
}

static void sockets_are_read_in_both_families(void **state)
{
	struct proc_socket socket;
	const char *path;
	uint64_t inode;

	(void)state;
	assert_int_equal(
		proc_text_socket("   0: 0100007F:1F90 020200C0:0050 01 00000000:00000000 00:00000000 00000000  "
				 "   0        0 4711 1 0000000000000000 100",
				 &socket),
		0);
	assert_string_equal(socket.local, "127.0.0.1:8080");
	assert_string_equal(socket.remote, "192.0.2.2:80");
	assert_int_equal(socket.inode, 4711);
	assert_string_equal(proc_text_socket_state(socket.state), "established");
	assert_int_equal(
		proc_text_socket("   1: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 "
				 "0A 00000000:00000000 00:00000000 00000000     0        0 12 1",
				 &socket),
		0);
	assert_string_equal(socket.local, "[::1]:22");
	assert_int_equal(proc_text_socket("  sl  local_address rem_address   st tx_queue", &socket), -EBADMSG);
	assert_int_equal(proc_text_socket("0: 0100007F:1F90 XX:0050 01 0:0 0:0 0 0 0 1", &socket), -EBADMSG);
	assert_string_equal(proc_text_socket_state(4711), "unknown");
	assert_int_equal(proc_text_unix_socket("0000000000000000: 00000002 00000000 00010000 0001 01 77 /run/x y",
					       &inode, &path),
			 0);
	assert_int_equal(inode, 77);
	assert_string_equal(path, "/run/x y");
	assert_int_equal(proc_text_unix_socket("0: 2 0 0 1 1 78", &inode, &path), 0);
	assert_string_equal(path, "");
}

static const char *variable(const json_t *list, const char *name, const char *key)
{
	size_t index;
	json_t *entry;

	json_array_foreach (list, index, entry)
		if (strcmp(json_string_value(json_object_get(entry, "name")), name) == 0)
			return json_is_true(json_object_get(entry, key))
				       ? "true"
				       : json_string_value(json_object_get(entry, key));
	return NULL;
}

static void no_value_of_the_environment_is_kept_that_may_be_a_secret(void **state)
{
	static const char block[] = "PATH=/bin\0AWS_SECRET_ACCESS_KEY=abc\0LD_PRELOAD=/tmp/x.so\0X=hunter2\0hunter3\0"
				    "LC_ALL=C\0PATHX=hunter4\0=hunter5\0EMPTY=";
	struct incident_bounds bounds;
	json_t *list;
	char *text;

	(void)state;
	assert_true(incident_bounds_new(&bounds, 10000, 1000));
	list = incident_environment(&bounds, block, sizeof(block) - 1);
	assert_string_equal(variable(list, "PATH", "value"), "/bin");
	assert_string_equal(variable(list, "LD_PRELOAD", "value"), "/tmp/x.so");
	assert_string_equal(variable(list, "LC_ALL", "value"), "C");
	assert_string_equal(variable(list, "AWS_SECRET_ACCESS_KEY", "redacted"), "true");
	assert_string_equal(variable(list, "X", "redacted"), "true");
	assert_null(variable(list, "X", "value"));
	text = json_dumps(list, 0);
	assert_null(strstr(text, "hunter"));
	assert_null(strstr(text, "abc"));
	free(text);
	json_decref(list);
	json_decref(bounds.left_out);
}

static void secrets_are_known_by_their_names(void **state)
{
	static const char *const secrets[] = { "db_password", "API-KEY", "x.Token", "aws_secret", "PASSWD" };
	static const char *const others[] = { "io.kubernetes.pod.name", "org.opencontainers.image.ref", "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++)
		assert_true(incident_is_secret_name(secrets[i], strlen(secrets[i])));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(incident_is_secret_name(others[i], strlen(others[i])));
}

static void texts_are_bounded_and_repaired(void **state)
{
	struct incident_bounds bounds;
	json_t *text;

	(void)state;
	assert_true(incident_bounds_new(&bounds, 8, 1000));
	text = incident_text(&bounds, "a\xff\xc3\xa4z", 5, 100);
	assert_string_equal(json_string_value(text), "a\xef\xbf\xbd\xc3\xa4z");
	json_decref(text);
	assert_false(incident_bounds_over(&bounds));
	text = incident_text(&bounds, "\xc3\xa4\xc3\xa4", 4, 100); /* one byte is left: no half character */
	assert_string_equal(json_string_value(text), "");
	json_decref(text);
	text = incident_text(&bounds, "xyz", 3, 100);
	assert_string_equal(json_string_value(text), "x");
	json_decref(text);
	assert_true(incident_bounds_over(&bounds));
	assert_true(incident_bounds_over(&bounds));
	assert_int_equal(json_array_size(bounds.left_out), 1);
	json_decref(bounds.left_out);
}

static void a_process_is_described_as_it_is(void **state)
{
	struct incident_sockets *sockets = incident_sockets_new();
	struct incident_bounds bounds;
	AUTO_CLOSE int fd = proc_open("/proc", "self");
	json_t *process, *executable;

	(void)state;
	assert_true(incident_bounds_new(&bounds, 1 << 20, 2000));
	process = incident_process("/proc", fd, getpid(), sockets, &bounds);
	assert_non_null(process);
	incident_memory(process, fd, &bounds);
	executable = json_object_get(process, "executable");
	assert_int_equal(json_integer_value(json_object_get(process, "parent_pid")), getppid());
	assert_non_null(strstr(json_string_value(json_object_get(executable, "path")), "incident_test"));
	assert_int_equal(strlen(json_string_value(json_object_get(executable, "sha256"))), 64);
	assert_true(json_array_size(json_object_get(process, "files")) >= 1);
	assert_true(json_array_size(json_object_get(process, "arguments")) == 1);
	json_decref(process);
	json_decref(bounds.left_out);
	incident_sockets_free(sockets);
}

struct listing {
	char names[8][INCIDENT_NAME_SIZE];
	size_t count;
};

static void keep_name(void *context, const char *name)
{
	struct listing *listing = context;

	snprintf(listing->names[listing->count++], INCIDENT_NAME_SIZE, "%s", name);
}

static void incidents_are_kept_for_root_alone_and_the_oldest_go(void **state)
{
	struct incident_stored stored;
	struct listing listing = { .count = 0 };
	char folder[32], path[64], file[256];
	struct stat status;

	(void)state;
	make_folder(folder);
	snprintf(path, sizeof(path), "%s/a/b", folder);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(incident_store_write(path, ID, "{}", 2, 2, 1 << 20, &stored), 0);
		assert_int_equal(stored.rotated, i >= 2);
		usleep(2000); /* their names tell milliseconds */
	}
	assert_int_equal(stored.count, 2);
	assert_int_equal(stored.bytes, 4);
	assert_int_equal(incident_store_list(path, keep_name, &listing), 2);
	assert_string_equal(listing.names[1], stored.name);
	assert_true(strcmp(listing.names[0], listing.names[1]) < 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	snprintf(file, sizeof(file), "%s/%s", path, stored.name);
	assert_int_equal(stat(file, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	/* their size counts too, but never against the one just written */
	assert_int_equal(incident_store_write(path, ID, "{        }", 10, 100, 5, &stored), 0);
	assert_int_equal(stored.rotated, 2);
	assert_int_equal(stored.count, 1);
	remove_folder(folder);
}

static void a_directory_that_others_may_write_to_is_refused(void **state)
{
	struct incident_stored stored;
	char folder[32];

	(void)state;
	make_folder(folder);
	assert_int_equal(chmod(folder, 0777), 0);
	assert_int_equal(incident_store_write(folder, ID, "{}", 2, 2, 100, &stored), -EPERM);
	assert_int_equal(chmod(folder, 0700), 0);
	put_text(folder, "file", "");
	remove_folder(folder);
	assert_int_equal(incident_store_list(folder, keep_name, NULL), -ENOENT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_is_read_whatever_the_name_says),
		cmocka_unit_test(a_mount_is_read_with_its_escapes),
		cmocka_unit_test(sockets_are_read_in_both_families),
		cmocka_unit_test(no_value_of_the_environment_is_kept_that_may_be_a_secret),
		cmocka_unit_test(secrets_are_known_by_their_names),
		cmocka_unit_test(texts_are_bounded_and_repaired),
		cmocka_unit_test(a_process_is_described_as_it_is),
		cmocka_unit_test(incidents_are_kept_for_root_alone_and_the_oldest_go),
		cmocka_unit_test(a_directory_that_others_may_write_to_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
