/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cleanup.h"
#include "picket/counters.h"
#include "state/near.h"
#include "version.h"

enum option_type { OPTION_FLAG, OPTION_TEXT, OPTION_LIST, OPTION_NUMBER, OPTION_SIZE, OPTION_CHOICE };

/* One setting: the parser, the environment and --help read this table. */
struct option {
	const char *name; /* without "--" */
	enum option_type type;
	size_t offset;	  /* in struct config */
	const char *value; /* default, as a user would write it; NULL: none */
	const char *help;
	uint64_t minimum, maximum; /* of numbers */
	int (*parse)(const char *text, void *target); /* of choices */
	const char *choices;
};

static int parse_transport(const char *text, void *target)
{
	static const char *const names[] = { "auto", "ringbuf", "perfbuf" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(text, names[i]) == 0) {
			*(enum events_transport *)target = i;
			return 0;
		}
	return -EINVAL;
}

static int parse_backend(const char *text, void *target)
{
	if (strcmp(text, "auto") == 0) {
		*(enum picket_backend *)target = PICKET_BACKEND_COUNT;
		return 0;
	}
	for (int i = 0; i < PICKET_BACKEND_COUNT; i++)
		if (strcmp(text, picket_backend_name(i)) == 0) {
			*(enum picket_backend *)target = i;
			return 0;
		}
	return -EINVAL;
}

static int parse_level(const char *text, void *target)
{
	return log_level_parse(text, target);
}

static int parse_format(const char *text, void *target)
{
	return log_format_parse(text, target);
}

#define AT(field) offsetof(struct config, field)
#define SENSOR_OPTION(id, sensor, sees) \
	{ .name = "sensor." sensor, .type = OPTION_CHOICE, .offset = AT(sensor_backends[PICKET_SENSOR_##id]), \
	  .value = "auto", .help = "Backend of the " sensor " sensor (" sees ").", .parse = parse_backend, \
	  .choices = "auto|lsm|fentry|kprobe|tracepoint|cgroup|none" },

static const struct option options[] = {
	{ "web.listen-address", OPTION_LIST, AT(web_listen_addresses), ":10077",
	  "Address to serve metrics on; may be repeated.", 0, 0, NULL, NULL },
	{ "web.telemetry-path", OPTION_TEXT, AT(web_telemetry_path), "/metrics", "Path of the metrics.", 0, 0, NULL,
	  NULL },
	{ "web.enable-lifecycle", OPTION_FLAG, AT(web_enable_lifecycle), "false",
	  "Let POST /-/reload load the rules anew.", 0, 0, NULL, NULL },
	{ "web.max-requests", OPTION_NUMBER, AT(web_max_requests), "40", "Scrapes at one time; 0: no limit.", 0, 10000,
	  NULL, NULL },
	{ "rules.path", OPTION_LIST, AT(rules_paths), NULL,
	  "File or directory of rules, after the built-in ones; may be repeated.", 0, 0, NULL, NULL },
	{ "rules.defaults", OPTION_FLAG, AT(rules_defaults), "true", "Start from the built-in rules.", 0, 0, NULL,
	  NULL },
	{ "enforce", OPTION_FLAG, AT(enforce), "false",
	  "Carry out the responses that rules ask for; otherwise they are only reported.", 0, 0, NULL, NULL },
	{ "collector.systemd", OPTION_FLAG, AT(systemd_services), "false",
	  "Services and sessions of the host are workloads too.", 0, 0, NULL, NULL },
	{ "containers.max", OPTION_NUMBER, AT(max_containers), "4096", "Containers counted apart at one time.", 16,
	  1000000, NULL, NULL },
	{ "events.buffer-size", OPTION_SIZE, AT(events_buffer_bytes), "2MiB",
	  "Buffer between kernel and daemon; a power of two.", 4096, 1U << 30, NULL, NULL },
	{ "events.transport", OPTION_CHOICE, AT(events_transport), "auto", "How events leave the kernel.", 0, 0,
	  parse_transport, "auto|ringbuf|perfbuf" },
	PICKET_SENSORS(SENSOR_OPTION)
	{ "control.socket", OPTION_TEXT, AT(control_socket), "/run/picket/control.sock",
	  "Where `picket events` and the like find the daemon.", 0, 0, NULL, NULL },
	{ "docker.socket", OPTION_TEXT, AT(docker_socket), "/run/docker.sock",
	  "Docker's API, used to pause its containers.", 0, 0, NULL, NULL },
	{ "otlp.endpoint", OPTION_TEXT, AT(otlp_endpoint), NULL,
	  "OTLP/HTTP collector, e.g. http://localhost:4318; v1/logs is added. Without it nothing is sent.", 0, 0, NULL,
	  NULL },
	{ "path.procfs", OPTION_TEXT, AT(procfs_path), "/proc", "The host's procfs.", 0, 0, NULL, NULL },
	{ "path.sysfs", OPTION_TEXT, AT(sysfs_path), "/sys", "The host's sysfs.", 0, 0, NULL, NULL },
	{ "path.rootfs", OPTION_TEXT, AT(rootfs_path), "/", "The host's root, where runtimes leave their files.", 0, 0,
	  NULL, NULL },
	{ "log.level", OPTION_CHOICE, AT(log_level), "info", "Least severe messages to log.", 0, 0, parse_level,
	  "debug|info|warn|error" },
	{ "log.format", OPTION_CHOICE, AT(log_format), "logfmt", "Form of the log.", 0, 0, parse_format,
	  "logfmt|json" },
	{ "version", OPTION_FLAG, AT(show_version), "false", "Print the version and end.", 0, 0, NULL, NULL },
	{ "help", OPTION_FLAG, AT(show_help), "false", "Print this text and end.", 0, 0, NULL, NULL },
};

__attribute__((format(printf, 2, 3))) static int fail(char **ret_error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(ret_error, format, arguments) < 0)
		*ret_error = NULL;
	va_end(arguments);
	return -EINVAL;
}

/* Decimal only, nothing behind it. */
static int parse_number(const char *text, uint64_t *ret_number, const char **ret_end)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*ret_number = strtoull(text, &end, 10);
	*ret_end = end;
	return errno ? -ERANGE : 0;
}

