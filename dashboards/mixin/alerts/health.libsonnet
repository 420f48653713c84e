// SPDX-License-Identifier: GPL-2.0-only
// Whether picket itself can be relied on.
local lib = import '../lib.libsonnet';

{
  local config = $._config,
  local series(metric, matchers='') = lib.series(config, metric, matchers),
  local gauge(metric, matchers='') = lib.gauge(config, series(metric, matchers)),
  local by = std.join(', ', config.instanceLabels),
  local health(name, severity, expr, summary, description, pending='') =
    lib.alert(config, name, 'health', severity, expr, summary, description, pending),
  local kernel_loss = 'stage=~"transport|decode"',

  prometheusAlerts+:: {
    groups+: [{
      name: 'picket-health',
      interval: config.interval,
      rules: [
        health(
          'PicketDown', 'critical', 'up{%s} == 0' % config.selector,
          'picket does not answer: nobody watches this node.',
          'picket on {{ $labels.instance }} could not be scraped for %s.' % config.downFor, config.downFor
        ),
        health(
          'PicketAbsent', 'critical', 'absent(up{%s})' % config.selector,
          'Prometheus knows no picket at all.',
          'No target of job {{ $labels.job }} for %s: service discovery or the deployment is broken.' % config.absentFor, config.absentFor
        ),
        health(
          'PicketRestarting', 'warning', 'resets(%s[1h]) > 3' % series('process_cpu_seconds_total'),
          'picket keeps restarting.',
          'picket on {{ $labels.instance }} restarted {{ $value | printf "%.0f" }} times in an hour.'
        ),
        health(
          'PicketSensorDown', 'critical',
          '%s == 0\nunless on (%s, sensor) %s == 1' % [gauge('picket_sensor_up'), by, gauge('picket_sensor_info', 'backend="none"')],
          'A sensor is attached but its own test events do not arrive.',
          'Sensor {{ $labels.sensor }} on {{ $labels.instance }} sees nothing since %s.' % config.sensorFor, config.sensorFor
        ),
        health(
          'PicketSensorBlind', 'critical',
          '%s == 1' % gauge('picket_sensor_info', 'backend="none", sensor!~"%s"' % config.optionalSensors),
          'A sensor found no way into this kernel.',
          'Sensor {{ $labels.sensor }} on {{ $labels.instance }} has no backend.', config.sensorFor
        ),
        health(
          'PicketEventsLost', 'critical',
          |||
            sum by (%(by)s) (rate(%(lost)s[5m]))
              / (sum by (%(by)s) (rate(%(lost)s[5m])) + sum by (%(by)s) (rate(%(events)s[5m]))) > 0.05
          ||| % { by: by, lost: series('picket_events_lost_total', kernel_loss), events: series('picket_events_total') },
          'picket loses a large part of what the kernel reports.',
          '{{ $value | humanizePercentage }} of the events on {{ $labels.instance }} are lost; rules do not see them.', '5m'
        ),
        health(
          'PicketEventsLost', 'warning', lib.grown(config, series('picket_events_lost_total', kernel_loss)),
          'picket lost events before any rule saw them.',
          '{{ $value | printf "%%.0f" }} events were lost at {{ $labels.stage }} in %s on {{ $labels.instance }}.' % config.window
        ),
        health(
          'PicketFindingsLost', 'warning', lib.grown(config, series('picket_events_lost_total', 'stage=~"otlp_.*"')),
          'Findings did not reach the collector.',
          '{{ $value | printf "%%.0f" }} findings were lost at {{ $labels.stage }} in %s on {{ $labels.instance }}; the metrics have them.' % config.window
        ),
        health(
          'PicketOtlpFailing', 'warning',
          'rate(%s[5m])\n  / rate(%s[5m]) > 0.5' % [series('picket_otlp_request_failures_total'), series('picket_otlp_requests_total')],
          'The collector refuses what picket sends, or cannot be reached.',
          '{{ $value | humanizePercentage }} of the export requests of {{ $labels.instance }} fail.', '10m'
        ),
        health(
          'PicketOtlpQueueFilling', 'warning',
          '%s\n  / %s > 0.8' % [gauge('picket_otlp_queue_records'), gauge('picket_otlp_queue_capacity_records')],
          'Findings pile up before the collector and will be lost soon.',
          'The queue on {{ $labels.instance }} is {{ $value | humanizePercentage }} full.', '5m'
        ),
        health(
          'PicketRulesReloadFailed', 'warning', '%s == 0' % gauge('picket_rules_last_reload_successful'),
          'The rules on disk have errors; the old ones are in force.',
          'The last reload of the rules failed on {{ $labels.instance }}.', '1m'
        ),
        health(
          'PicketNoRules', 'critical', '%s == 0' % gauge('picket_rules_loaded'),
          'picket runs without a single rule.',
          'No rule is in force on {{ $labels.instance }}: it counts, but judges nothing.', '5m'
        ),
        health(
          'PicketResponseFailing', 'critical', lib.grown(config, series('picket_response_failures_total')),
          'A response to an attack failed.',
          'The response {{ $labels.action }} failed {{ $value | printf "%%.0f" }} times in %s on {{ $labels.instance }}: the attack goes on.' % config.window
        ),
        health(
          'PicketResponded', 'info',
          lib.grown(config, series('picket_responses_total', 'action=~"deny|kill|pause|isolate"')),
          'picket interfered with a workload, as a rule told it to.',
          'The response {{ $labels.action }} was carried out {{ $value | printf "%%.0f" }} times in %s on {{ $labels.instance }}.' % config.window
        ),
        health(
          'PicketQuarantineStuck', 'warning', '%s == 1' % gauge('picket_container_quarantined'),
          'A container is held by a response and nobody has decided about it.',
          'For more than %s the response {{ $labels.action }} holds %s.' % [config.quarantineFor, lib.workload], config.quarantineFor
        ),
        health(
          'PicketContainersUncounted', 'warning', lib.grown(config, series('picket_container_slots_exhausted_total')),
          'Containers found no counters of their own.',
          '{{ $value | printf "%%.0f" }} cgroups on {{ $labels.instance }} were counted together in %s, without names.' % config.window
        ),
        health(
          'PicketSlotsFilling', 'warning',
          '%s\n  / %s > 0.9' % [gauge('picket_container_slots_used'), gauge('picket_container_slots_capacity')],
          'The counters for containers are almost used up.',
          '{{ $value | humanizePercentage }} of the counter slots on {{ $labels.instance }} are in use.', '10m'
        ),
        health(
          'PicketCollectorFailing', 'warning', '%s == 0' % gauge('picket_scrape_collector_success'),
          'A part of the metrics could not be collected.',
          'Collector {{ $labels.collector }} fails on {{ $labels.instance }}.', '5m'
        ),
        health(
          'PicketScrapeSlow', 'warning', 'scrape_duration_seconds{%s} > 5' % config.selector,
          'Scrapes of picket come close to their timeout.',
          'A scrape of {{ $labels.instance }} takes {{ $value | humanizeDuration }}.', '10m'
        ),
        health(
          'PicketFileDescriptors', 'warning', '%s\n  / %s > 0.8' % [gauge('process_open_fds'), gauge('process_max_fds')],
          'picket is about to run out of file descriptors.',
          'picket on {{ $labels.instance }} has {{ $value | humanizePercentage }} of its file descriptors open.', '5m'
        ),
        health(
          'PicketWatchdog', 'none', 'vector(1)',
          'This alert always fires: when it stops, alerting itself is broken.',
          'Route it to a dead man\'s switch that pages when it is not heard of.'
        ),
      ],
    }],
  },
}
