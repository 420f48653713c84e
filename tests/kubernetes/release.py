# SPDX-License-Identifier: GPL-2.0-only
"""picket's chart on a node, as the one who installs it sees it."""
import time
from pathlib import Path

import yaml

from conftest import Scrape

CHART = Path(__file__).resolve().parent.parent.parent / "deploy/helm/picket"
READY_SECONDS = 240


class Release:
    """The chart, installed."""

    def __init__(self, node, helm):
        self.node = node
        self.helm_path = helm

    def helm(self, *arguments, **options):
        return self.node.run("env", f"KUBECONFIG={self.node.kubeconfig('admin')}", f"HOME={self.node.folder}",
                             self.helm_path, *arguments, **options)

    def upgrade(self, *flags, values=None):
        """Install, or another revision with just these values; Return: seconds until all pods are ready."""
        path = self.node.folder / "values.yaml"
        path.write_text(yaml.safe_dump(values or {}))
        began = time.monotonic()
        try:
            self.helm("upgrade", "--install", "picket", CHART, "-n", "picket", "--reset-values", "-f", path, *flags)
            self.wait_rollout()
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.state()}") from error
        return time.monotonic() - began

    def wait_rollout(self):
        """Until each pod is new and ready. Helm's own --wait is content with maxUnavailable less: with none, of one."""
        self.node.kubectl("rollout", "status", "daemonset/picket", "-n", "picket", f"--timeout={READY_SECONDS}s",
                          timeout=READY_SECONDS + 10)

    def state(self):
        """What a person would look at."""
        kubectl = self.node.kubectl
        return "\n".join([kubectl("describe", "daemonset,pod", "-n", "picket", check=False).stdout,
                          kubectl("logs", "-n", "picket", "daemonset/picket", "--tail=20", check=False).stdout])

    def pod(self):
        """The one pod that is not on its way out."""
        found = [pod for pod in self.node.get("pod", "-n", "picket", "-l", "app.kubernetes.io/name=picket")["items"]
                 if "deletionTimestamp" not in pod["metadata"]]
        assert len(found) == 1, [pod["metadata"]["name"] for pod in found]
        return found[0]

    def process(self):
        """The daemon's, as the node has it."""
        identifier = self.pod()["status"]["containerStatuses"][0]["containerID"].removeprefix("containerd://")
        lines = self.node.ctr("tasks", "ls").stdout.splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith(identifier)))

    def scrape(self):
        """As Prometheus would, from another address of the pods' network."""
        done = self.node.run("curl", "-sS", "--fail", f"http://{self.pod()['status']['podIP']}:10077/metrics")
        return Scrape(done.stdout)

    def matches(self, rule, **labels):
        return self.scrape().value("picket_rule_matches_total", rule=rule, **labels) or 0

    def picket(self, *arguments, **options):
        return self.node.exec("picket", "daemonset/picket", "/usr/bin/picket", *arguments, **options)
