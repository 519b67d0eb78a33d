"""The scripts that submit the workflows: what they read, refuse, print and hand to argo or kubectl."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess

import pytest
import yaml

from scripts import (
    AOK,
    AOK_EXAMPLES,
    COMMANDS,
    CRONS,
    ELSEWHERE,
    EXTRA,
    HOSTILE,
    HOSTS,
    ITSELF,
    ON_THIS_MACHINE,
    PODS,
    REQUIRED,
    RULES,
    SCRIPTS,
    SLIPS,
    TOGETHER,
    Machine,
    each_rule,
    each_script,
    expected,
    only,
    real,
    values_of,
    verdicts,
)
from support import ROOT, await_that, not_tested, run
from templates import DELETE, DEPLOY, DEPLOY_EXPORTER, WORKFLOWS, declared, made, one


# -------------------------------------------------------------------------------------- what is printed


@each_script
def test_each_variable_reaches_its_parameter(script, machine):
    environment = values_of(script)
    assert machine.printed(script, environment) == expected(script, environment)
    assert len({row.value for row in script.rows}) == len(script.rows)


@each_script
def test_what_is_not_set_has_its_default(script, machine):
    assert machine.printed(script, script.examples) == expected(script, script.examples)


def test_names_that_are_not_set_follow_the_instance(machine):
    environment = {**AOK_EXAMPLES, "ARKOUDA_INSTANCE_NAME": "another"}
    printed = machine.printed(SCRIPTS[0], environment)
    values = {p["name"]: p["value"] for p in printed["spec"]["arguments"]["parameters"]}
    assert values["arkouda-server-name"] == "another"
    assert values["exporter-app-name"] == "another-exporter"
    assert values["exporter-service-name"] == "another-metrics-exporter"
    assert printed == expected(SCRIPTS[0], environment)


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


def test_variables_that_sites_set_are_all_read():
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
        "ARKOUDA_EXPORTER_VERSION",
        "ARKOUDA_SERVICE_MONITOR",
        "ARKOUDA_IMAGE",
        "ARKOUDA_IMAGE_PULL_SECRET",
        "ARKOUDA_NODE_SELECTOR",
        "ARKOUDA_TOLERATIONS",
        "ARKOUDA_PRIORITY_CLASS",
        "ARKOUDA_ANNOTATIONS",
        "ARKOUDA_VOLUME",
        "ARKOUDA_VOLUME_MOUNT_PATH",
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
        if row.default is EXTRA and (row in PODS or row.parameter == "arkouda-volume"):
            # A line of YAML, of what is otherwise not there.
            assert default in ("", "emptyDir: {}")
        elif row.default is EXTRA:
            entry = done.stdout.split(f"\n  {row.variables}\n")[1].splitlines()[0]
            assert entry.endswith(f"(example: {default})")
        elif row.default is not REQUIRED:
            instance = "{{workflow.parameters.arkouda-instance-name}}"
            assert row.default.replace("arkouda-on-k8s", instance) == default, row.parameter
        elif row.parameter == "arkouda-namespace":
            assert default == "{{workflow.namespace}}"
        else:
            assert default is None, row.parameter


def test_the_documented_example_deploys_the_exporter_of_this_project(machine):
    """With the release of Arkouda that the Python exporter's users have set."""
    [script] = [script for script in COMMANDS if script.template == DEPLOY_EXPORTER]
    environment = {**script.examples, "ARKOUDA_VERSION": "v2024.04.19"}
    arguments = machine.printed(script, environment)["spec"]["arguments"]["parameters"]
    deployment = one(
        made(DEPLOY_EXPORTER, {p["name"]: p["value"] for p in arguments}), "Deployment"
    )
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    version = declared(DEPLOY_EXPORTER)["exporter-release-version"]
    assert container["image"] == f"bearsrus/prometheus-arkouda-exporter:{version}"
    assert deployment["metadata"]["annotations"]["arkouda-release-version"] == "v2024.04.19"


