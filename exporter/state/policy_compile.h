/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of a rule set the kernel decides: which events it sends at all, and
 * which rules it carries out alone. Pure: the loader puts the answer into maps.
 *
 * The kernel's filter lets pass at least what rules_judge() matches; a rule
 * that the kernel carries out alone is decided there exactly as here.
 */
#ifndef POLICY_COMPILE_H
#define POLICY_COMPILE_H

#include <stdbool.h>
#include <stddef.h>

#include "picket/policy.h"
#include "rules.h"

#define POLICY_MAX_ENTRIES 30000 /* per trie; two generations share its 65,536 elements during a reload */

/* One element of a trie. */
struct policy_entry {
	const char *text; /* not NUL-terminated */
	size_t size;	  /* <= PICKET_POLICY_KEY_SIZE */
	struct picket_path_policy value;
};

/* Where a rule is decided, cheapest first. */
enum policy_reach {
	POLICY_KERNEL,	     /* carried out in the kernel, at the very system call */
	POLICY_FILTERED,     /* the kernel sends only events that may match */
	POLICY_EVERY_FAILED, /* the kernel sends every refused open */
	POLICY_EVERY_EVENT,  /* the kernel sends every event of the rule's kind, scope and access */
};
const char *policy_reach_help(enum policy_reach reach);

/* What was found out about one rule; index: struct rule.index. */
struct policy_note {
	enum policy_reach reach;
	const char *reason; /* static: why not better; "" when there is nothing better */
	bool denied;	    /* the kernel prevents what a rule that says deny is about */
	bool by_address;    /* network rules: the kernel filters by address and port */
};

/* What the kernel part may do by itself. */
#define POLICY_ENFORCE (1U << 0)
#define POLICY_DENY_FILES (1U << 1) /* the file sensor's backend can refuse opens and starts of programs */

/* One element of the trie "addresses". */
struct policy_address {
	uint32_t port;
	uint32_t bits; /* of address */
	uint8_t address[16];
	uint32_t value; /* PICKET_ADDRESS_* */
};

struct compiled_policy {
	struct picket_policy policy; /* generation and self are left 0 for the loader */
	struct policy_entry *paths;  /* sorted by text */
	size_t path_count;
	struct policy_entry *names;
	size_t name_count;
	struct policy_address *addresses;
	size_t address_count;
	struct policy_note *notes; /* one per rule */
	size_t note_count;
	char *texts; /* owns the entries' texts */
};

/**
 * policy_compile() - the kernel's part of @rules.
 * @powers: POLICY_*; without POLICY_ENFORCE no rule is carried out in the kernel.
 * Too many paths for the tries make their rules POLICY_EVERY_EVENT, never an error.
 * Return: 0 and a policy for policy_free(); -ENOMEM.
 */
int policy_compile(const struct rule_set *rules, unsigned int powers, struct compiled_policy **ret_policy);
void policy_free(struct compiled_policy *policy);

#endif
