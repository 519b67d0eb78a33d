"""A real workflow controller, and what Argo's executor does in the pods that it makes: there is no
kubelet here to run them."""

import contextlib
import datetime
import json
import re
import tempfile
import time

import requests
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
        self.report(pod, credentials, completed=False)
        failure = self.kubectl_of(template["resource"], credentials)
        if not failure:
            failure = self.wait_for(pod, template["resource"], credentials)
        self.report(pod, credentials, completed=True, outputs=self.outputs(template, credentials))
        now = f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
        state = {
            "terminated": {
                "exitCode": 1 if failure else 0,
                "message": failure,
                "startedAt": now,
                "finishedAt": now,
            }
        }
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
        # Without what another kubectl has remembered of the API server, as in a pod.
        with tempfile.TemporaryDirectory() as home:
            return run(*command, check=False, cwd=self.folder, timeout=120, env={"HOME": home})

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
        """Waits for the conditions of a step, as WaitResource there does: all requirements of success,
        or one of failure. Returns what failed, or an empty text. A pod has only so much time, which is
        the kubelet's to see to."""
        success, failure = (resource.get(f"{kind}Condition") for kind in ("success", "failure"))
        if not success and not failure:
            return ""

        def outcome():
            manifest = resource["manifest"]
            done = self.as_account(credentials, "get", "-o", "json", manifest=manifest)
            found = json.loads(done.stdout)
            if failure and any(holds(one, found) for one in requirements(failure)):
                return (f"failure condition '{{{failure}}}' evaluated true",)
            if success and all(holds(one, found) for one in requirements(success)):
                return ("",)
            if time.monotonic() > deadline:
                return ("Pod was active on the node longer than the specified deadline",)
            return None

        seconds = pod["spec"].get("activeDeadlineSeconds", 120)
        deadline = time.monotonic() + seconds
        [result] = await_that("the step has its condition", outcome, seconds + 10)
        return result

    def outputs(self, template, credentials):
        """A step's output parameters, which jq takes out of its object."""
        manifest = template["resource"].get("manifest", "")
        parameters = []
        for parameter in template.get("outputs", {}).get("parameters", []):
            done = self.as_account(credentials, "get", "-o", "json", manifest=manifest)
            value = run("jq", "-r", parameter["valueFrom"]["jqFilter"], stdin=done.stdout).stdout
            parameters.append({"name": parameter["name"], "value": value.strip()})
        return {"parameters": parameters}

    def report(self, pod, credentials, completed, outputs=None):
        """Hands a step's result to the controller, as the executor does, with its account's rights: it
        makes the object when the step begins, and patches it at the end."""
        workflow = "workflows.argoproj.io/workflow"
        name = pod["metadata"]["annotations"]["workflows.argoproj.io/node-id"]
        labels = {
            workflow: pod["metadata"]["labels"][workflow],
            "workflows.argoproj.io/report-outputs-completed": str(completed).lower(),
        }
        result = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "WorkflowTaskResult",
            "metadata": {"name": name, "labels": labels},
        }
        namespace = pod["metadata"]["namespace"]
        url = f"{self.cluster.url}/apis/argoproj.io/v1alpha1/namespaces/{namespace}/workflowtaskresults"
        # Not by kubectl, which would get the object before it patches it.
        answer = requests.request(
            "PATCH" if completed else "POST",
            f"{url}/{name}" if completed else url,
            json={**result, "outputs": outputs} if completed else result,
            headers={
                "Authorization": f"Bearer {self.token_of(credentials)}",
                "Content-Type": f"application/{'merge-patch+' if completed else ''}json",
            },
            verify=str(self.cluster.certificate),
            timeout=30,
        )
        if not answer.ok:
            raise RuntimeError(f"the executor could not report: {answer.text}")

    def token_of(self, credentials):
        return yaml.safe_load(credentials.read_text())["users"][0]["user"]["token"]


def requirements(condition):
    """The requirements of a condition, which has the form of a selector of labels."""
    return re.findall(r"!?[\w./-]+(?: == [\w-]+| in \([^)]*\))?", condition)


def holds(requirement, found):
    """Whether a requirement on an object's fields is met: PATH, !PATH, PATH == VALUE, PATH in (A, B)."""

    def field(path):
        value = found
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return value

    if requirement.startswith("!"):
        return field(requirement[1:]) is None
    path, operator, values = re.fullmatch(r"(\S+)(?: (==|in) (.+))?", requirement).groups()
    if not operator:
        return field(path) is not None
    return str(field(path)) in re.findall(r"[\w-]+", values)


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
