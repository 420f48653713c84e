# SPDX-License-Identifier: GPL-2.0-only
"""From a system call in a container to somebody's pager: the shipped rules and routes, with short times."""
import contextlib
import http.server
import json
import re
import subprocess
import sys
import threading
import time
import urllib.request
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from conftest import HERE, free_port, run, stop_process, wait_for

ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests" / "alerts"))
import promtool  # noqa: E402

SHORT = """{
  interval: '1s', window: '10s', memory: '2m', gaugeMemory: '5s', downFor: '3s', sensorFor: '5s'
}"""
RECEIVER_PATH = re.compile(r"https://[\w.-]+/picket")


class Webhook:
    """Keeps what Alertmanager sends: (seconds, receiver, alert)."""

    def __init__(self):
        webhook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                now = time.time()
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                webhook.groups.append(body)
                webhook.alerts += [(now, self.path.strip("/"), alert) for alert in body["alerts"]]
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.alerts, self.groups = [], []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def find(self, status, **labels):
        """(seconds, receiver, alert) of the first such."""
        return next((found for found in list(self.alerts)
                     if found[2]["status"] == status and labels.items() <= found[2]["labels"].items()), None)

    def wait(self, status, timeout=60, **labels):
        return wait_for(lambda: self.find(status, **labels),
                        f"{status} {labels}; there are {[(one[1], one[2]['status'], one[2]['labels']) for one in self.alerts]}",
                        timeout)


def short_routes(route):
    """The shipped times, shortened."""
    for key, value in (("group_wait", "200ms"), ("group_interval", "1s"), ("repeat_interval", "1h")):
        if key in route:
            route[key] = value
    for child in route.get("routes", ()):
        short_routes(child)


class Stack:
    """Prometheus and Alertmanager that watch one picket and tell one webhook."""

    def __init__(self, directory, target, webhook):
        self.directory, self.target, self.webhook = directory, target, webhook
        self.prometheus, self.alertmanager = free_port(), free_port()
        self.processes = []

    def write_files(self):
        run(sys.executable, ROOT / "dashboards" / "mixin" / "render.py", "--config", SHORT, self.directory / "rules")
        config = yaml.safe_load((ROOT / "deploy" / "alertmanager" / "alertmanager.yml").read_text())
        short_routes(config["route"])
        for receiver in config["receivers"]:
            for webhook in receiver["webhook_configs"]:
                assert RECEIVER_PATH.fullmatch(webhook["url"])
                webhook["url"] = f"{self.webhook.url}/{receiver['name']}"
        (self.directory / "alertmanager.yml").write_text(yaml.safe_dump(config))
        (self.directory / "prometheus.yml").write_text(yaml.safe_dump({
            "global": {"scrape_interval": "1s", "scrape_timeout": "900ms", "evaluation_interval": "1s"},
            "rule_files": [str(self.directory / "rules" / "*.yaml")],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{self.alertmanager}"]}]}]},
            "scrape_configs": [{"job_name": "picket", "honor_labels": True, "static_configs": [
                {"targets": [f"127.0.0.1:{self.target}"], "labels": {"instance": "node-1"}}]}]}))

    def launch(self, name, *command):
        with open(self.directory / f"{name}.log", "wb") as log:
            self.processes.append(subprocess.Popen([str(word) for word in command], stdout=log, stderr=log))

    def __enter__(self):
        self.directory.mkdir()
        self.write_files()
        self.launch("alertmanager", "prometheus-alertmanager", f"--config.file={self.directory / 'alertmanager.yml'}",
                    f"--storage.path={self.directory / 'am'}", f"--web.listen-address=127.0.0.1:{self.alertmanager}",
                    "--cluster.listen-address=")
        self.launch("prometheus", "prometheus", f"--config.file={self.directory / 'prometheus.yml'}",
                    f"--storage.tsdb.path={self.directory / 'tsdb'}", "--rules.alert.resend-delay=1s",
                    f"--web.listen-address=127.0.0.1:{self.prometheus}")
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            stop_process(process, 30)

    def rules(self):
        """Prometheus' own view of its rules; None before it answers."""
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.prometheus}/api/v1/rules", timeout=5) as answer:
                return [rule for group in json.load(answer)["data"]["groups"] for rule in group["rules"]]
        return None


@pytest.fixture
def webhook():
    with Webhook() as started:
        yield started


@pytest.fixture
def stack(tmp_path, webhook):
    """stack(daemon): the watchdog has arrived, so all of the way works."""
    with contextlib.ExitStack() as exits:
        def start(daemon):
            started = exits.enter_context(Stack(tmp_path / "stack", daemon.port, webhook))
            webhook.wait("firing", alertname="PicketWatchdog")
            return started
        yield start


