// SPDX-License-Identifier: GPL-2.0-only
// The fleet at a glance: cheap to draw, cheap to federate.
local lib = import '../lib.libsonnet';

{
  local config = $._config,
  local series(metric, matchers='') = lib.series(config, metric, matchers),
  local matched = 'container_rule:picket_rule_matches:increase%s' % config.window,
  local rate(level, by, metric) = {
    record: '%s:%s:rate5m' % [level, std.strReplace(metric, '_total', '')],
    expr: 'sum by (%s) (rate(%s[5m]))' % [by, series(metric)],
  },

  prometheusRules+:: {
    groups+: [{
      name: 'picket-fleet',
      interval: '1m',
      rules: [
        { record: 'job:up:ratio', expr: 'avg by (cluster, job) (up{%s})' % config.selector },
        { record: 'job_version:picket_build:count', expr: 'count by (cluster, job, version) (%s)' % series('picket_build_info') },
        { record: 'job_sensor:picket_sensor_up:ratio', expr: 'avg by (cluster, job, sensor) (%s)' % series('picket_sensor_up') },
        { record: 'job_stage:picket_events_lost:rate5m', expr: 'sum by (cluster, job, stage) (rate(%s[5m]))' % series('picket_events_lost_total') },
        { record: 'instance:picket_container:count', expr: 'count by (cluster, job, instance) (%s)' % series('picket_container_info') },
        { record: 'job_weakness:picket_container_posture:count', expr: 'sum by (cluster, job, weakness) (%s)' % series('picket_container_posture') },
        { record: 'namespace_rule:picket_rule_matches:increase%s' % config.window, expr: 'sum by (cluster, job, namespace, rule, severity) (%s)' % matched },
        { record: 'instance_severity:picket_rule_matches:increase%s' % config.window, expr: 'sum by (cluster, job, instance, severity) (%s)' % matched },
        rate('instance', 'cluster, job, instance', 'picket_process_execs_total'),
        rate('instance', 'cluster, job, instance', 'picket_file_opens_total'),
        rate('instance', 'cluster, job, instance', 'picket_network_connects_total'),
        rate('instance', 'cluster, job, instance', 'picket_events_total'),
        rate('instance', 'cluster, job, instance', 'picket_bpf_program_run_seconds_total'),
        rate('namespace', 'cluster, job, namespace', 'picket_network_transmit_bytes_total'),
        rate('namespace', 'cluster, job, namespace', 'picket_network_receive_bytes_total'),
        rate('namespace', 'cluster, job, namespace', 'picket_privileged_operations_total'),
      ],
    }],
  },
}
