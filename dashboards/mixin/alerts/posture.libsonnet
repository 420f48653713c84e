// SPDX-License-Identifier: GPL-2.0-only
// How containers were started. Each is told once, when it appears: a weakness that is wanted would fire for ever.
local lib = import '../lib.libsonnet';

{
  local config = $._config,
  local posture(weakness) =
    lib.series(config, 'picket_container_posture', 'weakness=~"%s", namespace!~"%s"' % [weakness, config.privilegedNamespaces]),
  local appeared(name, severity, weakness, summary) =
    lib.alert(config, name, 'posture', severity, lib.appeared(config, posture(weakness)), summary,
              'A start with the weakness {{ $labels.weakness }}: %s.' % lib.workload),

  prometheusAlerts+:: {
    groups+: [{
      name: 'picket-posture',
      interval: config.interval,
      rules: [
        appeared('PicketPrivilegedContainer', 'warning', 'privileged', 'A privileged container appeared.'),
        appeared(
          'PicketRuntimeSocketMounted', 'warning', 'docker_socket_mounted',
          'A container appeared that can command the container runtime, and so its node.'
        ),
        appeared(
          'PicketHostNamespaceShared', 'info', 'host_pid|host_network|host_ipc|host_device|sensitive_mount',
          'A container appeared that shares parts of the host.'
        ),
      ],
    }],
  },
}
