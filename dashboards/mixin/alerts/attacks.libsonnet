// SPDX-License-Identifier: GPL-2.0-only
// Rules that matched. A match raises exactly one alert: that of the first class below that knows its rule, or
// PicketRuleMatch. A rule of severity critical pages; error and warning make a ticket; less makes neither.
local lib = import '../lib.libsonnet';

local by_name = [
  {
    name: 'PicketWasmEscape',
    rule: '(.*_)?(wasm|wasi)(_.*)?',
    summary: 'A WebAssembly sandbox did what its module cannot ask for.',
    what: 'A sandbox escape by definition',
  },
  {
    name: 'PicketTeeMisuse',
    rule: '(.*_)?(tee|sgx|sev|tdx|enclave|attestation)(_.*)?',
    summary: 'A workload used a trusted execution environment that it should not.',
    what: 'Misuse of a trusted execution environment',
  },
  {
    name: 'PicketReverseShell',
    rule: '(.*_)?(reverse_shell|netcat_executes|socket_on_stdio)(_.*)?',
    summary: 'A shell in a workload is driven over the network.',
    what: 'Somebody outside types commands',
  },
];

// ATT&CK techniques; their sub-techniques belong to them.
local by_technique = [
  {
    name: 'PicketEscapeAttempt',
    techniques: ['T1611'],
    summary: 'A workload reached for the host around its container.',
    what: 'An attempt to leave the container',
  },
  {
    name: 'PicketCredentialTheft',
    techniques: ['T1003', 'T1040', 'T1528', 'T1539', 'T1552', 'T1555'],
    summary: 'A workload read secrets that are not its business.',
    what: 'Secrets must be taken for stolen',
  },
  {
    name: 'PicketPrivilegeEscalation',
    techniques: ['T1068', 'T1134', 'T1548'],
    summary: 'A workload gained rights that it was not given.',
    what: 'Rights were gained',
  },
  {
    name: 'PicketCodeInjection',
    techniques: ['T1027', 'T1055', 'T1140', 'T1620', 'T1622'],
    summary: 'Code ran in a workload that is in no file of its image.',
    what: 'Injected, hidden or memory-only code',
  },
  {
    name: 'PicketMinerOrImpact',
    techniques: ['T1485', 'T1486', 'T1489', 'T1490', 'T1496', 'T1498', 'T1499', 'T1529', 'T1561'],
    summary: 'A workload is misused or being destroyed.',
    what: 'Mining, destruction or denial of service',
  },
  {
    name: 'PicketPersistence',
    techniques: ['T1037', 'T1053', 'T1098', 'T1136', 'T1505', 'T1543', 'T1546', 'T1547', 'T1554', 'T1556', 'T1574'],
    summary: 'Something was left in a workload that survives a restart.',
    what: 'A foothold was left',
  },
  {
    name: 'PicketTampering',
    techniques: ['T1014', 'T1036', 'T1070', 'T1222', 'T1553', 'T1562', 'T1564', 'T1565', 'T1601'],
    summary: 'Traces were removed or protections weakened in a workload.',
    what: 'Traces or protections were changed',
  },
  {
    name: 'PicketCommandAndControl',
    techniques: ['T1041', 'T1048', 'T1071', 'T1090', 'T1095', 'T1102', 'T1105', 'T1219', 'T1567', 'T1571', 'T1572'],
    summary: 'A workload talks to, or fetches tools from, where it should not.',
    what: 'Tools or orders came in, or data went out',
  },
  {
    name: 'PicketLateralMovement',
    techniques: ['T1018', 'T1021', 'T1046', 'T1049', 'T1210', 'T1570', 'T1610', 'T1613'],
    summary: 'A workload looks for its neighbours or moves to them.',
    what: 'The network is being explored from inside',
  },
  {
    name: 'PicketUnexpectedExecution',
    techniques: ['T1059', 'T1129', 'T1203', 'T1204', 'T1609'],
    summary: 'A program ran in a workload that its image has no use for.',
    what: 'Somebody or something ran commands',
  },
];

local rest = {
  name: 'PicketRuleMatch',
  summary: 'A rule of no known class matched.',
  what: 'See the rule for what it means',
};

// tags is a list such as "T1059.004,T1611".
local tags_regex(techniques) = '(.*,)?(%s)([.,].*)?' % std.join('|', techniques);
local names_regex = std.join('|', [class.rule for class in by_name]);

local classes =
  [
    class { matchers: ['rule=~"%s"' % class.rule] + ['rule!~"%s"' % earlier.rule for earlier in by_name[:i]] }
    for i in std.range(0, std.length(by_name) - 1)
    for class in [by_name[i]]
  ]
  + [
    class {
      matchers: ['tags=~"%s"' % tags_regex(class.techniques), 'rule!~"%s"' % names_regex]
                + if i == 0 then [] else ['tags!~"%s"' % tags_regex(std.flattenArrays([c.techniques for c in by_technique[:i]]))],
    }
    for i in std.range(0, std.length(by_technique) - 1)
    for class in [by_technique[i]]
  ]
  + [
    rest {
      matchers: [
        'rule!~"%s"' % names_regex,
        'tags!~"%s"' % tags_regex(std.flattenArrays([c.techniques for c in by_technique])),
      ],
    },
  ];

{
  local config = $._config,
  local matched = 'container_rule:picket_rule_matches:increase%s' % config.window,
  local tagged = 'container_rule_tags:picket_rule_matches:increase%s' % config.window,
  local labels = std.join(', ', config.instanceLabels + ['rule']),
  local info = 'last_over_time(%s[%s])' % [lib.series(config, 'picket_rule_info'), config.memory],

  prometheusAlerts+:: {
    groups+: [{
      name: 'picket-attacks',
      interval: config.interval,
      rules: [
        {
          record: matched,
          expr: std.rstripChars(lib.grown(config, lib.series(config, 'picket_rule_matches_total')), '\n'),
        },
        {
          // topk: after a reload two sets of tags may be in the window. A match whose rule is gone has no tags.
          record: tagged,
          expr: std.rstripChars(|||
            %(matched)s * on (%(labels)s) group_left (tags) topk by (%(labels)s) (1, %(info)s)
            or %(matched)s unless on (%(labels)s) %(info)s
          ||| % { matched: matched, labels: labels, info: info }, '\n'),
        },
      ] + [
        lib.alert(
          config,
          class.name,
          'attack',
          level.alert,
          '%s{%s} > 0' % [tagged, std.join(', ', ['severity' + level.severity] + class.matchers)],
          class.summary,
          '%s: rule {{ $labels.rule }}{{ with $labels.tags }} ({{ . }}){{ end }} matched {{ $value | printf "%%.0f" }} times in %s in %s.'
          % [class.what, config.window, lib.workload],
        )
        for class in classes
        for level in [{ alert: 'critical', severity: '="critical"' }, { alert: 'warning', severity: '=~"error|warning"' }]
      ],
    }],
  },
}
