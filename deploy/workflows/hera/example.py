"""Submits one of the workflows, with the settings of the environment, as the scripts do.

    python example.py deploy-arkouda-on-kubernetes --dry-run

The server is that of the argo command line: ARGO_SERVER (host:port), ARGO_TOKEN, ARGO_SECURE (true) and
ARGO_INSECURE_SKIP_VERIFY (false). Exits with 2 when settings are missing or wrong, and with 1 when the
server refuses or, with --wait, the workflow does not succeed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import Optional, Union

import requests
from hera.exceptions import HeraException, NotFound
from hera.workflows import CronWorkflow, Workflow, WorkflowsService

from arkouda_workflows import WORKFLOWS, SettingsError

SECONDS_BETWEEN_QUESTIONS = 2


def is_true(variable: str, default: bool) -> bool:
    return os.environ.get(variable, str(default)).lower() == "true"


def service() -> WorkflowsService:
    """The Argo server of the environment."""
    server = os.environ.get("ARGO_SERVER")
    if not server:
        sys.exit("ARGO_SERVER is not set: where the Argo server is (example: localhost:2746)")
    return WorkflowsService(
        host=f"{'https' if is_true('ARGO_SECURE', True) else 'http'}://{server}",
        token=os.environ.get("ARGO_TOKEN"),
        verify_ssl=not is_true("ARGO_INSECURE_SKIP_VERIFY", False),
    )


def succeeds(workflow: Workflow) -> bool:
    """Waits until a workflow has ended; Hera's own wait() takes one that is pending as ended."""
    while True:
        found = workflow.workflows_service.get_workflow(workflow.name, namespace=workflow.namespace)
        phase = found.status.phase if found.status else None
        if phase in ("Succeeded", "Failed", "Error"):
            print(f"{workflow.name} {phase}")
            return phase == "Succeeded"
        time.sleep(SECONDS_BETWEEN_QUESTIONS)


def is_suspended(workflow: CronWorkflow) -> Optional[bool]:
    """Whether an existing one is suspended, which it stays."""
    try:
        return workflow.get().spec.suspend
    except NotFound:
        return None


def submit(workflow: Union[Workflow, CronWorkflow], wait: bool) -> bool:
    """Submits a Workflow; creates or changes a CronWorkflow. Returns whether all went well."""
    workflow.workflows_service = service()
    if isinstance(workflow, CronWorkflow):
        workflow.cron_suspend = is_suspended(workflow)
        print(f"{workflow.update().metadata.name} is scheduled")
        return True
    print(f"{workflow.create().metadata.name} is submitted")
    return not wait or succeeds(workflow)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workflow", choices=WORKFLOWS)
    parser.add_argument("--cron", action="store_true", help="every day, by a CronWorkflow")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--dry-run", action="store_true", help="print it as YAML instead")
    group.add_argument("--wait", action="store_true", help="wait until it has ended")
    options = parser.parse_args()
    kind = WORKFLOWS[options.workflow]
    if options.cron and not hasattr(kind, "cron_workflow"):
        parser.error(f"{options.workflow} has no CronWorkflow")
    if options.cron and options.wait:
        parser.error("a CronWorkflow is run later: there is nothing to wait for")
    try:
        submission = kind.from_environment()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    workflow = submission.cron_workflow() if options.cron else submission.workflow()
    if options.dry_run:
        print(workflow.to_yaml(), end="")
        return 0
    try:
        return 0 if submit(workflow, options.wait) else 1
    except (HeraException, requests.RequestException) as error:
        print(f"{options.workflow} is not submitted: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
