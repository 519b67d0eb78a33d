"""The workflows as a real workflow controller, Argo's real executor and a real node run them, each step with
the rights of the workflows' own service account. Arkouda's image is a stand-in, which runs the launch script
and then the development server."""

import json
import os
import re

import pytest

import images
from argo import WORKFLOWS, steps_of
from scripts import COMMANDS, real
from support import TOOLS, await_that, run, tool
from templates import (
    DELETE,
    DELETE_EXPORTER,
    DEPLOY,
    DEPLOY_EXPORTER,
    EXAMPLES,
    NAMES,
    all_steps,
    granted,
    permissions,
    workflows_role,
)

INSTANCE = EXAMPLES[DEPLOY]["arkouda-instance-name"]
# Endpoints come with Services, ReplicaSets and the locales' pods with the Deployment.
KINDS = (
    "deployments,pods,services,configmaps,roles,rolebindings,servicemonitors,replicasets,endpoints"
)


@pytest.fixture
def namespace(cluster, argo, namespace):
    """With the accounts, the templates and the SSH Secret, and nothing else."""
    argo.install()
    command = ["sh", WORKFLOWS / "make-ssh-secret.sh"]
    environment = {
        **os.environ,
        "ARKOUDA_NAMESPACE": namespace,
        "ARKOUDA_SSH_SECRET": "arkouda-ssh",
        "KUBECONFIG": str(cluster.kubeconfig),
        "PATH": f"{TOOLS}:{os.environ['PATH']}",
    }
    run(*command, env=environment)
    return namespace


# What fits the node of the tests beside the pods of the workflow itself.
SIZE = {"num-cpu-cores": "50m", "memory": "128Mi", "chpl-mem-max": "100000000"}


def workflow(template, namespace, **changes):
    """A Workflow with the parameters of the examples."""
    parameters = EXAMPLES[template] | {"arkouda-namespace": namespace}
    parameters |= (SIZE if template == DEPLOY else {}) | changes
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": f"{template}-"},
        "spec": {
            "workflowTemplateRef": {"name": template},
            "arguments": {
                "parameters": [{"name": name, "value": parameters[name]} for name in parameters]
            },
        },
    }


def carry_out(argo, template, namespace, **changes):
    """The order of the workflow's steps, and the Workflow once it has ended."""
    changes = {name.replace("_", "-"): value for name, value in changes.items()}
    return argo.end_of(argo.submit(workflow(template, namespace, **changes)))


def succeed(*arguments, **changes):
    order, done = carry_out(*arguments, **changes)
    assert done["status"]["phase"] == "Succeeded", messages(done)
    return order


def by_script(machine, cluster, variables, template):
    """The order of the steps of a workflow that succeeds, which a user's script submits and waits for."""
    [script] = [script for script in COMMANDS if script.template == template]
    environment = {**script.examples, **variables}
    if template == DEPLOY:
        environment |= {
            "ARKOUDA_CPU_CORES": SIZE["num-cpu-cores"],
            "ARKOUDA_MEMORY": SIZE["memory"],
            "CHPL_MEM_MAX": SIZE["chpl-mem-max"],
        }
    command = machine.command(script.name, "--wait")
    run(*command, env={**machine.environment, **environment}, timeout=300)
    found = cluster.get("workflows", "--sort-by=.metadata.creationTimestamp")
    newest = [one for one in found if one["spec"]["workflowTemplateRef"]["name"] == template][-1]
    return steps_of(newest)


def everything(cluster):
    """What is in the namespace, but for what Kubernetes and Argo put there for themselves."""
    return {
        (found["kind"], found["metadata"]["name"])
        for found in cluster.get(KINDS)
        if "workflows.argoproj.io/workflow" not in found["metadata"].get("labels", {})
        and not found["metadata"]["name"].startswith("arkouda-workflows-")
        and found["metadata"]["name"] != "kube-root-ca.crt"
    }


def await_left(cluster, before, expected=frozenset()):
    """Waits until nothing is there beside what was before but this: what follows from what was
    deleted, the controllers delete in their own time."""

    def left():
        found = everything(cluster) - before
        assert found == expected
        return True

    await_that("there is what is expected", left, 30)


def deployed(cluster, before):
    """What has been deployed, without what follows from it."""
    return {
        (kind, name)
        for kind, name in everything(cluster) - before
        if kind not in ("Endpoints", "ReplicaSet") and not (kind == "Pod" and "-locale-" in name)
    }


