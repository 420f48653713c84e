# SPDX-License-Identifier: GPL-2.0-only
"""What every end-to-end test starts from: Docker, an image, picket.

Needs root, and Debian's docker.io (or Docker's own), busybox-static, gcc, python3-pytest, python3-protobuf and
prometheus. Each test names the containers it starts; all are removed at its end.
"""
import contextlib
import io
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import pytest

import otlp_receiver

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ.get("BUILD", HERE.parent.parent / "build"))
DOCKER_SOCKET = "unix:///var/run/docker.sock"
IMAGE = f"picket-e2e:{os.getpid()}"  # two runs at one time do not remove each other's
READER_RULE = """
rules:
  - name: passwd_read
    description: The tests read this file often.
    severity: warning
    event: file_open
    where:
      file.path: /etc/passwd
      file.access: read
    scope: container
    grouped: false
"""


def run(*command, check=True, timeout=60, **options):
    """Run to the end and return the result; what fails is shown whole."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=timeout,
                          check=False, **options)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def wait_for(condition, what, timeout=10):
    """The first true value of condition(). What is waited for may be a function, if only the end can tell."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout} s in vain for {what() if callable(what) else what}")
        time.sleep(0.05)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def docker(*arguments, **options):
    return run("docker", "-H", DOCKER_SOCKET, *arguments, **options)


def stop_process(process, timeout=20):
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)
        raise


SAMPLE = re.compile(r'([a-zA-Z_:][\w:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? (\S+)')
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')
ESCAPES = {"n": "\n", '"': '"', "\\": "\\"}


def parse_metrics(text):
    """[(name, labels, value)] of a text exposition."""
    samples = []
    for line in text.split("\n"):
        if not line or line.startswith("#"):
            continue
        match = SAMPLE.fullmatch(line)
        assert match, f"not a sample: {line[:300]!r}"
        labels = {name: re.sub(r"\\(.)", lambda found: ESCAPES[found[1]], value)
                  for name, value in LABEL.findall(match[2] or "")}
        samples.append((match[1], labels, float(match[3])))
    return samples


class Scrape:
    """The samples of one scrape."""

    def __init__(self, text):
        self.samples = parse_metrics(text)

    def values(self, name, **labels):
        """Every sample of this name with at least these labels, as (labels, value)."""
        return [(found, value) for sample, found, value in self.samples
                if sample == name and labels.items() <= found.items()]

    def value(self, name, **labels):
        """Their sum; None where there is no such sample."""
        found = self.values(name, **labels)
        return sum(value for _, value in found) if found else None


class Picket:
    """One running daemon."""

    def __init__(self, directory, flags, environment):
        self.port = free_port()
        self.directory = directory
        self.socket = directory / "control.sock"
        self.log_path = directory / "picket.log"
        wrapper = shlex.split(os.environ.get("PICKET_WRAPPER", ""))
        self.command = [*wrapper, BUILD / "picket", f"--web.listen-address=127.0.0.1:{self.port}",
                        f"--control.socket={self.socket}", *flags]
        self.environment = {**os.environ, "OTEL_BLRP_SCHEDULE_DELAY": "100", "PICKET_SOCKET": str(self.socket),
                            **environment}
        self.process = None

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([str(word) for word in self.command], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, env=self.environment)
        wait_for(self.is_ready, f"/-/ready; the log says:\n{self.log}", 60)
        return self

    def stop(self):
        status = stop_process(self.process)
        assert status == 0, f"picket ended with {status}:\n{self.log}"

    @property
    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def is_ready(self):
        assert self.process.poll() is None, f"picket ended with {self.process.returncode}:\n{self.log}"
        try:
            return self.get("/-/ready").status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def get(self, path, **headers):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}",
                                         headers={name.replace("_", "-"): text for name, text in headers.items()})
        return urllib.request.urlopen(request, timeout=10)

    def text(self, **headers):
        with self.get("/metrics", **headers) as answer:
            return answer.read().decode()

    def scrape(self):
        """One scrape. A container that is gone may be missing from the next one, so compare within one."""
        return Scrape(self.text())

    def values(self, name, **labels):
        return self.scrape().values(name, **labels)

    def value(self, name, **labels):
        return self.scrape().value(name, **labels)

    def cli(self, *arguments, check=True):
        return run(BUILD / "picket", *arguments, env=self.environment, timeout=15, check=check)

    def findings(self, *arguments):
        lines = self.cli("events", "--json", "-n", "1000", *arguments).stdout
        return [json.loads(line) for line in lines.splitlines()]

    def wait_finding(self, *arguments):
        return wait_for(lambda: self.findings(*arguments), f"a finding of {arguments}; the log says:\n{self.log}")


