# SPDX-License-Identifier: GPL-2.0-only
"""Container-like cgroups that come and go, processes that work in them, and how much each of them has done."""
import json
import os
import random
import subprocess
import time
from collections import Counter
from pathlib import Path

# What one operation of load.c adds to which counters: metric, its own label.
READ = ("picket_file_opens_total", "read")
FORKS, EXECS = ("picket_process_forks_total", ""), ("picket_process_execs_total", "")
EXITS = ("picket_process_exits_total", "exited")
ADDS = {
    "read": [READ],
    "watched": [READ],
    "missing": [("picket_file_open_failures_total", "ENOENT")],
    "setns": [("picket_privileged_operations_total", "setns")],
    "datagram": [("picket_network_datagrams_total", ""), ("picket_network_transmit_packets_total", "")],
    "mkdir": [("picket_file_modifications_total", "mkdir")],
    "rmdir": [("picket_file_modifications_total", "delete")],
    "program": [FORKS, EXECS, EXITS],
}
COUNTERS = sorted({counter for counters in ADDS.values() for counter in counters})


def cgroup2():
    for line in Path("/proc/self/mounts").read_text().splitlines():
        if line.split()[2] == "cgroup2":
            return Path(line.split()[1])
    raise SystemExit("no cgroup2 file system is mounted")


class Container:
    """One cgroup as Docker would make it, and the truth about it."""

    def __init__(self, top, root, name, lives, nested):
        self.id, self.name, self.lives = f"{random.getrandbits(256):064x}", name, lives
        self.truth, self.active, self.watched, self.brief = Counter(), 0, 0, False
        self.changes, self.born = 0, time.monotonic()  # how often something was done in it
        self.gone_at = None                            # when its directory was removed
        self.verified = self.missed = 0                # scrapes that showed its last values, that should have
        folder = root / "var/lib/docker/containers" / self.id
        folder.mkdir(parents=True)
        (folder / "config.v2.json").write_text(json.dumps({"Name": f"/{name}", "Config": {"Image": "soak"}}))
        self.config = folder
        self.path = top / self.id
        self.path.mkdir()
        self.inner = self.path / "inner" if nested else None
        if nested:
            self.inner.mkdir()  # at once: picket may not know yet whose it is

    def where(self):
        return random.choice([self.path, self.inner]) if self.inner else self.path

    def remove(self):
        """Return: whether it is gone; a process on its way out may hold it for a moment."""
        try:
            if self.inner and self.inner.exists():
                self.inner.rmdir()
            self.path.rmdir()
        except OSError:
            return False
        self.gone_at = time.monotonic()
        (self.config / "config.v2.json").unlink()
        self.config.rmdir()
        return True


class Workload:
    """Keeps `processes` workers running in `cgroups` containers; each container lives for some of them."""

    def __init__(self, load, folder, root, processes, cgroups, life_ms=(300, 2500), lives=(2, 8)):
        self.top, self.root, self.work = cgroup2() / "docker", root, folder
        self.processes, self.cgroups, self.life_ms, self.lives = processes, cgroups, life_ms, lives
        self.made_top = not self.top.exists()
        self.top.mkdir(exist_ok=True)
        self.live, self.dead, self.total, self.failed = [], [], Counter(), []
        self.workers, self.number, self.made, self.brief_ms = {}, 0, 0, []
        for name in ("ordinary", "watched"):
            (folder / name).touch()
        for number in range(64):
            (folder / str(number)).mkdir()
        self.process = subprocess.Popen([load, "spawn"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.buffer = b""

    def make(self, lives, nested=None):
        self.made += 1
        nested = self.made % 4 == 0 if nested is None else nested
        container = Container(self.top, self.root, f"soak-{self.made}", lives, nested)
        self.live.append(container)
        return container

    def start(self, container, ms, how=None):
        self.number += 1
        token, how = f"w{self.number}", how or random.choice(["attach", "clone"])
        container.active += 1
        container.lives -= 1
        container.changes += 1
        container.truth[EXECS] += 1
        container.truth[FORKS] += how == "clone"
        self.workers[token] = container, time.monotonic()
        self.process.stdin.write(f"{token} {container.where()} {how} {ms} {self.work}\n".encode())
        self.process.stdin.flush()

    def take_report(self, words):
        container, started = self.workers[words[0]]
        container.changes += 1
        if words[1] == "ended":
            container.active -= 1
            container.truth[EXITS] += 1
            if int(words[2]):
                self.failed.append(" ".join(words))
            if container.brief:
                self.brief_ms.append(1000 * (time.monotonic() - started))
            del self.workers[words[0]]
            return
        for word in words[1:]:
            name, count = word.split("=")
            self.total[name] += int(count)
            for counter in ADDS[name]:
                container.truth[counter] += int(count)
            if name == "watched":
                container.watched += int(count)

    def read_reports(self):
        try:
            chunk = os.read(self.process.stdout.fileno(), 1 << 20)
        except BlockingIOError:
            return
        assert chunk, "the load ended"
        *lines, self.buffer = (self.buffer + chunk).split(b"\n")
        for line in lines:
            self.take_report(line.decode().split())

    def bury(self):
        """Remove the containers that have had their lives."""
        for container in [one for one in self.live if not one.lives and not one.active]:
            if container.remove():
                self.live.remove(container)
                self.dead.append(container)

    def start_brief(self):
        """A container that lives for some milliseconds."""
        container = self.make(1, nested=False)
        container.brief = True
        self.start(container, 0)

    def tick(self):
        """What is to be done now; call it often."""
        self.read_reports()
        self.bury()
        while len(self.live) < self.cgroups:
            self.make(random.randint(*self.lives))
        waiting = [container for container in self.live if container.lives]
        while waiting and len(self.workers) < self.processes:
            container = random.choice(waiting)
            self.start(container, random.randint(*self.life_ms))
            if not container.lives:
                waiting.remove(container)

    def drain(self, timeout=60):
        """Let all workers end and remove all containers."""
        end = time.monotonic() + timeout
        for container in self.live:
            container.lives = 0
        while self.live and time.monotonic() < end:
            self.read_reports()
            self.bury()
            time.sleep(0.005)
        assert not self.live, f"{len(self.live)} containers do not end"

    def close(self):
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()
        for container in self.live:
            for _ in range(100):
                if container.remove():
                    break
                time.sleep(0.02)
        if self.made_top:
            try:
                self.top.rmdir()
            except OSError:
                pass
