"""The Python module beside the scripts: the same objects and the same refusals as theirs, and a real Argo
server that takes them."""

import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import subprocess

import pytest
import yaml

from scripts import (
    COMMANDS,
    CRONS,
    ELSEWHERE,
    HOSTILE,
    ON_THIS_MACHINE,
    RULES,
    SCRIPTS,
    SLIPS,
    TOGETHER,
    each_rule,
    each_script,
    only,
    values_of,
    verdicts,
)
from support import ROOT, free_port, not_tested, process, run, tool
from templates import DEPLOY_EXPORTER, WORKFLOWS

HERA = WORKFLOWS / "hera"
VENV = ROOT / "build" / "hera-venv"
PYTHON = VENV / "bin" / "python"

# Answers questions in one process, because importing Hera takes a while: a line of JSON each.
DRIVER = """
import json, sys
import arkouda_workflows
from arkouda_workflows.checks import check, slip_in

for line in sys.stdin:
    question = json.loads(line)
    if "check" in question:
        rule = check(question["check"], question["taken"])
        answer = [rule.accepts(value) or slip_in(question["check"], value) for value in question["values"]]
    else:
        try:
            kind = arkouda_workflows.WORKFLOWS[question["template"]]
            if "fields" in question:
                made = kind(**question["fields"])
            else:
                made = kind.from_environment(question["environment"])
            found = made.workflow() if question["kind"] == "Workflow" else made.cron_workflow()
            answer = {"fields": vars(made), "object": found.to_dict(), "yaml": found.to_yaml()}
        except arkouda_workflows.SettingsError as error:
            answer = {"problems": error.problems}
    print(json.dumps(answer), flush=True)
"""


@pytest.fixture(scope="session")
def python(tmp_path_factory):
    """A Python that has the module and what it needs; made once, and again when its pyproject changes.
    The module is taken from its sources all the same: see run_python()."""
    pyproject = (HERA / "pyproject.toml").read_text()
    stamp = VENV / "made-of"
    if not stamp.exists() or stamp.read_text() != pyproject:
        run("/usr/bin/python3", "-m", "venv", "--clear", VENV)
        # Building leaves files behind.
        copy = tmp_path_factory.mktemp("hera") / "copy"
        shutil.copytree(HERA, copy)
        pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        done = run(*pip, copy, check=False)
        if done.returncode:
            not_tested(f"NOT TESTED: Hera could not be installed: {done.stderr[-500:]}")
        stamp.write_text(pyproject)
    return PYTHON


