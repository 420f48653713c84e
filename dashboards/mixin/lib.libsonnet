// SPDX-License-Identifier: GPL-2.0-only
// The few forms that all expressions have.
{
  local lib = self,

  // { metric, selector of picket's targets, more matchers } as text.
  series(config, metric, matchers=''):: '%s{%s}' % [metric, std.join(', ', [config.selector] + if matchers == '' then [] else [matchers])],

  // How far a counter got within the window, as a whole number where it was not reset. Unlike increase() alone it
  // sees the first value of a series that was born above 0, of one that was scraped a single time, and what was
  // counted while nobody could scrape, with a restart in between (the last line) or without. `bound` is a comparison such as "> 0".
  grown(config, series, bound='> 0')::
    |||
      max_over_time(%(series)s[%(window)s])
        - (last_over_time(%(series)s[%(memory)s] offset %(window)s) or 0 * max_over_time(%(series)s[%(window)s])) %(bound)s
      or increase(%(series)s[%(window)s]) %(bound)s
      or (max_over_time(%(series)s[%(window)s]) < last_over_time(%(series)s[%(memory)s] offset %(window)s)) %(bound)s
    ||| % { series: series, window: config.window, memory: config.memory, bound: bound },

  // Series that were not there before the window.
  appeared(config, series)::
    |||
      last_over_time(%(series)s[%(window)s]) > 0
      unless last_over_time(%(series)s[%(memory)s] offset %(window)s) > 0
    ||| % { series: series, window: config.window, memory: config.memory },

  // A gauge, failed scrapes bridged.
  gauge(config, series):: 'last_over_time(%s[%s])' % [series, config.gaugeMemory],

  // Whose: for descriptions.
  workload:: '{{ if $labels.container }}container {{ $labels.container }}{{ else if $labels.container_id }}container {{ $labels.container_id }}{{ else }}the host{{ end }}{{ if $labels.pod }} of pod {{ $labels.namespace }}/{{ $labels.pod }}{{ end }} on {{ $labels.instance }}',

  alert(config, name, category, severity, expr, summary, description, pending=''):: {
    alert: name,
    expr: std.rstripChars(expr, '\n'),
    [if pending != '' then 'for']: pending,
    labels: { severity: severity, category: category },
    annotations: {
      summary: summary,
      description: description,
      runbook_url: config.runbookUrl % name,
    },
  },
}
