// SPDX-License-Identifier: GPL-2.0-only
// One container, everything that is counted of it.
local panels = import 'panels.libsonnet';

{
  local config = $._config,
  local common = (import 'common.libsonnet')(config),
  local of = common.containers,
  local series(metric, more='') = common.series(metric, more, of),
  local target = panels.target,
  local by(title, description, unit, metric, label) = panels.lines(title, description, unit, [target(common.rate(metric, label, of=of), '{{%s}}' % label)]),
  local rate(metric, legend, label) = target(common.rate(metric, label, of=of), legend),

  grafanaDashboards+:: {
    'picket-container.json': panels.dashboard('picket-container', 'picket / Container', 'One container: what it is, what rules it matched, all that is counted of it.', common.containerVariables, [
      panels.row('What it is'),
      panels.table('Identity', 'Names as the runtime and Kubernetes know them.', 'none', series('picket_container_info'), [['container', 'Container'], ['pod', 'Pod'], ['namespace', 'Namespace'], ['image', 'Image'], ['runtime', 'Runtime'], ['isolation', 'Isolation'], ['instance', 'Node'], ['container_id', 'Container ID'], ['cgroup', 'Cgroup'], ['pod_uid', 'Pod UID']], width=24) {
        gridPos+: { h: 5 },
        transformations: [super.transformations[0] { options+: { excludeByName: { Time: true, Value: true, __name__: true, job: true } } }],
      },
      panels.row('Findings'),
      panels.stat('Findings', 'Matches of rules within the last ten minutes.', 'none', common.orNone('sum(%s)' % series(common.matched)), panels.thresholds(warning=1)),
      panels.stat('Quarantined', 'Whether it is paused or isolated now.', 'none', common.orNone('sum(%s)' % series('picket_container_quarantined')), panels.thresholds(warning=1)),
      panels.stat('Isolation breaks', 'How often a process was found in a namespace of the host, or out of the container\'s cgroup.', 'none', 'sum(%s)' % series('picket_isolation_breaks_total'), panels.thresholds(critical=1)),
      panels.stat('Unexplained rights', 'How often a process had rights that no system call gave it: what an exploit of the kernel leaves.', 'none', 'sum(%s)' % series('picket_credential_changes_total', 'change="unexplained"'), panels.thresholds(critical=1)),
      panels.stat('Killed for memory', 'Processes that the kernel killed because memory ran out.', 'none', 'sum(%s)' % series('picket_process_exits_total', 'reason="oom_kill"'), panels.thresholds(warning=1)),
      panels.stat('Attestations', 'Requests for a proof of the trusted hardware that went through.', 'none', 'sum(%s)' % series('picket_tee_attestations_total')),
      panels.bars('Findings by rule', 'What rules matched, at the time it was counted.', 'none', [target(common.increase('picket_rule_matches_total', 'rule, severity', of=of) + ' > 0', '{{severity}} {{rule}}')], 12),
      panels.table('Rules that matched', 'The most matches within any ten minutes of the chosen time.', 'none', 'sum by (container, rule, severity) (max_over_time(%s[$__range])) > 0' % series(common.matched), [['severity', 'Severity'], ['rule', 'Rule'], ['container', 'Container'], ['Value', 'Matches']]),

      panels.row('Processes'),
      panels.lines('Processes', 'Programs started, processes and threads made.', 'ops', [rate('picket_process_execs_total', 'exec {{container}}', 'container'), rate('picket_process_forks_total', 'fork {{container}}', 'container')]),
      by('Ends', 'How processes ended.', 'ops', 'picket_process_exits_total', 'reason'),
      by('Signals', 'Segmentation faults, forbidden system calls and kills.', 'ops', 'picket_signals_total', 'signal'),

      panels.row('Files'),
      by('Opens', 'Files opened, by what for.', 'ops', 'picket_file_opens_total', 'access'),
      by('Failed opens', 'Opens that did not succeed. Many ENOENT are a search, many EACCES a probe.', 'ops', 'picket_file_open_failures_total', 'error'),
      by('Changes', 'Deletions, renames, links, modes, owners and the like.', 'ops', 'picket_file_modifications_total', 'operation'),

      panels.row('Network'),
      panels.lines('Traffic', 'Bytes in and out.', 'Bps', [rate('picket_network_transmit_bytes_total', 'sent {{container}}', 'container'), rate('picket_network_receive_bytes_total', 'received {{container}}', 'container')]),
      panels.lines('Packets', 'Packets in and out.', 'pps', [rate('picket_network_transmit_packets_total', 'sent {{container}}', 'container'), rate('picket_network_receive_packets_total', 'received {{container}}', 'container')]),
      panels.lines('Connections made', 'connect, by network and transport.', 'ops', [rate('picket_network_connects_total', '{{type}} {{transport}}', 'type, transport')]),
      by('Failed connections', 'Many refused or timed out ones are a scan.', 'ops', 'picket_network_connect_failures_total', 'error'),
      panels.lines('Connections taken', 'bind, listen and accept.', 'ops', [rate('picket_network_binds_total', 'bind {{container}}', 'container'), rate('picket_network_listens_total', 'listen {{container}}', 'container'), rate('picket_network_accepts_total', 'accept {{container}}', 'container')]),
      panels.lines('Datagrams and odd sockets', 'Datagrams sent without a connection, and sockets that ordinary programs do not make.', 'ops', [rate('picket_network_datagrams_total', 'datagrams {{container}}', 'container'), rate('picket_network_sockets_total', '{{kind}} socket', 'kind')]),

      panels.row('Privilege'),
      by('Privileged operations', 'Mounts, namespaces, modules, tracing and the like. Attempts count.', 'ops', 'picket_privileged_operations_total', 'operation'),
      by('Credential changes', 'Processes that became root or got capabilities.', 'ops', 'picket_credential_changes_total', 'change'),
      by('Refused system calls', 'System calls that ended with EPERM or EACCES.', 'ops', 'picket_syscall_denials_total', 'error'),
      by('Device opens', 'Device files by class.', 'ops', 'picket_device_opens_total', 'device'),
      panels.lines('Attestation', 'Requests for a proof of the trusted hardware, and those that failed.', 'ops', [rate('picket_tee_attestations_total', '{{tee}}', 'tee'), rate('picket_tee_attestation_failures_total', '{{tee}} failed', 'tee')]),
      by('Set-up', 'What the runtime did in the new container before the workload began. No rule judges it.', 'ops', 'picket_setup_operations_total', 'operation'),
    ], common.annotations(of)),
  },
}
