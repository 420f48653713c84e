// SPDX-License-Identifier: GPL-2.0-only
// What happened when, and what was done about it.
local panels = import 'panels.libsonnet';

{
  local config = $._config,
  local common = (import 'common.libsonnet')(config),
  local of = common.containers + ', rule=~"$rule"',
  local series(metric, more='') = common.series(metric, more, of),
  local target = panels.target,

  grafanaDashboards+:: {
    'picket-attacks.json': panels.dashboard('picket-attacks', 'picket / Attack timeline', 'What rules matched, where and when, which techniques of ATT&CK they stand for, and what was done.', common.containerVariables + [
      panels.values('rule', 'Rule', 'picket_rule_info', common.nodes, all='.+'),
      panels.datasource('logs', 'Logs', 'loki'),
    ], [
      panels.row('Timeline'),
      panels.bars('Findings by severity', 'What rules matched, at the time it was counted.', 'none', [target(common.increase('picket_rule_matches_total', 'severity', of=of), '{{severity}}')], 24),
      panels.bars('Findings by rule', 'Matches within the ten minutes before, by rule. Containers that lived between two scrapes are in it.', 'none', [target('sum by (rule) (%s)' % series(common.matched), '{{rule}}')], 12),
      panels.bars('Findings by container', 'Matches within the ten minutes before, the ten containers with the most.', 'none', [target(common.top(10, 'sum by (instance, container, container_id) (%s)' % series(common.matched)), '{{container}} {{container_id}} on {{instance}}')], 12),

      panels.row('Who and how'),
      panels.table('Findings', 'The most matches within any ten minutes of the chosen time.', 'none', 'sum by (cluster, instance, namespace, pod, container, container_id, rule, severity) (max_over_time(%s[$__range])) > 0' % series(common.matched), [['severity', 'Severity'], ['rule', 'Rule'], ['container', 'Container'], ['pod', 'Pod'], ['namespace', 'Namespace'], ['instance', 'Node'], ['cluster', 'Cluster'], ['container_id', 'Container ID'], ['Value', 'Matches']], { container: ['Container', '/d/picket-container?${__url_time_range}&${datasource:queryparam}&var-container=${__value.text}'] }, width=16),
      panels.table('Techniques', 'ATT&CK techniques that the matched rules stand for.', 'none', 'sum by (tags) (max_over_time(%s[$__range])) > 0' % series(common.tagged), [['tags', 'Techniques'], ['Value', 'Matches']], width=8),

      panels.row('What was done'),
      panels.bars('Responses', 'Responses that were carried out.', 'none', [target(common.increase('picket_responses_total', 'action'), '{{action}}')]),
      panels.bars('Dry run', 'Responses that would have been carried out, where enforcement is off.', 'none', [target(common.increase('picket_responses_dry_run_total', 'action'), '{{action}}')]),
      panels.bars('Failed responses', 'Responses that were tried and did not succeed: the attack goes on.', 'none', [target(common.increase('picket_response_failures_total', 'action'), '{{action}}')]),

      panels.row('Evidence'),
      panels.logs('Findings as they were sent', 'The OTLP log records of findings, where a collector hands them to Loki. Without Loki use `picket events` on the node.', '{service_name="picket"} | security_rule_name=~"$rule" | container_name=~"$container"'),
    ], common.annotations(of)),
  },
}
