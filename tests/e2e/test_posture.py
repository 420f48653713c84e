# SPDX-License-Identifier: GPL-2.0-only
"""How containers were started, as Docker wrote it down."""
from conftest import docker, wait_for

USUAL = {"root_user", "no_new_privs_off", "writable_rootfs"}


def weaknesses(daemon, containers, name):
    """Every weakness of a container, once it is named."""
    wait_for(lambda: daemon.values("picket_container_info", container=name), f"{name}'s name")
    found = daemon.values("picket_container_posture", container_id=containers.id(name))
    assert all(value == 1 for _, value in found)
    return {labels["weakness"] for labels, _ in found}


def start(containers, *options):
    return containers.start("sleep", "60", options=options)


def start_privileged(containers):
    """A machine that lacks a capability itself cannot give it: then what makes a container privileged, by hand."""
    name = containers.name("privileged")
    if docker("run", "-d", "--network=none", "--privileged", "--name", name, "picket-e2e", "sleep", "60", check=False).returncode:
        docker("rm", "-f", name, check=False)
        name = start(containers, "--cap-add=SYS_ADMIN", "--device-cgroup-rule=a *:* rwm",
                     "--security-opt=seccomp=unconfined", "--device=/dev/null:/dev/extra")
    return name


def test_weaknesses_are_told_from_the_start_and_for_no_other_container(picket, containers):
    daemon = picket()
    plain = start(containers)
    careful = start(containers, "--user=1000", "--read-only", "--security-opt=no-new-privileges")
    privileged = start_privileged(containers)
    sharing = start(containers, "--pid=host", "--ipc=host", "--cap-add=SYS_PTRACE", "--security-opt=seccomp=unconfined",
                    "--volume=/etc:/host/etc:ro", "--volume=/var/run/docker.sock:/socket/docker.sock",
                    "--device=/dev/null:/dev/extra")
    found = {name: weaknesses(daemon, containers, name) for name in (plain, careful, privileged, sharing)}
    unconfined = found[plain] & {"no_lsm_profile", "host_network"}  # where the machine has no AppArmor; --network=none is none
    assert "host_network" not in found[plain]
    assert found[plain] == USUAL | unconfined
    assert found[careful] == unconfined
    assert {"privileged", "no_seccomp", "host_device"} <= found[privileged]
    assert not any(weakness.startswith("added_capability") for weakness in found[privileged])
    assert found[sharing] - USUAL - unconfined == {
        "host_pid", "host_ipc", "no_seccomp", "host_device", "sensitive_mount", "docker_socket_mounted",
        "added_capability:SYS_PTRACE"}


def test_a_container_that_shares_the_hosts_network_is_told(picket, image):
    daemon = picket()
    name = docker("run", "-d", "--network=host", image, "sleep", "60").stdout.strip()
    try:
        wait_for(lambda: daemon.values("picket_container_posture", container_id=name, weakness="host_network"), "the weakness")
    finally:
        docker("rm", "-f", name)


def test_what_was_there_before_picket_is_told_too(picket, containers):
    name = start_privileged(containers)
    assert "privileged" in weaknesses(picket(), containers, name)