def hosts_namespaces_are_known():
    """By pid 1 or by the kernel's first thread, where one may be looked at; without a wrapper, picket's own are the host's."""
    return "PICKET_WRAPPER" not in os.environ or any(os.path.exists(f"/proc/{pid}/ns/mnt") for pid in (1, 2))


class Containers:
    """Starts containers and removes them all."""

    def __init__(self):
        self.names = []

    def name(self, hint="c"):
        name = f"picket-e2e-{hint}-{uuid.uuid4().hex[:8]}"
        self.names.append(name)
        return name

    def run(self, *command, name=None, options=(), check=True):
        """To its end; Return: its name."""
        name = name or self.name()
        docker("run", "--network=none", "--name", name, *options, IMAGE, *command, check=check, timeout=120)
        return name

    def start(self, *command, name=None, options=()):
        """In the background; Return: its name."""
        name = name or self.name()
        docker("run", "-d", "--network=none", "--name", name, *options, IMAGE, *command)
        return name

    def inspect(self, name, form):
        return docker("inspect", "-f", form, name).stdout.strip()

    def id(self, name):
        return self.inspect(name, "{{.Id}}")

    def remove_all(self):
        for name in self.names:
            docker("unpause", name, check=False)
        if self.names:
            docker("rm", "-f", *self.names, check=False)


def docker_answers():
    return shutil.which("docker") and docker("info", check=False).returncode == 0


@pytest.fixture(scope="session")
def dockerd(tmp_path_factory):
    """Docker that runs already, or one for the time of the tests."""
    if os.geteuid() != 0:
        pytest.exit("the end-to-end tests need root; try sudo", 1)
    if docker_answers():
        yield
        return
    log_path = tmp_path_factory.mktemp("dockerd") / "log"
    with open(log_path, "wb") as log:
        process = subprocess.Popen(["dockerd", "--iptables=false", "--bridge=none", "--storage-driver=vfs",
                                    "--ip-masq=false"], stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for(docker_answers, f"dockerd; see {log_path}", 60)
        yield
    finally:
        stop_process(process, 60)


def add_file(archive, name, content, mode=0o644):
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    archive.addfile(entry, io.BytesIO(content))


def make_image(path, ops):
    with tarfile.open(path, "w") as archive:
        for directory in ("bin", "etc", "proc", "sys", "dev", "tmp", "out"):
            entry = tarfile.TarInfo(directory)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if directory == "tmp" else 0o755
            archive.addfile(entry)
        archive.add("/bin/busybox", "bin/busybox")
        for applet in ("sh", "cat", "sleep", "true", "ls", "echo"):
            entry = tarfile.TarInfo(f"bin/{applet}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(entry)
        archive.add(ops, "ops")
        add_file(archive, "etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
        add_file(archive, "etc/group", b"root:x:0:\n")
        add_file(archive, "etc/shadow", b"root:$6$canary$of-the-tests:19000:0:99999:7:::\n", 0o600)


@pytest.fixture(scope="session")
def image(dockerd, tmp_path_factory):
    directory = tmp_path_factory.mktemp("image")
    run("gcc", "-static", "-O2", "-Wall", "-Werror", "-o", directory / "ops", HERE / "ops.c")
    make_image(directory / "image.tar", directory / "ops")
    docker("import", directory / "image.tar", IMAGE)
    yield IMAGE
    docker("rmi", "-f", IMAGE, check=False)


@pytest.fixture
def containers(image):
    """Containers of this test."""
    started = Containers()
    yield started
    started.remove_all()


@pytest.fixture
def picket(tmp_path):
    """picket(*flags, **environment): a daemon that is ready; it must end with 0 when the test is over."""
    with contextlib.ExitStack() as stack:
        def start(*flags, **environment):
            directory = tmp_path / f"picket{uuid.uuid4().hex[:6]}"
            directory.mkdir()
            daemon = Picket(directory, flags, environment)

            def end():
                if daemon.process and daemon.process.poll() is None:
                    daemon.stop()

            stack.callback(end)
            return daemon.start()

        yield start


@pytest.fixture
def receiver():
    """An OTLP receiver that listens."""
    started = otlp_receiver.Receiver(free_port()).start()
    yield started
    started.stop()


@pytest.fixture
def reader_rule(tmp_path):
    """A rule that raises a finding for each read of /etc/passwd, without a throttle in the way."""
    path = tmp_path / "reader.yaml"
    path.write_text(READER_RULE)
    return path
