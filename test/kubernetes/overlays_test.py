"""The overlays that administrators write on top of deploy/kubernetes. Each does what it says, in all
places that hang together, or is refused with a message. With the Kustomize of today and with that of
kubectl 1.27."""

import collections
import re
import shutil

import pytest
import yaml

import web_secrets
from support import ROOT, run, tool
from variants import MANIFESTS, WORKLOADS, environment

EXPORTER = "prometheus-arkouda-exporter"
KUSTOMIZES = ["kustomize", "kustomize-oldest"]
VERSION = re.search(r"project\(.*?VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(), re.S)[1]


class Rendered:
    """What came of an overlay, in the words of the tests."""

    def __init__(self, text):
        self.objects = list(yaml.safe_load_all(text))

    def all(self, kind):
        return [found for found in self.objects if found["kind"] == kind]

    def one(self, kind, name=None):
        found = [o for o in self.all(kind) if name in (None, o["metadata"]["name"])]
        assert len(found) == 1, f"{len(found)} of {kind} {name}"
        return found[0]

    def pods(self):
        """Each pod, or template of one, with an exporter, and its container."""
        for found in self.objects:
            pod = found if found["kind"] == "Pod" else found.get("spec", {}).get("template")
            if pod is not None:
                spec = pod["spec"]
                for container in spec["containers"] + spec.get("initContainers", []):
                    if container["name"] == EXPORTER:
                        yield pod, container

    def exporters(self):
        """Each exporter: labels of its pod, its container."""
        for pod, container in self.pods():
            yield pod["metadata"]["labels"], container

    def services(self):
        """The exporters' Services, without the one that stands for an Arkouda outside."""
        named = "app.kubernetes.io/name"
        return [s for s in self.all("Service") if s["metadata"]["labels"][named] == EXPORTER]

    def environments(self):
        return [environment(container) for _, container in self.exporters()]


def selects(selector, labels):
    return selector.items() <= labels.items()


def endpoint_of(monitor):
    kind = "endpoints" if monitor["kind"] == "ServiceMonitor" else "podMetricsEndpoints"
    [endpoint] = monitor["spec"][kind]
    return endpoint


def scheme_of(container):
    """How an exporter answers, which its probes know, too."""
    tls = "ARKOUDA_EXPORTER_WEB_CONFIG_FILE" in environment(container)
    schemes = {
        container[f"{probe}Probe"]["httpGet"].get("scheme", "HTTP")
        for probe in ("startup", "liveness", "readiness")
    }
    assert schemes == {"HTTPS" if tls else "HTTP"}
    return "https" if tls else "http"


def hang_together(rendered):
    """Each exporter is found once, by its own Service or monitor, and nothing else is."""
    names = collections.Counter(
        (o["kind"], o["metadata"]["namespace"], o["metadata"]["name"]) for o in rendered.objects
    )
    assert max(names.values()) == 1, names
    assert "exporter-settings" not in {name.rsplit("-", 1)[0] for _, _, name in names}
    pods = [labels for labels, _ in rendered.exporters()]
    assert pods
    services = rendered.services()
    for service in services:
        found = [pod for pod in pods if selects(service["spec"]["selector"], pod)]
        assert len(found) == 1, "a Service finds its own exporter, and no other"
    for monitor in rendered.all("ServiceMonitor"):
        selector = monitor["spec"]["selector"]["matchLabels"]
        assert [selects(selector, s["metadata"]["labels"]) for s in services].count(True) == 1
    for monitor in rendered.all("PodMonitor"):
        selector = monitor["spec"]["selector"]["matchLabels"]
        assert [selects(selector, pod) for pod in pods].count(True) == 1
    monitored = rendered.all("ServiceMonitor") + rendered.all("PodMonitor")
    annotated = [
        s for s in services if "prometheus.io/scrape" in s["metadata"].get("annotations", {})
    ]
    assert len(monitored) + len(annotated) == len(pods)
    # Each is asked as it answers: over TLS or not.
    asked = [endpoint_of(monitor).get("scheme", "http") for monitor in monitored]
    asked += [s["metadata"]["annotations"].get("prometheus.io/scheme", "http") for s in annotated]
    assert sorted(asked) == sorted(scheme_of(container) for _, container in rendered.exporters())
    for deployment in rendered.all("Deployment"):
        selector = deployment["spec"]["selector"]["matchLabels"]
        assert selects(selector, deployment["spec"]["template"]["metadata"]["labels"])
    for policy in rendered.all("NetworkPolicy"):
        selector = policy["spec"]["podSelector"]["matchLabels"]
        assert [selects(selector, pod) for pod in pods].count(True) == 1
    for slice_ in rendered.all("EndpointSlice"):
        service = slice_["metadata"]["labels"]["kubernetes.io/service-name"]
        found = rendered.one("Service", service)
        assert found["metadata"]["namespace"] == slice_["metadata"]["namespace"]
        # The exporter asks it by a name that is found in its own namespace, whichever that is.
        assert [e["ARKOUDA_METRICS_SERVICE_HOST"] for e in rendered.environments()].count(service)
        assert not [pod for pod in pods if selects(found["spec"]["selector"], pod)]
    mounted = [
        volume["configMap"]["name"]
        for deployment in rendered.all("Deployment")
        for volume in deployment["spec"]["template"]["spec"].get("volumes", [])
        if "configMap" in volume
    ]
    for config_map in rendered.all("ConfigMap"):
        assert config_map["metadata"]["name"] in mounted


@pytest.fixture(params=KUSTOMIZES)
def build(request, tmp_path):
    """Builds a folder beside copies of deploy and servicemonitor; its files are given by name."""

    def built(check=True, **files):
        for name in ("deploy", "servicemonitor"):
            shutil.copytree(ROOT / name, tmp_path / name, dirs_exist_ok=True)
        for name, content in files.items():
            path = tmp_path / name.replace("__", "/").replace("_yaml", ".yaml")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        return run(tool(request.param), "build", tmp_path / "mine", check=check)

    return built


OVERLAYS = "../deploy/kubernetes/overlays"
COMPONENTS = "../deploy/kubernetes/components"


def on_top(variant, **kustomization):
    return {"resources": [f"../{variant}"], **kustomization}


def settings(overlay, **changes):
    """The settings.yaml of an overlay with some values changed."""
    found = yaml.safe_load((MANIFESTS / "overlays" / overlay / "settings.yaml").read_text())
    found["data"].update({key.replace("_", "-"): value for key, value in changes.items()})
    return yaml.safe_dump(found)


def namespace(rendered):
    assert {o["metadata"]["namespace"] for o in rendered.objects} == {"elsewhere"}
    assert not [
        value for e in rendered.environments() for value in e.values() if ".arkouda" in value
    ]


def prefix(rendered):
    assert all(o["metadata"]["name"].startswith("our-") for o in rendered.objects)


def suffix(rendered):
    assert all(o["metadata"]["name"].endswith("-two") for o in rendered.objects)


def labels(rendered):
    for found in rendered.objects:
        assert found["metadata"]["labels"]["team"] == "blue"


def label_selectors(rendered):
    labels(rendered)
    for found, _ in rendered.exporters():
        assert found["team"] == "blue"


def annotations(rendered):
    for found in rendered.objects:
        assert found["metadata"]["annotations"]["owner"] == "blue"


def image(expected):
    def check(rendered):
        for _, container in rendered.exporters():
            assert container["image"] == expected

    return check


def images(**change):
    return {"images": [{"name": f"bearsrus/{EXPORTER}", **change}]}


DIGEST = "sha256:" + "a" * 64

# What can be written on top of every variant: what it adds to kustomization.yaml, what must come of it.
FOR_ALL = {
    "namespace": ({"namespace": "elsewhere"}, namespace),
    "name-prefix": ({"namePrefix": "our-"}, prefix),
    "name-suffix": ({"nameSuffix": "-two"}, suffix),
    "labels": ({"labels": [{"pairs": {"team": "blue"}}]}, labels),
    "labels-in-selectors": (
        {"labels": [{"pairs": {"team": "blue"}, "includeSelectors": True}]},
        label_selectors,
    ),
    "common-labels": ({"commonLabels": {"team": "blue"}}, label_selectors),
    "common-annotations": ({"commonAnnotations": {"owner": "blue"}}, annotations),
    "image-tag": (images(newTag="9.9"), image(f"bearsrus/{EXPORTER}:9.9")),
    "image-name": (
        images(newName="registry.example:5000/metrics/exporter"),
        image(f"registry.example:5000/metrics/exporter:{VERSION}"),
    ),
    "image-digest": (images(digest=DIGEST), image(f"bearsrus/{EXPORTER}@{DIGEST}")),
}


@pytest.mark.parametrize("variant", WORKLOADS)
@pytest.mark.parametrize("name", FOR_ALL)
def test_an_overlay_of_every_variant(name, variant, build):
    added, check = FOR_ALL[name]
    rendered = Rendered(build(mine__kustomization_yaml=on_top(variant, **added)).stdout)
    hang_together(rendered)
    check(rendered)


def resources_of_the_pod(rendered):
    [(_, container)] = rendered.exporters()
    assert container["resources"]["limits"]["memory"] == "256Mi"
    assert container["resources"]["requests"]["memory"] == "32Mi"


def environment_of_the_pod(rendered):
    [found] = rendered.environments()
    assert found["METRICS_POLLING_INTERVAL"] == "60s"
    assert found["ARKOUDA_METRICS_SERVER_NAME"]


def node_selector(rendered):
    assert rendered.one("Deployment")["spec"]["template"]["spec"]["nodeSelector"] == {"disk": "ssd"}


def pod_annotations(rendered):
    template = rendered.one("Deployment")["spec"]["template"]
    assert template["metadata"]["annotations"] == {"owner": "blue"}


def replicas(rendered):
    assert rendered.one("Deployment")["spec"]["replicas"] == 0


def interval_of_the_monitor(rendered):
    [endpoint] = rendered.one("ServiceMonitor")["spec"]["endpoints"]
    assert (endpoint["interval"], endpoint["port"]) == ("1m", "http")


def release_label(rendered):
    assert rendered.one("ServiceMonitor")["metadata"]["labels"]["release"] == "prometheus"


def another_release(rendered):
    for found in [*rendered.objects, rendered.one("Deployment")["spec"]["template"]]:
        assert found["metadata"]["labels"]["app.kubernetes.io/version"] == "9.9"
    image(f"bearsrus/{EXPORTER}:9.9")(rendered)


def another_metrics_host(rendered):
    [found] = rendered.environments()
    assert found["ARKOUDA_METRICS_SERVICE_HOST"] == "head.example.com"
    assert found["METRICS_POLLING_INTERVAL"] == "20s"
    [endpoint] = rendered.one("ServiceMonitor")["spec"]["endpoints"]
    assert endpoint["interval"] == "47s"
    for found in rendered.objects:
        assert found["metadata"]["labels"]["app.kubernetes.io/instance"] == "mine"
    [(found, _)] = rendered.exporters()
    assert (found["arkouda_instance"], found["launcher"]) == ("mine", "pbs")


def pod_monitor(rendered):
    monitor = rendered.one("PodMonitor")
    assert monitor["metadata"]["labels"]["app.kubernetes.io/version"] == VERSION
    assert monitor["spec"]["podMetricsEndpoints"][0]["interval"] == "47s"


def prometheus_elsewhere(rendered):
    [ingress] = rendered.one("NetworkPolicy")["spec"]["ingress"]
    [peer] = ingress["from"]
    found = peer["namespaceSelector"]["matchLabels"]
    assert found == {"kubernetes.io/metadata.name": "observability"}
    assert rendered.one("NetworkPolicy")["spec"]["egress"][1]["ports"][0]["port"] == 6001


def address(family, expected):
    def check(rendered):
        slice_ = rendered.one("EndpointSlice")
        assert slice_["endpoints"][0]["addresses"] == [expected]
        assert slice_["addressType"] == family
        assert rendered.one("Service", "arkouda-metrics")["spec"]["ipFamilies"] == [family]

    return check


def web_config(rendered, tls="exporter-tls", basic_auth="exporter-basic-auth"):
    """The exporter, and whoever monitors it, go by the same Secrets."""
    [(pod, container)] = rendered.pods()
    assert scheme_of(container) == "https"
    [volume] = [v for v in pod["spec"]["volumes"] if v["name"] == "exporter-web-config"]
    secrets = [source["secret"]["name"] for source in volume["projected"]["sources"]]
    assert secrets == ["exporter-web-config", tls]
    [mount] = [m for m in container["volumeMounts"] if m["name"] == volume["name"]]
    assert "subPath" not in mount, "which Kubernetes would never update"
    file = environment(container)["ARKOUDA_EXPORTER_WEB_CONFIG_FILE"]
    assert file.rsplit("/", 1) == [mount["mountPath"], "web.yml"]
    for monitor in rendered.all("ServiceMonitor") + rendered.all("PodMonitor"):
        endpoint = endpoint_of(monitor)
        assert endpoint["tlsConfig"]["ca"]["secret"] == {"name": tls, "key": "ca.crt"}
        assert endpoint["basicAuth"] == {
            key: {"name": basic_auth, "key": key} for key in ("username", "password")
        }


def web_config_and_pod_monitor(rendered):
    web_config(rendered)
    assert rendered.one("PodMonitor") and not rendered.all("Service")
    relabelings = endpoint_of(rendered.one("PodMonitor"))["relabelings"]
    assert {"targetLabel": "job", "replacement": EXPORTER} in relabelings


def web_config_of_generated_secrets(rendered):
    names = [found["metadata"]["name"] for found in rendered.all("Secret")]
    basic_auth, tls = sorted(names)
    assert basic_auth.startswith("our-exporter-basic-auth-") and tls.startswith("our-exporter-tls-")
    web_config(rendered, tls, basic_auth)


def web_config_without_passwords(rendered):
    [(_, container)] = rendered.exporters()
    assert scheme_of(container) == "https"
    assert "basicAuth" not in endpoint_of(rendered.one("ServiceMonitor"))


def servers_of_a_config_map_alone(rendered):
    [found] = rendered.environments()
    assert found["ARKOUDA_TARGETS_FILES"].endswith("/*.json")
    assert not [name for name in found if name.startswith("ARKOUDA_METRICS_SERV")]
    assert found["METRICS_POLLING_INTERVAL"] == "20s"


def two_exporters(rendered):
    instances = [labels["arkouda_instance"] for labels, _ in rendered.exporters()]
    assert sorted(instances) == ["arkouda-on-slurm", "second"]
    assert {m["metadata"]["namespace"] for m in rendered.all("ServiceMonitor")} == {"arkouda"}


def two_outside(rendered):
    two_exporters(rendered)
    hosts = [e["ARKOUDA_METRICS_SERVICE_HOST"] for e in rendered.environments()]
    assert sorted(hosts) == ["arkouda-metrics", "arkouda-metrics-two"]


def slurm_and_aok(rendered):
    instances = [labels["arkouda_instance"] for labels, _ in rendered.exporters()]
    assert sorted(instances) == ["arkouda-on-kubernetes", "arkouda-on-slurm"]
    jobs = [s["metadata"]["labels"]["app.kubernetes.io/name"] for s in rendered.services()]
    assert jobs == [EXPORTER] * len(jobs), "the job's name, which dashboards go by"


def patch(text, **target):
    return {"patches": [{"patch": text, **({"target": target} if target else {})}]}


def of_deployment(container=None, **template):
    """A strategic merge patch of the Deployment."""
    if container:
        template["spec"] = {"containers": [{"name": EXPORTER, **container}]}
    return yaml.safe_dump(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": EXPORTER},
            "spec": {"template": template},
        }
    )