@pytest.mark.parametrize("template", [DEPLOY, DEPLOY_EXPORTER])
def test_an_image_with_a_tag_is_refused_and_told_where_the_tag_goes(template, machine):
    [script] = [script for script in COMMANDS if script.template == template]
    environment = {**script.examples, "ARKOUDA_EXPORTER_IMAGE": "registry:5000/exporter:1.2"}
    [(variable, line)] = machine.problems(script, environment).items()
    assert variable == "ARKOUDA_EXPORTER_IMAGE"
    assert "without a tag: the image of the exporter, whose tag is ARKOUDA_EXPORTER_VERSION" in line


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "127.0.0.1", "127.1.2.3", "::1", "[::1%lo]"]
)
def test_an_exporter_by_itself_is_not_told_to_ask_itself(host, machine):
    [script] = [script for script in COMMANDS if script.template == DEPLOY_EXPORTER]
    environment = {**script.examples, "ARKOUDA_METRICS_SERVICE_HOST": host}
    line = machine.problems(script, environment)["ARKOUDA_METRICS_SERVICE_HOST"]
    assert f'; got "{host}": a pod finds only itself there' in line


@pytest.mark.parametrize("url", ON_THIS_MACHINE)
def test_an_address_of_this_machine_is_replaced_by_one_that_pods_reach(url, machine):
    script, environment = SCRIPTS[0], {**AOK_EXAMPLES, "KUBERNETES_URL": url}
    done = machine.run(script.name, "--dry-run", environment=environment)
    assert done.returncode == 0
    assert yaml.safe_load(done.stdout) == expected(script, AOK_EXAMPLES)
    assert done.stderr == (
        f"{script.name}: KUBERNETES_URL is {url}, where a pod finds only itself: "
        "https://kubernetes.default.svc is taken instead\n"
    )
    # A refusal is about what is wrong alone.
    assert machine.problems(script, {**environment, "ARKOUDA_UID": "x"}).keys() == {"ARKOUDA_UID"}


@pytest.mark.parametrize("url", ELSEWHERE)
def test_an_address_elsewhere_stays_as_it_is(url, machine):
    environment = {**AOK_EXAMPLES, "KUBERNETES_URL": url}
    assert machine.printed(SCRIPTS[0], environment) == expected(SCRIPTS[0], environment)


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


@pytest.mark.parametrize(
    "old", ["  schedule: 0 7 * * *", '  schedule: "0 7 * * *"', "  schedule: 0 7 * * *\r"]
)
@pytest.mark.parametrize("last", [False, True])
def test_the_schedule_of_argo_3_is_refused(old, last, machine, tmp_path):
    """Argo 4 dropped it, and so would never run it."""
    copy = tmp_path / "copy"
    shutil.copytree(WORKFLOWS, copy)
    [script] = [script for script in CRONS if script.template == DEPLOY]
    path = copy / f"{DEPLOY}-cronworkflow.yaml"
    text = path.read_text()
    new = "  schedules:\n    - 0 7 * * *\n"
    assert new in text
    path.write_text(text.replace(new, "") + old if last else text.replace(new, f"{old}\n"))
    machine.fake({}, "argo", "kubectl")
    for arguments in ((), ("--dry-run",)):
        command = ["sh", copy / script.name, *arguments]
        done = run(*command, check=False, env={**machine.environment, **script.examples})
        assert (done.returncode, done.stdout) == (1, "")
        [line] = done.stderr.splitlines()
        assert f'{path} has "schedule: ' in line and 'schedules: ["0 7 * * *"]' in line
    assert machine.calls() == []
    # What is named so elsewhere is not Argo's.
    path.write_text(text + "    podMetadata:\n      labels:\n        schedule: daily\n")
    run("sh", copy / script.name, "--dry-run", env={**machine.environment, **script.examples})


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
def test_runs_through_a_link_elsewhere(script, machine, tmp_path):
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    link = elsewhere / "a link.sh"
    link.symlink_to(WORKFLOWS / script.name)
    environment = {**machine.environment, **script.examples}
    for path, folder in [(link, "/"), (link.name, elsewhere)]:
        done = run("sh", path, "--dry-run", env=environment, cwd=folder)
        assert yaml.safe_load(done.stdout) == expected(script, script.examples)


