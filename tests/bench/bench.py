#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The budgets, as ratios of one run: every figure with picket is divided by the same figure without, taken in turn.
With --scrape FILE nothing but what one scrape says, for tests/deploy/sizing.py.

Environment: BUILD (default build), BENCH_ROUNDS (default 5), BENCH_CONTAINERS (default 50).
"""
import json
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
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
CONTAINERS = int(os.environ.get("BENCH_CONTAINERS", "50"))
PICKET = BUILD / "picket"
SYSCALLS = BUILD / "bench/syscall_bench"
PORT = 10177

# operation, repetitions per round, budget as a ratio
OPERATIONS = [("getppid", 400_000, 1.5), ("open_close", 60_000, 1.25), ("connect", 4_000, 1.05), ("exec", 150, 1.02),
              ("datagram", 40_000, None), ("stream", 4_000, None)]


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
        self.paths = [self.parent / secrets.token_hex(32) for _ in range(count)]
        for path in self.paths:
            path.mkdir()

    def remove(self):
        for path in self.paths:
            path.rmdir()
        if self.made_parent:
            self.parent.rmdir()


class Picket:
    def __init__(self, *flags):
        self.directory = tempfile.TemporaryDirectory()
        socket = f"{self.directory.name}/control.sock"
        self.environment = {**os.environ, "PICKET_SOCKET": socket}
        start = time.monotonic()
        self.process = subprocess.Popen([PICKET, f"--web.listen-address=127.0.0.1:{PORT}",
                                         f"--control.socket={socket}", *flags],
                                        stderr=subprocess.DEVNULL)
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() - start > 30:
                sys.exit("bench: picket did not become ready; run it by hand to see why")
            time.sleep(0.005)
        self.ready_ms = (time.monotonic() - start) * 1000

    def ready(self):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{PORT}/-/ready", timeout=5).status == 200
        except OSError:
            return False

    def scrape(self):
        return urllib.request.urlopen(f"http://127.0.0.1:{PORT}/metrics", timeout=30).read()

    def cpu_seconds(self):
        fields = open(f"/proc/{self.process.pid}/stat", encoding="utf-8").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_kib(self):
        for line in open(f"/proc/{self.process.pid}/status", encoding="utf-8"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self.directory.cleanup()


def measure(cgroup, operation, count):
    done = subprocess.run([SYSCALLS, cgroup / "cgroup.procs", operation, str(count)], capture_output=True, text=True,
                          check=True)
    return float(done.stdout)


def row(what, without, with_picket, ratio, budget):
    verdict = "" if budget is None else ("ok" if ratio <= budget else "over")
    limit = "" if budget is None else f"<= {budget:.2f}"
    print(f"{what:<34} {without:>12} {with_picket:>12} {ratio:>7.2f} {limit:>8}  {verdict}")


def bench_syscalls():
    print(f"\nSystem calls in a container's cgroup: median ns of {ROUNDS} rounds, in turn without and with picket")
    print(f"{'operation':<34} {'without':>12} {'with':>12} {'ratio':>7} {'budget':>8}")
    figures = {operation: ([], []) for operation, _, _ in OPERATIONS}
    cgroups = Cgroups(1)
    try:
        for _ in range(ROUNDS):
            for operation, count, _ in OPERATIONS:
                figures[operation][0].append(measure(cgroups.paths[0], operation, count))
            picket = Picket()
            try:
                for operation, count, _ in OPERATIONS:
                    figures[operation][1].append(measure(cgroups.paths[0], operation, count))
            finally:
                picket.stop()
    finally:
        cgroups.remove()
    for operation, _, budget in OPERATIONS:
        without, with_picket = figures[operation]
        ratio = statistics.median(b / a for a, b in zip(without, with_picket))
        row(operation, f"{statistics.median(without):.0f}", f"{statistics.median(with_picket):.0f}", ratio, budget)


def bench_daemon():
    cgroups = Cgroups(CONTAINERS)
    try:
        starts = []
        for _ in range(3):
            picket = Picket()
            starts.append(picket.ready_ms)
            picket.stop()
        picket = Picket()
        try:
            time.sleep(2)
            cpu, start = picket.cpu_seconds(), time.monotonic()
            time.sleep(20)
            idle = (picket.cpu_seconds() - cpu) / (time.monotonic() - start)
            resident = picket.resident_kib()
            cpu = picket.cpu_seconds()
            for _ in range(50):
                size = len(picket.scrape())
            scrape_ms = (picket.cpu_seconds() - cpu) / 50 * 1000
        finally:
            picket.stop()
    finally:
        cgroups.remove()
    print(f"\nThe daemon with {CONTAINERS} containers")
    print(f"{'start to ready':<34} {statistics.median(starts):>9.0f} ms   budget 500 ms")
    print(f"{'resident memory':<34} {resident / 1024:>9.1f} MiB  budget 12 MB with 100 containers")
    print(f"{'idle CPU':<34} {idle * 100:>9.3f} %    budget 0.1 % of one core with 100 containers")
    print(f"{'CPU per scrape':<34} {scrape_ms:>9.2f} ms   {size / 1024:.0f} KiB of text")


def bench_findings():
    """From the system call to `picket events -f`, and to the end of the process that enforcement kills."""
    cgroups = Cgroups(1)
    procs = cgroups.paths[0] / "cgroup.procs"
    shown, killed = [], []
    try:
        for enforce in (False, True):
            picket = Picket("--enforce") if enforce else Picket()
            events = subprocess.Popen([PICKET, "events", "-f", "-n", "0", "--json"], stdout=subprocess.PIPE, text=True,
                                      env=picket.environment)
            time.sleep(0.5)
            try:
                for _ in range(20):
                    start = time.time()
                    reader = subprocess.Popen(["/bin/sh", "-c", f"echo $$ >{procs} && exec cat /etc/shadow"],
                                              stdout=subprocess.DEVNULL)
                    finding = json.loads(events.stdout.readline())
                    seen = time.time()
                    reader.wait()
                    seconds, fraction = finding["time"].rstrip("Z").split(".")
                    happened = time.mktime(time.strptime(seconds, "%Y-%m-%dT%H:%M:%S")) - time.timezone + \
                        float(f"0.{fraction}")
                    shown.append((seen - happened) * 1000)
                    if enforce:
                        killed.append(reader.returncode == -signal.SIGKILL)
                    del start
            finally:
                events.kill()
                events.wait()
                picket.stop()
    finally:
        cgroups.remove()
    print("\nFindings")
    print(f"{'system call to `picket events`':<34} {statistics.median(shown):>9.2f} ms   budget 10 ms "
          f"(worst of {len(shown)}: {max(shown):.2f})")
    print(f"{'killed in the system call':<34} {sum(killed):>6}/{len(killed)}      with --enforce")


def keep_scrape(path):
    cgroups = Cgroups(CONTAINERS)
    try:
        picket = Picket()
        try:
            pathlib.Path(path).write_bytes(picket.scrape())
        finally:
            picket.stop()
    finally:
        cgroups.remove()


def main():
    if os.geteuid() != 0:
        sys.exit("bench: needs root")
    if sys.argv[1:2] == ["--scrape"]:
        keep_scrape(sys.argv[2])
        return
    print(f"kernel {os.uname().release}, {os.cpu_count()} processors")
    bench_syscalls()
    bench_daemon()
    bench_findings()


main()
