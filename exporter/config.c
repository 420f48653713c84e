/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cleanup.h"
#include "config_options.h"
#include "refuse.h"
#include "state/near.h"

#define DEFAULT_LISTEN_ADDRESS ":10077"
#define DEFAULT_OTLP_ENDPOINT "http://localhost:4318"
#define VARIABLE_MAX 96

__attribute__((format(printf, 2, 3))) static void warn(struct config *config, const char *format, ...)
{
	va_list arguments;
	char *text;

	if (config->warnings.count == CONFIG_MAX_LIST)
		return;
	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) >= 0)
		config->warnings.items[config->warnings.count++] = text;
	va_end(arguments);
}

/* An empty variable counts as unset. */
static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* @pattern may have one part in brackets. @ret_name: the variable that is set, with that part if both are. */
static const char *find_variable(const char *pattern, char ret_name[VARIABLE_MAX])
{
	const char *open = strchr(pattern, '['), *close = strchr(pattern, ']'), *value;
	int before = open ? (int)(open - pattern) : 0;

	if (!open || !close) {
		snprintf(ret_name, VARIABLE_MAX, "%s", pattern);
		return environment(ret_name);
	}
	snprintf(ret_name, VARIABLE_MAX, "%.*s%.*s%s", before, pattern, (int)(close - open - 1), open + 1, close + 1);
	value = environment(ret_name);
	if (value)
		return value;
	snprintf(ret_name, VARIABLE_MAX, "%.*s%s", before, pattern, close + 1);
	return environment(ret_name);
}

/* What is wrong in the environment is warned of and ignored, as OpenTelemetry wants it. */
static void read_variables(struct config *config)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const struct option *option = &config_options[i];
		AUTO_FREE char *why = NULL;
		char name[VARIABLE_MAX];
		const char *value = option->variable ? find_variable(option->variable, name) : NULL;

		if (value && option_set(option, value, config, &why))
			warn(config, "%s: %s; ignored", name, why ? why : "no memory");
	}
}

/* Whether anything is sent at all, and where, by the environment alone. */
static void read_otlp_switches(struct config *config)
{
	const char *exporter = environment("OTEL_LOGS_EXPORTER"), *disabled = environment("OTEL_SDK_DISABLED");

	config->otlp_endpoint_is_base = !environment("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT");
	if (exporter && strcasecmp(exporter, "otlp") == 0) {
		if (!config->otlp_endpoint)
			config->otlp_endpoint = DEFAULT_OTLP_ENDPOINT;
	} else if (exporter && strcasecmp(exporter, "none") == 0) {
		config->otlp_endpoint = NULL;
	} else if (exporter) {
		warn(config, "OTEL_LOGS_EXPORTER: \"%s\" is none of otlp|none; ignored", exporter);
	}
	if (disabled && strcasecmp(disabled, "true") == 0)
		config->otlp_endpoint = NULL;
	else if (disabled && strcasecmp(disabled, "false") != 0)
		warn(config, "OTEL_SDK_DISABLED: \"%s\" is none of true|false; ignored", disabled);
}

/* Whether metrics are sent; where is decided when the flags are known. */
static void read_metrics_switch(struct config *config)
{
	const char *exporter = environment("OTEL_METRICS_EXPORTER");

	if (exporter && strcasecmp(exporter, "otlp") == 0)
		config->otlp_metrics = true;
	else if (exporter && strcasecmp(exporter, "none") != 0)
		warn(config, "OTEL_METRICS_EXPORTER: \"%s\" is none of otlp|none; ignored", exporter);
}

static void choose_metrics_endpoint(struct config *config)
{
	const char *generic = environment("OTEL_EXPORTER_OTLP_ENDPOINT"), *disabled = environment("OTEL_SDK_DISABLED");

	if (disabled && strcasecmp(disabled, "true") == 0)
		config->otlp_metrics = false;
	if (!config->otlp_metrics || config->otlp_metrics_endpoint)
		return;
	config->otlp_metrics_endpoint_is_base = true;
	if (config->otlp_endpoint && config->otlp_endpoint_is_base)
		config->otlp_metrics_endpoint = config->otlp_endpoint;
	else
		config->otlp_metrics_endpoint = generic ? generic : DEFAULT_OTLP_ENDPOINT;
}

