"""What the Python exporter's workflows leave in a namespace, and what becomes of it: a real API server with
the Prometheus operator's CRDs takes the steps of ours, in their order, as their executor gives them to
kubectl."""

import copy
import json

import pytest

from templates import (
    DELETE,
    DELETE_EXPORTER,
    DEPLOY,
    DEPLOY_EXPORTER,
    EXAMPLES,
    WORKFLOWS,
    made,
    steps_when_all_goes_well,
)

KINDS = "deployments,pods,services,configmaps,roles,rolebindings,servicemonitors"


@pytest.fixture
def namespace(cluster):
    with cluster.namespace("baseline") as name:
        cluster.kubectl("apply", "-f", WORKFLOWS / "arkouda-service-account.yaml")
        yield name


def take(cluster, name, **changes):
    """Takes the steps of a workflow that change something."""
    changes = {key.replace("_", "-"): value for key, value in changes.items()}
    parameters = {**EXAMPLES[name], **changes, "arkouda-namespace": cluster.current}
    for step in steps_when_all_goes_well(name, parameters):
        if step.action != "get" and "--dry-run=server" not in step.flags:
            command = [step.action, *step.flags] + (["-f", "-"] if step.manifest else [])
            cluster.kubectl(*command, stdin=step.manifest or None)


def create(cluster, kind, name, labels=None, **content):
    versions = {"Deployment": "apps/v1", "ServiceMonitor": "monitoring.coreos.com/v1"}
    versions |= dict.fromkeys(("Role", "RoleBinding"), "rbac.authorization.k8s.io/v1")
    manifest = {"apiVersion": versions.get(kind, "v1"), "kind": kind, **content}
    manifest["metadata"] = {"name": name, "labels": labels or {}}
    cluster.kubectl("create", "-f", "-", stdin=json.dumps(manifest))


def monitor(cluster, name, instance, labels):
    spec = {
        "endpoints": [{"port": "http", "interval": "15s", "path": "/metrics"}],
        "selector": {"matchLabels": {"instance": instance}},
        "targetLabels": ["arkouda_instance", "launcher"],
    }
    create(cluster, "ServiceMonitor", name, labels, spec=spec)


def service(cluster, name, labels, selector, port=5080):
    ports = [{"name": "http", "port": port, "targetPort": port}]
    create(cluster, "Service", name, labels, spec={"ports": ports, "selector": selector})


def pod(name, labels, *containers):
    containers = [{"name": container, "image": f"python-{container}"} for container in containers]
    return {"metadata": {"name": name, "labels": labels}, "spec": {"containers": containers}}


def deployment(cluster, name, container, command=None):
    template = pod(None, {"app": name}, container)
    del template["metadata"]["name"]
    if command:
        template["spec"]["containers"][0]["command"] = command
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template}
    create(cluster, "Deployment", name, {"app": name}, spec=spec)


def exporter_of_the_predecessor(cluster):
    """Of its deploy-prometheus-arkouda-exporter."""
    parameters = EXAMPLES[DEPLOY_EXPORTER]
    app, name = parameters["exporter-app-name"], parameters["exporter-service-name"]
    deployment(cluster, app, "arkouda-metrics-exporter", ["python", "-c", "pass"])
    service(cluster, name, {"instance": name}, {"app": app})
    labels = {"arkouda_instance": "a", "launcher": "slurm", "release": "kube-stack"}
    monitor(cluster, f"{name}-servicemonitor", name, labels)


def exporter_of_its_chart(cluster):
    """Of its Helm chart: the ServiceMonitor has the name of the Deployment."""
    parameters = EXAMPLES[DEPLOY_EXPORTER]
    app, name = parameters["exporter-app-name"], parameters["exporter-service-name"]
    deployment(cluster, app, "arkouda-metrics-exporter")
    service(cluster, name, {}, {"app": app})
    monitor(cluster, app, app, {"arkouda_instance": "a", "launcher": "kubernetes"})


