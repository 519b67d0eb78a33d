"""A real workflow controller, and what Argo's executor does in the pods that it makes: there is no
kubelet here to run them."""

import contextlib
import json
import time

import yaml

from cluster import module_dir
from support import ROOT, await_that, process, run, tool

WORKFLOWS = ROOT / "deploy" / "workflows"
CONTROLLERS = "argo"  # the namespace of the workflow controller


class Argo:
    """The controller, and an executor for a workflow's pods with the service account's own rights."""

    def __init__(self, cluster, folder, controller):
        self.cluster = cluster
        self.folder = folder
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

    def credentials(self):
        """A kubeconfig of the workflows' service account."""
        account = "arkouda-workflows-service-account"
        token = self.cluster.kubectl("create", "token", account).stdout.strip()
        configuration = yaml.safe_load(self.cluster.kubeconfig.read_text())
        configuration["users"][0]["user"] = {"token": token}
        path = self.folder / "service-account.kubeconfig"
        path.write_text(yaml.safe_dump(configuration))
        return path

    def submit(self, workflow):
        """Creates a Workflow and returns its name."""
        done = self.cluster.kubectl("create", "-f", "-", "-o", "name", stdin=json.dumps(workflow))
        return done.stdout.strip().split("/")[1]

    def workflow(self, name):
        return self.cluster.get("workflow", name)

    def carry_out(self, name, observe=None):
        """Carries the workflow out to its end: each of its pods' steps as the executor does it, in the
        order in which the controller makes the pods. Returns the order of the steps, and the Workflow;
        `observe` is called before each step with its name."""
        credentials = self.credentials()
        order = []

        def step():
            found = self.workflow(name)
            if found.get("status", {}).get("phase") in ("Succeeded", "Failed", "Error"):
                return found
            pods = self.cluster.get("pods", "-l", f"workflows.argoproj.io/workflow={name}")
            for pod in sorted(pods, key=lambda pod: pod["metadata"]["creationTimestamp"]):
                if pod["status"]["phase"] == "Pending":
                    task = pod["metadata"]["annotations"]["workflows.argoproj.io/node-name"]
                    order.append(task.rsplit(".", 1)[-1].split("(")[0])
                    if observe:
                        observe(order[-1])
                    self.execute(pod, credentials)
            return None

        return order, await_that(f"{name} has ended", step, 120)

    def execute(self, pod, credentials):
        """Does a pod's step, and reports its end as executor and kubelet would."""
        [template] = [
            json.loads(variable["value"])
            for container in pod["spec"]["initContainers"]
            for variable in container["env"]
            if variable["name"] == "ARGO_TEMPLATE"
        ]
        name = pod["metadata"]["name"]
        failure = self.kubectl_of(template["resource"], credentials)
        if not failure:
            failure = self.wait_for(pod, template["resource"], credentials)
        self.report(pod, template, credentials)
        state = {"terminated": {"exitCode": 1 if failure else 0, "message": failure}}
        status = {
            "phase": "Failed" if failure else "Succeeded",
            "containerStatuses": [
                {
                    "name": container["name"],
                    "state": state,
                    "ready": False,
                    "restartCount": 0,
                    "image": "",
                    "imageID": "",
                }
                for container in pod["spec"]["containers"]
            ],
        }
        patch = ["--subresource=status", "--type=merge", "-p", json.dumps({"status": status})]
        self.cluster.kubectl("patch", "pod", name, *patch)

    def as_account(self, credentials, *arguments, manifest):
        """Runs kubectl as the workflows' account, with the manifest, if there is one, in a file."""
        command = [tool("kubectl"), f"--kubeconfig={credentials}", *arguments]
        if manifest:
            path = self.folder / "manifest.yaml"
            path.write_text(manifest)
            command += ["-f", path]
        return run(*command, check=False, cwd=self.folder, timeout=120)

    def kubectl_of(self, resource, credentials):
        """Runs kubectl with a resource template's action, flags and manifest, in the order and with
        the additions of Argo's executor (getKubectlArguments in workflow/executor/resource.go);
        returns what failed, or an empty text."""
        action, manifest = resource["action"], resource.get("manifest", "")
        command = [action]
        if action == "delete":
            command.append("--ignore-not-found")
        command += resource.get("flags", [])
        command += ["-o", "name" if action == "delete" else "json"]
        done = self.as_account(credentials, *command, manifest=manifest)
        return done.stderr.strip() if done.returncode else ""

    def wait_for(self, pod, resource, credentials):
        """Waits for the conditions of a step, as WaitResource there does: they are requirements on
        labels, of which two forms are known here. Returns what failed, or an empty text. A pod has
        only so much time, which is the kubelet's to see to."""
        success, failure = (resource.get(f"{kind}Condition") for kind in ("success", "failure"))
        if not success and not failure:
            return ""

        def met(condition):
            manifest = resource["manifest"]
            done = self.as_account(credentials, "get", "-o", "json", manifest=manifest)
            found = json.loads(done.stdout)
            return all(holds(requirement.strip(), found) for requirement in condition.split(","))

        def outcome():
            if failure and met(failure):
                return (f"failure condition '{{{failure}}}' evaluated true",)
            if success and met(success):
                return ("",)
            if time.monotonic() > deadline:
                return ("Pod was active on the node longer than the specified deadline",)
            return None

        seconds = pod["spec"].get("activeDeadlineSeconds", 120)
        deadline = time.monotonic() + seconds
        [result] = await_that("the step has its condition", outcome, seconds + 10)
        return result

    def report(self, pod, template, credentials):
        """Hands the step's outputs to the controller, as the executor does, with its account's rights."""
        manifest = template["resource"].get("manifest", "")
        parameters = []
        for parameter in template.get("outputs", {}).get("parameters", []):
            done = self.as_account(credentials, "get", "-o", "json", manifest=manifest)
            value = run("jq", "-r", parameter["valueFrom"]["jqFilter"], stdin=done.stdout).stdout
            parameters.append({"name": parameter["name"], "value": value.strip()})
        result = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "WorkflowTaskResult",
            "metadata": {
                "name": pod["metadata"]["annotations"]["workflows.argoproj.io/node-id"],
                "labels": {
                    "workflows.argoproj.io/workflow": pod["metadata"]["labels"][
                        "workflows.argoproj.io/workflow"
                    ],
                    "workflows.argoproj.io/report-outputs-completed": "true",
                },
            },
            "outputs": {"parameters": parameters},
        }
        done = self.as_account(credentials, "create", manifest=json.dumps(result))
        assert done.returncode == 0, done.stderr


