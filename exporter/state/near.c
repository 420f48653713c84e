/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/near.h"

#include <stdbool.h>
#include <string.h>

#define NAME_MAX_SIZE 64 /* longer ones are not misspelt but something else */

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein's: insertions, removals and replacements that turn @a into @b. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_SIZE + 1], size = strlen(b);

	for (size_t j = 0; j <= size; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= size; j++) {
			size_t above = row[j];

			row[j] = smallest(row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[size];
}

/* "path" for "file.path". */
static bool is_tail(const char *whole, const char *tail)
{
	size_t whole_size = strlen(whole), size = strlen(tail);

	return size >= 3 && whole_size > size && whole[whole_size - size - 1] == '.' &&
	       strcmp(whole + whole_size - size, tail) == 0;
}

struct near near_start(const char *wanted)
{
	size_t size = strlen(wanted);
	struct near near = { .wanted = wanted, .distance = 1 + (size < 6 ? 1 : size / 3) };

	return near;
}

void near_offer(struct near *near, const char *candidate)
{
	size_t distance;

	if (strlen(near->wanted) > NAME_MAX_SIZE || strlen(candidate) > NAME_MAX_SIZE)
		return;
	distance = is_tail(candidate, near->wanted) ? 1 : edit_distance(near->wanted, candidate);
	if (distance >= near->distance)
		return;
	near->distance = distance;
	near->best = candidate;
}
