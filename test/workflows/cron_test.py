"""The schedules, as Argo's own programs take them: the controller that runs them, and the command line that
says when it will."""

import datetime
import re
import zoneinfo

import pytest
import yaml

from scripts import CRONS, SCRIPTS, only, real
from support import await_that, run, tool
from templates import DELETE, DEPLOY, WORKFLOWS

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
HOURS = {DEPLOY: 7, DELETE: 17}
DAY = datetime.timedelta(days=1)
each_cron = pytest.mark.parametrize("script", CRONS, ids=str)


@pytest.fixture
def namespace(argo, namespace):
    argo.install()
    return namespace


def printed(script, machine, cluster, namespace):
    """The CronWorkflow that the script would make in the namespace."""
    return machine.printed(script, {**script.examples, **real(machine, cluster, namespace)})


def create(cluster, workflow):
    cluster.kubectl("create", "-f", "-", stdin=yaml.safe_dump(workflow))


def next_run(cluster, namespace, name):
    """When Argo's command line says that the CronWorkflow runs next, as month, day and time in UTC."""
    command = [tool("argo"), "cron", "get", name, f"--namespace={namespace}"]
    environment = {"KUBECONFIG": str(cluster.kubeconfig), "TZ": "UTC", "HOME": "/nonexistent"}
    shown = run(*command, env=environment).stdout
    return re.search(r"^NextScheduledTime: +\w+ (\w+ +\d+ [\d:]+ \+0000) ", shown, re.M)[1]


def as_shown(moment):
    return f"{moment.astimezone(datetime.timezone.utc):%b %d %H:%M:%S %z}"


def today():
    return datetime.datetime.now(NEW_YORK)


def clock_changes():
    """The next two days on which New York's clock changes."""

    def offset(day):
        return day.replace(hour=12).utcoffset()

    days = [today() + (number + 2) * DAY for number in range(366)]
    changes = [day for day in days if offset(day) != offset(day - DAY)][:2]
    assert len(changes) == 2
    return changes


@pytest.mark.parametrize("script", SCRIPTS, ids=str)
def test_argo_lints_what_the_script_prints(script, machine, tmp_path):
    done = machine.run(script.name, "--dry-run", environment=script.examples)
    path = tmp_path / "printed.yaml"
    path.write_text(done.stdout)
    template = tmp_path / "template.yaml"
    found = yaml.safe_load((WORKFLOWS / f"{script.template}-workflow-template.yaml").read_text())
    found["metadata"]["namespace"] = script.examples.get("ARKOUDA_NAMESPACE", "arkouda")
    template.write_text(yaml.safe_dump(found))
    lint = [tool("argo"), "lint", "--offline", path, template]
    run(*lint)
    path.write_text(re.sub(r"(workflowTemplateRef:\n +name: )", r"\1no-", done.stdout))
    refused = run(*lint, check=False)
    assert refused.returncode and f"no-{script.template}" in refused.stdout + refused.stderr


@each_cron
def test_its_next_run_is_the_next_at_that_hour_in_new_york(
    script, machine, cluster, argo, namespace
):
    create(cluster, printed(script, machine, cluster, namespace))

    def following():
        now = today()
        run = now.replace(hour=HOURS[script.template], minute=0, second=0, microsecond=0)
        return as_shown(run if now < run else (now + DAY).replace(**clock(run)))

    def clock(run):
        return {"hour": run.hour, "minute": 0, "second": 0, "microsecond": 0}

    before = following()
    assert next_run(cluster, namespace, script.template) in (before, following())
    await_that(
        "the controller has taken it",
        lambda: argo.log_lines("CronWorkflow added", namespace, script.template),
    )
    assert "conditions" not in only(cluster, "cronworkflows.argoproj.io").get("status", {})


@each_cron
def test_its_hour_is_that_of_new_york_before_and_after_the_clocks_change(
    script, machine, cluster, argo, namespace
):
    made = printed(script, machine, cluster, namespace)
    [schedule] = made["spec"]["schedules"]
    create(cluster, made)
    hours = set()
    for change in clock_changes():
        for day in (change - DAY, change):
            # On that day alone, so that Argo says something of it whatever day it is now.
            alone = re.sub(r" \* \* \*$", f" {day.day} {day.month} *", schedule)
            assert alone != schedule
            patch = yaml.safe_dump({"spec": {"schedules": [alone]}})
            cluster.kubectl("patch", "cronworkflow", script.template, "--type=merge", "-p", patch)
            run = day.replace(hour=HOURS[script.template], minute=0, second=0)
            found = next_run(cluster, namespace, script.template)
            assert found == as_shown(run)
            hours.add(found.split()[2])
    # Otherwise the clock did not change, and nothing was tested.
    assert len(hours) == 2


@each_cron
def test_a_run_that_the_controller_missed_is_made_up(script, machine, cluster, argo, namespace):
    """As after a restart of the controller: the last run was yesterday's, and the time of today's, on
    New York's clock, was two minutes ago."""
    made = printed(script, machine, cluster, namespace)
    missed = (today() - datetime.timedelta(minutes=2)).replace(second=0, microsecond=0)
    schedule = f"{missed.minute} {missed.hour} * * *"
    made["spec"]["schedules"] = [schedule]
    made["metadata"]["annotations"] = {
        "cronworkflows.argoproj.io/last-used-schedule": f"CRON_TZ={NEW_YORK.key} {schedule}"
    }
    last = (missed - DAY).astimezone(datetime.timezone.utc)
    made["status"] = {"lastScheduledTime": f"{last:%Y-%m-%dT%H:%M:%SZ}"}
    create(cluster, made)
    [workflow] = await_that("it is run", lambda: cluster.get("workflows.argoproj.io"), 60)
    scheduled = workflow["metadata"]["annotations"]["workflows.argoproj.io/scheduled-time"]
    assert datetime.datetime.fromisoformat(scheduled.replace("Z", "+00:00")) == missed
    wanted = made["spec"]["workflowSpec"]
    assert {key: workflow["spec"][key] for key in wanted} == wanted
