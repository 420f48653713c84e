/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that is freed all at once, and that ends at a bound: what is imported may ask for any amount. */
#ifndef IMPORT_ARENA_H
#define IMPORT_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#define ARENA_MAX_BYTES (256UL << 20)

struct arena {
	struct arena_block *blocks;
	size_t total;
	bool exhausted; /* something was refused: no memory, or the bound */
};

/** arena_take() - zeroed. Return: NULL when there is no more. */
void *arena_take(struct arena *arena, size_t count, size_t size);

/** arena_copy() - @size bytes and a NUL. Return: NULL when there is no more. */
char *arena_copy(struct arena *arena, const char *text, size_t size);

/** arena_print() - as asprintf(3). Return: NULL when there is no more. */
char *arena_print(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** arena_grow() - an array of @count elements with room for one more; copies now and then. */
void *arena_grow(struct arena *arena, void *array, size_t count, size_t size);

void arena_clear(struct arena *arena);

#endif
