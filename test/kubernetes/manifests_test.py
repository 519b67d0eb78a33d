"""What the manifests say, as kustomize renders them: no cluster is needed."""

import re
import shutil

import pytest
import requests
import yaml

import schemas
from support import ROOT, exporter, run, simulator, tool
from variants import EXTRAS, WORKLOADS, container_of, environment, objects, one, pod_of, rendered

PROMETHEUS_LABELS = {"job", "instance", "namespace", "pod", "service", "container", "endpoint"}
CONTRACT = {"instance", "arkouda_instance", "launcher"}
SERVICE_VARIANTS = [v for v in WORKLOADS if any(o["kind"] == "Service" for o in objects(v))]
MONITORED = [v for v in WORKLOADS if any(o["kind"] == "ServiceMonitor" for o in objects(v))]
# What the components web-config and basic-auth add to a monitor's endpoint.
OVER_TLS = {
    "scheme": "https",
    "tlsConfig": {
        "ca": {"secret": {"name": "exporter-tls", "key": "ca.crt"}},
        "serverName": "prometheus-arkouda-exporter",
    },
    "basicAuth": {
        "username": {"name": "exporter-basic-auth", "key": "username"},
        "password": {"name": "exporter-basic-auth", "key": "password"},
    },
}


@pytest.mark.parametrize("release", [schemas.OLDEST, schemas.current()])
@pytest.mark.parametrize("variant", WORKLOADS + EXTRAS)
def test_is_valid_for_kubernetes(variant, release, schema_folder):
    done = schemas.validate(schema_folder(release), rendered(variant))
    assert done.returncode == 0, done.stdout
    assert f"Valid: {len(objects(variant))}," in done.stdout


@pytest.mark.parametrize("release", [schemas.OLDEST, schemas.current()])
@pytest.mark.parametrize(
    "mistake",
    [
        ("readOnlyRootFilesystem", "readOnlyRootFileSystem"),
        ("targetPort: 5080", "targetPort: [5080]"),
        ("scrapeTimeout", "scrapeTimeOut"),
    ],
)
def test_a_mistake_is_not_valid(mistake, release, schema_folder):
    broken = rendered("deploy/kubernetes/overlays/slurm").replace(*mistake)
    done = schemas.validate(schema_folder(release), broken)
    assert done.returncode != 0


@pytest.mark.parametrize("command", [("kubectl", "kustomize"), ("kustomize-oldest", "build")])
@pytest.mark.parametrize("variant", WORKLOADS + EXTRAS)
def test_kubectl_renders_what_kustomize_does(variant, command):
    """kubectl has a Kustomize of its own inside: that of today's, and that of 1.27's."""
    program, *arguments = command
    done = run(tool(program), *arguments, ROOT / variant)
    assert list(yaml.safe_load_all(done.stdout)) == objects(variant)


@pytest.mark.parametrize("variant", MONITORED)
def test_the_service_monitor_selects_the_service_and_takes_its_labels(variant):
    service, monitor = one(variant, "Service"), one(variant, "ServiceMonitor")
    labels = service["metadata"]["labels"]
    assert monitor["metadata"]["labels"]["release"] == "kube-stack"
    assert monitor["spec"]["selector"]["matchLabels"] == {"instance": labels["instance"]}
    assert monitor["spec"]["targetLabels"] == ["arkouda_instance", "launcher"]
    assert labels["arkouda_instance"] and labels["launcher"]
    assert not {"arkouda_instance", "launcher"} & monitor["metadata"]["labels"].keys()
    assert labels[monitor["spec"]["jobLabel"]] == "prometheus-arkouda-exporter"
    [endpoint] = monitor["spec"]["endpoints"]
    assert endpoint == (OVER_TLS if "web-config" in variant else {}) | {
        "port": "http",
        "interval": "15s",
        "scrapeTimeout": "10s",
        "path": "/metrics",
        "honorLabels": False,
    }
    assert monitor["metadata"]["namespace"] == service["metadata"]["namespace"] == "arkouda"


@pytest.mark.parametrize("variant", SERVICE_VARIANTS)
def test_the_service_selects_the_exporters_pod_by_a_numbered_port(variant):
    service = one(variant, "Service")
    labels, _ = pod_of(variant)
    assert service["spec"]["selector"].items() <= labels.items()
    [port] = service["spec"]["ports"]
    assert port["name"] == "http"
    assert port["targetPort"] == 5080
    container, _ = container_of(variant)
    assert [p["containerPort"] for p in container["ports"]] == [port["targetPort"]]


@pytest.mark.parametrize("variant", WORKLOADS)
def test_the_pod_has_the_labels_that_a_pod_monitor_takes(variant):
    labels, _ = pod_of(variant)
    assert labels["arkouda_instance"] and labels["launcher"]


