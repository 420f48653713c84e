/* SPDX-License-Identifier: GPL-2.0-only */
/* Random conditions of Falco's, translated and judged on random events, against their own evaluation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "cleanup.h"
#include "event_builder.h"
#include "falco_evaluator.h"
#include "import/falco_import.h"
#include "rules_text.h"

#define ROUNDS 6000
#define EVENTS 60
#define ONE_OF(words) (words)[random() % ARRAY_SIZE(words)]

static const char *const names[] = { "sh", "bash", "nc", "cat" };
static const char *const paths[] = { "/etc/shadow", "/etc/x/y", "/tmp", "/tmp/a", "/tmpx", "/Etc/Shadow" };
static const char *const addresses[] = { "10.1.2.3", "10.9.9.9", "192.168.0.1", "8.8.8.8" };

static struct reports reports;

/* An event for both: what Falco would know of it, and what picket does. */
struct sample {
	struct event_builder builder;
	struct container container;
	struct falco_values values;
	bool host, seen;
	char numbers[4][24], line[256], directory[128];
};

static const char *number(struct sample *sample, size_t i, unsigned long value)
{
	snprintf(sample->numbers[i], sizeof(sample->numbers[i]), "%lu", value);
	return sample->numbers[i];
}

static void sample_file(struct sample *sample, const char *name)
{
	const char *path = ONE_OF(paths), *slash = strrchr(path, '/');
	bool refused = random() % 3 == 0, directory = !refused && random() % 3 == 0;
	uint32_t access = 1 + random() % 3;
	char executable[64];

	snprintf(executable, sizeof(executable), "/usr/bin/%s", name);
	builder_open(&sample->builder, executable, path, refused ? 0 : access);
	sample->builder.event.file.flags = directory ? 0200000 : 0;
	snprintf(sample->directory, sizeof(sample->directory), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	if (refused)
		sample->builder.event.result = -13;
	falco_set(&sample->values, "evt.type", random() % 2 ? "open" : "openat");
	falco_set(&sample->values, "fd.name", path);
	falco_set(&sample->values, "fd.directory", sample->directory);
	falco_set(&sample->values, "fd.filename", slash + 1);
	falco_set(&sample->values, "fd.num", refused ? "-1" : "5");
	falco_set(&sample->values, "evt.rawres", refused ? "-13" : "5");
	falco_set(&sample->values, "evt.failed", refused ? "true" : "false");
	falco_set(&sample->values, "evt.res", refused ? "EACCES" : "SUCCESS");
	falco_set(&sample->values, "fd.typechar", directory ? "d" : "f");
	falco_set(&sample->values, "evt.is_open_read", access & 1 ? "true" : "false");
	falco_set(&sample->values, "evt.is_open_write", access & 2 ? "true" : "false");
}

static void sample_start(struct sample *sample, const char *name)
{
	static const char *const arguments[] = { "", "-e /bin/SH", "-k /tmp/a" };
	const char *rest = ONE_OF(arguments);
	char bytes[64], executable[64];
	size_t size;

	snprintf(executable, sizeof(executable), "/usr/bin/%s", name);
	builder_start(&sample->builder, PICKET_KIND_PROCESS_EXEC, executable);
	snprintf(sample->line, sizeof(sample->line), "%s%s%s", name, *rest ? " " : "", rest);
	size = snprintf(bytes, sizeof(bytes), "%s%s%s", "./renamed", *rest ? " " : "", rest);
	for (size_t i = 0; i < size; i++)
		bytes[i] = bytes[i] == ' ' ? '\0' : bytes[i];
	builder_add_bytes(&sample->builder, PICKET_TEXT_ARGS, bytes, size);
	falco_set(&sample->values, "evt.type", "execve");
	falco_set(&sample->values, "proc.cmdline", sample->line);
	falco_set(&sample->values, "proc.args", rest);
	falco_set(&sample->values, "evt.failed", "false");
	falco_set(&sample->values, "evt.rawres", "0");
	falco_set(&sample->values, "evt.res", "SUCCESS");
	falco_set(&sample->values, "evt.is_open_read", "false");
	falco_set(&sample->values, "evt.is_open_write", "false");
}

/* Local sockets are connections that picket does not see. */
static void sample_connect(struct sample *sample, const char *name)
{
	static const struct {
		int result;
		const char *name;
	} results[] = { { 0, "SUCCESS" }, { -115, "EINPROGRESS" }, { -111, "ECONNREFUSED" } };
	const char *address = ONE_OF(addresses);
	size_t result = random() % ARRAY_SIZE(results);
	unsigned int port = random() % 2 ? 443 : 4444;
	uint8_t bytes[4];
	char executable[64];

	snprintf(executable, sizeof(executable), "/usr/bin/%s", name);
	inet_pton(AF_INET, address, bytes);
	builder_connect(&sample->builder, AF_INET, bytes, port);
	strcpy(sample->builder.event.comm, name);
	sample->builder.event.result = results[result].result;
	sample->seen = random() % 4;
	falco_set(&sample->values, "evt.type", "connect");
	falco_set(&sample->values, "evt.res", results[result].name);
	falco_set(&sample->values, "evt.rawres", results[result].result ? "-111" : "0");
	falco_set(&sample->values, "evt.failed", results[result].result ? "true" : "false");
	falco_set(&sample->values, "fd.num", "5");
	falco_set(&sample->values, "fd.typechar", sample->seen ? "4" : "u");
	falco_set(&sample->values, "evt.is_open_read", "false");
	falco_set(&sample->values, "evt.is_open_write", "false");
	if (!sample->seen)
		return;
	falco_set(&sample->values, "fd.sip", address);
	falco_set(&sample->values, "fd.snet", address);
	falco_set(&sample->values, "fd.rip", address);
	falco_set(&sample->values, "fd.sport", number(sample, 0, port));
}

/* Calls that picket has no event for. */
static void sample_other(struct sample *sample, const char *name)
{
	sample->seen = false;
	builder_start(&sample->builder, PICKET_KIND_PROCESS_EXEC, name);
	falco_set(&sample->values, "evt.type", random() % 2 ? "read" : "dup2");
	falco_set(&sample->values, "fd.num", "1");
	falco_set(&sample->values, "evt.failed", "false");
	falco_set(&sample->values, "evt.rawres", "1");
	falco_set(&sample->values, "evt.res", "SUCCESS");
	falco_set(&sample->values, "evt.is_open_read", "false");
	falco_set(&sample->values, "evt.is_open_write", "false");
}

static void sample_make(struct sample *sample)
{
	static void (*const makers[])(struct sample *, const char *) = { sample_file,  sample_file,    sample_start,
									 sample_start, sample_connect, sample_other };
	const char *name = ONE_OF(names);

	memset(sample, 0, sizeof(*sample));
	sample->seen = true;
	ONE_OF(makers)(sample, name);
	sample->builder.event.uid = random() % 3;
	sample->host = random() % 3 == 0;
	sample->container = builder_container();
	if (random() % 2)
		sample->container.name = "db";
	if (random() % 4 == 0) /* no parent is known */
		memset(sample->builder.event.ancestors, 0, sizeof(sample->builder.event.ancestors));
	falco_set(&sample->values, "proc.name", name);
	falco_set(&sample->values, "user.uid", number(sample, 1, sample->builder.event.uid));
	falco_set(&sample->values, "evt.dir", "<");
	falco_set(&sample->values, "container.id", sample->host ? "host" : "0123456789ab");
	falco_set(&sample->values, "container.name", sample->host ? "host" : sample->container.name);
	if (!sample->host)
		falco_set(&sample->values, "container.image.repository", "registry.example:5000/backup");
	if (!sample->builder.event.ancestors[0].pid)
		return;
	falco_set(&sample->values, "proc.pname", "bash");
	falco_set(&sample->values, "proc.aname", "bash");
	falco_set(&sample->values, "proc.aname", "tini");
	falco_set(&sample->values, "proc.aname[1]", "bash");
}

static size_t random_check(char *text)
{
	static const char *const types[] = { "evt.type in (open, openat)",
					     "evt.type in (execve, execveat)",
					     "evt.type=connect",
					     "evt.type = execve",
					     "evt.type=dup2",
					     "evt.type != read",
					     "evt.type=openat" };
	static const char *const fixed[] = {
		"fd.num>=0",
		"fd.num < 0",
		"fd.num = -1",
		"evt.failed=true",
		"evt.failed = false",
		"evt.res = SUCCESS",
		"evt.res=EACCES",
		"evt.res != EACCES",
		"evt.res in (EACCES, ENOENT)",
		"evt.rawres >= 0",
		"(evt.rawres >= 0 or evt.res = EINPROGRESS)",
		"evt.res = ECONNREFUSED",
		"evt.dir = <",
		"evt.res startswith E",
		"fd.typechar = f",
		"fd.typechar != d",
		"fd.typechar in (4, 6)",
		"fd.typechar=u",
		"evt.is_open_read=true",
		"evt.is_open_write=true",
		"evt.is_open_write != true",
		"evt.is_open_read = false",
		"container.id != host",
		"container.id = host",
		"container.id in (host, 0123456789ab)",
		"container.name = db",
		"container.name != db",
		"container.name startswith d",
		"container.name in (host, web)",
		"container.image.repository endswith backup",
		"container.image.repository != x",
		"container.image.repository exists",
		"user.uid = 0",
		"user.uid > 0",
		"user.uid <= 1",
		"user.uid != 2",
		"user.uid in (1, 2)",
		"fd.sport in (80, 443)",
		"fd.sport >= 1024",
		"fd.sport != 443",
		"fd.sip = 8.8.8.8",
		"fd.snet in (10.0.0.0/8, 192.168.0.0/16)",
		"fd.sip != 10.1.2.3",
		"fd.snet != 10.1.0.0/16",
		"fd.rip exists",
		"proc.cmdline contains -e",
		"proc.cmdline icontains /bin/sh",
		"proc.args = \"-k /tmp/a\"",
		"proc.args != \"-k /tmp/a\"",
		"proc.cmdline startswith \"nc -\"",
		"proc.args glob \"-? /*\"",
		"proc.cmdline endswith /a",
		"proc.cmdline in (sh, bash)",
		"proc.pname = bash",
		"proc.pname != bash",
		"proc.pname in (sshd, cron)",
		"proc.pname exists",
		"proc.aname = tini",
		"proc.aname in (bash, x)",
		"proc.aname = sshd",
		"proc.aname[1] = bash",
		"fd.directory = /etc",
		"fd.directory in (/tmp, /)",
		"fd.filename = shadow",
		"fd.filename startswith sh",
		"fd.filename iglob SHA*",
		"fd.name icontains SHADOW",
		"fd.name glob /etc/*",
		"fd.name iglob \"*SHADOW\"",
		"fd.name endswith /a",
		"fd.name startswith /etc",
		"fd.name contains etc",
		"fd.name pmatch (/tmp, /etc/x)",
		"fd.name != /tmp",
		"fd.name in (/tmp, /tmp/a)",
		"fd.name intersects (/tmp, /etc/shadow)",
		"fd.name exists",
		"proc.name = sh",
		"proc.name != nc",
		"proc.name in (cat, bash)",
		"proc.name contains a",
		"proc.name endswith sh",
		"proc.name iglob \"?A*\"",
		"proc.name exists",
		"proc.tty != 0",
	};

	return sprintf(text, "%s", random() % 4 ? ONE_OF(fixed) : ONE_OF(types));
}

static size_t random_condition(char *text, unsigned int depth)
{
	size_t used = 0, parts = 1 + random() % 3;
	const char *word = random() % 2 ? " and " : " or ";

	if (!depth || random() % 3 == 0) {
		used = sprintf(text, "%s", random() % 4 ? "" : "not ");
		return used + random_check(text + used);
	}
	used = sprintf(text, "%s(", random() % 5 ? "" : "not ");
	for (size_t i = 0; i < parts; i++) {
		used += sprintf(text + used, "%s", i ? word : "");
		used += random_condition(text + used, depth - 1);
	}
	return used + sprintf(text + used, ")");
}

/* Most rules begin with the event. */
static void random_rule(char *text)
{
	static const char *const events[] = {
		"evt.type in (open, openat) and ",
		"evt.type in (open, openat) and fd.num>=0 and ",
		"evt.type in (execve, execveat) and ",
		"evt.type = execve and ",
		"evt.type = connect and fd.typechar in (4, 6) and ",
		"(evt.type in (open, openat) or evt.type in (execve, execveat)) and ",
		"",
	};
	size_t used = sprintf(text, "%s", ONE_OF(events));

	random_condition(text + used, 2);
}

static void no_message(void *context, const char *message)
{
	(void)context;
	(void)message;
}

/* NULL: left out. */
static struct rule_set *translated(const char *condition)
{
	struct falco_rules rules = { .report.on_error = no_message };
	struct falco_import import = { .rules = &rules, .tell = no_message };
	struct rule_set *set = NULL;
	char source[8192], *text = NULL;
	size_t size;

	snprintf(source, sizeof(source), "- rule: r\n  condition: >\n    %s\n", condition);
	import.out = open_memstream(&text, &size);
	assert_non_null(import.out);
	assert_int_equal(falco_rules_parse(&rules, "f.yaml", source, strlen(source)), 0);
	assert_int_equal(falco_import_rules(&import), 0);
	fclose(import.out);
	assert_int_equal(import.translated + import.left_out, 1);
	if (import.translated && load_text(text, &reports, &set))
		fail_msg("%s\n%s%s", condition, text, reports.text);
	free(text);
	falco_rules_clear(&rules);
	return set;
}

static void translated_rules_match_what_the_condition_says(void **state)
{
	size_t kept = 0, matched = 0, spared = 0;

	(void)state;
	srandom(7);
	for (int round = 0; round < ROUNDS; round++) {
		char condition[4096];
		struct rule_set *set;

		random_rule(condition);
		set = translated(condition);
		if (!set)
			continue;
		kept++;
		for (int i = 0; i < EVENTS; i++) {
			const struct rule *matches[64];
			struct event_context context;
			struct sample sample;
			bool wanted, found;

			sample_make(&sample);
			context.event = &sample.builder.event;
			context.container = sample.host ? NULL : &sample.container;
			wanted = falco_evaluate(condition, &sample.values);
			found = sample.seen && rules_judge(set, &context, matches, 64);
			matched += wanted;
			spared += !wanted;
			if (wanted != found)
				fail_msg("falco %d, picket %d, event %s of %s: %s", wanted, found,
					 sample.values.values[0], sample.builder.event.comm, condition);
		}
		rules_free(set);
	}
	print_message("%zu of %d conditions translated; %zu matches, %zu others\n", kept, ROUNDS, matched, spared);
	assert_true(kept > ROUNDS / 8 && matched > 1000 && spared > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(translated_rules_match_what_the_condition_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
