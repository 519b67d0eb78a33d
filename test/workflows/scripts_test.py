"""The scripts that submit the workflows: what they read, refuse, print and hand to argo or kubectl."""

import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import time

import pytest
import yaml

from argo import workflow_controller
from cluster import control_plane
from support import ROOT, await_that, run, tool
from templates import DELETE, DELETE_EXPORTER, DEPLOY, DEPLOY_EXPORTER, WORKFLOWS, declared

REQUIRED, EXTRA = object(), object()


@dataclasses.dataclass(frozen=True)
class Row:
    """A parameter: the variables that it comes from, a value that no other has, and its default."""

    parameter: str
    variables: str
    value: str
    default: object = REQUIRED


AOK = [
    Row("arkouda-namespace", "ARKOUDA_NAMESPACE", "a-namespace"),
    Row("arkouda-instance-name", "ARKOUDA_INSTANCE_NAME", "an-instance"),
    Row("arkouda-release-version", "ARKOUDA_VERSION", "v2024.12.06"),
    Row("arkouda-ssh-secret", "ARKOUDA_SSH_SECRET", "an.ssh-secret"),
    Row("arkouda-number-of-locales", "ARKOUDA_NUMBER_OF_LOCALES", "41"),
    Row("arkouda-total-number-of-locales", "ARKOUDA_TOTAL_NUMBER_OF_LOCALES", "42"),
    Row("kubernetes-api-url", "KUBERNETES_URL KUBERNETES_API", "https://[fd00::1]:6443/k8s/c-1"),
    Row("num-cpu-cores", "ARKOUDA_CPU_CORES", "1500m"),
    Row("memory", "ARKOUDA_MEMORY", "1.5Gi"),
    Row("chpl-mem-max", "CHPL_MEM_MAX", "1000000001"),
    Row("chpl-num-threads-per-locale", "CHPL_NUM_THREADS_PER_LOCALE", "7", "2"),
    Row("arkouda-serviceaccount-name", "ARKOUDA_SERVICEACCOUNT_NAME", "an-account", "arkouda"),
    Row(
        "arkouda-serviceaccount-token-name",
        "ARKOUDA_SERVICEACCOUNT_TOKEN_NAME",
        "a-token",
        "arkouda-token",
    ),
    Row("arkouda-user", "ARKOUDA_USER", "bearsrus", "ubuntu"),
    Row("arkouda-uid", "ARKOUDA_UID", "1009", "1000"),
    Row("arkouda-group", "ARKOUDA_GROUP", "bearsrus-arkouda-users", "ubuntu"),
    Row("arkouda-gid", "ARKOUDA_GID", "1019", "1000"),
    Row("arkouda-log-level", "ARKOUDA_LOG_LEVEL", "LogLevel.DEBUG", EXTRA),
    Row(
        "image-pull-policy",
        "ARKOUDA_IMAGE_POLICY ARKOUDA_IMAGE_PULL_POLICY",
        "Always",
        "IfNotPresent",
    ),
    Row("collect-metrics", "ARKOUDA_COLLECT_METRICS", "false", EXTRA),
    Row("metrics-polling-interval-seconds", "ARKOUDA_METRICS_POLLING_INTERVAL", "47", "15"),
    Row("metrics-service-host", "ARKOUDA_METRICS_SERVICE_HOST", "Metrics.example", "localhost"),
    Row("metrics-service-port", "ARKOUDA_METRICS_SERVICE_PORT", "6001", "5556"),
    Row("arkouda-server-name", "ARKOUDA_SERVER_NAME", "A_server", "arkouda-on-k8s"),
    Row("launcher", "ARKOUDA_LAUNCHER", "A.launcher", "kubernetes"),
    Row(
        "prometheus-match-label",
        "ARKOUDA_PROMETHEUS_MATCH_LABEL",
        'example.com/on: "true"',
        "release: kube-stack",
    ),
    Row("exporter-app-name", "ARKOUDA_EXPORTER_APP_NAME", "0app", "arkouda-on-k8s-exporter"),
    Row("exporter-service-name", "ARKOUDA_EXPORTER_SERVICE_NAME", "svc", "arkouda-on-k8s-exporter"),
    Row("exporter-image", "ARKOUDA_EXPORTER_IMAGE", "registry:5000/exporter:1", EXTRA),
]
AOK_EXAMPLES = {
    "ARKOUDA_NAMESPACE": "arkouda",
    "ARKOUDA_INSTANCE_NAME": "arkouda-on-k8s",
    "ARKOUDA_VERSION": "v2024.06.21",
    "ARKOUDA_SSH_SECRET": "arkouda-ssh",
    "ARKOUDA_NUMBER_OF_LOCALES": "2",
    "ARKOUDA_TOTAL_NUMBER_OF_LOCALES": "3",
    "KUBERNETES_URL": "https://kubernetes.default.svc",
    "ARKOUDA_CPU_CORES": "2000m",
    "ARKOUDA_MEMORY": "2048Mi",
    "CHPL_MEM_MAX": "1000000000",
}
EXPORTER = [
    Row("exporter-image", "ARKOUDA_EXPORTER_IMAGE", "registry:5000/exporter", EXTRA),
    Row("exporter-release-version", "ARKOUDA_VERSION", "v1.2.3"),
    Row("arkouda-namespace", "ARKOUDA_NAMESPACE", "a-namespace"),
    Row("exporter-app-name", "ARKOUDA_EXPORTER_APP_NAME", "0app"),
    Row("exporter-service-name", "ARKOUDA_EXPORTER_SERVICE_NAME", "a-service"),
    Row("exporter-polling-interval", "ARKOUDA_EXPORTER_POLLING_INTERVAL", "47", "15"),
    Row("arkouda-metrics-service-host", "ARKOUDA_METRICS_SERVICE_HOST", "fd00::2"),
    Row("arkouda-metrics-service-port", "ARKOUDA_METRICS_SERVICE_PORT", "6001", "5556"),
    Row("arkouda-server-name", "ARKOUDA_SERVER_NAME", "A_server"),
    Row(
        "prometheus-match-label",
        "ARKOUDA_PROMETHEUS_MATCH_LABEL",
        "team: hpc",
        "release: kube-stack",
    ),
    Row("launcher", "ARKOUDA_LAUNCHER", "A.launcher", "slurm"),
]
EXPORTER_EXAMPLES = {
    "ARKOUDA_VERSION": "0.1.0",
    "ARKOUDA_NAMESPACE": "arkouda",
    "ARKOUDA_EXPORTER_APP_NAME": "arkouda-on-slurm-exporter",
    "ARKOUDA_EXPORTER_SERVICE_NAME": "arkouda-on-slurm-exporter",
    "ARKOUDA_METRICS_SERVICE_HOST": "arkouda-metrics.arkouda",
    "ARKOUDA_SERVER_NAME": "arkouda-on-slurm",
}
EXPORTER_DELETION = [
    Row("arkouda-namespace", "ARKOUDA_EXPORTER_NAMESPACE ARKOUDA_NAMESPACE", "a-namespace"),
    Row("exporter-service-name", "ARKOUDA_EXPORTER_SERVICE_NAME", "a-service"),
    Row("exporter-app-name", "ARKOUDA_EXPORTER_APP_NAME", "0app"),
]
EXPORTER_DELETION_EXAMPLES = {
    "ARKOUDA_EXPORTER_NAMESPACE": "arkouda",
    "ARKOUDA_EXPORTER_SERVICE_NAME": "arkouda-on-slurm-exporter",
    "ARKOUDA_EXPORTER_APP_NAME": "arkouda-on-slurm-exporter",
}


