# SPDX-License-Identifier: GPL-2.0-only
"""Snapshots of incidents: real ones, held against the schema, with all that a workload can put in their way."""
import hashlib
import json
import stat
import subprocess
import uuid
from pathlib import Path

import jsonschema
import pytest

from conftest import BUILD, hosts_namespaces_are_known, run, wait_for

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "proto/incident.schema.json").read_text())
RULE = """
rules:
- name: trigger_read
  description: Who reads it is looked at.
  severity: error
  event: file_open
  where:
    file.path: {trigger}
    file.access: read
  scope: container
  response: {response}
"""
TRIGGER = f"/trigger-{uuid.uuid4().hex[:8]}"  # no other container of this machine has it
BUSYBOX = hashlib.sha256(Path("/bin/busybox").read_bytes()).hexdigest()


def rule(response):
    return RULE.replace("{response}", response).replace("{trigger}", TRIGGER)


@pytest.fixture
def trigger(tmp_path):
    """Options of a container that has the file which the rule is about."""
    path = tmp_path / "trigger"
    path.write_text("read me\n")
    return "-v", f"{path}:{TRIGGER}:ro"


@pytest.fixture
def investigator(picket, tmp_path):
    """investigator(response, *flags): a daemon, and its directory of incidents."""
    def start(response, *flags, **environment):
        path = tmp_path / "incidents"
        (tmp_path / "rules.yaml").write_text(rule(response))
        daemon = picket("--enforce", "--no-rules.defaults", f"--rules.path={tmp_path / 'rules.yaml'}",
                        f"--incidents.path={path}", *flags, **environment)
        return daemon, path
    return start


def incidents(path):
    """All that are there, oldest first; each must be what the schema says."""
    found = [json.loads(file.read_text()) for file in sorted(path.glob("[0-9]*.json"))] if path.exists() else []
    for incident in found:
        jsonschema.Draft202012Validator(SCHEMA).validate(incident)
    return found


def wait_incident(daemon, path, count=1):
    return wait_for(lambda: len(found := incidents(path)) >= count and found, f"an incident; the log says:\n{daemon.log}")


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_a_process_is_looked_at_before_it_is_killed(investigator, containers, trigger):
    daemon, path = investigator("[kill, investigate]")
    name = containers.start("/bin/sh", "-c", f"sleep 200 & exec 7</etc/passwd; cat {TRIGGER}; sleep 300",
                            options=(*trigger, "-e", "DB_PASSWORD=hunter2", "-e", "PATH=/bin"))
    incident = wait_incident(daemon, path)[0]
    subject = incident["processes"][0]
    assert incident["subject"] == {"pid": subject["pid"], "alive": True}, "it was there: the kernel part had stopped it"
    assert subject["arguments"] == ["cat", TRIGGER]
    assert subject["state"] in "Tt" and subject["executable"]["sha256"] == BUSYBOX
    assert subject["executable"]["path"] == "/bin/busybox" and not subject["executable"]["deleted"]
    assert [file["target"] for file in subject["files"]].count("/etc/passwd") == 1
    assert subject["namespaces"]["pid"]["host"] is False
    assert "CHOWN" in subject["capabilities"]["effective"] and "SYS_ADMIN" not in subject["capabilities"]["bounding"]
    variables = {variable["name"]: variable for variable in subject["environment"]}
    assert variables["PATH"]["value"] == "/bin" and variables["DB_PASSWORD"] == {"name": "DB_PASSWORD", "redacted": True}
    assert "hunter2" not in json.dumps(incident)
    assert incident["container"]["name"] == name and incident["container"]["id"] == containers.id(name)
    tree = {process["pid"]: process for process in incident["processes"]}
    assert {"sh", "sleep", "cat"} <= {process["name"] for process in incident["processes"]}
    assert tree[subject["parent_pid"]]["name"] == "sh"
    mounts = incident["mounts"][subject["namespaces"]["mnt"]["id"]]
    assert any(mount["point"] == "/proc" and mount["type"] == "proc" for mount in mounts)
    assert incident["left_out"] == []
    finding = daemon.wait_finding("--rule", "trigger_read")[0]
    assert incident["id"] == finding["picket.finding.id"] and incident["finding"]["rule"] == "trigger_read"
    wait_for(lambda: daemon.value("picket_responses_total", action="kill") == 1, f"the kill; {daemon.log}")
    assert not Path(f"/proc/{subject['pid']}").exists()
    assert containers.inspect(name, "{{.State.Running}}") == "true", "only the process ended"
    assert daemon.value("picket_responses_total", action="investigate") == 1
    assert daemon.value("picket_incidents_written_total") == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.iterdir()} == {0o600}
    print(f"\nsnapshot: {len(incident['processes'])} processes in {incident['duration_ms']} ms, "
          f"{next(path.iterdir()).stat().st_size} bytes")


