# SPDX-License-Identifier: GPL-2.0-only
"""Dashboards as Grafana reads them: panels, expressions, variables put in."""
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATHS = sorted((ROOT / "dashboards" / "grafana").glob("*.json"))
# "All" of every variable that chooses series, as Grafana puts allValue in.
TIMES = {"__rate_interval": "10s", "__range": "2m", "__interval": "1s"}
REFERENCE = re.compile(r"\$(?:\{(\w+)(?::\w+)?\}|(\w+))")


def load(path):
    return json.loads(path.read_text())


def panels(dashboard):
    """Those that show something."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def variables(dashboard):
    return {variable["name"]: variable for variable in dashboard["templating"]["list"]}


def put_in(dashboard, text, times=None):
    """`text` with All for every variable."""
    known = {name: variable.get("allValue") for name, variable in variables(dashboard).items()}
    known |= TIMES | (times or {})
    return REFERENCE.sub(lambda found: known[found[1] or found[2]], text)


def expressions(dashboard):
    """[(panel, target)] that Prometheus answers."""
    return [(panel, target) for panel in panels(dashboard) for target in panel["targets"]
            if target["datasource"]["type"] == "prometheus"]