SOURCES = {"PYTHONPATH": str(HERA), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"}


def run_python(python, *arguments, environment=None, check=True):
    """Runs Python with the module's sources and no other variables."""
    env = {**SOURCES, **(environment or {})}
    return run(python, *arguments, check=check, env=env, timeout=60, cwd="/")


class Module:
    """A Python process that answers questions about the module."""

    def __init__(self, python):
        self.child = subprocess.Popen(
            [python, "-c", DRIVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=SOURCES,
        )

    def ask(self, **question):
        self.child.stdin.write(json.dumps(question) + "\n")
        self.child.stdin.flush()
        answer = self.child.stdout.readline()
        assert answer, "the module's process has ended: see above"
        return json.loads(answer)

    def of(self, script, environment):
        kind = {"template": script.template, "kind": script.kind}
        # As os.environ has them.
        environment = {name: os.fsdecode(value) for name, value in environment.items()}
        return self.ask(**kind, environment=environment)


@pytest.fixture(scope="session")
def module(python):
    module = Module(python)
    yield module
    module.child.stdin.close()
    assert module.child.wait(20) == 0


def check_same(module, machine, script, environment):
    """The object or the refusal is that of the script, field by field and word by word. Returns whether
    it is an object."""
    answer = module.of(script, environment)
    done = machine.run(script.name, "--dry-run", environment=environment)
    if "problems" in answer:
        assert done.returncode == 2
        assert done.stderr.splitlines()[1:] == [f"  {line}" for line in answer["problems"]]
        return False
    assert done.returncode == 0, done.stderr
    printed = yaml.safe_load(done.stdout)
    assert answer["object"] == printed
    assert yaml.safe_load(answer["yaml"]) == printed
    return True


@each_script
def test_the_object_is_that_of_the_script(script, module, machine):
    assert check_same(module, machine, script, values_of(script))
    assert check_same(module, machine, script, script.examples)
    another = {**script.examples, "ARKOUDA_INSTANCE_NAME": "another"}
    assert check_same(module, machine, script, another)
    empty = {v: "" for row in script.rows for v in row.variables.split()}
    assert check_same(module, machine, script, {**empty, **script.examples})


@each_script
def test_each_setting_alone_gives_the_same(script, module, machine):
    for row in script.rows:
        environment = {**script.examples, row.variables.split()[-1]: row.value}
        # And what must go with it.
        if row.parameter == "arkouda-number-of-locales":
            environment["ARKOUDA_TOTAL_NUMBER_OF_LOCALES"] = "42"
        if row.parameter == "arkouda-total-number-of-locales":
            environment["ARKOUDA_NUMBER_OF_LOCALES"] = "41"
        if row.parameter in ("arkouda-user", "arkouda-uid"):
            environment |= {"ARKOUDA_USER": "a", "ARKOUDA_UID": "1009"}
        if row.parameter == "arkouda-gid":
            environment["ARKOUDA_GROUP"] = "a"
        assert check_same(module, machine, script, environment), row.parameter


@pytest.mark.parametrize(("changes", "refused", "words"), TOGETHER, ids=str)
def test_what_has_to_go_together_is_the_same(changes, refused, words, module, machine):
    script = SCRIPTS[0]
    environment = {**script.examples, **changes}
    assert check_same(module, machine, script, environment) == (refused is None)


@pytest.mark.parametrize("url", ON_THIS_MACHINE + ELSEWHERE)
def test_a_cluster_on_this_machine_has_the_same_address(url, module, machine):
    environment = {**SCRIPTS[0].examples, "KUBERNETES_URL": url}
    assert check_same(module, machine, SCRIPTS[0], environment)


def test_a_note_says_that_an_address_is_replaced(python):
    script = SCRIPTS[0]
    environment = {**script.examples, "KUBERNETES_URL": "https://localhost:6443"}
    done = example(python, script.template, "--dry-run", environment=environment)
    assert done.returncode == 0
    note = "kubernetes_api_url is https://localhost:6443, where a pod finds only itself: https://"
    assert done.stderr.count(note) == 1


def test_slips_are_said_in_the_same_words(module, machine):
    """As many at once as there are variables."""
    script = SCRIPTS[0]
    slips = {}
    for variable, value, _ in SLIPS:
        slips.setdefault(variable, []).append(value)
    for number in range(max(map(len, slips.values()))):
        environment = {name: values[number % len(values)] for name, values in slips.items()}
        assert not check_same(module, machine, script, {**script.examples, **environment})
    fields = {**FIELDS, "namespace": "\ud800"}
    question = {"template": script.template, "kind": "Workflow"}
    [problem] = module.ask(**question, fields=fields)["problems"]
    assert problem.isascii() and r'got "\xed\xa0\x80"' in problem


@each_script
def test_what_is_missing_is_said_in_the_same_words(script, module, machine):
    assert not check_same(module, machine, script, {})
    for name in script.examples:
        others = {key: value for key, value in script.examples.items() if key != name}
        assert not check_same(module, machine, script, others), name


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value)[:40])
@pytest.mark.parametrize("script", COMMANDS, ids=str)
def test_what_is_hostile_is_refused_in_the_same_words(script, value, module, machine):
    every = {row.variables.split()[0]: value for row in script.rows}
    check_same(module, machine, script, every)
    last = {row.variables.split()[-1]: value for row in script.rows}
    check_same(module, machine, script, last)


