# SPDX-License-Identifier: GPL-2.0-only
"""What Prometheus itself thinks of the metrics."""
import contextlib
import gzip
import http.server
import json
import subprocess
import threading
import urllib.parse
import urllib.request
import uuid
from pathlib import Path

import pytest

from conftest import free_port, parse_metrics, stop_process, wait_for

OPENMETRICS = "application/openmetrics-text;version=1.0.0"
CGROUP2 = next(Path(line.split()[1]) for line in Path("/proc/mounts").read_text().splitlines()
               if line.split()[2] == "cgroup2")
HOSTILE = {
    "quotes": 'a"b\\"c\\\\d\\',
    "newlines": 'up 1\n# TYPE picket_evil counter\npicket_evil_total 1\n# EOF\r\n\t\x01\x7f',
    "utf8": "контейнер-容器-\U0001f980-\u202etxt",
    "long": "x" * 4096,
    "long_utf8": "é" * 2048,
    "braces": '",} 1 1\n{container="',
}


class Prometheus:
    def __init__(self, directory, target, rules=(), scrape=None, flags=()):
        self.directory, self.target, self.rules, self.port = directory, target, rules, free_port()
        self.scrape, self.flags = scrape or {}, flags
        self.process = None

    def __enter__(self):
        self.directory.mkdir(exist_ok=True)
        config = self.directory / "prometheus.yml"
        config.write_text(json.dumps({
            "global": {"scrape_interval": "500ms", "scrape_timeout": "400ms", "evaluation_interval": "1s"},
            "rule_files": [str(path) for path in self.rules],
            "scrape_configs": [{"job_name": "picket", "honor_labels": True, "static_configs": [
                {"targets": [f"127.0.0.1:{self.target}"]}], **self.scrape}]}))
        with open(self.directory / "prometheus.log", "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.directory / 'tsdb'}",
                 f"--web.listen-address=127.0.0.1:{self.port}", *self.flags], stdout=log, stderr=log)
        return self

    def __exit__(self, *_):
        stop_process(self.process, 30)

    def ask(self, path, **query):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(url, timeout=5) as answer:
                return json.load(answer)["data"]
        return None

    def target_state(self):
        targets = (self.ask("targets") or {}).get("activeTargets", [])
        return targets[0] if targets and targets[0]["health"] != "unknown" else None

    def query(self, text):
        return (self.ask("query", query=text) or {}).get("result", [])


@pytest.fixture
def prometheus(tmp_path):
    """prometheus(port, rules): a server that scrapes this port and evaluates these files."""
    with contextlib.ExitStack() as stack:
        yield lambda port, rules=(): stack.enter_context(Prometheus(tmp_path, port, rules))


class TextOnly:
    """A proxy that hides what the scraper accepts, so that this Prometheus gets text 0.0.4."""

    def __init__(self, target):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                with urllib.request.urlopen(f"http://127.0.0.1:{target}{self.path}", timeout=5) as answer:
                    self.send_response(200)
                    self.send_header("Content-Type", answer.headers["Content-Type"])
                    self.end_headers()
                    self.wfile.write(answer.read())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def promtool_is_content(text):
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True,
                             timeout=20, check=False)
    assert checked.returncode == 0 and not checked.stdout + checked.stderr, checked.stdout + checked.stderr


def scraped(server, name):
    """What Prometheus counts of this container, after a scrape without an error."""
    state = wait_for(server.target_state, "a scrape", 20)
    assert (state["health"], state["lastError"]) == ("up", "")
    query = f'picket_file_opens_total{{container="{name}",access="read"}}'
    return wait_for(lambda: server.query(query), "the container in Prometheus", 10)[0]["value"][1]


def test_prometheus_scrapes_openmetrics_without_an_error(picket, containers, prometheus):
    daemon = picket()
    name = containers.run("/ops", "open-many", "/etc/group", "42")
    assert scraped(prometheus(daemon.port), name) == "42"


def test_prometheus_scrapes_text_without_an_error(picket, containers, prometheus):
    daemon = picket()
    name = containers.run("/ops", "open-many", "/etc/group", "42")
    with TextOnly(daemon.port) as proxy:
        assert scraped(prometheus(proxy.port), name) == "42"


def test_promtool_finds_nothing_to_say(picket, containers):
    daemon = picket()
    containers.run("/ops", "read", "absolute", "/etc/shadow")
    promtool_is_content(daemon.text())


