/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Settings of the daemon: command-line flags over environment over defaults.
 * One table, config_options.c, makes the parser and `picket --help`.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "log.h"
#include "picket/sensors.h"

#define CONFIG_MAX_LIST 16
#define CONFIG_INCIDENTS_PATH "/var/lib/picket/incidents" /* also where `picket incidents` looks */
#define CONFIG_PIN_PATH "/sys/fs/bpf/picket"		  /* also where `picket unload` looks */

struct config_list {
	const char *items[CONFIG_MAX_LIST];
	size_t count;
};

enum events_transport { TRANSPORT_AUTO, TRANSPORT_RINGBUF, TRANSPORT_PERFBUF };

/* Strings are borrowed from argv and the environment; config_free() frees the warnings. */
struct config {
	struct config_list web_listen_addresses; /* --web.listen-address, default :10077 */
	const char *web_telemetry_path;		 /* --web.telemetry-path=/metrics */
	const char *web_config_file;		 /* --web.config.file; NULL: plain HTTP for everybody */
	bool web_systemd_socket;		 /* --web.systemd-socket: instead of listen addresses */
	bool web_disable_exporter_metrics;	 /* --web.disable-exporter-metrics */
	bool web_enable_lifecycle;		 /* --web.enable-lifecycle: POST /-/reload */
	unsigned int web_max_requests;		 /* --web.max-requests=40; 0: no limit */
	struct config_list rules_paths;		 /* --rules.path, repeatable */
	struct config_list isolate_allow;	 /* --isolate.allow, repeatable */
	struct config_list never_touch;		 /* --respond.never-touch, repeatable */
	unsigned int respond_max_rate;		 /* --respond.max-rate=100 */
	const char *incidents_path;		 /* --incidents.path=/var/lib/picket/incidents */
	unsigned int incidents_max_count;	 /* --incidents.max-count=1000 */
	unsigned int incidents_max_mib;		 /* --incidents.max-size=256, MiB */
	bool findings_keep_secrets;		 /* --findings.keep-secrets */
	unsigned int findings_group_seconds;	 /* --findings.group-seconds=60 */
	bool rules_defaults;			 /* --no-rules.defaults switches the built-in set off */
	bool enforce;				 /* --enforce */
	bool systemd_services;			 /* --collector.systemd */
	bool perf;				 /* --collector.perf */
	unsigned int max_containers;		 /* --containers.max=4096 */
	uint32_t events_buffer_bytes;		 /* --events.buffer-size=2MiB, a power of two */
	enum events_transport events_transport;	 /* --events.transport=auto|ringbuf|perfbuf */
	enum picket_backend sensor_backends[PICKET_SENSOR_COUNT]; /* --sensor.file=...; PICKET_BACKEND_COUNT: auto */
	bool bpf_pin;						  /* --bpf.pin: programs and maps outlive the daemon */
	bool bpf_stats;						  /* --bpf.stats: run time of programs */
	const char *bpf_pin_path;				  /* --bpf.pin-path=/sys/fs/bpf/picket */
	const char *control_socket;				  /* --control.socket=/run/picket/control.sock */
	const char *pod_resources_socket;			  /* --kubelet.pod-resources */
	const char *procfs_path, *sysfs_path, *rootfs_path;	  /* --path.procfs, --path.sysfs, --path.rootfs */
	const char *docker_socket;				  /* --docker.socket=/run/docker.sock */
	const char *otlp_endpoint;  /* --otlp.endpoint, OTEL_EXPORTER_OTLP_[LOGS_]ENDPOINT; NULL: off */
	bool otlp_endpoint_is_base; /* append v1/logs */
	bool otlp_metrics;	    /* --otlp.metrics, OTEL_METRICS_EXPORTER=otlp */
	const char *otlp_metrics_endpoint;
	bool otlp_metrics_endpoint_is_base; /* append v1/metrics */
	uint32_t otlp_metric_interval_ms;
	const char *otlp_headers; /* k=v,k=v percent-encoded */
	bool otlp_gzip;
	uint32_t otlp_timeout_ms, otlp_schedule_delay_ms;
	uint32_t otlp_max_queue_size, otlp_max_export_batch_size;
	const char *otlp_ca_file, *otlp_cert_file, *otlp_key_file;
	const char *otel_resource_attributes, *otel_service_name;
	enum log_level log_level;   /* --log.level */
	enum log_format log_format; /* --log.format */
	bool show_help, show_version;
	struct config_list warnings; /* variables that were ignored, for the log */
};

/**
 * config_parse() - read argv and the environment.
 * @argv: without the program's name.
 * @ret_error: one line that says what is wrong and what to do; free(3) it.
 * OTLP is off unless a flag or a variable names an endpoint (or OTEL_LOGS_EXPORTER=otlp asks for the default).
 * Return: 0; -EINVAL with *ret_error.
 */
int config_parse(int argc, char *const *argv, struct config *ret_config, char **ret_error);
void config_free(struct config *config);

/** config_print_flags() - the flags alone. */
void config_print_flags(FILE *out);

/** config_print_help() - all flags with their defaults and variables, as Prometheus exporters print them. */
void config_print_help(void);

/** config_print_version() - "picket, version V (branch: B, revision: R)" and the indented lines of exporters. */
void config_print_version(void);

#endif
