"""What the workflows say: no cluster is needed."""

import copy
import json
import re

import jsonschema
import pytest
import yaml

import schemas
from cluster import SHARED_SCHEMAS
from support import ROOT, run
from templates import (
    DELETE,
    DELETE_EXPORTER,
    DEPLOY,
    DEPLOY_EXPORTER,
    EXAMPLES,
    NAMES,
    WORKFLOWS,
    all_steps,
    declared,
    granted,
    is_met,
    load_all,
    made,
    one,
    permissions,
    references,
    steps_when_all_goes_well,
    workflow_template,
    workflows_role,
)
import variants

FILES = sorted(path.name for path in WORKFLOWS.glob("*.yaml"))
ARGO_FILES = [name for name in FILES if "service-account" not in name]
WITHOUT_METRICS = {**EXAMPLES[DEPLOY], "collect-metrics": "false"}
PLURALS = {
    "ConfigMap": ("", "configmaps"),
    "Deployment": ("apps", "deployments"),
    "Endpoints": ("", "endpoints"),
    "Pod": ("", "pods"),
    "Role": ("rbac.authorization.k8s.io", "roles"),
    "RoleBinding": ("rbac.authorization.k8s.io", "rolebindings"),
    "Service": ("", "services"),
    "ServiceMonitor": ("monitoring.coreos.com", "servicemonitors"),
}


def load(name):
    return yaml.safe_load((WORKFLOWS / name).read_text())


def identity(object):
    return object["kind"], object["metadata"]["name"]


def test_the_files_have_the_names_that_scripts_and_schedules_know():
    expected = {"arkouda-service-account.yaml", "arkouda-workflows-service-account.yaml"}
    for name in NAMES:
        expected |= {f"{name}-workflow-template.yaml", f"{name}-workflow.yaml"}
    expected |= {f"{name}-cronworkflow.yaml" for name in (DEPLOY, DELETE)}
    assert set(FILES) == expected


# ------------------------------------------------------------------------------- Argo's schema


@pytest.fixture(scope="session")
def argo_schema():
    path = SHARED_SCHEMAS / "argo-workflows.schema.json"
    if not path.exists():
        pytest.skip(f"NOT VALIDATED: Argo's schema is not here: {path}")
    return schemas.strict(json.loads(path.read_text()))


def mistakes(argo_schema, object):
    """What the strict schema of the object's kind does not allow."""
    kind = f"#/definitions/io.argoproj.workflow.v1alpha1.{object['kind']}"
    schema = {"$ref": kind, "definitions": argo_schema["definitions"]}
    return [
        f"{error.json_path}: {error.message}"
        for error in jsonschema.Draft7Validator(schema).iter_errors(object)
    ]


@pytest.mark.parametrize("name", ARGO_FILES)
def test_is_valid_for_argo(name, argo_schema):
    object = load(name)
    assert object["apiVersion"] == "argoproj.io/v1alpha1"
    assert mistakes(argo_schema, object) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda spec: spec.update(podGc=spec.pop("podGC")),
        lambda spec: spec["ttlStrategy"].update(secondsAfterSucces=1),
        lambda spec: spec["templates"][1]["resource"].update(flag=[]),
        lambda spec: spec["templates"][1]["resource"].pop("action"),
        lambda spec: spec["templates"][0]["dag"]["tasks"][1].update(depends=["a"]),
        lambda spec: spec.update(activeDeadlineSeconds="10m"),
    ],
)
def test_a_mistake_is_not_valid_for_argo(change, argo_schema):
    broken = copy.deepcopy(workflow_template(DELETE))
    change(broken["spec"])
    assert mistakes(argo_schema, broken) != []


def test_the_schedule_of_old_is_not_valid_for_argo(argo_schema):
    broken = load(f"{DEPLOY}-cronworkflow.yaml")
    broken["spec"]["schedule"] = broken["spec"].pop("schedules")[0]
    assert mistakes(argo_schema, broken) != []


# -------------------------------------------------------------------------- what is the same in all


@pytest.mark.parametrize("name", NAMES)
def test_the_template_has_what_every_run_of_it_needs(name):
    template = workflow_template(name)
    spec = template["spec"]
    assert template["metadata"]["name"] == spec["entrypoint"] == name
    assert spec["serviceAccountName"] == "arkouda-workflows-service-account"
    assert spec["podGC"] == {"strategy": "OnWorkflowSuccess"}
    assert spec["ttlStrategy"].keys() == {"secondsAfterSuccess", "secondsAfterFailure"}
    assert 0 < spec["activeDeadlineSeconds"] <= 3600


@pytest.mark.parametrize("name", NAMES)
def test_what_may_be_done_twice_is_tried_again(name):
    for template in workflow_template(name)["spec"]["templates"]:
        if template.get("resource", {}).get("action") in ("apply", "delete"):
            assert template["retryStrategy"]["retryPolicy"] == "Always", template["name"]
            assert template["retryStrategy"]["backoff"], template["name"]
        elif "dag" in template:
            # It would run the whole workflow again.
            assert "retryStrategy" not in template


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_that_is_declared_is_used_and_the_other_way_round(name):
    spec = workflow_template(name)["spec"]
    used = {
        reference.removeprefix("workflow.parameters.")
        for reference in references(spec)
        if reference.startswith("workflow.parameters.")
    }
    assert used == set(declared(name))


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_leads_somewhere(name):
    spec = workflow_template(name)["spec"]
    templates = {template["name"]: template for template in spec["templates"]}
    [dag] = [template["dag"] for template in spec["templates"] if "dag" in template]
    assert {task["template"] for task in dag["tasks"]} | {name} == set(templates)
    outputs = {
        f"tasks.{task['name']}.outputs.parameters.{output['name']}"
        for task in dag["tasks"]
        for output in templates[task["template"]].get("outputs", {}).get("parameters", [])
    }
    for template in spec["templates"]:
        inputs = {p["name"] for p in template.get("inputs", {}).get("parameters", [])}
        known = {f"inputs.parameters.{name}" for name in inputs}
        if "dag" in template:
            known |= outputs
        found = {r for r in references(template) if not r.startswith("workflow.parameters.")}
        assert found == known
        for task in dag["tasks"]:
            if task["template"] == template["name"]:
                given = task.get("arguments", {}).get("parameters", [])
                assert {argument["name"] for argument in given} == inputs, task["name"]


