/* SPDX-License-Identifier: GPL-2.0-only */
#include "state/redact.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "cleanup.h"

/* What the name of an option, a variable, a header or a key of JSON ends with when its value is a secret. */
static const char *const secret_names[] = {
	"password",   "passwd",	     "passphrase",  "pass",	 "-pwd",	  "_pwd",     "storepass",
	"keypass",    "secret",	     "token",	    "apikey",	 "api-key",	  "api_key",  "access-key",
	"access_key", "accesskey",   "secret-key",  "secretkey", "secret_key",	  "auth-key", "requirepass",
	"masterauth", "credential",  "credentials", "bearer",	 "authorization", "cookie",   "passin",
	"passout",    "private-key", "private_key",
};

/* Options that end so, and are followed by no secret. */
static const char *const harmless_beginnings[] = { "no-", "ask-", "prompt", "disable-", "without-", "skip-" };

/* How the words begin that are secrets wherever they stand: tokens of code hosts, chats, vaults and JWT. */
static const char *const secret_beginnings[] = {
	"ghp_",	 "gho_",  "ghs_",  "ghu_", "github_pat_", "glpat-",
	"xoxb-", "xoxp-", "xoxa-", "hvs.", "eyJhbGci",	  "sk_live_",
};

/* Short options whose value is a secret for these programs: attached to it, or the next word. */
static const struct short_option {
	const char *program, *option;
	bool attached, next;
	bool after_colon; /* of "user:password" */
} short_options[] = {
	{ "mysql", "-p", true, false, false },
	{ "mysqldump", "-p", true, false, false },
	{ "mysqladmin", "-p", true, false, false },
	{ "mysqlimport", "-p", true, false, false },
	{ "mariadb", "-p", true, false, false },
	{ "mariadb-dump", "-p", true, false, false },
	{ "mariadb-admin", "-p", true, false, false },
	{ "sshpass", "-p", true, true, false },
	{ "mongo", "-p", true, true, false },
	{ "mongosh", "-p", true, true, false },
	{ "mongodump", "-p", true, true, false },
	{ "redis-cli", "-a", false, true, false },
	{ "ldapsearch", "-w", true, true, false },
	{ "ldapmodify", "-w", true, true, false },
	{ "ldapadd", "-w", true, true, false },
	{ "mosquitto_pub", "-P", false, true, false },
	{ "mosquitto_sub", "-P", false, true, false },
	{ "openssl", "-k", false, true, false },
	{ "openssl", "-K", false, true, false },
	{ "openssl", "-pass", false, true, false },
	{ "zip", "-P", true, true, false },
	{ "unzip", "-P", true, true, false },
	{ "7z", "-p", true, false, false },
	{ "smbclient", "-U", true, true, true },
	{ "curl", "-u", true, true, true },
	{ "curl", "--user", false, true, true },
	{ "curl", "-U", true, true, true },
	{ "curl", "--proxy-user", false, true, true },
	{ "rclone", "--pass", false, true, false },
};

/* Where the copy stands. */
struct redaction {
	const char *text, *end; /* what is left of what was given */
	char *to, *to_end;
	const char *program;   /* of short_options, or NULL */
	bool next, next_colon; /* the next word is a secret, or has one behind its colon */
	bool next_whole;       /* it is an argument of its own, spaces and all */
};

static void put(struct redaction *redaction, const char *text, size_t size)
{
	size_t room = redaction->to_end - redaction->to;

	size = size < room ? size : room;
	memcpy(redaction->to, text, size);
	redaction->to += size;
}

static void put_redacted(struct redaction *redaction)
{
	put(redaction, REDACTED, strlen(REDACTED));
}

static bool ends_with(const char *text, size_t size, const char *end)
{
	size_t length = strlen(end);

	return size >= length && strncasecmp(text + size - length, end, length) == 0;
}

static bool begins_with(const char *text, size_t size, const char *beginning)
{
	size_t length = strlen(beginning);

	return size >= length && memcmp(text, beginning, length) == 0;
}

static bool in_name(char byte)
{
	return isalnum((unsigned char)byte) || byte == '_' || byte == '-' || byte == '.';
}

