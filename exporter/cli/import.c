/* SPDX-License-Identifier: GPL-2.0-only */
/* `picket rules import`: it needs no daemon. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "cleanup.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "import/falco_import.h"

static void print_line(void *context, const char *message)
{
	(void)context;
	fprintf(stderr, "%s\n", message);
}

/* What is printed must be rules of ours; that it is not would be an error of the translation. */
static int check(const char *text, size_t size)
{
	AUTO_CLOSE int fd = memfd_create("import", MFD_CLOEXEC);
	struct rule_set *set = NULL;
	const char *path;
	char name[64];
	int error;

	if (fd < 0 || write(fd, text, size) != (ssize_t)size)
		return -EIO;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	path = name;
	error = rules_load(&path, 1, false, print_line, NULL, &set);
	rules_free(set);
	return error;
}

static int write_result(const char *path, const char *text, size_t size)
{
	AUTO_FCLOSE FILE *file = path ? fopen(path, "we") : NULL;
	FILE *out = path ? file : stdout;

	if (out && fwrite(text, 1, size, out) == size && fflush(out) == 0)
		return 0;
	fprintf(stderr, "picket: %s: %s\n", path ? path : "standard output", strerror(errno));
	return -EIO;
}

/* Return: the exit status. */
static int import(struct falco_import *import, const char *path)
{
	AUTO_FREE char *text = NULL;
	size_t size = 0;
	int error;

	import->out = open_memstream(&text, &size);
	if (!import->out)
		return 2;
	error = falco_import_rules(import);
	if (fclose(import->out) || error) {
		fprintf(stderr, "picket: no memory\n");
		return 2;
	}
	if (size > RULE_FILE_MAX_BYTES) {
		fprintf(stderr,
			"picket: the result is larger than the %d MiB of a rule file: import fewer rules at once\n",
			RULE_FILE_MAX_BYTES >> 20);
		return 2;
	}
	if (check(text, size)) {
		fprintf(stderr, "picket: the result is no file of rules; nothing is written\n");
		return 2;
	}
	if (write_result(path, text, size))
		return 2;
	fprintf(stderr, "picket: %zu rules translated, as %zu of picket's; %zu left out\n", import->translated,
		import->written, import->left_out);
	return import->left_out ? 1 : 0;
}

int command_rules(int argc, char *const *argv)
{
	struct falco_rules rules = { .report = { .on_error = print_line } };
	struct falco_import state = { .rules = &rules, .tell = print_line };
	struct rule_set *builtin = NULL;
	const char *path = NULL;
	const struct argument_option options[] = {
		{ "-o", "--output", NULL, &path },
		{ NULL, "--approximate", &state.approximate, NULL },
	};
	int first, status = 0;

	if (argc < 2 || (argv[1][0] != '-' && strcmp(argv[1], "import") != 0)) {
		fprintf(stderr, "picket: rules import FILE ...; see 'picket rules --help'\n");
		return 2;
	}
	argc -= argv[1][0] != '-';
	argv += argv[1][0] != '-';
	first = arguments_parse(argc, argv, options, ARRAY_SIZE(options), argc);
	if (first < 0)
		return 2;
	if (first == argc) {
		fprintf(stderr, "picket: which file? see 'picket rules --help'\n");
		return 2;
	}
	for (int i = first; i < argc; i++)
		status = falco_rules_load(&rules, argv[i]) ? 2 : status;
	if (!status && rules_load(NULL, 0, true, print_line, NULL, &builtin))
		status = 2;
	state.taken = builtin;
	if (!status)
		status = import(&state, path);
	rules_free(builtin);
	falco_rules_clear(&rules);
	return status;
}