@pytest.mark.parametrize("name", NAMES)
def test_no_step_is_forgotten_when_all_goes_well(name):
    steps = {step.task for step in steps_when_all_goes_well(name)}
    others = {step.task for step in all_steps(name, skip=False)} - steps
    # When pods are not ready: which, why, and how many.
    locales = {"count-ready-locales", "report-ready-locales", "find-unready-locale-pod"}
    locales |= {"examine-locale-pod", "report-locale-pod", "examine-server", "report-server"}
    expected = {
        DEPLOY: {*locales, "check-server-alone", "deploy-server-alone"},
        DEPLOY_EXPORTER: {"find-exporter-pod", "examine-exporter-pod", "report-exporter-pod"},
    }
    assert others == expected.get(name, set())


@pytest.mark.parametrize("name", NAMES)
def test_every_object_is_in_the_namespace_that_is_given(name):
    parameters = {**EXAMPLES[name], "arkouda-namespace": "elsewhere"}
    for step in all_steps(name, parameters):
        if step.manifest:
            assert step.object["metadata"]["namespace"] == "elsewhere", step.task
        else:
            assert "--namespace=elsewhere" in step.flags, step.task


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_only_refers_to_its_template(name):
    assert load(f"{name}-workflow.yaml") == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": f"{name}-"},
        "spec": {"workflowTemplateRef": {"name": name}},
    }


@pytest.mark.parametrize(("name", "schedule"), [(DEPLOY, "0 7 * * *"), (DELETE, "0 17 * * *")])
def test_a_cron_workflow_starts_once_a_day_in_new_york(name, schedule):
    object = load(f"{name}-cronworkflow.yaml")
    assert object["metadata"] == {"name": name}
    assert object["spec"] == {
        "schedules": [schedule],
        "timezone": "America/New_York",
        "concurrencyPolicy": "Replace",
        "startingDeadlineSeconds": 300,
        "workflowSpec": {"workflowTemplateRef": {"name": name}},
    }


# -------------------------------------------------------------------------------- the objects


RUNS = [(DEPLOY, EXAMPLES[DEPLOY]), (DEPLOY, WITHOUT_METRICS)] + [
    (DEPLOY_EXPORTER, EXAMPLES[DEPLOY_EXPORTER])
]


@pytest.mark.parametrize("release", [schemas.OLDEST, schemas.current()])
@pytest.mark.parametrize(("name", "parameters"), RUNS)
def test_what_is_made_is_valid_for_kubernetes(name, parameters, release, schema_folder):
    manifests = [s.manifest for s in all_steps(name, parameters) if s.action == "apply"]
    assert not references(manifests)
    done = schemas.validate(schema_folder(release), "\n---\n".join(manifests))
    assert done.returncode == 0, done.stdout
    assert f"Valid: {len(manifests)}," in done.stdout


@pytest.mark.parametrize("release", [schemas.OLDEST, schemas.current()])
@pytest.mark.parametrize("name", ["arkouda-service-account", "arkouda-workflows-service-account"])
def test_an_account_is_valid_for_kubernetes(name, release, schema_folder):
    text = (WORKFLOWS / f"{name}.yaml").read_text()
    done = schemas.validate(schema_folder(release), text)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "mistake",
    [
        ("restartPolicy", "restartPolice"),
        ('value: "5555"', "value: 5555"),
        ("containerPort: 5556", 'containerPort: "5556"'),
        ("serviceAccountName", "serviceAccount_name"),
    ],
)
def test_a_mistake_is_not_valid_for_kubernetes(mistake, schema_folder):
    [server] = [s.manifest for s in all_steps(DEPLOY) if s.task == "deploy-server-with-exporter"]
    assert mistake[0] in server
    done = schemas.validate(schema_folder(schemas.current()), server.replace(*mistake))
    assert done.returncode != 0


@pytest.mark.parametrize("name", NAMES)
def test_values_that_yaml_would_misread_arrive_as_text(name):
    """Names that look like a number, a truth value or an octal number stay what they are."""
    number = "0123"
    texts = {
        key: number
        for key in declared(name)
        if not re.search(
            r"number-of-locales|-port$|match-label|collect-metrics|service-monitor|pull-secrets|node-selector"
            r"|tolerations|priority-class|annotations|arkouda-volume$",
            key,
        )
    }
    for step in all_steps(name, {**EXAMPLES[name], **texts}):
        if step.manifest:
            assert number not in map(str, numbers(step.object)), step.task
            assert 83 not in numbers(step.object), step.task


def numbers(node):
    if isinstance(node, dict):
        return [number for value in node.values() for number in numbers(value)]
    if isinstance(node, list):
        return [number for item in node for number in numbers(item)]
    return [node] if isinstance(node, (int, float)) and not isinstance(node, bool) else []


# The labels by which the workflow's objects are known, and those by which they find each other.
OWN_LABELS = {"app", "app.kubernetes.io/managed-by", "app.kubernetes.io/version", "instance"}


def without_own_labels(object):
    """An object with neither those labels, nor selectors, nor its name."""
    object = copy.deepcopy(object)
    metadata, spec = object["metadata"], object["spec"]
    spec["selector"] = metadata["name"] = None
    for labels in (
        metadata["labels"],
        spec.get("template", {}).get("metadata", {}).get("labels", {}),
    ):
        for label in OWN_LABELS & labels.keys():
            del labels[label]
    if object["kind"] == "ServiceMonitor":
        # By which Prometheus may select it, as it may the predecessor's.
        for label in ("arkouda_instance", "launcher"):
            metadata["labels"].pop(label, None)
    return object


