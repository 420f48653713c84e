/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "daemon_internal.h"
#include "kernel/cgroup_fs.h"
#include "kernel/self_cost.h"
#include "memory.h"
#include "priority.h"
#include "version.h"

#define SECOND_MS 1000
#define MINUTE_MS 60000
#define DRAIN_TIMEOUT_MS 5000
#define RETENTION_NS (300 * 1000000000LL)	 /* of a dead container that nobody scrapes */
#define EXPOSED_RETENTION_NS (60 * 1000000000LL) /* of one that was scraped: a second Prometheus may come later */

static void on_cgroup_created(struct daemon *daemon, const struct picket_event *event)
{
	cgroup_sync_created(daemon->cgroups, event);
	if (!registry_find(daemon->registry, event->cgroup_id))
		module_hosts_note(&daemon->module_hosts, event->cgroup_id, event_text(event, PICKET_TEXT_PATH));
}

static const char *service_runtime(void *context, const char *path)
{
	struct daemon *daemon = context;

	return module_hosts_look(&daemon->module_hosts, path, NULL);
}

static void on_cgroup_removed(struct daemon *daemon, const struct picket_event *event)
{
	cgroup_sync_removed(daemon->cgroups, event);
	daemon_end_isolation(daemon, event->cgroup_id);
	responder_container_gone(daemon->responder, event->cgroup_id);
}

static void on_record(void *context, const void *record, size_t size)
{
	struct daemon *daemon = context;
	const struct picket_event *event = record;
	struct container *container = NULL;

	if (!event_valid(record, size)) {
		daemon->metrics.lost[LOST_DECODE]++;
		return;
	}
	daemon->metrics.events[event->kind]++;
	if (event->kind == PICKET_KIND_CGROUP_CREATE)
		on_cgroup_created(daemon, event);
	else if (event->kind == PICKET_KIND_CGROUP_REMOVE)
		on_cgroup_removed(daemon, event);
	if (!(event->flags & PICKET_EVENT_HOST))
		container = cgroup_sync_resolve(daemon->cgroups, event->cgroup_id);
	judge_event(daemon->judge, event, container);
}

/* A collector that fails is logged once, and once when it is well again; how often is a metric. */
static void watch_collector(struct daemon *daemon)
{
	const char *error = daemon->otlp ? otlp_sender_last_error(daemon->otlp) : "";

	if (strcmp(error, daemon->collector_error) == 0)
		return;
	if (*error)
		log_warn("otlp", "collector %s: %s; findings wait in the queue", daemon->config->otlp_endpoint, error);
	else
		log_info("otlp", "collector %s takes findings again", daemon->config->otlp_endpoint);
	snprintf(daemon->collector_error, sizeof(daemon->collector_error), "%s", error);
}

static void on_second(void *context)
{
	struct daemon *daemon = context;

	watch_collector(daemon);
	kernel_tick(daemon->kernel);
	judge_tick(daemon->judge);
	daemon_forget_old_rules(daemon, false);
	cgroup_sync_tick(daemon->cgroups);
	isolation_watch_tick(&daemon->isolation_watch);
	module_hosts_tick(&daemon->module_hosts, daemon->cgroups);
	pod_resources_watch_tick(&daemon->pod_resources);
}

static void on_minute(void *context)
{
	daemon_check_sensors(context);
	daemon_name_devices(context);
	daemon_keep_journal(context);
}

static void on_hangup(void *context, int signal_number)
{
	char text[256];

	(void)signal_number;
	daemon_reload(context, text, sizeof(text));
}

static void on_drained(void *context)
{
	event_loop_stop(((struct daemon *)context)->loop);
}

static void on_terminate(void *context, int signal_number)
{
	struct daemon *daemon = context;

	log_info("daemon", "%s: stopping", strsignal(signal_number));
	daemon->metrics.ready = false;
	kernel_drain(daemon->kernel);
	judge_flush(daemon->judge);
	if (daemon->otlp)
		otlp_sender_drain(daemon->otlp, DRAIN_TIMEOUT_MS, on_drained, daemon);
	else
		event_loop_stop(daemon->loop);
}

static void on_new_container(void *context, struct container *container)
{
	struct daemon *daemon = context;

	isolation_watch_mark(&daemon->isolation_watch, container);
	pod_resources_watch_new_container(&daemon->pod_resources, container);
	log_debug("registry", "container %s (%s) found, runtime %s", container->name, container->id,
		  container->runtime);
}

int daemon_start_failed(const char *what, int error, const char *text)
{
	log_error("daemon", "%s: %s", what, text && *text ? text : strerror(-error));
	return error;
}

/* For as long as this process lives. */
static void measure_programs(const struct daemon *daemon)
{
	int fd = daemon->config->bpf_stats ? self_cost_measure() : 0;

	if (fd < 0)
		log_warn("daemon", "the run time of BPF programs is not measured (%s); it needs CAP_SYS_ADMIN",
			 strerror(-fd));
}