def exporter_of_an_earlier_version(cluster):
    """Of this workflow before it had the predecessor's names: with another selector, which can't be
    changed."""
    for object in copy.deepcopy(made(DEPLOY_EXPORTER)):
        labels = object["metadata"]["labels"]
        object["metadata"]["namespace"] = cluster.current
        for key in ("app", "app.kubernetes.io/managed-by", "app.kubernetes.io/version"):
            labels.pop(key, None)
        if object["kind"] == "Deployment":
            known = {
                key: labels[key] for key in ("app.kubernetes.io/name", "app.kubernetes.io/instance")
            }
            object["spec"]["selector"]["matchLabels"] = known
        if object["kind"] == "ServiceMonitor":
            object["metadata"]["name"] = EXAMPLES[DEPLOY_EXPORTER]["exporter-app-name"]
        cluster.kubectl("apply", "-f", "-", stdin=json.dumps(object))


BEFORE = [exporter_of_the_predecessor, exporter_of_its_chart, exporter_of_an_earlier_version]


def names(cluster):
    """What is there, but for what Kubernetes puts there."""
    return {
        (found["kind"], found["metadata"]["name"])
        for found in cluster.get(KINDS)
        if found["metadata"]["name"] != "kube-root-ca.crt"
        and "ownerReferences" not in found["metadata"]
    }


def scraped(cluster):
    """The Services that ServiceMonitors select, once for each that does."""
    services = cluster.get("services")
    return sorted(
        found["metadata"]["name"]
        for monitor in cluster.get("servicemonitors")
        for found in services
        if monitor["spec"]["selector"]["matchLabels"].items()
        <= found["metadata"].get("labels", {}).items()
    )


@pytest.mark.parametrize("earlier", BEFORE)
def test_an_exporter_that_is_there_is_replaced_and_scraped_once(earlier, cluster, namespace):
    service = EXAMPLES[DEPLOY_EXPORTER]["exporter-service-name"]
    earlier(cluster)
    for _ in range(2):
        take(cluster, DEPLOY_EXPORTER)
        assert names(cluster) == {
            ("Deployment", "prometheus-arkouda-exporter"),
            ("Service", service),
            ("ServiceMonitor", f"{service}-servicemonitor"),
        }
        assert scraped(cluster) == [service]
        found = cluster.get("deployment", "prometheus-arkouda-exporter")
        [container] = found["spec"]["template"]["spec"]["containers"]
        assert container["name"] == "prometheus-arkouda-exporter"
        assert "command" not in container
        selector = cluster.get("service", service)["spec"]["selector"]
        assert selector.items() <= found["spec"]["template"]["metadata"]["labels"].items()


def test_the_deployment_is_not_deleted_when_it_is_deployed_again(cluster, namespace):
    take(cluster, DEPLOY_EXPORTER)
    before = cluster.get("deployment", "prometheus-arkouda-exporter")["metadata"]["uid"]
    take(cluster, DEPLOY_EXPORTER, exporter_polling_interval="47")
    found = cluster.get("deployment", "prometheus-arkouda-exporter")
    assert found["metadata"]["uid"] == before
    [container] = found["spec"]["template"]["spec"]["containers"]
    assert {"name": "METRICS_POLLING_INTERVAL", "value": "47s"} in container["env"]


@pytest.mark.parametrize("earlier", BEFORE)
def test_an_exporter_that_is_there_is_deleted(earlier, cluster, namespace):
    earlier(cluster)
    for _ in range(2):
        take(cluster, DELETE_EXPORTER)
        assert names(cluster) == set()


INSTANCE = EXAMPLES[DEPLOY]["arkouda-instance-name"]


def arkouda_of_the_predecessor(cluster):
    """All that its deploy-arkouda-on-kubernetes makes, and what Arkouda registers itself."""
    exporter_of_arkouda_of_the_predecessor(cluster)
    deployment(cluster, f"{INSTANCE}-locale", "arkouda-udp-locale")
    labels = {"app": f"{INSTANCE}-server"}
    server = pod(f"{INSTANCE}-server", labels, "arkouda-metrics-exporter", "arkouda-udp-server")
    create(cluster, "Pod", f"{INSTANCE}-server", labels, spec=server["spec"])
    for role in ("locale", "server"):
        for suffix in ("headless", "ssh"):
            service(cluster, f"{INSTANCE}-{role}-{suffix}", {}, {"app": f"{INSTANCE}-{role}"}, 22)
        create(cluster, "ConfigMap", f"{INSTANCE}-{role}-launch-script", data={"script": "true"})
    for kind in ("pod", "service", "servicemonitor"):
        role = f"{INSTANCE}-{kind}"
        create(
            cluster,
            "Role",
            role,
            rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
        )
        account = {"kind": "ServiceAccount", "name": "arkouda", "namespace": cluster.current}
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": role}
        create(cluster, "RoleBinding", f"{role}-binding", roleRef=reference, subjects=[account])
    for name in (INSTANCE, f"{INSTANCE}-metrics"):
        service(cluster, name, {}, None, 5555)