@each_script
@pytest.mark.parametrize("shell", ["bash", "busybox"])
def test_other_shells_print_the_same(script, shell, machine):
    if not shutil.which(shell):
        not_tested(f"no {shell} here")
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
    known = [row.variables for row in script.rows]
    [name, *_] = {"ARKOUDA_EXPORTER_APP_NAME", "ARKOUDA_INSTANCE_NAME"}.intersection(known)
    assert list(machine.problems(script, {**script.examples, name: "UPPER"})) == [name]
    missing = {k: v for k, v in script.examples.items() if "NAMESPACE" not in k}
    [one, other] = machine.problems(script, {**missing, name: "UPPER"}).items()
    assert sorted(["is not set" in one[1], "is not set" in other[1]]) == [False, True]
    assert machine.calls() == []


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
    # As many locales as this are not a good example for the total.
    accepted -= {"ARKOUDA_NUMBER_OF_LOCALES", "ARKOUDA_TOTAL_NUMBER_OF_LOCALES"}
    # What is right beside a wrong name of the instance is not right beside that of the example.
    if script.template == DEPLOY:
        accepted.discard("ARKOUDA_METRICS_SERVICE_HOST")
    environment = {**script.examples, **{name: value for name in accepted}}
    if "ARKOUDA_MEMORY" in accepted:
        environment["CHPL_MEM_MAX"] = "1"
    if "ARKOUDA_USER" in accepted:
        environment["ARKOUDA_UID"] = "1009"
    assert machine.printed(script, environment) == expected(script, environment)
    if not re.fullmatch(r"[\w./:@+-]+|[a-z]+: \"?\w+\"?|https://\w+", value, re.ASCII):
        assert not accepted


@each_rule
def test_a_check_lets_through_what_is_right(check, taken, right, wrong):
    wrong = [
        *wrong,
        "",
        " ",
        "a\nb",
        *(f"{value}\n" for value in right),
        *(f"\n{v}" for v in right),
    ]
    assert dict(zip(right, verdicts(check, right, taken))) == {value: True for value in right}
    assert [w for w, found in zip(wrong, verdicts(check, wrong, taken)) if found is True] == []


@pytest.mark.parametrize("shell", ["dash", "bash --posix", "busybox sh"])
def test_every_shell_takes_the_hosts_that_the_exporter_takes(shell):
    shell = shell.split()
    if not shutil.which(shell[0]):
        not_tested(f"no {shell[0]} here")
    found = verdicts("is_host", [row["text"] for row in HOSTS], {}, shell)
    assert [row for row, taken in zip(HOSTS, found) if (taken is True) != ("host" in row)] == []
    assert len(found) == len(HOSTS)


OWN_HOSTS = ["localhost", "::1", "[::1]", "arkouda-on-k8s-metrics.arkouda.svc.cluster.local."]


@pytest.mark.parametrize(
    ("template", "hosts"),
    [
        (DEPLOY, OWN_HOSTS),
        (
            DEPLOY_EXPORTER,
            [row["text"] for row in HOSTS if "host" in row and row["text"] not in ITSELF],
        ),
    ],
)
def test_the_exporter_is_given_the_host_that_was_set(template, hosts, machine):
    """Brackets, dot and zone are its own matter: it takes the same hosts."""
    [script] = [script for script in COMMANDS if script.template == template]
    for host in hosts:
        environment = {**script.examples, "ARKOUDA_METRICS_SERVICE_HOST": host}
        arguments = machine.printed(script, environment)["spec"]["arguments"]["parameters"]
        objects = made(template, {p["name"]: p["value"] for p in arguments})
        if template == DEPLOY:
            [exporter] = one(objects, "Pod")["spec"]["initContainers"]
        else:
            [exporter] = one(objects, "Deployment")["spec"]["template"]["spec"]["containers"]
        variables = {variable["name"]: variable["value"] for variable in exporter["env"]}
        assert variables["ARKOUDA_METRICS_SERVICE_HOST"] == host


def test_every_check_is_tested_and_says_what_it_wants():
    text = (WORKFLOWS / "settings.sh").read_text()
    defined = set(re.findall(r"^(is_\w+)\(\)", text, re.M))
    wanted = set(re.findall(r"^    (is_\w+)\)(?: echo|$)", text, re.M))
    used = set()
    for path in WORKFLOWS.glob("*.sh"):
        pattern = r"^ *(?:required|optional|extra) \S+ (?:'[^']*'|\S+) (is_\w+) "
        used |= set(re.findall(pattern, path.read_text(), re.M))
    assert used == wanted == {check for check, *_ in RULES}
    assert wanted <= defined


