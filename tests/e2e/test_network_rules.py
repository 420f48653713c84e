# SPDX-License-Identifier: GPL-2.0-only
"""Rules about the network: what is denied in the kernel, and the names that are asked for."""
from conftest import docker, wait_for

DENY = """
rules:
- name: miner_deny
  description: Nothing of ours connects to this port.
  severity: error
  event: network_connect
  where:
    destination.port: [3333, 4444]
    destination.address: {cidr: [127.0.0.0/8, "::1/128"]}
  unless:
    destination.address: 127.0.0.2
  scope: container
  response: [deny]
- name: group_deny
  description: An open is not denied without an LSM.
  severity: error
  event: file_open
  where:
    file.path: /etc/group
    file.access: read
  scope: container
  response: [deny]
"""
DNS = """
rules:
- name: name_asked
  description: Names below this one are asked for by nobody.
  severity: warning
  event: dns_query
  where:
    dns.question.name: {suffix: .evil.example}
  scope: container
"""


def connect(containers, address, port):
    """What nc says of a connection within the container."""
    name = containers.run("/bin/sh", "-c", f"/bin/busybox nc -w 2 {address} {port} </dev/null; echo $? >/out/status",
                          check=False)
    return name, docker("logs", name).stderr


def test_a_denied_connection_fails_in_the_kernel_and_the_program_lives(picket, containers, tmp_path):
    (tmp_path / "deny.yaml").write_text(DENY)
    daemon = picket("--enforce", f"--rules.path={tmp_path / 'deny.yaml'}")
    name, text = connect(containers, "127.0.0.1", 4444)
    assert "Operation not permitted" in text or "ermission" in text, text
    assert containers.inspect(name, "{{.State.ExitCode}}") == "0", "nobody was killed"
    found = daemon.wait_finding("--container", name, "--rule", "miner_deny")
    assert found[0]["picket.response.deny"] == "done"
    assert found[0]["destination.port"] in (4444, "4444")
    assert daemon.value("picket_responses_total", action="deny") == 1
    for address, port in (("127.0.0.1", 4445), ("127.0.0.2", 4444)):
        name, text = connect(containers, address, port)
        assert "refused" in text, text
        assert not daemon.findings("--container", name, "--rule", "miner_deny")
    assert 'group_deny cannot be denied and kills instead' in daemon.log
    assert 'miner_deny cannot' not in daemon.log


def test_without_enforce_nothing_is_denied(picket, containers, tmp_path):
    (tmp_path / "deny.yaml").write_text(DENY)
    daemon = picket(f"--rules.path={tmp_path / 'deny.yaml'}")
    name, text = connect(containers, "127.0.0.1", 4444)
    assert "refused" in text, text
    assert daemon.wait_finding("--container", name, "--rule", "miner_deny")[0]["picket.response.deny"] == "dry_run"


def test_a_name_that_is_asked_for_is_found_and_only_while_a_rule_asks(picket, containers, tmp_path):
    rules = tmp_path / "dns.yaml"
    rules.write_text(DNS)
    daemon = picket("--web.enable-lifecycle", f"--rules.path={rules}")
    ask = ("/bin/busybox", "timeout", "3", "/bin/busybox", "nslookup", "Data.eViL.example", "127.0.0.1")
    name = containers.run(*ask, check=False)
    found = daemon.wait_finding("--container", name, "--rule", "name_asked")
    assert found[0]["dns.question.name"] == "data.evil.example"
    assert daemon.value("picket_events_total", kind="dns_query") >= 1
    rules.write_text("rules: []\n")
    daemon.process.send_signal(1)
    wait_for(lambda: daemon.log.count("rules loaded") >= 1, "the reload")
    before = daemon.value("picket_events_total", kind="dns_query")
    containers.run(*ask, check=False)
    assert daemon.value("picket_events_total", kind="dns_query") == before
