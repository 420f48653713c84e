# SPDX-License-Identifier: GPL-2.0-only
"""
The laptop's stack as a whole: containers with the command lines, mounts, capabilities and names of compose.yaml.

The programs are Debian's Prometheus and Alertmanager, and a collector built from its modules, in images that have
nothing else. Two have no program here: what Loki gets is taken by this test's own receiver, and of Grafana only the
data sources are followed.
"""
import contextlib
import json
import os
import shutil
import tarfile
import time
import urllib.request
from pathlib import Path

import pytest
import yaml

import otlp_receiver
from conftest import BUILD, HERE, add_file, docker, run, wait_for
from test_collector import otelcol  # noqa: F401 # a fixture

SOURCE = HERE.parents[1]
COMPOSE = SOURCE / "deploy/compose"
MARK = f"picket-e2e-stack-{os.getpid()}"
LOKI_PORT = 3100
# What the official images set beside the program: user, working directory, which is the user's, and where it lies.
PROGRAMS = {
    "prometheus": ("prometheus", 65534, "/prometheus", "/bin/prometheus"),
    "alertmanager": ("prometheus-alertmanager", 65534, "/alertmanager", "/bin/alertmanager"),
    "collector": (None, 10001, "/", "/otelcol-contrib"),
}


def services():
    return yaml.safe_load((COMPOSE / "compose.yaml").read_text())["services"]


def make_image(name, program, user, folder, entrypoint, directory):
    """An image of one program and what it cannot do without."""
    archive = directory / f"{name}.tar"
    needed = [word for word in run("ldd", program, check=False).stdout.split() if word.startswith("/")]
    needed += sorted(map(str, Path("/usr/share/prometheus/alertmanager").glob("*.tmpl")))  # Debian's is not one file
    parents = {str(parent) for path in (entrypoint, *needed, "/etc/passwd") for parent in Path(path).parents}
    folders = {**{path: (0o755, 0) for path in sorted(parents)}, "/tmp": (0o1777, 0)}
    if folder != "/":
        folders[folder] = (0o755, user)
    with tarfile.open(archive, "w", dereference=True) as tar:
        for path, (mode, owner) in folders.items():
            entry = tarfile.TarInfo("." + path)
            entry.type, entry.mode, entry.uid = tarfile.DIRTYPE, mode, owner
            tar.addfile(entry)
        for path in (program, *needed):
            tar.add(path, entrypoint if path == program else path)
        add_file(tar, "etc/passwd", f"root:x:0:0:::\nuser:x:{user}:{user}:::\n".encode())
    docker("import", "--change", f'ENTRYPOINT ["{entrypoint}"]', "--change", f"USER {user}", "--change",
           f"WORKDIR {folder}", archive, f"{MARK}-{name}")
    return f"{MARK}-{name}"


def volume(word):
    """Paths of the host from the folder of the compose file; named volumes are this test's own."""
    source, target = word.split(":", 1)
    if source.startswith("."):
        source = (COMPOSE / source).resolve()
    return f"--volume={source if '/' in str(source) else f'{MARK}-{source}'}:{target}"


def options_of(described, old_docker):
    """docker run's words for a service. Docker before 23 knows only what CAP_BPF and CAP_PERFMON were taken from."""
    capabilities = described.get("cap_add", [])
    if old_docker and {"BPF", "PERFMON"} & set(capabilities):
        capabilities = sorted(set(capabilities) - {"BPF", "PERFMON"} | {"SYS_ADMIN"})
    words = [f"--cap-add={name}" for name in capabilities] + [volume(word) for word in described.get("volumes", [])]
    words += [f"--cap-drop={name}" for name in described.get("cap_drop", [])]
    words += [f"--tmpfs={word}" for word in described.get("tmpfs", [])]
    words += [f"--security-opt={word.replace('seccomp=./', f'seccomp={COMPOSE}/')}"
              for word in described.get("security_opt", [])]
    for key, flag in (("pid", "--pid"), ("cgroup", "--cgroupns"), ("mem_limit", "--memory")):
        words += [f"{flag}={described[key]}"] if key in described else []
    unknown = described.keys() - {"image", "command", "ports", "restart", "cap_add", "cap_drop", "volumes", "tmpfs",
                                  "security_opt", "pid", "cgroup", "mem_limit", "read_only"}
    assert not unknown, f"not tried here: {unknown}"
    return words + (["--read-only"] if described.get("read_only") else [])