@dataclasses.dataclass(frozen=True)
class Script:
    name: str
    kind: str
    template: str
    rows: list
    examples: dict

    def __str__(self):
        return self.name


def variants(template, rows, examples, kinds=("Workflow",)):
    suffixes = {"Workflow": "command", "CronWorkflow": "cronworkflow"}
    return [Script(f"{template}-{suffixes[k]}.sh", k, template, rows, examples) for k in kinds]


BOTH = ("Workflow", "CronWorkflow")
SCRIPTS = [
    *variants(DEPLOY, AOK, AOK_EXAMPLES, BOTH),
    *variants(DELETE, AOK[:2], {k: AOK_EXAMPLES[k] for k in list(AOK_EXAMPLES)[:2]}, BOTH),
    *variants(DEPLOY_EXPORTER, EXPORTER, EXPORTER_EXAMPLES),
    *variants(DELETE_EXPORTER, EXPORTER_DELETION, EXPORTER_DELETION_EXAMPLES),
]
COMMANDS = [script for script in SCRIPTS if script.kind == "Workflow"]
CRONS = [script for script in SCRIPTS if script.kind == "CronWorkflow"]
each_script = pytest.mark.parametrize("script", SCRIPTS, ids=str)


def values_of(script):
    """Each parameter's variable with a value that no other has."""
    return {row.variables.split()[0]: row.value for row in script.rows}


def expected(script, environment):
    """The object that the script should submit."""
    parameters = []
    for row in script.rows:
        values = [environment[v] for v in row.variables.split() if environment.get(v)]
        value = values[0] if values else row.default
        if value is EXTRA:
            continue
        if not values and row.default is not REQUIRED:
            value = value.replace("arkouda-on-k8s", environment.get("ARKOUDA_INSTANCE_NAME", ""))
        parameters.append({"name": row.parameter, "value": value})
    [namespace] = [p["value"] for p in parameters if p["name"] == "arkouda-namespace"]
    spec = {
        "workflowTemplateRef": {"name": script.template},
        "arguments": {"parameters": parameters},
    }
    metadata = {"generateName": f"{script.template}-", "namespace": namespace}
    if script.kind == "CronWorkflow":
        metadata = {"name": script.template, "namespace": namespace}
        spec = {
            "schedules": ["0 7 * * *" if script.template == DEPLOY else "0 17 * * *"],
            "timezone": "America/New_York",
            "concurrencyPolicy": "Replace",
            "startingDeadlineSeconds": 300,
            "workflowSpec": spec,
        }
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": script.kind,
        "metadata": metadata,
        "spec": spec,
    }


# --------------------------------------------------------------------------------- how they are run

# All that the scripts take from a system beside the shell.
PROGRAMS = ["cat", "dirname", "grep", "mktemp", "rm", "sed", "sh", "ssh-keygen", "tr"]

# Stands in for argo and kubectl: knows the commands that it is told, and records what it is given. An
# argument that is a file counts as FILE.
FAKE = """#!/usr/bin/python3
import json, os, signal, stat, sys

with open(os.environ["FAKE_ANSWERS"]) as file:
    answers = json.load(file)
program, words, files = os.path.basename(sys.argv[0]), [], []
for word in sys.argv[1:]:
    path = word.split("=")[-1]
    if os.path.isfile(path):
        files.append({"path": path, "text": open(path).read(), "mode": os.stat(path).st_mode & 0o777})
        word = word.replace(path, "FILE")
    words.append(word)
command = " ".join([program, *words])
with open(os.environ["FAKE_CALLS"], "a") as file:
    print(json.dumps({"command": command, "files": files, "pid": os.getpid()}), file=file)
if command not in answers:
    sys.exit(f"the stand-in knows no {command!r}")
status, output = answers[command]
print(output, end="", flush=True)
if status == "blocks":
    while True:
        signal.pause()
sys.exit(status)
"""


class Machine:
    """A PATH that has nothing but what scripts need and the programs that are installed on it."""

    def __init__(self, folder):
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        for name in PROGRAMS:
            self.install(name, shutil.which(name))
        self.environment = {"PATH": str(self.bin), "TMPDIR": str(self.temporary)}

    def install(self, name, path):
        (self.bin / name).symlink_to(path)

    def fake(self, answers, *programs):
        """Puts stand-ins on the PATH; answers are (status, output) by command."""
        (self.folder / "answers.json").write_text(json.dumps(answers))
        (self.folder / "fake").write_text(FAKE)
        (self.folder / "fake").chmod(0o755)
        for name in programs or {command.split()[0] for command in answers}:
            self.install(name, self.folder / "fake")
        self.environment["FAKE_ANSWERS"] = str(self.folder / "answers.json")
        self.environment["FAKE_CALLS"] = str(self.folder / "calls")

    def calls(self):
        path = self.folder / "calls"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def command(self, name, *arguments, shell="sh"):
        return [shutil.which(shell), WORKFLOWS / name, *arguments]

    def run(self, name, *arguments, environment=None, cwd="/", shell="sh"):
        command = self.command(name, *arguments, shell=shell)
        env = {**self.environment, **(environment or {})}
        return run(*command, check=False, env=env, cwd=cwd, timeout=60)

    def printed(self, script, environment, **kwargs):
        """The object of --dry-run."""
        done = self.run(script.name, "--dry-run", environment=environment, **kwargs)
        assert (done.returncode, done.stderr) == (0, "")
        return yaml.safe_load(done.stdout)

    def problems(self, script, environment, *arguments):
        """What a script that refuses its settings says, by variable."""
        done = self.run(script.name, *arguments, environment=environment)
        assert (done.returncode, done.stdout) == (2, "")
        head, *lines = done.stderr.splitlines()
        assert head.startswith(f"{script.name}: nothing is done")
        found = {}
        for line in lines:
            # What is wrong, what it is for, and an example.
            assert re.fullmatch(r"  [A-Z_]+( or [A-Z_]+)? .+: .+ \(example: .+\)", line), line
            name = line.split()[0]
            assert name not in found
            found[name] = line.strip()
        return found


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


# -------------------------------------------------------------------------------------- what is printed


@each_script
def test_each_variable_reaches_its_parameter(script, machine):
    environment = values_of(script)
    assert machine.printed(script, environment) == expected(script, environment)
    assert len({row.value for row in script.rows}) == len(script.rows)


@each_script
def test_what_is_not_set_has_its_default(script, machine):
    assert machine.printed(script, script.examples) == expected(script, script.examples)


@each_script
def test_a_variable_that_is_empty_counts_as_not_set(script, machine):
    empty = {v: "" for row in script.rows for v in row.variables.split()}
    environment = {**empty, **script.examples}
    assert machine.printed(script, environment) == expected(script, script.examples)
    assert machine.problems(script, empty).keys() == machine.problems(script, {}).keys()