static int start_kernel(struct daemon *daemon)
{
	const struct config *config = daemon->config;
	struct kernel_options options = {
		.sensors.objects = {
			.max_slots = config->max_containers + PICKET_SLOT_FIRST,
			.buffer_bytes = config->events_buffer_bytes,
			.use_perf_buffer = config->events_transport == TRANSPORT_PERFBUF,
		},
		.sensors.cgroup2_path = daemon->cgroup2_path,
		.sensors.pin_path = config->bpf_pin ? config->bpf_pin_path : NULL,
		.procfs_path = daemon->config->procfs_path,
		.on_record = on_record,
		.context = daemon,
	};
	char reason[256] = "", tsm[PATH_MAX];
	int error;

	snprintf(tsm, sizeof(tsm), "%s/kernel/config/tsm/report", config->sysfs_path);
	options.sensors.objects.watch_tsm = access(tsm, F_OK) == 0;
	memcpy(options.sensors.backends, config->sensor_backends, sizeof(options.sensors.backends));
	error = kernel_open(daemon->loop, &options, &daemon->metrics, &daemon->kernel, reason, sizeof(reason));
	memory_loaded();
	if (error == -EPERM)
		return daemon_start_failed("cannot load BPF programs", error,
					   "not permitted; run as root or with CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN");
	if (error)
		return daemon_start_failed("cannot load BPF programs", error, reason);
	daemon->counters = kernel_counters(daemon->kernel);
	measure_programs(daemon);
	return 0;
}

/* Beside the control socket. */
static const char *journal_path(struct daemon *daemon)
{
	daemon_state_path(daemon, "cgroups", daemon->journal_path);
	return daemon->journal_path;
}

static int start_registry(struct daemon *daemon)
{
	struct registry_options options = {
		.root_path = daemon->config->rootfs_path,
		.max_slots = daemon->config->max_containers + PICKET_SLOT_FIRST,
		.systemd_services = daemon->config->systemd_services,
		.retention_ns = RETENTION_NS,
		.exposed_retention_ns = EXPOSED_RETENTION_NS,
	};
	struct cgroup_sync_options sync = {
		.metrics = &daemon->metrics,
		.cgroup2_path = daemon->cgroup2_path,
		.journal_path = daemon->config->bpf_pin ? journal_path(daemon) : NULL,
		.slot_count = daemon->config->max_containers + PICKET_SLOT_FIRST,
		.on_container = on_new_container,
		.service_runtime = service_runtime,
		.spared = daemon_spares,
		.context = daemon,
	};
	int error = registry_new(&options, &daemon->registry);

	if (error)
		return daemon_start_failed("cannot set up the registry", error, NULL);
	registry_use_counters(daemon->registry, &daemon->counters);
	daemon->isolation_watch = (struct isolation_watch){
		.procfs_path = daemon->config->procfs_path,
		.cgroup2_path = daemon->cgroup2_path,
		.root_path = daemon->config->rootfs_path,
		.kernel = daemon->kernel,
		.registry = daemon->registry,
	};
	daemon->module_hosts = (struct module_hosts){
		.procfs_path = daemon->config->procfs_path,
		.cgroup2_path = daemon->cgroup2_path,
		.root_path = daemon->config->rootfs_path,
		.registry = daemon->registry,
	};
	sync.kernel = daemon->kernel;
	sync.registry = daemon->registry;
	daemon->metrics.slots_capacity = daemon->config->max_containers;
	error = cgroup_sync_new(&sync, &daemon->cgroups);
	return error ? daemon_start_failed("cannot follow cgroups", error, NULL) : 0;
}

static int start_otlp(struct daemon *daemon)
{
	AUTO_FREE char *text = NULL;
	int error;

	if (!daemon->config->otlp_endpoint)
		return 0;
	error = otlp_sender_new(daemon->loop, daemon->http_client, daemon->config, &daemon->metrics, &daemon->otlp,
				&text);
	return error ? daemon_start_failed("OTLP", error, text) : 0;
}

static void on_web_problem(void *context, const char *message)
{
	(void)context;
	log_error("web", "%s", message);
}

static int start_servers(struct daemon *daemon)
{
	struct control_server_options control = {
		.path = daemon->config->control_socket,
		.registry = daemon->registry,
		.metrics = &daemon->metrics,
		.rules = &daemon->rules,
		.counters = &daemon->counters,
		.release = daemon_release,
		.incidents_path = daemon->config->incidents_path,
		.context = daemon,
	};
	struct exposition_source source = {
		.registry = daemon->registry,
		.counters = &daemon->counters,
		.rules = &daemon->rules,
		.metrics = &daemon->metrics,
		.procfs_path = daemon->config->procfs_path,
		.tee = &daemon->tee,
		.for_each_program = kernel_for_each_program,
		.for_each_map = kernel_for_each_map,
		.flush_perf = kernel_flush_perf,
		.kernel = daemon->kernel,
	};
	struct http_server_options http = {
		.config = daemon->config,
		.source = source,
		.reload = daemon_reload,
		.problem = on_web_problem,
		.context = daemon,
	};
	AUTO_FREE char *text = NULL;
	int error;

	daemon->pod_resources = (struct pod_resources_watch){
		.http = daemon->http_client,
		.socket_path = daemon->config->pod_resources_socket,
		.registry = daemon->registry,
	};
	error = control_server_open(daemon->loop, &control, &daemon->control, &text);

	if (error)
		return daemon_start_failed("control socket", error, text);
	error = http_server_open(daemon->loop, &http, &daemon->http_server, &text);
	if (error)
		return daemon_start_failed("HTTP", error, text);
	if (daemon->config->otlp_metrics)
		error = otlp_metrics_new(daemon->loop, daemon->http_client, daemon->config, &source, &daemon->metrics,
					 &daemon->otlp_metrics, &text);
	return error ? daemon_start_failed("OTLP metrics", error, text) : 0;
}

