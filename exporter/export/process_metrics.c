/* SPDX-License-Identifier: GPL-2.0-only */
#include "export/process_metrics.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cleanup.h"
#include "export/family.h"

struct process_values {
	unsigned long long user_ticks, system_ticks, threads, start_ticks, virtual_bytes, resident_pages;
};

static int read_stat(const char *procfs_path, struct process_values *values)
{
	AUTO_FCLOSE FILE *file = NULL;
	char path[PATH_MAX], text[2048], *end;
	size_t size;

	snprintf(path, sizeof(path), "%s/self/stat", procfs_path);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = '\0';
	end = strrchr(text, ')');
	/* after the name: state, ppid ... utime is the 14th field of the line, counted from 1 */
	if (!end ||
	    sscanf(end + 1,
		   " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %llu %*d %llu %llu %llu",
		   &values->user_ticks, &values->system_ticks, &values->threads, &values->start_ticks,
		   &values->virtual_bytes, &values->resident_pages) != 6)
		return -EBADMSG;
	return 0;
}

static double boot_time(const char *procfs_path)
{
	AUTO_FCLOSE FILE *file = NULL;
	AUTO_FREE char *line = NULL;
	char path[PATH_MAX];
	double seconds = 0;
	size_t size = 0;

	snprintf(path, sizeof(path), "%s/stat", procfs_path);
	file = fopen(path, "re");
	while (file && getline(&line, &size, file) > 0)
		if (sscanf(line, "btime %lf", &seconds) == 1)
			break;
	return seconds;
}

static unsigned int count_descriptors(const char *procfs_path)
{
	AUTO_CLOSEDIR DIR *directory = NULL;
	char path[PATH_MAX];
	unsigned int count = 0;

	snprintf(path, sizeof(path), "%s/self/fd", procfs_path);
	directory = opendir(path);
	while (directory && readdir(directory))
		count++;
	return count > 3 ? count - 3 : 0; /* ".", ".." and this directory's own */
}

int process_metrics_write(struct text *out, enum exposition_format format, const char *procfs_path)
{
	double ticks = sysconf(_SC_CLK_TCK);
	struct process_values values;
	struct rlimit files = { 0 }, memory = { 0 };
	int error = read_stat(procfs_path, &values);

	if (error)
		return error;
	getrlimit(RLIMIT_NOFILE, &files);
	getrlimit(RLIMIT_AS, &memory);
	const struct {
		enum family_type type;
		const char *name, *help;
		double value;
	} metrics[] = {
		{ FAMILY_COUNTER, "process_cpu_seconds", "Total user and system CPU time spent in seconds.",
		  (values.user_ticks + values.system_ticks) / ticks },
		{ FAMILY_GAUGE, "process_open_fds", "Number of open file descriptors.",
		  count_descriptors(procfs_path) },
		{ FAMILY_GAUGE, "process_max_fds", "Maximum number of open file descriptors.", files.rlim_cur },
		{ FAMILY_GAUGE, "process_virtual_memory_bytes", "Virtual memory size in bytes.", values.virtual_bytes },
		{ FAMILY_GAUGE, "process_virtual_memory_max_bytes",
		  "Maximum amount of virtual memory available in bytes.",
		  memory.rlim_cur == RLIM_INFINITY ? -1 : (double)memory.rlim_cur },
		{ FAMILY_GAUGE, "process_resident_memory_bytes", "Resident memory size in bytes.",
		  (double)values.resident_pages * getpagesize() },
		{ FAMILY_GAUGE, "process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
		  boot_time(procfs_path) + values.start_ticks / ticks },
		{ FAMILY_GAUGE, "process_threads", "Number of OS threads in the process.", values.threads },
	};
	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++) {
		family_begin(out, format, metrics[i].type, metrics[i].name, metrics[i].help);
		/* %.15g: byte counts and start times need more digits than 9 */
		text_add_format(out, "%s%s %.15g\n", metrics[i].name, metrics[i].type == FAMILY_COUNTER ? "_total" : "",
				metrics[i].value);
	}
	return 0;
}