def test_the_pod_monitor_selects_the_pod():
    variant = "deploy/kubernetes/overlays/aok-pod-monitor"
    labels, _ = pod_of(variant)
    monitor = one(variant, "PodMonitor")
    assert monitor["metadata"]["labels"]["release"] == "kube-stack"
    assert monitor["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert monitor["spec"]["podTargetLabels"] == ["arkouda_instance", "launcher"]


@pytest.mark.parametrize("variant", WORKLOADS)
def test_the_container_is_restricted(variant):
    container, _ = container_of(variant)
    assert container["securityContext"] == {
        "runAsNonRoot": True,
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container["resources"].keys() == {"requests", "limits"}
    # OpenShift's restricted-v2 assigns the user, and refuses a pod that names one; the image has its own.
    _, spec = pod_of(variant)
    if container in spec["containers"] and len(spec["containers"]) == 1:
        assert not {"runAsUser", "runAsGroup", "fsGroup"} & spec["securityContext"].keys()
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False


@pytest.mark.parametrize("variant", WORKLOADS)
def test_no_probe_asks_for_what_fails_while_arkouda_is_down(variant, tmp_path):
    container, _ = container_of(variant)
    probes = {
        key: container[f"{key}Probe"]["httpGet"] for key in ("startup", "liveness", "readiness")
    }
    with exporter(tmp_path, 1) as (_, address):
        page = requests.get(f"http://{address}/metrics", timeout=10).text
        assert re.search(r"^arkouda_up\{.*\} 0$", page, re.MULTILINE)
        for probe in probes.values():
            assert probe["port"] == 5080
            assert requests.get(f"http://{address}{probe['path']}", timeout=10).status_code == 200


def test_the_exporter_accepts_the_manifests_environment(tmp_path):
    for variant in WORKLOADS:
        container, _ = container_of(variant)
        settings = environment(container)
        if {"ARKOUDA_TARGETS_FILES", "ARKOUDA_EXPORTER_WEB_CONFIG_FILE"} & settings.keys():
            continue  # many_servers_test.py and cluster_test.py have these
        with simulator(tmp_path) as (_, port):
            # What the test has to give for itself, flags do: the variables are all read.
            with exporter(tmp_path, port, env=settings) as (running, address):
                assert f'arkouda_server_name="{settings["ARKOUDA_METRICS_SERVER_NAME"]}"' in (
                    requests.get(f"http://{address}/metrics", timeout=10).text
                )
                assert "level=warn" not in running.log()


def test_the_sidecar_is_native_and_reaches_the_server_in_its_pod():
    container, role = container_of("deploy/kubernetes/overlays/aok")
    assert role == "initContainers"
    assert container["restartPolicy"] == "Always"
    assert environment(container)["ARKOUDA_METRICS_SERVICE_HOST"] == "localhost"
    assert environment(container)["ARKOUDA_METRICS_SERVICE_PORT"] == "5556"


def test_the_sidecar_of_older_clusters_is_an_ordinary_container():
    container, role = container_of("deploy/kubernetes/overlays/aok-older-cluster")
    assert role == "containers"
    assert "restartPolicy" not in container
    native, _ = container_of("deploy/kubernetes/overlays/aok")
    assert container == {key: value for key, value in native.items() if key != "restartPolicy"}


def workload(kind, version, name, labels):
    """A Pod, or something with a pod template, that has one container."""
    pod = {"spec": {"containers": [{"name": "arkouda-server", "image": "arkouda"}]}}
    if kind != "Pod":
        pod = {"spec": {"template": {"metadata": {"labels": {"app": name}}, **pod}}}
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": f"{name}-{kind.lower()}", "labels": labels},
        **pod,
    }


def copy_manifests(folder):
    """What a user's own kustomization refers to, in a folder where it can be changed."""
    for name in ("deploy", "servicemonitor"):
        shutil.copytree(ROOT / name, folder / name)


@pytest.mark.parametrize("kustomize", ["kustomize", "kustomize-oldest"])
def test_the_sidecar_goes_where_the_label_is_and_nowhere_else(kustomize, tmp_path):
    kinds = {"Pod": "v1", "Deployment": "apps/v1", "StatefulSet": "apps/v1", "Job": "batch/v1"}
    copy_manifests(tmp_path)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "workloads.yaml").write_text(
        yaml.safe_dump_all(
            workload(kind, version, name, labels)
            for kind, version in kinds.items()
            for name, labels in (("server", {"arkouda-exporter": "sidecar"}), ("locale", {}))
        )
    )
    shutil.copy(ROOT / "deploy/kubernetes/overlays/aok/server/settings.yaml", mine)
    (mine / "kustomization.yaml").write_text(
        "resources: [workloads.yaml, settings.yaml]\n"
        "components: [../deploy/kubernetes/components/sidecar]\n"
    )
    result = list(yaml.safe_load_all(run(tool(kustomize), "build", mine).stdout))
    [service] = [o for o in result if o["kind"] == "Service"]
    seen = 0
    for object in result:
        if object["kind"] not in kinds:
            continue
        pod = object if object["kind"] == "Pod" else object["spec"]["template"]
        injected = [c["name"] for c in pod["spec"].get("initContainers", [])]
        name = object["metadata"]["name"]
        if name.startswith("server"):
            assert injected == ["prometheus-arkouda-exporter"], name
            assert service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
        else:
            assert injected == [], name
        seen += 1
    assert seen == 2 * len(kinds)


