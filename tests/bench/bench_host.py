# SPDX-License-Identifier: GPL-2.0-only
"""What the benchmarks share: cgroups that look like containers, a picket of their own, and how figures are printed."""
import os
import pathlib
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

BUILD = pathlib.Path(os.environ.get("BUILD", "build")).resolve()
PICKET = BUILD / "picket"
PORT = int(os.environ.get("BENCH_PORT", "10177"))


def cgroup2():
    for line in open("/proc/self/mountinfo", encoding="utf-8"):
        fields = line.split()
        if " - cgroup2 " in line and fields[3] == "/":
            return pathlib.Path(fields[4])
    sys.exit("bench: no cgroup2 file system is mounted")


class Cgroups:
    """Cgroups that look like Docker's containers, and are removed at the end."""

    def __init__(self, count):
        self.parent = cgroup2() / "docker"
        self.made_parent = not self.parent.exists()
        self.parent.mkdir(exist_ok=True)
        self.paths = []
        self.add(count)

    def add(self, count):
        for _ in range(count):
            path = self.parent / secrets.token_hex(32)
            path.mkdir()
            self.paths.append(path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for path in self.paths:
            for _ in range(100):  # the last process may not be gone yet
                try:
                    path.rmdir()
                    break
                except OSError:
                    time.sleep(0.01)
        if self.made_parent:
            self.parent.rmdir()


class Picket:
    def __init__(self, *flags, directory=None):
        self.directory = tempfile.TemporaryDirectory()
        socket = f"{self.directory.name}/control.sock"
        self.environment = {**os.environ, "PICKET_SOCKET": socket}
        start = time.monotonic()
        self.process = subprocess.Popen([PICKET, f"--web.listen-address=127.0.0.1:{PORT}",
                                         f"--control.socket={socket}", *flags],
                                        stderr=subprocess.DEVNULL, cwd=directory)
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() - start > 60:
                sys.exit("bench: picket did not become ready; run it by hand to see why")
            time.sleep(0.005)
        self.ready_ms = (time.monotonic() - start) * 1000

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self.directory.cleanup()

    def ready(self):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{PORT}/-/ready", timeout=5).status == 200
        except OSError:
            return False

    def scrape(self):
        return urllib.request.urlopen(f"http://127.0.0.1:{PORT}/metrics", timeout=60).read()

    def cpu_seconds(self):
        """To the nanosecond, unlike /proc/<pid>/stat."""
        return int(open(f"/proc/{self.process.pid}/schedstat", encoding="utf-8").read().split()[0]) / 1e9

    def resident_kib(self):
        for line in open(f"/proc/{self.process.pid}/status", encoding="utf-8"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0


def line(what, value, unit, budget=None, limit=None, note=""):
    verdict = "" if limit is None else (" ok" if value <= limit else " OVER")
    text = f"budget {budget}{verdict}" if budget else ""
    print(f"{what:<46} {value:>10.3f} {unit:<4} {text}{'; ' if text and note else ''}{note}", flush=True)


def spread(values):
    return min(values), statistics.median(values), max(values)
