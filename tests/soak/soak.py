#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Counts under load, compared with what was really done, container by container.

64 processes in 200 cgroups that are made and removed meanwhile, each reporting what it did. Every scrape is compared:
a container that is idle or gone must show exactly its truth, under its own name, for as long as it shows at all. At the
end every slot must be free again and memory must not have grown. With --restarts the daemon is stopped and killed in
turn under the same load, and every event must have been judged or counted as lost.
"""
import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from pathlib import Path

import workload

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ.get("BUILD", HERE.parent.parent / "build")).absolute()
BPF_FS = Path("/sys/fs/bpf")
SLOTS = 2048
SCRAPE_S = 5
LONG_S = 120  # from here on it is waited for until every slot must be free
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
RULE = """
rules:
  - name: soak_watched
    grouped: false
    description: The load reads this file.
    severity: warning
    event: file_open
    where: {file.path: WATCHED}
    scope: container
"""
NAMES = "|".join(sorted({name for name, _ in workload.COUNTERS}) + ["picket_rule_matches_total"])
SAMPLE = re.compile(rf'^({NAMES})\{{container_id="([0-9a-f]+)",container="([^"]*)"[^}}]*?'
                    r'(?:,(?:access|error|operation|reason)="(\w+)")?(?:,rule="soak_watched",severity="\w+")?\} (\d+)$',
                    re.MULTILINE)
PLAIN = re.compile(r'^(picket_[a-z_]+|process_[a-z_]+)(?:\{stage="(\w+)"\})? (\S+)$', re.MULTILINE)
FINDING = re.compile(rb"container\.id=([0-9a-f]{64})")


class Scrape:
    """What picket says: per container, and of itself."""

    def __init__(self, text):
        self.names, self.values, self.matches = {}, {}, {}
        for metric, container_id, name, label, value in SAMPLE.findall(text):
            self.names.setdefault(container_id, set()).add(name)
            if metric == "picket_rule_matches_total":
                self.matches[container_id] = int(value)
            else:
                self.values.setdefault(container_id, {})[metric, label] = int(value)
        self.own = {(name, stage): float(value) for name, stage, value in PLAIN.findall(text)}

    def lost(self):
        return int(self.own["picket_events_lost_total", "transport"] + self.own["picket_events_lost_total", "decode"])


class Daemon:
    """picket, pinned, with a root of its own where it finds the containers' names."""

    def __init__(self, directory, root, watched, flags):
        self.port = random.randint(20000, 29999)
        self.pins = BPF_FS / f"picket-soak-{uuid.uuid4().hex[:8]}"
        rule = directory / "rule.yaml"
        rule.write_text(RULE.replace("WATCHED", str(watched)))
        self.log_path = directory / "picket.log"
        self.command = [BUILD / "picket", f"--web.listen-address=127.0.0.1:{self.port}", "--bpf.pin",
                        f"--bpf.pin-path={self.pins}", f"--control.socket={directory}/control.sock",
                        f"--path.rootfs={root}", f"--containers.max={SLOTS}", "--no-rules.defaults",
                        f"--rules.path={rule}", "--log.level=warn", *flags]
        self.process = None

    def start(self):
        started = time.monotonic()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        while time.monotonic() < started + 60:
            if self.process.poll() is not None:
                raise SystemExit(f"picket ended with {self.process.returncode}:\n{self.tail()}")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=10):
                    return time.monotonic() - started
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.02)
        raise SystemExit(f"picket does not become ready:\n{self.tail()}")

    def tail(self):
        return self.log_path.read_text(errors="replace")[-3000:]

    def end(self, how):
        self.process.send_signal(how)
        return self.process.wait(30)

    def scrape(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=30) as answer:
            return Scrape(answer.read().decode())

    def rss_bytes(self):
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * PAGE_BYTES

    def map_bytes(self):
        """Kernel memory of all its maps."""
        maps = {}
        for entry in Path(f"/proc/{self.process.pid}/fdinfo").iterdir():
            try:
                found = dict(re.findall(r"^(memlock|map_id):\s*(\d+)$", entry.read_text(), re.MULTILINE))
            except OSError:
                continue
            if "map_id" in found:
                maps[found["map_id"]] = int(found["memlock"])
        return sum(maps.values())

    def map_entries(self, name):
        tool = shutil.which("bpftool") or "/usr/sbin/bpftool"
        done = subprocess.run([tool, "-j", "map", "dump", "pinned", self.pins / "maps" / name], capture_output=True,
                              check=True)
        return len(json.loads(done.stdout))

    def findings(self):
        """Findings in the log, by container: written one by one, whatever becomes of the daemon."""
        with open(self.log_path, "rb") as log:
            return Counter(found[1].decode() for line in log if b"soak_watched" in line
                           for found in [FINDING.search(line)] if found)

    def close(self):
        if self.process and self.process.poll() is None:
            self.end(signal.SIGTERM)
        subprocess.run([BUILD / "picket", "unload", self.pins], check=False, stdout=subprocess.DEVNULL)
        assert not self.pins.exists(), f"{self.pins} is left"


