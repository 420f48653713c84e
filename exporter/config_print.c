/* SPDX-License-Identifier: GPL-2.0-only */
/* What the table of settings says to people. */
#include <string.h>

#include "config_options.h"
#include "version.h"

#if defined(__x86_64__)
#define PLATFORM "linux/amd64"
#elif defined(__aarch64__)
#define PLATFORM "linux/arm64"
#else
#define PLATFORM "linux"
#endif

static void print_about(FILE *out, const struct option *option)
{
	fprintf(out, "\n      %s", option->help);
	if (option->value && option->type != OPTION_FLAG)
		fprintf(out, " Default: %s.", option->value);
	if (option->name && option->variable)
		fprintf(out, " Variable: %s.", option->variable);
	fputc('\n', out);
}

void config_print_flags(FILE *out)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const struct option *option = &config_options[i];

		if (!option->name)
			continue;
		if (option->type == OPTION_FLAG)
			fprintf(out, "  --[no-]%s", option->name);
		else
			fprintf(out, "  --%s=%s", option->name, option->choices ? option->choices : "VALUE");
		print_about(out, option);
	}
}

static void print_variables(FILE *out)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const struct option *option = &config_options[i];

		if (option->name)
			continue;
		fprintf(out, "  %s%s%s", option->variable, option->choices ? "=" : "",
			option->choices ? option->choices : "");
		print_about(out, option);
	}
}

void config_print_help(void)
{
	printf("usage: picket [FLAG ...]             watch this machine's containers (the daemon)\n"
	       "       picket COMMAND [ARGUMENT ...] ask the daemon; see 'picket help'\n\n"
	       "picket counts in the kernel what containers do, judges it by rules, responds if told to\n"
	       "(--enforce), and serves Prometheus on http://localhost:10077/metrics.\n\n"
	       "Flags (--name=VALUE or --name VALUE):\n");
	config_print_flags(stdout);
	printf("\nVariables (as OpenTelemetry defines them; a flag wins, then the one with LOGS_; a bad number or word\n"
	       "is logged and ignored):\n");
	print_variables(stdout);
	printf("  OTEL_LOGS_EXPORTER=otlp|none\n"
	       "      otlp: send to http://localhost:4318 if nothing names another endpoint. none: send nothing.\n"
	       "  OTEL_METRICS_EXPORTER=otlp|none\n"
	       "      otlp: as --otlp.metrics.\n"
	       "  OTEL_SDK_DISABLED=true|false\n"
	       "      true: send nothing.\n\n"
	       "Signals: SIGHUP loads the rules anew; SIGTERM and SIGINT send what is queued and stop.\n\n"
	       "Examples:\n"
	       "  picket --rules.path=/etc/picket/rules.d --enforce\n"
	       "  picket --web.listen-address=127.0.0.1:10077 --otlp.endpoint=http://collector:4318\n\n"
	       "Exit status: 0 after a clean stop, 1 when it could not start, 2 for a wrong command line.\n");
}

void config_print_version(void)
{
	printf("picket, version %s (branch: %s, revision: %s)\n  platform:         %s\n", PICKET_VERSION, PICKET_BRANCH,
	       PICKET_REVISION, PLATFORM);
}