def random_values(seed, known, number):
    """Values that are nearly right: right ones, and wrong ones, with a piece put in, left out or
    doubled."""
    chooser = random.Random(seed)
    pieces = [*"aZ09 -_./:@[]\"'\n\\mKMGi#{}", "::", ": ", "true", "no", "//", "ä", "-1", "http://"]
    for _ in range(number):
        value = chooser.choice(known)
        for _ in range(chooser.randint(1, 3)):
            where = chooser.randint(0, len(value))
            rest = value[where + chooser.randint(0, 2) :]
            value = value[:where] + chooser.choice([*pieces, "", "", value[:3]]) + rest
        yield value


@each_rule
def test_a_check_says_the_same_as_that_of_the_scripts(check, taken, right, wrong, module):
    values = right + wrong + HOSTILE
    values += random_values(f"{check} {taken}", right + wrong, 1000)
    values = [value for value in values if value]  # an empty one counts as not set
    found = module.ask(check=check, taken=taken, values=values)
    theirs = verdicts(check, values, taken)
    assert [value for value, ours, its in zip(values, found, theirs) if ours != its] == []
    assert 0 < found.count(True) < len(values)


def test_it_has_the_checks_of_the_scripts_and_no_others(python):
    code = "from arkouda_workflows.checks import CHECKS; print(*CHECKS)"
    names = run_python(python, "-c", code).stdout.split()
    assert set(names) == {check for check, *_ in RULES}


# --------------------------------------------------------------------------------------- typed fields

FIELDS = {
    "namespace": "arkouda",
    "instance_name": "arkouda-on-k8s",
    "version": "v2024.06.21",
    "ssh_secret": "arkouda-ssh",
    "number_of_locales": 2,
    "total_number_of_locales": 3,
    "kubernetes_api_url": "https://kubernetes.default.svc",
    "cpu_cores": "2000m",
    "memory": "2048Mi",
    "chpl_mem_max": 1000000000,
}


def test_fields_give_what_variables_give(module, machine):
    [script, *_] = SCRIPTS
    question = {"template": script.template, "kind": script.kind}
    answer = module.ask(**question, fields=FIELDS)
    assert answer["object"] == machine.printed(script, script.examples)
    changes = {"collect_metrics": False, "user": "a", "uid": 7}
    answer = module.ask(**question, fields={**FIELDS, **changes})
    environment = {"ARKOUDA_COLLECT_METRICS": "false", "ARKOUDA_USER": "a", "ARKOUDA_UID": "7"}
    assert answer["object"] == machine.printed(script, {**script.examples, **environment})


def test_a_field_has_its_type_however_it_is_given(module):
    """Of what is given as another, and of defaults: those that the instance's name begins, too."""
    text = {name: str(value) for name, value in FIELDS.items()}
    given = {**text, "cpu_cores": 2, "memory": 2**31, "collect_metrics": "false", "log_level": ""}
    given |= {"user": "a", "uid": "7", "launcher": None, "exporter_image": None}
    fields = module.ask(template=SCRIPTS[0].template, kind="Workflow", fields=given)["fields"]
    wanted = {
        **FIELDS,
        "cpu_cores": "2",
        "memory": "2147483648",
        "collect_metrics": False,
        "log_level": None,
    }
    wanted |= {"user": "a", "uid": 7, "launcher": "kubernetes", "exporter_image": None}
    wanted |= {"gid": 1000, "metrics_service_port": 5556, "server_name": "arkouda-on-k8s"}
    found = {name: fields[name] for name in wanted}
    assert json.dumps(found) == json.dumps(wanted)


def test_wrong_fields_are_named_by_their_own_names(module):
    wrong = {"namespace": "A", "version": "", "number_of_locales": 0, "uid": -1, "user": True}
    wrong |= {"gid": 7}
    question = {"template": SCRIPTS[0].template, "kind": "Workflow"}
    problems = module.ask(**question, fields={**FIELDS, **wrong, "cpu_cores": 'a"b'})["problems"]
    assert [problem.split()[0] for problem in problems] == [
        "namespace",
        "version",
        "number_of_locales",
        "cpu_cores",
        "uid",
        "gid",
    ]
    assert "version is not set: " in problems[1]