def test_the_exporter_is_that_of_deploy_kubernetes_slurm_field_by_field():
    found = {object["kind"]: object for object in made(DEPLOY_EXPORTER)}
    slurm = {
        object["kind"]: object for object in variants.objects("deploy/kubernetes/overlays/slurm")
    }
    assert len(slurm) == 3
    # Which Arkouda it is of, only the workflow is told.
    assert found["Deployment"]["metadata"].pop("annotations") == {
        "arkouda-release-version": "unknown"
    }
    assert {kind: without_own_labels(object) for kind, object in found.items()} == {
        kind: without_own_labels(object) for kind, object in slurm.items()
    }


def test_the_exporters_objects_have_the_names_that_the_predecessor_gave_them():
    parameters = {
        **EXAMPLES[DEPLOY_EXPORTER],
        "exporter-app-name": "an-app",
        "exporter-service-name": "a-service",
    }
    objects = made(DEPLOY_EXPORTER, parameters)
    assert {identity(object) for object in objects} == {
        ("Deployment", "an-app"),
        ("ServiceMonitor", "a-service-servicemonitor"),
        ("Service", "a-service"),
    }
    service, deployment = one(objects, "Service"), one(objects, "Deployment")
    monitor = one(objects, "ServiceMonitor")
    # A Deployment's selector can't be changed: another would refuse to be deployed over it.
    assert deployment["spec"]["selector"] == {"matchLabels": {"app": "an-app"}}
    assert deployment["spec"]["template"]["metadata"]["labels"]["app"] == "an-app"
    assert service["spec"]["selector"] == {"app": "an-app"}
    assert service["metadata"]["labels"]["instance"] == "a-service"
    assert monitor["spec"]["selector"] == {"matchLabels": {"instance": "a-service"}}


@pytest.mark.parametrize("service", ["arkouda-on-k8s-metrics-exporter", "a-service"])
def test_arkoudas_exporter_has_the_names_that_the_predecessor_gave_it(service):
    objects = made(DEPLOY, {**EXAMPLES[DEPLOY], "exporter-service-name": service})
    monitor = one(objects, "ServiceMonitor", "arkouda-on-k8s-servicemonitor")
    label = {"instance": "arkouda-on-k8s-metrics-exporter"}
    assert monitor["spec"]["selector"] == {"matchLabels": label}
    assert label.items() <= one(objects, "Service", service)["metadata"]["labels"].items()
    others = [o for o in objects if o["kind"] == "Service" and o["metadata"]["name"] != service]
    assert len(others) == 4
    assert not [o for o in others if label.items() <= o["metadata"]["labels"].items()]


SITE = {
    "image-pull-secrets": 'imagePullSecrets: [{"name": "a"}]',
    "node-selector": 'nodeSelector: {"b": "c"}',
    "tolerations": 'tolerations: [{"key": "d", "operator": "Exists"}]',
    "priority-class": 'priorityClassName: "e"',
    "pod-annotations": 'annotations: {"f": "g"}',
}


@pytest.mark.parametrize("name", [DEPLOY, DEPLOY_EXPORTER])
def test_what_a_site_says_of_its_pods_reaches_each_and_is_absent_otherwise(name):
    def pods(parameters):
        objects = [o for o in made(name, {**EXAMPLES[name], **parameters})]
        found = [o["spec"]["template"] for o in objects if o["kind"] == "Deployment"]
        return found + [o for o in objects if o["kind"] == "Pod"]

    wanted = {key: value for line in SITE.values() for key, value in yaml.safe_load(line).items()}
    annotations = wanted.pop("annotations")
    for pod in pods(SITE):
        assert wanted.items() <= pod["spec"].items()
        assert pod["metadata"]["annotations"] == annotations
    # What Kubernetes or an admission webhook puts there can't be taken away from a pod that runs.
    for pod in pods({}):
        assert not wanted.keys() & pod["spec"].keys()
        assert "annotations" not in pod["metadata"]


def test_server_and_locales_have_the_image_and_the_files_of_the_site():
    parameters = {
        "arkouda-image": "registry:5000/arkouda",
        "arkouda-volume": 'hostPath: {"path": "/lustre"}',
        "arkouda-volume-mount-path": "/files",
    }
    objects = made(DEPLOY, {**EXAMPLES[DEPLOY], **parameters})
    locale = one(objects, "Deployment")["spec"]["template"]["spec"]
    for pod in (one(objects, "Pod")["spec"], locale):
        [container] = pod["containers"]
        assert container["image"] == "registry:5000/arkouda:v2024.06.21"
        assert {"name": "files", "mountPath": "/files"} in container["volumeMounts"]
        assert {"name": "files", "hostPath": {"path": "/lustre"}} in pod["volumes"]
    [spread] = locale["topologySpreadConstraints"]
    assert spread["topologyKey"] == "kubernetes.io/hostname"
    assert spread["whenUnsatisfiable"] == "ScheduleAnyway"
    labels = one(objects, "Deployment")["spec"]["template"]["metadata"]["labels"]
    assert spread["labelSelector"]["matchLabels"].items() <= labels.items()


# The parameters of the templates of Bears-R-Us' arkouda_workflows, by which sites submit them.
PREDECESSORS = {
    DEPLOY: "arkouda-serviceaccount-name arkouda-serviceaccount-token-name arkouda-user arkouda-uid "
    "arkouda-group arkouda-gid arkouda-release-version arkouda-instance-name arkouda-ssh-secret "
    "arkouda-number-of-locales arkouda-total-number-of-locales kubernetes-api-url arkouda-namespace "
    "arkouda-log-level image-pull-policy mem-track collect-metrics metrics-polling-interval-seconds "
    "prometheus-match-label launcher num-cpu-cores memory chpl-mem-max chpl-num-threads-per-locale",
    DELETE: "arkouda-instance-name kubernetes-api-url",
    DEPLOY_EXPORTER: "exporter-release-version exporter-app-name exporter-service-name "
    "exporter-polling-interval prometheus-match-label arkouda-launcher arkouda-server-name "
    "arkouda-metrics-service-host arkouda-metrics-service-port",
    DELETE_EXPORTER: "exporter-app-name exporter-service-name",
}


