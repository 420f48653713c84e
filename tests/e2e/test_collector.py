# SPDX-License-Identifier: GPL-2.0-only
"""Findings through OpenTelemetry's own collector, with the configurations of deploy/."""
import subprocess
import urllib.error
import urllib.request

import pytest
import yaml

from conftest import BUILD, HERE, free_port, run, stop_process, wait_for

SOURCE = HERE.parents[1]


@pytest.fixture(scope="module")
def otelcol():
    done = run(SOURCE / "tests/deploy/observability_tools.sh", (BUILD / "tools").absolute(), check=False, timeout=900)
    if done.returncode == 77:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    return BUILD / "tools/otelcol"


class Collector:
    """A configuration of deploy/, with ports of the test's own and `backend` where findings go."""

    def __init__(self, otelcol, shipped, directory, backend):
        self.otelcol, self.port, self.health = otelcol, free_port(), free_port()
        self.log_path = directory / "collector.log"
        self.path = directory / "collector.yaml"
        (directory / "queue").mkdir()
        config = yaml.safe_load((SOURCE / shipped).read_text())
        config["receivers"]["otlp"]["protocols"]["http"]["endpoint"] = f"127.0.0.1:{self.port}"
        for exporter in config["exporters"].values():
            exporter["endpoint"] = backend
        config["extensions"]["health_check"] = {"endpoint": f"127.0.0.1:{self.health}"}
        if "file_storage" in config["extensions"]:
            config["extensions"]["file_storage"]["directory"] = str(directory / "queue")
        config["service"]["telemetry"] = {"metrics": {"level": "none"}}
        self.path.write_text(yaml.safe_dump(config))
        self.process = None

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([str(self.otelcol), "--config", str(self.path)], stdout=log, stderr=log)
        wait_for(self.is_ready, f"the collector; it says:\n{self.log_path.read_text()}", 20)
        return self

    def is_ready(self):
        assert self.process.poll() is None, self.log_path.read_text()
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.health}", timeout=5).status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def stop(self):
        if self.process and self.process.poll() is None:
            stop_process(self.process)


@pytest.fixture
def collector(otelcol, tmp_path, receiver):
    """collector(shipped, backend): it runs."""
    started = []

    def start(shipped, backend=receiver.endpoint):
        started.append(Collector(otelcol, shipped, tmp_path, backend).start())
        return started[-1]

    yield start
    for one in started:
        one.stop()


def test_the_laptops_collector_hands_a_finding_on_to_loki_whole(picket, containers, collector, receiver):
    through = collector("deploy/compose/collector.yaml", f"{receiver.endpoint}/otlp")
    picket(f"--otlp.endpoint={through.endpoint}")
    name = containers.run("cat", "/etc/shadow")
    record, = wait_for(lambda: receiver.records, f"the finding; {through.log_path.read_text()}", 15)
    assert set(receiver.paths) == {"/otlp/v1/logs"}, "where Loki takes it"
    assert record["attributes"]["container.name"] == name
    assert record["attributes"]["security_rule.name"] == "shadow_file_read"
    assert (record["severity_text"], record["event_name"]) == ("critical", "picket.finding.file_open")
    assert record["resource"]["service.name"] == "picket" and record["observed"] >= record["time"] > 0
    assert not receiver.problems and "warn" not in through.log_path.read_text()


def test_the_gateway_keeps_findings_on_disk_while_the_backend_is_away(picket, containers, collector, receiver):
    receiver.stop()
    gateway = collector("deploy/fleet/collector-gateway.yaml")
    daemon = picket(f"--otlp.endpoint={gateway.endpoint}")
    name = containers.run("cat", "/etc/shadow")
    wait_for(lambda: daemon.value("picket_otlp_exported_records_total") >= 1, f"the gateway's answer; {daemon.log}", 15)
    wait_for(lambda: "Exporting failed" in gateway.log_path.read_text(), "a try in vain", 15)
    gateway.process.kill()
    gateway.process.wait(10)
    receiver.start()
    gateway.start()
    record, = wait_for(lambda: receiver.records, f"the finding; {gateway.log_path.read_text()}", 30)
    assert record["attributes"]["container.name"] == name
    assert record["resource"]["k8s.cluster.name"] == "CLUSTER"
    assert not receiver.problems
