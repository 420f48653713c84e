// SPDX-License-Identifier: GPL-2.0-only
// What the kernel's counters alone tell, whatever rules are in force. The host's own counters are left out.
local lib = import '../lib.libsonnet';

{
  local config = $._config,
  local container(metric, matchers='') =
    lib.series(config, metric, 'container_id!=""' + (if matchers == '' then '' else ', ' + matchers)),
  local signal(name, severity, series, bound, summary, what) =
    lib.alert(config, name, 'attack', severity, lib.grown(config, series, bound), summary,
              '%s {{ $value | printf "%%.0f" }} times in %s in %s.' % [what, config.window, lib.workload]),

  prometheusAlerts+:: {
    groups+: [{
      name: 'picket-signals',
      interval: config.interval,
      rules: [
        signal(
          'PicketIsolationBroken', 'critical', container('picket_isolation_breaks_total'), '> 0',
          'A process of a container is outside what should hold it.',
          'A process crossed the boundary {{ $labels.boundary }}'
        ),
        signal(
          'PicketUnexplainedRights', 'critical', container('picket_credential_changes_total', 'change="unexplained"'), '> 0',
          'A process gained rights without a setuid program or call, as after a kernel exploit.',
          'Rights appeared out of nowhere'
        ),
        signal(
          'PicketKernelTampering', 'warning', container('picket_privileged_operations_total', 'operation=~"module|kexec|port_io"'), '> 0',
          'A container tried to change the running kernel.',
          'The operation {{ $labels.operation }} was attempted'
        ),
        signal(
          'PicketHostDeviceOpened', 'warning', container('picket_device_opens_total', 'device=~"block|memory"'), '> 0',
          'A container opened a disk or the memory of the host.',
          'A device of kind {{ $labels.device }} was opened'
        ),
        signal(
          'PicketSeccompKill', 'warning', container('picket_signals_total', 'signal="SIGSYS"'), '> 0',
          'Processes of a container made system calls that their seccomp profile forbids.',
          'The kernel sent SIGSYS'
        ),
        signal(
          'PicketDenialBurst', 'warning', container('picket_syscall_denials_total'), '> %d' % config.denials,
          'A container keeps asking the kernel for what it may not have.',
          'System calls were refused with {{ $labels.error }}'
        ),
        signal(
          'PicketForkBomb', 'warning', container('picket_process_forks_total'), '> %d' % config.forks,
          'A container creates processes at a rate that endangers its node.',
          'Processes were created'
        ),
        signal(
          'PicketOomKills', 'warning', container('picket_process_exits_total', 'reason="oom_kill"'), '>= %d' % config.oomKills,
          'The kernel keeps killing processes of a container for lack of memory.',
          'A process was killed for lack of memory'
        ),
        signal(
          'PicketAttestationFailing', 'warning', container('picket_tee_attestation_failures_total'), '> 0',
          'A trusted execution environment refuses to vouch for a workload.',
          'An attestation request to {{ $labels.tee }} failed'
        ),
      ],
    }],
  },
}
