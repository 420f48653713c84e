// SPDX-License-Identifier: GPL-2.0-only
// What the dashboards of one configuration share: whom the variables choose, and the expressions over that choice.
local panels = import 'panels.libsonnet';

function(config) {
  local this = self,
  local among(labels) = std.join(', ', ['%s=~"$%s"' % [label, label] for label in labels]),

  // Matchers of picket's targets, and of containers among them.
  nodes:: among(['job', 'cluster', 'instance']),
  containers:: among(['job', 'cluster', 'instance', 'namespace', 'pod', 'container']),

  series(metric, more='', of=this.nodes):: '%s{%s}' % [metric, of + (if more == '' then '' else ', ' + more)],
  rate(metric, by, more='', of=this.nodes):: 'sum by (%s) (rate(%s[$__rate_interval]))' % [by, this.series(metric, more, of)],
  increase(metric, by, more='', of=this.nodes):: 'sum by (%s) (increase(%s[$__rate_interval]))' % [by, this.series(metric, more, of)],
  total(metric, more='', of=this.nodes):: 'sum(%s)' % this.series(metric, more, of),
  // A legend for series without this label, as outside Kubernetes.
  named(label, expr):: 'label_replace(%s, "%s", "(none)", "%s", "")' % [expr, label, label],
  top(count, expr):: 'topk(%d, %s)' % [count, expr],

  // Recorded, see alerts/attacks.libsonnet: sees containers that lived between two scrapes, too.
  matched:: 'container_rule:picket_rule_matches:increase' + config.window,
  tagged:: 'container_rule_tags:picket_rule_matches:increase' + config.window,
  // 0 where nothing matched.
  orNone(expr):: '%s or vector(0)' % expr,

  local metric = 'picket_ready',
  nodeVariables:: [
    panels.datasource('datasource', 'Data source', 'prometheus'),
    panels.values('job', 'Job', metric, '', all='.+'),
    panels.values('cluster', 'Cluster', metric, 'job=~"$job"'),
    panels.values('instance', 'Node', metric, 'job=~"$job", cluster=~"$cluster"', all='.+'),
  ],
  containerVariables:: this.nodeVariables + [
    panels.values('namespace', 'Namespace', 'picket_container_info', this.nodes),
    panels.values('pod', 'Pod', 'picket_container_info', this.nodes + ', namespace=~"$namespace"'),
    panels.values('container', 'Container', 'picket_container_info', this.nodes + ', namespace=~"$namespace", pod=~"$pod"'),
  ],

  // A mark in every graph for what is worth a page.
  annotations(of):: [{
    name: 'Findings',
    datasource: panels.prometheus,
    enable: true,
    hide: false,
    iconColor: 'red',
    expr: 'sum by (instance, container, rule, severity) (%s) > 0' % this.series(this.matched, 'severity=~"critical|error"', of),
    titleFormat: '{{rule}}',
    textFormat: '{{container}} on {{instance}}',
    tagKeys: 'severity',
    step: '60s',
    useValueForTime: false,
  }],
}