def seconds_of(finding):
    return datetime.fromisoformat(finding["time"].replace("Z", "+00:00")).timestamp()


def others(webhook, *names):
    """Alerts that nobody asked for."""
    return [(alert["labels"], alert["annotations"]["description"]) for _, _, alert in webhook.alerts
            if alert["labels"].get("container") not in names and alert["labels"]["alertname"] != "PicketWatchdog"]


def test_an_attack_in_a_container_pages_with_its_name_and_resolves(picket, containers, stack, webhook):
    daemon = picket()
    bystander = containers.start("/bin/sh", "-c", "while :; do cat /etc/group >/dev/null; sleep 1; done")
    started = stack(daemon)
    name = containers.start("/bin/sh", "-c", "sleep 2; cat /etc/shadow >/dev/null; sleep 120")
    arrived, receiver, alert = webhook.wait("firing", alertname="PicketCredentialTheft", container=name)
    finding, = daemon.wait_finding("--container", name)
    print(f"\npaging: {arrived - seconds_of(finding):.2f} s from the system call to the webhook "
          "(scrape and evaluation every 1 s, group_wait 0.2 s)")
    assert 0 < arrived - seconds_of(finding) < 30
    assert receiver == "pager"
    assert alert["labels"]["container_id"] == containers.id(name)
    assert alert["labels"]["rule"] == "shadow_file_read" and alert["labels"]["severity"] == "critical"
    assert alert["labels"]["tags"] == "T1003.008"
    assert f"container {name} on node-1" in alert["annotations"]["description"]
    assert Path(alert["annotations"]["runbook_url"]).stem == "PicketCredentialTheft"
    group, = [body for body in webhook.groups if body["groupLabels"].get("container_id") == containers.id(name)][:1]
    assert group["groupLabels"]["rule"] == "shadow_file_read"
    ended, receiver, _ = webhook.wait("resolved", alertname="PicketCredentialTheft", container=name)
    print(f"paging: resolved {ended - arrived:.1f} s later (window of 10 s)")
    assert receiver == "pager"
    assert not others(webhook, name), "and nothing else fired"
    assert webhook.find("firing", container=bystander) is None
    assert [(rule["name"], rule["lastError"]) for rule in started.rules() if rule["health"] == "err"] == []


def test_a_container_that_lives_shorter_than_a_scrape_pages_too(picket, containers, stack, webhook):
    daemon = picket()
    stack(daemon)
    names = [containers.run("/ops", "read", "absolute", "/etc/shadow") for _ in range(5)]
    for name in names:
        webhook.wait("firing", alertname="PicketCredentialTheft", container=name)
    for name in names:
        webhook.wait("resolved", alertname="PicketCredentialTheft", container=name)
        seen = [alert["status"] for _, _, alert in webhook.alerts if alert["labels"].get("container") == name]
        assert seen == sorted(seen), f"it fired again after it resolved: {seen}"


def test_a_picket_that_is_gone_pages_and_resolves_when_it_is_back(picket, containers, stack, webhook):
    daemon = picket()
    name = containers.start("/bin/sh", "-c", "sleep 2; cat /etc/shadow >/dev/null; sleep 300")
    stack(daemon)
    webhook.wait("resolved", alertname="PicketCredentialTheft", container=name)
    daemon.stop()
    _, receiver, _ = webhook.wait("firing", alertname="PicketDown", instance="node-1")
    assert receiver == "pager"
    daemon.start()
    webhook.wait("resolved", alertname="PicketDown", instance="node-1")
    time.sleep(3)
    told = [alert["status"] for _, _, alert in webhook.alerts if alert["labels"].get("container") == name]
    assert told == sorted(told), f"a restart told of an old attack again: {told}"
    assert {labels["alertname"] for labels, _ in others(webhook, name)} == {"PicketDown"}


def test_each_metric_of_the_alerts_is_exposed(picket, containers):
    daemon = picket()
    containers.start("/bin/sleep", "60")
    wait_for(lambda: daemon.values("picket_process_execs_total"), "the container")
    exposed = {sample for sample, _, _ in daemon.scrape().samples}
    used = set().union(*(promtool.metrics_of(rule["expr"]) for group in promtool.rule_groups()
                         for rule in group["rules"]))
    # Prometheus' own, and what is there only while it holds: a quarantine, a weakness.
    absent = {"up", "scrape_duration_seconds", "picket_container_quarantined", "picket_container_posture",
              "picket_bpf_program_run_seconds_total"}
    assert used - exposed <= absent
