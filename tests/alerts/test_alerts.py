# SPDX-License-Identifier: GPL-2.0-only
"""Every alert does what it says, with promtool."""
import shutil

import pytest
import yaml

import cases
import cases_health
import promtool

CASES = {**cases.class_cases(), **cases.counter_table_cases(), **cases.posture_cases(), **cases.gauge_table_cases(),
         **cases_health.health_cases()}
RULES = promtool.alert_rules()

if not shutil.which("promtool"):
    pytest.exit("promtool is missing: install Prometheus", 1)


def promtool_tests(alert):
    return [case.as_test(*alert, f"{alert[0]} {kind} {number}")
            for kind, group in CASES[alert].items() if not isinstance(group, str)
            for number, case in enumerate(group)]


@pytest.mark.parametrize("alert", RULES, ids="-".join)
def test_each_alert_has_every_kind_of_case(alert):
    assert alert in CASES, "no cases at all"
    assert set(CASES[alert]) == set(cases.KINDS)
    assert all(CASES[alert].values()), "a kind without a case needs its reason as text"


def test_no_cases_are_left_of_alerts_that_are_gone():
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize("alert", RULES, ids="-".join)
def test_alert(alert, tmp_path):
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(promtool.rules_for(alert)))
    done, output = promtool.run(tmp_path / "test.yaml", promtool_tests(alert), [tmp_path / "rules.yaml"])
    assert done, output