static int start_judge(struct daemon *daemon)
{
	struct judge_options options = {
		.rules = &daemon->rules,
		.metrics = &daemon->metrics,
		.responder = daemon->responder,
		.otlp = daemon->otlp,
		.control = daemon->control,
		.registry = daemon->registry,
		.procfs_path = daemon->config->procfs_path,
		.root_path = daemon->config->rootfs_path,
		.keep_secrets = daemon->config->findings_keep_secrets,
		.group_seconds = daemon->config->findings_group_seconds,
	};
	int error = judge_new(&options, &daemon->judge);

	if (error)
		return daemon_start_failed("rules", error, NULL);
	return daemon_start_rules(daemon);
}

static int start_timers(struct daemon *daemon)
{
	static const struct {
		int number;
		event_loop_signal *handler;
	} signals[] = { { SIGHUP, on_hangup }, { SIGTERM, on_terminate }, { SIGINT, on_terminate } };
	int error = 0;

	for (size_t i = 0; i < ARRAY_SIZE(signals) && !error; i++)
		error = event_loop_add_signal(daemon->loop, signals[i].number, signals[i].handler, daemon);
	if (!error && event_loop_add_timer(daemon->loop, SECOND_MS, on_second, daemon) < 0)
		error = -ENOMEM;
	if (!error && event_loop_add_timer(daemon->loop, MINUTE_MS, on_minute, daemon) < 0)
		error = -ENOMEM;
	return error ? daemon_start_failed("cannot set up timers", error, NULL) : 0;
}

/* What must hold before anything is tried, each with what to do about it. */
static int check_host(struct daemon *daemon)
{
	int error;

	if (geteuid() != 0)
		return daemon_start_failed("picket must run as root", -EPERM, "try `sudo picket`");
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return daemon_start_failed("this kernel has no BTF (/sys/kernel/btf/vmlinux)", -ENOENT,
					   "picket needs a kernel built with CONFIG_DEBUG_INFO_BTF=y, 5.10 or newer");
	error = cgroup_fs_find_mount(daemon->config->procfs_path, &daemon->cgroup2_path);
	if (error)
		return daemon_start_failed("no cgroup2 file system is mounted", error,
					   "try `mount -t cgroup2 none /sys/fs/cgroup/unified`");
	return 0;
}

/* In this order; everything later may use what came before. */
static int (*const steps[])(struct daemon *daemon) = {
	check_host,	      start_timers,   daemon_start_never_touch,
	start_kernel,	      start_registry, daemon_start_responder,
	start_otlp,	      start_servers,  start_judge,
	daemon_start_sensors,
};

static void stop(struct daemon *daemon)
{
	daemon_keep_journal(daemon);
	http_server_close(daemon->http_server);
	kernel_close(daemon->kernel);
	if (daemon->judge)
		daemon_forget_old_rules(daemon, true);
	judge_free(daemon->judge);
	control_server_close(daemon->control);
	http_client_free(daemon->http_client); /* tells those whose requests it cancels */
	otlp_sender_free(daemon->otlp);
	otlp_metrics_free(daemon->otlp_metrics);
	responder_free(daemon->responder);
	never_touch_free(daemon->never_touch);
	network_isolation_close(daemon->isolation);
	module_hosts_close(&daemon->module_hosts);
	cgroup_sync_free(daemon->cgroups);
	registry_free(daemon->registry);
	rules_watch_free(daemon->rules_watch);
	rules_free(daemon->rules);
	event_loop_free(daemon->loop);
	free(daemon->cgroup2_path);
}

int daemon_run(const struct config *config)
{
	struct daemon daemon = { .config = config };
	int error = event_loop_new(&daemon.loop);

	memory_start();
	log_info("daemon", "picket %s starting", PICKET_VERSION);
	for (size_t i = 0; i < ARRAY_SIZE(steps) && !error; i++)
		error = steps[i](&daemon);
	memory_trim();
	if (priority_raise())
		log_debug("daemon", "a higher priority is not permitted: kills come later on a busy machine");
	if (!error) {
		log_info("daemon", "watching; %llu rules, %zu containers, enforcement %s",
			 (unsigned long long)daemon.metrics.rules_loaded, registry_count(daemon.registry),
			 config->enforce ? "on" : "off (dry run)");
		error = event_loop_run(daemon.loop);
	}
	stop(&daemon);
	return error ? 1 : 0;
}