@pytest.mark.parametrize("name", NAMES)
def test_the_parameters_have_the_predecessors_names_and_others_need_not_be_given(name):
    theirs = set(PREDECESSORS[name].split())
    # Argo takes a parameter that a template does not know: there is nothing to ask of Kubernetes' URL.
    assert theirs - declared(name).keys() == ({"kubernetes-api-url"} if name == DELETE else set())
    assert not {n for n, value in declared(name).items() if value is None} - theirs


@pytest.mark.parametrize(
    ("name", "version"), [(DEPLOY, "v2024.06.21"), (DEPLOY_EXPORTER, None)], ids=str
)
def test_objects_and_pods_say_of_which_version_they_are(name, version):
    exporter = declared(name)["exporter-release-version"]
    for object in made(name):
        metadata = [object["metadata"]]
        metadata += (
            [object["spec"]["template"]["metadata"]] if object["kind"] == "Deployment" else []
        )
        for labels in (found["labels"] for found in metadata):
            ours = labels["app.kubernetes.io/name"] == "prometheus-arkouda-exporter"
            assert labels["app.kubernetes.io/version"] == (exporter if ours else version)


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        (name, parameter)
        for name in NAMES
        for parameter in declared(name)
        if parameter not in ("collect-metrics", "service-monitor")
    ],
)
def test_each_parameter_reaches_an_object(name, parameter):
    known = {"prometheus-match-label": "some: label"}
    value = known.get(parameter, "4711")
    changed = all_steps(name, {**EXAMPLES[name], parameter: value})
    before = all_steps(name)
    assert [(step.manifest, step.flags) for step in changed] != [
        (step.manifest, step.flags) for step in before
    ]


# --------------------------------------------------------------------------------- Arkouda's order


def before(name, task, parameters=None):
    """The tasks that have ended when a task begins."""
    waits_for = {step.task: step.waits_for for step in all_steps(name, parameters)}
    found, queue = set(), [task]
    while queue:
        for other, _ in waits_for[queue.pop()]:
            # A skipped one does not count.
            if other in waits_for and other not in found:
                found.add(other)
                queue.append(other)
    return found


@pytest.mark.parametrize(
    ("server", "parameters"),
    [("deploy-server-with-exporter", EXAMPLES[DEPLOY]), ("deploy-server-alone", WITHOUT_METRICS)],
)
def test_locales_are_verified_before_there_is_a_server(server, parameters):
    check = server.replace("deploy", "check")
    assert before(DEPLOY, "verify-locale-deployment", parameters) == {
        "deploy-locale",
        "await-locale-pods",
        "create-locale-headless-service",
        "find-locale-pod",
        "verify-locale-pod",
        "create-locale-launch-script-config-map",
        check,
    }
    everything = {step.task for step in steps_when_all_goes_well(DEPLOY, parameters)}
    later = {server, "verify-server", "create-exporter-service", "create-servicemonitor"}
    later |= {task for task in everything if task.startswith("delete-")}
    assert before(DEPLOY, server, parameters) == everything - later
    for task in everything:
        if "-server-" in task and task != check:
            assert "verify-locale-deployment" in before(DEPLOY, task, parameters), task


def test_prometheus_hears_of_the_exporter_last():
    """And of no other any more."""
    for name, monitor in (
        (DEPLOY, "create-servicemonitor"),
        (DEPLOY_EXPORTER, "create-exporter-servicemonitor"),
    ):
        steps = {step.task for step in steps_when_all_goes_well(name)}
        earlier = before(name, monitor)
        assert {step for step in steps if re.match("deploy-|verify-|delete-", step)} <= earlier
        assert "create-exporter-service" in earlier


@pytest.mark.parametrize("parameters", [EXAMPLES[DEPLOY], WITHOUT_METRICS])
def test_the_server_is_checked_with_what_is_deployed_and_the_check_changes_nothing(parameters):
    steps = steps_when_all_goes_well(DEPLOY, parameters)
    [check, deployed] = [step for step in steps if step.template == "deploy-server"]
    assert check.task.startswith("check-server-") and deployed.task.startswith("deploy-server-")
    assert check.manifest == deployed.manifest
    assert (check.flags, deployed.flags) == (("--dry-run=server",), ("--dry-run=none",))


# Why a kubelet does not start a container, or not again.
STUCK = ["ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"]
STUCK += ["CreateContainerConfigError", "CreateContainerError", "RunContainerError"]
STUCK += ["CrashLoopBackOff"]


def template_of(name, template):
    [found] = [t for t in workflow_template(name)["spec"]["templates"] if t["name"] == template]
    return found


@pytest.mark.parametrize("task", ["verify-locale-pod", "verify-server"])
def test_a_pods_verification_ends_when_it_is_ready_or_never_will_be(task):
    [verify] = [s for s in all_steps(DEPLOY) if s.task == task]
    assert verify.action == "get"
    pods = {"verify-server": "arkouda-on-k8s-server"}
    pod = pods.get(task, "{{tasks.find-locale-pod.outputs.parameters.pod}}")
    assert identity(verify.object) == ("Pod", pod)
    success = verify.resource["successCondition"].split(", ")
    assert "status.containerStatuses.0.ready == true" in success
    assert "status.initContainerStatuses.0.ready != false" in success
    failure = verify.resource["failureCondition"]
    assert failure.startswith("status.phase in (Failed, Succeeded), metadata.deletionTimestamp, ")
    for containers in ("initContainerStatuses", "containerStatuses"):
        assert f"status.{containers}.0.state.waiting.reason in ({', '.join(STUCK)})" in failure
    # Several times, as the next try may succeed; a pod that has ended does not come back.
    retry = template_of(DEPLOY, "verify-pod")["retryStrategy"]
    assert retry["expression"] == "lastRetry.message contains 'waiting.reason'"
    assert int(retry["limit"]) * int(retry["backoff"]["duration"].removesuffix("s")) in range(
        100, 300
    )


