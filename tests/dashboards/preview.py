#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""preview.py [--seconds N] PROMETHEUS DIRECTORY: a picture of each dashboard, as SVG, without Grafana.

Draws the panels of dashboards/grafana/*.json at their places with what the Prometheus at this address answers to their
expressions, every variable on All, over the last N seconds. An approximation of Grafana's look, and labelled as such.
"""
import argparse
import json
import math
import sys
import time
import urllib.parse
import urllib.request
from html import escape
from pathlib import Path

import grafana

COLUMN, UNIT, GAP = 52, 30, 6
POINTS = 40
SERIES_MAX = 6
ROWS_MAX = 7
PALETTE = ["#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#8ab8ff", "#fade2a"]
NAMED = {"green": "#73bf69", "red": "#f2495c", "orange": "#ff9830", "yellow": "#fade2a", "blue": "#5794f2"}
SEVERITIES = {"critical": "red", "error": "orange", "warning": "yellow", "notice": "blue", "info": "green"}
STYLE = ("text{font-family:Inter,Helvetica,Arial,sans-serif;font-size:11px;fill:#ccccdc}"
         ".t{font-size:13px;font-weight:500}.d{fill:#8e8e9a}.r{font-size:14px;font-weight:500}"
         ".p{fill:#181b1f;stroke:#2b2e34}.g{stroke:#2b2e34}.l{fill:none;stroke-width:1.5}")
SCALES = {"bytes": (1024, ["B", "KiB", "MiB", "GiB"]), "Bps": (1000, ["B/s", "kB/s", "MB/s", "GB/s"]),
          "ops": (1000, ["/s", "k/s", "M/s"]), "reqps": (1000, ["req/s", "k req/s"]), "pps": (1000, ["p/s", "kp/s"]),
          "none": (1000, ["", "k", "M", "G"])}


class Prometheus:
    def __init__(self, url, end, seconds):
        self.url, self.end, self.seconds = url, end, seconds

    def ask(self, path, **query):
        """The answer's series; an error's text is raised."""
        body = urllib.parse.urlencode(query).encode()
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}", data=body, timeout=20) as answer:
                return json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as error:
            raise ValueError(f"{query['query']}: {error.read().decode()}") from error

    def series(self, expression):
        """[(labels, [(seconds from 0 to 1, value)])] over the time of the picture."""
        step = max(self.seconds / POINTS, 1)
        found = self.ask("query_range", query=expression, start=self.end - self.seconds, end=self.end, step=step)
        return [(one["metric"], [((float(at) - self.end + self.seconds) / self.seconds, float(value))
                                 for at, value in one["values"] if not math.isnan(float(value))]) for one in found]

    def rows(self, expression):
        """[(labels, value)] now."""
        return [(one["metric"], float(one["value"][1])) for one in self.ask("query", query=expression, time=self.end)
                if not math.isnan(float(one["value"][1]))]


def round_up(value):
    """1, 2, 4, 5 or 10 times a power of ten: what an axis ends with."""
    power = 10 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 4, 5, 10) if value <= step * power * 1.000001)


def ago(seconds):
    return "now" if not seconds else f"-{seconds / 60:g} min" if seconds >= 60 else f"-{seconds:g} s"


def human(value, unit):
    if unit == "percentunit":
        return f"{value * 100:.0f} %"
    if unit == "s":
        return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.1f} s"
    step, names = SCALES[unit]
    names = list(names)
    while abs(value) >= step and len(names) > 1:
        value /= step
        names.pop(0)
    digits = f"{value:.0f}" if value == int(value) else f"{value:.3g}"
    return f"{digits} {names[0]}".strip() if unit != "none" else f"{digits}{names[0]}"


def text(x, y, what, css="", **more):
    extra = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in more.items())
    css = f' class="{css}"' if css else ""
    return f'<text x="{x:.0f}" y="{y:.0f}"{css}{extra}>{escape(what)}</text>'


def cut(what, width):
    """What fits into so many pixels."""
    room = max(int((width - 8) / 6.6), 1)
    return what if len(what) <= room else what[:room - 1] + "…"


def legend_of(target, labels):
    return grafana.re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found[1], ""), target["legendFormat"]).strip() or "Value"


class Panel:
    """One panel and its place in pixels."""

    def __init__(self, dashboard, panel, prometheus, times):
        place = panel["gridPos"]
        self.panel, self.dashboard, self.prometheus, self.times = panel, dashboard, prometheus, times
        self.x, self.y = place["x"] * COLUMN + GAP, place["y"] * (UNIT + GAP)
        self.width, self.height = place["w"] * COLUMN - GAP, place["h"] * (UNIT + GAP) - GAP
        self.defaults = panel.get("fieldConfig", {}).get("defaults", {})
        self.empty = False

    def expression(self, target):
        return grafana.put_in(self.dashboard, target["expr"], self.times)

    def draw(self):
        if self.panel["type"] == "row":
            return [text(self.x, self.y + 20, "⌄ " + self.panel["title"], "r")]
        frame = [f'<rect class="p" x="{self.x}" y="{self.y}" width="{self.width}" height="{self.height}" rx="2"/>',
                 text(self.x + 9, self.y + 20, self.panel["title"], "t")]
        return frame + {"stat": self.stat, "timeseries": self.graph, "table": self.table, "logs": self.logs}[
            self.panel["type"]]()

    def nothing(self, what="No data"):
        self.empty = True
        return [text(self.x + self.width / 2, self.y + self.height / 2, what, "d", text_anchor="middle")]

    def logs(self):
        return [text(self.x + 9, self.y + 44, "Needs a Loki data source; it is not part of this picture.", "d")]

    def stat(self):
        rows = self.prometheus.rows(self.expression(self.panel["targets"][0]))
        if not rows:
            return self.nothing()
        value = rows[0][1]
        color = [step["color"] for step in self.defaults["thresholds"]["steps"]
                 if step["value"] is None or value >= step["value"]][-1]
        return [text(self.x + self.width / 2, self.y + self.height / 2 + 26, human(value, self.defaults["unit"]),
                     text_anchor="middle", style=f"font-size:38px;fill:{NAMED[color]}")]

    def table(self):
        options = self.panel["transformations"][0]["options"]
        rows = self.prometheus.rows(self.expression(self.panel["targets"][0]))
        if not rows:
            return self.nothing()
        names = [name for name in sorted(options["indexByName"], key=options["indexByName"].get)
                 if name not in options["excludeByName"]]
        cells = [[human(value, self.defaults["unit"]) if name == "Value" else labels.get(name, "") for name in names]
                 for labels, value in rows]
        kept = [i for i, name in enumerate(names) if any(row[i] for row in cells)]
        width = (self.width - 18) / len(kept)
        out = []
        for column, i in enumerate(kept):
            x = self.x + 9 + column * width
            out.append(text(x, self.y + 42, cut(options["renameByName"][names[i]], width), style="fill:#6e9fff"))
            for line, row in enumerate(cells[:ROWS_MAX]):
                color = SEVERITIES.get(row[i])
                out.append(text(x, self.y + 68 + line * 26, cut(row[i], width),
                                **({"style": f"fill:{NAMED[color]}"} if color else {})))
        return out

    def color(self, i, name):
        for override in self.panel["fieldConfig"]["overrides"]:
            if override["matcher"]["options"] == name:
                return NAMED[override["properties"][0]["value"]["fixedColor"]]
        return PALETTE[i]

    def graph(self):
        found = [(legend_of(target, labels), points) for target in self.panel["targets"]
                 for labels, points in self.prometheus.series(self.expression(target)) if points]
        if not found:
            return self.nothing()
        found.sort(key=lambda one: -max(value for _, value in one[1]))
        found = found[:SERIES_MAX]
        left, right, top = self.x + 66, self.x + self.width - 12, self.y + 34
        bottom = self.y + self.height - 36 - 15 * math.ceil(min(len(found), 4) / 2)
        bars = self.defaults["custom"]["drawStyle"] == "bars"
        sums = {}
        for _, points in found:
            for at, value in points:
                sums[at] = sums.get(at, 0) + value if bars else max(sums.get(at, 0), value)
        highest = round_up(max(sums.values()) or 1)
        out = []
        for part in (0, 0.25, 0.5, 0.75, 1):
            y, x = bottom - (bottom - top) * part, left + (right - left) * part
            out.append(f'<path class="g" d="M{left} {y:.0f}H{right}M{x:.0f} {top}V{bottom}"/>')
            if part != 0.25 and part != 0.75:
                out.append(text(left - 6, y + 4, human(highest * part, self.defaults["unit"]), "d", text_anchor="end"))
                out.append(text(x, bottom + 15, ago(self.prometheus.seconds * (1 - part)), "d",
                                text_anchor={0: "start", 1: "end"}.get(part, "middle")))
        colors = [self.color(i, name) for i, (name, _) in enumerate(found)]
        draw = self.stack if bars else self.lines
        out += draw(found, colors, lambda at: left + (right - left) * at, lambda value: bottom - (bottom - top) * value / highest)
        for i, (name, _) in enumerate(found[:4]):
            x, y = self.x + 12 + (i % 2) * self.width / 2, bottom + 34 + 15 * (i // 2)
            out.append(f'<path stroke="{colors[i]}" stroke-width="3" d="M{x:.0f} {y - 4:.0f}h12"/>')
            out.append(text(x + 18, y, cut(name, self.width / 2 - 36)))
        return out

    @staticmethod
    def lines(found, colors, x_of, y_of):
        out = []
        for i, (_, points) in enumerate(found):
            line = "L".join(f"{x_of(at):.0f} {y_of(value):.0f}" for at, value in points)
            first, last = x_of(points[0][0]), x_of(points[-1][0])
            out.append(f'<path fill="{colors[i]}" fill-opacity="0.1" d="M{first:.0f} {y_of(0):.0f}L{line}L{last:.0f} {y_of(0):.0f}z"/>')
            out.append(f'<path class="l" stroke="{colors[i]}" d="M{line}"/>')
        return out

    @staticmethod
    def stack(found, colors, x_of, y_of):
        out, base = [], {}
        width = max((x_of(1) - x_of(0)) / POINTS - 1, 1)
        for i, (_, points) in enumerate(found):
            bars = ""
            for at, value in points:
                if value > 0:
                    start = base.get(at, 0)
                    base[at] = start + value
                    bars += f"M{x_of(at) - width / 2:.0f} {y_of(start):.0f}h{width:.0f}V{y_of(base[at]):.0f}h-{width:.0f}z"
            if bars:
                out.append(f'<path fill="{colors[i]}" d="{bars}"/>')
        return out


def draw(dashboard, prometheus):
    """(SVG, titles of panels that had nothing to show)"""
    times = {"__range": f"{prometheus.seconds}s", "__rate_interval": f"{max(prometheus.seconds // 12, 4)}s"}
    drawn = [Panel(dashboard, panel, prometheus, times) for panel in dashboard["panels"]]
    head = 64
    parts = [part for panel in drawn for part in panel.draw()]
    width = 24 * COLUMN + GAP
    height = head + max(panel.y + panel.height for panel in drawn) + GAP
    note = ("Preview drawn from the dashboard's JSON and the answers of a real Prometheus by tests/dashboards/preview.py; "
            "Grafana draws it in its own way.")
    svg = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
           f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#111217"/>'
           + text(GAP + 4, 26, dashboard["title"], style="font-size:18px") + text(GAP + 4, 48, note, "d")
           + f'<g transform="translate(0 {head})">' + "\n".join(parts) + "</g></svg>\n")
    return svg, [panel.panel["title"] for panel in drawn if panel.empty]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=900)
    parser.add_argument("prometheus")
    parser.add_argument("directory", type=Path)
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    prometheus = Prometheus(options.prometheus.rstrip("/"), time.time(), options.seconds)
    for path in grafana.PATHS:
        svg, empty = draw(grafana.load(path), prometheus)
        (options.directory / f"{path.stem}.svg").write_text(svg)
        print(f"{path.stem}: {len(svg) // 1024} KiB" + "".join(f"; no data: {title}" for title in empty))
    return 0


if __name__ == "__main__":
    sys.exit(main())