@pytest.mark.parametrize(
    ("locales", "total", "wanted"),
    [("2", "3", None), ("2", "2", "3, which is"), ("2", "03", "3, which is"), ("9", "3", "10, ")]
    + [("", "1", "is not set"), ("x", "y", "ARKOUDA_NUMBER_OF_LOCALES plus one"), ("x", "3", "")],
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


@pytest.mark.parametrize(("changes", "refused", "words"), TOGETHER, ids=str)
def test_settings_have_to_go_together(changes, refused, words, machine):
    script, environment = SCRIPTS[0], {**AOK_EXAMPLES, **changes}
    if refused is None:
        assert machine.printed(script, environment) == expected(script, environment)
        return
    [(variable, line)] = machine.problems(script, environment).items()
    assert variable == refused
    assert words in line


@pytest.mark.parametrize(("variable", "value", "shown"), SLIPS, ids=ascii)
def test_a_refusal_shows_the_value_and_the_slip(variable, value, shown, machine):
    environment = {**AOK_EXAMPLES, variable: value}
    line = machine.problems(SCRIPTS[0], environment)[variable]
    assert f"; got {shown}" in line if shown.startswith('"') else shown in line
    assert " must be " in line and line.isascii() and line.isprintable()


@pytest.mark.parametrize("shell", ["dash", "bash --posix", "busybox sh"])
def test_every_shell_says_the_same(shell):
    if not shutil.which(shell.split()[0]):
        not_tested(f"no {shell.split()[0]} here")
    code = '. "$1"; shift; for value in "$@"; do quoted "$value"; slip_in is_dns_label "$value"; '
    code += 'slip_in is_match_label "$value"; slip_in is_host_elsewhere "$value"; done'
    values = [
        *(value for _, value, _ in SLIPS),
        *HOSTILE,
        bytes(range(1, 100)),
        bytes(range(100, 256)),
    ]
    command = ["-c", code, "sh", WORKFLOWS / "settings.sh", *values]
    [theirs, dash] = [run(*name.split(), *command) for name in (shell, "dash")]
    assert (theirs.stdout, theirs.stderr) == (dash.stdout, "")
    assert len(dash.stdout.splitlines()) > 3 * len(values)


def test_an_argument_that_is_not_known_is_shown(machine):
    done = machine.run(SCRIPTS[0].name, "--dry\u2011run\r")
    assert 'unknown argument "--dry\\u2011run\\r": ' in done.stderr and done.returncode == 2


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
    only its owner could reach and that is gone again."""
    calls = machine.calls()
    assert [call["command"] for call in calls] == list(commands)
    for call in calls:
        for file in call["files"]:
            printed = machine.run(script.name, "--dry-run", environment=script.examples).stdout
            assert file["text"] == printed
            assert file["path"].startswith(str(machine.temporary))
    assert list(machine.temporary.iterdir()) == []


@pytest.mark.parametrize("script", COMMANDS, ids=str)
@pytest.mark.parametrize("argument", [None, "--wait", "-w"])
def test_argo_submits_where_there_is_argo(script, argument, machine):
    command = f"argo submit -n arkouda {'--wait ' if argument else ''}FILE"
    machine.fake({command: (0, "submitted\n")}, "argo", "kubectl")
    done = machine.run(script.name, *filter(None, [argument]), environment=script.examples)
    assert (done.returncode, done.stdout, done.stderr) == (0, "submitted\n", "")
    check_calls(machine, script, command)


ARGO = ["argo submit -n arkouda -o name FILE", "argo watch -n arkouda a-name"]
ARGO.append("argo wait -n arkouda a-name")


@pytest.mark.parametrize("script", COMMANDS, ids=str)
@pytest.mark.parametrize("failing", [None, 0, 1, 2])
def test_argo_watches_and_then_says_how_it_has_ended(script, failing, machine):
    answers = dict(zip(ARGO, [(0, "a-name\n"), (0, "watched\n"), (0, "ended\n")]))
    if failing is not None:
        answers[ARGO[failing]] = (7, "")
    machine.fake(answers, "argo", "kubectl")
    done = machine.run(script.name, "--watch", environment=script.examples)
    assert (done.returncode, done.stderr) == (0 if failing is None else 7, "")
    assert failing is not None or done.stdout == "watched\nended\n"
    check_calls(machine, script, *(ARGO if failing is None else ARGO[: failing + 1]))


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
    get = f"argo cron get -n arkouda {script.template} -o yaml"
    put = f"argo cron {'update' if there else 'create'} -n arkouda FILE"
    machine.fake({get: (0 if there else 1, "x\n"), put: (0, "put\n")}, "argo", "kubectl")
    done = machine.run(script.name, environment=script.examples)
    assert (done.returncode, done.stdout, done.stderr) == (0, "put\n", "")
    check_calls(machine, script, get, put)


@pytest.mark.parametrize(
    ("there", "line", "kept"),
    [
        ("spec:\n  suspend: true\n  timezone: UTC\n", "", "suspend: true"),
        ("spec:\n  suspend: true\n", "", "suspend: true"),
        ("spec:\n  timezone: UTC\n", "", None),
        ("spec:\n  workflowSpec:\n    suspend: true\n", "", None),
        # Those of the file.
        ("spec:\n  suspend: true\n", "  suspend: false", "suspend: false"),
        ("spec:\n  suspend: true\n", "  suspend: true", "suspend: true"),
        ("spec:\n  timezone: UTC\n", "  suspend: true", "suspend: true"),
    ],
)
def test_what_is_suspended_stays_so_unless_the_file_says_which(
    there, line, kept, machine, tmp_path
):
    copy = tmp_path / "copy"
    shutil.copytree(WORKFLOWS, copy)
    script = CRONS[0]
    with open(copy / f"{script.template}-cronworkflow.yaml", "a") as file:
        file.write(line)
    get = f"argo cron get -n arkouda {script.template} -o yaml"
    put = "argo cron update -n arkouda FILE"
    machine.fake({get: (0, there), put: (0, "")})
    run("sh", copy / script.name, env={**machine.environment, **script.examples})
    [_, call] = machine.calls()
    text = call["files"][0]["text"]
    assert re.findall(r"^  (suspend: \w+)$", text, re.M) == ([kept] if kept else [])
    spec = yaml.safe_load(text)["spec"]
    assert spec.pop("suspend", None) == (yaml.safe_load(kept)["suspend"] if kept else None)
    assert spec == expected(script, script.examples)["spec"]


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
    patch = f"kubectl patch cronworkflow {script.template} -n arkouda --type=merge -p "
    patch += '{"spec": {"schedule": null}}'
    machine.fake({command: (0, "applied\n"), patch: (0, "patched\n")})
    done = machine.run(script.name, environment=script.examples)
    assert (done.returncode, done.stdout, done.stderr) == (0, "applied\n", "")
    check_calls(machine, script, command, patch)


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
@pytest.mark.parametrize(
    ("option", "answers"),
    [
        ("--wait", {"argo submit -n arkouda --wait FILE": ("blocks", "")}),
        ("--watch", {ARGO[0]: (0, "a-name\n"), ARGO[1]: ("blocks", "")}),
        ("--watch", {ARGO[0]: (0, "a-name\n"), ARGO[1]: (0, ""), ARGO[2]: ("blocks", "")}),
        ("--wait", {CREATE: (0, f"{CREATED}\n"), WAIT: ("blocks", "")}),
        (
            "--watch",
            {CREATE: (0, f"{CREATED}\n"), WATCH: ("blocks", ""), WAIT: ("blocks", "")},
        ),
    ],
    ids=["argo-wait", "argo-watch", "argo-watched", "kubectl-wait", "kubectl-watch"],
)
@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_nothing_is_left_when_it_is_told_to_end(number, status, option, answers, shell, machine):
    script = COMMANDS[0]
    machine.fake(answers)
    child = subprocess.Popen(
        machine.command(script.name, option, shell=shell),
        env={**machine.environment, **script.examples},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    await_that("all of it runs", lambda: len(machine.calls()) == len(answers), 20)
    assert list(machine.temporary.iterdir()) != []
    # The shell alone is told.
    child.send_signal(number)
    try:
        _, errors = child.communicate(timeout=20)
    finally:
        for call in machine.calls():
            with contextlib.suppress(ProcessLookupError):
                os.kill(call["pid"], signal.SIGKILL)
    assert (child.returncode, errors) == (status, b"")
    assert [call["pid"] for call in machine.calls() if is_alive(call["pid"])] == []
    assert list(machine.temporary.iterdir()) == []


# --------------------------------------------------------------------------------- a real API server


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
def test_the_schedule_of_the_python_exporters_cron_workflow_goes(
    program, machine, cluster, argo, namespace
):
    """Argo 3 would go by it and not by ours."""
    argo.install()
    script = CRONS[0]
    environment = {**script.examples, **real(machine, cluster, namespace, program)}
    reference = {"name": script.template}
    theirs = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "metadata": {"name": script.template},
        "spec": {"schedule": "0 06 * * *", "workflowSpec": {"workflowTemplateRef": reference}},
    }
    cluster.kubectl("create", "-f", "-", stdin=json.dumps(theirs))
    for _ in range(2):
        done = machine.run(script.name, environment=environment)
        assert done.returncode == 0, done.stderr
        found = only(cluster, "cronworkflows.argoproj.io")
        assert found["spec"] == machine.printed(script, environment)["spec"]


@pytest.mark.parametrize("program", ["argo", "kubectl"])
def test_a_suspended_cron_workflow_stays_so(program, machine, cluster, argo, namespace):
    argo.install()
    script = CRONS[0]
    environment = {**script.examples, **real(machine, cluster, namespace, program)}

    def suspended(instance):
        changed = {**environment, "ARKOUDA_INSTANCE_NAME": instance}
        done = machine.run(script.name, environment=changed)
        assert done.returncode == 0, done.stderr
        spec = only(cluster, "cronworkflows.argoproj.io")["spec"]
        suspend = spec.pop("suspend", False)
        assert spec == machine.printed(script, changed)["spec"]
        return suspend

    def patch(spec):
        command = ["patch", "cronworkflow", script.template, "--type=merge"]
        cluster.kubectl(*command, "-p", json.dumps({"spec": spec}))

    assert not suspended("one")
    patch({"suspend": True, "schedules": ["0 3 * * *"]})
    assert suspended("two")
    assert suspended("three")
    patch({"suspend": False})
    assert not suspended("four")


@pytest.mark.parametrize("program", ["argo", "kubectl"])
@pytest.mark.parametrize("option", ["--wait", "--watch"])
def test_control_c_ends_the_real_program_too(
    option, program, machine, cluster, argo, namespace, tmp_path
):
    argo.install()
    script = COMMANDS[0]
    environment = {**script.examples, **real(machine, cluster, namespace, program)}
    output = tmp_path / "output"
    with open(output, "wb") as file:
        child = subprocess.Popen(
            machine.command(script.name, option),
            env={**machine.environment, **environment},
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        await_that("it shows something", lambda: script.template in output.read_text(), 30)
        assert child.poll() is None
        os.killpg(child.pid, signal.SIGINT)
        assert child.wait(20) == 130
        with pytest.raises(ProcessLookupError):
            os.killpg(child.pid, 0)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    assert list(machine.temporary.iterdir()) == []


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
        _, ended = argo.end_of(found["metadata"]["name"])
        assert ended["status"]["phase"] == "Succeeded"
        assert child.wait(30) == 0
    finally:
        child.kill()
        child.wait()
    assert "Succeeded" in (tmp_path / "output").read_text()


@pytest.mark.parametrize("program", ["argo", "kubectl"])
@pytest.mark.parametrize("option", ["--wait", "--watch"])
def test_a_workflow_that_fails_is_a_failure_of_the_script(
    option, program, machine, cluster, argo, namespace
):
    argo.install()
    script = COMMANDS[0]
    patch = ["--type=merge", "-p", '{"spec": {"activeDeadlineSeconds": 1}}']
    cluster.kubectl("patch", "workflowtemplate", script.template, *patch)
    environment = {**script.examples, **real(machine, cluster, namespace, program)}
    done = machine.run(script.name, option, environment=environment)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Failed" in done.stdout


# --------------------------------------------------------------------------------------------- style


def test_shellcheck_has_nothing_to_say():
    if not shutil.which("shellcheck"):
        not_tested("NOT CHECKED: shellcheck is not here")
    scripts = sorted(WORKFLOWS.glob("*.sh"))
    done = run("shellcheck", *scripts, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout
    assert {script.name for script in SCRIPTS} < {path.name for path in scripts}


def test_the_submitting_scripts_share_what_is_the_same():
    """They are nothing but their tables: none has a command of its own."""
    for path in [WORKFLOWS / script.name for script in SCRIPTS]:
        assert len(path.read_text().splitlines()) <= 40
        assert not re.search(r"\b(argo|kubectl) (submit|create|apply|cron)", path.read_text())
