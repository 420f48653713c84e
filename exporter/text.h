/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A growing text with a hard cap.
 *
 * Adding never fails at once: the first addition that finds no memory, or
 * would pass the cap, leaves the text as it is and sets error; everything
 * after it is ignored. So a writer checks once, at the end.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
	char *data; /* not NUL-terminated; NULL while nothing was added */
	size_t size;
	size_t capacity;
	size_t limit;
	int error; /* 0, -ENOMEM, -EMSGSIZE (the cap) */
};

/** text_init() - empty; may grow to @limit bytes. */
void text_init(struct text *text, size_t limit);

/** text_free() - and empty again, with the same cap. */
void text_free(struct text *text);

/**
 * text_reserve() - room for @size bytes more.
 * Return: where they go; the caller writes at most @size there and adds what it wrote to text->size.
 * NULL on failure, with text->error set.
 */
char *text_reserve(struct text *text, size_t size);

void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const char *bytes, size_t size);
void text_add_u64(struct text *text, uint64_t number);
void text_add_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** text_add_html() - any bytes as the content of an element or of a quoted attribute. */
void text_add_html(struct text *text, const char *string);

/**
 * text_add_label_value() - any bytes as a label value of the exposition formats, without the quotes.
 * What is not UTF-8 becomes U+FFFD: one bad byte would make Prometheus refuse the whole scrape.
 */
void text_add_label_value(struct text *text, const char *string);

#define TEXT_U64_SIZE 20 /* most digits of a uint64_t */

/** text_put_u64() - decimal digits at @at, which has TEXT_U64_SIZE bytes. Return: their end. */
char *text_put_u64(char *at, uint64_t number);

#endif