def test_the_snapshot_is_an_otlp_record_too(investigator, containers, trigger, receiver):
    daemon, path = investigator("[investigate]", f"--otlp.endpoint={receiver.endpoint}")
    containers.run("cat", TRIGGER, options=trigger)
    incident = wait_incident(daemon, path)[0]

    def received(event):
        return [record for record in receiver.records if record["event_name"] == event]

    record = wait_for(lambda: received("picket.incident"), f"the record; {daemon.log}")[0]
    assert json.loads(record["body"])["id"] == incident["id"]
    audits = wait_for(lambda: [found for found in received("picket.response") if "done" in found["body"]],
                      "the audit record")
    attributes = audits[0]["attributes"]
    assert attributes["picket.response.action"] == "investigate"
    assert attributes["security_rule.name"] == "trigger_read"
    assert attributes["picket.finding.id"] == incident["id"]


def test_hostile_names_are_neither_obeyed_nor_lost(investigator, containers, trigger):
    daemon, path = investigator("[investigate, kill]")
    script = r"""cd /tmp; name=$(printf 'e\033[2Jv\nil\377'); cp /ops "./$name"
                 export "HOSTILE=$(printf '\033]0;owned\007\377')"; "./$name" open-many $0 1"""
    containers.run("sh", "-c", script + " >/dev/null 2>&1; sleep 1", TRIGGER, options=trigger, check=False)
    incident = wait_incident(daemon, path)[0]
    assert "\x1b[2Jv\nil" in incident["processes"][0]["executable"]["path"], "kept as it was, for a machine"
    command = (path, incident["id"])
    shown = run(BUILD / "picket", "incidents", "show", "--path", *command).stdout
    assert "\x1b" not in shown and "\x07" not in shown and "trigger_read" in shown
    listed = run(BUILD / "picket", "incidents", "--path", path).stdout
    assert incident["id"][:12] in listed and "\x1b" not in listed
    raw = run(BUILD / "picket", "incidents", "show", "--json", "--path", *command).stdout
    assert json.loads(raw) == incident


def test_incidents_are_listed_and_shown(investigator, containers, trigger):
    daemon, path = investigator("[investigate, kill]")
    name = containers.start("/bin/sh", "-c", f"cat {TRIGGER}; sleep 300",
                            options=(*trigger, "--cap-add=SYS_PTRACE", "--pid=host", "-v", "/etc:/mnt/host-etc:ro"))
    incident = wait_incident(daemon, path)[0]
    assert incident["processes"][0]["namespaces"]["pid"]["host"] is hosts_namespaces_are_known()
    listed = daemon.cli("incidents").stdout
    assert name in listed and "trigger_read" in listed, "the daemon tells where they are"
    for which in ("1", incident["id"], incident["id"][:8]):
        shown = daemon.cli("incidents", "show", which).stdout
        assert name in shown and f"cat {TRIGGER}" in shown and BUSYBOX in shown
        assert "pid namespace: the host's" in shown and "SYS_PTRACE" in shown and "/mnt/host-etc" in shown
    assert daemon.cli("incidents", "show", "2", check=False).returncode == 1
    assert json.loads(daemon.cli("incidents", "--json").stdout.splitlines()[0])["id"] == incident["id"]