/* A word of its own, not the end of another: "pass" of "--db-pass" and "DBPASS", not of "--bypass". */
static bool is_whole(const char *name, size_t size, const char *end)
{
	size_t before = size - strlen(end);

	return !before || !islower((unsigned char)name[before - 1]) || isupper((unsigned char)name[before]) ||
	       strlen(end) > strlen("pass");
}

static bool is_secret_name(const char *name, size_t size)
{
	while (size && *name == '-') {
		name++;
		size--;
	}
	for (size_t i = 0; i < ARRAY_SIZE(harmless_beginnings); i++)
		if (begins_with(name, size, harmless_beginnings[i]))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(secret_names); i++)
		if (ends_with(name, size, secret_names[i]) && is_whole(name, size, secret_names[i]))
			return true;
	return false;
}

static bool is_quote(char byte)
{
	return byte == '"' || byte == '\'' || byte == '`';
}

/* Whether the assignment whose "=" or ":" stands at @at is of a secret; its name ends there, perhaps in quotes. */
static bool assigns_secret(const char *word, const char *at)
{
	const char *name_end = at, *name;

	if (name_end > word && is_quote(name_end[-1]))
		name_end--;
	for (name = name_end; name > word && in_name(name[-1]); name--)
		;
	return name < name_end && is_secret_name(name, name_end - name);
}

/* "name": value and Name: value need what shows that they are no "host:port". */
static bool is_assignment(const struct redaction *redaction, const char *word, const char *at)
{
	if (*at == '=')
		return true;
	return *at == ':' && at + 1 < redaction->end &&
	       ((at > word && is_quote(at[-1])) || at[1] == ' ' || ends_with(word, at - word, "pass"));
}

/* Where a value that begins at @value ends: at its own quote, or where words end. @whole: at the argument's end. */
static const char *value_end(const struct redaction *redaction, const char *value, bool whole)
{
	char quote = value > redaction->text && is_quote(value[-1]) ? value[-1] : '\0';
	const char *end = value;

	while (end < redaction->end && *end && *end != '\n') {
		if (quote ? *end == quote : (!whole && strchr(" \t,;&|\"'`", *end)) || (whole && is_quote(*end)))
			break;
		end++;
	}
	return end;
}

/* Headers' values have spaces: "Authorization: Bearer xyz". */
static bool is_header(const char *word, const char *at)
{
	return *at == ':' && (ends_with(word, at - word, "authorization") || ends_with(word, at - word, "cookie"));
}

static const char *word_end(const struct redaction *redaction, const char *word)
{
	while (word < redaction->end && *word && *word != ' ' && *word != '\t' && *word != '\n')
		word++;
	return word;
}

static const char *argument_end(const struct redaction *redaction)
{
	return redaction->text + strnlen(redaction->text, redaction->end - redaction->text);
}

/* Copy what is before @value, say that it is redacted, and go on behind @end. */
static void cut_out(struct redaction *redaction, const char *value, const char *end)
{
	put(redaction, redaction->text, value - redaction->text);
	if (end > value)
		put_redacted(redaction);
	redaction->text = end;
}

/* An assignment within the word: all before its value is copied. Return: whether there was one. */
static bool cut_assignment(struct redaction *redaction, const char *end)
{
	const char *word = redaction->text;

	for (const char *at = word; at < end; at++) {
		const char *value = at + 1;
		bool header;

		if ((*at != '=' && *at != ':') || !is_assignment(redaction, word, at) || !assigns_secret(word, at))
			continue;
		header = is_header(word, at);
		while (value < redaction->end && *value == ' ')
			value++;
		if (value < redaction->end && is_quote(*value))
			value++;
		cut_out(redaction, value, value_end(redaction, value, header));
		return true;
	}
	return false;
}

/* "scheme://user:password@host", or a token alone before "@". */
static bool cut_url(struct redaction *redaction, const char *end)
{
	const char *scheme = memmem(redaction->text, end - redaction->text, "://", 3), *from, *at = NULL, *colon;

	if (!scheme)
		return false;
	from = scheme + 3;
	for (const char *p = from; p < end && *p != '/' && *p != '?' && *p != '#' && !is_quote(*p); p++)
		if (*p == '@')
			at = p;
	if (!at)
		return false;
	colon = memchr(from, ':', at - from);
	if (!colon && at - from < 16)
		return false; /* a user's name */
	cut_out(redaction, colon ? colon + 1 : from, at);
	return true;
}