def test_fields_have_types_and_defaults_that_are_known(python):
    code = """
import dataclasses, typing, arkouda_workflows as module
for kind in module.WORKFLOWS.values():
    assert set(typing.get_type_hints(kind).values()) - {str, int} == {
        hint for hint in typing.get_type_hints(kind).values() if hint not in (str, int)}
    for field in dataclasses.fields(kind):
        hint = typing.get_type_hints(kind)[field.name]
        known = typing.get_args(hint) or (hint,)
        if field.default is not dataclasses.MISSING:
            assert isinstance(field.default, known), field
made = module.DeployArkouda.from_environment(%r)
print(made.exporter_app_name, made.server_name, made.uid + 1, made.number_of_locales + 1)
try:
    made.uid = 3
except dataclasses.FrozenInstanceError:
    print("frozen")
"""
    done = run_python(python, "-c", code % SCRIPTS[0].examples)
    assert done.stdout.split("\n")[:2] == [
        "arkouda-on-k8s-exporter arkouda-on-k8s 1001 3",
        "frozen",
    ]


def test_it_has_the_version_of_the_project():
    version = re.search(r"project\(.*?VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(), re.S)
    assert f'version = "{version[1]}"\n' in (HERA / "pyproject.toml").read_text()


def test_what_is_installed_is_all_of_it(python):
    code = "import arkouda_workflows; print(arkouda_workflows.__path__[0])"
    done = run(python, "-c", code, env={"PATH": "/usr/bin:/bin"}, cwd="/")
    installed = pathlib.Path(done.stdout.strip())
    assert VENV in installed.parents
    sources = HERA / "arkouda_workflows"
    assert {p.name for p in installed.glob("*.py")} == {p.name for p in sources.glob("*.py")}


def test_the_readme_shows_code_that_works(python):
    [code] = re.findall("```python\n(.*?)```", (HERA / "README.md").read_text(), re.S)
    code = code.replace("workflow.create()", "print(workflow.to_yaml())")
    printed = yaml.safe_load(run_python(python, "-c", code).stdout)
    assert printed["metadata"]["generateName"] == "deploy-arkouda-on-kubernetes-"


# ------------------------------------------------------------------------------------------ the example


def example(python, *arguments, environment=None):
    return run_python(python, HERA / "example.py", *arguments, environment=environment, check=False)


@each_script
def test_the_example_prints_what_the_script_prints(script, python, machine):
    cron = ["--cron"] if script in CRONS else []
    environment = values_of(script)
    done = example(python, script.template, *cron, "--dry-run", environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert yaml.safe_load(done.stdout) == machine.printed(script, environment)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["other"],
        [DEPLOY_EXPORTER, "--cron"],
        [SCRIPTS[0].template, "--dry-run", "--wait"],
        [SCRIPTS[0].template, "--cron", "--wait"],
    ],
    ids=str,
)
def test_the_example_refuses_other_arguments(arguments, python):
    done = example(python, *arguments, environment=SCRIPTS[0].examples)
    assert (done.returncode, done.stdout) == (2, "")


def test_the_example_refuses_wrong_settings_before_it_asks_for_a_server(python):
    done = example(python, SCRIPTS[0].template)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 + 10
    done = example(python, SCRIPTS[0].template, environment=SCRIPTS[0].examples)
    assert done.returncode == 1
    assert "ARGO_SERVER is not set" in done.stderr
    environment = {**SCRIPTS[0].examples, "ARGO_SERVER": f"127.0.0.1:{free_port()}"}
    done = example(python, SCRIPTS[0].template, environment=environment)
    assert done.returncode == 1
    assert "is not submitted" in done.stderr and "Traceback" not in done.stderr


