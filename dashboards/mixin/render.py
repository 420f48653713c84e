#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write the mixin's groups as rule files, one a group.

usage: render.py [--config JSONNET] [DIRECTORY]; DIRECTORY is dashboards/alerts unless told. JSONNET is an object that
is laid over _config, e.g. '{ window: "30m" }'.
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


def groups(config="{}"):
    program = (f"local m = (import '{HERE}/mixin.libsonnet') + {{ _config+:: {config} }};"
               "m.prometheusAlerts.groups + m.prometheusRules.groups")
    done = subprocess.run(["jsonnet", "-e", program], check=True, capture_output=True, text=True, timeout=60)
    return json.loads(done.stdout)


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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="{}")
    parser.add_argument("directory", nargs="?", type=Path, default=HERE.parent / "alerts")
    arguments = parser.parse_args()
    arguments.directory.mkdir(parents=True, exist_ok=True)
    for name, text in render(arguments.config).items():
        (arguments.directory / name).write_text(text)


if __name__ == "__main__":
    main()
