# SPDX-License-Identifier: GPL-2.0-only
"""A container cut off from the network: real TCP streams between two network namespaces, with the times printed.

The container's namespace and the peer's are joined by a pair of virtual interfaces. A stream of the container and one
of a host process in the very same namespace run at once: only the first may stop.
"""
import contextlib
import subprocess
import sys
import time
import uuid

import pytest

from conftest import run, wait_for

# Accepts streams and tells of each, every millisecond in which something came: port of the sender, time.
SINK = """
import select, socket, sys, time
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
listener = socket.create_server((sys.argv[1], 5001), family=family)
print("ready", flush=True)
streams = {}
while True:
    for ready in select.select([listener, *streams], [], [])[0]:
        if ready is listener:
            stream, _ = listener.accept()
            streams[stream] = "?"
        elif data := ready.recv(65536):
            streams[ready] = chr(data[0]) if streams[ready] == "?" else streams[ready]
            print(streams[ready], time.monotonic(), flush=True)
        else:
            del streams[ready]
"""
SOURCE = """
import socket, sys, time
stream = socket.create_connection((sys.argv[1], 5001))
while True:
    stream.sendall(b"h" * 1000)
    time.sleep(0.001)
"""
RULES = """
rules:
- name: group_isolate
  description: Who reads it is cut off.
  severity: error
  event: file_open
  where:
    file.path: /etc/group
    file.access: read
  scope: container
  response: [isolate]
"""
ADDRESSES = {"ipv4": ("10.213.7.1/30", "10.213.7.2/30"), "ipv6": ("fd00:213::1/126", "fd00:213::2/126")}


class Arrivals:
    """When something arrived last, per stream: "c" of the container, "h" of the host process beside it."""

    def __init__(self, path):
        self.path = path

    def times(self, stream):
        lines = self.path.read_text().splitlines()
        return [float(line.split()[1]) for line in lines if line.startswith(stream + " ") and line.count(" ") == 1
                and line.split()[1].replace(".", "").isdigit()]

    def last(self, stream):
        times = self.times(stream)
        return times[-1] if times else 0.0


@contextlib.contextmanager
def process(*command, **options):
    with subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, **options) as started:
        try:
            yield started
        finally:
            started.kill()


@contextlib.contextmanager
def joined_namespaces(pid, addresses):
    """A namespace of its own for the peer, joined with that of @pid. Yields its name."""
    peer = f"picket-{uuid.uuid4().hex[:6]}"
    near, far = f"pk{peer[-6:]}a", f"pk{peer[-6:]}b"
    run("ip", "netns", "add", peer)
    try:
        run("ip", "link", "add", near, "type", "veth", "peer", "name", far)
        run("ip", "link", "set", near, "netns", str(pid))
        run("ip", "link", "set", far, "netns", peer)
        for enter, device, address in ((("nsenter", "-n", "-t", pid), near, addresses[0]),
                                       (("ip", "netns", "exec", peer), far, addresses[1])):
            run(*enter, "sh", "-c", "echo 0 >/proc/sys/net/ipv6/conf/all/disable_ipv6")  # Docker switches it off
            options = ("nodad",) if ":" in address else ()
            run(*enter, "ip", "address", "add", address, "dev", device, *options)
            run(*enter, "ip", "link", "set", device, "up")
            run(*enter, "ip", "link", "set", "lo", "up")
        yield peer
    finally:
        run("ip", "netns", "delete", peer, check=False)


def start_container(containers, peer_address, out):
    """Streams "c"s to the peer, and reads /etc/group as soon as /out/go is there."""
    script = (f"while [ ! -e /out/stream ]; do /bin/busybox usleep 10000; done;"
              f"while :; do echo cccccccccccccccccccccccccccccccc; /bin/busybox usleep 1000; done |"
              f" /bin/busybox nc {peer_address} 5001 &"
              f"while [ ! -e /out/go ]; do /bin/busybox usleep 1000; done; cat /etc/group; sleep 300")
    return containers.start("/bin/sh", "-c", script, options=("-v", f"{out}:/out"))


