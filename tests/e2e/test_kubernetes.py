# SPDX-License-Identifier: GPL-2.0-only
"""picket's chart on a node of Kubernetes: a real kubelet and containerd, a real API, nothing of them a stand-in.

The tests build on one another in the order of the file, as a release's life does.
"""
import hashlib
import json
import re
import sys
import tarfile
import time
from pathlib import Path

import pytest
import yaml

from conftest import BUILD, HERE, add_file, make_image, run, wait_for

SOURCE = HERE.parent.parent
sys.path.insert(0, str(SOURCE / "tests/kubernetes"))

import node as nodes  # noqa: E402
from release import CHART, READY_SECONDS, Release  # noqa: E402


def tool_folder(script, name, timeout):
    """The folder below BUILD that a script fills once; Return: it."""
    done = run(script, (BUILD / name).resolve(), check=False, timeout=timeout)
    if done.returncode == 77:
        pytest.skip(done.stdout.strip().splitlines()[-1])
    assert done.returncode == 0, done.stdout + done.stderr
    return (BUILD / name).resolve()


def archive_image(path, name, layer, entrypoint):
    """An image of one layer, as `docker save` writes them."""
    content = layer.read_bytes()
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Entrypoint": entrypoint},
                         "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(content).hexdigest()}"]}})
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    with tarfile.open(path, "w") as archive:
        add_file(archive, "config.json", config.encode())
        add_file(archive, "layer.tar", content)
        add_file(archive, "manifest.json", json.dumps(manifest).encode())
    return path


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Archives of what the node runs."""
    folder = tmp_path_factory.mktemp("images")
    run("gcc", "-static", "-O2", "-Wall", "-Werror", "-o", folder / "ops", HERE / "ops.c")
    make_image(folder / "layer.tar", folder / "ops")
    run("make", "--no-print-directory", "-C", SOURCE, "image", f"BUILD={BUILD}", timeout=300)
    return [archive_image(folder / "pause.tar", "pause:test", folder / "layer.tar",
                          ["/bin/sleep", "2147483647"]),
            archive_image(folder / "shop.tar", "shop:test", folder / "layer.tar", []),
            BUILD / "picket-image.tar"]


@pytest.fixture(scope="module")
def node(images, tmp_path_factory):
    """The node, ready, with the two namespaces of the tests."""
    components = tool_folder(SOURCE / "tests/kubernetes/build.sh", "kubernetes", 5400)
    started = nodes.Node(tmp_path_factory.mktemp("node"), components)
    began = time.monotonic()
    try:
        started.start(images)
        started.kubectl("create", "namespace", "shop")
        wait_for(lambda: started.kubectl("get", "serviceaccount", "-n", "shop", "default", check=False).returncode == 0,
                 "the namespace's service account")
        print(f"\na node of {started.versions()} is ready after {time.monotonic() - began:.0f} s")
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="module")
def release(node):
    return Release(node, tool_folder(SOURCE / "tests/deploy/kubernetes_tools.sh", "tools", 900) / "helm")


def workload(name, *command, **spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop", "labels": {"app": name}},
            "spec": {"terminationGracePeriodSeconds": 0, **spec,
                     "containers": [{"name": "web", "image": "shop:test", "command": list(command)}]}}


def start(node, *pods):
    """Return: what the API says of each once it runs."""
    node.apply(*pods)

    def running():
        found = [node.get("pod", "-n", "shop", pod["metadata"]["name"]) for pod in pods]
        return found if all(pod["status"].get("phase") == "Running" for pod in found) else None

    return wait_for(running, lambda: node.kubectl("describe", "pod", "-n", "shop").stdout, READY_SECONDS)


def test_the_chart_installs_where_privileged_pods_are_not_allowed_at_all(release, node):
    """The API server runs with --allow-privileged=false; the namespace's label is for hostPID and host paths."""
    node.kubectl("create", "namespace", "picket")
    seconds = release.upgrade()
    pod = release.pod()
    assert pod["status"]["containerStatuses"][0]["restartCount"] == 0
    print(f"ready {seconds:.1f} s after helm install")
    started, ready = (next(c["lastTransitionTime"] for c in pod["status"]["conditions"] if c["type"] == kind)
                      for kind in ("PodScheduled", "Ready"))
    print(f"scheduled {started}, ready {ready}")