@pytest.mark.parametrize(
    ("script", "variables", "values"),
    [
        (script, row.variables.split(), values)
        for script in SCRIPTS
        for row in script.rows
        if len(row.variables.split()) > 1
        for values in [
            {
                "kubernetes-api-url": ("http://one", "http://two"),
                "image-pull-policy": ("Always", "Never"),
                "arkouda-namespace": ("one", "two"),
            }[row.parameter]
        ]
    ],
    ids=str,
)
def test_of_alternative_variables_the_first_that_is_set_counts(script, variables, values, machine):
    others = {k: v for k, v in script.examples.items() if k not in variables}
    for environment in (
        dict(zip(variables, values)),
        {variables[0]: "", variables[1]: values[1]},
        {variables[1]: values[1]},
    ):
        environment = {**others, **environment}
        assert machine.printed(script, environment) == expected(script, environment)


def test_variables_of_the_issue_are_all_there():
    text = """KUBERNETES_URL KUBERNETES_API ARKOUDA_MEMORY ARKOUDA_CPU_CORES ARKOUDA_PROMETHEUS_MATCH_LABEL
    ARKOUDA_SSH_SECRET ARKOUDA_NAMESPACE ARKOUDA_METRICS_SERVICE_PORT ARKOUDA_VERSION
    ARKOUDA_INSTANCE_NAME ARKOUDA_SERVER_NAME ARKOUDA_LAUNCHER ARKOUDA_METRICS_POLLING_INTERVAL
    ARKOUDA_METRICS_SERVICE_HOST ARKOUDA_EXPORTER_APP_NAME ARKOUDA_EXPORTER_SERVICE_NAME
    ARKOUDA_SERVICEACCOUNT_NAME ARKOUDA_SERVICEACCOUNT_TOKEN_NAME ARKOUDA_USER ARKOUDA_UID
    ARKOUDA_GROUP ARKOUDA_GID ARKOUDA_NUMBER_OF_LOCALES ARKOUDA_TOTAL_NUMBER_OF_LOCALES
    ARKOUDA_IMAGE_POLICY ARKOUDA_IMAGE_PULL_POLICY CHPL_NUM_THREADS_PER_LOCALE CHPL_MEM_MAX"""
    known = {v for row in AOK for v in row.variables.split()}
    assert known - set(text.split()) == {
        "ARKOUDA_LOG_LEVEL",
        "ARKOUDA_COLLECT_METRICS",
        "ARKOUDA_EXPORTER_IMAGE",
    }
    assert set(text.split()) <= known


@each_script
def test_parameters_are_those_of_the_template_in_its_order(script):
    passed = [row.parameter for row in script.rows]
    known = declared(script.template)
    # This one alone has no variable.
    assert passed == [name for name in known if name != "mem-track"]


@each_script
def test_defaults_are_those_of_the_template(script, machine):
    done = machine.run(script.name, "--help")
    known = declared(script.template)
    for row in script.rows:
        default = known[row.parameter]
        if row.default is EXTRA:
            entry = done.stdout.split(f"\n  {row.variables}\n")[1].splitlines()[0]
            assert entry.endswith(f"(example: {default})")
        elif row.default is not REQUIRED and "arkouda-on-k8s" not in row.default:
            assert row.default == default, row.parameter
        else:
            assert default is None, row.parameter


def test_the_url_of_kubernetes_is_not_needed_to_delete(machine):
    [script] = [script for script in COMMANDS if script.template == DELETE]
    environment = {**script.examples, "KUBERNETES_URL": "no url"}
    assert machine.printed(script, environment) == expected(script, script.examples)


@each_script
def test_the_printed_object_is_the_file_with_namespace_and_arguments(script, machine):
    suffix = "workflow" if script.kind == "Workflow" else "cronworkflow"
    file = yaml.safe_load((WORKFLOWS / f"{script.template}-{suffix}.yaml").read_text())
    found = machine.printed(script, script.examples)
    del found["metadata"]["namespace"]
    spec = found["spec"]
    del spec.get("workflowSpec", spec)["arguments"]
    assert found == file


def test_what_a_site_adds_to_the_file_is_kept(machine, tmp_path):
    copy = tmp_path / "a copy"
    shutil.copytree(WORKFLOWS, copy)
    [script] = [script for script in CRONS if script.template == DEPLOY]
    path = copy / f"{DEPLOY}-cronworkflow.yaml"
    text = path.read_text().replace("- 0 7 * * *", "- 0 6 * * 1-5")
    path.write_text(f"{text.rstrip()}\n    priority: 3\n  suspend: true")
    done = run(
        *("sh", copy / script.name, "--dry-run"), env={**machine.environment, **script.examples}
    )
    spec = yaml.safe_load(done.stdout)["spec"]
    assert spec["schedules"] == ["0 6 * * 1-5"]
    assert spec["suspend"] is True
    wanted = expected(script, script.examples)["spec"]["workflowSpec"]
    assert spec["workflowSpec"] == {**wanted, "priority": 3}