@pytest.mark.parametrize("name", [DEPLOY, DEPLOY_EXPORTER])
def test_all_that_is_waited_for_ends_before_the_workflow_has_to(name):
    spec = workflow_template(name)["spec"]

    def longest(template):
        """How long a step waits, or asks again at even intervals."""
        seconds = int(template.get("activeDeadlineSeconds", 0))
        if "ProgressDeadlineExceeded" in str(template.get("resource")):
            seconds += one(made(name), "Deployment")["spec"]["progressDeadlineSeconds"]
        retry = template.get("retryStrategy")
        if retry and "factor" not in retry["backoff"]:
            seconds += int(retry["limit"]) * int(retry["backoff"]["duration"].removesuffix("s"))
        return seconds

    deadlines = {template["name"]: longest(template) for template in spec["templates"]}
    waits = [deadlines[step.template] for step in steps_when_all_goes_well(name)]
    assert len([seconds for seconds in waits if seconds]) == (5 if name == DEPLOY else 1)
    assert sum(waits) < spec["activeDeadlineSeconds"]


def test_the_server_is_ready_when_clients_can_connect_and_is_never_ended_for_being_busy():
    for parameters in (EXAMPLES[DEPLOY], WITHOUT_METRICS):
        [server] = one(made(DEPLOY, parameters), "Pod")["spec"]["containers"]
        # A request over HTTP would be a message that ends Arkouda.
        assert server["readinessProbe"] == {"tcpSocket": {"port": 5555}, "periodSeconds": 5}
        assert not {"livenessProbe", "startupProbe"} & server.keys()
    # The exporter in its pod says of one that is not ready that it is down.
    assert one(made(DEPLOY), "Service", "arkouda-on-k8s-metrics-exporter")["spec"][
        "publishNotReadyAddresses"
    ]


@pytest.mark.parametrize("name", NAMES)
def test_one_workflow_at_a_time_for_an_instance_or_an_exporter(name):
    [mutex] = workflow_template(name)["spec"]["synchronization"]["mutexes"]
    which = "exporter-app-name" if "exporter" in name else "arkouda-instance-name"
    assert mutex["name"] == f"{{{{workflow.parameters.{which}}}}}"


def test_the_verification_asks_for_all_locales_and_has_a_deadline():
    [verify] = [s for s in all_steps(DEPLOY) if s.task == "verify-locale-deployment"]
    assert verify.action == "get"
    assert identity(verify.object) == ("Deployment", "arkouda-on-k8s-locale")
    assert verify.resource["successCondition"].split(", ") == [
        "status.observedGeneration > "
        "{{tasks.deploy-locale.outputs.parameters.generation-before}}",
        "status.replicas == 2",
        "status.updatedReplicas == 2",
        "status.readyReplicas == 2",
    ]
    # Wherever among its conditions the Deployment says so.
    assert verify.resource["failureCondition"].split(", ") == [
        f"status.conditions.{number}.reason == ProgressDeadlineExceeded" for number in range(3)
    ]


def test_the_exporters_verification_asks_for_the_rollout_of_what_was_applied():
    [verify] = [s for s in all_steps(DEPLOY_EXPORTER) if s.task == "verify-exporter"]
    assert identity(verify.object) == ("Deployment", "prometheus-arkouda-exporter")
    assert verify.resource["successCondition"].split(", ") == [
        "status.observedGeneration > "
        "{{tasks.deploy-exporter.outputs.parameters.generation-before}}",
        "status.replicas == 1",
        "status.updatedReplicas == 1",
        "status.availableReplicas == 1",
    ]


def jq(name, template, object):
    """What a template's output parameter says of an object."""
    [parameter] = template_of(name, template)["outputs"]["parameters"]
    done = run("jq", "-r", parameter["valueFrom"]["jqFilter"], stdin=json.dumps(object))
    return done.stdout.strip()


def test_locales_that_are_not_ready_are_counted_and_one_of_them_is_examined():
    steps = {step.task: step for step in all_steps(DEPLOY)}
    for task in ("count-ready-locales", "find-unready-locale-pod"):
        assert steps[task].waits_for == tuple(
            (f"{waited}", outcome)
            for waited in (
                "await-locale-pods",
                "find-locale-pod",
                "verify-locale-pod",
                "verify-locale-deployment",
            )
            for outcome in ("Failed", "Errored")
        )
    assert jq(DEPLOY, "count-ready-locales", {"status": {}}) == "0"
    condition = steps["report-ready-locales"].resource["failureCondition"]
    ready = "{{tasks.count-ready-locales.outputs.parameters.ready}}"
    assert condition == f"!{ready}-of-2-locale-pods-are-ready"
    assert is_name_of_a_label(condition[1:].replace(ready, "9999"))


def is_name_of_a_label(text):
    """Argo could not read another in a condition."""
    prefix, _, name = text.rpartition("/")
    return re.fullmatch(r"[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?", name) and re.fullmatch(
        r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?", prefix
    )


def container(name, ready=False, **state):
    return {"name": name, "ready": ready, "state": state}


SERVER, SIDECAR = "arkouda-udp-server", "prometheus-arkouda-exporter"
CRASHED = {"lastState": {"terminated": {"exitCode": 137}}}
INITIALIZING = container(SERVER, waiting={"reason": "PodInitializing"})
STATES = [
    *(([], [container(SERVER, waiting={"reason": why})], f"{SERVER}-{why}") for why in STUCK),
    *(
        ([container(SIDECAR, waiting={"reason": why})], [INITIALIZING], f"{SIDECAR}-{why}")
        for why in STUCK
    ),
    (
        [container(SIDECAR, ready=True)],
        [{**container(SERVER, waiting={"reason": "CrashLoopBackOff"}), **CRASHED}],
        f"{SERVER}-CrashLoopBackOff-exit-code-137",
    ),
    (
        [{**container(SIDECAR, waiting={"reason": "CrashLoopBackOff"}), **CRASHED}],
        [INITIALIZING],
        f"{SIDECAR}-CrashLoopBackOff-exit-code-137",
    ),
    ([], [container(SERVER, terminated={"exitCode": 1})], f"{SERVER}-is-not-ready-exit-code-1"),
    ([], [container(SERVER, running={})], f"{SERVER}-is-not-ready"),
    ([], [], "Unschedulable"),
]