static int parse_size(const char *text, uint64_t *ret_bytes)
{
	static const struct {
		const char *unit;
		unsigned int shift;
	} units[] = { { "", 0 }, { "B", 0 }, { "KiB", 10 }, { "MiB", 20 }, { "GiB", 30 } };
	const char *end;
	uint64_t number;

	if (parse_number(text, &number, &end) || number > UINT32_MAX)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strcmp(end, units[i].unit) == 0) {
			*ret_bytes = number << units[i].shift;
			return 0;
		}
	return -EINVAL;
}

static int set_number(const struct option *option, const char *text, uint32_t *target, char **ret_error)
{
	const char *end;
	uint64_t number;

	if (parse_number(text, &number, &end) || *end || number < option->minimum || number > option->maximum)
		return fail(ret_error, "--%s: \"%s\" is not a number from %llu to %llu", option->name, text,
			    (unsigned long long)option->minimum, (unsigned long long)option->maximum);
	*target = number;
	return 0;
}

static int set_size(const struct option *option, const char *text, uint32_t *target, char **ret_error)
{
	uint64_t bytes;

	if (parse_size(text, &bytes) || bytes < option->minimum || bytes > option->maximum || (bytes & (bytes - 1)))
		return fail(ret_error, "--%s: \"%s\" is not a power of two from 4KiB to 1GiB, like 2MiB", option->name,
			    text);
	*target = bytes;
	return 0;
}

static int set_flag(const struct option *option, const char *text, bool *target, char **ret_error)
{
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return fail(ret_error, "--%s is true or false, not \"%s\"", option->name, text);
	*target = strcmp(text, "true") == 0;
	return 0;
}

static int list_add(const struct option *option, const char *text, struct config_list *list, char **ret_error)
{
	if (list->count == CONFIG_MAX_LIST)
		return fail(ret_error, "--%s: more than %d of them", option->name, CONFIG_MAX_LIST);
	list->items[list->count++] = text;
	return 0;
}

static int set_option(struct config *config, const struct option *option, const char *text, char **ret_error)
{
	void *target = (char *)config + option->offset;

	switch (option->type) {
	case OPTION_FLAG:
		return set_flag(option, text, target, ret_error);
	case OPTION_TEXT:
		if (!*text)
			return fail(ret_error, "--%s needs a value", option->name);
		*(const char **)target = text;
		return 0;
	case OPTION_LIST:
		return list_add(option, text, target, ret_error);
	case OPTION_NUMBER:
		return set_number(option, text, target, ret_error);
	case OPTION_SIZE:
		return set_size(option, text, target, ret_error);
	case OPTION_CHOICE:
		if (option->parse(text, target))
			return fail(ret_error, "--%s: \"%s\" is none of %s", option->name, text, option->choices);
		return 0;
	}
	return -EINVAL;
}

