"""The workflows as a real workflow controller runs them at a real API server, each step with the rights
of the workflows' own service account."""

import json

import pytest

from argo import WORKFLOWS
from support import await_that, run, tool
from templates import DELETE, DELETE_EXPORTER, DEPLOY, DEPLOY_EXPORTER, EXAMPLES, NAMES, all_steps

INSTANCE = EXAMPLES[DEPLOY]["arkouda-instance-name"]
KINDS = "deployments,pods,services,configmaps,roles,rolebindings,servicemonitors"


@pytest.fixture
def namespace(cluster, argo, namespace):
    """With the accounts, the templates and the SSH Secret, and nothing else."""
    argo.install()
    cluster.kubectl("create", "secret", "generic", "arkouda-ssh", "--from-literal=id_rsa=x")
    return namespace


def workflow(template, namespace, **changes):
    """A Workflow with the parameters of the examples."""
    parameters = EXAMPLES[template] | {"arkouda-namespace": namespace} | changes
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


def carry_out(argo, template, namespace, observe=None, **changes):
    """The order of the workflow's steps, and the Workflow once it has ended."""
    changes = {name.replace("_", "-"): value for name, value in changes.items()}
    return argo.carry_out(argo.submit(workflow(template, namespace, **changes)), observe)


def succeed(*arguments, **changes):
    order, done = carry_out(*arguments, **changes)
    assert done["status"]["phase"] == "Succeeded", done["status"].get("message")
    return order


def everything(cluster):
    """What is in the namespace, but for what was there before and for Argo's own pods."""
    listed = cluster.get(KINDS)
    return {
        (found["kind"], found["metadata"]["name"])
        for found in listed
        if "workflows.argoproj.io/workflow" not in found["metadata"].get("labels", {})
        and not found["metadata"]["name"].startswith("arkouda-workflows-")
        and found["metadata"]["name"] != "kube-root-ca.crt"
        and "deletionTimestamp" not in found["metadata"]
    }


def run_locales(cluster, ready=2):
    """Makes some of the two locale pods ready, as a kubelet would."""

    def locales():
        pods = cluster.get("pods", "-l", f"app={INSTANCE}-locale")
        return len(pods) == 2 and [pod["metadata"]["name"] for pod in pods]

    for number, name in enumerate(await_that("there are both locale pods", locales)[:ready]):
        cluster.run_pod(name, f"10.1.0.{number + 1}")


def end_locales(cluster):
    """Lets the locale pods go, which on a node would be the kubelet's: those that the controllers make
    in their place are on none, and need nobody's consent."""
    cluster.kubectl("delete", "pods", "-l", f"app={INSTANCE}-locale", "--force", "--grace-period=0")


def made(metrics=True):
    """What deploy-arkouda-on-kubernetes leaves behind."""
    names = {
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
        names |= {("Service", f"{INSTANCE}-exporter"), ("ServiceMonitor", f"{INSTANCE}-exporter")}
    return names


def without_locale_pods(found):
    return {(kind, name) for kind, name in found if not (kind == "Pod" and "-locale-" in name)}


def test_arkouda_is_deployed_twice_and_deleted_twice_with_nothing_left(cluster, argo, namespace):
    before = everything(cluster)

    def observe(step):
        if step == "verify-locale-deployment":
            run_locales(cluster)

    order = succeed(argo, DEPLOY, namespace, observe)
    position = {step: index for index, step in enumerate(order)}
    assert position["deploy-locale"] < position["verify-locale-deployment"]
    assert position["verify-locale-deployment"] < position["deploy-server-with-exporter"]
    assert without_locale_pods(everything(cluster)) - before == made()

    succeed(argo, DEPLOY, namespace)
    assert without_locale_pods(everything(cluster)) - before == made()

    # Arkouda registers the first two by itself; the others are somebody else's.
    for name in (INSTANCE, f"{INSTANCE}-metrics", f"{INSTANCE}-2", "another"):
        cluster.kubectl("create", "service", "clusterip", name, "--tcp=5555")
    end_locales(cluster)
    for _ in range(2):
        succeed(argo, DELETE, namespace)
        left = without_locale_pods(everything(cluster)) - before
        assert left == {("Service", f"{INSTANCE}-2"), ("Service", "another")}


def test_without_metrics_there_is_no_exporter(cluster, argo, namespace):
    before = everything(cluster)

    def observe(step):
        if step == "verify-locale-deployment":
            run_locales(cluster)

    order = succeed(argo, DEPLOY, namespace, observe, collect_metrics="false")
    assert "deploy-server-alone" in order
    assert without_locale_pods(everything(cluster)) - before == made(metrics=False)
    end_locales(cluster)
    succeed(argo, DELETE, namespace)
    assert without_locale_pods(everything(cluster)) == before


def test_locales_that_are_not_ready_in_time_are_counted_and_there_is_no_server(
    cluster, argo, namespace
):
    # The deadline alone is another one here.
    template = cluster.get("workflowtemplate", DEPLOY)
    for step in template["spec"]["templates"]:
        if step["name"] == "verify-locale-deployment":
            step["activeDeadlineSeconds"] = "5"
    cluster.kubectl("replace", "-f", "-", stdin=json.dumps(template))

    def observe(step):
        if step == "verify-locale-deployment":
            run_locales(cluster, 1)

    order, done = carry_out(argo, DEPLOY, namespace, observe)
    assert done["status"]["phase"] == "Failed"
    messages = [node.get("message", "") for node in done["status"]["nodes"].values()]
    assert any("1-of-2-locale-pods-are-ready" in message for message in messages), messages
    assert not [step for step in order if step.startswith("deploy-server")]


def test_the_exporter_is_deployed_changed_and_deleted_twice(cluster, argo, namespace):
    before = everything(cluster)
    succeed(argo, DEPLOY_EXPORTER, namespace)
    succeed(argo, DEPLOY_EXPORTER, namespace, exporter_polling_interval="47")
    deployment = cluster.get("deployment", "prometheus-arkouda-exporter")
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    assert {"name": "METRICS_POLLING_INTERVAL", "value": "47s"} in container["env"]
    for _ in range(2):
        succeed(argo, DELETE_EXPORTER, namespace)
        assert {kind for kind, _ in everything(cluster) - before} <= {"Pod"}


@pytest.mark.parametrize("verb", ["create", "patch"])
def test_is_refused_when_a_verb_is_taken_from_the_role(cluster, argo, namespace, verb):
    role = cluster.get("role", "arkouda-workflows-role")
    for rule in role["rules"]:
        if rule["resources"] == ["deployments"]:
            rule["verbs"].remove(verb)
    cluster.kubectl("replace", "-f", "-", stdin=json.dumps(role))
    template = cluster.get("workflowtemplate", DEPLOY_EXPORTER)
    for step in template["spec"]["templates"]:
        step.pop("retryStrategy", None)
    cluster.kubectl("replace", "-f", "-", stdin=json.dumps(template))
    if verb == "create":
        _, done = carry_out(argo, DEPLOY_EXPORTER, namespace)
    else:
        deploy_as_administrator(cluster, namespace)
        _, done = carry_out(argo, DEPLOY_EXPORTER, namespace, exporter_polling_interval="47")
    assert done["status"]["phase"] == "Failed"
    messages = " ".join(node.get("message", "") for node in done["status"]["nodes"].values())
    assert f'cannot {verb} resource "deployments"' in messages


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