@pytest.mark.parametrize("name", [DEPLOY, DEPLOY_EXPORTER])
@pytest.mark.parametrize(("sidecars", "containers", "words"), STATES, ids=str)
def test_a_pod_that_is_not_ready_is_reported_with_its_reason(name, sidecars, containers, words):
    status = {"initContainerStatuses": sidecars, "containerStatuses": containers}
    status["conditions"] = [
        {"type": "Other", "status": "True", "reason": "Known"},
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"},
    ]
    assert jq(name, "examine-pod", {"status": status}) == words
    reports = [step for step in all_steps(name) if step.task.startswith("report-")]
    reports = [step for step in reports if "examine-" in step.resource["failureCondition"]]
    assert len(reports) == (2 if name == DEPLOY else 1)
    for report in reports:
        condition = report.resource["failureCondition"]
        assert condition.startswith("!") and condition.count("/") == 1
        known = re.sub(r"\{\{tasks.examine[^}]*\}\}", words, condition[1:])
        assert is_name_of_a_label(re.sub(r"\{\{tasks.find[^}]*\}\}", "a-pod-7d9f8", known)), known


@pytest.mark.parametrize(
    ("name", "template"),
    [
        (DEPLOY, "find-locale-pod"),
        (DEPLOY, "find-unready-locale-pod"),
        (DEPLOY_EXPORTER, "find-exporter-pod"),
    ],
)
def test_of_a_services_pods_one_that_is_not_ready_is_found(name, template):
    def addresses(*pods):
        return [{"ip": "10.1.0.1", "targetRef": {"name": pod}} for pod in pods]

    subset = {"addresses": addresses("a"), "notReadyAddresses": addresses("b", "c")}
    assert jq(name, template, {"subsets": [subset]}) == "b"
    assert jq(name, template, {"subsets": [{"addresses": addresses("a")}]}) == "a"
    if template == "find-locale-pod":
        # Then the step fails, and is tried again.
        with pytest.raises(AssertionError, match="no locale pod is on a node"):
            jq(name, template, {})
        return
    # Then the report says that the pods are on no node.
    assert jq(name, template, {}) == "pods"
    [state] = template_of(name, "examine-pod")["outputs"]["parameters"]
    assert state["valueFrom"]["default"] == "are-on-no-node"


def test_without_metrics_there_is_neither_exporter_nor_service_nor_service_monitor():
    with_metrics = {identity(object) for object in made(DEPLOY)}
    without = {identity(object) for object in made(DEPLOY, WITHOUT_METRICS)}
    assert with_metrics - without == {
        ("Service", "arkouda-on-k8s-metrics-exporter"),
        ("ServiceMonitor", "arkouda-on-k8s-servicemonitor"),
    }
    assert without < with_metrics
    exporter, server = one(made(DEPLOY), "Pod"), one(made(DEPLOY, WITHOUT_METRICS), "Pod")
    assert server["spec"].pop("initContainers") == []
    [sidecar] = exporter["spec"].pop("initContainers")
    assert sidecar["name"] == "prometheus-arkouda-exporter"
    settings = [pod["spec"]["containers"][0].pop("env") for pod in (exporter, server)]
    differ = [pair for pair in zip(*settings) if pair[0] != pair[1]]
    assert [pair[0]["name"] for pair in differ] == ["COLLECT_METRICS"]
    assert exporter == server


def test_the_sidecar_is_the_container_of_deploy_kubernetes_base():
    parameters = {**EXAMPLES[DEPLOY], "arkouda-server-name": "arkouda-on-kubernetes"}
    [sidecar] = one(made(DEPLOY, parameters), "Pod")["spec"]["initContainers"]
    container, role = variants.container_of("deploy/kubernetes/overlays/aok")
    assert role == "initContainers"
    assert sidecar == container


def test_the_settings_of_the_metrics_reach_the_containers():
    parameters = {
        **EXAMPLES[DEPLOY],
        "metrics-polling-interval-seconds": "7",
        "metrics-service-host": "metrics.example",
        "metrics-service-port": "6001",
        "arkouda-server-name": "a-name",
        "image-pull-policy": "Always",
    }
    objects = made(DEPLOY, parameters)
    pod = one(objects, "Pod")["spec"]
    [sidecar], [server] = pod["initContainers"], pod["containers"]
    expected = {
        "METRICS_POLLING_INTERVAL": "7s",
        "ARKOUDA_METRICS_SERVICE_HOST": "metrics.example",
        "ARKOUDA_METRICS_SERVICE_PORT": "6001",
        "ARKOUDA_METRICS_SERVER_NAME": "a-name",
    }
    assert expected.items() <= variants.environment(sidecar).items()
    settings = {variable["name"]: variable.get("value") for variable in server["env"]}
    for name in ("METRICS_SERVER_PORT", "METRICS_SERVICE_PORT", "METRICS_SERVICE_TARGET_PORT"):
        assert settings[name] == "6001"
    assert 6001 in [port["containerPort"] for port in server["ports"]]
    [locale] = one(objects, "Deployment")["spec"]["template"]["spec"]["containers"]
    assert {c["imagePullPolicy"] for c in (sidecar, server, locale)} == {"Always"}


