/* SPDX-License-Identifier: GPL-2.0-only */
/* Why a text from outside is not taken. */
#ifndef REFUSE_H
#define REFUSE_H

/**
 * refuse() - say why.
 * @ret_why: a text to free(); NULL when there is no memory for it.
 * Return: -EINVAL.
 */
int refuse(char **ret_why, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
