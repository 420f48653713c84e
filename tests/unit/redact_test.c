/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cleanup.h"
#include "state/redact.h"

/* "|" parts the arguments. Return: the same way. */
static const char *redacted(const char *arguments)
{
	static char given[4096], got[4096];
	size_t size = strlen(arguments);

	memcpy(given, arguments, size);
	for (size_t i = 0; i < size; i++)
		given[i] = given[i] == '|' ? '\0' : given[i];
	size = redact_arguments(given, size, got, sizeof(got) - 1);
	for (size_t i = 0; i < size; i++)
		got[i] = got[i] ? got[i] : '|';
	got[size] = '\0';
	return got;
}

#define R REDACTED
static const char *const secrets[][2] = {
	{ "psql|--password=hunter2|db", "psql|--password=" R "|db" },
	{ "psql|--password|hunter two|db", "psql|--password|" R "|db" },
	{ "tool|--db-pass=x|-v", "tool|--db-pass=" R "|-v" },
	{ "tool|-token|abc", "tool|-token|" R },
	{ "tool|--api-key=abc,--x", "tool|--api-key=" R ",--x" },
	{ "tool|--client-secret|s|--region|eu", "tool|--client-secret|" R "|--region|eu" },
	{ "env|AWS_SECRET_ACCESS_KEY=ab/cd+ef==|aws", "env|AWS_SECRET_ACCESS_KEY=" R "|aws" },
	{ "env|PGPASSWORD=x|DBPASS=y|psql", "env|PGPASSWORD=" R "|DBPASS=" R "|psql" },
	{ "mount|-o|user=me,password=x,vers=3", "mount|-o|user=me,password=" R ",vers=3" },
	{ "sh|-c|mysql --password=abc db && echo done", "sh|-c|mysql --password=" R " db && echo done" },
	{ "sh|-c|tool --password 'a b' db", "sh|-c|tool --password " R "' db" },
	{ "sh|-c|export TOKEN=\"a b\"; run", "sh|-c|export TOKEN=\"" R "\"; run" },
	{ "curl|-H|Authorization: Bearer abc.def|http://x", "curl|-H|Authorization: " R "|http://x" },
	{ "sh|-c|curl -H 'Authorization: Basic YTpi' http://x", "sh|-c|curl -H 'Authorization: " R "' http://x" },
	{ "curl|-H|X-Api-Key: abc|http://x", "curl|-H|X-Api-Key: " R "|http://x" },
	{ "curl|-H|Cookie: a=b; c=d", "curl|-H|Cookie: " R },
	{ "curl|-d|{\"user\": \"me\", \"password\": \"x y\"}|u",
	  "curl|-d|{\"user\": \"me\", \"password\": \"" R "\"}|u" },
	{ "curl|-d|user=me&password=x&a=b|u", "curl|-d|user=me&password=" R "&a=b|u" },
	{ "curl|-u|me:x|http://y", "curl|-u|me:" R "|http://y" },
	{ "curl|-ume:x|http://y", "curl|-ume:" R "|http://y" },
	{ "curl|http://me:p@ss@host:80/a?b", "curl|http://me:" R "@host:80/a?b" },
	{ "git|clone|https://0123456789abcdef@host/r", "git|clone|https://" R "@host/r" },
	{ "/usr/bin/mysql|-uroot|-phunter2|db", "/usr/bin/mysql|-uroot|-p" R "|db" },
	{ "sshpass|-p|x y|ssh|host", "sshpass|-p|" R "|ssh|host" },
	{ "sh|-c|redis-cli -a secret1 get x", "sh|-c|redis-cli -a " R " get x" },
	{ "openssl|enc|-pass|pass:x|-in|f", "openssl|enc|-pass|" R "|-in|f" },
	{ "openssl|enc|-passin|pass:x", "openssl|enc|-passin|" R },
	{ "smbclient|-U|dom/me%x|//s/a", "smbclient|-U|dom/me%" R "|//s/a" },
	{ "echo|ghp_0123456789", "echo|" R },
	{ "echo|a=glpat-xyz;b", "echo|a=" R ";b" },
	{ "tool|--jwt|eyJhbGciOiJIUzI1NiJ9.e30.x", "tool|--jwt|" R },
	{ "tool|--password=", "tool|--password=" },
	{ "tool|--password", "tool|--password" },
};

static void secrets_are_cut_out_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++)
		assert_string_equal(redacted(secrets[i][0]), secrets[i][1]);
}

static void what_is_no_secret_stays(void **state)
{
	static const char *const plain[] = {
		"",
		"ls|-la|/etc/passwd",
		"docker|run|-v|/etc/passwd:/etc/passwd:ro|-p|80:80|image:tag",
		"cat|/run/secrets/token",
		"grep|-r|password|/etc",
		"tool|--password-file=/run/x|--token-ttl=3|--bypass=1|--no-password|db",
		"tool|--password|--verbose",
		"env|PWD=/home|OLDPWD=/tmp|compass=n|sh",
		"curl|http://host:80/a@b|https://user@host/",
		"mysql|-p|db",
		"ssh|-p|22|host",
		"tool|-p22|-u|a:b",
		"dd|if=/dev/zero|of=/x",
		"echo|sk_lives|ghp|eyJ",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		assert_string_equal(redacted(plain[i]), plain[i]);
}

static void what_has_no_room_is_left_out(void **state)
{
	char buffer[13] = "............";
	size_t size = redact_arguments("a\0--token=x\0b", 13, buffer, 12);

	(void)state;
	assert_int_equal(size, 12);
	assert_memory_equal(buffer, "a\0--token=[r.", 12);
	assert_int_equal(redact_arguments("ab", 2, buffer, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_are_cut_out_and_nothing_else),
		cmocka_unit_test(what_is_no_secret_stays),
		cmocka_unit_test(what_has_no_room_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
