// SPDX-License-Identifier: GPL-2.0-only
// The one source of picket's alerts, recording rules and dashboards. dashboards/alerts/*.yaml and
// dashboards/grafana/*.json are made from it by render.py.
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
(import 'rules/fleet.libsonnet') +
(import 'dashboards/fleet.libsonnet') +
(import 'dashboards/node.libsonnet') +
(import 'dashboards/container.libsonnet') +
(import 'dashboards/attacks.libsonnet') +
(import 'dashboards/health.libsonnet')
