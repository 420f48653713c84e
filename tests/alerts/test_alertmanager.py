# SPDX-License-Identifier: GPL-2.0-only
"""The sample configuration of Alertmanager: who is told what, and what silences what."""
import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.request

import pytest

import promtool
from promtool import ROOT

CONFIG = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
ALERTMANAGER = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
RECEIVERS = {("attack", "critical"): "pager", ("attack", "warning"): "tickets", ("posture", "warning"): "tickets",
             ("posture", "info"): "feed", ("health", "critical"): "pager", ("health", "warning"): "tickets",
             ("health", "info"): "feed"}


def amtool(*words):
    return subprocess.run(["amtool", *map(str, words)], capture_output=True, text=True, timeout=30, check=False)


def test_the_configuration_is_valid():
    done = amtool("check-config", CONFIG)
    assert done.returncode == 0 and "SUCCESS" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("alert", promtool.alert_rules(), ids="-".join)
def test_each_alert_reaches_its_receiver(alert):
    rule = promtool.alert_rules()[alert]
    labels = rule["labels"]
    receiver = "dead-mans-switch" if alert[0] == "PicketWatchdog" else RECEIVERS[labels["category"], labels["severity"]]
    done = amtool("config", "routes", "test", f"--config.file={CONFIG}", f"--verify.receivers={receiver}",
                  f"alertname={alert[0]}", *(f"{name}={value}" for name, value in labels.items()),
                  "job=picket", "instance=node-1", "container_id=c1", "rule=r")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip() == receiver


def test_alerts_of_others_go_to_the_default():
    done = amtool("config", "routes", "test", f"--config.file={CONFIG}", "alertname=DiskFull", "severity=critical")
    assert done.stdout.strip() == "tickets"


class Alertmanager:
    def __init__(self, directory):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}/api/v2"
        self.directory = directory

    def __enter__(self):
        with open(self.directory / "log", "wb") as log:
            self.process = subprocess.Popen(
                [ALERTMANAGER, f"--config.file={CONFIG}", f"--storage.path={self.directory}",
                 f"--web.listen-address={self.url.split('/')[2]}", "--cluster.listen-address="], stdout=log, stderr=log)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                self.ask("/status")
                return self
            time.sleep(0.1)
        raise AssertionError((self.directory / "log").read_text())

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)

    def ask(self, path, body=None):
        request = urllib.request.Request(self.url + path, data=body and json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def inhibited(self, alerts, expected):
        """The labels `id` of those that are silenced by another, once they settled: sources are taken in with delay."""
        self.ask("/alerts", [{"labels": labels} for labels in alerts])
        end, settled, silenced = time.monotonic() + 15, None, None
        while time.monotonic() < end:
            known = self.ask("/alerts")
            now = {alert["labels"]["id"] for alert in known if alert["status"]["inhibitedBy"]}
            whole = len(known) == len(alerts) and all(alert["status"]["state"] != "unprocessed" for alert in known)
            if not whole or now != silenced:
                settled, silenced = time.monotonic(), now if whole else None
            elif time.monotonic() - settled > (0.3 if silenced == expected else 3):
                return silenced
            time.sleep(0.1)
        raise AssertionError(f"alertmanager does not settle: {known}")


def attack(number, severity, **labels):
    return {"alertname": "PicketCredentialTheft", "category": "attack", "severity": severity, "job": "picket",
            "id": number, **labels}


def health(number, name, severity="warning", **labels):
    return {"alertname": name, "category": "health", "severity": severity, "job": "picket", "id": number, **labels}


# What fires at one time, and what of it is silenced.
INHIBITIONS = {
    "a critical match silences the warnings of its container only": (
        [attack("1", "critical", instance="a", container_id="x"),
         attack("2", "warning", instance="a", container_id="x", rule="other"),
         attack("3", "warning", instance="a", container_id="y"),
         attack("4", "warning", instance="b", container_id="x")], {"2"}),
    "a critical match on the host silences the warnings of this host only": (
        [attack("1", "critical", instance="a"), attack("2", "warning", instance="a"),
         attack("3", "warning", instance="b"), attack("4", "warning", instance="a", container_id="x")], {"2"}),
    "alerts without an instance silence nothing, though all equal labels are missing": (
        [attack("1", "critical"), attack("2", "warning"), health("3", "PicketDown", "critical"),
         health("4", "PicketSensorDown", "critical")], set()),
    "clusters do not silence each other": (
        [attack("1", "critical", cluster="one", instance="a", container_id="x"),
         attack("2", "warning", cluster="two", instance="a", container_id="x")], set()),
    "a node that is down silences its sensors and nobody else's": (
        [health("1", "PicketDown", "critical", instance="a"),
         health("2", "PicketSensorDown", "critical", instance="a", sensor="file"),
         health("3", "PicketSensorBlind", "critical", instance="a", sensor="file"),
         health("4", "PicketSensorDown", "critical", instance="b", sensor="file"),
         health("5", "PicketOtlpFailing", instance="a")], {"2", "3", "5"}),
    "a node that is down silences neither an attack nor a failed response": (
        [health("1", "PicketDown", "critical", instance="a"),
         health("2", "PicketResponseFailing", "critical", instance="a"),
         attack("3", "critical", instance="a", container_id="x"), attack("4", "warning", instance="a"),
         health("5", "PicketQuarantineStuck", instance="a")], set()),
    "a page about losses silences its ticket": (
        [health("1", "PicketEventsLost", "critical", instance="a"), health("2", "PicketEventsLost", instance="a"),
         health("3", "PicketEventsLost", instance="b"), health("4", "PicketRulesReloadFailed", instance="a")], {"2"}),
    "no alert silences itself": ([health("1", "PicketDown", "critical", instance="a"),
                                  attack("2", "critical", instance="a", container_id="x")], set()),
}


@pytest.mark.parametrize("situation", INHIBITIONS)
def test_inhibition(situation, tmp_path):
    alerts, silenced = INHIBITIONS[situation]
    with Alertmanager(tmp_path) as server:
        assert server.inhibited(alerts, silenced) == silenced