@pytest.mark.parametrize("change", [("metadata:", "meta:"), ("workflowTemplateRef:", "ref:")])
def test_a_file_without_a_place_for_the_settings_is_refused(change, machine, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(WORKFLOWS, copy)
    script = COMMANDS[0]
    path = copy / f"{script.template}-workflow.yaml"
    path.write_text(path.read_text().replace(*change))
    machine.fake({}, "argo", "kubectl")
    environment = {**machine.environment, **script.examples}
    done = run("sh", copy / script.name, check=False, env=environment)
    assert done.returncode == 1
    assert f"{path} must have" in done.stderr
    assert machine.calls() == []


@each_script
def test_runs_from_any_folder(script, machine, tmp_path):
    wanted = expected(script, script.examples)
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    assert machine.printed(script, script.examples, cwd=elsewhere) == wanted
    done = run(
        *("sh", script.name, "--dry-run"),
        env={**machine.environment, **script.examples},
        cwd=WORKFLOWS,
    )
    assert yaml.safe_load(done.stdout) == wanted


@each_script
@pytest.mark.parametrize("shell", ["bash", "busybox"])
def test_other_shells_print_the_same(script, shell, machine):
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")
    command = [shell, *(["sh"] if shell == "busybox" else ["--posix"])]
    path = shutil.which(shell)
    done = run(
        *(path, *command[1:], WORKFLOWS / script.name, "--dry-run"),
        env={**machine.environment, **values_of(script)},
    )
    assert yaml.safe_load(done.stdout) == expected(script, values_of(script))


# ------------------------------------------------------------------------------------ what is refused


@each_script
def test_all_that_is_missing_is_said_at_once(script, machine):
    machine.fake({}, "argo", "kubectl")
    for arguments in [(), ("--dry-run",)]:
        found = machine.problems(script, {}, *arguments)
        required = [row for row in script.rows if row.default is REQUIRED]
        assert list(found) == [row.variables.split()[0] for row in required]
        for row in required:
            line = found[row.variables.split()[0]]
            assert line.startswith(f"{row.variables.replace(' ', ' or ')} is not set: ")
    assert machine.calls() == []


@each_script
def test_all_that_is_wrong_is_said_at_once_and_nothing_is_submitted(script, machine):
    machine.fake({}, "argo", "kubectl")
    wrong = {v: "not, this" for row in script.rows for v in row.variables.split()[-1:]}
    found = machine.problems(script, wrong)
    assert list(found) == list(wrong)
    for line in found.values():
        assert " must be " in line
    # One alone, too, and with others that are missing.
    name = "ARKOUDA_EXPORTER_APP_NAME" if script.rows[-1].parameter != AOK[1].parameter else ""
    name = name or "ARKOUDA_INSTANCE_NAME"
    assert list(machine.problems(script, {**script.examples, name: "UPPER"})) == [name]
    missing = {k: v for k, v in script.examples.items() if "NAMESPACE" not in k}
    [one, other] = machine.problems(script, {**missing, name: "UPPER"}).items()
    assert sorted(["is not set" in one[1], "is not set" in other[1]]) == [False, True]
    assert machine.calls() == []


HOSTILE = [
    'a"b',
    "a'b",
    "a\\b",
    "a: b",
    "a: 'b'",
    'a: "b" #',
    'a: "b\\"',
    "a: b: c",
    "a:b",
    "a\nb",
    "arkouda\n",
    "\narkouda",
    "1\n2",
    "https://example\n",
    "release: kube\nstack",
    "release: kube-stack\n",
    'x"\n        - name: arkouda-user\n          value: "root',
    "release: x\n  annotations: {a: b}",
    "a\rb",
    "a\tb",
    "a b",
    " a",
    "a ",
    " ",
    "-a",
    "--dry-run",
    "-n",
    "$(touch /tmp/arkouda-was-here)",
    "`touch /tmp/arkouda-was-here`",
    "${HOME}",
    "$HOME",
    "{{workflow.name}}",
    "{a: b}",
    "[a]",
    "&a",
    "*a",
    "*",
    "?",
    "!a",
    "|",
    "> a",
    "%a",
    "@a",
    "#a",
    "a #b",
    "a;b",
    "a|b",
    "a&b",
    "ä",
    "a\u2028b",
    "\x1b[31m",
    "\x7f",
    "../a",
    "true",
    "null",
    "~",
    "yes",
    "0123",
    "0x10",
    "1e3",
    "1_000",
    "-1",
    "+1",
    "1.5",
    "99999999999999999999999999999999",
    "release: true",
    "release: 1",
    "release: no",
    "release: ",
    "on: off",
    'release: ""',
    'release: "true"',
    "app.kubernetes.io/name: a",
    "a" * 48,
    "a" * 64,
    "a" * 254,
    "a" * 5000,
]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value)[:40])
@pytest.mark.parametrize("script", COMMANDS, ids=str)
def test_a_hostile_value_arrives_unchanged_or_is_refused(script, value, machine):
    """For all variables at once: those that refuse it are named, and in the others it arrives."""
    every = {row.variables.split()[0]: value for row in script.rows}
    accepted = set()
    done = machine.run(script.name, "--dry-run", environment=every)
    if done.returncode:
        accepted = every.keys() - machine.problems(script, every, "--dry-run").keys()
    else:
        accepted = every.keys()
    # As many locales as this are no good example for the total.
    accepted -= {"ARKOUDA_NUMBER_OF_LOCALES", "ARKOUDA_TOTAL_NUMBER_OF_LOCALES"}
    environment = {**script.examples, **{name: value for name in accepted}}
    assert machine.printed(script, environment) == expected(script, environment)
    if not re.fullmatch(r"[\w./:@+-]+|[a-z]+: \"?\w+\"?|https://\w+", value, re.ASCII):
        assert not accepted


# What the checks let through, and what they do not.
CHECKS = {
    "is_dns_label": (["a", "0", "a-b", "a" * 63], ["A", "a.b", "a_b", "-a", "a-", "a" * 64]),
    "is_service_name": (["a", "a-0", "a" * 63], ["0", "0a", "A", "a.b", "-a", "a-", "a" * 64]),
    "is_instance_name": (["a", "a-0", "a" * 47], ["0a", "a.b", "a-", "a" * 48]),
    "is_object_name": (
        ["a", "0", "a.b", "a-b.c", "a" * 253],
        ["A", "a..b", ".a", "a.", "a-.b", "a.-b", "-a", "a_b", "a/b", "a" * 254],
    ),
    "is_label_value": (
        ["a", "A", "0", "a_b", "a.b", "a-b", "a..b", "a" * 63],
        ["-a", "a-", "_a", "a_", ".a", "a.", "a/b", "a:b", "a" * 64],
    ),
    "is_match_label": (
        [
            "release: kube-stack",
            "a: b",
            'release: "true"',
            'release: "1"',
            "example.com/release: a",
            "1.5/a: b",
            "release: a.b",
            "release: nob",
            "app.kubernetes.io/version: a",
            f"{'k' * 63}: {'v' * 63}",
        ],
        [
            *("release", "release:", "release: ", "release:a", ": a", "release:  a", "release: a "),
            *("release: 1", "release: 0x1", "release: 1e3", "release: 2024-01-01", "release: -a"),
            *("release: true", "release: False", "release: NO", "release: y", "release: Null"),
            *("yes: a", "1: a", "/a: b", "a/: b", "A.b/c: d", "a/b/c: d", "release: a: b"),
            *("app.kubernetes.io/name: a", "app.kubernetes.io/instance: a", 'release: "'),
            *("app.kubernetes.io/component: a", "app.kubernetes.io/part-of: a", 'release: "a'),
            *("app.kubernetes.io/managed-by: a", 'release: ""', 'release: "a"b"', "release: 'a'"),
            *(f"{'k' * 64}: v", f"k: {'v' * 64}", '"release": a'),
        ],
    ),
    "is_count": (["1", "2147483647"], ["0", "01", "-1", "+1", "1.0", "a", "2147483648", "9" * 30]),
    "is_bytes": (["1", "9" * 18], ["0", "1Gi", "9" * 19]),
    "is_id": (["0", "1000", "4294967294"], ["00", "4294967295", "root", "-1"]),
    "is_port": (["1", "65535"], ["0", "65536", "http", "080"]),
    "is_seconds": (["1", "86400"], ["0", "86401", "15s", "1.5"]),
    "is_cpu": (
        ["1", "0.5", "2000m", "1.25"],
        ["0", "0m", "1.5m", "m", "2Gi", ".5", "1.", "1.2.3", ""],
    ),
    "is_memory": (
        ["1", "2048Mi", "1.5Gi", "1k", "1E", "1Ei", "1Ki", "1M"],
        [
            "0",
            "0Mi",
            "2048m",
            "2 Gi",
            "2GB",
            "2gi",
            "2Ki2",
            "Mi",
            "i",
            "1ki",
            "1K",
            "1e3",
            "9" * 19,
        ],
    ),
    "is_image_tag": (
        ["0.1.0", "v2024.06.21", "latest", "_a", "a-b", "A" * 128],
        [".a", "-a", "a:b", "a/b", "a@b", "A" * 129],
    ),
    "is_image": (
        ["a", "a/b", "a/b:1", "r:5000/a/b:1", "a@sha256:00", "R.example/a"],
        ["/a", "a/", "a:", "a//b", "a b", ":a", "@a", "-a", "a" * 256],
    ),
    "is_image_without_tag": (
        ["a", "a/b", "r:5000/a/b"],
        ["a/b:1", "a@sha256:00", "r:5000/a:1", "a/"],
    ),
    "is_host": (
        ["a", "A.b", "10.0.0.1", "::1", "fd00::1", "a-b.c", "::ffff:10.0.0.1"],
        ["a:1", "[::1]", "a..b", ".a", "a.", "-a", "a_b", "a/b", "tcp://a", "a" * 254, ":", "1:2"],
    ),
    "is_url": (
        [
            *("http://a", "https://a.b:6443", "https://10.0.0.1:6443/", "https://a/b-c/d.e"),
            *("https://[::1]", "https://[::1]:6443/a", "https://kubernetes.default.svc"),
        ],
        [
            *("", "a", "a.b:6443", "ftp://a", "https://", "https:///a", "https://a:", "https://:1"),
            *("https://a:0", "https://a:65536", "https://a:b", "https://a:1:2", "https://[::1"),
            *("https://::1", "https://[::1]:", "https://[a]", "https://[::1]a", "https://u@a"),
            *("https://a?b", "https://a#b", "https://a/b c", "https://a/'", "https://a/$(b)"),
            *("HTTPS://a", "https://[]", "https://[::1]]", "https://[[::1]]", "https://a_b"),
            *("https://[::1]:1:1", "https://[::1]:1]:1", "http://a]", "http://a]:1", "http://[a"),
        ],
    ),
    "is_posix_name": (
        ["ubuntu", "_a", "A", "a.b-c_d", "a" * 32],
        ["0a", "-a", ".a", "a$", "a" * 33],
    ),
    "is_log_level": (
        ["LogLevel.INFO", "LogLevel.CRITICAL"],
        ["INFO", "LogLevel.", "LogLevel.info"],
    ),
    "is_pull_policy": (["Always", "IfNotPresent", "Never"], ["always", "IfNot", "*"]),
    "is_boolean": (["true", "false"], ["True", "yes", "1", "*"]),
}