static void read_environment(struct config *config)
{
	read_variables(config);
	read_otlp_switches(config);
	read_metrics_switch(config);
	if (config->otlp_max_export_batch_size > config->otlp_max_queue_size) {
		warn(config, "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: %u are more than the queue holds; %u are used",
		     config->otlp_max_export_batch_size, config->otlp_max_queue_size);
		config->otlp_max_export_batch_size = config->otlp_max_queue_size;
	}
}

static int unknown_flag(const char *argument, char **ret_error)
{
	int size = (int)strcspn(argument, "=");
	char name[64];
	struct near near;

	snprintf(name, sizeof(name), "%.*s", size - 2, argument + 2);
	near = near_start(name);
	for (size_t i = 0; i < config_option_count; i++)
		if (config_options[i].name)
			near_offer(&near, config_options[i].name);
	if (near.best)
		return refuse(ret_error, "unknown flag '%.*s'; did you mean '--%s'?", size, argument, near.best);
	return refuse(ret_error, "unknown flag '%.*s'; see 'picket --help'", size, argument);
}

static int set(struct config *config, const struct option *option, const char *value, char **ret_error)
{
	AUTO_FREE char *why = NULL;

	if (option_set(option, value, config, &why))
		return refuse(ret_error, "--%s: %s", option->name, why ? why : "no memory");
	if (option->offset == offsetof(struct config, otlp_endpoint))
		config->otlp_endpoint_is_base = true;
	return 0;
}

/* "--no-flag". */
static const struct option *find_negated(const char *name)
{
	const struct option *option = strncmp(name, "no-", 3) == 0 ? option_find(name + 3, strlen(name + 3)) : NULL;

	return option && option->type == OPTION_FLAG ? option : NULL;
}

/* "--name=value", "--name value", "--flag", "--no-flag". @ret_used: arguments that belong to it. */
static int parse_argument(int argc, char *const *argv, struct config *config, int *ret_used, char **ret_error)
{
	const char *argument = strcmp(argv[0], "-h") == 0 ? "--help" : argv[0], *name = argument + 2;
	const struct option *option;
	size_t size;

	*ret_used = 1;
	if (strncmp(argument, "--", 2) != 0)
		return refuse(ret_error, "unexpected argument '%s'; see 'picket --help'", argument);
	size = strcspn(name, "=");
	option = option_find(name, size);
	if (!option && find_negated(name))
		return set(config, find_negated(name), "false", ret_error);
	if (!option)
		return unknown_flag(argument, ret_error);
	if (name[size] == '=')
		return set(config, option, name + size + 1, ret_error);
	if (option->type == OPTION_FLAG)
		return set(config, option, "true", ret_error);
	if (argc < 2 || strncmp(argv[1], "--", 2) == 0)
		return refuse(ret_error, "--%s: it needs a value", option->name);
	*ret_used = 2;
	return set(config, option, argv[1], ret_error);
}

static int parse_arguments(int argc, char *const *argv, struct config *config, char **ret_error)
{
	for (int i = 0, used = 1; i < argc; i += used) {
		int error = parse_argument(argc - i, argv + i, config, &used, ret_error);
		if (error)
			return error;
	}
	if (config->web_telemetry_path[0] != '/')
		return refuse(ret_error, "--web.telemetry-path: \"%s\" does not begin with \"/\"",
			      config->web_telemetry_path);
	return 0;
}

static int set_defaults(struct config *config, char **ret_error)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const struct option *option = &config_options[i];
		int error = option->value && option->type != OPTION_LIST
				    ? option_set(option, option->value, config, ret_error)
				    : 0;

		if (error)
			return error;
	}
	return 0;
}

int config_parse(int argc, char *const *argv, struct config *ret_config, char **ret_error)
{
	struct config config = { 0 };
	int error = set_defaults(&config, ret_error);

	if (!error) {
		read_environment(&config);
		error = parse_arguments(argc, argv, &config, ret_error);
	}
	if (error) {
		config_free(&config);
		return error;
	}
	if (!config.web_listen_addresses.count)
		config.web_listen_addresses.items[config.web_listen_addresses.count++] = DEFAULT_LISTEN_ADDRESS;
	choose_metrics_endpoint(&config);
	if (!config.perf)
		config.sensor_backends[PICKET_SENSOR_PERF] = PICKET_BACKEND_NONE;
	*ret_config = config;
	return 0;
}

void config_free(struct config *config)
{
	for (size_t i = 0; i < config->warnings.count; i++)
		free((char *)config->warnings.items[i]);
	memset(config, 0, sizeof(*config));
}
