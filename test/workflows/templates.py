"""The workflows as Argo sees them: templates loaded, parameters substituted, the DAG walked in its order."""

import dataclasses
import functools
import re

import yaml

from support import ROOT

WORKFLOWS = ROOT / "deploy" / "workflows"
DEPLOY = "deploy-arkouda-on-kubernetes"
DELETE = "delete-arkouda-on-kubernetes"
DEPLOY_EXPORTER = "deploy-prometheus-arkouda-exporter"
DELETE_EXPORTER = "delete-prometheus-arkouda-exporter"
NAMES = (DEPLOY, DELETE, DEPLOY_EXPORTER, DELETE_EXPORTER)

# What a site gives; the rest are the templates' defaults.
EXAMPLES = {
    DEPLOY: {
        "arkouda-namespace": "arkouda",
        "arkouda-instance-name": "arkouda-on-k8s",
        "arkouda-release-version": "v2024.06.21",
        "arkouda-ssh-secret": "arkouda-ssh",
        "arkouda-number-of-locales": "2",
        "arkouda-total-number-of-locales": "3",
        "kubernetes-api-url": "https://kubernetes.default.svc",
        "num-cpu-cores": "2000m",
        "memory": "2048Mi",
        "chpl-mem-max": "1000000000",
    },
    DELETE: {"arkouda-namespace": "arkouda", "arkouda-instance-name": "arkouda-on-k8s"},
    # Those with which it makes what deploy/kubernetes/overlays/slurm has.
    DEPLOY_EXPORTER: {
        "arkouda-namespace": "arkouda",
        "exporter-app-name": "prometheus-arkouda-exporter",
        "exporter-service-name": "prometheus-arkouda-exporter",
        "arkouda-metrics-service-host": "arkouda-metrics",
        "arkouda-server-name": "arkouda-on-slurm",
    },
    DELETE_EXPORTER: {
        "arkouda-namespace": "arkouda",
        "exporter-service-name": "prometheus-arkouda-exporter",
        "exporter-app-name": "prometheus-arkouda-exporter",
    },
}

REFERENCE = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}")


@functools.cache
def workflow_template(name):
    return yaml.safe_load((WORKFLOWS / f"{name}-workflow-template.yaml").read_text())


def declared(name):
    """The parameters of a WorkflowTemplate: name and default, None where it has none."""
    parameters = workflow_template(name)["spec"]["arguments"]["parameters"]
    return {parameter["name"]: parameter.get("value") for parameter in parameters}


def references(node):
    """Every {{reference}} in a structure's strings."""
    if isinstance(node, dict):
        return set().union(*map(references, node.values()))
    if isinstance(node, list):
        return set().union(*map(references, node))
    return set(REFERENCE.findall(node)) if isinstance(node, str) else set()