def test_each_format_is_served_to_who_asks_for_it(picket):
    daemon = picket()
    with daemon.get("/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert b"# EOF" not in answer.read()
    with daemon.get("/metrics", Accept=f"{OPENMETRICS},text/plain;version=0.0.4;q=0.5") as answer:
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
        assert answer.read().endswith(b"\n# EOF\n")


def test_both_formats_have_the_same_container_samples(picket, containers):
    daemon = picket()
    name = containers.start("/ops", "sleep", "60")

    def of_container(text):
        return sorted((sample, sorted(labels.items()), value) for sample, labels, value in parse_metrics(text)
                      if labels.get("container") == name and not sample.endswith("_created"))

    plain = of_container(daemon.text())
    assert plain and plain == of_container(daemon.text(Accept=OPENMETRICS))


def test_gzip_is_used_when_asked_for_and_only_then(picket):
    daemon = picket()
    with daemon.get("/metrics", Accept_Encoding="gzip") as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert b"picket_build_info" in gzip.decompress(answer.read())
    with daemon.get("/metrics", Accept_Encoding="identity") as answer:
        assert answer.headers["Content-Encoding"] is None
        assert b"picket_build_info" in answer.read()


class FakeContainer:
    """A cgroup and a bundle as containerd leaves them for a pod's container."""

    def __init__(self, text):
        self.id = uuid.uuid4().hex + uuid.uuid4().hex
        self.pod = CGROUP2 / "kubepods" / "burstable" / f"pod{uuid.uuid4()}"
        self.bundle = Path("/run/containerd/io.containerd.runtime.v2.task/k8s.io") / self.id
        self.text = text
        self.process = None
        self.made = []

    def make_directory(self, path):
        if not path.exists():
            self.make_directory(path.parent)
            path.mkdir()
            self.made.append(path)

    def __enter__(self):
        self.make_directory(self.bundle)
        keys = ("container-name", "image-name", "sandbox-name", "sandbox-namespace", "sandbox-uid")
        (self.bundle / "config.json").write_text(json.dumps(
            {"ociVersion": "1.0.2", "annotations": {f"io.kubernetes.cri.{key}": self.text for key in keys}}))
        self.make_directory(self.pod / self.id)
        self.process = subprocess.Popen(["/bin/sh", "-c", f"echo $$ > {self.pod / self.id}/cgroup.procs; "
                                         "cat /etc/group >/dev/null; exec sleep 60"])
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(5)
        (self.bundle / "config.json").unlink()
        for path in reversed(self.made):
            with contextlib.suppress(OSError):
                wait_for(lambda: not (path / "cgroup.procs").exists()
                         or not (path / "cgroup.procs").read_text(), "the cgroup to be empty", 5)
                path.rmdir()


def test_hostile_names_and_labels_do_not_break_the_exposition(picket, prometheus):
    daemon = picket()
    with contextlib.ExitStack() as stack:
        fakes = {hint: stack.enter_context(FakeContainer(text)) for hint, text in HOSTILE.items()}
        for hint, fake in fakes.items():
            wait_for(lambda: daemon.values("picket_process_execs_total", container_id=fake.id), f"the {hint} one")
        promtool_is_content(daemon.text())
        assert daemon.text(Accept=OPENMETRICS).count("# EOF\n") == 1
        for hint, fake in fakes.items():
            (labels, value), = daemon.values("picket_process_execs_total", container_id=fake.id)
            assert value >= 1
            assert HOSTILE[hint].startswith(labels["container"].removesuffix("\N{HORIZONTAL ELLIPSIS}")), labels
            assert len(labels["container"]) >= min(len(HOSTILE[hint]), 64)
            (info, _), = daemon.values("picket_container_info", container_id=fake.id)
            assert HOSTILE[hint].startswith(info["image"])
        daemon.cli("containers", "-v", "--json")
        server = prometheus(daemon.port)
        state = wait_for(server.target_state, "a scrape", 20)
        assert (state["health"], state["lastError"]) == ("up", "")
        seen = wait_for(lambda: server.query("picket_process_execs_total"), "the samples", 10)
        assert {fake.id for fake in fakes.values()} <= {one["metric"].get("container_id") for one in seen}
        assert not server.query("picket_evil_total")


def test_hostile_docker_labels_do_not_break_the_exposition(picket, containers):
    daemon = picket()
    labels = []
    for hint, text in HOSTILE.items():
        labels += ["--label", f"{hint}={text}", "--label", f"io.kubernetes.pod.name={text}"]
    name = containers.run("/ops", "open-many", "/etc/group", "3", options=labels)
    assert daemon.value("picket_file_opens_total", container=name, access="read") == 3
    promtool_is_content(daemon.text())
