/* SPDX-License-Identifier: GPL-2.0-only */
/* Every way to start a program under another name, from another place, or by another call than its path says. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "operations.h"

#define EXECVE_32 11

extern char **environ;

/* State that prepare() leaves for run(). */
static int program_fd = -1;
static const char *started; /* this file */
static struct {
	char path[128];
	uint32_t arguments[2];
} * low;

static void start_file(const char *path, char *const arguments[])
{
	pid_t child = vfork();

	if (child == 0) {
		execve(path, arguments, environ);
		_exit(127);
	}
	waitpid(child, NULL, 0);
}

static int copy_file(const char *from, const char *to)
{
	AUTO_CLOSE int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	char buffer[65536];
	ssize_t size;

	while ((size = read(in, buffer, sizeof(buffer))) > 0)
		if (write(out, buffer, size) != size)
			return -errno;
	return in < 0 || out < 0 ? -errno : 0;
}

/* The files lie on a file system that goes with the process: "@program" is copied, @name made of it. */
static int with_file_of_name(const struct operations_place *place, const char *name)
{
	AUTO_CLOSE int program = open(place->directory, O_PATH | O_CLOEXEC);
	char from[64];

	snprintf(from, sizeof(from), "/proc/self/fd/%d/program", program);
	if (mount("none", place->directory, "tmpfs", 0, NULL) || chdir(place->directory))
		return -errno;
	return copy_file(from, name);
}

static int with_wanted(const struct operations_place *place)
{
	return with_file_of_name(place, "wanted");
}

/* The name that rules know leads to a program of another one, and the other way around. */
static int with_innocent_link(const struct operations_place *place)
{
	int error = with_wanted(place);

	return error || !symlink("wanted", "innocent") ? error : -errno;
}

static int with_wanted_link(const struct operations_place *place)
{
	int error = with_file_of_name(place, "innocent");

	return error || !symlink("innocent", "wanted") ? error : -errno;
}

static int with_busybox(const struct operations_place *place)
{
	return with_file_of_name(place, "busybox");
}

static void by_innocent_link(const struct operations_place *place)
{
	(void)place;
	start_file("innocent", (char *[]){ "innocent", NULL });
}

static void by_wanted_link(const struct operations_place *place)
{
	(void)place;
	start_file("./wanted", (char *[]){ "innocent", NULL });
}

static void by_relative_path(const struct operations_place *place)
{
	(void)place;
	start_file("./../../proc/self/cwd/wanted", (char *[]){ "innocent", NULL });
}

static void by_first_argument(const struct operations_place *place)
{
	(void)place;
	start_file("wanted", (char *[]){ "/bin/innocent", NULL });
}

static void by_applet(const struct operations_place *place)
{
	(void)place;
	start_file("busybox", (char *[]){ "busybox", "wanted", NULL });
}

static void by_no_arguments(const struct operations_place *place)
{
	(void)place;
	start_file("wanted", (char *[]){ NULL });
}

static int in_directory(const struct operations_place *place)
{
	return chdir(place->directory) ? -errno : 0;
}

static void by_command(const struct operations_place *place)
{
	(void)place;
	start_file("program", (char *[]){ "sh", "-c", "echo", NULL });
}

/* Of a script that is the interpreter of a script. */
static int with_script_of_script(const struct operations_place *place)
{
	char text[128];

	snprintf(text, sizeof(text), "#!%s/script\n", place->directory);
	operations_write(place->directory, "made", text, 0755);
	return in_directory(place);
}

static void by_script_of_script(const struct operations_place *place)
{
	(void)place;
	start_file("made", (char *[]){ "made", NULL });
}

static int with_deleted_program(const struct operations_place *place)
{
	int error = with_wanted(place);

	if (error)
		return error;
	program_fd = open("wanted", O_PATH);
	return program_fd >= 0 && !unlink("wanted") ? 0 : -errno;
}

static void by_descriptor(const struct operations_place *place)
{
	char path[64];

	(void)place;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", program_fd);
	start_file(path, (char *[]){ "innocent", NULL });
}

/* A thread that is not the first one: the process goes on as the program. */
static void *start_wanted(void *unused)
{
	(void)unused;
	execve("wanted", (char *[]){ "innocent", NULL }, environ);
	return NULL;
}

static void by_thread(const struct operations_place *place)
{
	pid_t child = fork();
	pthread_t thread;

	(void)place;
	if (child == 0) {
		pthread_create(&thread, NULL, start_wanted, NULL);
		pause();
	}
	waitpid(child, NULL, 0);
}

