/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "cleanup.h"
#include "export/otlp_config.h"

static void a_base_gets_the_path_of_logs_and_a_whole_url_stays(void **state)
{
	static const struct {
		const char *endpoint;
		bool is_base;
		const char *url;
	} cases[] = {
		{ "http://localhost:4318", true, "http://localhost:4318/v1/logs" },
		{ "http://localhost:4318/", true, "http://localhost:4318/v1/logs" },
		{ "http://localhost:4318//", true, "http://localhost:4318/v1/logs" },
		{ "https://otlp.example/base", true, "https://otlp.example/base/v1/logs" },
		{ "https://otlp.example/base/", true, "https://otlp.example/base/v1/logs" },
		{ "http://otlp.example/base?key=1", true, "http://otlp.example/base/v1/logs?key=1" },
		{ "http://[::1]:4318", true, "http://[::1]:4318/v1/logs" },
		{ "HTTP://otlp.example", true, "http://otlp.example/v1/logs" },
		{ "http://otlp.example/my/logs", false, "http://otlp.example/my/logs" },
		{ "http://otlp.example", false, "http://otlp.example/" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_FREE char *url = NULL;

		assert_int_equal(otlp_url(cases[i].endpoint, cases[i].is_base, &url), 0);
		assert_string_equal(url, cases[i].url);
	}
}

static void what_is_no_http_url_is_refused(void **state)
{
	static const char *const endpoints[] = {
		"",	   "collector:4318",   "localhost",	    "grpc://localhost:4317", "file:///etc/passwd",
		"http://", "http://host:port", "http://host:99999", "http://a b/",	     "http://[::1",
		"https:",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(endpoints); i++)
		for (int is_base = 0; is_base < 2; is_base++) {
			char *url = (char *)"untouched";

			if (otlp_url(endpoints[i], is_base, &url) != -EINVAL)
				fail_msg("\"%s\" became %s", endpoints[i], url);
			assert_string_equal(url, "untouched");
		}
}

static void headers_are_decoded(void **state)
{
	char **headers = NULL;

	(void)state;
	assert_int_equal(otlp_headers("api-key=a%20b%3Dc, X-Tenant = one ,,empty=,last=a=b", &headers), 0);
	assert_string_equal(headers[0], "api-key: a b=c");
	assert_string_equal(headers[1], "X-Tenant: one");
	assert_string_equal(headers[2], "empty;");
	assert_string_equal(headers[3], "last: a=b");
	assert_null(headers[4]);
	otlp_headers_free(headers);
}

static void no_headers_are_an_empty_list(void **state)
{
	static const char *const texts[] = { NULL, "", " , ,," };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char **headers = NULL;

		assert_int_equal(otlp_headers(texts[i], &headers), 0);
		assert_null(headers[0]);
		otlp_headers_free(headers);
	}
	otlp_headers_free(NULL);
}

static void headers_that_are_none_or_more_than_one_are_refused(void **state)
{
	static const char *const texts[] = {
		"key",		 "=value", "a=b,key",	   "a=%",   "a=%2",    "a=%zz",		 "a=%00",
		"a=b%0d%0aX: y", "a%0a=b", "Host: evil=x", "a b=c", "a%3ab=c", "a=b,\xc3\xa4=c", "a=1%0a",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char **headers = (char **)1;

		if (otlp_headers(texts[i], &headers) != -EINVAL)
			fail_msg("\"%s\" was taken", texts[i]);
		assert_ptr_equal(headers, (char **)1);
	}
}

static void more_headers_than_anybody_needs_are_refused(void **state)
{
	char text[65 * 4 + 1] = "", **headers = NULL;

	(void)state;
	for (int i = 0; i < 65; i++)
		strcat(text, "a=b,");
	assert_int_equal(otlp_headers(text, &headers), -EINVAL);
	text[64 * 4] = '\0';
	assert_int_equal(otlp_headers(text, &headers), 0);
	assert_non_null(headers[63]);
	assert_null(headers[64]);
	otlp_headers_free(headers);
}

static const char *attribute(const struct otlp_resource *resource, const char *key)
{
	const char *value = NULL;

	for (size_t i = 0; i < resource->count; i++)
		if (strcmp(resource->attributes[i].key, key) == 0) {
			assert_null(value); /* never twice */
			value = resource->attributes[i].value;
		}
	return value;
}

static void a_resource_names_service_and_host(void **state)
{
	struct otlp_resource resource;

	(void)state;
	setenv("NODE_NAME", "node-7", 1);
	assert_int_equal(otlp_resource_make(NULL, NULL, "/", &resource), 0);
	assert_string_equal(attribute(&resource, "service.name"), "picket");
	assert_non_null(attribute(&resource, "service.version"));
	assert_non_null(attribute(&resource, "host.name"));
	assert_string_equal(attribute(&resource, "os.type"), "linux");
	assert_string_equal(attribute(&resource, "k8s.node.name"), "node-7");
#ifdef __x86_64__
	assert_string_equal(attribute(&resource, "host.arch"), "amd64");
#endif
	otlp_resource_free(&resource);
	setenv("NODE_NAME", "", 1);
	assert_int_equal(otlp_resource_make(NULL, NULL, "/", &resource), 0);
	assert_null(attribute(&resource, "k8s.node.name"));
	otlp_resource_free(&resource);
}

