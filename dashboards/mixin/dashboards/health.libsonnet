// SPDX-License-Identifier: GPL-2.0-only
// Is picket itself well, what does it cost, what does it not see.
local panels = import 'panels.libsonnet';

{
  local config = $._config,
  local common = (import 'common.libsonnet')(config),
  local series = common.series,
  local target = panels.target,
  local blind = { mode: 'absolute', steps: [{ color: 'red', value: null }, { color: 'green', value: 1 }] },

  grafanaDashboards+:: {
    'picket-health.json': panels.dashboard('picket-health', 'picket / Health', 'picket about itself: blind spots, losses, cost.', common.nodeVariables, [
      panels.row('Now'),
      panels.stat('Ready', 'Nodes where every wanted sensor is up, in percent.', 'percentunit', 'avg(%s)' % series('picket_ready'), blind),
      panels.stat('Sensors up', 'Sensors that saw their own canary in the last minute, in percent.', 'percentunit', 'avg(%s)' % series('picket_sensor_up'), blind),
      panels.stat('Rules loaded', 'Nodes whose last reload of rules succeeded, in percent; the others keep their old rules.', 'percentunit', 'avg(%s)' % series('picket_rules_last_reload_successful'), blind),
      panels.stat('Events lost', 'Events that got lost since the daemons started, at any stage. Counters are never among them.', 'none', common.total('picket_events_lost_total'), panels.thresholds(warning=1)),
      panels.stat('Not counted apart', 'Operations of containers for which there was no place (--containers.max).', 'none', common.total('picket_container_overflow_operations_total'), panels.thresholds(warning=1)),
      panels.stat('Rules without series', 'Nodes that have more rules than series allow.', 'none', common.total('picket_rule_series_limited'), panels.thresholds(warning=1)),

      panels.row('Events'),
      panels.lines('Events', 'What the kernel sent, by kind.', 'ops', [target(common.rate('picket_events_total', 'kind') + ' > 0', '{{kind}}')]),
      panels.lines('Events lost', 'What did not arrive, by the stage where it got lost.', 'ops', [target(common.rate('picket_events_lost_total', 'stage'), '{{stage}}')]),
      panels.lines('Findings throttled', 'Matches that were counted but not sent on, as the rule\'s throttle asks.', 'ops', [target(common.rate('picket_findings_throttled_total', 'instance'), '{{instance}}')]),

      panels.row('Collector'),
      panels.lines('Requests', 'OTLP requests and those that failed.', 'reqps', [target(common.rate('picket_otlp_requests_total', 'instance'), '{{instance}}'), target(common.rate('picket_otlp_request_failures_total', 'instance'), '{{instance}} failed')]),
      panels.lines('Records', 'Findings that the collector took.', 'ops', [target(common.rate('picket_otlp_exported_records_total', 'instance'), '{{instance}}')]),
      panels.lines('Queue', 'How full the queue before the collector is.', 'percentunit', [target('max by (instance) (%s / %s)' % [series('picket_otlp_queue_records'), series('picket_otlp_queue_capacity_records')], '{{instance}}')]),

      panels.row('Cost'),
      panels.lines('CPU of the daemon', 'Cores that the daemon used.', 'none', [target(common.rate('process_cpu_seconds_total', 'instance'), '{{instance}}')]),
      panels.lines('CPU in the kernel', 'Cores that the programs in the kernel used, on behalf of the watched processes, where the kernel keeps count (kernel.bpf_stats_enabled).', 'none', [target(common.rate('picket_bpf_program_run_seconds_total', 'instance'), '{{instance}}')]),
      panels.lines('Dearest programs', 'Cores by program in the kernel, the dearest ten.', 'none', [target(common.top(10, common.rate('picket_bpf_program_run_seconds_total', 'program')), '{{program}}')]),
      panels.lines('Memory', 'Resident memory of the daemon.', 'bytes', [target('max by (instance) (%s)' % series('process_resident_memory_bytes'), '{{instance}}')]),
      panels.lines('File descriptors', 'Open ones, in percent of the limit.', 'percentunit', [target('max by (instance) (%s / %s)' % [series('process_open_fds'), series('process_max_fds')], '{{instance}}')]),
      panels.lines('Scrape', 'Time that Prometheus waited, and time by collector.', 's', [target('max by (instance) (%s)' % series('scrape_duration_seconds'), '{{instance}}'), target('max by (collector) (%s)' % series('picket_scrape_collector_duration_seconds'), '{{collector}}')]),

      panels.row('Places'),
      panels.lines('Containers', 'Places taken by containers, of those that there are.', 'none', [target('max by (instance) (%s)' % series('picket_container_slots_used'), '{{instance}}'), target('max by (instance) (%s)' % series('picket_container_slots_capacity'), '{{instance}} capacity')]),
      panels.lines('Series', 'Samples of a scrape.', 'none', [target('max by (instance) (%s)' % series('scrape_samples_scraped'), '{{instance}}')]),
      panels.table('Sensors', 'The backend that each sensor found. "none" sees nothing.', 'none', 'sum by (instance, sensor, backend) (%s)' % series('picket_sensor_info'), [['sensor', 'Sensor'], ['backend', 'Backend'], ['instance', 'Node']], width=8) {
        transformations: [super.transformations[0] { options+: { excludeByName: { Time: true, Value: true } } }],
      },
    ]),
  },
}
