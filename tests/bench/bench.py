#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The budgets, measured: what each hook costs, against the same without picket in the same run, and the daemon itself.
With --scrape FILE nothing but what one scrape says, for tests/deploy/sizing.py; with names of parts (calls, transport,
daemon, findings, kills) only these.

Environment: BUILD (default build), BENCH_ROUNDS (default 3), BENCH_CONTAINERS (of --scrape; default 50), BENCH_MANY
(default 10000), BENCH_PORT. Takes four minutes on an idle machine.
"""
import http.server
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from bench_host import BUILD, PICKET, Cgroups, Picket, cgroup2, line, spread

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
CONTAINERS = int(os.environ.get("BENCH_CONTAINERS", "50"))
MANY = int(os.environ.get("BENCH_MANY", "10000"))
SYSCALLS = BUILD / "bench/syscall_bench"
FILES = pathlib.Path("/tmp/picket-bench-files")

# operation, what it is, repetitions per round, budget as a ratio
OPERATIONS = [
    ("getppid", "a system call nobody watches", 800_000, 1.5),
    ("open_close", "open + close, the same file", 120_000, 1.25),
    ("open_many", "open + close, 4,096 files in turn", 80_000, 1.25),
    ("chmod", "chmod", 60_000, None),
    ("write", "a byte written to a file", 200_000, None),
    ("connect", "socket + connect + close, refused", 8_000, 1.05),
    ("unix", "the same to a local socket", 40_000, None),
    ("exec", "vfork + exec + wait", 400, 1.02),
    ("datagram", "a datagram there and read", 60_000, None),
    ("stream", "64 KiB of a TCP stream", 4_000, None),
]


def measure(cgroup, operation, count):
    """Nanoseconds of the best of 40 parts, and of the median one."""
    done = subprocess.run([SYSCALLS, cgroup / "cgroup.procs", operation, str(count)], capture_output=True, text=True,
                          check=True)
    return [float(value) for value in done.stdout.split()]


def make_files():
    for number in range(4096):
        path = FILES / str(number // 64) / str(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


class Floor:
    """Empty programs on all hooks that picket uses."""

    def __enter__(self):
        self.process = subprocess.Popen([BUILD / "bench/floor_bench", cgroup2()], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        if int(self.process.stdout.readline() or 0) < 20:
            sys.exit("bench: the empty programs did not attach")

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(20)


def print_ratio(what, without, floor, with_picket, budget):
    best = min(value[0] for value in with_picket) / min(value[0] for value in without)
    median = statistics.median(value[1] for value in with_picket) / statistics.median(value[1] for value in without)
    base, empty, cost = (min(value[0] for value in values) for values in (without, floor, with_picket))
    limit = "" if budget is None else f"<= {budget:.2f}  {'ok' if best <= budget else 'OVER'}"
    if limit.endswith("OVER") and empty / base > budget:
        limit += ", as the hooks alone"
    print(f"{what:<36} {base:>9.0f} {empty:>9.0f} {cost:>9.0f} {empty / base:>8.3f} {best:>8.3f} {median:>8.3f}   {limit}",
          flush=True)


def bench_syscalls():
    """Each round: everything without picket, with empty programs on its hooks, with it, and opens once more with the
    plain walk in place of its own."""
    figures = {operation: ([], [], []) for operation, *_ in OPERATIONS}
    walked = {operation: [] for operation in ("open_close", "open_many")}
    make_files()
    with Cgroups(1) as cgroups:
        cgroup = cgroups.paths[0]
        for _ in range(ROUNDS):
            for operation, _, count, _ in OPERATIONS:
                figures[operation][0].append(measure(cgroup, operation, count))
            with Floor():
                for operation, _, count, _ in OPERATIONS:
                    figures[operation][1].append(measure(cgroup, operation, count))
            with Picket() as picket:
                for operation, _, count, _ in OPERATIONS:
                    figures[operation][2].append(measure(cgroup, operation, count))
                subprocess.run([BUILD / "bench/walk_bench", str(picket.process.pid)], check=True)
                for operation, values in walked.items():
                    count = next(entry[2] for entry in OPERATIONS if entry[0] == operation)
                    values.append(measure(cgroup, operation, count))
    shutil.rmtree(FILES)
    print(f"\nIn a container's cgroup, all sensors on, default rules: ns per operation, {ROUNDS} rounds in turn")
    print("empty: with empty programs on the same hooks, less than which no program could cost; floor: that as a ratio")
    print(f"{'operation':<36} {'without':>9} {'empty':>9} {'with':>9} {'floor':>8} {'best':>8} {'median':>8}   budget (of "
          "the best)")
    for operation, what, _, budget in OPERATIONS:
        print_ratio(what, *figures[operation], budget)
    print("the plain walk on every open instead:")
    for operation, values in walked.items():
        what = next(entry[1] for entry in OPERATIONS if entry[0] == operation)
        print_ratio(f"  {what}", *figures[operation][:2], values, None)


def bench_transport():
    print("\nEvents to user space without loss, sent on one processor and read on another", flush=True)
    subprocess.run([BUILD / "bench/transport_bench"], check=True)


def scrape_cost(picket, rounds):
    """CPU ms per scrape, its size, and by how much the daemon's memory grew meanwhile after the first ones."""
    for _ in range(2):
        picket.scrape()
    resident, cpu = picket.resident_kib(), picket.cpu_seconds()
    for _ in range(rounds):
        size = len(picket.scrape())
    return (picket.cpu_seconds() - cpu) / rounds * 1000, size, picket.resident_kib() - resident


