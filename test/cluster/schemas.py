"""JSON schemas for kubeconform, made of the API descriptions of Kubernetes' and the operator's own
releases: those that it would fetch are not to be had without the network, and the CRDs' nowhere."""

import json
import pathlib

import yaml

from cluster import custom_resource_definitions, module_dir
from support import run, tool

# The oldest release that has native sidecars, and that of the API server in the tests.
OLDEST = "1.29.15"


class Loader(yaml.SafeLoader):
    """Reads the bare = of the CRDs' lists of operators as the string that it is in YAML 1.2."""


Loader.add_constructor("tag:yaml.org,2002:value", Loader.construct_yaml_str)


def current():
    """The Kubernetes release that is pinned in tools/kubernetes/go.mod."""
    return module_dir("kubernetes", "k8s.io/kubernetes").name.split("@v")[1]


def api_description(release):
    """The swagger.json of a release, which its published module contains."""
    found = run(tool("go"), "mod", "download", "-json", f"k8s.io/kubernetes@v{release}", cwd="/")
    folder = pathlib.Path(json.loads(found.stdout)["Dir"])
    return json.loads((folder / "api" / "openapi-spec" / "swagger.json").read_text())


def strict(schema):
    """The schema with unknown fields refused, and with Kubernetes' own kinds of scalars."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "int-or-string" or schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    result = {key: strict(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and not schema.get(
        "x-kubernetes-preserve-unknown-fields"
    ):
        result.setdefault("additionalProperties", False)
    return result


def write_kubernetes_schemas(release, folder):
    """One file for each kind of a release, under the name that kubeconform asks for."""
    definitions = strict(api_description(release)["definitions"])
    # Written as a string, and read from numbers as well.
    definitions["io.k8s.apimachinery.pkg.api.resource.Quantity"] = {"type": ["string", "number"]}

    def references(node):
        if isinstance(node, list):
            return set().union(*map(references, node))
        if not isinstance(node, dict):
            return set()
        found = set().union(*map(references, node.values()))
        if isinstance(node.get("$ref"), str):
            found.add(node["$ref"].removeprefix("#/definitions/"))
        return found

    for definition in definitions.values():
        for kind in definition.get("x-kubernetes-group-version-kind", []):
            needed, found = set(), references(definition)
            while found - needed:
                needed |= found
                found = set().union(*(references(definitions[name]) for name in needed))
            schema = {**definition, "definitions": {name: definitions[name] for name in needed}}
            group = f"{kind['group'].split('.')[0]}-" if kind["group"] else ""
            name = f"{kind['kind']}-{group}{kind['version']}.json".lower()
            (folder / name).write_text(json.dumps(schema))


def write_custom_schemas(folder):
    """The same for the kinds of the Prometheus operator."""
    for path in custom_resource_definitions():
        spec = yaml.load(path.read_text(), Loader)["spec"]
        for version in spec["versions"]:
            schema = strict(version["schema"]["openAPIV3Schema"])
            schema["properties"]["metadata"] = {"type": "object"}
            group = spec["group"].split(".")[0]
            name = f"{spec['names']['kind']}-{group}-{version['name']}.json".lower()
            (folder / name).write_text(json.dumps(schema))


def schema_folder(release, parent):
    """A folder with the schemas of a release and of the operator."""
    folder = parent / release
    if not folder.exists():
        folder.mkdir()
        write_kubernetes_schemas(release, folder)
        write_custom_schemas(folder)
    return folder


def validate(folder, manifests):
    """Validates manifests strictly against the schemas of a folder; kubeconform's result."""
    location = f"{folder}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"
    command = [tool("kubeconform"), "-strict", "-summary", f"-schema-location={location}"]
    return run(*command, check=False, stdin=manifests)
