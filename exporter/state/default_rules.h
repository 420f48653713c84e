/* SPDX-License-Identifier: GPL-2.0-only */
/* default_rules.yaml, compiled in. The Makefile makes default_rules.c from it with xxd -i. */
#ifndef DEFAULT_RULES_H
#define DEFAULT_RULES_H

extern const unsigned char default_rules_yaml[];
extern const unsigned int default_rules_yaml_len;

#endif