class Soak:
    """The load, the daemon, and all differences that were found between them."""

    def __init__(self, options, directory):
        root, folder = directory / "root", directory / "work"
        for path in (root, folder):
            path.mkdir()
        self.options, self.differences, self.compared, self.named = options, [], 0, 0
        self.load = workload.Workload(directory / "load", folder, root, options.processes, options.cgroups)
        self.daemon = Daemon(directory, root, folder / "watched", options.flag)
        self.rss, self.maps, self.away_s, self.away, self.kills = [], [], [], [], 0

    def differ(self, text):
        self.differences.append(text)
        if len(self.differences) <= 20:
            print(f"DIFFERENT: {text}", flush=True)

    def compare_one(self, container, scrape):
        values = scrape.values.get(container.id)
        names = scrape.names.get(container.id)
        if values is None:
            return False
        if len(names) != 1:
            self.differ(f"{container.name} has several names: {names}")
        self.named += names == {container.name}
        # its files went with it; one that came and went while no daemon ran has no name
        unseen = any(start <= container.born and (container.gone_at or end) <= end for start, end in self.away)
        if not container.brief and not unseen and names != {container.name}:
            self.differ(f"{container.name} is shown as {names}")
        shown = [values.get(counter) for counter in workload.COUNTERS]
        if not self.options.restarts:
            shown.append(scrape.matches.get(container.id))
        if container.verified and None in shown:
            return True  # forgotten in the midst of the scrape, as it may be after its last values were shown
        for counter in workload.COUNTERS:
            if values.get(counter) != container.truth[counter]:
                self.differ(f"{container.name} {container.id[:12]} {counter}: {container.truth[counter]} done, "
                            f"{values.get(counter)} counted")
        if not self.options.restarts and scrape.matches.get(container.id) != container.watched:
            self.differ(f"{container.name} rule matches: {container.watched} done, {scrape.matches.get(container.id)}")
        self.compared += 1
        return True

    def scrape(self):
        """One scrape, held against what was true at its time."""
        began = time.monotonic()
        idle = [(one, one.changes) for one in self.load.live if not one.active]
        scrape = self.daemon.scrape()
        self.load.read_reports()
        for container, changes in idle:
            if container.changes == changes and began > container.born + 0.5:
                self.compare_one(container, scrape)
        for container in self.load.dead:
            if container.gone_at > began:
                continue
            if self.compare_one(container, scrape):
                container.verified += 1
            elif not container.verified:
                container.missed += 1
                if container.missed == 3:
                    self.differ(f"{container.name} {container.id[:12]} ended and its last values were never shown")
        self.load.dead = [one for one in self.load.dead
                          if one.gone_at > began or one.id in scrape.values or (not one.verified and one.missed < 3)]
        self.rss.append(self.daemon.rss_bytes())
        self.maps.append(self.daemon.map_bytes())
        return scrape

    def restart(self):
        how = random.choice([signal.SIGTERM, signal.SIGKILL])
        self.kills += how == signal.SIGKILL
        began = time.monotonic()
        self.daemon.end(how)
        for _ in range(random.randint(1, 200)):
            self.load.tick()
            time.sleep(0.01)
        self.away_s.append(self.daemon.start())
        self.away.append((began, time.monotonic()))

    def run(self):
        end = time.monotonic() + self.options.seconds
        next_scrape = next_brief = time.monotonic() + 1
        next_restart = time.monotonic() + 4
        self.daemon.start()
        while time.monotonic() < end:
            self.load.tick()
            if time.monotonic() >= next_brief:
                self.load.start_brief()
                next_brief = time.monotonic() + 0.5
            if time.monotonic() >= next_scrape:
                self.scrape()
                next_scrape = time.monotonic() + SCRAPE_S
            if self.options.restarts and time.monotonic() >= next_restart:
                self.restart()
                next_restart = time.monotonic() + random.uniform(1, 6)
            time.sleep(0.005)
        self.load.drain()

    def settle(self):
        """Every container that ended shows its last values; afterwards everything is free again."""
        scrape = self.scrape()
        while any(not one.verified for one in self.load.dead):
            time.sleep(1)
            scrape = self.scrape()
        self.check_events(self.load.total["watched"], scrape.lost())
        if self.options.seconds < LONG_S:
            return
        end = time.monotonic() + 75
        while self.load.dead and time.monotonic() < end:
            time.sleep(2)
            scrape = self.scrape()
        if self.load.dead:
            self.differ(f"{len(self.load.dead)} containers are still shown {75} s after their end")
        used, shown = scrape.own["picket_container_slots_used", ""], len(scrape.names)
        if used > shown + 8:  # of other containers of this machine, and of host cgroups on their way out
            self.differ(f"{used:.0f} slots are in use, {shown} containers are shown")
        cgroups = sum(1 for _ in os.walk(workload.cgroup2()))
        for name, bound in (("cgroups", cgroups + 8), ("setup_tasks", 64)):
            entries = self.daemon.map_entries(name)
            print(f"map {name}: {entries} entries left ({cgroups} cgroups exist)")
            if entries > bound:
                self.differ(f"map {name} has {entries} entries")

    def check_memory(self):
        if len(set(self.maps)) > 1 and not self.options.restarts:
            self.differ(f"kernel memory of maps changed: {sorted(set(self.maps))}")
        if len(self.rss) < 40 or self.options.restarts:
            return
        early, late = self.rss[len(self.rss) // 4:len(self.rss) // 2], self.rss[len(self.rss) * 3 // 4:]
        grown = sum(late) / len(late) - sum(early) / len(early)
        print(f"resident memory: {grown / 1024:+.0f} KiB from the second to the last quarter")
        if grown > 2 << 20:
            self.differ(f"resident memory grew by {grown:.0f} bytes")

    def check_events(self, watched, lost):
        found = sum(self.daemon.findings().values())
        print(f"events: {watched} expected, {found} judged, {lost} lost; {self.kills} kills")
        # killed between a finding's line and the end of its record, the next daemon judges that one again
        if not watched <= found + lost <= watched + self.kills:
            self.differ(f"events: {watched} expected, {found} judged + {lost} lost")


    def report(self, seconds):
        """The figures, and whether all is well."""
        self.check_memory()
        if self.load.failed:
            self.differ(f"{len(self.load.failed)} workers failed: {self.load.failed[:3]}")
        total, brief = sum(self.load.total.values()), sorted(self.load.brief_ms)
        print(f"{total} operations in {seconds:.0f} s, {total / seconds:.0f}/s: "
              + ", ".join(f"{name} {count}" for name, count in sorted(self.load.total.items())))
        print(f"{self.load.made} containers were made and removed, {len(brief)} of them lived for one round "
              f"(median {brief[len(brief) // 2] if brief else 0:.1f} ms); {self.compared} comparisons of "
              f"{len(workload.COUNTERS)} counters each, {self.named} with the name")
        if self.away_s:
            print(f"{len(self.away_s)} restarts, {self.kills} of them after SIGKILL; ready after "
                  f"{min(self.away_s):.2f} to {max(self.away_s):.2f} s")
        print(f"resident memory {self.rss[0] / 1048576:.1f} to {max(self.rss) / 1048576:.1f} MiB, maps "
              f"{max(self.maps) / 1048576:.1f} MiB")
        print(f"soak: {len(self.differences)} differences")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--processes", type=int, default=64)
    parser.add_argument("--cgroups", type=int, default=200)
    parser.add_argument("--restarts", action="store_true", help="stop and kill the daemon again and again")
    parser.add_argument("--flag", action="append", default=[], help="for picket")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("the soak test needs root")
    if not os.path.ismount(BPF_FS):
        subprocess.run(["mount", "-t", "bpf", "bpf", BPF_FS], check=True)
    with tempfile.TemporaryDirectory(prefix="picket-soak-", dir="/dev/shm") as name:
        directory = Path(name)
        subprocess.run(["gcc", "-static", "-O2", "-Wall", "-Werror", "-o", directory / "load", HERE / "load.c"],
                       check=True)
        soak = Soak(options, directory)
        began = time.monotonic()
        try:
            soak.run()
            seconds = time.monotonic() - began
            soak.settle()
        except BaseException:
            print(soak.daemon.tail())
            raise
        finally:
            soak.load.close()
            soak.daemon.close()
        soak.report(seconds)
    sys.exit(1 if soak.differences else 0)


if __name__ == "__main__":
    main()
