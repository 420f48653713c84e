# SPDX-License-Identifier: GPL-2.0-only
"""One real node of Kubernetes with its control plane, in namespaces and cgroups of its own.

etcd and containerd are Debian's, the rest is what build.sh made. Addresses are those of the node's own network
namespace, which has no way out; what it needs of images is imported.
"""
import contextlib
import json
import os
import signal
import subprocess
from pathlib import Path

import yaml

from conftest import run, stop_process, wait_for

HERE = Path(__file__).resolve().parent
NAME = "node1"
ADDRESS = "192.168.77.1"
PODS = "192.168.78.0/24"
STATE = Path("/run/kubernetes")  # the node's, not the machine's
V1_CONTROLLERS = ("cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "systemd", "hugetlb")

CONTAINERD = """
version = 2
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/library/pause:test"
  restrict_oom_score_adj = {restricted}
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.other]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{folder}/cni"
"""

CNI = {"cniVersion": "0.4.0", "name": "pods", "plugins": [
    {"type": "bridge", "bridge": "cni0", "isGateway": True,
     "ipam": {"type": "host-local", "ranges": [[{"subnet": PODS}]], "dataDir": "/run/cni"}}]}

KUBELET = {
    "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
    "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock", "cgroupDriver": "cgroupfs",
    "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
    "authorization": {"mode": "AlwaysAllow"},
    "failSwapOn": False, "resolvConf": "", "volumePluginDir": "/var/lib/kubelet/flex",
    "imageGCHighThresholdPercent": 100, "localStorageCapacityIsolation": False,
    "evictionHard": {"memory.available": "1Mi", "nodefs.available": "0%", "nodefs.inodesFree": "0%",
                     "imagefs.available": "0%"},
}

# name, group; the password is the name too
TOKENS = [("admin", "system:masters"), (f"system:node:{NAME}", "system:nodes"),
          ("system:kube-controller-manager", ""), ("system:kube-scheduler", "")]


def cgroup2_mount():
    """Where cgroup2 is: below /sys/fs/cgroup on hybrid machines."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        if after.startswith("cgroup2 "):
            return Path(before.split()[4])
    raise AssertionError("no cgroup2")


class Node:
    """Started whole by start(), gone without a trace after stop()."""

    def __init__(self, folder, components):
        self.folder = folder
        self.components = components
        self.cgroup_name = f"picket-kubernetes-{os.getpid()}.slice"
        self.cgroup2 = cgroup2_mount()
        self.processes = {}
        self.holder = None

    # --- its namespaces ---

    def cgroups(self):
        """Its cgroup in each hierarchy."""
        hybrid = [self.cgroup2.parent / name / self.cgroup_name for name in V1_CONTROLLERS
                  if (self.cgroup2.parent / name).is_dir()] if self.cgroup2.name == "unified" else []
        return [self.cgroup2 / self.cgroup_name, *hybrid]

    def weighed(self):
        """Those in which its own processes are, too: cgroup2's, and the one that shares out processors."""
        return [cgroup for cgroup in self.cgroups() if cgroup.parent in (self.cgroup2, self.cgroup2.parent / "cpu")]

    def enter(self, *command):
        """The words of a command that runs on the node."""
        return ["nsenter", f"--mount=/proc/{self.holder.pid}/ns/mnt", f"--net=/proc/{self.holder.pid}/ns/net", "--",
                HERE / "join.sh", *[cgroup / "node.service" for cgroup in self.weighed()], "--", *command]

    def run(self, *command, **options):
        return run(*self.enter(*command), **options)

    def hold_namespaces(self):
        for cgroup in self.cgroups():
            cgroup.mkdir()
            # a node has a machine for itself; pods of 20 mCPU do not starve beside what else runs here
            for name, weight in (("cpu.shares", "32768"), ("cpu.weight", "3200")):
                if (cgroup / name).exists():
                    (cgroup / name).write_text(weight)
        for cgroup in self.weighed():
            (cgroup / "node.service").mkdir()
        with open(self.folder / "namespaces.log", "wb") as log:
            self.holder = subprocess.Popen(["unshare", "--mount", "--net", HERE / "namespaces.sh", self.folder,
                                            self.cgroups()[0], f"{ADDRESS}/24"], stdout=log, stderr=log)
        wait_for((self.folder / "ready").exists,
                 lambda: f"the node's namespaces: {(self.folder / 'namespaces.log').read_text()}")

    # --- its programs ---

    def log(self, name, lines=30):
        path = self.folder / f"{name}.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""

    def spawn(self, name, *command):
        with open(self.folder / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen([str(word) for word in self.enter(*command)], stdout=log,
                                                    stderr=log, stdin=subprocess.DEVNULL)

    def end(self, name):
        stop_process(self.processes.pop(name), 30)

    def wait_answer(self, name, condition, timeout=60):
        def answered():
            assert self.processes[name].poll() is None, f"{name} ended:\n{self.log(name)}"
            return condition()

        wait_for(answered, lambda: f"{name}:\n{self.log(name)}", timeout)

    def start_etcd(self):
        self.spawn("etcd", "etcd", "--data-dir=/var/lib/etcd", "--listen-client-urls=http://127.0.0.1:2379",
                   "--advertise-client-urls=http://127.0.0.1:2379", "--listen-peer-urls=http://127.0.0.1:2380")

    def start_containerd(self):
        restricted = "true" if not int(self.capabilities(), 16) >> 24 & 1 else "false"  # CAP_SYS_RESOURCE
        (self.folder / "cni").mkdir(exist_ok=True)
        (self.folder / "cni/10-pods.conflist").write_text(json.dumps(CNI))
        (self.folder / "containerd.toml").write_text(CONTAINERD.format(folder=self.folder, restricted=restricted))
        self.spawn("containerd", "containerd", "-c", self.folder / "containerd.toml")
        self.wait_answer("containerd", lambda: self.ctr("version", check=False).returncode == 0)

    @staticmethod
    def capabilities():
        return next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines()
                    if line.startswith("CapEff"))

    def start_apiserver(self):
        run("openssl", "genrsa", "-out", self.folder / "sa.key", "2048")
        run("openssl", "rsa", "-in", self.folder / "sa.key", "-pubout", "-out", self.folder / "sa.pub")
        (self.folder / "tokens.csv").write_text(
            "".join(f'{user},{user},{user},"{group}"\n' for user, group in TOKENS))
        self.spawn("kube-apiserver", self.components / "kube-apiserver", "--etcd-servers=http://127.0.0.1:2379",
                   "--bind-address=127.0.0.1", f"--advertise-address={ADDRESS}", "--secure-port=6443",
                   f"--cert-dir={STATE}",
                   "--service-cluster-ip-range=192.168.79.0/24",
                   "--service-account-issuer=https://kubernetes.default.svc",
                   f"--service-account-key-file={self.folder}/sa.pub",
                   f"--service-account-signing-key-file={self.folder}/sa.key",
                   f"--token-auth-file={self.folder}/tokens.csv", "--authorization-mode=Node,RBAC",
                   "--enable-admission-plugins=NodeRestriction", "--endpoint-reconciler-type=none",
                   "--kubelet-preferred-address-types=InternalIP",
                   # nothing of picket's asks for it
                   "--allow-privileged=false")
        for user, _ in TOKENS:
            self.kubeconfig(user).write_text(yaml.safe_dump({
                "apiVersion": "v1", "kind": "Config", "current-context": "it",
                "clusters": [{"name": "it", "cluster": {"server": "https://127.0.0.1:6443",
                                                        "certificate-authority": f"{STATE}/apiserver.crt"}}],
                "users": [{"name": "it", "user": {"token": user}}],
                "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}]}))
        self.wait_answer("kube-apiserver",
                         lambda: self.kubectl("get", "--raw=/readyz", check=False).stdout == "ok", 180)

    def kubeconfig(self, user):
        return self.folder / f"{user.replace(':', '-')}.kubeconfig"

    def start_controllers(self):
        self.spawn("kube-controller-manager", self.components / "kube-controller-manager", "--leader-elect=false",
                   f"--kubeconfig={self.kubeconfig('system:kube-controller-manager')}", "--bind-address=127.0.0.1",
                   f"--service-account-private-key-file={self.folder}/sa.key", f"--root-ca-file={STATE}/apiserver.crt",
                   "--flex-volume-plugin-dir=/var/lib/kubelet/flex", "--use-service-account-credentials=true")
        self.spawn("kube-scheduler", self.components / "kube-scheduler", "--leader-elect=false",
                   f"--kubeconfig={self.kubeconfig('system:kube-scheduler')}", "--bind-address=127.0.0.1")

    def versions(self):
        version = json.loads(self.kubectl("version", "-o", "json").stdout)["serverVersion"]["gitVersion"]
        containerd = self.run("containerd", "--version").stdout.split()[2]
        etcd = self.run("etcd", "--version").stdout.split()[2]
        return f"Kubernetes {version} with containerd {containerd}, etcd {etcd}"

    def start_kubelet(self):
        manifests = self.folder / "manifests"
        manifests.mkdir(exist_ok=True)
        (self.folder / "kubelet.yaml").write_text(yaml.safe_dump(
            {**KUBELET, "cgroupRoot": f"/{self.cgroup_name}", "staticPodPath": str(manifests)}))
        self.spawn("kubelet", self.components / "kubelet", f"--config={self.folder}/kubelet.yaml",
                   f"--kubeconfig={self.kubeconfig(f'system:node:{NAME}')}", f"--hostname-override={NAME}",
                   f"--node-ip={ADDRESS}")
        self.wait_answer("kubelet", self.is_ready, 180)

    def is_ready(self):
        done = self.kubectl("get", "node", NAME, "-o", 'jsonpath={.status.conditions[?(@.type=="Ready")].status}',
                            check=False)
        return done.stdout == "True"

    def start(self, images):
        """@images: archives for its containerd; nothing else can be run."""
        self.hold_namespaces()
        self.start_etcd()
        self.start_containerd()
        for image in images:
            self.ctr("images", "import", image)
        self.start_apiserver()
        self.start_controllers()
        self.start_kubelet()
        return self

    # --- its end ---

    def stop(self):
        """Every process of its cgroup ends with it; then its cgroups go, and with the last process its mounts."""
        for name in ("kubelet", "kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"):
            if name in self.processes:
                self.end(name)
        if "containerd" in self.processes:
            for container in self.ctr("tasks", "ls", "-q", check=False).stdout.split():
                self.ctr("tasks", "rm", "-f", container, check=False)
            self.end("containerd")
        root = self.cgroups()[0]
        if root.exists():
            wait_for(lambda: not self.kill_all(root), "the end of the node's processes", 30)
        if self.holder:
            self.holder.wait(10)
        for cgroup in self.cgroups():
            wait_for(lambda: self.remove(cgroup), f"the end of {cgroup}", 20)

    @staticmethod
    def kill_all(root):
        """What is still there of the node's own cgroup. Return: how many."""
        pids = [int(pid) for path in root.rglob("cgroup.procs") for pid in path.read_text().split()]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(pids)

    @staticmethod
    def remove(cgroup):
        for path, _, _ in os.walk(cgroup, topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(path)
        return not cgroup.exists()

    # --- what one does with it ---

    def ctr(self, *arguments, **options):
        return self.run("ctr", "-n", "k8s.io", *arguments, **options)

    def kubectl(self, *arguments, **options):
        return self.run(self.components / "kubectl", f"--kubeconfig={self.kubeconfig('admin')}",
                        f"--cache-dir={self.folder}/kubectl", *arguments, **options)

    def apply(self, *objects):
        return self.kubectl("apply", "-f", "-", input="---\n".join(yaml.safe_dump(found) for found in objects))

    def get(self, *arguments):
        """What the API says, as objects."""
        return json.loads(self.kubectl("get", "-o", "json", *arguments).stdout)

    def exec(self, namespace, pod, *command, **options):
        return self.kubectl("exec", "-n", namespace, pod, "--", *command, **options)

    def exec_task(self, pod, container, *command):
        """Like exec, past the kubelet."""
        status = self.get("pod", "-n", "shop", pod)["status"]["containerStatuses"]
        identifier = next(found["containerID"] for found in status if found["name"] == container)
        return self.ctr("tasks", "exec", "--exec-id", "past-the-kubelet", identifier.removeprefix("containerd://"),
                        *command)