@pytest.mark.parametrize("parameters", [EXAMPLES[DEPLOY], WITHOUT_METRICS])
def test_each_service_finds_the_pods_that_it_is_for(parameters):
    objects = made(DEPLOY, parameters)
    pods = {
        "server": one(objects, "Pod")["metadata"]["labels"],
        "locale": one(objects, "Deployment")["spec"]["template"]["metadata"]["labels"],
    }
    for service in objects:
        if service["kind"] == "Service":
            name = service["metadata"]["name"]
            found = [
                role
                for role, labels in pods.items()
                if service["spec"]["selector"].items() <= labels.items()
            ]
            assert found == ["locale" if "-locale-" in name else "server"], name
    # What Arkouda's own code looks for: its locales have the label app as APP_NAME says.
    [server] = one(objects, "Pod")["spec"]["containers"]
    [app_name] = [v["value"] for v in server["env"] if v["name"] == "APP_NAME"]
    assert pods["locale"]["app"] == app_name


def test_prometheus_takes_the_exporters_service_and_its_labels():
    parameters = {**EXAMPLES[DEPLOY], "launcher": "a-launcher", "prometheus-match-label": "a: b"}
    objects = made(DEPLOY, parameters)
    monitor = one(objects, "ServiceMonitor")
    service = one(objects, "Service", "arkouda-on-k8s-metrics-exporter")
    slurm = variants.one("deploy/kubernetes/overlays/slurm", "ServiceMonitor")
    selected = monitor["spec"]["selector"]["matchLabels"]
    assert selected.items() <= service["metadata"]["labels"].items()
    assert {**monitor["spec"], "selector": 0} == {**slurm["spec"], "selector": 0}
    assert monitor["metadata"]["labels"]["a"] == "b"
    labels = service["metadata"]["labels"]
    assert (labels["arkouda_instance"], labels["launcher"]) == ("arkouda-on-k8s", "a-launcher")


def test_the_exporters_image_is_of_the_projects_version():
    text = (ROOT / "CMakeLists.txt").read_text()
    version = re.search(r"project\(.*?VERSION (\S+)", text, re.S)[1]
    for name in (DEPLOY, DEPLOY_EXPORTER):
        assert declared(name)["exporter-image"] == "bearsrus/prometheus-arkouda-exporter"
        assert declared(name)["exporter-release-version"] == version
    prerequisites = (WORKFLOWS / "check-prerequisites.sh").read_text()
    assert f"ARKOUDA_EXPORTER_VERSION is_image_tag {version} " in prerequisites


def test_the_deployment_says_of_which_arkouda_release_it_is():
    parameters = {**EXAMPLES[DEPLOY_EXPORTER], "arkouda-release-version": "v2024.04.19"}
    deployment = one(made(DEPLOY_EXPORTER, parameters), "Deployment")
    assert deployment["metadata"]["annotations"] == {"arkouda-release-version": "v2024.04.19"}
    # It is not that of the image.
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    assert (
        container["image"]
        == one(made(DEPLOY_EXPORTER), "Deployment")["spec"]["template"]["spec"]["containers"][0][
            "image"
        ]
    )