def scalars(node):
    """Every value of an object, as text."""
    if isinstance(node, dict):
        node = node.values()
    elif not isinstance(node, list):
        yield str(node)
        return
    for child in node:
        yield from scalars(child)


def settings_of(folder):
    return yaml.safe_load((ROOT / folder / "settings.yaml").read_text())["data"]


@pytest.mark.parametrize("setting", settings_of("deploy/kubernetes/overlays/slurm-outside-host"))
def test_each_setting_has_one_place_and_reaches_the_objects(setting, tmp_path):
    copy_manifests(tmp_path)
    path = tmp_path / "deploy/kubernetes/overlays/slurm-outside-host/settings.yaml"
    before = yaml.safe_load(path.read_text())
    # No name that an object has, too.
    before["data"]["metrics-host"] = "head.example.com"
    old = before["data"][setting]
    new = {"metrics-port": "6001", "metrics-address": "192.0.2.99"}.get(setting, "47s")
    before["data"][setting] = new
    path.write_text(yaml.safe_dump(before))
    changed = list(yaml.safe_load_all(run(tool("kustomize"), "build", path.parent).stdout))
    assert new in set(scalars(changed))
    if old not in before["data"].values():
        assert old not in set(scalars(changed)), f"{old} is still there"


def test_the_images_tag_is_the_projects_version():
    version = re.search(r"project\(.*?VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(), re.S)[
        1
    ]
    for variant in WORKLOADS:
        container, _ = container_of(variant)
        assert container["image"] == f"bearsrus/prometheus-arkouda-exporter:{version}"


def test_no_label_of_the_page_is_one_that_prometheus_sets(tmp_path):
    with simulator(tmp_path) as (_, port), exporter(tmp_path, port) as (_, address):
        page = requests.get(f"http://{address}/metrics", timeout=10).text
    labels = set(re.findall(r'[{,]([a-zA-Z_][a-zA-Z0-9_]*)="', page))
    assert {"command", "user", "locale_name"} <= labels
    assert not labels & (PROMETHEUS_LABELS | {"arkouda_instance", "launcher"})


@pytest.mark.parametrize("variant", WORKLOADS)
def test_labels_follow_the_convention_beside_the_contracts(variant):
    for object in objects(variant):
        labels = object["metadata"]["labels"]
        assert {"app.kubernetes.io/name", "app.kubernetes.io/part-of"} <= labels.keys()
        others = {label for label in labels if not label.startswith("app.kubernetes.io/")}
        allowed = CONTRACT | {"release", "arkouda-exporter"}
        assert {label for label in others if "kubernetes.io/" not in label} <= allowed


def test_the_network_policy_lets_in_prometheus_and_out_dns_and_the_metrics_port():
    variant = "deploy/kubernetes/overlays/slurm-network-policy"
    policy = one(variant, "NetworkPolicy")["spec"]
    labels, _ = pod_of(variant)
    assert policy["podSelector"]["matchLabels"].items() <= labels.items()
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    [ingress] = policy["ingress"]
    assert ingress["ports"] == [{"protocol": "TCP", "port": 5080}]
    assert ingress["from"] == [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    ]
    out = [(p["protocol"], p["port"]) for rule in policy["egress"] for p in rule["ports"]]
    # 5353 is where the pods of OpenShift's DNS listen.
    assert out == [("UDP", 53), ("TCP", 53), ("UDP", 5353), ("TCP", 5353), ("TCP", 5556)]


def test_a_host_outside_is_reached_by_a_service_that_selects_no_pod():
    variant = "deploy/kubernetes/overlays/slurm-outside-host"
    service = one(variant, "Service", "arkouda-metrics")
    slice_ = one(variant, "EndpointSlice", "arkouda-metrics")
    assert service["spec"]["selector"] == {"arkouda-metrics": "outside-the-cluster"}
    assert slice_["metadata"]["labels"]["kubernetes.io/service-name"] == "arkouda-metrics"
    assert slice_["endpoints"][0]["addresses"] == ["192.0.2.10"]
    assert slice_["ports"][0]["port"] == service["spec"]["ports"][0]["port"] == 5556
    container, _ = container_of(variant)
    # In its own namespace, whichever that is.
    assert environment(container)["ARKOUDA_METRICS_SERVICE_HOST"] == service["metadata"]["name"]