# ----------------------------------------------------------------------------------- a real Argo server


@contextlib.contextmanager
def argo_server(cluster, folder):
    """A real Argo server; yields the variables that lead to it."""
    port = free_port()
    command = [
        tool("argo"),
        "server",
        f"--kubeconfig={cluster.kubeconfig}",
        "--namespace=argo",
        "--auth-mode=server",
        "--secure=false",
        f"--port={port}",
    ]
    with process(command, folder / "argo-server.log", seconds_to_end=1) as running:
        running.await_line("Argo Server started successfully")
        yield {"ARGO_SERVER": f"127.0.0.1:{port}", "ARGO_SECURE": "false"}


@pytest.fixture(scope="module")
def server(cluster, argo, tmp_path_factory):
    with argo_server(cluster, tmp_path_factory.mktemp("server")) as variables:
        yield variables


@pytest.fixture
def namespace(argo, namespace):
    argo.install()
    return namespace


def settings(script, namespace, server, **changes):
    names = {"ARKOUDA_NAMESPACE": namespace, "ARKOUDA_EXPORTER_NAMESPACE": namespace}
    return {**script.examples, **names, **server, **changes}


@pytest.mark.parametrize("script", COMMANDS, ids=str)
def test_argo_takes_the_workflow(script, python, machine, cluster, server, namespace):
    environment = settings(script, namespace, server)
    done = example(python, script.template, environment=environment)
    assert done.returncode == 0, done.stderr
    [found] = cluster.get("workflows.argoproj.io")
    assert found["spec"] == machine.printed(script, environment)["spec"]
    assert done.stdout == f"{found['metadata']['name']} is submitted\n"


@pytest.mark.parametrize("script", CRONS, ids=str)
def test_argo_takes_the_cron_workflow_and_its_change(
    script, python, machine, cluster, server, namespace
):
    for instance in ("one", "two"):
        environment = settings(script, namespace, server, ARKOUDA_INSTANCE_NAME=instance)
        done = example(python, script.template, "--cron", environment=environment)
        assert done.returncode == 0, done.stderr
        [found] = cluster.get("cronworkflows.argoproj.io")
        assert found["spec"] == machine.printed(script, environment)["spec"]


def test_a_suspended_cron_workflow_stays_so(python, machine, cluster, server, namespace):
    script = CRONS[0]

    def suspended(instance):
        environment = settings(script, namespace, server, ARKOUDA_INSTANCE_NAME=instance)
        done = example(python, script.template, "--cron", environment=environment)
        assert done.returncode == 0, done.stderr
        spec = only(cluster, "cronworkflows.argoproj.io")["spec"]
        suspend = spec.pop("suspend", False)
        assert spec == machine.printed(script, environment)["spec"]
        return suspend

    def suspend(value):
        patch = ["--type=merge", "-p", json.dumps({"spec": {"suspend": value}})]
        cluster.kubectl("patch", "cronworkflow", script.template, *patch)

    assert not suspended("one")
    suspend(True)
    assert suspended("two")
    suspend(False)
    assert not suspended("three")


def test_the_example_waits_and_fails_with_the_workflow(python, cluster, server, namespace):
    script = COMMANDS[0]
    patch = ["--type=merge", "-p", '{"spec": {"activeDeadlineSeconds": 1}}']
    cluster.kubectl("patch", "workflowtemplate", script.template, *patch)
    environment = settings(script, namespace, server)
    done = example(python, script.template, "--wait", environment=environment)
    assert done.returncode == 1, done.stderr
    assert done.stdout.endswith(" Failed\n")


def test_what_argo_refuses_is_said(python, cluster, server, namespace):
    script = COMMANDS[0]
    cluster.kubectl("delete", "workflowtemplate", script.template)
    done = example(python, script.template, environment=settings(script, namespace, server))
    assert done.returncode == 1
    assert "not found" in done.stderr and "Traceback" not in done.stderr