def made(metrics=True):
    """What deploy-arkouda-on-kubernetes leaves behind, and what Arkouda itself registers then."""
    names = {
        ("Service", INSTANCE),
        ("Deployment", f"{INSTANCE}-locale"),
        ("Pod", f"{INSTANCE}-server"),
        *(
            ("Service", f"{INSTANCE}-{role}-{kind}")
            for role in ("locale", "server")
            for kind in ("headless", "ssh")
        ),
        *(("ConfigMap", f"{INSTANCE}-{role}-launch-script") for role in ("locale", "server")),
        *(("Role", f"{INSTANCE}-{kind}") for kind in ("pod", "service", "servicemonitor")),
        *(
            ("RoleBinding", f"{INSTANCE}-{kind}-binding")
            for kind in ("pod", "service", "servicemonitor")
        ),
    }
    if metrics:
        names |= {("Service", f"{INSTANCE}-metrics-exporter")}
        names |= {("ServiceMonitor", f"{INSTANCE}-servicemonitor")}
        names |= {("Service", f"{INSTANCE}-metrics")}
    return names


def change(cluster, kind, name, edit):
    """Lets edit change an object in place, and replaces what there is."""
    found = cluster.get(kind, name)
    edit(found)
    cluster.kubectl("replace", "-f", "-", stdin=json.dumps(found))


def without_retries(cluster, template):
    """Lets a step that fails fail at once."""

    def edit(found):
        for step in found["spec"]["templates"]:
            step.pop("retryStrategy", None)

    change(cluster, "workflowtemplate", template, edit)


def hurry(cluster, template, name, seconds):
    """Gives a step's Deployment 20 s in the place of so many: enough for a pod to be on a node, also where
    the machine is busy."""

    def edit(found):
        [step] = [step for step in found["spec"]["templates"] if step["name"] == name]
        manifest = step["resource"]["manifest"]
        assert f"progressDeadlineSeconds: {seconds}\n" in manifest
        step["resource"]["manifest"] = manifest.replace(f"Seconds: {seconds}\n", "Seconds: 20\n")

    change(cluster, "workflowtemplate", template, edit)


def take_verb(cluster, resource, verb):
    """Takes a verb from the workflows' Role."""

    def edit(role):
        [rule] = [rule for rule in role["rules"] if resource in rule["resources"]]
        rule["verbs"].remove(verb)

    change(cluster, "role", "arkouda-workflows-role", edit)


def locales_scraped(cluster, node):
    """How many locales are on the page that the exporter's Service leads to."""
    service = cluster.get("service", f"{INSTANCE}-metrics-exporter")
    url = f"http://{service['spec']['clusterIP']}:5080/metrics"
    page = run(*node.network.within("curl", "-fsS", "--max-time", "5", url), check=False).stdout
    return len(re.findall("^arkouda_memory_used_per_locale{", page, re.M))


def messages(workflow):
    return " ".join(node.get("message", "") for node in workflow["status"]["nodes"].values())


def test_arkouda_is_deployed_twice_and_deleted_twice_with_nothing_left(
    cluster, node, argo, namespace, machine
):
    before = everything(cluster)
    variables = real(machine, cluster, namespace, "argo")
    order = by_script(machine, cluster, variables, DEPLOY)
    position = {step: index for index, step in enumerate(order)}
    assert position["deploy-locale"] < position["verify-locale-deployment"]
    assert position["verify-locale-deployment"] < position["deploy-server-with-exporter"]
    assert position["verify-server"] < position["create-exporter-service"]
    assert deployed(cluster, before) == made()
    await_that("all locales are scraped", lambda: locales_scraped(cluster, node) == 3)
    # The launch script let it log in on each of them.
    log = cluster.kubectl("logs", f"{INSTANCE}-server", "-c", "arkouda-udp-server").stdout
    assert len(re.findall(r"^locale \S+: ubuntu@\S+: 2 threads$", log, re.M)) == 3

    # Somebody has changed what is there, and the second time puts it right.
    ours = ["-l", "app.kubernetes.io/managed-by=deploy-arkouda-on-kubernetes"]
    cluster.kubectl("label", KINDS, *ours, "--overwrite", "app.kubernetes.io/part-of=another")
    succeed(argo, DEPLOY, namespace)
    assert deployed(cluster, before) == made()
    changed = cluster.get(KINDS, "-l", "app.kubernetes.io/part-of=another")
    # What the controllers have made of it is theirs.
    ours = [found for found in changed if "ownerReferences" not in found["metadata"]]
    assert {found["kind"] for found in ours} <= {"Endpoints"}

    for name in (f"{INSTANCE}-2", "another"):
        cluster.kubectl("create", "service", "clusterip", name, "--tcp=5555")
    await_that("the others are known", lambda: ("Endpoints", "another") in everything(cluster))
    others = {
        (kind, name) for kind in ("Service", "Endpoints") for name in (f"{INSTANCE}-2", "another")
    }
    by_script(machine, cluster, variables, DELETE)
    await_left(cluster, before, others)
    succeed(argo, DELETE, namespace)
    await_left(cluster, before, others)

    # The same of the exporter alone; then all that the account may do has been done, or is only granted.
    by_script(machine, cluster, variables, DEPLOY_EXPORTER)
    by_script(machine, cluster, variables, DELETE_EXPORTER)
    await_left(cluster, before, others)
    asked = cluster.asked_for("arkouda-workflows-service-account")
    for resource, verbs in permissions(workflows_role()).items():
        unused = verbs - asked.pop(resource, set())
        assert unused <= granted().get(resource, set()), resource
    assert not asked


