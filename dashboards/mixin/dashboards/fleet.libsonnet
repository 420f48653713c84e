// SPDX-License-Identifier: GPL-2.0-only
// All nodes at a glance: is anything attacked, is any node blind, what is it made of.
local panels = import 'panels.libsonnet';

{
  local config = $._config,
  local common = (import 'common.libsonnet')(config),
  local series = common.series,
  local target = panels.target,

  grafanaDashboards+:: {
    'picket-fleet.json': panels.dashboard('picket-fleet', 'picket / Fleet', 'All nodes that picket watches: findings, blind spots, load.', common.nodeVariables, [
      panels.row('Now'),
      panels.stat('Nodes', 'Nodes whose picket answers Prometheus.', 'none', 'sum(%s)' % series('up')),
      panels.stat('Nodes down', 'Nodes whose picket does not answer: what happens there is seen by nobody until it does.', 'none', 'count(%s) - sum(%s)' % [series('up'), series('up')], panels.thresholds(critical=1)),
      panels.stat('Containers', 'Workloads that are watched now.', 'none', 'count(%s)' % series('picket_container_info')),
      panels.stat('Critical findings', 'Matches of critical rules within the last ten minutes.', 'none', common.orNone('sum(%s)' % series(common.matched, 'severity="critical"')), panels.thresholds(critical=1)),
      panels.stat('Quarantined', 'Containers that are paused or isolated now. They stay so until somebody releases them.', 'none', common.orNone('sum(%s)' % series('picket_container_quarantined')), panels.thresholds(warning=1)),
      panels.stat('Blind sensors', 'Sensors that did not see their own canary in the last minute.', 'none', 'count(%s) - sum(%s)' % [series('picket_sensor_up'), series('picket_sensor_up')], panels.thresholds(critical=1)),

      panels.row('Findings'),
      panels.bars('Findings by severity', 'What rules matched, at the time it was counted.', 'none', [target(common.increase('picket_rule_matches_total', 'severity'), '{{severity}}')], 12),
      panels.table('Rules that matched', 'The most matches within any ten minutes of the chosen time, by namespace and rule.', 'none', 'sum by (cluster, namespace, rule, severity) (max_over_time(%s[$__range])) > 0' % series(common.matched), [['severity', 'Severity'], ['rule', 'Rule'], ['namespace', 'Namespace'], ['cluster', 'Cluster'], ['Value', 'Matches']], { rule: ['Timeline', '/d/picket-attacks?${__url_time_range}&${datasource:queryparam}&var-rule=${__value.text}'] }),
      panels.table('Nodes that matched', 'The most matches within any ten minutes of the chosen time, by node.', 'none', 'sum by (cluster, instance) (max_over_time(%s[$__range])) > 0' % series(common.matched), [['instance', 'Node'], ['cluster', 'Cluster'], ['Value', 'Matches']], { instance: ['Node', '/d/picket-node?${__url_time_range}&${datasource:queryparam}&var-instance=${__value.text}'] }),
      panels.bars('Responses', 'Responses that were carried out, and with enforcement off those that would have been.', 'none', [
        target(common.increase('picket_responses_total', 'action'), '{{action}}'),
        target(common.increase('picket_responses_dry_run_total', 'action'), '{{action}} (dry run)'),
      ], 12),

      panels.row('Load'),
      panels.lines('Programs started', 'execve by node, the busiest ten.', 'ops', [target(common.top(10, common.rate('picket_process_execs_total', 'instance')), '{{instance}}')]),
      panels.lines('Files opened', 'Opens by node, the busiest ten.', 'ops', [target(common.top(10, common.rate('picket_file_opens_total', 'instance')), '{{instance}}')]),
      panels.lines('Connections made', 'connect by node, the busiest ten.', 'ops', [target(common.top(10, common.rate('picket_network_connects_total', 'instance')), '{{instance}}')]),
      panels.lines('Sent by namespace', 'Bytes that left containers, the busiest ten namespaces.', 'Bps', [target(common.top(10, common.named('namespace', common.rate('picket_network_transmit_bytes_total', 'namespace'))), '{{namespace}}')]),
      panels.lines('Received by namespace', 'Bytes that reached containers, the busiest ten namespaces.', 'Bps', [target(common.top(10, common.named('namespace', common.rate('picket_network_receive_bytes_total', 'namespace'))), '{{namespace}}')]),
      panels.lines('Privileged operations', 'Mounts, namespaces, modules, tracing and the like, by kind.', 'ops', [target(common.rate('picket_privileged_operations_total', 'operation') + ' > 0', '{{operation}}')]),

      panels.row('Inventory'),
      panels.table('Workloads', 'Containers by runtime and isolation. What an isolation hides from the kernel, picket cannot see.', 'none', 'count by (cluster, runtime, isolation) (%s)' % series('picket_container_info'), [['runtime', 'Runtime'], ['isolation', 'Isolation'], ['cluster', 'Cluster'], ['Value', 'Containers']], width=8),
      panels.table('Versions', 'Nodes by version of picket.', 'none', 'count by (cluster, version, revision) (%s)' % series('picket_build_info'), [['version', 'Version'], ['revision', 'Revision'], ['cluster', 'Cluster'], ['Value', 'Nodes']], width=8),
      panels.table('Sensors', 'Nodes by the backend that each sensor found. "none" sees nothing.', 'none', 'count by (sensor, backend) (%s)' % series('picket_sensor_info'), [['sensor', 'Sensor'], ['backend', 'Backend'], ['Value', 'Nodes']], width=8),
    ], common.annotations(common.nodes)),
  },
}