def substituted(node, values):
    """A structure with the references that have a value replaced by it, as text; others stay."""
    if isinstance(node, dict):
        return {key: substituted(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [substituted(item, values) for item in node]
    if isinstance(node, str):
        return REFERENCE.sub(lambda match: values.get(match[1], match[0]), node)
    return node


@dataclasses.dataclass(frozen=True)
class Step:
    """A task of the DAG with the resource template that it runs, rendered."""

    task: str
    template: str
    action: str
    flags: tuple
    manifest: str  # empty where flags say which objects
    depends: str  # on outcomes of other tasks
    resource: dict
    outputs: dict

    @property
    def object(self):
        return yaml.safe_load(self.manifest) if self.manifest else None

    @property
    def waits_for(self):
        """What it depends on, as (task, outcome) pairs."""
        return outcomes(self.depends)


def is_true(condition):
    """A task's when, which here compares two strings."""
    left, operator, right = re.fullmatch(r'"([^"]*)" (==|!=) "([^"]*)"', condition).groups()
    return (left == right) == (operator == "==")


def outcomes(depends):
    return tuple(re.findall(r"([\w-]+)\.(\w+)", depends))


def is_met(depends, has_come_true):
    """A task's depends; has_come_true says it of a task and an outcome."""
    for pair in sorted(outcomes(depends), key=lambda pair: -len(pair[0])):
        depends = depends.replace(".".join(pair), str(has_come_true(*pair)))
    return eval(depends.replace("&&", "and").replace("||", "or") or "True", {})


def all_steps(name, parameters=None, skip=True):
    """The steps of a WorkflowTemplate, each after those that it waits for; without those that its when
    skips, and what waits for them, unless skip is false."""
    spec = workflow_template(name)["spec"]
    values = {**declared(name), **(EXAMPLES[name] if parameters is None else parameters)}
    missing = [name for name, value in values.items() if value is None]
    assert not missing, f"parameters without a value: {missing}"
    values = {f"workflow.parameters.{key}": value for key, value in values.items()}
    values["workflow.namespace"] = values["workflow.parameters.arkouda-namespace"]
    # A default may be made of another parameter.
    values = {key: substituted(value, values) for key, value in values.items()}
    templates = {template["name"]: template for template in spec["templates"]}
    tasks = {
        task["name"]: substituted(task, values)
        for task in templates[spec["entrypoint"]]["dag"]["tasks"]
    }
    depends = {task: tasks[task].get("depends", "") for task in tasks}
    ordered, left = [], dict(tasks)
    while left:
        ready = [t for t in left if not {other for other, _ in outcomes(depends[t])} & left.keys()]
        assert ready, f"these wait for each other: {list(left)}"
        for task in ready:
            ordered.append(left.pop(task))
    steps, skipped = [], set()
    for task in ordered:
        possible = is_met(
            depends[task["name"]],
            lambda other, outcome: (other in skipped) == (outcome == "Skipped"),
        )
        if skip and not (possible and is_true(task.get("when", '"" == ""'))):
            skipped.add(task["name"])
            continue
        template = templates[task["template"]]
        inputs = {
            f"inputs.parameters.{argument['name']}": argument["value"]
            for argument in task.get("arguments", {}).get("parameters", [])
        }
        template = substituted(template, {**values, **inputs})
        resource = template["resource"]
        steps.append(
            Step(
                task=task["name"],
                template=task["template"],
                action=resource["action"],
                flags=tuple(resource.get("flags", [])),
                manifest=resource.get("manifest", ""),
                depends=depends[task["name"]],
                resource=resource,
                outputs=template.get("outputs", {}),
            )
        )
    return steps


def steps_when_all_goes_well(name, parameters=None):
    """The steps that a run takes in which none fails, in an order that the DAG allows."""
    steps, taken = [], set()
    possible = all_steps(name, parameters)
    known = {step.task for step in possible}

    def has_come_true(task, outcome):
        return (
            outcome == "Succeeded" and task in taken or outcome == "Skipped" and task not in known
        )

    for step in possible:
        if is_met(step.depends, has_come_true):
            steps.append(step)
            taken.add(step.task)
    return steps


def made(name, parameters=None):
    """The objects that a deployment makes."""
    steps = steps_when_all_goes_well(name, parameters)
    applied = [step for step in steps if step.action == "apply"]
    return [step.object for step in applied if "--dry-run=server" not in step.flags]


def one(objects, kind, name=None):
    """The only object of the kind, and of the name where it is given."""
    found = [o for o in objects if o["kind"] == kind and name in (None, o["metadata"]["name"])]
    assert len(found) == 1, f"{len(found)} of {kind} {name or ''}"
    return found[0]


def load_all(name):
    return list(yaml.safe_load_all((WORKFLOWS / name).read_text()))


def permissions(role):
    """A Role's rules as (group, resource) to verbs; nothing is granted twice."""
    found = {}
    for rule in role["rules"]:
        assert rule.keys() == {"apiGroups", "resources", "verbs"}
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                assert (group, resource) not in found
                found[group, resource] = set(rule["verbs"])
                assert "*" not in (group, resource) and "*" not in rule["verbs"]
    return found


def workflows_role():
    return one(load_all("arkouda-workflows-service-account.yaml"), "Role")


def granted():
    """What the Roles that the deployment makes let Arkouda do."""
    found = {}
    for role in made(DEPLOY):
        if role["kind"] == "Role":
            found.update(permissions(role))
    return found