def print_scrape(picket, count, rounds, budget):
    cost, size, growth = scrape_cost(picket, rounds)
    line(f"a scrape, {count:,} containers", cost, "ms", f"{budget} ms of CPU", budget,
         f"{size / 1024:,.0f} KiB of text, memory grew by {growth} KiB in {rounds} scrapes")


def bench_daemon():
    starts = []
    print("\nThe daemon", flush=True)
    with Cgroups(100) as cgroups:
        for _ in range(5):
            with Picket() as picket:
                starts.append(picket.ready_ms)
        best, median, _ = spread(starts)
        line("start to ready, best of 5", best, "ms", "500 ms", 500, f"median {median:.0f} ms")
        with Picket() as picket:
            time.sleep(3)
            line("resident memory, 100 containers", picket.resident_kib() / 1024, "MiB", "12 MB", 12e6 / 2**20)
            cpu, start = picket.cpu_seconds(), time.monotonic()
            time.sleep(15)
            idle = (picket.cpu_seconds() - cpu) / (time.monotonic() - start) * 100
            line("idle CPU, 100 containers", idle, "%", "0.1 % of one core", 0.1)
        with Picket(f"--containers.max={MANY + 500}") as picket:
            cgroups.add(900)
            time.sleep(3)
            print_scrape(picket, 1000, 10, 10)
            cgroups.add(MANY - 1000)
            time.sleep(5)
            print_scrape(picket, MANY, 3, 100)
            line(f"resident memory, {MANY:,} containers", picket.resident_kib() / 1024, "MiB", "64 MB", 64e6 / 2**20)


class Collector:
    """Takes OTLP requests, and knows when each came."""

    def __init__(self):
        times = self.times = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                times.append(time.time())
                self.rfile.read(int(self.headers.get("Content-Length", "0")))
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"

    def wait_after(self, moment):
        for _ in range(1000):
            later = [at for at in self.times if at > moment]
            if later:
                return later[0]
            time.sleep(0.005)
        sys.exit("bench: the finding never came to the collector")


def happened(finding):
    seconds, fraction = finding["time"].rstrip("Z").split(".")
    return time.mktime(time.strptime(seconds, "%Y-%m-%dT%H:%M:%S")) - time.timezone + float(f"0.{fraction}")


def bench_findings():
    """From the system call to `picket events -f`, and to the collector."""
    collector, shown, sent = Collector(), [], []
    with Cgroups(10) as cgroups, Picket(f"--otlp.endpoint={collector.endpoint}") as picket:
        with subprocess.Popen([PICKET, "events", "-f", "-n", "0", "--json", "--rule", "shadow_file_read"],
                              stdout=subprocess.PIPE, text=True, env=picket.environment) as events:
            time.sleep(1)
            for cgroup in cgroups.paths:  # the same finding again in one container would be summed up
                subprocess.run(["unshare", "-m", "/bin/sh", "-c",
                                f"echo $$ >{cgroup}/cgroup.procs && exec cat /etc/shadow"],
                               stdout=subprocess.DEVNULL, check=False)
                finding = json.loads(events.stdout.readline())
                shown.append((time.time() - happened(finding)) * 1000)
                sent.append((collector.wait_after(happened(finding)) - happened(finding)) * 1000)
                time.sleep(0.3)
            events.kill()
    print("\nFindings")
    best, median, worst = spread(shown)
    line("system call to `picket events`, median", median, "ms", "10 ms", 10, f"{best:.1f} to {worst:.1f}")
    best, median, worst = spread(sent)
    line("system call to the OTLP request, median", median, "ms", "1 s", 1000, f"{best:.0f} to {worst:.0f}")


def print_kill(what, procs, file, budget):
    done = subprocess.run([BUILD / "bench/kill_bench", procs, file, "50"], capture_output=True, text=True, check=True)
    median, worst, killed = done.stdout.split()
    line(what, float(median) / 1000, "ms", budget, None, f"worst {float(worst) / 1000:.2f} ms, {killed} of 50 killed")


def bench_kills():
    with Cgroups(1) as cgroups, Picket("--enforce"), tempfile.TemporaryDirectory() as directory:
        miner = shutil.copy("/bin/sleep", f"{directory}/xmrig")
        procs = cgroups.paths[0] / "cgroup.procs"
        print_kill("system call to the process's end, by the kernel", procs, "/etc/shadow", "never returns from it")
        print_kill("exec to the process's end, by user space", procs, miner, "1 ms at the 99th of 100")


def keep_scrape(path):
    with Cgroups(CONTAINERS), Picket() as picket:
        pathlib.Path(path).write_bytes(picket.scrape())


def main():
    if os.geteuid() != 0:
        sys.exit("bench: needs root")
    if sys.argv[1:2] == ["--scrape"]:
        keep_scrape(sys.argv[2])
        return
    start = time.monotonic()
    parts = {"calls": bench_syscalls, "transport": bench_transport, "daemon": bench_daemon,
             "findings": bench_findings, "kills": bench_kills}
    print(f"kernel {os.uname().release}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start")
    for name in sys.argv[1:] or parts:
        parts[name]()
    print(f"\n{time.monotonic() - start:.0f} s")


main()