def verdicts(check, values, locales=""):
    """What a check of settings.sh says of values."""
    code = 'set -eu; . "$1"; arkouda_number_of_locales=$2; check=$3; shift 3\n'
    code += 'for value in "$@"; do if "$check" "$value"; then echo yes; else echo no; fi; done'
    done = run("sh", "-c", code, "sh", WORKFLOWS / "settings.sh", locales, check, *values)
    assert done.stderr == ""
    return [line == "yes" for line in done.stdout.splitlines()]


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_lets_through_what_is_right(check):
    right, wrong = CHECKS[check]
    wrong = [
        *wrong,
        "",
        " ",
        "a\nb",
        *(f"{value}\n" for value in right),
        *(f"\n{v}" for v in right),
    ]
    assert dict(zip(right, verdicts(check, right))) == {value: True for value in right}
    assert dict(zip(wrong, verdicts(check, wrong))) == {value: False for value in wrong}


def test_every_check_is_tested_and_says_what_it_wants():
    text = (WORKFLOWS / "settings.sh").read_text()
    defined = set(re.findall(r"^(is_\w+)\(\)", text, re.M))
    wanted = set(re.findall(r"^    (is_\w+)\) echo", text, re.M))
    used = set()
    for path in WORKFLOWS.glob("*.sh"):
        pattern = r"^ *(?:required|optional|extra) \S+ (?:'[^']*'|\S+) (is_\w+) "
        used |= set(re.findall(pattern, path.read_text(), re.M))
    assert used == wanted == CHECKS.keys() | {"is_one_more_than_locales"}
    assert wanted <= defined


@pytest.mark.parametrize(
    ("locales", "total", "wanted"),
    [("2", "3", None), ("2", "2", "3, which is"), ("2", "03", "3, which is"), ("9", "3", "10, ")]
    + [("", "1", "is not set"), ("x", "y", "ARKOUDA_NUMBER_OF_LOCALES and one"), ("x", "3", "")],
)
def test_the_total_is_the_locales_and_the_server(locales, total, wanted, machine):
    environment = {
        **AOK_EXAMPLES,
        "ARKOUDA_NUMBER_OF_LOCALES": locales,
        "ARKOUDA_TOTAL_NUMBER_OF_LOCALES": total,
    }
    script = SCRIPTS[0]
    if wanted is None:
        assert machine.printed(script, environment) == expected(script, environment)
        return
    found = machine.problems(script, environment)
    assert ("ARKOUDA_NUMBER_OF_LOCALES" in found) == (locales in ("", "x"))
    if locales == "2" or total == "y":
        assert wanted in found["ARKOUDA_TOTAL_NUMBER_OF_LOCALES"]


# ------------------------------------------------------------------------------------------ arguments


@each_script
@pytest.mark.parametrize("argument", ["--help", "-h"])
def test_help_names_every_variable(script, argument, machine):
    done = machine.run(script.name, argument)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: sh {script.name} [--dry-run] ")
    entries = re.findall(r"^  ([A-Z_]+(?:, also [A-Z_]+)?)$", done.stdout, re.M)
    assert entries == [row.variables.replace(" ", ", also ") for row in script.rows]
    for row in script.rows:
        entry = done.stdout.split(f"\n  {row.variables.replace(' ', ', also ')}\n")[1].split("\n")[
            0
        ]
        if row.default is REQUIRED:
            assert "(required; example: " in entry
        elif row.default is not EXTRA:
            default = row.default.replace("arkouda-on-k8s", "ARKOUDA_INSTANCE_NAME")
            assert entry.endswith(f"(default: {default})")


@each_script
@pytest.mark.parametrize(
    "arguments",
    [
        ["--wat"],
        ["x"],
        [""],
        ["--dry-run --wait"],
        ["--dry-run", "x"],
        ["--wait=1"],
        ["-p", "a=b"],
        ["*"],
    ]
    + [
        ["--wait", "--watch"],
        ["--dry-run", "--wait"],
        ["--dry-run", "--watch"],
        ["--dry-run", "-w"],
    ],
    ids=str,
)
def test_arguments_that_it_does_not_know_or_cannot_combine_are_refused(script, arguments, machine):
    machine.fake({}, "argo", "kubectl")
    done = machine.run(script.name, *arguments, environment=script.examples, cwd=WORKFLOWS)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{script.name}: ")
    assert machine.calls() == []


@pytest.mark.parametrize("script", CRONS, ids=str)
@pytest.mark.parametrize("argument", ["--wait", "-w", "--watch"])
def test_there_is_nothing_to_wait_for_after_a_cron_workflow(script, argument, machine):
    done = machine.run(script.name, argument, environment=script.examples)
    assert done.returncode == 2
    assert "a CronWorkflow is run later" in done.stderr


# ---------------------------------------------------------------------------- what argo and kubectl get


def check_calls(machine, script, *commands):
    """These commands were run, in this order, with the object that --dry-run prints in a file that
    only its owner could reach, and of which nothing is left."""
    calls = machine.calls()
    assert [call["command"] for call in calls] == list(commands)
    for call in calls:
        for file in call["files"]:
            printed = machine.run(script.name, "--dry-run", environment=script.examples).stdout
            assert file["text"] == printed
            assert file["path"].startswith(str(machine.temporary))
    assert list(machine.temporary.iterdir()) == []


@pytest.mark.parametrize("script", COMMANDS, ids=str)
@pytest.mark.parametrize("argument", [None, "--wait", "-w", "--watch"])
def test_argo_submits_where_there_is_argo(script, argument, machine):
    option = {None: "", "-w": "--wait "}.get(argument, f"{argument} ")
    command = f"argo submit -n arkouda {option}FILE"
    machine.fake({command: (0, "submitted\n")}, "argo", "kubectl")
    done = machine.run(script.name, *filter(None, [argument]), environment=script.examples)
    assert (done.returncode, done.stdout, done.stderr) == (0, "submitted\n", "")
    check_calls(machine, script, command)


