// SPDX-License-Identifier: GPL-2.0-only
// The one source of picket's alerts and recording rules. dashboards/alerts/*.yaml is made from it by render.py.
//
// A site's own version:
//
//   local mixin = (import 'mixin.libsonnet') + { _config+:: { selector: 'job="security/picket"' } };
//   std.manifestYamlDoc(mixin.prometheusAlerts)
(import 'config.libsonnet') +
(import 'alerts/attacks.libsonnet') +
(import 'alerts/signals.libsonnet') +
(import 'alerts/posture.libsonnet') +
(import 'alerts/health.libsonnet') +
(import 'rules/fleet.libsonnet')
