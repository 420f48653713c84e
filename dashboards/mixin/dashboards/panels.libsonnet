// SPDX-License-Identifier: GPL-2.0-only
// The forms that all dashboards have: panels, their places, variables, annotations and links.
{
  local this = self,

  prometheus:: { type: 'prometheus', uid: '${datasource}' },

  target(expr, legend='', instant=false):: {
    datasource: this.prometheus,
    expr: std.rstripChars(expr, '\n'),
    legendFormat: legend,
    editorMode: 'code',
    range: !instant,
    instant: instant,
    [if instant then 'format']: 'table',
  },

  // targets get their refId here: A, B, ...
  local panel(type, title, description, targets, width, height) = {
    type: type,
    title: title,
    description: description,
    datasource: this.prometheus,
    targets: std.mapWithIndex(function(i, target) target { refId: std.char(65 + i) }, targets),
    gridPos: { w: width, h: height },
  },
  local steps(levels) = { mode: 'absolute', steps: [{ color: 'green', value: null }] + levels },
  local link(title, url) = { title: title, url: url, targetBlank: false },

  // Severities have the same colour everywhere.
  local severities = { critical: 'red', 'error': 'orange', warning: 'yellow', notice: 'blue', info: 'green' },

  // From `warning` on yellow, from `critical` on red; null: never.
  thresholds(warning=null, critical=null):: steps(
    (if warning == null then [] else [{ color: 'orange', value: warning }]) +
    (if critical == null then [] else [{ color: 'red', value: critical }])
  ),

  stat(title, description, unit, expr, thresholds=steps([]), width=4):: panel('stat', title, description, [this.target(expr)], width, 4) {
    fieldConfig: { defaults: { unit: unit, decimals: 0, thresholds: thresholds, color: { mode: 'thresholds' } }, overrides: [] },
    options: { colorMode: 'value', graphMode: 'area', justifyMode: 'auto', textMode: 'auto', reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false } },
  },

  local series(title, description, unit, targets, width, custom) = panel('timeseries', title, description, targets, width, 8) {
    fieldConfig: {
      defaults: {
        unit: unit,
        min: 0,
        thresholds: steps([]),
        color: { mode: 'palette-classic' },
        custom: { lineWidth: 1, showPoints: 'never', spanNulls: false } + custom,
      },
      overrides: [
        { matcher: { id: 'byName', options: name }, properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: severities[name] } }] }
        for name in std.objectFields(severities)
      ],
    },
    options: { tooltip: { mode: 'multi', sort: 'desc' }, legend: { displayMode: 'table', placement: 'bottom', calcs: ['max', 'lastNotNull'], showLegend: true } },
  },
  lines(title, description, unit, targets, width=8):: series(title, description, unit, targets, width, { drawStyle: 'line', fillOpacity: 10 }),
  bars(title, description, unit, targets, width=8):: series(title, description, unit, targets, width, { drawStyle: 'bars', fillOpacity: 80, stacking: { mode: 'normal', group: 'A' } }),

  // columns: [[label, title]], in this order; links: { label: [title, url] }.
  table(title, description, unit, expr, columns, links={}, width=12)::
    local titles = { [column[0]]: column[1] for column in columns };
    panel('table', title, description, [this.target(expr, instant=true)], width, 8) {
    fieldConfig: {
      defaults: { unit: unit, thresholds: steps([]), custom: { align: 'auto', filterable: true, cellOptions: { type: 'auto' } } },
      overrides: [
        { matcher: { id: 'byName', options: titles[label] }, properties: [{ id: 'links', value: [link(links[label][0], links[label][1])] }] }
        for label in std.objectFields(links)
      ] + (if std.objectHas(titles, 'severity') then [{
        matcher: { id: 'byName', options: titles.severity },
        properties: [
          { id: 'mappings', value: [{ type: 'value', options: { [name]: { color: severities[name] } for name in std.objectFields(severities) } }] },
          { id: 'custom.cellOptions', value: { type: 'color-text' } },
        ],
      }] else []),
    },
    options: { showHeader: true, footer: { show: false } },
    transformations: [{
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        renameByName: titles,
        indexByName: { [columns[i][0]]: i for i in std.range(0, std.length(columns) - 1) },
      },
    }],
  },

  logs(title, description, expr, width=24):: panel('logs', title, description, [], width, 10) {
    datasource: { type: 'loki', uid: '${logs}' },
    targets: [{ refId: 'A', datasource: { type: 'loki', uid: '${logs}' }, expr: expr, queryType: 'range' }],
    options: { showTime: true, wrapLogMessage: true, enableLogDetails: true, sortOrder: 'Descending', prettifyLogMessage: false, dedupStrategy: 'none' },
  },

  row(title):: { type: 'row', title: title, collapsed: false, panels: [], gridPos: { w: 24, h: 1 } },

  // Left to right, on to the next line where a panel does not fit any more.
  layout(panels):: std.foldl(
    function(page, panel)
      local wraps = page.x + panel.gridPos.w > 24;
      local x = if wraps then 0 else page.x;
      local y = if wraps then page.y + page.height else page.y;
      {
        x: x + panel.gridPos.w,
        y: y,
        height: if wraps then panel.gridPos.h else std.max(page.height, panel.gridPos.h),
        panels: page.panels + [panel { id: std.length(page.panels) + 1, gridPos+: { x: x, y: y } }],
      },
    panels,
    { x: 0, y: 0, height: 0, panels: [] }
  ).panels,

  local variable(name, label, type) = { name: name, label: label, type: type, hide: 0, skipUrlSync: false },
  datasource(name, label, kind):: variable(name, label, 'datasource') { query: kind, regex: '', multi: false, includeAll: false, current: {}, refresh: 1 },

  // Values of `of` among the series `metric{matchers}`. `all` is what "All" asks for: ".*" where the label may be absent.
  values(name, label, metric, matchers, of=name, all='.*'):: variable(name, label, 'query') {
    datasource: this.prometheus,
    query: { query: 'label_values(%s{%s}, %s)' % [metric, matchers, of], refId: name },
    definition: self.query.query,
    regex: '',
    sort: 1,
    refresh: 2,
    multi: true,
    includeAll: true,
    allValue: all,
    current: { selected: true, text: ['All'], value: ['$__all'] },
  },

  dashboard(uid, title, description, variables, panels, annotations=[]):: {
    uid: uid,
    title: title,
    description: description,
    tags: ['picket', 'security'],
    timezone: 'browser',
    editable: false,
    graphTooltip: 1,
    time: { from: 'now-1h', to: 'now' },
    refresh: '30s',
    schemaVersion: 39,
    version: 1,
    templating: { list: variables },
    annotations: { list: [{
      builtIn: 1,
      datasource: { type: 'grafana', uid: '-- Grafana --' },
      enable: true,
      hide: true,
      iconColor: 'rgba(0, 211, 255, 1)',
      name: 'Annotations & Alerts',
      type: 'dashboard',
    }] + annotations },
    links: [{ title: 'picket', type: 'dashboards', tags: ['picket'], asDropdown: false, includeVars: true, keepTime: true, targetBlank: false, icon: 'external link', tooltip: '', url: '' }],
    panels: this.layout(panels),
  },
}
