/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules written for Falco: whatever a file holds, what is made of it loads as rules. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "import/falco_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(void *context, const char *message)
{
	(void)context;
	if (!*message)
		abort();
}

static void must_load(const char *text, size_t size)
{
	int fd = memfd_create("rules", MFD_CLOEXEC);
	struct rule_set *set = NULL;
	const char *path;
	char name[64];

	if (fd < 0 || write(fd, text, size) != (ssize_t)size)
		abort();
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	path = name;
	if (rules_load(&path, 1, false, ignore, NULL, &set))
		abort();
	rules_free(set);
	close(fd);
}

static void import(struct falco_rules *rules, bool approximate)
{
	struct falco_import import = { .rules = rules, .approximate = approximate, .tell = ignore };
	char *text = NULL;
	size_t size = 0;
	int error;

	import.out = open_memstream(&text, &size);
	if (!import.out)
		abort();
	error = falco_import_rules(&import);
	fclose(import.out);
	if (!error && size < (1 << 20))
		must_load(text, size);
	free(text);
}

/* The first byte says whether the rest is a file or one condition. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char before[] = "- rule: r\n  condition: |\n    ";
	struct falco_rules rules = { .report.on_error = ignore };
	char *text;

	if (!size)
		return 0;
	text = malloc(size + sizeof(before));
	if (!text)
		abort();
	memcpy(text, before, sizeof(before) - 1);
	memcpy(text + sizeof(before) - 1, data + 1, size - 1);
	if (*data == '-' ? falco_rules_parse(&rules, "f", data, size) == 0
			 : falco_rules_parse(&rules, "f", text, size - 1 + sizeof(before) - 1) == 0)
		for (int approximate = 0; approximate < 2; approximate++)
			import(&rules, approximate);
	falco_rules_clear(&rules);
	free(text);
	return 0;
}
