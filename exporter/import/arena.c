/* SPDX-License-Identifier: GPL-2.0-only */
#include "import/arena.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES (64UL << 10)

struct arena_block {
	struct arena_block *next;
	size_t used, room;
	alignas(max_align_t) char bytes[];
};

static struct arena_block *add_block(struct arena *arena, size_t size)
{
	size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
	struct arena_block *block = NULL;

	if (room <= ARENA_MAX_BYTES - arena->total)
		block = calloc(1, sizeof(*block) + room);
	if (!block) {
		arena->exhausted = true;
		return NULL;
	}
	block->room = room;
	block->next = arena->blocks;
	arena->blocks = block;
	arena->total += room;
	return block;
}

void *arena_take(struct arena *arena, size_t count, size_t size)
{
	struct arena_block *block = arena->blocks;
	size_t bytes;
	void *taken;

	if (__builtin_mul_overflow(count ? count : 1, size, &bytes) || bytes > ARENA_MAX_BYTES) {
		arena->exhausted = true;
		return NULL;
	}
	bytes = (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (!block || bytes > block->room - block->used)
		block = add_block(arena, bytes);
	if (!block)
		return NULL;
	taken = block->bytes + block->used;
	block->used += bytes;
	return taken;
}

char *arena_copy(struct arena *arena, const char *text, size_t size)
{
	char *copy = arena_take(arena, size + 1, 1);

	if (copy)
		memcpy(copy, text, size);
	return copy;
}

char *arena_print(struct arena *arena, const char *format, ...)
{
	va_list arguments, again;
	char *text;
	int size;

	va_start(arguments, format);
	va_copy(again, arguments);
	size = vsnprintf(NULL, 0, format, arguments);
	text = size < 0 ? NULL : arena_take(arena, (size_t)size + 1, 1);
	if (text)
		vsnprintf(text, (size_t)size + 1, format, again);
	va_end(again);
	va_end(arguments);
	return text;
}

/* Room doubles at each power of two. */
void *arena_grow(struct arena *arena, void *array, size_t count, size_t size)
{
	void *larger;

	if (count & (count - 1) || (count && count < 4))
		return array;
	larger = arena_take(arena, count ? 2 * count : 4, size);
	if (larger && count)
		memcpy(larger, array, count * size);
	return larger;
}

void arena_clear(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
	*arena = (struct arena){ 0 };
}
