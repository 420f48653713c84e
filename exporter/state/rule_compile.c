/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/rule_compile.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "state/glob.h"
#include "state/near.h"
#include "state/rule_yaml.h"

#define VALUE_MAX_SIZE 4096
#define REGEX_MAX_SIZE 1024
#define REGEX_MAX_REPEAT 4096 /* regcomp(3) unrolls a{n}: nested ones would eat all memory */
#define ERROR_NUMBERS 134

static int refuse(char error[CONDITION_ERROR_SIZE], const char *format, ...) __attribute__((format(printf, 2, 3)));

static int refuse(char error[CONDITION_ERROR_SIZE], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error, CONDITION_ERROR_SIZE, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

bool condition_operator_takes(enum condition_operator op, enum field_type type)
{
	static const unsigned int operators[] = {
		[FIELD_STRING] = 1 << OPERATOR_EQUALS | 1 << OPERATOR_PREFIX | 1 << OPERATOR_SUFFIX |
				 1 << OPERATOR_GLOB | 1 << OPERATOR_REGEX,
		[FIELD_INTEGER] = 1 << OPERATOR_EQUALS | 1 << OPERATOR_LESS | 1 << OPERATOR_GREATER,
		[FIELD_BOOLEAN] = 1 << OPERATOR_EQUALS,
		[FIELD_ADDRESS] = 1 << OPERATOR_EQUALS | 1 << OPERATOR_CIDR,
	};

	return operators[type] & 1U << op;
}

uint64_t condition_hash(const char *text, size_t size)
{
	uint64_t hash = size * 0x9e3779b97f4a7c15ULL, word;

	for (; size >= sizeof(word); size -= sizeof(word), text += sizeof(word)) {
		memcpy(&word, text, sizeof(word));
		hash = (hash ^ word) * 0xff51afd7ed558ccdULL;
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, text, size);
	hash = (hash ^ word) * 0xc4ceb9fe1a85ec53ULL;
	return hash ^ hash >> 29;
}

static int grow(void *array, size_t room, size_t element_size)
{
	void *larger = reallocarray(*(void **)array, room, element_size);

	if (!larger)
		return -ENOMEM;
	*(void **)array = larger;
	return 0;
}

/* Room for one more value in all arrays that the condition has. */
static int condition_grow(struct condition *condition)
{
	struct condition_matcher *matcher = condition->compiled;
	size_t room = matcher->room ? 2 * matcher->room : 4;
	enum field_type type = condition->field->type;
	int error;

	if (condition->value_count < matcher->room)
		return 0;
	error = grow(&condition->values, room, sizeof(*condition->values));
	if (!error && type == FIELD_STRING)
		error = grow(&matcher->sizes, room, sizeof(*matcher->sizes));
	if (!error && condition->op == OPERATOR_REGEX)
		error = grow(&matcher->regexes, room, sizeof(*matcher->regexes));
	if (!error && type == FIELD_ADDRESS)
		error = grow(&matcher->ranges, room, sizeof(*matcher->ranges));
	if (!error && (type == FIELD_INTEGER || type == FIELD_BOOLEAN))
		error = grow(&condition->integers, room, sizeof(*condition->integers));
	if (!error)
		matcher->room = room;
	return error;
}

int condition_start(struct condition *condition, const struct field *field, enum condition_operator op, bool negate)
{
	*condition = (struct condition){ .field = field, .op = op, .negate = negate };
	condition->compiled = calloc(1, sizeof(struct condition_matcher));
	return condition->compiled ? 0 : -ENOMEM;
}

void condition_clear(struct condition *condition)
{
	struct condition_matcher *matcher = condition->compiled;

	for (size_t i = 0; i < condition->value_count; i++) {
		free(condition->values[i]);
		if (condition->op == OPERATOR_REGEX)
			regfree(&matcher->regexes[i]);
	}
	free(condition->values);
	free(condition->integers);
	if (matcher) {
		free(matcher->sizes);
		free(matcher->regexes);
		free(matcher->ranges);
		free(matcher->slots);
	}
	free(matcher);
	memset(condition, 0, sizeof(*condition));
}

/* Decimal, 0x hexadecimal, 0 or 0o octal. */
static int parse_integer(const char *text, int64_t *ret_integer)
{
	bool negative = *text == '-';
	const char *digits = text + negative;
	int base = 0;
	char *end;
	long long integer;

	if (digits[0] == '0' && digits[1] == 'o') {
		digits += 2;
		base = 8;
	}
	if (*digits < '0' || *digits > '9')
		return -EINVAL;
	errno = 0;
	integer = strtoll(digits, &end, base);
	if (errno || *end)
		return -EINVAL;
	*ret_integer = negative ? -integer : integer;
	return 0;
}

static int add_integer(struct condition *condition, const char *value, char *error)
{
	if (parse_integer(value, &condition->integers[condition->value_count]))
		return refuse(error, "%s is a number, \"%s\" is not", condition->field->name, rule_quote(value).text);
	return 0;
}

static int add_boolean(struct condition *condition, const char *value, char *error)
{
	bool is_true = strcmp(value, "true") == 0;

	if (!is_true && strcmp(value, "false") != 0)
		return refuse(error, "%s is true or false, not \"%s\"", condition->field->name, rule_quote(value).text);
	condition->integers[condition->value_count] = is_true;
	return 0;
}

static int add_address(struct condition *condition, const char *value, char *error)
{
	struct condition_matcher *matcher = condition->compiled;
	struct address_range *range = &matcher->ranges[condition->value_count];

	if (condition->op == OPERATOR_EQUALS && strchr(value, '/'))
		return refuse(error, "\"%s\" is no single address; write {cidr: ...}", rule_quote(value).text);
	if (address_range_parse(value, range))
		return refuse(error, "\"%s\" is no IP address%s", rule_quote(value).text,
			      condition->op == OPERATOR_CIDR ? " or network such as 10.0.0.0/8" : "");
	if (address_range_has_host_bits(range))
		return refuse(error, "\"%s\" has address bits behind its prefix length", rule_quote(value).text);
	address_range_unmap(range);
	return 0;
}

/* regcomp(3) would take any memory for ((a{999}){999}){999}, and regexec(3) any time for back references. */
static const char *regex_danger(const char *pattern)
{
	unsigned long repeat = 1;

	if (strlen(pattern) > REGEX_MAX_SIZE)
		return "it is longer than 1024 bytes";
	for (; *pattern; pattern++) {
		if (*pattern == '\\' && *++pattern >= '1' && *pattern <= '9')
			return "back references are refused: they can take for ever";
		if (!*pattern)
			break;
		if (*pattern != '{')
			continue;
		for (const char *number = pattern + 1; *number && strchr("0123456789,", *number); number++) {
			unsigned long count = strtoul(number, (char **)&number, 10);

			repeat *= count > 1 ? (count < REGEX_MAX_REPEAT ? count : REGEX_MAX_REPEAT + 1) : 1;
			if (repeat > REGEX_MAX_REPEAT)
				return "its {n} repeats are too many";
			if (*number != ',')
				break;
		}
	}
	return NULL;
}

static int add_regex(struct condition *condition, const char *value, char *error)
{
	struct condition_matcher *matcher = condition->compiled;
	regex_t *regex = &matcher->regexes[condition->value_count];
	const char *danger = regex_danger(value);
	char reason[128];
	int failure;

	if (danger)
		return refuse(error, "bad regex \"%s\": %s", rule_quote(value).text, danger);
	failure = regcomp(regex, value, REG_EXTENDED | REG_NOSUB);
	if (failure == REG_ESPACE)
		return -ENOMEM;
	if (!failure)
		return 0;
	regerror(failure, regex, reason, sizeof(reason));
	return refuse(error, "bad regex \"%s\": %s", rule_quote(value).text, reason);
}

/* One of a fixed set, "read write create path". */
static int check_choice(const struct field *field, const char *value, char *error)
{
	struct near near = near_start(value);
	char *words = strdupa(field->values), *rest = words;

	for (const char *word; (word = strsep(&rest, " "));) {
		if (strcmp(word, value) == 0)
			return 0;
		near_offer(&near, word);
	}
	return refuse(error, "%s is never \"%s\"%s%s%s; it is one of: %s", field->name, rule_quote(value).text,
		      near.best ? "; did you mean \"" : "", near.best ? near.best : "", near.best ? "\"?" : "",
		      field->values);
}

static int check_error_name(const struct field *field, const char *value, char *error)
{
	struct near near = near_start(value);

	for (int number = 1; number < ERROR_NUMBERS; number++) {
		const char *name = strerrorname_np(number);

		if (name && strcmp(name, value) == 0)
			return 0;
		if (name)
			near_offer(&near, name);
	}
	return refuse(error, "%s: no error is called \"%s\"%s%s%s", field->name, rule_quote(value).text,
		      near.best ? "; did you mean \"" : "", near.best ? near.best : "", near.best ? "\"?" : "");
}

/* The kernel's paths are absolute and have neither "//", "/./", "/../" nor a "/" at their end. */
static int check_path(const struct field *field, enum condition_operator op, const char *value, char *error)
{
	size_t size = strlen(value);
	bool star = op == OPERATOR_GLOB && value[0] == '*' && value[1] == '*';
	bool whole = op == OPERATOR_EQUALS || op == OPERATOR_GLOB;

	if (op == OPERATOR_SUFFIX || op == OPERATOR_REGEX)
		return 0;
	if (value[0] != '/' && !star && !(op == OPERATOR_GLOB && value[0] == '\\'))
		return refuse(error, "%s is an absolute path: \"%s\" must begin with \"/\"%s", field->name,
			      rule_quote(value).text, op == OPERATOR_GLOB ? " or \"**\"" : "");
	if (strstr(value, "//") || strstr(value, "/./") || strstr(value, "/../") ||
	    (whole && size > 1 && value[size - 1] == '/'))
		return refuse(
			error,
			"%s is never \"%s\": the kernel's paths have no \"//\", \".\", \"..\" or \"/\" at the end",
			field->name, rule_quote(value).text);
	return 0;
}

static int check_text(const struct condition *condition, const char *value, char *error)
{
	const struct field *field = condition->field;
	const char *problem = condition->op == OPERATOR_GLOB ? glob_check(value) : NULL;

	if (problem)
		return refuse(error, "bad glob \"%s\": %s", rule_quote(value).text, problem);
	if (field->syntax == SYNTAX_PATH)
		return check_path(field, condition->op, value, error);
	if (condition->op != OPERATOR_EQUALS)
		return 0;
	if (field->syntax == SYNTAX_ERROR_NAME)
		return check_error_name(field, value, error);
	return field->values ? check_choice(field, value, error) : 0;
}

static int add_text(struct condition *condition, const char *value, char *error)
{
	struct condition_matcher *matcher = condition->compiled;
	int refused = check_text(condition, value, error);

	if (refused)
		return refused;
	matcher->sizes[condition->value_count] = strlen(value);
	return condition->op == OPERATOR_REGEX ? add_regex(condition, value, error) : 0;
}

int condition_add(struct condition *condition, const char *value, char error[CONDITION_ERROR_SIZE])
{
	static int (*const adders[])(struct condition *, const char *, char *) = {
		[FIELD_STRING] = add_text,
		[FIELD_INTEGER] = add_integer,
		[FIELD_BOOLEAN] = add_boolean,
		[FIELD_ADDRESS] = add_address,
	};
	AUTO_FREE char *copy = strdup(value);
	int failure;

	if (strlen(value) > VALUE_MAX_SIZE)
		return refuse(error, "a value of more than %d bytes", VALUE_MAX_SIZE);
	if (!copy || condition_grow(condition))
		return -ENOMEM;
	failure = adders[condition->field->type](condition, value, error);
	if (failure)
		return failure;
	condition->values[condition->value_count++] = copy;
	copy = NULL;
	return 0;
}

int condition_finish(struct condition *condition)
{
	struct condition_matcher *matcher = condition->compiled;
	size_t slots = 1;

	if (condition->op != OPERATOR_EQUALS || condition->field->type != FIELD_STRING ||
	    condition->value_count < CONDITION_HASHED_VALUES)
		return 0;
	while (slots < 2 * condition->value_count)
		slots *= 2;
	free(matcher->slots);
	matcher->slots = calloc(slots, sizeof(*matcher->slots));
	if (!matcher->slots)
		return -ENOMEM;
	matcher->slot_mask = slots - 1;
	for (size_t i = 0; i < condition->value_count; i++) {
		size_t slot = condition_hash(condition->values[i], matcher->sizes[i]) & matcher->slot_mask;

		while (matcher->slots[slot])
			slot = (slot + 1) & matcher->slot_mask;
		matcher->slots[slot] = i + 1;
	}
	return 0;
}
