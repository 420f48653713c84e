# SPDX-License-Identifier: GPL-2.0-only
"""The mixin, the rule files, the runbooks and picket itself agree."""
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import promtool
from promtool import ROOT

sys.path.insert(0, str(ROOT / "dashboards" / "mixin"))
import render  # noqa: E402

RUNBOOKS = ROOT / "deploy" / "runbooks"
ALERTS = sorted({name for name, _ in promtool.alert_rules()})
SECTIONS = ["Meaning", "Check", "Act", "Silence"]
# Metrics that Prometheus writes by itself for each target.
OF_PROMETHEUS = {"up", "scrape_duration_seconds"}
# What the rules are ready for and picket does not have yet, with the label values that come with it.
PLANNED = {
    "picket_sensor_info": {"sensor": {"perf"}},
}


def source_text():
    return "\n".join(path.read_text() for folder in ("include", "exporter")
                     for path in sorted((ROOT / folder).rglob("*.[ch]")))


SOURCE = source_text()


def exported_metrics():
    """Names as they are exposed, from the tables and calls that expose them."""
    suffixes = {"COUNTER": "_total", "GAUGE": "", "INFO": "_info", "C": "_total", "G": ""}
    names = {name + "_total" for name in re.findall(r'\bFAMILY\(\w+,\s*"(picket_\w+)"', SOURCE)}
    names |= {name + suffixes[kind] for kind, name in re.findall(r'\bSELF\(\w+, ([CG]), "(picket_\w+)"', SOURCE)}
    names |= {name + suffixes[kind] for kind, name in
              re.findall(r'(?:family_begin|step_containers)\([^;]*?FAMILY_(COUNTER|GAUGE|INFO),\s*"(\w+)"', SOURCE)}
    names |= {name + "_total" for name in re.findall(r'write_by_label\([^"]*"(picket_\w+)"', SOURCE)}
    names |= {name + suffixes[kind] for kind, name in
              re.findall(r'\{ FAMILY_(COUNTER|GAUGE|INFO), "((?:process|picket)_\w+)"', SOURCE)}
    return names | set(PLANNED)


def all_rules():
    return [rule for group in promtool.rule_groups() for rule in group["rules"]]


def test_the_rule_files_are_what_the_mixin_makes():
    on_disk = {path.name: path.read_text() for path in promtool.RULES}
    assert on_disk == render.render(), "run dashboards/mixin/render.py"


def test_a_site_can_change_the_selector_and_the_windows():
    text = "".join(render.render('{ selector: \'job="x/picket"\', window: "30m", memory: "6h" }').values())
    assert 'job="picket"' not in text and "10m]" not in text and "[1h] offset" not in text
    assert 'container_rule:picket_rule_matches:increase30m' in text


