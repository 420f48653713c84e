/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cleanup.h"
#include "export/web_ciphers.h"
#include "export/web_config.h"
#include "web_files.h"

#define TLS "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n"

static int setup(void **state)
{
	static struct web_files files;

	web_files_open(&files);
	*state = &files;
	return 0;
}

static int teardown(void **state)
{
	web_files_close(*state);
	return 0;
}

static int load(struct web_files *files, const char *text, struct web_config *config)
{
	files->errors[0] = '\0';
	web_write(files, "web.yml", text);
	return web_config_load(files->config, web_keep_error, files, config);
}

/* @error: what follows the file's name, from its line. */
static void expect_error(struct web_files *files, const char *text, const char *error)
{
	struct web_config config;
	size_t size = strlen(files->config);

	assert_int_equal(load(files, text, &config), -EINVAL);
	assert_memory_equal(files->errors, files->config, size);
	if (!strstr(files->errors, error))
		fail_msg("%s\nsays\n%s\nand not\n%s", text, files->errors, error);
	assert_null(config.tls);
	web_config_clear(&config);
}

static void expect_good(struct web_files *files, const char *text)
{
	struct web_config config;

	if (load(files, text, &config))
		fail_msg("%s\nsays\n%s", text, files->errors);
	web_config_clear(&config);
}

static void an_empty_file_asks_for_nothing(void **state)
{
	struct web_config config;

	assert_int_equal(load(*state, "# nothing\n", &config), 0);
	assert_null(config.tls);
	assert_int_equal(config.user_count + config.header_count, 0);
	assert_int_equal(config.rate_interval_ns, 0);
	web_config_clear(&config);
	expect_good(*state, "tls_server_config:\nbasic_auth_users: {}\nhttp_server_config: {http2: false}\n");
}

static void reads_all_that_it_can_hold(void **state)
{
	struct web_config config;

	assert_int_equal(load(*state,
			      TLS "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: cert.pem\n"
				  "  client_allowed_sans: [one, 10.0.0.1]\n  min_version: TLS12\n  max_version: TLS13\n"
				  "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n"
				  "  prefer_server_cipher_suites: false\n  curve_preferences: [X25519, CurveP256]\n"
				  "http_server_config:\n  http2: true\n  headers:\n    X-Frame-Options: deny\n"
				  "    Content-Security-Policy: \"default-src 'self'\"\n"
				  "basic_auth_users: {one: \"" WEB_HASH "\", two: \"" WEB_HASH "\"}\n"
				  "rate_limit: {interval: 2s, burst: 5}\n",
			      &config),
			 0);
	assert_non_null(config.tls);
	assert_int_equal(config.user_count, 2);
	assert_string_equal(config.users[1].name, "two");
	assert_string_equal(config.users[1].hash, WEB_HASH);
	assert_int_equal(config.header_count, 2);
	assert_string_equal(config.headers[0].name, "X-Frame-Options");
	assert_string_equal(config.headers[0].value, "deny");
	assert_int_equal(config.rate_interval_ns, 2000000000);
	assert_int_equal(config.rate_burst, 5);
	assert_int_equal(config.file_count, 4);
	web_config_clear(&config);
}

static void names_the_place_of_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "basic_auth_user: {}\n", ":1:1: a web configuration has no key \"basic_auth_user\"; did you mean" },
		{ "a: [\n", ":2:1: not YAML" },
		{ "- a\n", ":1:1: a web configuration must be a mapping" },
		{ "tls_server_config:\n  cert_file: cert.pem\n", ":2:3: tls_server_config needs a key_file" },
		{ "tls_server_config:\n  min_version: TLS12\n", "needs a cert_file" },
		{ "tls_server_config:\n  cert_file: none.pem\n  key_file: key.pem\n",
		  ":2:14: cert: none.pem: No such file or directory" },
		{ "tls_server_config:\n  cert_file: /tmp\n  key_file: key.pem\n", ":2:14: cert: /tmp: Is a directory" },
		{ "tls_server_config:\n  cert_file: web.yml\n  key_file: key.pem\n", ":2:14: cert: " },
		{ "tls_server_config:\n  cert_file: cert.pem\n  key_file: other.key\n", ":3:13: key: " },
		{ "tls_server_config:\n  cert_file: cert.pem\n  key_file: cert.pem\n", ":3:13: key: " },
		{ TLS "  cert: x\n", ":4:9: cert is in a file and here" },
		{ TLS "  min_version: TLS1\n", ":4:16: min_version: \"TLS1\" is not known here; did you mean \"TLS1" },
		{ TLS "  min_version: TLS13\n  max_version: TLS12\n", ":5:16: max_version is less than min_version" },
		{ TLS "  client_auth_type: Maybe\n", ":4:21: client_auth_type: \"Maybe\" is not known here" },
		{ TLS "  client_auth_type: RequireAndVerifyClientCert\n",
		  ":4:21: RequireAndVerifyClientCert needs a client_ca_file" },
		{ TLS "  client_ca_file: cert.pem\n", ":4:19: client_ca without a client_auth_type" },
		{ TLS "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: key.pem\n",
		  ":5:19: client_ca: " },
		{ TLS "  client_auth_type: RequireAnyClientCert\n  client_allowed_sans: [a]\n",
		  ":5:24: client_allowed_sans without" },
		{ TLS "  cipher_suites: [TLS_RSA_WITH_3DES_EDE_CBC_SHA]\n",
		  ":4:19: cipher_suites: \"TLS_RSA_WITH_3DES" },
		{ TLS "  cipher_suites: TLS_AES_128_GCM_SHA256\n", ":4:18: cipher_suites must be a list" },
		{ TLS
		  "  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n",
		  ":4:18: cipher_suites: GnuTLS cannot take these without TLS_ECDHE_" },
		{ TLS "  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA]\n", "no TLS 1.3 is possible with these" },
		{ TLS "  cipher_suites: [TLS_AES_128_GCM_SHA256]\n",
		  "none of these is of TLS12; set min_version: TLS13" },
		{ TLS "  curve_preferences: [CurveP224]\n",
		  ":4:23: curve_preferences: \"CurveP224\" is not known here" },
		{ TLS "  prefer_server_cipher_suites: maybe\n", "is true or false" },
		{ "http_server_config: {headers: {Server: x}}\n", ":1:32: the header \"Server\" cannot be set" },
		{ "http_server_config: {headers: {X-Frame-Options: maybe}}\n", ":1:49: \"maybe\" is no value of" },
		{ "http_server_config: {headers: {X-XSS-Protection: \"1\\r\\nA: b\"}}\n",
		  ":1:50: \"1??A: b\" is no value" },
		{ "basic_auth_users: [a]\n", ":1:19: basic_auth_users must be a mapping" },
		{ "basic_auth_users:\n  joe: secret\n", ":2:8: the hash of \"joe\" is no bcrypt hash" },
		{ "basic_auth_users: {joe: \"$2x$04$7oKKJJSBJQfHyg7M0o8d3uD/r1IfGA6dEHSY0qtw74XpjQqIzqEoi\"}\n",
		  "no bcrypt" },
		{ "basic_auth_users: {joe: \"$2b$31$7oKKJJSBJQfHyg7M0o8d3uD/r1IfGA6dEHSY0qtw74XpjQqIzqEoi\"}\n",
		  "a check would take longer than a scrape may" },
		{ "basic_auth_users: {\"a:b\": \"" WEB_HASH "\"}\n", "a user's name has no colon" },
		{ "basic_auth_users: {a: \"" WEB_HASH "\", a: \"" WEB_HASH "\"}\n", "the user \"a\" is there twice" },
		{ "rate_limit: {interval: 1s}\n", "burst must be 1 or more" },
		{ "rate_limit: {interval: soon, burst: 1}\n", "interval is a duration" },
		{ "rate_limit: {interval: 1s, burst: many}\n", "burst is a number" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect_error(*state, cases[i].text, cases[i].error);
}