@pytest.mark.parametrize("status", [1, 7])
def test_what_argo_ends_with_the_script_ends_with(status, machine):
    script = COMMANDS[0]
    command = "argo submit -n arkouda FILE"
    machine.fake({command: (status, "")}, "argo", "kubectl")
    assert machine.run(script.name, environment=script.examples).returncode == status
    check_calls(machine, script, command)


@pytest.mark.parametrize("script", CRONS, ids=str)
@pytest.mark.parametrize("there", [False, True])
def test_argo_makes_a_cron_workflow_or_changes_the_one_that_is_there(script, there, machine):
    get = f"argo cron get -n arkouda {script.template}"
    put = f"argo cron {'update' if there else 'create'} -n arkouda FILE"
    machine.fake({get: (0 if there else 1, "x\n"), put: (0, "put\n")}, "argo", "kubectl")
    done = machine.run(script.name, environment=script.examples)
    assert (done.returncode, done.stdout, done.stderr) == (0, "put\n", "")
    check_calls(machine, script, get, put)


CREATED = "workflow.argoproj.io/a-workflow"
CREATE = "kubectl create -n arkouda -f FILE -o name"
WAIT = f"kubectl wait -n arkouda {CREATED} --for=condition=Completed --timeout=-1s"
PHASE = f"kubectl get -n arkouda {CREATED} -o jsonpath={{.status.phase}}"
WATCH = f"kubectl get -n arkouda {CREATED} --watch"


@pytest.mark.parametrize("script", COMMANDS, ids=str)
def test_kubectl_creates_the_workflow_where_there_is_no_argo(script, machine):
    machine.fake({CREATE: (0, f"{CREATED}\n")})
    done = machine.run(script.name, environment=script.examples)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{CREATED} created\n", "")
    check_calls(machine, script, CREATE)


@pytest.mark.parametrize("script", CRONS, ids=str)
def test_kubectl_applies_the_cron_workflow_where_there_is_no_argo(script, machine):
    command = "kubectl apply -n arkouda -f FILE"
    machine.fake({command: (0, "applied\n")})
    done = machine.run(script.name, environment=script.examples)
    assert (done.returncode, done.stdout, done.stderr) == (0, "applied\n", "")
    check_calls(machine, script, command)


@pytest.mark.parametrize(("phase", "status"), [("Succeeded", 0), ("Failed", 1), ("Error", 1)])
def test_kubectl_waits_until_the_workflow_has_ended(phase, status, machine):
    script = COMMANDS[0]
    machine.fake({CREATE: (0, f"{CREATED}\n"), WAIT: (0, "met\n"), PHASE: (0, phase)})
    done = machine.run(script.name, "--wait", environment=script.examples)
    assert done.stdout == f"{CREATED} created\n{CREATED} {phase}\n"
    assert done.returncode == status
    check_calls(machine, script, CREATE, WAIT, PHASE)


@pytest.mark.parametrize(("phase", "status"), [("Succeeded", 0), ("Failed", 1)])
def test_kubectl_watches_until_the_workflow_has_ended(phase, status, machine):
    script = COMMANDS[0]
    answers = {CREATE: (0, f"{CREATED}\n"), WAIT: (0, ""), PHASE: (0, phase)}
    machine.fake({**answers, WATCH: ("blocks", "")})
    done = machine.run(script.name, "--watch", environment=script.examples)
    assert done.returncode == status
    assert done.stdout.endswith(f"{CREATED} {phase}\n")
    for call in machine.calls():
        if call["command"] == WATCH:
            await_that("the watch has ended", lambda: not is_alive(call["pid"]), 10)


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("failing", [CREATE, WAIT, PHASE])
def test_a_failure_of_kubectl_is_one_of_the_script(failing, machine):
    script = COMMANDS[0]
    answers = {CREATE: (0, f"{CREATED}\n"), WAIT: (0, ""), PHASE: (0, "Succeeded")}
    machine.fake({**answers, failing: (5, "")})
    assert machine.run(script.name, "--wait", environment=script.examples).returncode == 5
    assert list(machine.temporary.iterdir()) == []


@each_script
def test_without_argo_and_kubectl_it_says_so(script, machine):
    done = machine.run(script.name, environment=script.examples)
    assert (done.returncode, done.stdout) == (1, "")
    assert "neither argo nor kubectl is on the PATH" in done.stderr


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
def test_nothing_is_left_when_it_is_told_to_end(number, status, machine):
    script = COMMANDS[0]
    command = "argo submit -n arkouda --wait FILE"
    machine.fake({command: ("blocks", "")}, "argo")
    child = subprocess.Popen(
        machine.command(script.name, "--wait"),
        env={**machine.environment, **script.examples},
        start_new_session=True,
    )
    await_that("argo runs", machine.calls, 20)
    assert list(machine.temporary.iterdir()) != []
    time.sleep(0.2)  # until the stand-in waits for signals
    os.killpg(child.pid, number)
    assert child.wait(20) == status
    assert list(machine.temporary.iterdir()) == []