def test_a_server_that_runs_is_not_touched_by_a_deployment_with_other_settings(
    cluster, node, argo, namespace
):
    succeed(argo, DEPLOY, namespace)
    without_retries(cluster, DEPLOY)

    def pods():
        return {
            (pod["metadata"]["uid"], pod["spec"]["containers"][0]["image"])
            for pod in cluster.get("pods", "-l", "app.kubernetes.io/name=arkouda")
        }

    running = pods()
    assert len(running) == 3
    for changes in (
        {"arkouda_release_version": "v2024.12.06"},
        {"arkouda_number_of_locales": "3", "arkouda_total_number_of_locales": "4"},
        {"collect_metrics": "false"},
    ):
        order, done = carry_out(argo, DEPLOY, namespace, **changes)
        assert done["status"]["phase"] == "Failed"
        assert "pod updates may not" in messages(done)
        assert "deploy-locale" not in order
        assert pods() == running
    # A new exporter does not end Arkouda.
    node.load(images.exporter(), "docker.io/bearsrus/prometheus-arkouda-exporter:another")
    succeed(argo, DEPLOY, namespace, exporter_release_version="another")
    assert pods() == running


def test_without_metrics_there_is_no_exporter_and_the_right_to_delete_one_is_not_needed(
    cluster, argo, namespace
):
    before = everything(cluster)
    order = succeed(argo, DEPLOY, namespace, collect_metrics="false")
    assert "deploy-server-alone" in order
    assert deployed(cluster, before) == made(metrics=False)
    without_retries(cluster, DELETE)
    take_verb(cluster, "servicemonitors", "list")
    # All the rest goes, but it has failed: there could be one.
    _, done = carry_out(argo, DELETE, namespace)
    assert done["status"]["phase"] == "Failed"
    assert "cannot list resource" in messages(done)
    await_left(cluster, before)
    succeed(argo, DELETE, namespace, collect_metrics="false")


def test_locales_that_are_not_ready_in_time_are_counted_and_there_is_no_server(
    cluster, argo, namespace
):
    hurry(cluster, DEPLOY, "deploy-locale", 600)
    # The node has room for one of them.
    order, done = carry_out(argo, DEPLOY, namespace, num_cpu_cores="1200m")
    assert done["status"]["phase"] == "Failed"
    assert "1-of-2-locale-pods-are-ready" in messages(done)
    assert not [step for step in order if step.startswith("deploy-server")]


def test_a_server_that_can_not_start_is_a_failure_and_there_is_no_exporter_to_be_scraped(
    cluster, argo, namespace
):
    without_retries(cluster, DEPLOY)
    # It has no token for the API server.
    order, done = carry_out(
        argo, DEPLOY, namespace, arkouda_serviceaccount_token_name="arkouda-ssh"
    )
    assert done["status"]["phase"] == "Failed"
    # It waits to be started again, or has just ended again.
    state = "(CrashLoopBackOff|is-not-ready)-exit-code-1"
    assert re.search(f"{INSTANCE}-server/arkouda-udp-server-{state}", messages(done))
    assert "deploy-server-with-exporter" in order and "create-exporter-service" not in order
    log = ["logs", f"{INSTANCE}-server", "-c", "arkouda-udp-server"]
    await_that("it says why", lambda: "no token in /opt/sa" in cluster.kubectl(*log).stdout)