class Stack:
    """The services, each in a container on a network of their own, found by name."""

    def __init__(self, images):
        self.images = images
        self.addresses = {}
        docker("network", "create", MARK)
        self.gateway = docker("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", MARK).stdout.strip()
        self.loki = otlp_receiver.Receiver(LOKI_PORT, self.gateway).start()

    def start(self, name):
        described = services()[name]
        old = "unknown capability" in docker("create", "--cap-add=BPF", "picket-e2e-no-such-image", check=False).stderr
        docker("run", "-d", "--name", f"{MARK}-{name}", f"--network={MARK}", f"--network-alias={name}",
               f"--add-host=loki:{self.gateway}", *options_of(described, old), self.images[name], *described["command"])
        self.addresses[name] = docker(
            "inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", f"{MARK}-{name}").stdout.strip()

    def log(self, name):
        done = docker("logs", "--tail", "8", f"{MARK}-{name}", check=False)
        return done.stdout + done.stderr

    def url(self, address):
        """What the stack calls http://NAME:PORT."""
        name, port = address.removeprefix("http://").split(":")
        return f"http://{self.addresses[name]}:{port}"

    def ask(self, address, path):
        """The answer's JSON; None while there is none."""
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(self.url(address) + path, timeout=5) as answer:
                return json.load(answer)
        return None

    def query(self, expression):
        found = self.ask("http://prometheus:9090", "/api/v1/query?query=" + urllib.request.quote(expression))
        return found["data"]["result"] if found else []

    def remove(self):
        self.loki.stop()
        docker("rm", "-f", "-v", *(f"{MARK}-{name}" for name in self.images), check=False)
        docker("network", "rm", MARK, check=False)
        docker("volume", "rm", *(f"{MARK}-{name}" for name in yaml.safe_load(
            (COMPOSE / "compose.yaml").read_text())["volumes"]), check=False)


