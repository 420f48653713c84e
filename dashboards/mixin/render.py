#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write the mixin's groups as rule files, one a group, and its dashboards.

usage: render.py [--config JSONNET] [DIRECTORY]; DIRECTORY gets the rule files only, without it dashboards/alerts and
dashboards/grafana are written. JSONNET is an object that is laid over _config, e.g. '{ window: "30m" }'.
"""
import argparse
import json
import subprocess
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
HEAD = """# SPDX-License-Identifier: GPL-2.0-only
# Made from dashboards/mixin by render.py; change it there.
"""


class Text(str):
    """A string that is written as a block."""


yaml.SafeDumper.add_representer(
    Text, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|"))


def evaluate(config, what):
    program = f"local m = (import '{HERE}/mixin.libsonnet') + {{ _config+:: {config} }}; {what}"
    done = subprocess.run(["jsonnet", "-e", program], check=True, capture_output=True, text=True, timeout=60)
    return json.loads(done.stdout)


def groups(config="{}"):
    return evaluate(config, "m.prometheusAlerts.groups + m.prometheusRules.groups")


def dashboards(config="{}"):
    """{file name: text}"""
    return {name: json.dumps(dashboard, indent=1, ensure_ascii=False) + "\n"
            for name, dashboard in evaluate(config, "m.grafanaDashboards").items()}


def as_block(rule):
    """Expressions of several lines as blocks, keys in the usual order."""
    order = ("record", "alert", "expr", "for", "labels", "annotations")
    return {key: Text(rule[key] + "\n") if key == "expr" and "\n" in rule[key] else rule[key]
            for key in order if key in rule}


def text_of(group):
    whole = {"groups": [{**group, "rules": [as_block(rule) for rule in group["rules"]]}]}
    return HEAD + yaml.safe_dump(whole, sort_keys=False, width=1000, allow_unicode=True)


def render(config="{}"):
    """{file name: text}"""
    return {group["name"].removeprefix("picket-") + ".yaml": text_of(group) for group in groups(config)}


def write(directory, files):
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (directory / name).write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="{}")
    parser.add_argument("directory", nargs="?", type=Path)
    arguments = parser.parse_args()
    write(arguments.directory or HERE.parent / "alerts", render(arguments.config))
    if not arguments.directory:
        write(HERE.parent / "grafana", dashboards(arguments.config))


if __name__ == "__main__":
    main()
