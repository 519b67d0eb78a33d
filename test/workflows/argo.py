"""A real workflow controller; its pods run Argo's real executor on the node."""

import contextlib
import json


from cluster import module_dir
from support import ROOT, process, tool

WORKFLOWS = ROOT / "deploy" / "workflows"
CONTROLLERS = "argo"  # the namespace of the workflow controller


class Argo:
    """The running controller."""

    def __init__(self, cluster, controller):
        self.cluster = cluster
        self.controller = controller

    def log_lines(self, *words):
        """The lines of the controller's log that hold all of the words."""
        lines = self.controller.log().splitlines()
        return [line for line in lines if all(word in line for word in words)]

    def install(self):
        """What an administrator applies to the test's namespace: accounts and templates."""
        files = [
            *WORKFLOWS.glob("*-service-account.yaml"),
            *WORKFLOWS.glob("*-workflow-template.yaml"),
        ]
        for path in files:
            self.cluster.kubectl("apply", "--server-side", "--validate=strict", "-f", path)

    def submit(self, workflow):
        """Creates a Workflow and returns its name."""
        done = self.cluster.kubectl("create", "-f", "-", "-o", "name", stdin=json.dumps(workflow))
        return done.stdout.strip().split("/")[1]

    def workflow(self, name):
        return self.cluster.get("workflow", name)

    def end_of(self, name, seconds=300):
        """Waits until the workflow has ended; returns the order in which its steps began, and the
        Workflow."""
        # Asking again and again would take the node's processor from what is waited for.
        timeout = f"--timeout={seconds}s"
        self.cluster.kubectl("wait", "--for=condition=Completed", f"workflow/{name}", timeout)
        found = self.workflow(name)
        return steps_of(found), found


def steps_of(workflow):
    """A workflow's steps in the order in which they began."""
    nodes = workflow["status"].get("nodes", {}).values()
    steps = sorted(
        (node for node in nodes if node["type"] == "Pod"), key=lambda node: node["startedAt"]
    )
    # Each try of a step that has some is a node of its own.
    return [node["displayName"].split("(")[0] for node in steps]


@contextlib.contextmanager
def workflow_controller(cluster, executor, folder):
    """Argo's CRDs and a running workflow controller for all namespaces, with an executor's image; yields
    Argo."""
    module = module_dir("argo", "github.com/argoproj/argo-workflows/v4")
    cluster.kubectl("apply", "--server-side", "-k", module / "manifests/base/crds/minimal")
    cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
    cluster.create_namespace(CONTROLLERS)
    settings = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "workflow-controller-configmap"},
        "data": {
            # Its port would be a fixed one.
            "metricsConfig": "{enabled: false}",
            # How often the executor looks whether what a step waits for is so.
            "executor": "{env: [{name: RESOURCE_STATE_CHECK_INTERVAL, value: 1s}]}",
        },
    }
    cluster.kubectl("create", "-n", CONTROLLERS, "-f", "-", stdin=json.dumps(settings))
    command = [
        tool("workflow-controller"),
        f"--kubeconfig={cluster.kubeconfig}",
        f"--namespace={CONTROLLERS}",
        f"--executor-image={executor}",
        "--executor-image-pull-policy=IfNotPresent",
        "--loglevel=info",
    ]
    environment = {"LEADER_ELECTION_DISABLE": "true", "DEFAULT_REQUEUE_TIME": "1s"}
    # It does not end before its informers have timed out, and has nothing to lose.
    log = folder / "workflow-controller.log"
    with process(command, log, environment, seconds_to_end=1) as running:
        running.await_line("Workflow Controller")
        yield Argo(cluster, running)