def test_the_baseline_of_pod_security_refuses_it_and_says_for_what(release, node):
    for level, words in (("baseline", ["host namespaces", "hostPath volumes", "non-default capabilities"]),
                         ("restricted", ["host namespaces", "restricted volume types", "unrestricted capabilities"])):
        done = node.kubectl("label", "--overwrite", "--dry-run=server", "namespace", "picket",
                            f"pod-security.kubernetes.io/enforce={level}")
        assert all(word in done.stderr for word in words), done.stderr
    done = node.kubectl("label", "--overwrite", "namespace", "picket", "pod-security.kubernetes.io/enforce=privileged")
    assert "Warning" not in done.stderr


def test_it_has_the_documented_capabilities_and_no_others(release):
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    status = open(f"/proc/{release.process()}/status").read()
    effective = int(status.split("CapEff:\t")[1].split("\n")[0], 16)
    bits = {"DAC_READ_SEARCH": 2, "KILL": 5, "NET_ADMIN": 12, "SYS_PTRACE": 19, "PERFMON": 38, "BPF": 39}
    assert effective == sum(1 << bits[name] for name in values["capabilities"])
    assert "Seccomp:\t2" in status and "NoNewPrivs:\t1" in status


def test_a_read_of_the_hashes_is_counted_with_the_pods_names(release, node):
    pod = start(node, workload("reader", "sh", "-c", "cat /etc/shadow; exec sleep 1000"))[0]
    labels = {"namespace": "shop", "pod": "reader", "container": "web"}
    wait_for(lambda: release.matches("shadow_file_read", **labels) >= 1, lambda: str(release.scrape().values(
        "picket_rule_matches_total", rule="shadow_file_read")), 20)
    identifier = pod["status"]["containerStatuses"][0]["containerID"].removeprefix("containerd://")
    found = release.scrape().values("picket_container_info", container_id=identifier)
    assert found, "no picket_container_info"
    info = found[0][0]
    print(info)
    assert {name: info[name] for name in labels} == labels
    assert info["image"] == "docker.io/library/shop:test" and info["pod_uid"] == pod["metadata"]["uid"]
    assert info["runtime"] == "containerd" and info["isolation"] == "namespace"


def test_kubectl_exec_is_seen_too(release, node):
    before = release.matches("shadow_file_read", pod="reader")
    assert "canary" in node.exec("shop", "reader", "cat", "/etc/shadow").stdout
    wait_for(lambda: release.matches("shadow_file_read", pod="reader") == before + 1, "the match", 20)


def test_what_the_notes_say_to_type_works(release):
    assert "file" in release.picket("sensors").stdout
    found = [json.loads(line) for line in release.picket("events", "--json", "-n", "1000").stdout.splitlines()]
    assert any(event["rule"] == "shadow_file_read" for event in found)
    assert re.search(r"web +docker.io/library/shop", release.picket("containers").stdout)


def test_a_pods_sandbox_goes_by_the_name_pod(release):
    scrape = release.scrape()
    for pod, container in (("reader", "web"), (release.pod()["metadata"]["name"], "picket")):
        found = scrape.values("picket_container_info", pod=pod)
        assert sorted(labels["container"] for labels, _ in found) == sorted(["POD", container]), found


def test_a_static_pod_is_named(release, node):
    pod = workload("static", "sh", "-c", "cat /etc/shadow; exec sleep 1000")
    path = node.folder / "manifests/static.yaml"
    path.write_text(yaml.safe_dump(pod))
    try:
        wait_for(lambda: release.matches("shadow_file_read", namespace="shop", pod=f"static-{nodes.NAME}") >= 1,
                 lambda: str(release.scrape().values("picket_container_info", namespace="shop")), 60)
    finally:
        path.unlink()


