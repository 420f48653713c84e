# SPDX-License-Identifier: GPL-2.0-only
"""The Helm chart and the plain manifests: linted, rendered with three sets of values, checked against schemas."""
import re
import subprocess
import tempfile

import pytest
import yaml
from conftest import BUILD, SOURCE, need, run

CHART = SOURCE / "deploy/helm/picket"
SETS = sorted(path.stem for path in (SOURCE / "deploy/helm/values").glob("*.yaml"))
VERSIONS = ["1.25.0", "1.34.0"]
UNIT_CAPABILITIES = {"BPF", "PERFMON", "NET_ADMIN", "SYS_PTRACE", "DAC_READ_SEARCH"}


@pytest.fixture(scope="session")
def tools():
    """Folder of helm, kubeconform and schemas; built once."""
    folder = BUILD / "tools"
    done = run(SOURCE / "tests/deploy/kubernetes_tools.sh", folder.absolute(), check=False, timeout=900)
    if done.returncode == 77:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def render(tools):
    """render(values, version, *flags): the manifests' text."""
    def call(values, version="1.34.0", *flags, check=True):
        return run(tools / "helm", "template", "picket", CHART, "-n", "picket", "--kube-version", version,
                   "-f", SOURCE / f"deploy/helm/values/{values}.yaml", *flags, check=check)

    return call


def objects(text):
    return [document for document in yaml.safe_load_all(text) if document]


def find(text, kind):
    return [found for found in objects(text) if found["kind"] == kind]


def daemon_of(text):
    return find(text, "DaemonSet")[0]["spec"]["template"]["spec"]["containers"][0]


def conform(tools, version, text):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        return run(tools / "kubeconform", "-strict", "-summary", "-output", "text", "-kubernetes-version", version,
                   "-schema-location", f"{tools}/schemas/v{version}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json",
                   "-schema-location", f"{tools}/schemas/crd/{{{{ .ResourceKind }}}}-{{{{ .ResourceAPIVersion }}}}.json",
                   file.name, check=False)


@pytest.mark.parametrize("values", SETS)
def test_helm_lint(tools, values):
    run(tools / "helm", "lint", "--strict", CHART, "-f", SOURCE / f"deploy/helm/values/{values}.yaml")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("values", SETS)
def test_manifests_are_what_the_schemas_say(tools, render, values, version):
    text = render(values, version).stdout
    done = conform(tools, version, text)
    assert done.returncode == 0, done.stdout
    assert f"Valid: {len(objects(text))}, Invalid: 0, Errors: 0, Skipped: 0" in done.stdout


@pytest.mark.parametrize("break_it", [("hostPID: true", "hostPid: true"), ("readOnlyRootFilesystem", "readonlyRoot"),
                                      ("containerPort: 10077", "containerPort: http"),
                                      ("podMetricsEndpoints:", "podMetricEndpoints:")])
def test_the_schemas_notice_a_mistake(tools, render, break_it):
    text = render("operator").stdout
    assert break_it[0] in text
    assert conform(tools, "1.34.0", text.replace(*break_it)).returncode != 0


@pytest.mark.parametrize("flag", ["enforce=maybe", "port=70000", "image.pullPolicy=Sometimes", "unheard=of",
                                  "capabilities={ALL}", "hostPaths={relative}", "extraArgs={enforce}",
                                  "otlp.endpoint=collector"])
def test_values_are_checked(render, flag):
    done = render("plain", "1.34.0", "--set", flag, check=False)
    assert done.returncode != 0 and "schema" in done.stderr


def test_least_rights(render):
    for values in SETS:
        daemon = daemon_of(render(values).stdout)
        context = daemon["securityContext"]
        assert not context["privileged"] and not context["allowPrivilegeEscalation"]
        assert context["readOnlyRootFilesystem"] and context["capabilities"]["drop"] == ["ALL"]
        wanted = UNIT_CAPABILITIES | ({"KILL"} if "--enforce" in daemon["args"] else set())
        assert set(context["capabilities"]["add"]) == wanted
        writable = {"/run/picket"}
        if "--enforce" in daemon["args"]:
            writable |= {"/sys/fs/cgroup", "/sys/fs/bpf", "/var/lib/picket"}
        if "--bpf.pin" in daemon["args"]:
            writable |= {"/sys/fs/bpf"}
        assert {mount["mountPath"] for mount in daemon["volumeMounts"] if not mount.get("readOnly")} == writable