static void tells_all_errors_at_once(void **state)
{
	struct web_files *files = *state;

	expect_error(files, TLS "  min_version: x\nbasic_auth_users: {a: b}\nmore: 1\n", "min_version");
	assert_non_null(strstr(files->errors, "no bcrypt hash"));
	assert_non_null(strstr(files->errors, "no key \"more\""));
}

static void each_client_auth_type_is_known(void **state)
{
	expect_good(*state, TLS "  client_auth_type: NoClientCert\n");
	expect_good(*state, TLS "  client_auth_type: RequestClientCert\n");
	expect_good(*state, TLS "  client_auth_type: RequireClientCert\n");
	expect_good(*state, TLS "  client_auth_type: RequireAnyClientCert\n");
	expect_good(*state, TLS "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: cert.pem\n");
}

static void each_suite_alone_is_taken_exactly(void **state)
{
	const char *name;

	(void)state;
	for (unsigned int i = 0; (name = web_cipher_name(i)); i++) {
		bool tls13 = strncmp(name, "TLS_AES", 7) == 0 || strncmp(name, "TLS_CHACHA", 10) == 0;
		struct web_ciphers ciphers = { .minimum = tls13 ? WEB_TLS_13 : WEB_TLS_12,
					       .maximum = tls13 ? WEB_TLS_13 : WEB_TLS_12,
					       .suites = 1U << i };
		char why[256] = "", *priorities = NULL;

		if (web_ciphers_priorities(&ciphers, &priorities, why, sizeof(why)))
			fail_msg("%s: %s", name, why);
		free(priorities);
	}
}

static void notices_each_change_of_each_file(void **state)
{
	static const char *const names[] = { "web.yml", "cert.pem", "key.pem" };
	struct web_files *files = *state;
	struct web_config config;
	char path[128];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(load(files, TLS, &config), 0);
		assert_false(web_config_changed(&config));
		snprintf(path, sizeof(path), "%s/%s", files->folder, names[i]);
		assert_int_equal(utimensat(AT_FDCWD, path, NULL, 0), 0);
		assert_true(web_config_changed(&config));
		web_config_clear(&config);
	}
	assert_int_equal(load(files, TLS, &config), 0);
	assert_int_equal(unlink(path), 0);
	assert_true(web_config_changed(&config));
	web_config_clear(&config);
}

static void is_told_from_rules_by_its_keys(void **state)
{
	struct web_files *files = *state;

	web_write(files, "web.yml", "basic_auth_users: {}\n");
	assert_true(web_config_is_one(files->config));
	web_write(files, "web.yml", "rules: []\n");
	assert_false(web_config_is_one(files->config));
	web_write(files, "web.yml", "- a\n");
	assert_false(web_config_is_one(files->config));
	assert_false(web_config_is_one(files->folder));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_empty_file_asks_for_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(reads_all_that_it_can_hold, setup, teardown),
		cmocka_unit_test_setup_teardown(names_the_place_of_what_is_wrong, setup, teardown),
		cmocka_unit_test_setup_teardown(tells_all_errors_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(each_client_auth_type_is_known, setup, teardown),
		cmocka_unit_test(each_suite_alone_is_taken_exactly),
		cmocka_unit_test_setup_teardown(notices_each_change_of_each_file, setup, teardown),
		cmocka_unit_test_setup_teardown(is_told_from_rules_by_its_keys, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
