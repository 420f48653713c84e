# SPDX-License-Identifier: GPL-2.0-only
"""The container image, run as the compose file says: with those capabilities and mounts and no others."""
import json
import resource
import shutil
import tarfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml
from conftest import BUILD, HERE, Scrape, docker, free_port, run, wait_for

SOURCE = HERE.parent.parent
NAME = "picket-e2e-image"


class Docker:
    """The engine of the tests; Debian 12's has not heard of CAP_BPF."""

    def __call__(self, *arguments, **options):
        return docker(*arguments, **options)

    def knows_capabilities(self):
        done = docker("create", "--cap-add=BPF", "picket-e2e-no-such-image", check=False)
        return "unknown capability" not in done.stderr


class Podman:
    """The same by Podman, in a store of its own; runc, for crun refuses hybrid cgroups."""

    def __init__(self, directory):
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        self.base = ["podman", "--cgroup-manager=cgroupfs", "--runtime", shutil.which("runc"), "--storage-driver=vfs",
                     "--root", directory / "store", "--runroot", directory / "run"]
        self.limits = [f"--ulimit=nofile={limit}:{limit}", "--ulimit=nproc=4096:4096"]

    def __call__(self, command, *arguments, **options):
        limits = self.limits if command == "run" else []
        return run(*self.base, command, *limits, *arguments, **options)


def service():
    return yaml.safe_load((SOURCE / "deploy/compose/compose.yaml").read_text())["services"]["picket"]


def options_of(described, network="host"):
    """docker run's words for a service of the compose file; the host's network in the place of published ports."""
    words = [f"--pid={described['pid']}", f"--network={network}", f"--cgroupns={described['cgroup']}",
             f"--memory={described['mem_limit']}", "--read-only"]
    assert described["read_only"]
    described["security_opt"] = [word.replace("seccomp=./", f"seccomp={SOURCE}/deploy/compose/")
                                 for word in described["security_opt"]]
    for key, flag in (("cap_drop", "--cap-drop"), ("cap_add", "--cap-add"), ("security_opt", "--security-opt"),
                      ("tmpfs", "--tmpfs")):
        words += [f"{flag}={word}" for word in described[key]]
    for volume in described["volumes"]:
        source, target = volume.split(":", 1)
        if source.startswith("./"):
            source = SOURCE / "deploy/compose" / source
        words.append(f"--volume={source if '/' in str(source) else NAME}:{target}")
    unknown = described.keys() - {"image", "command", "pid", "ports", "cgroup", "cap_drop", "cap_add",
                                  "security_opt", "read_only", "tmpfs", "volumes", "mem_limit", "restart"}
    assert not unknown, f"not tried here: {unknown}"
    return words


@pytest.fixture(scope="module")
def engine(dockerd, tmp_path_factory):
    """What runs the image: Docker, or Podman where Docker is too old for the capabilities."""
    if not shutil.which("buildah"):
        pytest.skip("buildah is not installed")
    chosen = Docker()
    if not chosen.knows_capabilities():
        if not shutil.which("podman"):
            pytest.skip("this Docker does not know CAP_BPF, and podman is not installed")
        chosen = Podman(tmp_path_factory.mktemp("podman"))
    run("make", "--no-print-directory", "-C", SOURCE, "image", f"BUILD={BUILD}", timeout=300)
    chosen("load", "-i", BUILD / "picket-image.tar")
    yield chosen
    chosen("rm", "-f", NAME, check=False)
    chosen("volume", "rm", NAME, check=False)
    chosen("rmi", "-f", service()["image"], check=False)


class ContainedPicket:
    """A daemon in a container."""

    def __init__(self, engine, *flags, network="host"):
        self.engine = engine
        self.port = free_port()
        described = service()
        command = [word for word in described["command"] if not word.startswith("--otlp")]
        engine("rm", "-f", NAME, check=False)
        engine("run", "-d", "--name", NAME, *options_of(described, network), described["image"], *command,
               f"--web.listen-address=127.0.0.1:{self.port}", *flags)

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""
        except (urllib.error.URLError, ConnectionError):
            return 0, ""

    def log(self):
        done = self.engine("logs", NAME, check=False)
        return done.stdout + done.stderr

    def wait_ready(self):
        wait_for(lambda: self.get("/-/ready")[0] == 200, "/-/ready", 20)

    def findings(self, container):
        lines = self.engine("exec", NAME, "/usr/bin/picket", "events", "--json", "--container", container).stdout
        return [json.loads(line) for line in lines.splitlines()]


@pytest.fixture
def contained(engine):
    """contained(*flags): the daemon in its container, ready."""
    def start(*flags):
        daemon = ContainedPicket(engine, *flags)
        try:
            daemon.wait_ready()
        except AssertionError as error:
            raise AssertionError(daemon.log()) from error
        return daemon

    yield start
    engine("rm", "-f", NAME, check=False)


def opens(daemon, name):
    return Scrape(daemon.get("/metrics")[1]).value("picket_file_opens_total", container=name, access="read")


def test_a_container_of_the_host_is_named_and_judged(contained, containers, engine):
    daemon = contained()
    name = containers.start("sleep", "60")
    docker("exec", name, "cat", "/etc/shadow")
    found = wait_for(lambda: daemon.findings(name), "a finding")
    assert found[0]["rule"] == "shadow_file_read"
    everything = engine("exec", NAME, "/usr/bin/picket", "events", "--json", "-n", "1000").stdout.splitlines()
    own = [finding for finding in map(json.loads, everything) if finding["process.executable.name"] == "picket"]
    assert not own, "in a container of its own it is a workload as any, but what it does is no finding"
    scrape = Scrape(daemon.get("/metrics")[1])
    assert scrape.value("picket_rule_matches_total", container=name, rule="shadow_file_read") >= 1
    assert scrape.value("picket_container_info", container=name, runtime="docker") == 1