def test_promtool_finds_nothing_to_say_about_the_rules():
    done = subprocess.run(["promtool", "check", "rules", "--lint=all", "--lint-fatal", *promtool.RULES],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr


@pytest.mark.parametrize("alert", promtool.alert_rules(), ids="-".join)
def test_an_alert_says_what_a_person_needs(alert):
    rule = promtool.alert_rules()[alert]
    assert re.fullmatch(r"Picket([A-Z][a-z0-9]+)+", rule["alert"])
    assert rule["labels"]["severity"] in ("critical", "warning", "info", "none")
    assert rule["labels"]["category"] in ("attack", "posture", "health")
    summary, description = rule["annotations"]["summary"], rule["annotations"]["description"]
    assert summary.endswith(".") and "{{" not in summary
    assert description.endswith(".") and "%%" not in description
    assert rule["annotations"]["runbook_url"].endswith(f"/{rule['alert']}.md")
    if rule["labels"]["category"] != "health":
        for label in ("container", "pod", "namespace", "instance"):
            assert f"$labels.{label}" in description


@pytest.mark.parametrize("record", [rule["record"] for rule in all_rules() if "record" in rule])
def test_a_recorded_name_has_level_metric_and_operation(record):
    assert re.fullmatch(r"[a-z_]+:[a-z_]+(?<!_total):[a-z0-9_]+", record)


def test_each_metric_in_an_expression_is_one_that_picket_exposes():
    used = set().union(*(promtool.metrics_of(rule["expr"]) for rule in all_rules()))
    assert len(used) > 20 and {"picket_rule_matches_total", "up"} <= used, "the expressions were not understood"
    assert used - OF_PROMETHEUS - exported_metrics() == set()


def test_each_recorded_series_in_an_expression_is_recorded():
    recorded = {rule["record"] for rule in all_rules() if "record" in rule}
    used = set().union(*(re.findall(r"[a-z_]+:[a-z_]+:[a-z0-9]+", rule["expr"]) for rule in all_rules()))
    assert used and used <= recorded


def test_each_label_value_in_an_expression_is_one_that_picket_writes():
    known = set(re.findall(r"[\w]+", " ".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', SOURCE)))) | {"picket"}
    matchers = {(label, value)
                for rule in all_rules()
                for label, operator, text in re.findall(r'(\w+)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"', rule["expr"])
                if label not in ("job", "rule", "tags", "namespace") and text
                for value in text.split("|") if ".*" not in value}
    assert matchers
    planned = {(label, value) for labels in PLANNED.values() for label, values in labels.items() for value in values}
    assert {(label, value) for label, value in matchers if value not in known} <= planned


def test_each_alert_has_a_runbook_and_each_runbook_an_alert():
    assert sorted(path.stem for path in RUNBOOKS.glob("*.md")) == ALERTS


@pytest.mark.parametrize("name", ALERTS)
def test_a_runbook_has_its_sections_and_real_commands(name):
    text = (RUNBOOKS / f"{name}.md").read_text()
    assert text.startswith(f"# {name}\n")
    assert re.findall(r"^## (.*)$", text, re.M) == SECTIONS
    assert all(len(part.strip()) > 40 for part in re.split(r"^## .*$", text, flags=re.M)[1:])
    commands = dict(re.findall(r'^\t\{ "(\w+)", command_\w+, "[^"]*",?\s*((?:"[^}]*)?)\}', SOURCE, re.M))
    assert len(commands) >= 8
    code = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S) + re.findall(r"`(picket [^`]+)`", text))
    used = re.findall(r"^picket ([a-z]+)((?: -{1,2}[a-z]+)*)", code, re.M)
    for command, options in used:
        assert command in commands, f"there is no `picket {command}`"
        for option in options.split():
            assert option in commands[command], f"`picket {command}` has no {option}"
    category = next(rule for rule in all_rules() if rule.get("alert") == name)["labels"]["category"]
    assert used or category == "health"
    for other in re.findall(r"\bPicket[A-Z]\w+", text):
        assert other in ALERTS, f"it names {other}, which is no alert"
    for metric in re.findall(r"\bpicket_[a-z_]+", text):
        assert metric in exported_metrics(), f"it names {metric}, which picket does not expose"
    for silenced in re.findall(r"amtool silence add.*alertname=(\w+)", text):
        assert silenced == name


def built_in_rules():
    return yaml.safe_load((ROOT / "exporter" / "state" / "default_rules.yaml").read_text())["rules"]


def hostile_rules():
    """What a site may write: no tags, strange tags, several classes at a time."""
    return [{"name": "untagged", "severity": "critical"}, {"name": "odd", "severity": "error", "tags": ["a,b", "\""]},
            {"name": "many", "severity": "warning", "tags": ["T1059", "T1611", "T1003.008", "T1496"]},
            {"name": "near", "severity": "critical", "tags": ["T16110", "XT1611", "T1003008"]},
            {"name": "wasm_tee_reverse_shell", "severity": "critical", "tags": ["T1611"]},
            {"name": "seven", "severity": "error", "tags": ["T1059"]}]


def test_a_match_of_any_rule_raises_exactly_one_alert_and_notices_none(tmp_path):
    rules = built_in_rules() + hostile_rules()
    series, checks = [], []
    for number, rule in enumerate(rules):
        tags = ",".join(rule.get("tags", [])).replace('"', '\\"')
        labels = f'job="picket", instance="node-1", rule="{rule["name"]}", severity="{rule["severity"]}"'
        series += [{"series": f'picket_rule_info{{{labels}, tags="{tags}"}}', "values": "1x40"},
                   {"series": f'picket_rule_matches_total{{{labels}, container_id="c{number}"}}',
                    "values": "0x10 1x30"}]
        count = 1 if rule["severity"] in ("critical", "error", "warning") else 0
        severity = "critical" if rule["severity"] == "critical" else "warning"
        checks += [{"expr": f'count(ALERTS{{alertstate="firing", rule="{rule["name"]}", severity="{severity}"}})'
                            " or vector(0)", "eval_time": "6m", "exp_samples": [{"labels": "{}", "value": count}]}]
    checks.append({"expr": 'count(ALERTS{alertstate="firing", category="attack"})', "eval_time": "6m",
                   "exp_samples": [{"labels": "{}", "value": sum(
                       rule["severity"] in ("critical", "error", "warning") for rule in rules)}]})
    done, output = promtool.run(tmp_path / "test.yaml", [
        {"interval": "30s", "input_series": series, "promql_expr_test": checks}])
    assert done, output


def test_rules_that_change_their_tags_or_vanish_do_not_break_the_evaluation(tmp_path):
    labels = 'job="picket", instance="node-1", rule="r", severity="critical"'
    series = [{"series": f'picket_rule_info{{{labels}, tags="T1611"}}', "values": "1x10 stale"},
              {"series": f'picket_rule_info{{{labels}, tags="T1003"}}', "values": "_x11 1x40"},
              {"series": f'picket_rule_matches_total{{{labels}, container_id="c"}}', "values": "0x9 1x40"},
              {"series": 'picket_rule_matches_total{job="picket", instance="node-2", rule="gone", '
                         'severity="critical", container_id="d"}', "values": "0x9 1x40"}]
    checks = [{"expr": 'count(ALERTS{alertstate="firing", category="attack"})', "eval_time": promtool.at(step),
               "exp_samples": [{"labels": "{}", "value": 2}]} for step in range(10, 29)]
    done, output = promtool.run(tmp_path / "test.yaml", [
        {"interval": "30s", "input_series": series, "promql_expr_test": checks}])
    assert done, output


# Rules whose class is no matter of their tags alone.
@pytest.mark.parametrize("rule, alert", [
    ("reverse_shell", "PicketReverseShell"), ("netcat_executes", "PicketReverseShell"),
    ("network_socket_on_stdio", "PicketReverseShell"), ("proc_root_escape", "PicketEscapeAttempt"),
    ("shadow_file_read", "PicketCredentialTheft"), ("miner_started", "PicketMinerOrImpact"),
    ("sgx_provisioning_opened", "PicketTeeMisuse"), ("memory_execution", "PicketCodeInjection"),
    ("authorized_keys_written", "PicketPersistence"), ("rights_unexplained", "PicketPrivilegeEscalation")])
def test_a_built_in_rule_raises_the_alert_of_its_class(rule, alert, tmp_path):
    found, = (one for one in built_in_rules() if one["name"] == rule)
    labels = f'job="picket", instance="node-1", rule="{rule}", severity="{found["severity"]}"'
    series = [{"series": f'picket_rule_info{{{labels}, tags="{",".join(found["tags"])}"}}', "values": "1x20"},
              {"series": f'picket_rule_matches_total{{{labels}, container_id="c"}}', "values": "0x9 1x10"}]
    check = {"expr": 'count by (alertname) (ALERTS{alertstate="firing", category="attack"})', "eval_time": "6m",
             "exp_samples": [{"labels": f'{{alertname="{alert}"}}', "value": 1}]}
    done, output = promtool.run(tmp_path / "test.yaml", [
        {"interval": "30s", "input_series": series, "promql_expr_test": [check]}])
    assert done, output