static bool cut_token(struct redaction *redaction, const char *end)
{
	for (const char *at = redaction->text; at < end; at++) {
		if (at > redaction->text && (isalnum((unsigned char)at[-1]) || at[-1] == '_'))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(secret_beginnings); i++) {
			if (!begins_with(at, end - at, secret_beginnings[i]))
				continue;
			cut_out(redaction, at, value_end(redaction, at, false));
			return true;
		}
	}
	return false;
}

static bool cut_behind_colon(struct redaction *redaction, const char *end)
{
	const char *mark = redaction->text;

	while (mark < end && *mark != ':' && *mark != '%')
		mark++;
	if (mark == end)
		return false;
	cut_out(redaction, mark + 1, end);
	return true;
}

/* A short option of the program that is known. Return: whether its value was in the same word. */
static bool cut_short_option(struct redaction *redaction, const char *end)
{
	size_t size = end - redaction->text;

	for (size_t i = 0; redaction->program && i < ARRAY_SIZE(short_options); i++) {
		const struct short_option *option = &short_options[i];
		size_t length = strlen(option->option);

		if (strcmp(option->program, redaction->program) != 0 ||
		    !begins_with(redaction->text, size, option->option))
			continue;
		if (size == length) {
			redaction->next = option->next && !option->after_colon;
			redaction->next_colon = option->next && option->after_colon;
			return false;
		}
		if (!option->attached)
			continue;
		if (option->after_colon)
			return cut_behind_colon(redaction, end);
		cut_out(redaction, redaction->text + length, end);
		return true;
	}
	return false;
}

static void note_program(struct redaction *redaction, const char *end)
{
	const char *slash = memrchr(redaction->text, '/', end - redaction->text);
	const char *name = slash ? slash + 1 : redaction->text;

	for (size_t i = 0; i < ARRAY_SIZE(short_options); i++)
		if (strlen(short_options[i].program) == (size_t)(end - name) &&
		    memcmp(short_options[i].program, name, end - name) == 0)
			redaction->program = short_options[i].program;
}

/* The value of the option before it. Return: whether the word, or its argument, was that. */
static bool cut_next(struct redaction *redaction, const char *end)
{
	bool next = redaction->next, colon = redaction->next_colon;

	redaction->next = redaction->next_colon = false;
	if (redaction->next_whole)
		end = argument_end(redaction);
	if (colon)
		return cut_behind_colon(redaction, end);
	if (!next || (*redaction->text == '-' && end - redaction->text > 1))
		return false;
	if (is_quote(*redaction->text))
		end = value_end(redaction, redaction->text + 1, true);
	cut_out(redaction, redaction->text, end);
	return true;
}

static void redact_word(struct redaction *redaction)
{
	const char *end = word_end(redaction, redaction->text), *word = redaction->text;

	if ((redaction->next || redaction->next_colon) && cut_next(redaction, end))
		return;
	note_program(redaction, end);
	if (cut_assignment(redaction, end) || cut_url(redaction, end) || cut_token(redaction, end) ||
	    cut_short_option(redaction, end))
		return;
	if (*word == '-' && !memchr(word, '=', end - word) && is_secret_name(word, end - word))
		redaction->next = true;
	put(redaction, redaction->text, end - redaction->text);
	redaction->text = end;
}

size_t redact_arguments(const char *arguments, size_t size, char *buffer, size_t room)
{
	struct redaction redaction = {
		.text = arguments, .end = arguments + size, .to = buffer, .to_end = buffer + room
	};

	while (redaction.text < redaction.end) {
		if (strchr(" \t\n", *redaction.text)) { /* NUL as well */
			redaction.next_whole = !*redaction.text;
			put(&redaction, redaction.text++, 1);
			continue;
		}
		redact_word(&redaction);
	}
	return redaction.to - buffer;
}