def beside(overlay, resources, *components):
    """Files with an overlay, and a second exporter in the same namespace."""
    return {
        "kustomization_yaml": {"resources": [f"{OVERLAYS}/{overlay}", "second"]},
        "second__kustomization_yaml": {
            "namespace": "arkouda",
            "resources": [*resources, "settings.yaml"],
            "components": [f"../{COMPONENTS}/{name}" for name in (*components, "settings")],
            "nameSuffix": "-two",
        },
        "second__settings_yaml": settings(overlay, instance="second"),
    }


MORE_MEMORY = {"name": EXPORTER, "resources": {"limits": {"memory": "256Mi"}}}
SLURM = "deploy/kubernetes/overlays/slurm"
OWN_COPY = {
    "namespace": "arkouda",
    "resources": ["settings.yaml", "../deploy/kubernetes/base"],
    "components": [f"{COMPONENTS}/settings"],
}

# One overlay each: its files, and what must come of it.
WORKS = {
    "resources": (
        {"kustomization_yaml": on_top(SLURM, **patch(of_deployment(MORE_MEMORY)))},
        resources_of_the_pod,
    ),
    "resources-of-a-sidecar": (
        {
            "kustomization_yaml": on_top(
                "deploy/kubernetes/overlays/aok",
                **patch(
                    yaml.safe_dump(
                        {
                            "apiVersion": "v1",
                            "kind": "Pod",
                            "metadata": {"name": "arkouda-server"},
                            "spec": {"initContainers": [MORE_MEMORY]},
                        }
                    )
                ),
            )
        },
        resources_of_the_pod,
    ),
    "environment": (
        {
            "kustomization_yaml": on_top(
                SLURM,
                **patch(
                    of_deployment({"env": [{"name": "METRICS_POLLING_INTERVAL", "value": "60s"}]})
                ),
            )
        },
        environment_of_the_pod,
    ),
    "another-release": (
        {
            "kustomization_yaml": on_top(
                SLURM,
                **images(newTag="9.9"),
                labels=[{"pairs": {"app.kubernetes.io/version": "9.9"}, "includeTemplates": True}],
            )
        },
        another_release,
    ),
    "node-selector": (
        {
            "kustomization_yaml": on_top(
                SLURM, **patch(of_deployment(spec={"nodeSelector": {"disk": "ssd"}}))
            )
        },
        node_selector,
    ),
    "pod-annotations": (
        {
            "kustomization_yaml": on_top(
                SLURM, **patch(of_deployment(metadata={"annotations": {"owner": "blue"}}))
            )
        },
        pod_annotations,
    ),
    "replicas": (
        {"kustomization_yaml": on_top(SLURM, replicas=[{"name": EXPORTER, "count": 0}])},
        replicas,
    ),
    "monitor-patched": (
        {
            "kustomization_yaml": on_top(
                SLURM,
                **patch(
                    "- {op: replace, path: /spec/endpoints/0/interval, value: 1m}\n",
                    kind="ServiceMonitor",
                ),
            )
        },
        interval_of_the_monitor,
    ),
    "release-label": (
        {
            "kustomization_yaml": on_top(
                SLURM,
                **patch(
                    "- {op: replace, path: /metadata/labels/release, value: prometheus}\n",
                    kind="ServiceMonitor",
                ),
            )
        },
        release_label,
    ),
    "release-label-at-its-place": (
        {
            "kustomization_yaml": on_top(SLURM),
            "../servicemonitor__release-label__kustomization_yaml": {
                "apiVersion": "kustomize.config.k8s.io/v1alpha1",
                "kind": "Component",
                "labels": [{"pairs": {"release": "prometheus"}}],
            },
        },
        release_label,
    ),
    "own-copy": (
        {
            "kustomization_yaml": OWN_COPY,
            "settings_yaml": settings(
                "slurm",
                instance="mine",
                launcher="pbs",
                metrics_host="head.example.com",
                polling_interval="20s",
                scrape_interval="47s",
            ),
        },
        another_metrics_host,
    ),
    "own-settings-on-top": (
        {
            "kustomization_yaml": {
                "namespace": "elsewhere",
                "resources": [f"{OVERLAYS}/slurm", "settings.yaml"],
                "components": [f"{COMPONENTS}/settings"],
            },
            "settings_yaml": settings(
                "slurm",
                instance="mine",
                launcher="pbs",
                metrics_host="head.example.com",
                polling_interval="20s",
                scrape_interval="47s",
            ),
        },
        another_metrics_host,
    ),
    # As they were shipped before: with an annotation and without the label.
    "settings-of-an-earlier-state": (
        {
            "kustomization_yaml": OWN_COPY,
            "settings_yaml": re.sub(
                "labels:\n *exporter-settings:.*",
                'annotations:\n    config.kubernetes.io/local-config: "true"',
                settings(
                    "slurm",
                    instance="mine",
                    launcher="pbs",
                    metrics_host="head.example.com",
                    polling_interval="20s",
                    scrape_interval="47s",
                ),
            ),
        },
        another_metrics_host,
    ),
    "pod-monitor-after-settings": (
        {
            "kustomization_yaml": {
                **OWN_COPY,
                "components": [f"{COMPONENTS}/settings", f"{COMPONENTS}/pod-monitor"],
            },
            "settings_yaml": settings("slurm", scrape_interval="47s"),
        },
        pod_monitor,
    ),
    "pod-monitor-before-settings": (
        {
            "kustomization_yaml": {
                **OWN_COPY,
                "components": [f"{COMPONENTS}/pod-monitor", f"{COMPONENTS}/settings"],
            },
            "settings_yaml": settings("slurm", scrape_interval="47s"),
        },
        pod_monitor,
    ),
    "network-policy-on-top": (
        {
            "kustomization_yaml": {
                "resources": [f"{OVERLAYS}/slurm", "settings.yaml"],
                "namespace": "arkouda",
                "components": [f"{COMPONENTS}/network-policy", f"{COMPONENTS}/settings"],
            },
            "settings_yaml": settings(
                "slurm-network-policy", prometheus_namespace="observability", metrics_port="6001"
            ),
        },
        prometheus_elsewhere,
    ),
    **{
        f"address-{value}": (
            {
                "kustomization_yaml": {
                    **OWN_COPY,
                    "components": [f"{COMPONENTS}/external-arkouda", f"{COMPONENTS}/settings"],
                },
                "settings_yaml": settings("slurm-outside-host", metrics_address=value),
            },
            address(family, value),
        )
        for value, family in {
            "192.0.2.77": "IPv4",
            "2001:db8::17": "IPv6",
            "::1": "IPv6",
            "::ffff:192.0.2.7": "IPv6",
        }.items()
    },
    "network-policy-and-address": (
        {
            "kustomization_yaml": {
                **OWN_COPY,
                "components": [
                    f"{COMPONENTS}/{name}"
                    for name in ("external-arkouda", "network-policy", "settings")
                ],
            },
            "settings_yaml": settings(
                "slurm-outside-host", metrics_address="192.0.2.77", prometheus_namespace="here"
            ),
        },
        address("IPv4", "192.0.2.77"),
    ),
    "targets-after-settings": (
        {
            "kustomization_yaml": {
                **OWN_COPY,
                "components": [f"{COMPONENTS}/settings", f"{COMPONENTS}/targets"],
            },
            "settings_yaml": settings("slurm", polling_interval="20s"),
        },
        servers_of_a_config_map_alone,
    ),
    "targets-and-a-network-policy": (
        {
            "kustomization_yaml": {
                **OWN_COPY,
                "components": [
                    f"{COMPONENTS}/{name}" for name in ("network-policy", "settings", "targets")
                ],
            },
            "settings_yaml": settings("slurm-network-policy", polling_interval="20s"),
        },
        servers_of_a_config_map_alone,
    ),
    **{
        "-".join(names): (
            {
                "kustomization_yaml": {
                    **OWN_COPY,
                    "components": [f"{COMPONENTS}/{name}" for name in names],
                },
                "settings_yaml": settings("slurm"),
            },
            check,
        )
        for check, *names in (
            (web_config, "web-config", "basic-auth", "settings"),
            (web_config, "settings", "basic-auth", "web-config"),
            (web_config, "settings", "web-config", "plain-prometheus"),
            (web_config, "settings", "plain-prometheus", "web-config"),
            (web_config, "settings", "web-config", "basic-auth", "targets"),
            (web_config, "settings", "targets", "basic-auth", "web-config"),
            (web_config_without_passwords, "web-config", "settings"),
            (web_config_and_pod_monitor, "web-config", "basic-auth", "settings", "pod-monitor"),
            (web_config_and_pod_monitor, "settings", "web-config", "basic-auth", "pod-monitor"),
        )
    },
    **{
        f"{sidecar}-and-pod-monitor": (
            {
                "kustomization_yaml": {
                    "namespace": "arkouda",
                    "resources": [f"{OVERLAYS}/aok/server"],
                    "components": [
                        f"{COMPONENTS}/{name}" for name in (sidecar, "basic-auth", "pod-monitor")
                    ],
                }
            },
            web_config_and_pod_monitor,
        )
        for sidecar in ("sidecar-web-config", "sidecar-ordinary-web-config")
    },
    "web-config-and-a-network-policy": (
        {
            "kustomization_yaml": {
                **OWN_COPY,
                "components": [
                    f"{COMPONENTS}/{name}"
                    for name in ("web-config", "basic-auth", "network-policy", "settings")
                ],
            },
            "settings_yaml": settings("slurm-network-policy"),
        },
        web_config,
    ),
    "web-config-of-generated-secrets": (
        {
            "kustomization_yaml": on_top(
                "deploy/kubernetes/overlays/slurm-web-config",
                namePrefix="our-",
                namespace="arkouda",
                secretGenerator=[
                    {"name": name, "literals": ["key=value"]}
                    for name in ("exporter-tls", "exporter-basic-auth")
                ],
            )
        },
        web_config_of_generated_secrets,
    ),
    "two-exporters": (beside("slurm", ["../../deploy/kubernetes/base"]), two_exporters),
    "two-exporters-one-on-top": (beside("slurm", [f"../{OVERLAYS}/slurm"]), two_exporters),
    "two-outside-hosts": (
        beside("slurm-outside-host", ["../../deploy/kubernetes/base"], "external-arkouda"),
        two_outside,
    ),
    **{
        f"slurm-and-{aok.rsplit('/', 1)[1]}": (
            {"kustomization_yaml": {"resources": [f"../{SLURM}", f"../{aok}"]}},
            slurm_and_aok,
        )
        for aok in WORKLOADS
        if "/aok" in aok
    },
    "both-with-pod-monitors": (
        {
            "kustomization_yaml": {"resources": ["slurm", f"{OVERLAYS}/aok-pod-monitor"]},
            "slurm__kustomization_yaml": {
                "namespace": "arkouda",
                "resources": [f"../{OVERLAYS}/slurm"],
                "components": [f"../{COMPONENTS}/pod-monitor"],
            },
        },
        slurm_and_aok,
    ),
}