def holds(requirement, found):
    """Whether a requirement on an object's fields, PATH == VALUE or !PATH, is met."""

    def field(path):
        value = found
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return value

    if requirement.startswith("!"):
        return field(requirement[1:]) is None
    path, value = requirement.split(" == ")
    return str(field(path)) == value


@contextlib.contextmanager
def workflow_controller(cluster, folder):
    """Argo's CRDs and a running workflow controller for all namespaces; yields Argo."""
    module = module_dir("argo", "github.com/argoproj/argo-workflows/v4")
    cluster.kubectl("apply", "--server-side", "-k", module / "manifests/base/crds/minimal")
    cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
    cluster.create_namespace(CONTROLLERS)
    settings = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "workflow-controller-configmap"},
        # Its port would be a fixed one.
        "data": {"metricsConfig": "{enabled: false}"},
    }
    cluster.kubectl("create", "-n", CONTROLLERS, "-f", "-", stdin=json.dumps(settings))
    command = [
        tool("workflow-controller"),
        f"--kubeconfig={cluster.kubeconfig}",
        f"--namespace={CONTROLLERS}",
        "--executor-image=argoexec",
        "--loglevel=info",
    ]
    environment = {"LEADER_ELECTION_DISABLE": "true", "DEFAULT_REQUEUE_TIME": "1s"}
    # It does not end before its informers have timed out, and has nothing to lose.
    log = folder / "workflow-controller.log"
    with process(command, log, environment, seconds_to_end=1) as running:
        running.await_line("Workflow Controller")
        yield Argo(cluster, folder, running)
