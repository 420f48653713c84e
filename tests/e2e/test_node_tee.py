# SPDX-License-Identifier: GPL-2.0-only
"""What the machine is, told from its files; other machines' files are tried in the unit test."""


def tees(daemon):
    return {(labels["tee"], labels["role"], labels["state"]) for labels, _ in daemon.values("picket_node_tee_info")}


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_hosts_technologies_are_read_from_the_given_sysfs(picket, tmp_path):
    sysfs = tmp_path / "sys"
    for parameter, value in (("sev", "Y\n"), ("sev_es", "Y\n"), ("sev_snp", "N\n")):
        write(sysfs / "module/kvm_amd/parameters" / parameter, value)
    write(sysfs / "devices/system/node/node0/x86/sgx_total_bytes", "98566144\n")
    daemon = picket(f"--path.sysfs={sysfs}")
    enabled = {(tee, role) for tee, role, state in tees(daemon) if state == "enabled"}
    assert {("sev", "host"), ("sev-es", "host")} <= enabled and ("sev-snp", "host") not in enabled
    assert daemon.value("picket_node_sgx_epc_bytes", numa_node="0") == 98566144


def test_a_machine_without_any_says_nothing(picket, tmp_path):
    daemon = picket(f"--path.sysfs={tmp_path}")
    assert not [found for found in tees(daemon) if found[2] == "enabled" and found[1] == "host"]
    assert not daemon.values("picket_node_sgx_epc_bytes")
    assert "# TYPE picket_node_tee_info gauge" in daemon.text(), "the family, empty"
