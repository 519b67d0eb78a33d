"""What deploy/workflows/README.md says: its commands are run in their order, and its tables compared."""

import json
import os
import re

import pytest

from prerequisites_test import add_controller, add_prometheus
from scripts import AOK_DELETION, EXTRA, PODS, REQUIRED, SCRIPTS
from support import ROOT, await_that, run
from templates import DELETE, DELETE_EXPORTER, DEPLOY, DEPLOY_EXPORTER, NAMES, WORKFLOWS, declared

README = (WORKFLOWS / "README.md").read_text()


def section(title):
    [_, text] = README.split(f"\n## {title}\n")
    return text.split("\n## ")[0]


def tables(text):
    """The rows of each table with the columns variable and default."""
    found = text.split("| variable | default |\n| --- | --- |\n")[1:]
    return [re.findall(r"^\| (.+) \| (.+) \|$", rows.split("\n\n")[0], re.M) for rows in found]


@pytest.mark.parametrize(
    ("title", "number", "template"),
    [
        ("Arkouda on Kubernetes", 0, DEPLOY),
        ("The exporter for an Arkouda elsewhere", 0, DEPLOY_EXPORTER),
        ("The exporter for an Arkouda elsewhere", 1, DELETE_EXPORTER),
    ],
)
def test_its_table_has_the_variables_and_defaults_of_the_script(title, number, template):
    [script, *_] = [script for script in SCRIPTS if script.template == template]
    rows = tables(section(title))[number]
    assert [variables for variables, _ in rows] == [
        ", ".join(f"`{variable}`" for variable in row.variables.split()) for row in script.rows
    ]
    for (_, default), row in zip(rows, script.rows):
        if row.default is REQUIRED:
            assert default.startswith("required"), row
            continue
        if row in PODS or row.parameter == "arkouda-volume":
            assert default.startswith("none"), row
            continue
        value = declared(template)[row.parameter] if row.default is EXTRA else row.default
        assert default.startswith(f"`{value.replace('arkouda-on-k8s', 'ARKOUDA_INSTANCE_NAME')}`")


def test_it_says_what_deletion_needs():
    [sentence] = re.findall(r"^To delete, the first two are enough, (.+?);", README, re.M | re.S)
    assert re.findall(r"\b[A-Z_]{9,}\b", sentence) == [row.variables for row in AOK_DELETION[2:]]
    first = tables(section("Arkouda on Kubernetes"))[0][:2]
    assert [variable.strip("`") for variable, _ in first] == [
        row.variables for row in AOK_DELETION[:2]
    ]


def test_its_commands_do_what_it_says(cluster, argo, machine):
    """In one shell each, with the variables that those before have set."""
    add_prometheus(cluster, monitors={"matchLabels": {"release": "kube-stack"}}, namespaces={})
    add_controller(cluster, "workflow-controller")
    cluster.choose_namespace("arkouda")
    environment = {**machine.environment, "KUBECONFIG": str(cluster.kubeconfig)}
    environment["PATH"] = f"{ROOT / 'build' / 'tools'}:{os.environ['PATH']}"
    environment["HOME"] = str(machine.folder)

    def shell(command):
        code = f"set -eu\n{command}\n" + "env -0 >$VARIABLES\n"
        path = machine.folder / "variables"
        done = run("sh", "-c", code, cwd=ROOT, env={**environment, "VARIABLES": str(path)})
        for variable in path.read_text().split("\0"):
            name, _, value = variable.partition("=")
            if name.startswith(("ARKOUDA_", "CHPL_", "KUBERNETES_")):
                environment[name] = value
        return done.stdout

    def blocks(title):
        return re.findall("^```sh\n(.*?)^```$", section(title), re.M | re.S)

    def submitted():
        return {
            found["spec"]["workflowTemplateRef"]["name"]
            for found in cluster.get("workflows.argoproj.io")
        }

    def cron():
        return cluster.get("cronworkflow", DEPLOY)["spec"]

    try:
        await_that(
            "the node says that it has the exporter's image",
            lambda: "prometheus-arkouda-exporter:" in json.dumps(cluster.get("node", "node")),
        )
        # The other releases an image, which test/image does.
        first, _ = blocks("First, once for a namespace")
        report = [line.split()[0] for line in shell(first).splitlines() if " " * 2 in line]
        assert report and set(report) == {"ok"}
        for block in blocks("Arkouda on Kubernetes"):
            shell(block)
        assert submitted() == {DEPLOY, DELETE}

        [both] = blocks("Every day")
        shell(both)
        assert {found["metadata"]["name"] for found in cluster.get("cronworkflows")} == {
            DEPLOY,
            DELETE,
        }
        rows = dict(re.findall(r"^\| ([\w ]+) \| (`.*) \|$", section("Every day"), re.M))
        commands = {
            row: re.findall("`((?:kubectl|argo) [^`]+)`", rows[row])
            for row in (
                "run on weekdays only",
                "suspend it",
                "resume it",
                "see when it runs next",
                "end it",
            )
        }
        [weekdays] = commands["run on weekdays only"]
        shell(weekdays)
        assert cron()["schedules"] == ["0 7 * * 1-5"]
        for number in range(2):
            shell(commands["suspend it"][number])
            assert cron()["suspend"] is True
            shell(commands["resume it"][number])
            assert not cron().get("suspend")
        [see] = commands["see when it runs next"]
        assert "NextScheduledTime:" in shell(see)
        [end] = commands["end it"]
        shell(end)
        assert [found["metadata"]["name"] for found in cluster.get("cronworkflows")] == [DELETE]

        for block in blocks("The exporter for an Arkouda elsewhere"):
            shell(block)
        assert submitted() == set(NAMES)
    finally:
        cluster.delete_namespace("arkouda", "--wait=false")
        cluster.choose_namespace("default")
        cluster.kubectl("delete", "prometheuses", "--all", "--all-namespaces")
        cluster.kubectl("delete", "deployment", "workflow-controller")
