// SPDX-License-Identifier: GPL-2.0-only
// What a site may want otherwise; see mixin.libsonnet for how to set it.
//
// What the rules expect of the scrape configuration:
// - the labels container, pod and namespace stay those of the watched workload (honor_labels, honorLabels: true);
// - instance names the node and outlives picket's pod (relabel it from the node's name), or a roll-out looks like a
//   fleet of new containers.
{
  _config+:: {
    // Which targets are picket's.
    selector: 'job="picket"',
    // What tells one picket from another; labels that do not exist do no harm.
    instanceLabels: ['cluster', 'job', 'instance'],

    // An attack is told for so long after its last match; must be several scrape intervals.
    window: '10m',
    // How long a series may be missing (node unreachable, Prometheus restarted) before what it counted
    // in the meantime and before is told as new.
    memory: '1h',
    // A gauge keeps its last value over failed scrapes for so long.
    gaugeMemory: '5m',
    interval: '30s',

    // The name of the alert takes the place of %s.
    runbookUrl: 'https://runbooks.example.org/picket/%s.md',

    // Containers that may start privileged without anybody being told.
    privilegedNamespaces: 'kube-system',
    // Sensors that need not run everywhere.
    optionalSensors: 'perf',
    // Per container and window.
    forks: 120000,
    denials: 6000,
    oomKills: 3,

    quarantineFor: '1h',
    downFor: '5m',
    absentFor: '15m',
    sensorFor: '3m',
  },
}