@pytest.mark.parametrize("family", ADDRESSES)
def test_an_isolated_container_is_cut_off_at_once_and_nobody_else(family, picket, containers, tmp_path):
    addresses = ADDRESSES[family]
    far = addresses[1].split("/")[0]
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "out").mkdir()
    daemon = picket("--enforce", f"--rules.path={tmp_path / 'rules.yaml'}")
    name = start_container(containers, far, tmp_path / "out")
    pid = containers.inspect(name, "{{.State.Pid}}")
    enter = ("nsenter", "-n", "-t", pid)
    arrivals = Arrivals(tmp_path / "arrivals")
    with joined_namespaces(pid, addresses) as peer, open(arrivals.path, "wb") as log, \
            process("ip", "netns", "exec", peer, sys.executable, "-c", SINK, far, stdout=log):
        wait_for(lambda: "ready" in arrivals.path.read_text(), "the peer")
        with process(*enter, sys.executable, "-c", SOURCE, far):
            (tmp_path / "out" / "stream").touch()
            wait_for(lambda: arrivals.last("c") and arrivals.last("h"), "both streams")
            time.sleep(0.5)
            before = len(arrivals.times("c"))
            start = time.monotonic()
            (tmp_path / "out" / "go").touch()
            time.sleep(1.5)
            stopped_ms = (arrivals.last("c") - start) * 1000
            assert before > 20, "the stream has run"
            assert stopped_ms < 100, daemon.log
            assert time.monotonic() - arrivals.last("h") < 0.2, "the host's stream goes on"
            assert daemon.value("picket_container_quarantined", action="isolate", container=name) == 1
            # what is new does not get through either, in any direction; the host's does
            attempt = containers_exec(name, "/bin/busybox", "nc", "-w", "2", far, "5001")
            assert attempt.returncode != 0
            assert run(*enter, sys.executable, "-c", connect_once(far), check=False).returncode == 0
            release = time.monotonic()
            daemon.cli("release", name)
            wait_for(lambda: arrivals.last("c") > release, f"the stream to go on; {daemon.log}", 15)
            first = next(arrived for arrived in arrivals.times("c") if arrived > release)
            print(f"\n{family}: stopped {stopped_ms:.1f} ms after the container was told to read the file, went on "
                  f"{(first - release) * 1000:.0f} ms after the release")
    assert daemon.value("picket_container_quarantined", action="isolate", container=name) is None
    assert daemon.value("picket_responses_total", action="isolate") == 1
    again = daemon.cli("release", name, check=False)
    assert again.returncode == 1 and again.stderr, "nothing is left to release"


def containers_exec(name, *command):
    return run("docker", "-H", "unix:///var/run/docker.sock", "exec", name, *command, check=False, timeout=30)


def connect_once(address):
    return f"import socket; socket.create_connection(('{address}', 5001), 2).close()"


def test_an_isolation_outlives_the_daemon_and_can_be_released_by_the_next(picket, containers, tmp_path):
    far = ADDRESSES["ipv4"][1].split("/")[0]
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "out").mkdir()
    daemon = picket("--enforce", f"--rules.path={tmp_path / 'rules.yaml'}")
    name = start_container(containers, far, tmp_path / "out")
    pid = containers.inspect(name, "{{.State.Pid}}")
    with joined_namespaces(pid, ADDRESSES["ipv4"]) as peer, open(tmp_path / "arrivals", "wb") as log, \
            process("ip", "netns", "exec", peer, sys.executable, "-c", SINK, far, stdout=log):
        arrivals = Arrivals(tmp_path / "arrivals")
        wait_for(lambda: "ready" in arrivals.path.read_text(), "the peer")
        (tmp_path / "out" / "stream").touch()
        wait_for(lambda: arrivals.last("c"), "the stream")
        (tmp_path / "out" / "go").touch()
        wait_for(lambda: daemon.value("picket_container_quarantined", action="isolate", container=name) == 1,
                 f"the isolation; {daemon.log}")
        cut = time.monotonic()
        daemon.stop()
        command = ("/bin/busybox", "nc", "-w", "2", far, "5001")
        assert containers_exec(name, *command).returncode != 0, "nobody watches, the cut holds"
        following = picket("--enforce", f"--rules.path={tmp_path / 'rules.yaml'}")
        assert following.value("picket_container_quarantined", action="isolate", container=name) == 1
        assert containers_exec(name, *command).returncode != 0
        assert arrivals.last("c") <= cut, "not even while it was restarted"
        release = time.monotonic()
        following.cli("release", name)
        wait_for(lambda: arrivals.last("c") > release, f"the stream to go on; {following.log}", 15)
