#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""sizing.py [--containers N] [--nodes N] [--interval SECONDS] SCRAPE: what a fleet costs, from one measured scrape.

SCRAPE is the address of /metrics, or a file with what it said. Series that carry a container_id are counted for each
container seen, all others for the node; both are laid out for N containers on a node and for the fleet.
"""
import argparse
import gzip
import re
import sys
import urllib.request
from pathlib import Path

ID = re.compile(r'container_id="([^"]+)"')
# What Prometheus' own documentation calculates with: bytes on disk for a sample; and a head series' memory as measured
# by many: index, chunk and labels.
DISK_BYTES_PER_SAMPLE = 1.5
MEMORY_BYTES_PER_SERIES = 4096


class Scrape:
    """What one scrape is made of."""

    def __init__(self, text):
        lines = [line for line in text.split("\n") if line and not line.startswith("#")]
        owned = [line for line in lines if ID.search(line)]
        self.containers = len({ID.search(line)[1] for line in owned})
        self.container_series = len(owned)
        self.node_series = len(lines) - len(owned)
        self.container_bytes = sum(len(line.encode()) + 1 for line in owned)
        self.node_bytes = len(text.encode()) - self.container_bytes
        self.packed = len(gzip.compress(text.encode(), 6)) / max(len(text.encode()), 1)

    def per_container(self, total):
        if not self.containers:
            sys.exit("sizing: no container in this scrape; start some")
        return total / self.containers

    def series(self, containers):
        return self.node_series + containers * self.per_container(self.container_series)

    def bytes(self, containers):
        return self.node_bytes + containers * self.per_container(self.container_bytes)


def human(number, units=("", "k", "M", "G", "T", "P")):
    for unit in units[:-1]:
        if abs(number) < 1000:
            break
        number /= 1000
    else:
        unit = units[-1]
    return f"{number:.3g} {unit}".strip() if number < 100 else f"{number:.0f} {unit}".strip()


def rows(scrape, containers, nodes, interval):
    """[(what, for one node, for the fleet)]"""
    series, size = scrape.series(containers), scrape.bytes(containers)
    day = series / interval * 86400 * DISK_BYTES_PER_SAMPLE
    figures = [
        ("active series", series, ""),
        ("samples a second", series / interval, ""),
        ("bytes of a scrape, plain", size, "B"),
        ("bytes of a scrape, gzip", size * scrape.packed, "B"),
        ("network a second, gzip", size * scrape.packed / interval, "B/s"),
        ("Prometheus' memory for the series", series * MEMORY_BYTES_PER_SERIES, "B"),
        ("disk for 30 days", day * 30, "B"),
    ]
    return [(what, f"{human(value)}{unit}", f"{human(value * nodes)}{unit}") for what, value, unit in figures]


def table(scrape, containers, nodes, interval):
    lines = [f"| {containers} containers a node, every {interval:g} s | one node | {nodes:,} nodes |", "|---|---|---|"]
    return "\n".join(lines + [f"| {what} | {one} | {all_} |" for what, one, all_ in rows(scrape, containers, nodes, interval)])


def read(source):
    if "://" in source:
        with urllib.request.urlopen(source, timeout=10) as answer:
            return answer.read().decode()
    return Path(source).read_text(encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scrape")
    parser.add_argument("--containers", type=int, default=50)
    parser.add_argument("--nodes", type=int, default=10000)
    parser.add_argument("--interval", type=float, default=30)
    options = parser.parse_args()
    scrape = Scrape(read(options.scrape))
    print(f"measured: {scrape.containers} containers, {scrape.node_series} series of the node, "
          f"{scrape.per_container(scrape.container_series):.1f} for each container, "
          f"gzip to {scrape.packed * 100:.0f} %\n")
    print(table(scrape, options.containers, options.nodes, options.interval))


if __name__ == "__main__":
    main()