def files_of(files):
    """Under the names that build() takes: those of an overlay are in the folder mine."""
    return {
        name.removeprefix("../") if name.startswith("../") else f"mine__{name}": content
        for name, content in files.items()
    }


@pytest.mark.parametrize("name", WORKS)
def test_an_overlay_that_works(name, build):
    files, check = WORKS[name]
    rendered = Rendered(build(**files_of(files)).stdout)
    hang_together(rendered)
    check(rendered)


OTHER_INSTANCE = yaml.safe_dump(
    {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "exporter-settings"},
        "data": {"instance": "other"},
    }
)
REPLACE_INSTANCE = "- {op: replace, path: /data/instance, value: other}\n"
ADD_INSTANCE = "- {op: add, path: /data/instance, value: other}\n"
SETTINGS = {"kind": "ConfigMap", "name": "exporter-settings"}
NO_SUCH_OBJECT = r"no matches for Id ConfigMap\.v1\.\[noGrp\]/exporter-settings"
NOTHING_SELECTED = r"nothing selected by .*exporter-settings"
MERGED = {"name": "exporter-settings", "behavior": "merge", "literals": ["instance=other"]}

# Ways to change the settings that change nothing: what is added to an overlay, how it is refused.
REFUSED_CHANGES = {
    "merge-patch": (patch(OTHER_INSTANCE), NO_SUCH_OBJECT),
    "merge-patch-with-target": (patch(OTHER_INSTANCE, **SETTINGS), "wrong node kind"),
    "json-patch": (patch(REPLACE_INSTANCE, **SETTINGS), "missing path: /data/instance"),
    "json-patch-with-version": (
        patch(REPLACE_INSTANCE, **SETTINGS, version="v1"),
        "missing path: /data/instance",
    ),
    "json-patch-that-adds": (patch(ADD_INSTANCE, **SETTINGS), 'missing path: "/data/instance"'),
    "json-patch-of-old": (
        {"patchesJson6902": [{"target": {**SETTINGS, "version": "v1"}, "patch": REPLACE_INSTANCE}]},
        r"exporter-settings|missing path: /data/instance",
    ),
    "merge-patch-of-old": ({"patchesStrategicMerge": [OTHER_INSTANCE]}, NO_SUCH_OBJECT),
}


