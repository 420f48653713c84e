// SPDX-License-Identifier: GPL-2.0-only
// One node, or a few: who works there, who misbehaves.
local panels = import 'panels.libsonnet';

{
  local config = $._config,
  local common = (import 'common.libsonnet')(config),
  local series = common.series,
  local target = panels.target,
  local busiest(title, description, unit, metric, more='') = panels.lines(title, description + ' The busiest ten containers.', unit, [
    target(common.top(10, common.rate(metric, 'container, container_id', more)), '{{container}} {{container_id}}'),
  ]),

  grafanaDashboards+:: {
    'picket-node.json': panels.dashboard('picket-node', 'picket / Node', 'The containers of a node: findings and what they do.', common.nodeVariables, [
      panels.row('Now'),
      panels.stat('Ready', 'Nodes where every wanted sensor is up, in percent.', 'percentunit', 'avg(%s)' % series('picket_ready'), { mode: 'absolute', steps: [{ color: 'red', value: null }, { color: 'green', value: 1 }] }),
      panels.stat('Containers', 'Workloads that are watched now.', 'none', 'count(%s)' % series('picket_container_info')),
      panels.stat('Findings', 'Matches of rules of at least warning within the last ten minutes.', 'none', common.orNone('sum(%s)' % series(common.matched, 'severity=~"warning|error|critical"')), panels.thresholds(warning=1)),
      panels.stat('Quarantined', 'Containers that are paused or isolated now.', 'none', common.orNone('sum(%s)' % series('picket_container_quarantined')), panels.thresholds(warning=1)),
      panels.stat('Enforcement', 'Nodes that carry responses out; the others only tell what they would have done.', 'none', 'sum(%s)' % series('picket_enforcement_enabled')),
      panels.stat('Rules', 'Rules in force, on the node that has the fewest.', 'none', 'min(%s)' % series('picket_rules_loaded'), { mode: 'absolute', steps: [{ color: 'red', value: null }, { color: 'green', value: 1 }] }),

      panels.row('Findings'),
      panels.bars('Findings by rule', 'What rules matched, at the time it was counted.', 'none', [target(common.increase('picket_rule_matches_total', 'rule, severity') + ' > 0', '{{severity}} {{rule}}')], 12),
      panels.table('Containers that matched', 'The most matches within any ten minutes of the chosen time.', 'none', 'sum by (instance, namespace, pod, container, container_id, rule, severity) (max_over_time(%s[$__range])) > 0' % series(common.matched), [['severity', 'Severity'], ['rule', 'Rule'], ['container', 'Container'], ['pod', 'Pod'], ['namespace', 'Namespace'], ['instance', 'Node'], ['container_id', 'Container ID'], ['Value', 'Matches']], { container: ['Container', '/d/picket-container?${__url_time_range}&${datasource:queryparam}&var-container=${__value.text}'] }),

      panels.row('Containers'),
      busiest('Programs started', 'execve.', 'ops', 'picket_process_execs_total'),
      busiest('Files opened', 'Opens.', 'ops', 'picket_file_opens_total'),
      busiest('Files changed', 'Deletions, renames, links, modes, owners and the like.', 'ops', 'picket_file_modifications_total'),
      busiest('Connections made', 'connect.', 'ops', 'picket_network_connects_total'),
      busiest('Sent', 'Bytes that left the container.', 'Bps', 'picket_network_transmit_bytes_total'),
      busiest('Received', 'Bytes that reached the container.', 'Bps', 'picket_network_receive_bytes_total'),
      busiest('Privileged operations', 'Mounts, namespaces, modules, tracing and the like.', 'ops', 'picket_privileged_operations_total'),
      busiest('Refused system calls', 'System calls that ended with EPERM or EACCES.', 'ops', 'picket_syscall_denials_total'),
      busiest('Signals', 'Segmentation faults, forbidden system calls and kills.', 'ops', 'picket_signals_total'),

      panels.row('Inventory'),
      panels.table('Workloads', 'What runs there now.', 'none', series('picket_container_info'), [['container', 'Container'], ['pod', 'Pod'], ['namespace', 'Namespace'], ['image', 'Image'], ['runtime', 'Runtime'], ['isolation', 'Isolation'], ['instance', 'Node'], ['container_id', 'Container ID']], { container: ['Container', '/d/picket-container?${__url_time_range}&${datasource:queryparam}&var-container=${__value.text}'] }, width=16) {
        transformations: [super.transformations[0] { options+: { excludeByName: { Time: true, Value: true, __name__: true, job: true, cgroup: true, pod_uid: true } } }],
      },
      panels.table('Sensors', 'The backend that each sensor found. "none" sees nothing.', 'none', 'sum by (instance, sensor, backend) (%s)' % series('picket_sensor_info'), [['sensor', 'Sensor'], ['backend', 'Backend'], ['instance', 'Node']], width=8) {
        transformations: [super.transformations[0] { options+: { excludeByName: { Time: true, Value: true } } }],
      },
    ], common.annotations(common.nodes)),
  },
}