def test_capabilities_are_those_of_the_unit_and_of_the_compose_stack():
    unit = re.search(r"^CapabilityBoundingSet=(.*)$", (SOURCE / "deploy/picket.service").read_text(), re.M)[1].split()
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    compose = yaml.safe_load((SOURCE / "deploy/compose/compose.yaml").read_text())["services"]["picket"]["cap_add"]
    chart = values["capabilities"] + values["enforceCapabilities"]
    assert set(chart) == set(compose) == {name.removeprefix("CAP_") for name in unit}


def test_flags_are_known_to_the_program(render):
    known = run(BUILD / "picket", "--help").stdout
    for values in SETS:
        for word in daemon_of(render(values).stdout)["args"]:
            name = word.split("=")[0].removeprefix("--")
            assert re.search(rf"^  --(\[no-\])?{re.escape(name)}(=|$)", known, re.M), word


def test_a_change_of_rules_rolls_the_pods(render):
    def annotation(*flags):
        found = find(render("enforce", "1.34.0", *flags).stdout, "DaemonSet")[0]
        return found["spec"]["template"]["metadata"]["annotations"]["checksum/rules"]

    assert annotation() == annotation()
    assert annotation() != annotation("--set", "rules.other\\.yaml=rules: []")


def test_rules_of_the_config_map_are_rules(render, tmp_path):
    for name, text in find(render("enforce").stdout, "ConfigMap")[0]["data"].items():
        (tmp_path / name).write_text(text)
        run(BUILD / "picket", "check", tmp_path / name)


def test_alerts_of_the_chart_are_those_of_dashboards(render):
    text = render("operator").stdout
    wanted = {path.stem: yaml.safe_load(path.read_text()) for path in (SOURCE / "dashboards/alerts").glob("*.yaml")}
    found = {rule["metadata"]["name"].removeprefix("picket-"): rule["spec"] for rule in find(text, "PrometheusRule")}
    assert found == wanted
    boards = [found for found in find(text, "ConfigMap") if "dashboard" in found["metadata"]["name"]]
    wanted = {path.name: path.read_text().strip() for path in (SOURCE / "dashboards/grafana").glob("*.json")}
    assert {name: text.strip() for board in boards for name, text in board["data"].items()} == wanted


def test_app_armor_is_a_field_or_an_annotation_as_the_version_has_it(render):
    old, new = render("plain", "1.25.0").stdout, render("plain", "1.34.0").stdout
    assert "container.apparmor.security.beta.kubernetes.io/picket: unconfined" in old and "appArmorProfile" not in old
    assert "appArmorProfile: {type: Unconfined}" in new and "beta.kubernetes.io" not in new


def test_names_stay_within_63_characters(render):
    text = render("operator", "1.34.0", "--set", f"fullnameOverride={'long-name-' * 9}").stdout
    names = [found["metadata"]["name"] for found in objects(text)]
    assert all(len(name) <= 63 and not name.endswith("-") for name in names), names
    kinds = [(found["kind"], found["metadata"]["name"]) for found in objects(text)]
    assert len(set(kinds)) == len(kinds)


def test_two_releases_do_not_meet(tools):
    def named(release):
        done = run(tools / "helm", "template", release, CHART, "-n", "x", "--kube-version", "1.34.0")
        return {(found["kind"], found["metadata"]["name"]) for found in objects(done.stdout)}

    assert not named("one") & named("two")


def test_plain_manifests_are_in_step_with_the_chart(tools):
    run("make", "--no-print-directory", "-C", SOURCE, "manifests-check", f"BUILD={BUILD}")


def test_kubectl_takes_the_plain_manifests():
    need("kubectl")
    done = subprocess.run(["kubectl", "kustomize", SOURCE / "deploy/kubernetes"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    assert len(objects(done.stdout)) == len(objects((SOURCE / "deploy/kubernetes/picket.yaml").read_text()))