# --------------------------------------------------------------------------------- a real API server


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with control_plane(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(scope="module")
def argo(cluster, tmp_path_factory):
    with workflow_controller(cluster, tmp_path_factory.mktemp("argo")) as running:
        yield running


@pytest.fixture
def namespace(cluster, argo):
    with cluster.namespace("baseline") as name:
        yield name
        # Those of all namespaces are looked at.
        cluster.kubectl("delete", "prometheuses", "--all")


def real(machine, cluster, namespace, *programs):
    """Puts real programs on the machine's PATH, which find the cluster."""
    for name in programs:
        machine.install(name, tool(name))
    machine.environment["KUBECONFIG"] = str(cluster.kubeconfig)
    machine.environment["HOME"] = str(machine.folder)
    return {"ARKOUDA_NAMESPACE": namespace, "ARKOUDA_EXPORTER_NAMESPACE": namespace}


def only(cluster, kind):
    [found] = cluster.get(kind)
    return found


@pytest.mark.parametrize("program", ["argo", "kubectl"])
@pytest.mark.parametrize("script", COMMANDS, ids=str)
def test_what_is_submitted_is_what_is_printed(script, program, machine, cluster, argo, namespace):
    argo.install()
    environment = {**script.examples, **real(machine, cluster, namespace, program)}
    done = machine.run(script.name, environment=environment)
    assert done.returncode == 0, done.stderr
    found = only(cluster, "workflows.argoproj.io")
    printed = machine.printed(script, environment)
    assert found["spec"] == printed["spec"]
    assert printed["metadata"].items() <= found["metadata"].items()


@pytest.mark.parametrize(
    "programs", [["argo", "argo"], ["kubectl", "kubectl"], ["argo", "kubectl"]]
)
@pytest.mark.parametrize("script", CRONS, ids=str)
def test_a_cron_workflow_is_made_and_changed(script, programs, tmp_path, cluster, argo, namespace):
    argo.install()
    for number, program in enumerate(programs):
        folder = tmp_path / str(number)
        folder.mkdir()
        machine = Machine(folder)
        environment = {**script.examples, **real(machine, cluster, namespace, program)}
        environment["ARKOUDA_INSTANCE_NAME"] = f"instance-{number}"
        done = machine.run(script.name, environment=environment)
        assert done.returncode == 0, done.stderr
        found = only(cluster, "cronworkflows.argoproj.io")
        printed = machine.printed(script, environment)
        assert found["metadata"]["name"] == script.template
        assert found["spec"] == printed["spec"]


@pytest.mark.parametrize("program", ["argo", "kubectl"])
@pytest.mark.parametrize("option", ["--wait", "--watch"])
def test_it_waits_for_a_real_workflow(option, program, machine, cluster, argo, namespace, tmp_path):
    [script] = [script for script in COMMANDS if script.template == DEPLOY_EXPORTER]
    argo.install()
    environment = {**script.examples, **real(machine, cluster, namespace, program)}
    with open(tmp_path / "output", "wb") as output:
        child = subprocess.Popen(
            machine.command(script.name, option),
            env={**machine.environment, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        [found] = await_that("it is submitted", lambda: cluster.get("workflows.argoproj.io"), 30)
        assert child.poll() is None
        order, ended = argo.carry_out(found["metadata"]["name"])
        assert ended["status"]["phase"] == "Succeeded"
        assert child.wait(30) == 0
    finally:
        child.kill()
        child.wait()
    assert "Succeeded" in (tmp_path / "output").read_text()


@pytest.mark.parametrize("program", ["argo", "kubectl"])
def test_a_workflow_that_fails_is_a_failure_of_the_script(
    program, machine, cluster, argo, namespace
):
    argo.install()
    script = COMMANDS[0]
    patch = ["--type=merge", "-p", '{"spec": {"activeDeadlineSeconds": 1}}']
    cluster.kubectl("patch", "workflowtemplate", script.template, *patch)
    environment = {**script.examples, **real(machine, cluster, namespace, program)}
    done = machine.run(script.name, "--wait", environment=environment)
    assert done.returncode == 1, done.stdout + done.stderr


# --------------------------------------------------------------------- prerequisites, and the SSH Secret

PREREQUISITES = {"ARKOUDA_SSH_SECRET": "an-ssh-secret"}
OF_ARKOUDA = [
    "ServiceAccount arkouda",
    "Secret arkouda-token",
    "Secret an-ssh-secret",
    "kubernetes",
]


def report(machine, environment, *arguments):
    """The status of check-prerequisites.sh, and its lines as (state, what)."""
    done = machine.run("check-prerequisites.sh", *arguments, environment=environment)
    assert done.stderr == ""
    lines = [re.fullmatch(r"(ok|missing|unknown) +(.+)", line) for line in done.stdout.splitlines()]
    return done.returncode, [(line[1], line[2]) for line in lines]


def states(lines, state):
    return [what for found, what in lines if found == state]


def add_prometheus(cluster, name="k8s", monitors=None, namespaces=None):
    spec = {"serviceMonitorSelector": monitors, "serviceMonitorNamespaceSelector": namespaces}
    manifest = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "Prometheus",
        "metadata": {"name": name},
        "spec": {key: value for key, value in spec.items() if value is not None},
    }
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))


def test_each_command_of_the_report_mends_what_is_missing(machine, cluster, namespace):
    environment = {**PREREQUISITES, **real(machine, cluster, namespace, "kubectl")}
    add_prometheus(cluster, monitors={"matchLabels": {"release": "kube-stack"}}, namespaces={})
    status, lines = report(machine, environment)
    assert status == 1
    missing = states(lines, "missing")
    assert len(missing) == 3 + 4 + 3
    assert states(lines, "unknown") == []
    for line in missing:
        what, command = line.split(": ", 1)
        found = states(report(machine, environment)[1], "missing")
        if line in found:
            done = run("sh", "-c", command, env={**machine.environment, **environment})
            assert done.returncode == 0
        assert line not in states(report(machine, environment)[1], "missing")
    status, lines = report(machine, environment)
    assert (status, states(lines, "missing")) == (0, [])
    assert len(lines) == 18


def test_accounts_and_secrets_may_have_other_names(machine, cluster, namespace):
    environment = {**PREREQUISITES, **real(machine, cluster, namespace, "kubectl")}
    environment["ARKOUDA_SERVICEACCOUNT_NAME"] = "an-account"
    environment["ARKOUDA_SERVICEACCOUNT_TOKEN_NAME"] = "arkouda"
    [account, token] = [
        line
        for line in states(report(machine, environment)[1], "missing")
        if "an-account" in line.split(": ")[0]
    ]
    run("sh", "-c", account.split(": ", 1)[1], env={**machine.environment, **environment})
    names = [line.split(": ")[0] for line in states(report(machine, environment)[1], "ok")]
    assert "ServiceAccount an-account" in names
    assert "Secret arkouda with the token of an-account" in names


def test_what_is_there_but_not_as_it_must_be_is_missing(machine, cluster, namespace):
    environment = {**PREREQUISITES, **real(machine, cluster, namespace, "kubectl")}
    cluster.kubectl("create", "serviceaccount", "arkouda")
    for name in ("arkouda-token", "an-ssh-secret"):
        cluster.kubectl("create", "secret", "generic", name, "--from-literal=id_rsa=x")
    _, lines = report(machine, environment)
    wrong = [line for line in states(lines, "missing") if re.match("Secret|ServiceAccount a", line)]
    [account, token, ssh] = [line for line in wrong if "arkouda-workflows" not in line]
    assert "automountServiceAccountToken: false: kubectl patch" in account
    assert token.split(": ", 1)[1].startswith("kubectl delete secret arkouda-token")
    assert ssh.split(": ", 1)[1].startswith("kubectl delete secret an-ssh-secret")
    for line in (account, token, ssh):
        command = re.split(": (?=kubectl)", line)[1]
        run("sh", "-c", command, env={**machine.environment, **environment})
    names = states(report(machine, environment)[1], "ok")
    for name in OF_ARKOUDA[:3]:
        assert [line for line in names if line.startswith(name)], name


def test_the_exporter_alone_needs_less(machine, cluster, namespace):
    environment = real(machine, cluster, namespace, "kubectl")
    _, lines = report(machine, environment, "--exporter-only")
    text = str(lines)
    assert "workflow-template" in text and "ssh" not in text and "on-kubernetes" not in text
    assert "'ServiceAccount arkouda" not in text


