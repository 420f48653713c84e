# SPDX-License-Identifier: GPL-2.0-only
"""Runs cases against the shipped rules with promtool."""
import functools
import re
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
RULES = sorted((ROOT / "dashboards" / "alerts").glob("*.yaml"))
STEP_SECONDS = 30


@functools.cache
def rule_groups():
    return [group for path in RULES for group in yaml.safe_load(path.read_text())["groups"]]


def alert_rules():
    """{(name, severity): rule}"""
    return {(rule["alert"], rule["labels"]["severity"]): rule
            for group in rule_groups() for rule in group["rules"] if "alert" in rule}


def at(steps):
    """A point in time, in scrapes after the first."""
    return f"{steps * STEP_SECONDS}s"


def rules_for(alert):
    """The rule of one alert with the recording rules that come before it in its group, as shipped."""
    for group in rule_groups():
        if any(is_alert(rule, *alert) for rule in group["rules"]):
            return {"groups": [{**group, "rules": [rule for rule in group["rules"]
                                                   if "record" in rule or is_alert(rule, *alert)]}]}
    raise KeyError(alert)


def is_alert(rule, name, severity):
    return rule.get("alert") == name and rule["labels"]["severity"] == severity


def firing(name, severity, first, last, count):
    """promql_expr_tests: so many alerts of this name fire at every evaluation from first to last."""
    now = f'count(ALERTS{{alertname="{name}", severity="{severity}", alertstate="firing"}}) or vector(0)'
    return [{"expr": f"{extreme}_over_time(({now})[{at(last - first)}:{at(1)}])" if last > first else now,
             "eval_time": at(last), "exp_samples": [{"labels": "{}", "value": count}]}
            for extreme in ("min", "max")]


class Case:
    """
    One promtool test.

    series: {series: values}, one value a scrape. counts: [(from, to, firing alerts)] at every evaluation in between,
    both ends included, so that an alert that flaps fails.
    """

    def __init__(self, series, counts, full=None):
        self.series, self.counts, self.full = series, counts, full

    def as_test(self, name, severity, title):
        checks = [check for first, last, count in self.counts
                  for check in firing(name, severity, first, last, count)]
        test = {"name": title, "interval": f"{STEP_SECONDS}s",
                "input_series": [{"series": key, "values": values} for key, values in self.series.items()],
                "promql_expr_test": checks}
        if self.full:
            step, labels, annotations = self.full
            test["alert_rule_test"] = [{"eval_time": at(step), "alertname": name, "exp_alerts": [
                {"exp_labels": labels, "exp_annotations": annotations}]}]
        return test


def run(path, tests, rules=None):
    """(ended well, output) of promtool over these tests."""
    path.write_text(yaml.safe_dump({
        "rule_files": [str(rule) for rule in rules or RULES], "evaluation_interval": f"{STEP_SECONDS}s",
        "tests": tests}, sort_keys=False))
    done = subprocess.run(["promtool", "test", "rules", str(path)], capture_output=True, text=True, timeout=300,
                          check=False)
    return done.returncode == 0, done.stdout + done.stderr


METRIC = re.compile(r"(?<![\w:])((?:picket|process|scrape)_\w+|up)(?=[{\[)\s]|$)")


def metrics_of(expression):
    """Metrics that an expression reads; recorded ones (with a colon) are not among them."""
    without_strings = re.sub(r'"(?:[^"\\]|\\.)*"', '""', expression)
    without_by = re.sub(r"\b(?:by|on|group_left|without)\s*\([^)]*\)", " ", without_strings)
    return set(METRIC.findall(without_by))