static const struct option *option_find(const char *name, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (strlen(options[i].name) == size && memcmp(options[i].name, name, size) == 0)
			return &options[i];
	return NULL;
}

static int unknown_flag(const char *argument, char **ret_error)
{
	struct near near;
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(argument + 2, "="), argument + 2);
	near = near_start(name);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		near_offer(&near, options[i].name);
	if (near.best)
		return fail(ret_error, "unknown flag '%s'; did you mean '--%s'?", argument, near.best);
	return fail(ret_error, "unknown flag '%s'; see 'picket --help'", argument);
}

/* "--name=value", "--name value", "--flag", "--no-flag". Return: arguments used, or -EINVAL. */
static int parse_argument(int argc, char *const *argv, struct config *config, char **ret_error)
{
	const char *argument = argv[0], *name = argument + 2, *equals;
	const struct option *option;
	int error;

	if (strcmp(argument, "-h") == 0)
		name = "help";
	else if (strncmp(argument, "--", 2) != 0)
		return fail(ret_error, "unexpected argument '%s'; see 'picket --help'", argument);
	equals = strchr(name, '=');
	option = option_find(name, equals ? (size_t)(equals - name) : strlen(name));
	if (!option && !equals && strncmp(name, "no-", 3) == 0) {
		option = option_find(name + 3, strlen(name + 3));
		if (option && option->type == OPTION_FLAG) {
			error = set_option(config, option, "false", ret_error);
			return error ? error : 1;
		}
		option = NULL;
	}
	if (!option)
		return unknown_flag(argument, ret_error);
	if (equals || option->type == OPTION_FLAG) {
		error = set_option(config, option, equals ? equals + 1 : "true", ret_error);
		return error ? error : 1;
	}
	if (argc < 2)
		return fail(ret_error, "--%s needs a value", option->name);
	error = set_option(config, option, argv[1], ret_error);
	return error ? error : 2;
}

/* An empty variable counts as unset. */
static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* OTEL_EXPORTER_OTLP_LOGS_<name>, else OTEL_EXPORTER_OTLP_<name>. */
static const char *otlp_environment(const char *name)
{
	char full[96];
	const char *value;

	snprintf(full, sizeof(full), "OTEL_EXPORTER_OTLP_LOGS_%s", name);
	value = environment(full);
	if (value)
		return value;
	snprintf(full, sizeof(full), "OTEL_EXPORTER_OTLP_%s", name);
	return environment(full);
}

/* A bad number in the environment is warned of and ignored, as OpenTelemetry wants it. */
static void environment_number(const char *name, const char *text, uint32_t minimum, uint32_t *target)
{
	const char *end;
	uint64_t number;

	if (!text)
		return;
	if (parse_number(text, &number, &end) || *end || number < minimum || number > INT_MAX) {
		log_warn("config", "%s=\"%s\" is no number that can be used; ignored", name, text);
		return;
	}
	*target = number;
}

static void read_otlp_endpoint(struct config *config)
{
	const char *exporter = environment("OTEL_LOGS_EXPORTER"), *disabled = environment("OTEL_SDK_DISABLED");
	const char *endpoint = environment("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT");

	config->otlp_endpoint_is_base = !endpoint;
	if (!endpoint)
		endpoint = environment("OTEL_EXPORTER_OTLP_ENDPOINT");
	if (!endpoint && exporter && strcmp(exporter, "otlp") == 0)
		endpoint = "http://localhost:4318";
	if ((disabled && strcasecmp(disabled, "true") == 0) || (exporter && strcmp(exporter, "none") == 0))
		endpoint = NULL;
	config->otlp_endpoint = endpoint;
}