static void the_environment_comes_over_the_defaults_and_the_service_name_over_all(void **state)
{
	struct otlp_resource resource;

	(void)state;
	assert_int_equal(
		otlp_resource_make("service.name=other,team=a%2Cb,host.name=h,team=c,empty=", NULL, "/", &resource), 0);
	assert_string_equal(attribute(&resource, "service.name"), "other");
	assert_string_equal(attribute(&resource, "host.name"), "h");
	assert_string_equal(attribute(&resource, "team"), "c");
	assert_string_equal(attribute(&resource, "empty"), "");
	otlp_resource_free(&resource);
	assert_int_equal(otlp_resource_make("service.name=other", "mine", "/", &resource), 0);
	assert_string_equal(attribute(&resource, "service.name"), "mine");
	otlp_resource_free(&resource);
}

static void one_error_discards_all_of_the_attributes(void **state)
{
	static const char *const texts[] = { "good=1,bad", "good=1,=x", "good=1,x=%zz", "good=1,x=%ff",
					     "good=1,%c3=x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct otlp_resource resource;

		assert_int_equal(otlp_resource_make(texts[i], "mine", "/", &resource), -EINVAL);
		assert_null(attribute(&resource, "good"));
		assert_string_equal(attribute(&resource, "service.name"), "mine");
		otlp_resource_free(&resource);
	}
}

static void as_many_attributes_as_are_allowed_find_room(void **state)
{
	char text[65 * 8] = "";
	struct otlp_resource resource;

	(void)state;
	for (int i = 0; i < 64; i++)
		sprintf(text + strlen(text), "k%d=v,", i);
	assert_int_equal(otlp_resource_make(text, "mine", "/", &resource), 0);
	assert_string_equal(attribute(&resource, "k63"), "v");
	assert_non_null(attribute(&resource, "os.type"));
	otlp_resource_free(&resource);
}

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void a_host_seen_from_a_container_tells_its_own_name(void **state)
{
	char root[] = "/tmp/picket-test-XXXXXX", path[128];
	struct otlp_resource resource;

	(void)state;
	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/etc", root);
	assert_int_equal(mkdir(path, 0700), 0);
	write_file(path, "hostname", "the-host\n");
	write_file(path, "machine-id", "0123456789abcdef0123456789abcdef\n");
	assert_int_equal(otlp_resource_make(NULL, NULL, root, &resource), 0);
	assert_string_equal(attribute(&resource, "host.name"), "the-host");
	assert_string_equal(attribute(&resource, "host.id"), "0123456789abcdef0123456789abcdef");
	otlp_resource_free(&resource);
	snprintf(path, sizeof(path), "rm -r %s", root);
	assert_int_equal(system(path), 0);
	/* neither file: the name of uname(2), and no id */
	assert_int_equal(otlp_resource_make(NULL, NULL, root, &resource), 0);
	assert_non_null(attribute(&resource, "host.name"));
	assert_null(attribute(&resource, "host.id"));
	otlp_resource_free(&resource);
}

static void retry_after_is_seconds_or_a_date(void **state)
{
	static const int64_t now = 784111777; /* Sun, 06 Nov 1994 08:49:37 GMT */
	static const struct {
		const char *value;
		int64_t wait_ms;
	} cases[] = {
		{ "0", 0 },
		{ "120", 120000 },
		{ "99999999999999999999", 3600000 },
		{ "Sun, 06 Nov 1994 08:49:47 GMT", 10000 },
		{ "Sunday, 06-Nov-94 08:49:47 GMT", 10000 },
		{ "Sun Nov  6 08:49:47 1994", 10000 },
		{ "Sun, 06 Nov 1994 08:49:00 GMT", 0 },
		{ "Fri, 31 Dec 2100 23:59:59 GMT", 3600000 },
		{ "", -EINVAL },
		{ "soon", -EINVAL },
		{ "-5", -EINVAL },
		{ "5 seconds", -EINVAL },
		{ "1.5", -EINVAL },
		{ "0x10", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (otlp_retry_after_ms(cases[i].value, now) != cases[i].wait_ms)
			fail_msg("\"%s\" gave %lld", cases[i].value,
				 (long long)otlp_retry_after_ms(cases[i].value, now));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_base_gets_the_path_of_logs_and_a_whole_url_stays),
		cmocka_unit_test(what_is_no_http_url_is_refused),
		cmocka_unit_test(headers_are_decoded),
		cmocka_unit_test(no_headers_are_an_empty_list),
		cmocka_unit_test(headers_that_are_none_or_more_than_one_are_refused),
		cmocka_unit_test(more_headers_than_anybody_needs_are_refused),
		cmocka_unit_test(a_resource_names_service_and_host),
		cmocka_unit_test(the_environment_comes_over_the_defaults_and_the_service_name_over_all),
		cmocka_unit_test(one_error_discards_all_of_the_attributes),
		cmocka_unit_test(as_many_attributes_as_are_allowed_find_room),
		cmocka_unit_test(a_host_seen_from_a_container_tells_its_own_name),
		cmocka_unit_test(retry_after_is_seconds_or_a_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