def test_the_oldest_incidents_go(investigator, containers, trigger):
    daemon, path = investigator("[investigate]\n  limit: {burst: 100, interval: 1m}", "--incidents.max-count=3")
    for count in range(1, 6):
        containers.run("cat", TRIGGER, options=trigger)
        wait_for(lambda: daemon.value("picket_incidents_written_total") == count, f"{count}; {daemon.log}")
    assert len(incidents(path)) == 3
    assert daemon.value("picket_incidents_rotated_total") == 2
    assert daemon.value("picket_incidents_kept") == 3


def test_a_full_disk_is_told_of_and_kills_all_the_same(investigator, containers, trigger, tmp_path):
    disk = tmp_path / "incidents"
    disk.mkdir(mode=0o700)
    run("mount", "-t", "tmpfs", "-o", "size=4k,mode=700", "none", disk)
    try:
        (disk / "full").write_bytes(b"x" * 4096)
        daemon, path = investigator("[kill, investigate]")
        containers.run("cat", TRIGGER, options=trigger, check=False)
        wait_for(lambda: daemon.value("picket_response_failures_total", action="investigate") == 1, daemon.log)
        assert daemon.value("picket_incident_write_failures_total") == 1
        wait_for(lambda: daemon.value("picket_responses_total", action="kill") == 1, f"the kill; {daemon.log}")
        assert "No space left on device" in daemon.log
        assert [file.name for file in path.iterdir()] == ["full"]
    finally:
        run("umount", disk, check=False)


def test_a_rule_without_a_limit_takes_five_snapshots_of_a_container_a_minute(investigator, containers, trigger):
    daemon, path = investigator("[investigate]")
    containers.run("sh", "-c", f"for i in 1 2 3 4 5 6 7 8 9; do cat {TRIGGER}; /bin/busybox usleep 300000; done",
                   options=trigger)
    wait_for(lambda: daemon.value("picket_responses_rate_limited_total", action="investigate") == 4, daemon.log)
    assert len(wait_incident(daemon, path, 5)) == 5


def test_without_enforce_nobody_is_looked_at(picket, containers, trigger, tmp_path):
    (tmp_path / "rules.yaml").write_text(rule("[investigate, kill]"))
    daemon = picket(f"--rules.path={tmp_path / 'rules.yaml'}", "--no-rules.defaults",
                    f"--incidents.path={tmp_path / 'incidents'}")
    containers.run("cat", TRIGGER, options=trigger)
    wait_for(lambda: daemon.value("picket_responses_dry_run_total", action="investigate") == 1, daemon.log)
    assert not (tmp_path / "incidents").exists()
    assert subprocess.run([BUILD / "picket", "incidents", "--path", tmp_path / "incidents"], check=False,
                          capture_output=True).returncode == 0


@pytest.mark.parametrize("flags", [(), ("--findings.keep-secrets",)], ids=["by default", "kept"])
def test_secrets_among_arguments_are_in_snapshots_only_where_they_are_to_be_kept(investigator, containers, trigger, flags):
    _, path = investigator("[investigate]", *flags)
    containers.run("/bin/sh", "-c", f"cat {TRIGGER}; sleep 1; : --password=hunter2 --db=main", options=trigger)
    found = wait_for(lambda: incidents(path), "the snapshot")
    arguments = [argument for process in found[0]["processes"] for argument in process["arguments"] if "--db=main" in argument]
    assert arguments
    assert all(("hunter2" in argument) == bool(flags) for argument in arguments), arguments
    assert ("hunter2" in json.dumps(found)) == bool(flags)
