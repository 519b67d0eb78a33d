"""The manifests as a user gets them: every folder that kubectl apply --kustomize takes."""

import functools

import yaml

from support import ROOT, run, tool

MANIFESTS = ROOT / "deploy" / "kubernetes"

# Every variant that has objects for the exporter.
WORKLOADS = sorted(
    str(path.parent.relative_to(ROOT)) for path in MANIFESTS.glob("overlays/*/kustomization.yaml")
)
# And what is applied beside one.
EXTRAS = [
    "servicemonitor",
    "deploy/prometheus/rules",
    "servicemonitor/podmonitor",
    "deploy/grafana",
]


@functools.cache
def rendered(variant):
    """What kustomize makes of a folder of the repository, as text."""
    return run(tool("kustomize"), "build", ROOT / variant).stdout


def objects(variant):
    return list(yaml.safe_load_all(rendered(variant)))


def one(variant, kind, name="prometheus-arkouda-exporter"):
    """The variant's only object of the kind that is labelled with the name."""
    named = "app.kubernetes.io/name"
    found = [
        o
        for o in objects(variant)
        if o["kind"] == kind and o["metadata"].get("labels", {}).get(named) == name
    ]
    assert len(found) == 1, f"{variant} has {len(found)} of {kind} {name}"
    return found[0]


def pod_of(variant):
    """Labels and specification of the pod that the exporter runs in."""
    for object in objects(variant):
        if object["kind"] == "Pod":
            return object["metadata"]["labels"], object["spec"]
        if object["kind"] == "Deployment":
            template = object["spec"]["template"]
            return template["metadata"]["labels"], template["spec"]
    raise AssertionError(f"{variant} has no pod")


def container_of(variant):
    """The exporter's container, and the list of the pod that it is in."""
    _, spec = pod_of(variant)
    for role in ("containers", "initContainers"):
        for container in spec.get(role, []):
            if container["name"] == "prometheus-arkouda-exporter":
                return container, role
    raise AssertionError(f"{variant} has no exporter")


def environment(container):
    return {variable["name"]: variable["value"] for variable in container["env"]}