def test_the_token_comes_from_the_secret_of_the_account_that_is_shipped():
    account, secret = load_all("arkouda-service-account.yaml")
    assert account["automountServiceAccountToken"] is False
    assert secret["type"] == "kubernetes.io/service-account-token"
    name = account["metadata"]["name"]
    assert secret["metadata"]["annotations"] == {"kubernetes.io/service-account.name": name}
    assert declared(DEPLOY)["arkouda-serviceaccount-name"] == name
    assert declared(DEPLOY)["arkouda-serviceaccount-token-name"] == secret["metadata"]["name"]
    pod = one(made(DEPLOY), "Pod")["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert {"secret": {"secretName": "arkouda-token"}, "name": "token"} in pod["volumes"]


# ------------------------------------------------------------------------------------- deletion


def selected(step, objects):
    """What a deletion by a selector finds among objects."""
    resource = step.flags[0].split(".")[0]
    [selector] = [flag for flag in step.flags if flag.startswith("--selector=")]
    labels = dict(pair.split("=") for pair in selector.removeprefix("--selector=").split(","))
    return {
        identity(object)
        for object in objects
        if PLURALS[object["kind"]][1] == resource
        and labels.items() <= object["metadata"]["labels"].items()
    }


def deleted(name, objects, parameters=None):
    """What a deletion names, or finds among the objects, in its order."""
    found = []
    for step in steps_when_all_goes_well(name, parameters):
        assert step.action == "delete"
        assert "--ignore-not-found" in step.flags, step.task
        found += [identity(step.object)] if step.manifest else selected(step, objects)
    return found


def test_all_that_is_made_is_deleted_and_what_arkouda_registers_and_nothing_else():
    parameters = {
        **EXAMPLES[DEPLOY],
        "exporter-app-name": "an-app",
        "exporter-service-name": "a-service",
    }
    objects = made(DEPLOY, parameters)
    registered = {("Service", "arkouda-on-k8s"), ("Service", "arkouda-on-k8s-metrics")}
    predecessors = {("Service", "arkouda-on-k8s-metrics-exporter")}
    found = deleted(DELETE, objects)
    assert set(found) == {identity(object) for object in objects} | registered | predecessors


def test_the_deletion_leaves_other_instances_and_exporters_alone():
    names = ("arkouda-instance-name", "exporter-app-name", "exporter-service-name")
    other = made(DEPLOY, {**EXAMPLES[DEPLOY], **{name: f"another-{name}" for name in names}})
    # Under the name of the instance, even.
    exporter = made(
        DEPLOY_EXPORTER, {**EXAMPLES[DEPLOY_EXPORTER], "arkouda-server-name": "arkouda-on-k8s"}
    )
    ours = {identity(object) for object in made(DEPLOY)}
    theirs = {identity(object) for object in [*other, *exporter]}
    assert not theirs & ours
    assert not theirs & set(deleted(DELETE, [*other, *exporter]))


def test_all_of_an_exporter_is_deleted_and_nothing_else():
    objects = made(DEPLOY_EXPORTER)
    earlier = {("ServiceMonitor", "prometheus-arkouda-exporter")}
    found = set(deleted(DELETE_EXPORTER, objects))
    assert found == {identity(object) for object in objects} | earlier


OF_EXPORTER = {
    f"delete-{what}"
    for what in (
        "servicemonitor",
        "earlier-servicemonitors",
        "exporter-service",
        "predecessors-exporter-service",
    )
}


def test_what_is_deleted_does_not_wait_for_the_success_of_the_exporters_deletion():
    """But the workflow does: its target is what nobody waits for, and those."""
    dag = workflow_template(DELETE)["spec"]["templates"][0]["dag"]
    waited_for = {other for step in all_steps(DELETE) for other, _ in step.waits_for}
    last = {step.task for step in all_steps(DELETE)} - waited_for
    assert set(dag["target"].split()) == last | OF_EXPORTER
    assert dag["failFast"] is False
    for step in all_steps(DELETE):
        for other, _ in step.waits_for:
            if other in OF_EXPORTER:
                assert is_met(step.depends, lambda _, outcome: outcome == "Failed")


@pytest.mark.parametrize("name", NAMES)
def test_without_a_service_monitor_nothing_is_asked_of_the_operators_kinds(name):
    parameters = {**EXAMPLES[name], "service-monitor": "false"}
    of_monitors = {step.task for step in all_steps(name) if "servicemonitor" in step.template}
    of_monitors = {task for task in of_monitors if "-role" not in task}
    assert len(of_monitors) == 2
    taken = {step.task for step in steps_when_all_goes_well(name)}
    assert {step.task for step in steps_when_all_goes_well(name, parameters)} == taken - of_monitors


def test_an_exporter_is_deleted_where_its_service_monitor_cant_be():
    """But the workflow fails then."""
    dag = workflow_template(DELETE_EXPORTER)["spec"]["templates"][0]["dag"]
    steps = all_steps(DELETE_EXPORTER)
    assert dag["failFast"] is False
    assert set(dag["target"].split()) == {step.task for step in steps}
    for step in steps:
        assert is_met(step.depends, lambda _, outcome: outcome == "Failed"), step.task


def test_a_deletion_without_metrics_leaves_nothing_but_service_monitors():
    """Of a deployment that had metrics, too: its Service would find the pod of the next one."""
    parameters = {**EXAMPLES[DELETE], "collect-metrics": "false"}
    steps = {step.task for step in steps_when_all_goes_well(DELETE)}
    without = {step.task for step in steps_when_all_goes_well(DELETE, parameters)}
    assert steps - without == {"delete-servicemonitor", "delete-earlier-servicemonitors"}


def test_arkouda_is_deleted_in_the_reverse_order():
    assert before(DELETE, "delete-server") == OF_EXPORTER
    for task in before_none_of(DELETE, {"delete-server", *before(DELETE, "delete-server")}):
        assert "delete-server" in before(DELETE, task), task
    assert "delete-locale" in before(DELETE, "delete-locale-launch-script-config-map")
    for role in ("pod", "service", "servicemonitor"):
        assert f"delete-{role}-role-binding" in before(DELETE, f"delete-{role}-role")


def before_none_of(name, tasks):
    return {step.task for step in all_steps(name)} - tasks


def test_the_exporter_is_deleted_in_the_reverse_order():
    assert before(DELETE_EXPORTER, "delete-exporter") == {
        "delete-exporter-service",
        "delete-exporter-servicemonitor",
        "delete-earlier-servicemonitor",
    }


def test_a_deletion_ends_when_the_pods_have():
    for name in (DELETE, DELETE_EXPORTER):
        for step in all_steps(name):
            kind = step.object["kind"] if step.manifest else ""
            assert ("--wait=false" in step.flags) == (kind not in ("Pod", "Deployment")), step.task
            assert ("--cascade=foreground" in step.flags) == (kind == "Deployment"), step.task


# ----------------------------------------------------------------------------------- permissions


def verbs_needed(step):
    """What kubectl asks the API server for, and the resource."""
    if step.action == "delete" and not step.manifest:
        resource, _, group = step.flags[0].partition(".")
        verbs = {"list", "delete"}
    else:
        group, resource = PLURALS[step.object["kind"]]
        verbs = {"apply": {"get", "create", "patch"}, "get": {"get"}, "delete": {"delete"}}
        verbs = verbs[step.action]
    if step.action == "delete" and "--wait=false" not in step.flags:
        verbs = verbs | {"get", "list", "watch"}
    return (group, resource), verbs


def test_the_workflows_may_do_exactly_what_their_steps_take_and_what_they_grant_to_arkouda():
    needed = {("argoproj.io", "workflowtaskresults"): {"create", "patch"}}
    for name in NAMES:
        for step in all_steps(name, skip=False):
            resource, verbs = verbs_needed(step)
            needed.setdefault(resource, set()).update(verbs)
    for resource, verbs in granted().items():
        needed.setdefault(resource, set()).update(verbs)
    assert permissions(workflows_role()) == needed


def test_the_workflows_account_has_the_role():
    objects = load_all("arkouda-workflows-service-account.yaml")
    assert {identity(object) for object in objects} == {
        ("ServiceAccount", "arkouda-workflows-service-account"),
        ("Role", "arkouda-workflows-role"),
        ("RoleBinding", "arkouda-workflows-rolebinding"),
    }
    binding = one(objects, "RoleBinding")
    assert binding["roleRef"]["name"] == "arkouda-workflows-role"
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": "arkouda-workflows-service-account"}
    ]


def test_arkouda_may_find_its_locales_and_register_itself():
    objects = made(DEPLOY)
    for role in ("pod", "service", "servicemonitor"):
        binding = one(objects, "RoleBinding", f"arkouda-on-k8s-{role}-binding")
        assert binding["roleRef"]["name"] == f"arkouda-on-k8s-{role}"
        [subject] = binding["subjects"]
        assert (subject["kind"], subject["name"]) == ("ServiceAccount", "arkouda")
    registers = {"get", "list", "create", "delete"}
    assert granted() == {
        ("", "pods"): {"get", "list"},
        ("apps", "deployments"): {"get", "list"},
        ("", "services"): registers,
        ("", "endpoints"): {"create", "delete"},
        ("monitoring.coreos.com", "servicemonitors"): registers,
    }