@pytest.mark.parametrize(
    ("monitors", "namespaces", "takes"),
    [
        ({}, {}, True),
        (None, {}, "edit"),
        ({}, None, True),
        ({"matchLabels": {"release": "kube-stack"}}, {}, True),
        ({"matchLabels": {"release": "other"}}, {}, "export"),
        ({"matchLabels": {"release": "true"}}, {}, "export"),
        ({"matchLabels": {"release": "kube-stack", "team": "a"}}, {}, "export"),
        ({"matchLabels": {"app.kubernetes.io/part-of": "arkouda"}}, {}, True),
        ({"matchLabels": {"app.kubernetes.io/part-of": "other"}}, {}, "edit"),
        ({"matchExpressions": [{"key": "release", "operator": "Exists"}]}, {}, True),
        ({"matchExpressions": [{"key": "release", "operator": "DoesNotExist"}]}, {}, "edit"),
        (
            {
                "matchExpressions": [
                    {"key": "release", "operator": "In", "values": ["a", "kube-stack"]}
                ]
            },
            {},
            True,
        ),
        (
            {
                "matchExpressions": [
                    {"key": "release", "operator": "NotIn", "values": ["kube-stack"]}
                ]
            },
            {},
            "edit",
        ),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]}, {}, True),
        ({}, {"matchLabels": {"watched": "yes"}}, "kubectl label"),
        ({}, {"matchLabels": {"kubernetes.io/metadata.name": "other"}}, "edit"),
        (
            {},
            {
                "matchExpressions": [
                    {
                        "key": "kubernetes.io/metadata.name",
                        "operator": "In",
                        "values": ["THIS", "b"],
                    }
                ]
            },
            True,
        ),
    ],
)
def test_whether_a_prometheus_takes_the_service_monitor(
    monitors, namespaces, takes, machine, cluster, namespace
):
    environment = {**PREREQUISITES, **real(machine, cluster, namespace, "kubectl")}
    namespaces = json.loads(json.dumps(namespaces).replace("THIS", namespace))
    add_prometheus(cluster, monitors=monitors, namespaces=namespaces)

    def line():
        lines = report(machine, environment)[1]
        return [found for found in lines if found[1].startswith("Prometheus that takes")][0]

    state, text = line()
    if takes is True:
        assert state == "ok" and text.endswith(f": k8s in {namespace}")
        return
    assert state == "missing"
    command = text.split(f"in namespace {namespace}: ")[1]
    assert takes in command
    if takes == "export":
        value = re.fullmatch("export ARKOUDA_PROMETHEUS_MATCH_LABEL='(.*)'", command)[1]
        environment["ARKOUDA_PROMETHEUS_MATCH_LABEL"] = value
        assert line()[0] == ("missing" if len(monitors["matchLabels"]) > 1 else "ok")
    if takes == "kubectl label":
        run("sh", "-c", command, env={**machine.environment, **environment})
        assert line()[0] == "ok"


def test_one_prometheus_of_several_is_enough(machine, cluster, namespace):
    environment = {**PREREQUISITES, **real(machine, cluster, namespace, "kubectl")}
    for name, release in (("a", "x"), ("b", "kube-stack"), ("c", "y")):
        add_prometheus(cluster, name, {"matchLabels": {"release": release}}, {})
    [line] = [line for line in report(machine, environment)[1] if "Prometheus that" in line[1]]
    assert line[0] == "ok" and line[1].endswith(f": b in {namespace}")


def test_a_cluster_that_is_bare_is_reported_line_by_line(machine):
    """By a stand-in: this one says that it has nothing."""
    get, namespace = "kubectl get", "-n arkouda --ignore-not-found"
    answers = {
        "kubectl get --raw /version": (0, ""),
        f"{get} namespace arkouda {namespace} -o name": (0, ""),
    }
    machine.fake(answers, "kubectl")
    done = machine.run(
        "check-prerequisites.sh", environment={**PREREQUISITES, "ARKOUDA_NAMESPACE": "arkouda"}
    )
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "missing  namespace arkouda: kubectl create namespace arkouda"
    assert len(lines) == 18
    # It knows no other command, so that kubectl fails.
    unknown = [line for line in lines if line.startswith("unknown ")]
    assert len(unknown) == 18 - 1 - 6 and all("the stand-in knows no" in line for line in unknown)
    assert sum("releases/latest/download/install.yaml" in line for line in lines) == 4
    assert sum("kube-prometheus-stack" in line for line in lines) == 2


def test_a_cluster_out_of_reach_is_said_once(machine):
    machine.fake({"kubectl get --raw /version": (1, "")}, "kubectl")
    environment = {**PREREQUISITES, "ARKOUDA_NAMESPACE": "arkouda"}
    done = machine.run("check-prerequisites.sh", environment=environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert "kubectl does not reach the cluster" in done.stderr


@pytest.mark.parametrize("name", ["check-prerequisites.sh", "make-ssh-secret.sh"])
def test_the_other_scripts_refuse_what_is_missing_too(name, machine):
    done = machine.run(name)
    assert (done.returncode, done.stdout) == (2, "")
    assert "  ARKOUDA_NAMESPACE is not set: " in done.stderr
    assert "  ARKOUDA_SSH_SECRET is not set: " in done.stderr
    assert machine.run(name, "--dry-run").returncode == 2
    done = machine.run(name, "--help")
    assert done.returncode == 0 and "  ARKOUDA_SSH_SECRET\n" in done.stdout
    environment = {**PREREQUISITES, "ARKOUDA_NAMESPACE": "arkouda"}
    done = machine.run(name, environment=environment)
    assert done.returncode == 1 and "kubectl is not on the PATH" in done.stderr


def test_the_ssh_secret_has_a_pair_of_keys_and_is_not_made_twice(machine, cluster, namespace):
    environment = {**PREREQUISITES, **real(machine, cluster, namespace, "kubectl")}
    done = machine.run("make-ssh-secret.sh", environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(machine.temporary.iterdir()) == []
    get = ("get", "secret", "an-ssh-secret", "-o")
    data = json.loads(cluster.kubectl(*get, "jsonpath={.data}").stdout)
    assert data.keys() == {"id_rsa", "id_rsa.pub"}
    key = machine.folder / "key"
    key.write_text(run("base64", "-d", stdin=data["id_rsa"]).stdout)
    key.chmod(0o600)
    public = run("base64", "-d", stdin=data["id_rsa.pub"]).stdout
    assert run("ssh-keygen", "-y", "-P", "", "-f", key).stdout.split()[:2] == public.split()[:2]

    done = machine.run("make-ssh-secret.sh", environment=environment)
    assert done.returncode == 1
    assert f"kubectl delete secret an-ssh-secret -n {namespace}" in done.stderr
    assert json.loads(cluster.kubectl(*get, "jsonpath={.data}").stdout) == data


def test_the_keys_are_gone_when_kubectl_fails(machine):
    create = "kubectl create secret generic an-ssh-secret -n arkouda --from-file=id_rsa=FILE "
    create += "--from-file=id_rsa.pub=FILE"
    get = "kubectl get secret an-ssh-secret -n arkouda --ignore-not-found -o name"
    machine.fake({get: (0, ""), create: (3, "")})
    environment = {**PREREQUISITES, "ARKOUDA_NAMESPACE": "arkouda"}
    assert machine.run("make-ssh-secret.sh", environment=environment).returncode == 3
    assert [call["command"] for call in machine.calls()] == [get, create]
    assert machine.calls()[1]["files"][0]["mode"] == 0o600
    assert list(machine.temporary.iterdir()) == []


# --------------------------------------------------------------------------------------------- style


def test_shellcheck_has_nothing_to_say():
    if not shutil.which("shellcheck"):
        pytest.skip("NOT CHECKED: shellcheck is not here")
    scripts = sorted(WORKFLOWS.glob("*.sh"))
    done = run("shellcheck", *scripts, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout
    assert {script.name for script in SCRIPTS} < {path.name for path in scripts}


def test_the_submitting_scripts_share_what_is_the_same():
    """They are nothing but their tables: no command of its own is in one."""
    for path in [WORKFLOWS / script.name for script in SCRIPTS]:
        assert len(path.read_text().splitlines()) <= 40
        assert not re.search(r"\b(argo|kubectl) (submit|create|apply|cron)", path.read_text())
