/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/incident_render.h"

#include <string.h>

#include "cleanup.h"
#include "cli/client.h"
#include "state/utf8.h"

#define DEPTH_MAX 32
#define LINE_SIZE 4096

/* What container engines leave to a process that asks for nothing. */
static const char *const usual_capabilities[] = {
	"CHOWN",  "DAC_OVERRIDE", "FSETID",  "FOWNER",	   "MKNOD", "NET_RAW",	   "SETGID",
	"SETUID", "SETFCAP",	  "SETPCAP", "SYS_CHROOT", "KILL",  "AUDIT_WRITE", "NET_BIND_SERVICE",
};

static const char *const own_mounts[] = { "proc",   "sysfs", "cgroup",	"cgroup2",    "mqueue",
					  "devpts", "tmpfs", "overlay", "securityfs", "devtmpfs" };

static json_int_t number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static bool is_in(const char *const *list, size_t count, const char *text)
{
	for (size_t i = 0; text && i < count; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

/* All strings of an array, with blanks between. */
static const char *join(const json_t *array, char buffer[LINE_SIZE])
{
	size_t index, used = 0;
	json_t *value;

	buffer[0] = '\0';
	json_array_foreach (array, index, value) {
		const char *text = json_string_value(value);

		if (index)
			used = utf8_append_printable(buffer, LINE_SIZE, used, " ", 1);
		if (text)
			used = utf8_append_printable(buffer, LINE_SIZE, used, text, strlen(text));
	}
	return buffer;
}

static void print_text(FILE *out, const char *format, const json_t *object, const char *key)
{
	char text[CLIENT_TEXT_SIZE];

	if (*client_text(object, key, text))
		fprintf(out, format, text);
}

static void print_head(FILE *out, const json_t *incident)
{
	const json_t *finding = json_object_get(incident, "finding"), *host = json_object_get(incident, "host");
	char text[CLIENT_TEXT_SIZE];

	fprintf(out, "Incident %s\n", client_text(incident, "id", text));
	fprintf(out, "  %s, taken in %lld ms", client_text(incident, "time", text),
		(long long)number(incident, "duration_ms"));
	print_text(out, " on %s", host, "name");
	print_text(out, ", Linux %s", host, "kernel");
	print_text(out, "\n  %s", finding, "severity");
	print_text(out, ", rule %s", finding, "rule");
	print_text(out, ":\n  %s\n", finding, "summary");
}

static void print_container(FILE *out, const json_t *container)
{
	char line[LINE_SIZE];

	if (!json_is_object(container)) {
		fprintf(out, "\nOf the host: no container\n");
		return;
	}
	print_text(out, "\nContainer %s", container, "name");
	print_text(out, " (%.12s)", container, "id");
	print_text(out, ", image %s", container, "image");
	print_text(out, ", %s", container, "runtime");
	print_text(out, ", isolation %s", container, "isolation");
	print_text(out, ", pod %s", container, "pod");
	print_text(out, " in %s", container, "namespace");
	print_text(out, "\n  cgroup %s\n", container, "cgroup");
	if (*join(json_object_get(container, "weaknesses"), line))
		fprintf(out, "  started with: %s\n", line);
}

static void print_process_line(FILE *out, const json_t *process, int depth, bool subject)
{
	char name[CLIENT_TEXT_SIZE], line[LINE_SIZE];
	json_int_t inside = number(process, "pid_in_namespace");

	fprintf(out, "%s%*s%s (pid %lld", subject ? "> " : "  ", depth * 2, "", client_text(process, "name", name),
		(long long)number(process, "pid"));
	if (inside && inside != number(process, "pid"))
		fprintf(out, ", %lld inside", (long long)inside);
	fprintf(out, ", user %lld)", (long long)number(json_object_get(process, "user"), "effective"));
	fprintf(out, " %s\n", join(json_object_get(process, "arguments"), line));
}

/* Whether the process's parent is in the list: else it is a root of the forest. */
static bool has_parent(const json_t *processes, const json_t *process)
{
	size_t index;
	json_t *other;

	json_array_foreach (processes, index, other)
		if (other != process && number(other, "pid") == number(process, "parent_pid"))
			return true;
	return false;
}

static void print_tree(FILE *out, const json_t *processes, json_int_t parent, int depth, json_int_t subject)
{
	size_t index;
	json_t *process;

	if (depth > DEPTH_MAX)
		return;
	json_array_foreach (processes, index, process) {
		json_int_t pid = number(process, "pid");

		if (depth ? number(process, "parent_pid") != parent : has_parent(processes, process))
			continue;
		print_process_line(out, process, depth, pid == subject);
		if (pid != parent)
			print_tree(out, processes, pid, depth + 1, subject);
	}
}

static void print_processes(FILE *out, const json_t *incident)
{
	const json_t *subject = json_object_get(incident, "subject"),
		     *ancestors = json_object_get(incident, "ancestors");
	char name[CLIENT_TEXT_SIZE];
	json_t *ancestor;
	size_t index;

	fprintf(out, "\nProcesses (\">\": the finding's%s)\n",
		json_is_true(json_object_get(subject, "alive")) ? "" : "; it had ended before it could be looked at");
	print_tree(out, json_object_get(incident, "processes"), 0, 0, number(subject, "pid"));
	fprintf(out, "  its ancestors, at the time:");
	json_array_foreach (ancestors, index, ancestor)
		fprintf(out, "%s %s (%lld)", index ? "," : "", client_text(ancestor, "name", name),
			(long long)number(ancestor, "pid"));
	fputc('\n', out);
}

static void print_rights(FILE *out, const json_t *process)
{
	const json_t *effective = json_object_get(json_object_get(process, "capabilities"), "effective");
	char text[CLIENT_TEXT_SIZE];
	bool any = false;
	size_t index;
	json_t *value;

	json_array_foreach (effective, index, value) {
		const char *name = json_string_value(value);

		if (!name || is_in(usual_capabilities, ARRAY_SIZE(usual_capabilities), name))
			continue;
		utf8_append_printable(text, sizeof(text), 0, name, strlen(name));
		fprintf(out, "%s %s", any ? "" : "  ! more rights than usual:", text);
		any = true;
	}
	if (any)
		fputc('\n', out);
	if (!strcmp(client_text(process, "seccomp", text), "disabled"))
		fprintf(out, "  ! no seccomp filter\n");
	if (number(process, "tracer_pid"))
		fprintf(out, "  ! traced by pid %lld\n", (long long)number(process, "tracer_pid"));
}

/* The same as the host's is what should not be; user and time namespaces are shared by most containers. */
static void print_namespaces(FILE *out, const json_t *process)
{
	static const char *const separate[] = { "mnt", "pid", "net", "ipc", "uts", "cgroup" };
	const json_t *namespaces = json_object_get(process, "namespaces");

	for (size_t i = 0; i < ARRAY_SIZE(separate); i++)
		if (json_is_true(json_object_get(json_object_get(namespaces, separate[i]), "host")))
			fprintf(out, "  ! %s namespace: the host's\n", separate[i]);
}

static void print_executable(FILE *out, const json_t *process)
{
	const json_t *executable = json_object_get(process, "executable");

	print_text(out, "  executable %s", executable, "path");
	if (json_is_true(json_object_get(executable, "deleted")))
		fprintf(out, " (deleted)");
	print_text(out, "\n  sha256 %s", executable, "sha256");
	print_text(out, "\n  not hashed: %s", executable, "not_hashed");
	fputc('\n', out);
	print_text(out, "  directory %s\n", process, "working_directory");
	print_text(out, "  started %s\n", process, "start_time");
}

static void print_environment(FILE *out, const json_t *process)
{
	size_t index;
	json_t *variable;
	char text[CLIENT_TEXT_SIZE];

	json_array_foreach (json_object_get(process, "environment"), index, variable) {
		fprintf(out, "%s%s", index ? " " : "  environment ", client_text(variable, "name", text));
		print_text(out, "=%s", variable, "value");
	}
	if (json_array_size(json_object_get(process, "environment")))
		fputc('\n', out);
}

static void print_descriptors(FILE *out, const json_t *process)
{
	size_t index;
	json_t *entry;

	json_array_foreach (json_object_get(process, "files"), index, entry) {
		fprintf(out, "  %3lld", (long long)number(entry, "descriptor"));
		print_text(out, " %s", entry, "target");
		print_text(out, " (%s)\n", entry, "access");
	}
	json_array_foreach (json_object_get(process, "sockets"), index, entry) {
		fprintf(out, "  %3lld", (long long)number(entry, "descriptor"));
		print_text(out, " %s", entry, "protocol");
		print_text(out, " %s", entry, "local");
		print_text(out, " -> %s", entry, "remote");
		print_text(out, " %s", entry, "state");
		fputc('\n', out);
	}
}

static void print_mounts(FILE *out, const json_t *incident, const json_t *process)
{
	char space[CLIENT_TEXT_SIZE], type[CLIENT_TEXT_SIZE], root[CLIENT_TEXT_SIZE];
	const json_t *mounts;
	json_t *mount;
	size_t index;

	client_text(json_object_get(json_object_get(process, "namespaces"), "mnt"), "id", space);
	mounts = json_object_get(json_object_get(incident, "mounts"), space);
	json_array_foreach (mounts, index, mount) {
		bool whole = strcmp(client_text(mount, "root", root), "/") == 0;

		if (whole && is_in(own_mounts, ARRAY_SIZE(own_mounts), client_text(mount, "type", type)))
			continue;
		print_text(out, "  mounted %s", mount, "point");
		print_text(out, " <- %s", mount, "root");
		print_text(out, " of %s", mount, "source");
		print_text(out, " (%s)\n", mount, "type");
	}
}

static void print_process(FILE *out, const json_t *incident, const json_t *process)
{
	fputc('\n', out);
	print_process_line(out, process, 0, false);
	print_executable(out, process);
	print_namespaces(out, process);
	print_rights(out, process);
	print_environment(out, process);
	print_descriptors(out, process);
	print_mounts(out, incident, process);
}

static void print_rest(FILE *out, const json_t *incident)
{
	char name[CLIENT_TEXT_SIZE], text[CLIENT_TEXT_SIZE];
	json_t *value;
	const char *key;
	size_t index;

	json_object_foreach (json_object_get(incident, "annotations"), key, value) {
		utf8_append_printable(name, sizeof(name), 0, key, strlen(key));
		fprintf(out, "  annotation %s: %s\n", name,
			client_text(json_object_get(incident, "annotations"), key, text));
	}
	json_array_foreach (json_object_get(incident, "left_out"), index, value) {
		const char *sentence = json_string_value(value);

		text[0] = '\0';
		if (sentence)
			utf8_append_printable(text, sizeof(text), 0, sentence, strlen(sentence));
		fprintf(out, "  left out: %s\n", text);
	}
}

void incident_render(FILE *out, const json_t *incident, bool verbose)
{
	const json_t *processes = json_object_get(incident, "processes");
	json_t *process;
	size_t index;

	print_head(out, incident);
	print_container(out, json_object_get(incident, "container"));
	print_processes(out, incident);
	json_array_foreach (processes, index, process)
		if (verbose || index == 0)
			print_process(out, incident, process);
	print_rest(out, incident);
}
