# SPDX-License-Identifier: GPL-2.0-only
"""The dashboards against a real Prometheus that scraped real containers, some of them attacked.

Environment: DASHBOARD_SECONDS (default 12), how long the containers live before Prometheus is asked; DASHBOARD_PREVIEWS,
a folder that gets the pictures.
"""
import math
import os
import sys
import time
from pathlib import Path

import pytest

from conftest import HERE, run, wait_for
from test_prometheus import prometheus  # noqa: F401

ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests" / "dashboards"))
import grafana  # noqa: E402
import preview  # noqa: E402

SECONDS = int(os.environ.get("DASHBOARD_SECONDS", "12"))
SERVICE = """
/ops serve 8080 &
while :; do
	/ops fetch 8080
	/ops fetch 9
	echo last >/tmp/page
	busybox mv /tmp/page /tmp/last
	cat /etc/group /etc/none 2>/dev/null >/dev/null
	busybox sleep 0.$((RANDOM % 8 + 2))
done
"""
ATTACK = """
while :; do
	cat /etc/shadow >/dev/null
	busybox unshare -U /bin/true
	/ops attach
	busybox mount -t tmpfs none /tmp
	cat /proc/1/root/etc/shadow >/dev/null
	busybox sleep $((RANDOM % 4 + 2))
done 2>/dev/null
"""

@pytest.fixture
def program_times():
    """The kernel keeps count of what programs cost."""
    switch = Path("/proc/sys/kernel/bpf_stats_enabled")
    before = switch.read_text()
    switch.write_text("1")
    yield
    switch.write_text(before)


@pytest.fixture
def world(picket, containers, prometheus, receiver, program_times, tmp_path):  # noqa: F811
    """A preview.Prometheus that knows some seconds of life: two services, and one that is attacked."""
    daemon = picket(f"--otlp.endpoint={receiver.endpoint}")
    run(sys.executable, ROOT / "dashboards/mixin/render.py", "--config", "{ interval: '1s' }", tmp_path / "rules")
    server = prometheus(daemon.port, sorted((tmp_path / "rules").glob("*.yaml")))
    wait_for(server.target_state, "the first scrape", 20)
    for name in ("web", "worker"):
        containers.start("/bin/sh", "-c", SERVICE, name=containers.name(name))
    attacked = containers.start("/bin/sh", "-c", ATTACK, name=containers.name("shop"), options=["--cap-add=SYS_ADMIN"])
    wait_for(lambda: server.query(f'container_rule:picket_rule_matches:increase10m{{container="{attacked}"}}'),
             "a finding in Prometheus", 30)
    wait_for(lambda: daemon.value("picket_otlp_exported_records_total"), "a finding at the collector", 20)
    time.sleep(SECONDS)
    return preview.Prometheus(f"http://127.0.0.1:{server.port}", time.time(), SECONDS + 5)


def points(world, panel, expression):
    """What a panel would show."""
    if panel["type"] == "table":
        return world.rows(expression)
    return [value for _, series in world.series(expression) for _, value in series if math.isfinite(value)]


def test_every_panel_of_every_dashboard_shows_something_and_nothing_errs(world):
    asked, empty = 0, []
    for path in grafana.PATHS:
        dashboard = grafana.load(path)
        for panel, target in grafana.expressions(dashboard):
            asked += 1
            if not points(world, panel, grafana.put_in(dashboard, target["expr"])):
                empty.append(f"{path.stem}: {panel['title']}: {target['expr']}")
        for mark in dashboard["annotations"]["list"]:
            if mark.get("expr"):
                asked += 1
                assert world.series(grafana.put_in(dashboard, mark["expr"])), f"{path.stem}: no mark"
        for variable in grafana.variables(dashboard).values():
            if variable["type"] == "query":
                metric, of = variable["definition"].removeprefix("label_values(").rstrip(")").rsplit(", ", 1)
                assert world.rows(f"count by ({of}) ({grafana.put_in(dashboard, metric)})"), variable["name"]
    print(f"\ndashboards: {asked} expressions, {len(empty)} without an answer")
    assert not empty, "\n".join(empty)
    keep = Path(os.environ.get("DASHBOARD_PREVIEWS", "/nonexistent"))
    for path in grafana.PATHS:
        svg, missing = preview.draw(grafana.load(path), world)
        assert not missing and svg.count("<text") > 20 and len(svg) < 200_000
        if keep.is_dir():
            (keep / f"{path.stem}.svg").write_text(svg)
