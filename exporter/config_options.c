/* SPDX-License-Identifier: GPL-2.0-only */
#include "config_options.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cleanup.h"
#include "refuse.h"

static int find_name(const char *const *names, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, names[i]) == 0)
			return (int)i;
	return -EINVAL;
}

static int parse_transport(const char *text, void *target)
{
	static const char *const names[] = { "auto", "ringbuf", "perfbuf" };
	int found = find_name(names, ARRAY_SIZE(names), text);

	if (found < 0)
		return found;
	*(enum events_transport *)target = found;
	return 0;
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

/* OpenTelemetry's words are the same in capitals. */
static int parse_compression(const char *text, void *target)
{
	if (strcasecmp(text, "gzip") != 0 && strcasecmp(text, "none") != 0)
		return -EINVAL;
	*(bool *)target = strcasecmp(text, "gzip") == 0;
	return 0;
}

static int parse_protocol(const char *text, void *target)
{
	(void)target;
	return strcasecmp(text, "http/protobuf") == 0 ? 0 : -EINVAL;
}

#define AT(field) .offset = offsetof(struct config, field)
#define TEXT .type = OPTION_TEXT
#define LIST .type = OPTION_LIST
#define FLAG(default_value) .type = OPTION_FLAG, .value = (default_value)
#define NUMBER(least, most) .type = OPTION_NUMBER, .minimum = (least), .maximum = (most)
#define CHOICE(parser, words) .type = OPTION_CHOICE, .parse = (parser), .choices = (words)
#define SENSOR_OPTION(id, sensor, sees) \
	{ .name = "sensor." sensor, \
	  CHOICE(parse_backend, "auto|lsm|fentry|kprobe|tracepoint|cgroup|none"), \
	  AT(sensor_backends[PICKET_SENSOR_##id]), \
	  .value = "auto", \
	  .help = "Backend of the " sensor " sensor (" sees ")." },

const struct option config_options[] = {
	{ .name = "web.listen-address",
	  LIST,
	  AT(web_listen_addresses),
	  .value = ":10077",
	  .help = "Address to serve metrics on; may be repeated." },
	{ .name = "web.telemetry-path",
	  TEXT,
	  AT(web_telemetry_path),
	  .value = "/metrics",
	  .help = "Path of the metrics." },
	{ .name = "web.config.file",
	  TEXT,
	  AT(web_config_file),
	  .help = "TLS, users with passwords and a rate limit, as Prometheus' exporters have them in a file. Read anew when "
		  "it or a certificate has changed." },
	{ .name = "web.systemd-socket",
	  FLAG("false"),
	  AT(web_systemd_socket),
	  .help = "Listen on the sockets that systemd hands over, instead of --web.listen-address." },
	{ .name = "web.disable-exporter-metrics",
	  FLAG("false"),
	  AT(web_disable_exporter_metrics),
	  .help = "Leave out process_* and picket_bpf_*, unless collect[] asks for them." },
	{ .name = "web.enable-lifecycle",
	  FLAG("false"),
	  AT(web_enable_lifecycle),
	  .help = "Let POST /-/reload load the rules anew." },
	{ .name = "web.max-requests",
	  NUMBER(0, 10000),
	  AT(web_max_requests),
	  .value = "40",
	  .help = "Scrapes at one time; 0: no limit." },
	{ .name = "rules.path",
	  LIST,
	  AT(rules_paths),
	  .help = "File or directory of rules, after the built-in ones; may be repeated. Loaded anew when it changes." },
	{ .name = "rules.defaults", FLAG("true"), AT(rules_defaults), .help = "Start from the built-in rules." },
	{ .name = "findings.group-seconds",
	  NUMBER(0, 86400),
	  AT(findings_group_seconds),
	  .value = "60",
	  .help = "Findings that say the same within so many seconds are counted, and a summary is sent; 0: all are sent." },
	{ .name = "findings.keep-secrets",
	  FLAG("false"),
	  AT(findings_keep_secrets),
	  .help = "Show command lines as they were written; otherwise passwords, tokens and keys in them are redacted." },
	{ .name = "enforce",
	  FLAG("false"),
	  AT(enforce),
	  .help = "Carry out the responses that rules ask for; otherwise they are only reported." },
	{ .name = "isolate.allow",
	  LIST,
	  AT(isolate_allow),
	  .help = "Address or network that an isolated container still reaches, e.g. 127.0.0.0/8; may be repeated." },
	{ .name = "respond.never-touch",
	  LIST,
	  AT(never_touch),
	  .help = "Whom nothing is ever done to: image=GLOB, namespace=GLOB, container=GLOB or cgroup=GLOB; may be repeated." },
	{ .name = "respond.max-rate",
	  NUMBER(1, 1000000),
	  AT(respond_max_rate),
	  .value = "100",
	  .help = "Findings in one second that are responded to by the daemon." },
	{ .name = "incidents.path",
	  TEXT,
	  AT(incidents_path),
	  .value = CONFIG_INCIDENTS_PATH,
	  .help = "Directory for the snapshots of the response investigate." },
	{ .name = "incidents.max-count",
	  NUMBER(1, 1000000),
	  AT(incidents_max_count),
	  .value = "1000",
	  .help = "Snapshots kept; the oldest go." },
	{ .name = "incidents.max-size",
	  NUMBER(1, 1000000),
	  AT(incidents_max_mib),
	  .value = "256",
	  .help = "MiB that they may take together." },
	{ .name = "collector.systemd",
	  FLAG("false"),
	  AT(systemd_services),
	  .help = "Services and sessions of the host are workloads too." },
	{ .name = "collector.perf",
	  FLAG("false"),
	  AT(perf),
	  .help = "Processor time, page faults and context switches of each container, and cycles, instructions and cache "
		  "misses where the machine counts them." },
	{ .name = "containers.max",
	  NUMBER(16, 1000000),
	  AT(max_containers),
	  .value = "4096",
	  .help = "Containers counted apart at one time." },
	{ .name = "events.buffer-size",
	  .type = OPTION_SIZE,
	  .minimum = 4096,
	  .maximum = 1U << 30,
	  AT(events_buffer_bytes),
	  .value = "2MiB",
	  .help = "Buffer between kernel and daemon; a power of two." },
	{ .name = "events.transport",
	  CHOICE(parse_transport, "auto|ringbuf|perfbuf"),
	  AT(events_transport),
	  .value = "auto",
	  .help = "How events leave the kernel." },
	{ .name = "bpf.pin",
	  FLAG("false"),
	  AT(bpf_pin),
	  .help = "Leave programs and counters in the kernel when the daemon stops, and go on from them at its next start; "
		  "`picket unload` removes them." },
	{ .name = "bpf.stats",
	  FLAG("false"),
	  AT(bpf_stats),
	  .help = "Have the kernel measure the run time of BPF programs, all of this machine's, while picket runs; costs some "
		  "ns for each run and needs CAP_SYS_ADMIN." },
	{ .name = "bpf.pin-path",
	  TEXT,
	  AT(bpf_pin_path),
	  .value = CONFIG_PIN_PATH,
	  .help = "Where, in a bpf file system." },
	PICKET_SENSORS(SENSOR_OPTION){ .name = "control.socket",
				       TEXT,
				       AT(control_socket),
				       .value = "/run/picket/control.sock",
				       .variable = "PICKET_SOCKET",
				       .help = "Where `picket events` and the like find the daemon." },
	{ .name = "docker.socket",
	  TEXT,
	  AT(docker_socket),
	  .value = "/run/docker.sock",
	  .help = "Docker's API, used to pause its containers." },
	{ .name = "kubelet.pod-resources",
	  TEXT,
	  AT(pod_resources_socket),
	  .help = "The kubelet's PodResources API, most often /var/lib/kubelet/pod-resources/kubelet.sock: which container was "
		  "given which device by a plugin. Without it, only what its configuration says counts as given." },
	{ .name = "path.procfs", TEXT, AT(procfs_path), .value = "/proc", .help = "The host's procfs." },
	{ .name = "path.sysfs", TEXT, AT(sysfs_path), .value = "/sys", .help = "The host's sysfs." },
	{ .name = "path.rootfs",
	  TEXT,
	  AT(rootfs_path),
	  .value = "/",
	  .help = "The host's root, where runtimes leave their files." },
	{ .name = "log.level",
	  CHOICE(parse_level, "debug|info|warn|error"),
	  AT(log_level),
	  .value = "info",
	  .help = "Least severe messages to log." },
	{ .name = "log.format",
	  CHOICE(parse_format, "logfmt|json"),
	  AT(log_format),
	  .value = "logfmt",
	  .help = "Form of the log." },
	{ .name = "otlp.endpoint",
	  TEXT,
	  AT(otlp_endpoint),
	  .variable = "OTEL_EXPORTER_OTLP_[LOGS_]ENDPOINT",
	  .help = "OTLP/HTTP collector, e.g. http://localhost:4318. v1/logs is added, but not to the LOGS_ variable. "
		  "Without it nothing is sent." },
	{ .name = "otlp.metrics",
	  FLAG("false"),
	  AT(otlp_metrics),
	  .help = "Send all metrics to the collector as well, at --otlp.endpoint with v1/metrics." },
	{ .name = "version", FLAG("false"), AT(show_version), .help = "Print the version and end." },
	{ .name = "help", FLAG("false"), AT(show_help), .help = "Print this text and end; also -h." },

	{ .variable = "OTEL_EXPORTER_OTLP_[LOGS_]HEADERS",
	  TEXT,
	  AT(otlp_headers),
	  .help = "Headers of each request: k=v,k=v with percent-encoded values." },
	{ .variable = "OTEL_EXPORTER_OTLP_[LOGS_]COMPRESSION",
	  CHOICE(parse_compression, "gzip|none"),
	  AT(otlp_gzip),
	  .value = "gzip",
	  .help = "How requests are packed." },
	{ .variable = "OTEL_EXPORTER_OTLP_[LOGS_]PROTOCOL",
	  CHOICE(parse_protocol, "http/protobuf"),
	  .offset = 0,
	  .help = "The only one that picket speaks." },
	{ .variable = "OTEL_EXPORTER_OTLP_[LOGS_]TIMEOUT",
	  NUMBER(1, INT_MAX),
	  AT(otlp_timeout_ms),
	  .value = "10000",
	  .help = "Milliseconds for one request." },
	{ .variable = "OTEL_EXPORTER_OTLP_[LOGS_]CERTIFICATE",
	  TEXT,
	  AT(otlp_ca_file),
	  .help = "File of the authorities to trust." },
	{ .variable = "OTEL_EXPORTER_OTLP_[LOGS_]CLIENT_CERTIFICATE",
	  TEXT,
	  AT(otlp_cert_file),
	  .help = "File of picket's own certificate." },
	{ .variable = "OTEL_EXPORTER_OTLP_[LOGS_]CLIENT_KEY", TEXT, AT(otlp_key_file), .help = "File of its key." },
	{ .variable = "OTEL_BLRP_SCHEDULE_DELAY",
	  NUMBER(1, INT_MAX),
	  AT(otlp_schedule_delay_ms),
	  .value = "1000",
	  .help = "Milliseconds between two batches." },
	{ .variable = "OTEL_BLRP_MAX_QUEUE_SIZE",
	  NUMBER(1, INT_MAX),
	  AT(otlp_max_queue_size),
	  .value = "2048",
	  .help = "Records that may wait." },
	{ .variable = "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
	  NUMBER(1, INT_MAX),
	  AT(otlp_max_export_batch_size),
	  .value = "512",
	  .help = "Records of one request." },
	{ .variable = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
	  TEXT,
	  AT(otlp_metrics_endpoint),
	  .help = "Where metrics go, as it is, instead of --otlp.endpoint." },
	{ .variable = "OTEL_METRIC_EXPORT_INTERVAL",
	  NUMBER(100, INT_MAX),
	  AT(otlp_metric_interval_ms),
	  .value = "60000",
	  .help = "Milliseconds between two exports of metrics." },
	{ .variable = "OTEL_RESOURCE_ATTRIBUTES",
	  TEXT,
	  AT(otel_resource_attributes),
	  .help = "More about this machine: k=v,k=v with percent-encoded values." },
	{ .variable = "OTEL_SERVICE_NAME", TEXT, AT(otel_service_name), .help = "Instead of \"picket\"." },
};
const size_t config_option_count = ARRAY_SIZE(config_options);

/* Decimal only; @ret_end: what is behind it. */
static int parse_number(const char *text, uint64_t *ret_number, const char **ret_end)
{
	char *end;
	unsigned long long number;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno)
		return -ERANGE;
	*ret_number = number;
	*ret_end = end;
	return 0;
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

static int set_number(const struct option *option, const char *text, uint32_t *target, char **ret_why)
{
	const char *end;
	uint64_t number;

	if (parse_number(text, &number, &end) || *end || number < option->minimum || number > option->maximum)
		return refuse(ret_why, "\"%s\" is not a number from %u to %u", text, option->minimum, option->maximum);
	*target = number;
	return 0;
}

static int set_size(const struct option *option, const char *text, uint32_t *target, char **ret_why)
{
	uint64_t bytes;

	if (parse_size(text, &bytes) || bytes < option->minimum || bytes > option->maximum || (bytes & (bytes - 1)))
		return refuse(ret_why, "\"%s\" is not a power of two from 4KiB to 1GiB, like 8MiB", text);
	*target = bytes;
	return 0;
}

static int set_flag(const char *text, bool *target, char **ret_why)
{
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return refuse(ret_why, "\"%s\" is neither true nor false", text);
	*target = strcmp(text, "true") == 0;
	return 0;
}

static int list_add(const char *text, struct config_list *list, char **ret_why)
{
	if (list->count == CONFIG_MAX_LIST)
		return refuse(ret_why, "more than %d of them", CONFIG_MAX_LIST);
	list->items[list->count++] = text;
	return 0;
}

int option_set(const struct option *option, const char *text, struct config *config, char **ret_why)
{
	void *target = (char *)config + option->offset;

	if (!*text)
		return refuse(ret_why, "it needs a value");
	switch (option->type) {
	case OPTION_FLAG:
		return set_flag(text, target, ret_why);
	case OPTION_TEXT:
		*(const char **)target = text;
		return 0;
	case OPTION_LIST:
		return list_add(text, target, ret_why);
	case OPTION_NUMBER:
		return set_number(option, text, target, ret_why);
	case OPTION_SIZE:
		return set_size(option, text, target, ret_why);
	case OPTION_CHOICE:
		return option->parse(text, target) ? refuse(ret_why, "\"%s\" is none of %s", text, option->choices) : 0;
	}
	return -EINVAL;
}

const struct option *option_find(const char *name, size_t size)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const char *known = config_options[i].name;

		if (known && strlen(known) == size && memcmp(known, name, size) == 0)
			return &config_options[i];
	}
	return NULL;
}