def test_it_becomes_ready_in_a_cgroup_namespace_of_its_own(contained, containers, monkeypatch):
    """As in Kubernetes, where a pod cannot ask for the host's."""
    monkeypatch.setitem(globals(), "service", lambda described=service(): {**described, "cgroup": "private"})
    daemon = contained()
    name = containers.start("sleep", "60")
    docker("exec", name, "cat", "/etc/shadow")
    wait_for(lambda: daemon.findings(name), "a finding")


def test_it_needs_nothing_of_the_hosts_network(engine, containers):
    """As in the stack and in Kubernetes, where it has a network of its own."""
    daemon = ContainedPicket(engine, network="none")
    try:
        wait_for(lambda: "watching;" in daemon.log(), "the daemon", 20)
        name = containers.start("sleep", "60")
        docker("exec", name, "cat", "/etc/shadow")
        wait_for(lambda: daemon.findings(name), "a finding")
    finally:
        engine("rm", "-f", NAME, check=False)


def test_it_kills_with_enforce(contained, containers):
    contained("--enforce")
    name = containers.start("sleep", "60")
    wait_for(lambda: docker("exec", name, "cat", "/etc/shadow", check=False).returncode == 137, "the kill", 5)


GROUP_RULE = """
rules:
  - name: group_read
    description: For a response.
    severity: warning
    event: file_open
    where: {file.path: /etc/group}
    scope: container
    response: [RESPONSE]
"""


@pytest.fixture
def respond(contained, monkeypatch, tmp_path):
    """respond(response): a daemon that does so to who opens /etc/group."""
    def start(response):
        (tmp_path / "rule.yaml").write_text(GROUP_RULE.replace("RESPONSE", response))
        described = service()
        described["volumes"] = [volume.replace("./rules.d", str(tmp_path)) for volume in described["volumes"]]
        monkeypatch.setitem(globals(), "service", lambda: described)
        return contained("--enforce")

    return start


def test_it_pauses_through_dockers_socket(respond, containers):
    daemon = respond("pause")
    name = containers.start("sleep", "60")
    docker("exec", "-d", name, "cat", "/etc/group")
    wait_for(lambda: containers.inspect(name, "{{.State.Paused}}") == "true",
             f"the pause; the log says:\n{daemon.log()}")


def test_its_snapshots_outlive_the_container(respond, contained, containers, engine):
    daemon = respond("investigate")
    name = containers.start("sleep", "60")
    docker("exec", name, "cat", "/etc/group")

    def listed():
        return engine("exec", NAME, "/usr/bin/picket", "incidents", check=False).stdout

    wait_for(lambda: "group_read" in listed() and name in listed(), f"a snapshot; the log says:\n{daemon.log()}")
    contained()  # another container takes its place
    assert "group_read" in listed() and name in listed()


def test_what_is_pinned_outlives_the_container(contained, containers, engine):
    """As in an update: the old container goes, another one comes."""
    pins = ("--bpf.pin", f"--bpf.pin-path=/sys/fs/bpf/{NAME}")
    daemon = contained(*pins)
    name = containers.start("sleep", "60")
    try:
        wait_for(lambda: opens(daemon, name) is not None, "the container's counters")
        before = opens(daemon, name)
        engine("rm", "-f", NAME)
        docker("exec", name, "/ops", "open-many", "/etc/group", "1234")
        assert opens(contained(*pins), name) >= before + 1234
    finally:
        engine("rm", "-f", NAME, check=False)
        described = service()
        engine("run", "--rm", *options_of(described), described["image"], "unload", pins[1].split("=")[1])
    assert not Path(f"/sys/fs/bpf/{NAME}").exists()


def test_there_is_no_shell_in_it_and_nothing_is_writable(contained, engine):
    contained()
    assert engine("exec", NAME, "/bin/sh", "-c", "true", check=False).returncode != 0
    assert "true" in engine("inspect", "-f", "{{.HostConfig.ReadonlyRootfs}}", NAME).stdout


def test_it_stops_cleanly(contained, engine):
    contained()
    started = time.monotonic()
    engine("stop", "-t", "10", NAME)
    assert engine("inspect", "-f", "{{.State.ExitCode}}", NAME).stdout.strip() == "0"
    assert time.monotonic() - started < 8


@pytest.mark.parametrize("lost", ["BPF", "PERFMON"])
def test_without_a_capability_it_says_so(engine, lost):
    described = service()
    described["cap_add"] = [name for name in described["cap_add"] if name != lost]
    engine("rm", "-f", NAME, check=False)
    done = engine("run", "--rm", "--name", NAME, *options_of(described), described["image"],
                  "--web.listen-address=127.0.0.1:0", check=False)
    assert done.returncode == 1
    assert "CAP_BPF" in done.stderr, done.stderr


def test_the_same_sources_give_the_same_image(engine):
    first = run("sha256sum", BUILD / "picket-image.tar").stdout
    run("make", "--no-print-directory", "-C", SOURCE, "image", f"BUILD={BUILD}", timeout=300)
    assert run("sha256sum", BUILD / "picket-image.tar").stdout == first


def test_the_same_program_gives_the_same_image(tmp_path):
    if not shutil.which("buildah"):
        pytest.skip("buildah is not installed")
    archives = [tmp_path / "first.tar", tmp_path / "second.tar"]
    for archive in archives:
        run(SOURCE / "deploy/image/build.sh", BUILD / "picket", archive, "1", "r", timeout=120)
        time.sleep(1.1)
    first, second = [tarfile.open(archive).extractfile("manifest.json").read() for archive in archives]
    assert first == second, "names of configuration and layers are their digests"
