# SPDX-License-Identifier: GPL-2.0-only
"""The compose stack and the fleet's examples, read by the programs that they are for."""
import re

import pytest
import yaml
from conftest import BUILD, SOURCE, need, run

COMPOSE = SOURCE / "deploy/compose"


@pytest.fixture(scope="session")
def tools():
    done = run(SOURCE / "tests/deploy/observability_tools.sh", (BUILD / "tools").absolute(), check=False, timeout=900)
    if done.returncode == 77:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    return BUILD / "tools"


def services():
    return yaml.safe_load((COMPOSE / "compose.yaml").read_text())["services"]


def test_compose_file_is_what_the_specification_says(tools):
    run(tools / "compose-spec", COMPOSE / "compose.yaml")


def test_the_specifications_checker_notices_a_mistake(tools, tmp_path):
    broken = tmp_path / "compose.yaml"
    broken.write_text((COMPOSE / "compose.yaml").read_text().replace("cap_drop:", "cap_dorp:"))
    assert run(tools / "compose-spec", broken, check=False).returncode != 0


def test_every_file_that_a_service_mounts_is_there():
    for name, service in services().items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (COMPOSE / source).exists(), f"{name}: {source}"


def test_every_address_is_a_service_of_the_stack():
    known = set(services()) | {"localhost", "0.0.0.0"}
    for path in [*COMPOSE.rglob("*.yaml")]:
        text = re.sub(r"(?m)^\s*#.*$", "", path.read_text())
        for host in re.findall(r'(?:http://|targets: \[")([a-z0-9.-]+):\d+', text):
            assert host in known, f"{path.name}: {host}"


@pytest.mark.parametrize("shipped", ["deploy/compose/prometheus.yaml", "deploy/fleet/prometheus-agent.yaml"])
def test_prometheus_accepts_its_configuration(shipped, tmp_path):
    """Debian's promtool knows no Kubernetes: that discovery is left out."""
    need("promtool")
    path = tmp_path / "prometheus.yaml"
    text = (SOURCE / shipped).read_text().replace("/etc/prometheus/alerts", str(SOURCE / "dashboards/alerts"))
    path.write_text(re.sub(r"(?m)^ *kubernetes_sd_configs:.*\n", "", text))
    agent = ["--agent"] if "agent" in shipped else []
    assert "SUCCESS" in run("promtool", "check", "config", *agent, path).stdout


@pytest.mark.parametrize("shipped", ["deploy/compose/collector.yaml", "deploy/fleet/collector-gateway.yaml"])
def test_the_collector_accepts_its_configuration(tools, shipped, tmp_path):
    path = tmp_path / "collector.yaml"
    path.write_text((SOURCE / shipped).read_text().replace("/var/lib/otelcol", str(tmp_path)))
    run(tools / "otelcol", "validate", f"--config={path}")


def test_the_collector_is_scraped_where_it_tells_of_itself():
    reader, = yaml.safe_load((COMPOSE / "collector.yaml").read_text())["service"]["telemetry"]["metrics"]["readers"]
    assert reader["pull"]["exporter"]["prometheus"] == {"host": "0.0.0.0", "port": 8888}
    jobs = yaml.safe_load((COMPOSE / "prometheus.yaml").read_text())["scrape_configs"]
    assert [job["static_configs"] for job in jobs if job["job_name"] == "collector"] == [[{"targets": ["collector:8888"]}]]