def test_an_image_that_can_not_be_fetched_is_a_failure_that_says_so(cluster, argo, namespace):
    without_retries(cluster, DEPLOY)
    order, done = carry_out(argo, DEPLOY, namespace, arkouda_release_version="v0.0.0")
    assert done["status"]["phase"] == "Failed"
    assert re.search("arkouda-on-k8s-locale.*(ErrImagePull|ImagePullBackOff)", messages(done))
    assert not [step for step in order if step.startswith("deploy-server")]


def test_the_conditions_of_steps_can_be_read(cluster):
    """Argo reads them as Kubernetes reads a selector of labels."""
    for step in all_steps(DEPLOY, skip=False):
        for kind in ("successCondition", "failureCondition"):
            if condition := step.resource.get(kind):
                condition = re.sub(r"\{\{tasks[^}]*\}\}", "1", condition)
                cluster.kubectl("get", "pods", f"--selector={condition}")


def test_the_exporter_is_deployed_changed_and_deleted_twice(cluster, argo, namespace):
    before = everything(cluster)
    succeed(argo, DEPLOY_EXPORTER, namespace)
    succeed(argo, DEPLOY_EXPORTER, namespace, exporter_polling_interval="47")
    deployment = cluster.get("deployment", "prometheus-arkouda-exporter")
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    assert {"name": "METRICS_POLLING_INTERVAL", "value": "47s"} in container["env"]
    for _ in range(2):
        succeed(argo, DELETE_EXPORTER, namespace)
        await_left(cluster, before)


def test_an_exporter_whose_image_can_not_be_fetched_is_a_failure_that_says_so(
    cluster, argo, namespace
):
    hurry(cluster, DEPLOY_EXPORTER, "deploy-exporter", 240)
    _, done = carry_out(argo, DEPLOY_EXPORTER, namespace, exporter_release_version="0.0.0")
    assert done["status"]["phase"] == "Failed"
    cause = "prometheus-arkouda-exporter-(ErrImagePull|ImagePullBackOff)"
    assert re.search(f"{{prometheus-arkouda-exporter-[^/]*/{cause}", messages(done)), messages(done)


def test_a_deletion_waits_until_the_deployment_has_ended(cluster, argo, namespace):
    before = everything(cluster)
    first, second = (
        argo.submit(workflow(template, namespace))
        for template in (DEPLOY_EXPORTER, DELETE_EXPORTER)
    )
    await_that(
        "the second waits",
        lambda: "Waiting for" in argo.workflow(second).get("status", {}).get("message", ""),
    )
    for name in (first, second):
        assert (name == second) == (everything(cluster) != before)
        _, done = argo.end_of(name)
        assert done["status"]["phase"] == "Succeeded", done["status"].get("message")
    await_left(cluster, before)


@pytest.mark.parametrize("verb", ["create", "patch"])
def test_is_refused_when_a_verb_is_taken_from_the_role(cluster, argo, namespace, verb):
    take_verb(cluster, "deployments", verb)
    without_retries(cluster, DEPLOY_EXPORTER)
    if verb == "create":
        _, done = carry_out(argo, DEPLOY_EXPORTER, namespace)
    else:
        deploy_as_administrator(cluster, namespace)
        _, done = carry_out(argo, DEPLOY_EXPORTER, namespace, exporter_polling_interval="47")
    assert done["status"]["phase"] == "Failed"
    assert f'cannot {verb} resource "deployments"' in messages(done)


def test_is_refused_when_the_role_lacks_what_it_grants(cluster, argo, namespace):
    """Kubernetes lets nobody grant rights that they do not have."""
    take_verb(cluster, "endpoints", "create")
    without_retries(cluster, DEPLOY)
    _, done = carry_out(argo, DEPLOY, namespace)
    assert done["status"]["phase"] == "Failed"
    assert "is attempting to grant RBAC permissions not currently held" in messages(done)


def deploy_as_administrator(cluster, namespace):
    """The exporter's Deployment as the workflow would have made it before."""
    parameters = {**EXAMPLES[DEPLOY_EXPORTER], "arkouda-namespace": namespace}
    [step] = [
        step for step in all_steps(DEPLOY_EXPORTER, parameters) if step.task == "deploy-exporter"
    ]
    cluster.kubectl("apply", "-f", "-", stdin=step.manifest)


@pytest.mark.parametrize("name", NAMES)
def test_argo_lints_template_and_workflow(name):
    files = [WORKFLOWS / f"{name}-workflow-template.yaml", WORKFLOWS / f"{name}-workflow.yaml"]
    done = run(tool("argo"), "lint", "--offline", *files, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