@pytest.fixture(scope="module")
def stack(dockerd, otelcol, tmp_path_factory):  # noqa: F811
    for program in ("prometheus", "prometheus-alertmanager", "buildah"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    directory = tmp_path_factory.mktemp("stack")
    run("make", "--no-print-directory", "-C", SOURCE, "image", f"BUILD={BUILD}", timeout=300)
    docker("load", "-i", BUILD / "picket-image.tar")
    images = {"picket": services()["picket"]["image"]}
    started = None
    try:
        for name, (program, *more) in PROGRAMS.items():
            images[name] = make_image(name, shutil.which(program) if program else otelcol, *more, directory)
        started = Stack(images)
        for name in ("collector", "alertmanager", "prometheus", "picket"):
            started.start(name)
        yield started
    finally:
        if started:
            started.remove()
        docker("rmi", "-f", *images.values(), check=False)


def test_prometheus_reaches_every_target_and_has_every_rule(stack):
    def up():
        found = stack.ask("http://prometheus:9090", "/api/v1/targets") or {"data": {"activeTargets": []}}
        return {target["labels"]["job"]: target["health"] for target in found["data"]["activeTargets"]}

    try:
        wait_for(lambda: up() == {"picket": "up", "prometheus": "up", "collector": "up"}, "all targets", 60)
    except AssertionError as error:
        raise AssertionError(f"{up()}\n" + "\n".join(map(stack.log, stack.addresses))) from error
    groups = stack.ask("http://prometheus:9090", "/api/v1/rules")["data"]["groups"]
    shipped = [group["name"] for path in (SOURCE / "dashboards/alerts").glob("*.yaml")
               for group in yaml.safe_load(path.read_text())["groups"]]
    assert sorted(group["name"] for group in groups) == sorted(shipped)
    assert not [rule for group in groups for rule in group["rules"] if rule["health"] == "err"]


def test_an_attack_reaches_loki_and_alertmanager_by_the_containers_name(stack, containers):
    wait_for(lambda: stack.query("picket_ready == 1"), f"picket; {stack.log('picket')}", 60)
    name = containers.name("shop")
    began = time.monotonic()
    containers.run("cat", "/etc/shadow", name=name)

    def logged():
        return [record for record in stack.loki.records if record["attributes"].get("container.name") == name]

    record = wait_for(logged, f"the finding in Loki's place; {stack.log('picket')}{stack.log('collector')}", 30)[0]
    to_loki = time.monotonic() - began
    assert record["attributes"]["security_rule.name"] == "shadow_file_read" and not stack.loki.problems
    assert set(stack.loki.paths) == {"/otlp/v1/logs"}

    def alerts():
        return [alert for alert in stack.ask("http://alertmanager:9093", "/api/v2/alerts") or ()
                if alert["labels"].get("container") == name and alert["labels"]["severity"] == "critical"]

    alert = wait_for(alerts, f"the alert; {stack.log('prometheus')}{stack.log('alertmanager')}", 60)[0]
    print(f"\nfrom `docker run` to Loki's place {to_loki:.1f} s, to Alertmanager {time.monotonic() - began:.1f} s")
    assert alert["labels"]["alertname"] == "PicketCredentialTheft" and alert["labels"]["rule"] == "shadow_file_read"
    assert (alert["labels"]["cluster"], alert["labels"]["instance"]) == ("laptop", "laptop")
    assert [receiver["name"] for receiver in alert["receivers"]] == ["pager"]
    assert stack.query(f'picket_container_info{{container="{name}", runtime="docker"}}')


def test_the_collector_tells_prometheus_what_it_handed_on(stack):
    sent = "otelcol_exporter_sent_log_records_total or otelcol_exporter_sent_log_records"
    wait_for(lambda: [one for one in stack.query(sent) if float(one["value"][1]) >= 1], "the collector's own count", 30)


def test_grafanas_data_sources_are_where_it_is_told(stack):
    sources = yaml.safe_load((COMPOSE / "grafana/datasources/picket.yaml").read_text())["datasources"]
    asked = {"prometheus": "/api/v1/status/buildinfo", "alertmanager": "/api/v2/status"}
    assert {source["type"] for source in sources} == {*asked, "loki"}
    for source in sources:
        if source["type"] == "loki":  # the collector's exporter names the same place
            assert source["url"] in (COMPOSE / "collector.yaml").read_text()
        else:
            assert stack.ask(source["url"], asked[source["type"]]), source["url"]


def test_dashboards_ask_for_data_sources_that_are_provisioned():
    sources = yaml.safe_load((COMPOSE / "grafana/datasources/picket.yaml").read_text())["datasources"]
    types = {source["type"] for source in sources}
    provider, = yaml.safe_load((COMPOSE / "grafana/dashboards/picket.yaml").read_text())["providers"]
    mounts = dict(reversed(word.removesuffix(":ro").split(":")) for word in services()["grafana"]["volumes"])
    assert (COMPOSE / mounts["/etc/grafana/provisioning"]).resolve() == COMPOSE / "grafana"
    folder = (COMPOSE / mounts[provider["options"]["path"]]).resolve()
    dashboards = [json.loads(path.read_text()) for path in sorted(Path(folder).glob("*.json"))]
    assert len(dashboards) == 5
    for dashboard in dashboards:
        wanted = {variable["query"] for variable in dashboard["templating"]["list"] if variable["type"] == "datasource"}
        assert "prometheus" in wanted and wanted <= types, dashboard["title"]
