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

from conftest import BUILD, run, wait_for

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
TRIGGER = f"trigger-{uuid.uuid4().hex[:8]}"  # no other container of this machine has it
RULES = f"""
rules:
- name: trigger_read
  description: Who reads it is responded to.
  severity: error
  event: file_open
  where:
    file.path: /out/{TRIGGER}
    file.access: read
  scope: container
  response: %s
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
    """Streams "c"s to the peer, and reads what the rule is about as soon as /out/go is there."""
    (out / TRIGGER).write_text("read me\n")
    script = (f"while [ ! -e /out/stream ]; do /bin/busybox usleep 10000; done;"
              f"while :; do echo cccccccccccccccccccccccccccccccc; /bin/busybox usleep 1000; done |"
              f" /bin/busybox nc {peer_address} 5001 &"
              f"while [ ! -e /out/go ]; do /bin/busybox usleep 1000; done; cat /out/{TRIGGER}; sleep 300")
    return containers.start("/bin/sh", "-c", script, options=("-v", f"{out}:/out"))


class Streams:
    """The container's stream and the host's beside it, both of which run."""

    def __init__(self, name, far, enter, arrivals, out):
        self.name, self.far, self.enter, self.arrivals, self.out = name, far, enter, arrivals, out

    def stopped_ms(self):
        """Let the container read the file. Return: when its last bytes arrived after that, in milliseconds."""
        before = len(self.arrivals.times("c"))
        start = time.monotonic()
        (self.out / "go").touch()
        time.sleep(1.5)
        assert before > 20, "the stream has run"
        assert time.monotonic() - self.arrivals.last("h") < 0.2, "the host's stream goes on"
        return (self.arrivals.last("c") - start) * 1000

    def resumed_ms(self, start, timeout=15):
        """When its first bytes arrived after @start."""
        wait_for(lambda: self.arrivals.last("c") > start, "the stream to go on", timeout)
        return (next(arrived for arrived in self.arrivals.times("c") if arrived > start) - start) * 1000


@contextlib.contextmanager
def streams(containers, tmp_path, family="ipv4"):
    addresses = ADDRESSES[family]
    far = addresses[1].split("/")[0]
    out = tmp_path / "out"
    out.mkdir()
    name = start_container(containers, far, out)
    pid = containers.inspect(name, "{{.State.Pid}}")
    enter = ("nsenter", "-n", "-t", pid)
    arrivals = Arrivals(tmp_path / "arrivals")
    with joined_namespaces(pid, addresses) as peer, open(arrivals.path, "wb") as log, \
            process("ip", "netns", "exec", peer, sys.executable, "-c", SINK, far, stdout=log):
        wait_for(lambda: "ready" in arrivals.path.read_text(), "the peer")
        with process(*enter, sys.executable, "-c", SOURCE, far):
            (out / "stream").touch()
            wait_for(lambda: arrivals.last("c") and arrivals.last("h"), "both streams")
            time.sleep(0.5)
            yield Streams(name, far, enter, arrivals, out)


@pytest.fixture
def enforcing(picket, tmp_path):
    """enforcing(response, *flags): a daemon with one rule."""
    def start(response, *flags):
        (tmp_path / "rules.yaml").write_text(RULES % response)
        return picket("--enforce", "--no-rules.defaults", f"--rules.path={tmp_path / 'rules.yaml'}", *flags)
    return start


@pytest.mark.parametrize("family", ADDRESSES)
def test_an_isolated_container_is_cut_off_at_once_and_nobody_else(family, enforcing, containers, tmp_path):
    daemon = enforcing("[isolate]")
    with streams(containers, tmp_path, family) as running:
        name, far = running.name, running.far
        stopped_ms = running.stopped_ms()
        assert stopped_ms < 100, daemon.log
        assert daemon.value("picket_container_quarantined", action="isolate", container=name) == 1
        # what is new does not get through either, in any direction; the host's does
        attempt = containers_exec(name, "/bin/busybox", "nc", "-w", "2", far, "5001")
        assert attempt.returncode != 0
        assert run(*running.enter, sys.executable, "-c", connect_once(far), check=False).returncode == 0
        release = time.monotonic()
        daemon.cli("release", name)
        print(f"\nisolate, {family}: stopped {stopped_ms:.1f} ms after the container was told to read the file, went on "
              f"{running.resumed_ms(release):.0f} ms after the release")
    assert daemon.value("picket_container_quarantined", action="isolate", container=name) is None
    assert daemon.value("picket_responses_total", action="isolate") == 1
    again = daemon.cli("release", name, check=False)
    assert again.returncode == 1 and again.stderr, "nothing is left to release"


def test_an_isolation_ends_by_itself_when_its_time_is_over(enforcing, containers, tmp_path):
    daemon = enforcing("{isolate: {timeout: 3s}}")
    with streams(containers, tmp_path) as running:
        start = time.monotonic()
        stopped_ms = running.stopped_ms()
        assert stopped_ms < 100, daemon.log
        resumed_ms = running.resumed_ms(start + 1)
        assert 2000 <= resumed_ms + 1000 < 8000, "a retransmission may wait a little after the network is back"
        print(f"\nisolate for 3 s: stopped after {stopped_ms:.1f} ms, went on {resumed_ms + 1000:.0f} ms after its start")
    assert daemon.value("picket_responses_released_total") == 1
    assert "its time is over" in daemon.log, "the release is audited"


def test_a_timeout_outlives_the_daemon(enforcing, containers, tmp_path):
    daemon = enforcing("{isolate: {timeout: 4s}}", f"--control.socket={tmp_path / 'run' / 'control.sock'}")
    with streams(containers, tmp_path) as running:
        start = time.monotonic()
        assert running.stopped_ms() < 100, daemon.log
        daemon.stop()
        time.sleep(max(0, start + 5 - time.monotonic()))
        assert running.arrivals.last("c") < start + 1, "no daemon, no release"
        following = enforcing("{isolate: {timeout: 4s}}", f"--control.socket={tmp_path / 'run' / 'control.sock'}")
        running.resumed_ms(start + 1)
        assert following.value("picket_responses_released_total") == 1
        assert "going on with 1 timeouts" in following.log


def test_a_paused_container_stands_still_at_once_and_goes_on_by_itself(enforcing, containers, tmp_path):
    daemon = enforcing("{pause: {timeout: 3s}}")
    with streams(containers, tmp_path) as running:
        start = time.monotonic()
        stopped_ms = running.stopped_ms()
        assert stopped_ms < 1000, daemon.log
        assert containers.inspect(running.name, "{{.State.Paused}}") == "true"
        resumed_ms = running.resumed_ms(start + 1)
        print(f"\npause for 3 s: stopped after {stopped_ms:.1f} ms, went on {resumed_ms + 1000:.0f} ms after its start")
    wait_for(lambda: daemon.value("picket_responses_released_total") == 1, daemon.log)
    assert containers.inspect(running.name, "{{.State.Paused}}") == "false"


@pytest.mark.parametrize("response", ["[kill]", "{kill: {scope: tree}}", "{kill: {scope: container}}",
                                      "[investigate, isolate, {kill: {scope: container}}]"])
def test_a_kill_ends_what_it_is_said_to_end(response, enforcing, containers, tmp_path):
    daemon = enforcing(response, f"--incidents.path={tmp_path / 'incidents'}")
    with streams(containers, tmp_path) as running:
        stopped_ms = running.stopped_ms()
        state = containers.inspect(running.name, "{{.State.Running}} {{.State.ExitCode}}")
        wait_for(lambda: daemon.value("picket_responses_total", action="kill") == 1, daemon.log)
        if "container" in response:
            assert stopped_ms < 1000 and state == "false 137", daemon.log
            print(f"\n{response}: stopped after {stopped_ms:.1f} ms")
        else:
            assert state.startswith("true"), "the reader alone has ended"
            assert running.arrivals.last("c") > time.monotonic() - 1
    if "investigate" in response:
        assert daemon.value("picket_responses_total", action="investigate") == 1
        assert daemon.value("picket_responses_total", action="isolate") == 1


def test_a_tree_is_killed_and_what_is_beside_it_lives_on(enforcing, containers, tmp_path):
    (tmp_path / TRIGGER).write_text("read me\n")
    daemon = enforcing("{kill: {scope: tree}}")
    script = (f"sleep 301 & sh -c 'sleep 302 & sh -c \"sleep 303 & exec 3</out/{TRIGGER}; sleep 304\"; sleep 305' &"
              f" sleep 306")
    name = containers.start("/bin/sh", "-c", script, options=("-v", f"{tmp_path}:/out"))
    wait_for(lambda: daemon.value("picket_responses_total", action="kill") == 1, daemon.log)
    time.sleep(0.3)
    left = containers_exec(name, "/bin/busybox", "ps", "-o", "args").stdout
    assert {word for word in left.split() if word.startswith("30")} == {"301", "302", "305", "306"}, \
        "the reader and what it began; not its brothers"
    assert "1 that descend from it" in daemon.log


@pytest.mark.parametrize("pattern", ["container={name}", "image=picket-e2e:*", "cgroup=/docker/**"])
@pytest.mark.parametrize("response", ["[kill]", "[isolate, investigate, {kill: {scope: container}}]"])
def test_who_is_never_to_be_touched_is_not(pattern, response, enforcing, containers, tmp_path):
    (tmp_path / TRIGGER).write_text("read me\n")
    name = containers.name("spared")
    daemon = enforcing(response, f"--respond.never-touch={pattern.format(name=name)}",
                       f"--incidents.path={tmp_path / 'incidents'}")
    containers.run("cat", f"/out/{TRIGGER}", name=name, options=("-v", f"{tmp_path}:/out"))
    wait_for(lambda: daemon.value("picket_responses_spared_total", action="kill") == 1, daemon.log)
    assert containers.inspect(name, "{{.State.ExitCode}}") == "0", "not by the kernel part either"
    assert daemon.value("picket_responses_total", action="kill") == 0
    if "isolate" in response:
        assert daemon.value("picket_responses_spared_total", action="isolate") == 1
        wait_for(lambda: daemon.value("picket_responses_total", action="investigate") == 1, "looking is not touching")


def test_a_pattern_that_is_none_stops_the_start(tmp_path):
    done = run(BUILD / "picket", "--respond.never-touch=images=x", f"--control.socket={tmp_path / 'c.sock'}",
               "--web.listen-address=127.0.0.1:0", check=False)
    assert done.returncode == 1 and "images=x" in done.stderr


def containers_exec(name, *command):
    return run("docker", "-H", "unix:///var/run/docker.sock", "exec", name, *command, check=False, timeout=30)


def connect_once(address):
    return f"import socket; socket.create_connection(('{address}', 5001), 2).close()"


def test_an_isolation_outlives_the_daemon_and_can_be_released_by_the_next(picket, containers, tmp_path):
    far = ADDRESSES["ipv4"][1].split("/")[0]
    (tmp_path / "rules.yaml").write_text(RULES % "[isolate]")
    (tmp_path / "out").mkdir()
    daemon = picket("--enforce", "--no-rules.defaults", f"--rules.path={tmp_path / 'rules.yaml'}")
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
        following = picket("--enforce", "--no-rules.defaults", f"--rules.path={tmp_path / 'rules.yaml'}")
        assert following.value("picket_container_quarantined", action="isolate", container=name) == 1
        assert containers_exec(name, *command).returncode != 0
        assert arrivals.last("c") <= cut, "not even while it was restarted"
        release = time.monotonic()
        following.cli("release", name)
        wait_for(lambda: arrivals.last("c") > release, f"the stream to go on; {following.log}", 15)