@pytest.mark.parametrize("where", ["on-top-of-slurm", "on-top-of-aok", "own-copy"])
@pytest.mark.parametrize("name", REFUSED_CHANGES)
def test_a_change_of_settings_that_are_used_already_is_refused(name, where, build):
    added, message = REFUSED_CHANGES[name]
    kustomization = {
        "on-top-of-slurm": on_top(SLURM),
        "on-top-of-aok": on_top("deploy/kubernetes/overlays/aok"),
        "own-copy": OWN_COPY,
    }[where]
    done = build(
        check=False,
        mine__kustomization_yaml={**kustomization, **added},
        mine__settings_yaml=settings("slurm"),
    )
    assert done.returncode != 0
    assert done.stdout == ""
    assert re.search(message, done.stderr), done.stderr


def without(key):
    found = yaml.safe_load(settings("slurm"))
    del found["data"][key]
    return yaml.safe_dump(found)


# Other slips: the files, how they are refused.
REFUSED = {
    "merged-by-a-generator": (
        {"kustomization_yaml": on_top(SLURM, configMapGenerator=[MERGED])},
        "does not exist; cannot merge or replace",
    ),
    "network-policy-without-settings": (
        {
            "kustomization_yaml": on_top(
                SLURM, components=[f"{COMPONENTS}/network-policy"], namespace="arkouda"
            )
        },
        NOTHING_SELECTED,
    ),
    "network-policy-after-settings": (
        {
            "kustomization_yaml": {
                **OWN_COPY,
                "components": [f"{COMPONENTS}/settings", f"{COMPONENTS}/network-policy"],
            },
            "settings_yaml": settings("slurm-network-policy"),
        },
        "testing value /data failed",
    ),
    "external-arkouda-after-settings": (
        {
            "kustomization_yaml": {
                **OWN_COPY,
                "components": [f"{COMPONENTS}/settings", f"{COMPONENTS}/external-arkouda"],
            },
            "settings_yaml": settings("slurm-outside-host"),
        },
        "testing value /data failed",
    ),
    "targets-before-settings": (
        {
            "kustomization_yaml": {
                **OWN_COPY,
                "components": [f"{COMPONENTS}/targets", f"{COMPONENTS}/settings"],
            },
            "settings_yaml": settings("slurm"),
        },
        "ARKOUDA_METRICS_SERV",
    ),
    "targets-in-arkoudas-own-pod": (
        {
            "kustomization_yaml": on_top(
                "deploy/kubernetes/overlays/aok", components=[f"{COMPONENTS}/targets"]
            )
        },
        rf"no matches for .*{EXPORTER}",
    ),
    **{
        f"{component}-after-pod-monitor": (
            {
                "kustomization_yaml": on_top(
                    SLURM,
                    namespace="arkouda",
                    components=[f"{COMPONENTS}/pod-monitor", f"{COMPONENTS}/{component}"],
                )
            },
            rf"no matches for Id {kind}\..*{EXPORTER}",
        )
        for component, kind in (("web-config", "Service"), ("basic-auth", "ServiceMonitor"))
    },
    "web-config-in-arkoudas-own-pod": (
        {
            "kustomization_yaml": on_top(
                "deploy/kubernetes/overlays/aok", components=[f"{COMPONENTS}/web-config"]
            )
        },
        rf"no matches for Id Deployment\..*{EXPORTER}",
    ),
    **{
        f"{component}-of-two-exporters": (
            {
                "kustomization_yaml": {
                    "resources": [f"{OVERLAYS}/slurm", f"{OVERLAYS}/aok"],
                    "components": [f"{COMPONENTS}/{component}"],
                }
            },
            rf"multiple matches for Id Service.*{EXPORTER}",
        )
        for component in ("web-config", "basic-auth")
    },
    "no-settings": (
        {"kustomization_yaml": {**OWN_COPY, "resources": ["../deploy/kubernetes/base"]}},
        NOTHING_SELECTED,
    ),
    **{
        f"no-{key}": (
            {"kustomization_yaml": OWN_COPY, "settings_yaml": without(key)},
            rf"`data\.{key}` is missing",
        )
        for key in yaml.safe_load(settings("slurm"))["data"]
    },
    "no-address": (
        {
            "kustomization_yaml": {
                **OWN_COPY,
                "components": [f"{COMPONENTS}/external-arkouda", f"{COMPONENTS}/settings"],
            },
            "settings_yaml": settings("slurm"),
        },
        "nonexistent key: metrics-address",
    ),
    # Where nothing takes it, it would change nothing.
    **{
        f"{key}-that-nothing-takes": (
            {
                "kustomization_yaml": {
                    "namespace": "elsewhere",
                    "resources": [f"{OVERLAYS}/slurm", "settings.yaml"],
                    "components": [f"{COMPONENTS}/settings"],
                },
                "settings_yaml": settings("slurm", **{key: "192.0.2.7"}),
            },
            "testing value /data failed",
        )
        for key in ("metrics-address", "prometheus-namespace", "metrics-hostname")
    },
    "address-with-a-network-policy-alone": (
        {
            "kustomization_yaml": {
                **OWN_COPY,
                "components": [f"{COMPONENTS}/network-policy", f"{COMPONENTS}/settings"],
            },
            "settings_yaml": settings("slurm-network-policy", metrics_address="192.0.2.7"),
        },
        "testing value /data failed",
    ),
    # The server's pod has its exporter by then: aok is for copying, not for other settings on top.
    "settings-on-top-of-aok": (
        {
            "kustomization_yaml": {
                "resources": [f"{OVERLAYS}/aok", "settings.yaml"],
                "components": [f"{COMPONENTS}/settings"],
            },
            "settings_yaml": settings("aok/server", instance="mine"),
        },
        rf"nothing selected by .*{EXPORTER}|no matches for .*{EXPORTER}",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_overlay_that_is_refused(name, build):
    files, message = REFUSED[name]
    done = build(check=False, **files_of(files))
    assert done.returncode != 0
    assert done.stdout == ""
    assert re.search(message, done.stderr), done.stderr


@pytest.mark.parametrize("variant", WORKLOADS)
def test_objects_and_pods_say_their_version(variant, build):
    rendered = Rendered(build(mine__kustomization_yaml=on_top(variant)).stdout)
    named, version = "app.kubernetes.io/name", "app.kubernetes.io/version"
    ours = [o for o in rendered.objects if o["metadata"]["labels"][named] == EXPORTER]
    assert ours
    for found in ours:
        assert found["metadata"]["labels"][version] == VERSION, found["kind"]
    for _, container in rendered.exporters():
        assert container["image"].endswith(f":{VERSION}")
    for found in rendered.all("Pod") + [d["spec"]["template"] for d in rendered.all("Deployment")]:
        # The server's pod says the server's.
        [container] = found["spec"]["containers"][:1]
        assert container["image"].endswith(":" + found["metadata"]["labels"][version])


def test_the_readmes_kustomizations_work_word_for_word(build):
    text = (MANIFESTS / "README.md").read_text()
    blocks = re.findall(r"^```yaml\n(.*?)^```", text, re.M | re.S)
    server = (MANIFESTS / "overlays/aok/server/arkouda-server.yaml").read_text()
    assert len(blocks) == 2
    for block in blocks:
        overlay = "aok/server" if "components/sidecar" in block else "slurm"
        rendered = Rendered(
            build(
                mine__kustomization_yaml=block,
                **{"mine__my-arkouda-server_yaml": server},
                mine__settings_yaml=settings(overlay, instance="mine"),
            ).stdout
        )
        hang_together(rendered)
        [(found, _)] = rendered.exporters()
        assert found["arkouda_instance"] == "mine"


def test_the_web_configurations_kustomization_works_word_for_word(build):
    blocks = re.findall(r"^```yaml\n(.*?)^```", web_secrets.SECTION, re.M | re.S)
    [block] = [text for text in blocks if "kind: Kustomization" in text]
    rendered = Rendered(build(mine__kustomization_yaml=block).stdout)
    hang_together(rendered)
    web_config(rendered)
    tls = endpoint_of(rendered.one("ServiceMonitor"))["tlsConfig"]
    assert tls["cert"]["secret"]["name"] == tls["keySecret"]["name"] == "prometheus-tls"


# What Kustomize lets pass, and Kubernetes does not.
REFUSED_BY_KUBERNETES = {
    "settings-that-nothing-uses": (
        {
            "kustomization_yaml": {
                "namespace": "arkouda",
                "resources": [f"{OVERLAYS}/slurm", "settings.yaml"],
            },
            "settings_yaml": settings("slurm", instance="other"),
        },
        "unused: list components/settings",
    ),
    "a-name-for-an-address": (
        {
            "kustomization_yaml": {
                **OWN_COPY,
                "components": [f"{COMPONENTS}/external-arkouda", f"{COMPONENTS}/settings"],
            },
            "settings_yaml": settings("slurm-outside-host", metrics_address="head.example.com"),
        },
        "head.example.com.*must be a valid IP",
    ),
    "no-address-at-all": (
        {
            "kustomization_yaml": {
                **OWN_COPY,
                "components": [f"{COMPONENTS}/external-arkouda", f"{COMPONENTS}/settings"],
            },
            "settings_yaml": settings("slurm-outside-host", metrics_address="192.0.2:5556"),
        },
        "192.0.2:5556.*must be a valid IP",
    ),
}


@pytest.mark.parametrize("name", REFUSED_BY_KUBERNETES)
def test_an_overlay_that_kubernetes_refuses(name, build, cluster):
    files, message = REFUSED_BY_KUBERNETES[name]
    manifest = build(**files_of(files)).stdout
    with cluster.namespace():
        done = cluster.apply(manifest, "--dry-run=server", check=False)
    assert done.returncode != 0
    assert re.search(message, done.stderr), done.stderr