static void read_environment(struct config *config)
{
	const char *compression = otlp_environment("COMPRESSION"), *protocol = otlp_environment("PROTOCOL");

	read_otlp_endpoint(config);
	config->otlp_gzip = !compression || strcmp(compression, "none") != 0;
	if (compression && strcmp(compression, "none") != 0 && strcmp(compression, "gzip") != 0)
		log_warn("config", "OTEL_EXPORTER_OTLP_COMPRESSION=\"%s\" is neither gzip nor none; ignored", compression);
	if (protocol && strcmp(protocol, "http/protobuf") != 0)
		log_warn("config", "OTEL_EXPORTER_OTLP_PROTOCOL=\"%s\" is not supported; http/protobuf is used", protocol);
	config->otlp_headers = otlp_environment("HEADERS");
	config->otlp_ca_file = otlp_environment("CERTIFICATE");
	config->otlp_cert_file = otlp_environment("CLIENT_CERTIFICATE");
	config->otlp_key_file = otlp_environment("CLIENT_KEY");
	config->otel_resource_attributes = environment("OTEL_RESOURCE_ATTRIBUTES");
	config->otel_service_name = environment("OTEL_SERVICE_NAME");
	config->otlp_timeout_ms = 10000;
	config->otlp_schedule_delay_ms = 1000;
	config->otlp_max_queue_size = 2048;
	config->otlp_max_export_batch_size = 512;
	environment_number("OTEL_EXPORTER_OTLP_TIMEOUT", otlp_environment("TIMEOUT"), 1, &config->otlp_timeout_ms);
	environment_number("OTEL_BLRP_SCHEDULE_DELAY", environment("OTEL_BLRP_SCHEDULE_DELAY"), 1,
			   &config->otlp_schedule_delay_ms);
	environment_number("OTEL_BLRP_MAX_QUEUE_SIZE", environment("OTEL_BLRP_MAX_QUEUE_SIZE"), 1,
			   &config->otlp_max_queue_size);
	environment_number("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", environment("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"), 1,
			   &config->otlp_max_export_batch_size);
	if (config->otlp_max_export_batch_size > config->otlp_max_queue_size)
		config->otlp_max_export_batch_size = config->otlp_max_queue_size;
}

int config_parse(int argc, char *const *argv, struct config *ret_config, char **ret_error)
{
	struct config config = { 0 };
	int used, error;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].value && options[i].type != OPTION_LIST) {
			error = set_option(&config, &options[i], options[i].value, ret_error);
			if (error)
				return error;
		}
	read_environment(&config);
	for (int i = 0; i < argc; i += used) {
		const char *endpoint = config.otlp_endpoint;

		used = parse_argument(argc - i, argv + i, &config, ret_error);
		if (used < 0)
			return used;
		if (config.otlp_endpoint != endpoint)
			config.otlp_endpoint_is_base = true;
	}
	if (!config.web_listen_addresses.count)
		config.web_listen_addresses.items[config.web_listen_addresses.count++] = ":10077";
	if (config.web_telemetry_path[0] != '/')
		return fail(ret_error, "--web.telemetry-path must begin with '/'");
	*ret_config = config;
	return 0;
}

void config_free(struct config *config)
{
	memset(config, 0, sizeof(*config));
}

void config_print_flags(FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct option *option = &options[i];

		fprintf(out, "  --%s%s%s%s\n      %s", option->type == OPTION_FLAG ? "[no-]" : "", option->name,
			option->type == OPTION_FLAG ? "" : "=",
			option->type == OPTION_FLAG ? "" : (option->choices ? option->choices : "VALUE"), option->help);
		if (option->value && option->type != OPTION_FLAG)
			fprintf(out, " Default: %s.", option->value);
		fputc('\n', out);
	}
}

void config_print_help(void)
{
	printf("usage: picket [FLAG ...]            watch this machine's containers (the daemon)\n"
	       "       picket COMMAND [ARGUMENT ...] see 'picket help'\n\n"
	       "picket counts in the kernel what containers do, judges it by rules, responds if told to\n"
	       "(--enforce), and serves Prometheus on http://localhost:10077/metrics.\n\nFlags:\n");
	config_print_flags(stdout);
	printf("\nEnvironment (as OpenTelemetry defines it; LOGS_ variants win):\n"
	       "  OTEL_EXPORTER_OTLP_[LOGS_]ENDPOINT, _HEADERS, _COMPRESSION, _TIMEOUT, _CERTIFICATE,\n"
	       "  _CLIENT_CERTIFICATE, _CLIENT_KEY; OTEL_LOGS_EXPORTER, OTEL_SDK_DISABLED, OTEL_SERVICE_NAME,\n"
	       "  OTEL_RESOURCE_ATTRIBUTES; OTEL_BLRP_SCHEDULE_DELAY, _MAX_QUEUE_SIZE, _MAX_EXPORT_BATCH_SIZE.\n\n"
	       "Signals: SIGHUP loads the rules anew; SIGTERM sends what is queued and stops.\n"
	       "Exit status: 0 after a clean stop, 1 when it could not start, 2 for a wrong command line.\n");
}

void config_print_version(void)
{
	printf("picket, version %s (branch: %s, revision: %s)\n  platform:         linux/%s\n", PICKET_VERSION,
	       PICKET_BRANCH, PICKET_REVISION,
#if defined(__x86_64__)
	       "amd64"
#else
	       "unknown"
#endif
	);
}