def test_another_runtime_class_is_named(release, node):
    node.apply({"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "other"},
                "handler": "other"})
    start(node, workload("classy", "sleep", "1000", runtimeClassName="other"))
    found = wait_for(lambda: release.scrape().values("picket_container_info", pod="classy"), "its information", 20)
    print(found)


RULES = """
rules:
  - name: {name}
    description: For the tests.
    severity: notice
    event: file_open
    where: {{file.path: /etc/group, file.access: read}}
    scope: container
    grouped: false
"""


def test_helm_upgrade_brings_another_rule(release, node):
    before = release.pod()["metadata"]["name"]
    seconds = release.upgrade(values={"rules": {"mine.yaml": RULES.format(name="group_read")}})
    assert release.pod()["metadata"]["name"] != before
    print(f"another rule after {seconds:.1f} s")
    node.exec("shop", "reader", "cat", "/etc/group")
    wait_for(lambda: release.matches("group_read", namespace="shop", pod="reader") >= 1, "the match", 20)
    own = release.scrape().values("picket_rule_matches_total", namespace="picket")
    assert own and not [labels["rule"] for labels, value in own if value], "it finds fault with itself"


def test_a_config_map_changed_by_hand_is_loaded_without_a_restart(release, node):
    before = release.pod()["metadata"]["uid"]
    began = time.monotonic()
    node.kubectl("patch", "configmap", "picket-rules", "-n", "picket", "--type=merge", "-p",
                 json.dumps({"data": {"mine.yaml": RULES.format(name="group_read_again")}}))

    def matched():
        node.exec("shop", "reader", "cat", "/etc/group")
        return release.matches("group_read_again", pod="reader")

    wait_for(matched, "the rule of the changed map", 150)
    print(f"loaded {time.monotonic() - began:.0f} s after the change")
    assert release.pod()["metadata"]["uid"] == before


def test_a_wrong_rule_leaves_the_old_ones_in_force_until_it_is_corrected(release, node):
    node.kubectl("patch", "configmap", "picket-rules", "-n", "picket", "--type=merge", "-p",
                 json.dumps({"data": {"mine.yaml": "rules: [{name: broken, event: nonsense}]"}}))
    wait_for(lambda: release.scrape().value("picket_rules_last_reload_successful") == 0, "the failed reload", 150)
    assert release.pod()["status"]["containerStatuses"][0]["ready"]


def test_the_kubelet_restarts_and_nothing_is_lost(release, node):
    before = release.pod()
    matches = release.matches("shadow_file_read", pod="reader")
    node.end("kubelet")
    node.exec_task("reader", "web", "cat", "/etc/shadow")
    node.start_kubelet()
    wait_for(lambda: release.matches("shadow_file_read", pod="reader") == matches + 1, "the match", 20)
    assert release.pod()["metadata"]["uid"] == before["metadata"]["uid"]
    assert release.pod()["status"]["containerStatuses"][0]["restartCount"] == 0


def test_containerd_restarts_and_new_pods_are_named(release, node):
    node.end("containerd")
    node.start_containerd()
    start(node, workload("late", "sh", "-c", "cat /etc/shadow; exec sleep 1000"))
    wait_for(lambda: release.matches("shadow_file_read", namespace="shop", pod="late") >= 1, "the match", 20)
    assert release.pod()["status"]["containerStatuses"][0]["restartCount"] == 0