static int with_low_path(const struct operations_place *place)
{
	int error = operations_low_memory((void **)&low);

	if (error)
		return error;
	snprintf(low->path, sizeof(low->path), "%s/program", place->directory);
	low->arguments[0] = (uintptr_t)low->path;
	low->arguments[1] = 0;
	return 0;
}

static void by_int80(const struct operations_place *place)
{
	pid_t child = fork();
	int result;

	(void)place;
	if (child == 0) {
		__asm__ volatile("int $0x80"
				 : "=a"(result)
				 : "a"(EXECVE_32), "b"((uint32_t)(uintptr_t)low->path),
				   "c"((uint32_t)(uintptr_t)low->arguments), "d"(0)
				 : "memory");
		_exit(127);
	}
	waitpid(child, NULL, 0);
}

/* A container's root: "tool" comes from the image, what else is there was written after the start. */
static int with_layers(const struct operations_place *place)
{
	int error = with_file_of_name(place, "source");

	if (error)
		return error;
	if (mkdir("lower", 0755) || mkdir("upper", 0755) || mkdir("work", 0755) || mkdir("merged", 0755) ||
	    rename("source", "lower/tool") ||
	    mount("none", "merged", "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work") || chdir("merged"))
		return -errno;
	started = "tool";
	return 0;
}

static int with_copy_in_upper_layer(const struct operations_place *place)
{
	int error = with_layers(place);

	started = "innocent";
	return error ? error : copy_file("tool", "innocent");
}

/* The image's own program under another name: its file was copied up. */
static int with_renamed_program(const struct operations_place *place)
{
	int error = with_layers(place);

	started = "innocent";
	return error || !rename("tool", "innocent") ? error : -errno;
}

/* Its content was written anew. */
static int with_changed_program(const struct operations_place *place)
{
	int error = with_layers(place), fd;

	if (error)
		return error;
	fd = open("tool", O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0 || write(fd, "x", 1) != 1)
		return -errno;
	close(fd);
	return 0;
}

static void by_layer(const struct operations_place *place)
{
	(void)place;
	start_file(started, (char *[]){ "innocent", NULL });
}

#define EXECS \
	.adds = { { PICKET_COUNTER_PROCESS_EXECS, 1 }, \
		  { PICKET_COUNTER_PROCESS_FORKS, 1 }, \
		  { PICKET_COUNTER_PROCESS_EXITS_EXITED, 1 } }, \
	.add_count = 3, .event = PICKET_KIND_PROCESS_EXEC
#define WANTED EXECS, .text = "/wanted", .rule = "named"
static const struct operation operations[] = {
	{ "exec/relative_path", with_wanted, by_relative_path, 10, WANTED },
	{ "exec/symlink", with_innocent_link, by_innocent_link, 10, WANTED },
	{ "exec/symlink_of_a_known_name", with_wanted_link, by_wanted_link, 10, EXECS, .text = "/innocent",
	  .rule = "named" },
	{ "exec/other_first_argument", with_wanted, by_first_argument, 10, WANTED },
	{ "exec/no_arguments", with_wanted, by_no_arguments, 1, WANTED },
	{ "exec/busybox_applet", with_busybox, by_applet, 10, EXECS, .text = "/busybox", .rule = "named" },
	{ "exec/interpreter_c", in_directory, by_command, 10, EXECS, .text = "/program", .rule = "command program" },
	{ "exec/script_of_a_script", with_script_of_script, by_script_of_script, 10, EXECS, .text = "/program",
	  .rule = "program" },
	{ "exec/deleted_file", with_deleted_program, by_descriptor, 10, EXECS, .rule = "deleted named" },
	{ "exec/from_a_thread", with_wanted, by_thread, 10, WANTED },
	{ "exec/int80", with_low_path, by_int80, 10, EXECS, .text = "/program", .rule = "program" },
	{ "exec/less_than_a_millisecond", with_wanted, by_first_argument, 200, WANTED },
	{ "exec/image_layer", with_layers, by_layer, 10, EXECS, .text = "/merged/tool", .rule = "image" },
	{ "exec/upper_layer", with_copy_in_upper_layer, by_layer, 10, EXECS, .text = "/merged/innocent",
	  .rule = "upper" },
	{ "exec/renamed_binary", with_renamed_program, by_layer, 10, EXECS, .text = "/merged/innocent",
	  .rule = "upper" },
	{ "exec/changed_binary", with_changed_program, by_layer, 10, EXECS, .text = "/merged/tool",
	  .rule = "image upper" },
};
const struct operation_set program_operations = { operations, ARRAY_SIZE(operations) };