def exporter_of_arkouda_of_the_predecessor(cluster):
    """What is left of it without Arkouda itself."""
    name = f"{INSTANCE}-metrics-exporter"
    service(cluster, name, {"instance": name}, {"app": f"{INSTANCE}-server"})
    labels = {"arkouda_instance": f"{INSTANCE}-server", "launcher": "kubernetes", "release": "a"}
    monitor(cluster, f"{INSTANCE}-servicemonitor", name, labels)


def exporter_of_arkouda_of_an_earlier_version(cluster):
    """Service and ServiceMonitor as they were called and selected before."""
    for object in copy.deepcopy(made(DEPLOY)):
        if object["metadata"]["labels"]["app.kubernetes.io/name"] == "prometheus-arkouda-exporter":
            object["metadata"] |= {"name": f"{INSTANCE}-exporter", "namespace": cluster.current}
            if object["kind"] == "Service":
                object["metadata"]["labels"]["instance"] = INSTANCE
            else:
                object["spec"]["selector"]["matchLabels"] = {"instance": INSTANCE}
            cluster.kubectl("apply", "-f", "-", stdin=json.dumps(object))


@pytest.mark.parametrize(
    "earlier", [exporter_of_arkouda_of_the_predecessor, exporter_of_arkouda_of_an_earlier_version]
)
@pytest.mark.parametrize("service", [f"{INSTANCE}-metrics-exporter", "a-service"])
def test_arkoudas_exporter_is_scraped_once(earlier, service, cluster, namespace):
    earlier(cluster)
    for _ in range(2):
        take(cluster, DEPLOY, exporter_service_name=service)
        assert scraped(cluster) == [service]
        monitors = [found["metadata"]["name"] for found in cluster.get("servicemonitors")]
        assert monitors == [f"{INSTANCE}-servicemonitor"]
        found = {
            name
            for kind, name in names(cluster)
            if kind == "Service" and not name.endswith(("ssh", "less"))
        }
        assert found == {service}
        selector = cluster.get("service", service)["spec"]["selector"]
        assert (
            selector.items()
            <= cluster.get("pod", f"{INSTANCE}-server")["metadata"]["labels"].items()
        )


@pytest.mark.parametrize(
    "earlier", [arkouda_of_the_predecessor, exporter_of_arkouda_of_an_earlier_version]
)
def test_arkouda_that_is_there_is_deleted(earlier, cluster, namespace):
    earlier(cluster)
    assert scraped(cluster) != []
    for _ in range(2):
        take(cluster, DELETE)
        assert names(cluster) == set()


@pytest.mark.parametrize("earlier", [None, arkouda_of_the_predecessor])
def test_nothing_is_scraped_after_a_deletion_without_metrics_of_a_deployment_that_had_some(
    earlier, cluster, namespace
):
    earlier(cluster) if earlier else take(cluster, DEPLOY)
    assert scraped(cluster) != []
    take(cluster, DELETE, collect_metrics="false")
    assert names(cluster) == {("ServiceMonitor", f"{INSTANCE}-servicemonitor")}
    assert scraped(cluster) == []


def test_a_server_of_the_predecessor_that_runs_is_left_alone(cluster, namespace):
    arkouda_of_the_predecessor(cluster)
    parameters = {**EXAMPLES[DEPLOY], "arkouda-namespace": namespace}
    [check] = [
        step
        for step in steps_when_all_goes_well(DEPLOY, parameters)
        if "--dry-run=server" in step.flags
    ]
    done = cluster.kubectl(check.action, *check.flags, "-f", "-", stdin=check.manifest, check=False)
    assert done.returncode != 0
    assert "pod updates may not" in done.stderr