def test_counters_go_on_over_the_pods_end_with_pin(release, node):
    release.upgrade(values={"pin": True})
    node.exec("shop", "reader", "cat", "/etc/shadow")
    opens = wait_for(lambda: release.scrape().value("picket_file_opens_total", pod="reader", access="read"), "counters")
    before = release.pod()["metadata"]["uid"]
    node.kubectl("delete", "pod", "-n", "picket", "-l", "app.kubernetes.io/name=picket", "--wait=true")
    node.exec("shop", "reader", "/ops", "open-many", "/etc/group", "1234")  # nobody is there
    wait_for(lambda: release.pod()["status"].get("containerStatuses", [{}])[0].get("ready"), release.state,
             READY_SECONDS)
    assert release.pod()["metadata"]["uid"] != before
    assert release.scrape().value("picket_file_opens_total", pod="reader", access="read") >= opens + 1234


def test_it_kills_with_enforce(release, node):
    release.upgrade(values={"enforce": True})
    done = wait_for(lambda: [done for done in [node.exec("shop", "reader", "cat", "/etc/shadow", check=False)]
                             if done.returncode == 137], "the kill", 20)[0]
    assert "canary" not in done.stdout


def held(pid):
    """Programs and links of a process, as ("prog", id)."""
    found = set()
    for path in Path(f"/proc/{pid}/fdinfo").iterdir():
        for line in path.read_text().splitlines():
            name, _, value = line.partition(":\t")
            if name in ("prog_id", "link_id"):
                found.add((name.removesuffix("_id"), int(value)))
    return found


def in_kernel():
    return {(kind, found["id"]) for kind in ("prog", "link")
            for found in json.loads(run("bpftool", "-j", kind, "show").stdout)}


def test_uninstall_leaves_nothing(release, node):
    programs = held(release.process())
    assert programs and programs <= in_kernel()
    release.picket("unload")
    release.helm("uninstall", "picket", "-n", "picket", "--wait")
    wait_for(lambda: not node.get("pod", "-n", "picket")["items"], "the pods' end", READY_SECONDS)
    wait_for(lambda: not programs & in_kernel(), lambda: f"the end of {programs & in_kernel()}")
    assert node.run("find", "/sys/fs/bpf", "-mindepth", "1", "!", "-name", "*.debug").stdout == ""
    left = node.kubectl("get", "all,configmap,serviceaccount,role,rolebinding,secret", "-n", "picket", "-o", "name")
    assert set(left.stdout.split()) == {"configmap/kube-root-ca.crt", "serviceaccount/default"}


def test_the_plain_manifests_do_the_same(release, node):
    node.kubectl("delete", "namespace", "picket", "--wait=true")
    node.kubectl("apply", "-k", SOURCE / "deploy/kubernetes")
    release.wait_rollout()
    node.exec("shop", "reader", "cat", "/etc/shadow")
    wait_for(lambda: release.matches("shadow_file_read", namespace="shop", pod="reader") >= 1, "the match", 20)
    node.kubectl("delete", "-k", SOURCE / "deploy/kubernetes", "--wait=true", timeout=180)
    assert node.kubectl("get", "namespace", "picket", check=False).returncode != 0


def test_the_operators_own_kinds_are_taken_by_the_api(release, node):
    """PodMonitor and PrometheusRule with the definitions that Prometheus' operator brings."""
    crds = BUILD / "tools/crds"
    for kind in ("podmonitors", "prometheusrules"):
        node.kubectl("apply", "--server-side", "-f", next(crds.glob(f"*_{kind}.yaml")))
        node.kubectl("wait", "--for=condition=Established", f"crd/{kind}.monitoring.coreos.com", "--timeout=30s")
    node.kubectl("create", "namespace", "picket")
    release.upgrade("-f", SOURCE / "deploy/helm/values/operator.yaml", "--set",
                    "image.registry=,image.repository=picket,image.digest=,web.configSecret=")
    assert node.get("podmonitor", "picket", "-n", "picket")["spec"]["podMetricsEndpoints"][0]["port"] == "metrics"
    rules = node.get("prometheusrule", "-n", "picket")["items"]
    assert len(rules) == len(list((SOURCE / "dashboards/alerts").glob("*.yaml")))
